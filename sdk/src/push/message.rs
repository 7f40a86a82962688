//! A message that has been verified and decrypted.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde::de::value::MapDeserializer;
use serde::{Deserialize as _, Deserializer, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::answer::Answer;
use super::error::{Error, ErrorKind, Result};
use super::event::{EventMeta, Fill, PushEvent, PushReply};
use super::receiver::Seal;
use super::xml;
use crate::clock::Time;
use crate::events::Event;
use crate::user_data::hex;
use crate::wire::{self, Timestamp, Wire, any_json, split_path};

/// In which form a message came, and in which it is answered. The console sets it (数据格式).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// JSON.
    Json,
    /// XML.
    Xml,
}

impl Format {
    pub(super) const fn content_type(self) -> &'static str {
        match self {
            Format::Json => "application/json; charset=utf-8",
            Format::Xml => "application/xml; charset=utf-8",
        }
    }
}

/// A message from WeChat, verified and decrypted: [`Receiver::open`](super::Receiver::open) makes it.
///
/// Cloning one costs a reference count. What it says beyond its head is read when it is asked for:
/// [`decode`](Self::decode) as a type of the spec, [`json`](Self::json) as JSON of any shape, whether it came as JSON or as
/// XML. Messages without `MsgType`, such as a third-party platform's `component_verify_ticket`, open as well.
#[derive(Clone)]
pub struct Message(Arc<Inner>);

struct Inner {
    head: Head,
    /// `MsgType` and `Event` in lower case, where they came otherwise.
    lowered: Option<Box<[String; 2]>>,
    format: Format,
    body: Bytes,
    /// What the XML says.
    xml: Option<Value>,
    /// How to encrypt the answer, where the message came encrypted.
    seal: Option<Seal>,
    time: Time,
}

/// What messages have in common, and what else tells them apart.
#[derive(Default)]
pub(super) struct Head {
    to_user_name: Option<String>,
    from_user_name: Option<String>,
    create_time: Option<Timestamp>,
    msg_type: Option<String>,
    event: Option<String>,
    msg_id: Option<String>,
    info_type: Option<String>,
    action: Option<Own>,
    /// The message itself, where this is but its envelope.
    pub(super) encrypt: Option<String>,
}

wire::decode!(Head {
    to_user_name: "ToUserName",
    from_user_name: "FromUserName",
    create_time: "CreateTime",
    msg_type: "MsgType",
    event: "Event",
    msg_id: "MsgId",
    info_type: "InfoType",
    action: "action",
    encrypt: "Encrypt",
});

/// A field of some messages' own. It is known by one text; whatever else it holds is not judged here.
struct Own(Option<String>);

impl Wire for Own {
    const EXPECTED: &'static str = "anything";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(Some(match Value::deserialize(deserializer)? {
            Value::String(text) => Self(Some(text)),
            _ => Self(None),
        }))
    }
}

impl Head {
    /// Whether it tells what the message is, so that it is no mere envelope.
    pub(super) fn is_whole(&self) -> bool {
        self.msg_type.is_some() || self.info_type.is_some() || self.is_probe()
    }

    /// It needs no proof of where it comes from, and so must say nothing else that anybody could go by.
    pub(super) fn is_probe(&self) -> bool {
        let else_said = [&self.msg_type, &self.event, &self.info_type, &self.from_user_name, &self.msg_id];
        let action = self.action.as_ref().and_then(|Own(action)| action.as_deref());
        action == Some("CheckContainerPath") && else_said.into_iter().all(Option::is_none)
    }
}

/// A body of which the head has been read.
pub(super) struct Read {
    pub(super) head: Head,
    pub(super) format: Format,
    pub(super) xml: Option<Value>,
}

