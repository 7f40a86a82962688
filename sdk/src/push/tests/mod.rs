//! What WeChat publishes, what it documents, and what somebody else might send.

#[cfg(feature = "axum")]
mod axum;
mod hostile;
mod names;
mod properties;
mod published;
mod replies;
mod xml;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::crypto::{self, Key};
use super::event::{EventMeta, Fill, PushEvent, PushReply};
use super::*;
use crate::clock::Clock;
use crate::endpoint::sealed::Sealed;
use crate::wire::{self, Timestamp};

pub(super) const TOKEN: &str = "planted-token";
pub(super) const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
pub(super) const OTHER_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
pub(super) const APPID: &str = "wx0123456789abcdef";
pub(super) const NOW: u64 = 1_714_112_445;

/// The verdict on a picture, with fields of several kinds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Verdict {
    pub(super) to_user_name: String,
    pub(super) create_time: Timestamp,
    pub(super) trace_id: String,
    pub(super) labels: Vec<i64>,
    pub(super) errcode: Option<i64>,
}

wire::decode!(Verdict {
    to_user_name: always("ToUserName"),
    create_time: always("CreateTime"),
    trace_id: always("trace_id"),
    labels: "label",
    errcode: "errcode",
});
wire::encode!(Verdict {
    to_user_name: "ToUserName",
    create_time: "CreateTime",
    trace_id: "trace_id",
    labels: "label",
    errcode: "errcode",
});

impl Sealed for Verdict {}
impl PushEvent for Verdict {
    const META: &'static EventMeta =
        &EventMeta::event("verdict").names(&["verdict", "verdict_again"]).wrapper("result").distinct_by(&["trace_id"]);
    type Reply = ReplyOr<VerdictReply>;
}

/// A reply that fills itself from the message.
#[derive(Debug, Default)]
pub(super) struct VerdictReply {
    pub(super) code: Option<i64>,
}

impl Sealed for VerdictReply {}
impl PushReply for VerdictReply {
    fn into_body(self, fill: &Fill<'_>) -> Result<Option<Value>> {
        let code = self.code.ok_or_else(|| Error::at(ErrorKind::Reply, "ResultCode", "is required"))?;
        Ok(Some(serde_json::json!({
            "ToUserName": fill.text("FromUserName"),
            "TraceId": fill.text("trace_id"),
            "CreateTime": fill.now().get(),
            "ResultCode": code,
        })))
    }
}

/// What a user wrote.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Words {
    pub(super) content: String,
}

wire::decode!(Words { content: always("Content") });
wire::encode!(Words { content: "Content" });
impl Sealed for Words {}
impl PushEvent for Words {
    const META: &'static EventMeta = &EventMeta::message("text");
    type Reply = Success;
}

/// The clock stands still.
pub(super) struct Stopped;

impl Clock for Stopped {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(NOW)
    }
}

pub(super) fn builder() -> ReceiverBuilder {
    Receiver::builder(TOKEN).encoding_aes_key(KEY).appid(APPID).clock(Stopped)
}

pub(super) fn receiver() -> Receiver {
    builder().build().unwrap()
}

/// The query of a request that is not encrypted.
pub(super) fn plain_query() -> Query {
    let signature = crypto::signature([TOKEN, &NOW.to_string(), "77"]);
    Query::parse(&format!("signature={}&timestamp={NOW}&nonce=77", std::str::from_utf8(&signature).unwrap()))
}

/// An encrypted request, as WeChat would send it under this key and to this app.
pub(super) fn sealed_with(key: &str, appid: &str, plain: &[u8]) -> (Query, String) {
    let encrypt = Key::parse(key).unwrap().seal(b"0123456789abcdef", plain, appid).unwrap();
    signed(&encrypt)
}

/// A request with this `Encrypt`, signed as it is.
pub(super) fn signed(encrypt: &str) -> (Query, String) {
    let signature = crypto::signature([TOKEN, &NOW.to_string(), "77", encrypt]);
    let signature = std::str::from_utf8(&signature).unwrap();
    let query = format!("msg_signature={signature}&timestamp={NOW}&nonce=77&encrypt_type=aes");
    (Query::parse(&query), format!(r#"{{"ToUserName":"gh_1","Encrypt":"{encrypt}"}}"#))
}

pub(super) fn sealed(plain: &str) -> (Query, String) {
    sealed_with(KEY, APPID, plain.as_bytes())
}

pub(super) fn opened(plain: &str) -> Result<Message> {
    let (query, body) = sealed(plain);
    receiver().open(&query, body)
}

pub(super) fn kind<T>(outcome: Result<T>) -> Option<ErrorKind> {
    outcome.err().map(|error| error.kind())
}