impl Read {
    /// Reads the head of a body in either format: its first byte decides, because content types can not be relied on.
    pub(super) fn new(body: &[u8]) -> Result<Self> {
        let start = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body).trim_ascii_start();
        match start.first() {
            Some(b'{') => {
                let head = any_json(body).map_err(|error| {
                    let (path, what) = split_path(&error);
                    match path.as_str() {
                        "" => Error::new(ErrorKind::Malformed, format!("the JSON is damaged: {what}")),
                        _ => Error::at(ErrorKind::Malformed, path, what),
                    }
                })?;
                Ok(Self { head, format: Format::Json, xml: None })
            }
            Some(b'<') => {
                let value = xml::read(body)?;
                let head = Head::deserialize(&value).map_err(|error| {
                    let (path, what) = split_path(&error);
                    Error::at(ErrorKind::Malformed, path, what)
                })?;
                Ok(Self { head, format: Format::Xml, xml: Some(value) })
            }
            _ => {
                let came = crate::came::describe(body);
                Err(Error::new(ErrorKind::Malformed, format!("expected a JSON object or XML, got {came}")))
            }
        }
    }
}

impl Message {
    /// Reads a message that nothing proves to be WeChat's: for tests of handlers, and for messages that were verified and
    /// decrypted elsewhere, such as those in a queue. What comes from the internet wants
    /// [`Receiver::open`](super::Receiver::open).
    ///
    /// It is JSON or XML, as in 明文模式, and answered in the same form.
    ///
    /// ```
    /// use weapp::events::WxaMediaCheck;
    /// use weapp::push::{Arrived, BoxError, Message};
    ///
    /// async fn publish(event: Arrived<WxaMediaCheck>) -> Result<(), BoxError> {
    ///     println!("{} by {}", event.trace_id, event.message().from_user_name());
    ///     Ok(())
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), BoxError> {
    /// let message = Message::unverified(
    ///     r#"{
    ///         "ToUserName": "gh_1", "FromUserName": "oUser", "CreateTime": 1700000000,
    ///         "MsgType": "event", "Event": "wxa_media_check",
    ///         "appid": "wx0123456789abcdef", "trace_id": "trace 1", "version": 2, "errcode": 0, "errmsg": "ok"
    ///     }"#,
    /// )?;
    /// publish(Arrived::decode(message)?).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// [`Dispatcher::dispatch`](super::Dispatcher::dispatch) takes it as well, and tells what WeChat would be answered.
    ///
    /// # Errors
    /// [`ErrorKind::Malformed`] when it is neither JSON nor XML, or damaged; [`ErrorKind::Config`] when it is encrypted.
    pub fn unverified(body: impl Into<Bytes>) -> Result<Self> {
        Self::unsealed(body.into(), Time::system())
    }

    /// Reads a message that came unencrypted.
    pub(super) fn unsealed(body: Bytes, time: Time) -> Result<Self> {
        let read = Read::new(&body)?;
        if read.head.encrypt.is_some() && !read.head.is_whole() {
            return Err(Error::new(ErrorKind::Config, "the message came encrypted, and there is no key").with_remedy(
                "give the receiver EncodingAESKey and AppID: `Receiver::new`",
                "请用 `Receiver::new` 配置 EncodingAESKey 与 AppID",
            ));
        }
        Ok(Self::new(read, body, None, time))
    }

    /// The app for which it was encrypted.
    pub(super) fn appid(&self) -> Option<&str> {
        self.0.seal.as_ref()?.receiver.appid()
    }

    pub(super) fn new(read: Read, body: Bytes, seal: Option<Seal>, time: Time) -> Self {
        let Read { head, format, xml } = read;
        let names = [&head.msg_type, &head.event].map(|name| name.as_deref().unwrap_or_default());
        let mixed = names.iter().any(|name| name.bytes().any(|byte| byte.is_ascii_uppercase()));
        let lowered = mixed.then(|| Box::new(names.map(str::to_ascii_lowercase)));
        Self(Arc::new(Inner { head, lowered, format, body, xml, seal, time }))
    }

    /// `MsgType` and `Event`, in lower case, as the spec has them: some pages call them case-insensitive, and one writes
    /// `Event` for `event`.
    pub(crate) fn selector(&self) -> (&str, Option<&str>) {
        match &self.0.lowered {
            None => (self.msg_type(), self.event_name()),
            Some(names) => (&names[0], self.event_name().map(|_| names[1].as_str())),
        }
    }

    /// `MsgType`: `event`, or what a user sent (`text`, `image`, `miniprogrampage`). Empty where the message has none.
    #[must_use]
    pub fn msg_type(&self) -> &str {
        self.0.head.msg_type.as_deref().unwrap_or_default()
    }

    /// `Event`: which event it is.
    #[must_use]
    pub fn event_name(&self) -> Option<&str> {
        self.0.head.event.as_deref()
    }

    /// `InfoType`: what a third-party platform is told of itself (`component_verify_ticket`, `authorized`, …).
    #[must_use]
    pub fn info_type(&self) -> Option<&str> {
        self.0.head.info_type.as_deref()
    }

    /// `ToUserName`: the app, by its original id (`gh_…`) or its AppID. Empty where the message has none.
    #[must_use]
    pub fn to_user_name(&self) -> &str {
        self.0.head.to_user_name.as_deref().unwrap_or_default()
    }

    /// `FromUserName`: the user's openid, or WeChat's own id. Empty where the message has none.
    #[must_use]
    pub fn from_user_name(&self) -> &str {
        self.0.head.from_user_name.as_deref().unwrap_or_default()
    }

    /// `CreateTime`: when it was made.
    #[must_use]
    pub fn create_time(&self) -> Option<Timestamp> {
        self.0.head.create_time
    }

    /// `MsgId`: of what users send.
    #[must_use]
    pub fn msg_id(&self) -> Option<&str> {
        self.0.head.msg_id.as_deref()
    }

    /// In which form it came.
    #[must_use]
    pub fn format(&self) -> Format {
        self.0.format
    }

    /// Whether it came encrypted; so does its answer, then.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.0.seal.is_some()
    }

    /// Whether it is the request by which Cloud Hosting (微信云托管) checks a path, which [`success`](Self::success)
    /// answers.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        self.0.head.is_probe()
    }

    /// The message as it came, decrypted.
    #[must_use]
    pub fn body(&self) -> &Bytes {
        &self.0.body
    }

    /// The whole message as JSON. Of XML, texts are strings, elements with elements in them are objects, and repeated
    /// elements are lists; an element that stands once can not be told from a list of one.
    ///
    /// # Errors
    /// [`ErrorKind::Malformed`] when the JSON is nested too deeply to be read.
    pub fn json(&self) -> Result<Value> {
        match &self.0.xml {
            Some(value) => Ok(value.clone()),
            None => any_json(&self.0.body)
                .map_err(|error| Error::new(ErrorKind::Malformed, format!("the JSON can not be read: {error}"))),
        }
    }

    /// Whether it is one of these events.
    #[must_use]
    pub fn is<E: PushEvent>(&self) -> bool {
        let (msg_type, event_name) = self.selector();
        E::META.matches(msg_type, event_name)
    }

    /// Reads it as an event of the spec.
    ///
    /// # Errors
    /// [`ErrorKind::OtherEvent`] when it is another one; [`ErrorKind::Decode`] when a field is not as documented.
    pub fn decode<E: PushEvent>(&self) -> Result<E> {
        if !self.is::<E>() {
            return Err(Error::new(ErrorKind::OtherEvent, format!("the message is not `{}`", E::META.id)));
        }
        self.read(E::META.wrapper)
    }

    /// Reads it as what it is; one that the spec does not know is [`Event::Other`].
    ///
    /// # Errors
    /// [`ErrorKind::Decode`] when a field is not as documented.
    pub fn event(&self) -> Result<Event> {
        Event::read(self)
    }

    /// Reads it as any type, from the fields of the message and of the object `wrapper` in it.
    fn read<T: DeserializeOwned>(&self, wrapper: Option<&str>) -> Result<T> {
        let outcome = match (&self.0.xml, wrapper) {
            (Some(value), None) => T::deserialize(value),
            (Some(value), Some(wrapper)) => unwrapped(value, wrapper),
            (None, None) => any_json(&self.0.body),
            (None, Some(wrapper)) => any_json(&self.0.body).and_then(|value| unwrapped(&value, wrapper)),
        };
        outcome.map_err(|error| {
            let (path, what) = split_path(&error);
            Error::at(ErrorKind::Decode, path, what)
        })
    }

    /// A key that is the same when WeChat sends the message once more: to do things once.
    ///
    /// It is made of `MsgId` where the message has one. Events have none: then of the head and a digest of the message.
    /// [`distinct`](Self::distinct) knows better what tells two events of a kind apart.
    #[must_use]
    pub fn key(&self) -> String {
        self.key_by(&[])
    }

    /// A key that is the same when WeChat sends the message once more: made of `MsgId`, else of the head and the fields
    /// that the spec names as `distinct_by`, else of the head and a digest of the message.
    #[must_use]
    pub fn distinct(&self, meta: &EventMeta) -> String {
        self.key_by(meta.distinct_by)
    }

    fn key_by(&self, fields: &[&str]) -> String {
        let mut key = format!("{}/{}/", self.to_user_name(), self.from_user_name());
        if let Some(id) = self.msg_id().filter(|id| !["", "0"].contains(id)) {
            key.push_str(id);
            return key;
        }
        let time = self.create_time().map_or(0, Timestamp::get);
        let kind = self.info_type().unwrap_or(self.msg_type());
        // A `String` takes everything.
        let _ = write!(key, "{time}/{kind}/{}/", self.event_name().unwrap_or_default());
        let mut digest = Sha256::new();
        let mut told = false;
        if !fields.is_empty() {
            let fill = Fill::new(Some(self), Timestamp::new(0));
            for field in fields {
                let value = fill.text(field);
                told |= value.is_some();
                // The length keeps `a`, `bc` and `ab`, `c` apart.
                let value = value.unwrap_or_default();
                digest.update(value.len().to_be_bytes());
                digest.update(value);
            }
        }
        if !told {
            digest.update(&self.0.body);
        }
        key.push_str(&hex(&digest.finalize()[..16]));
        key
    }

    /// The time of the receiver's clock.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from(self.0.time.now())
    }

    /// The bare word `success`: it was received.
    pub fn success(&self) -> Answer {
        Answer::success()
    }

    /// Writes a reply in the format in which the message came, and encrypts it where the message was encrypted.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`] when a field of the reply is missing or breaks a constraint.
    pub fn reply(&self, reply: impl PushReply) -> Result<Answer> {
        match reply.into_body(&Fill::new(Some(self), Timestamp::from(self.0.time.now())))? {
            Some(value) => self.write(&value),
            None => Ok(self.success()),
        }
    }

    /// Writes a reply of any shape: what serialises as an object. In XML its fields become elements.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`] when it can not be serialised, or has no form in XML.
    pub fn reply_json(&self, reply: &impl Serialize) -> Result<Answer> {
        let value = serde_json::to_value(reply).map_err(|_| {
            Error::new(ErrorKind::Reply, "the reply can not be written as JSON")
                .with_remedy("reply with what serialises as an object", "请回复可序列化为对象的值")
        })?;
        self.write(&value)
    }

    fn write(&self, value: &Value) -> Result<Answer> {
        let format = self.0.format;
        let plain = match format {
            Format::Json => value.to_string(),
            Format::Xml => xml::write(value)?,
        };
        let body = match &self.0.seal {
            Some(seal) => seal.envelope(format, plain.as_bytes(), Timestamp::from(self.0.time.now()))?,
            None => plain,
        };
        Ok(Answer::written(format, body))
    }
}

/// Reads from the fields of an object and of the object `wrapper` in it, as if they all stood side by side.
fn unwrapped<T: DeserializeOwned>(value: &Value, wrapper: &str) -> Result<T, serde_json::Error> {
    let inner = match value.get(wrapper) {
        Some(Value::Object(inner)) => inner,
        Some(Value::Array(list)) => match list.as_slice() {
            [Value::Object(inner)] => inner,
            _ => return T::deserialize(value),
        },
        _ => return T::deserialize(value),
    };
    let empty = Map::new();
    let outer = value.as_object().unwrap_or(&empty);
    // Of a field that stands in both, the last one counts: the event's own.
    let fields = outer.iter().chain(inner).map(|(name, value)| (name.as_str(), value));
    T::deserialize(MapDeserializer::new(fields))
}

/// What it is, and nothing that it says.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("msg_type", &self.msg_type())
            .field("event", &self.event_name())
            .field("format", &self.0.format)
            .field("encrypted", &self.is_encrypted())
            .field("body", &format_args!("{} bytes", self.0.body.len()))
            .finish()
    }
}
