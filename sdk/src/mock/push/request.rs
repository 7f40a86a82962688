//! A message on its way to HTTP: written, encrypted, signed.

use serde_json::{Map, Value, json};

use super::crypto::{self, AesKey};
use super::delivery::PushFault;
use super::target::Target;
use super::xml;
use crate::mock::random;
use crate::push::Format;

/// A token that no endpoint has.
const OTHER_TOKEN: &str = "not the token of this endpoint";
/// An app that no endpoint serves.
const OTHER_APPID: &str = "wx0000000000000000";
const HOUR: u64 = 60 * 60;

/// What is sent by POST.
pub(super) struct Request {
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl Request {
    pub(super) fn new(target: &Target, message: &Map<String, Value>, fault: Option<PushFault>) -> Self {
        let user = message.get("FromUserName").and_then(Value::as_str).unwrap_or_default();
        let mut query = signed(target, fault);
        query.push(("openid", user.to_owned()));
        let key = target.key.as_ref().filter(|_| fault != Some(PushFault::Unencrypted));
        let body = match key {
            Some(key) => {
                let encrypt = encrypted(target, key, message, fault);
                query.push(("encrypt_type", "aes".to_owned()));
                query.push(("msg_signature", msg_signature(target, &query, &encrypt, fault)));
                let mut envelope = if target.compatible { message.clone() } else { Map::new() };
                let receiver = message.get("ToUserName").cloned().unwrap_or_default();
                envelope.insert("ToUserName".to_owned(), receiver);
                let bytes = if fault == Some(PushFault::Tampered) { tampered(encrypt) } else { encrypt };
                envelope.insert("Encrypt".to_owned(), crypto::base64(&bytes).into());
                written(target.format, &envelope)
            }
            None => written(target.format, message),
        };
        let content_type = match target.format {
            Format::Json => "application/json",
            Format::Xml => "text/xml",
        };
        Self { query, content_type, body }
    }
}

/// The parameters that every request has.
pub(super) fn signed(target: &Target, fault: Option<PushFault>) -> Vec<(&'static str, String)> {
    let age = if fault == Some(PushFault::Stale) { HOUR } else { 0 };
    let timestamp = (random::unix_time() - age).to_string();
    let nonce = random::number().to_string();
    let signature = crypto::signature([token(target, fault), &timestamp, &nonce]);
    vec![("signature", signature), ("timestamp", timestamp), ("nonce", nonce)]
}

fn token(target: &Target, fault: Option<PushFault>) -> &str {
    if fault == Some(PushFault::WrongSignature) { OTHER_TOKEN } else { target.token.expose() }
}

fn msg_signature(target: &Target, query: &[(&str, String)], encrypt: &[u8], fault: Option<PushFault>) -> String {
    let value = |wanted: &str| query.iter().find(|(name, _)| *name == wanted).map_or("", |(_, value)| value);
    crypto::signature([token(target, fault), value("timestamp"), value("nonce"), &crypto::base64(encrypt)])
}

fn encrypted(target: &Target, key: &AesKey, message: &Map<String, Value>, fault: Option<PushFault>) -> Vec<u8> {
    let other;
    let key = if fault == Some(PushFault::OtherKey) {
        other = AesKey::random(random::iv());
        &other
    } else {
        key
    };
    let appid = if fault == Some(PushFault::OtherApp) { OTHER_APPID } else { &target.appid };
    key.seal(random::iv(), &written(target.format, message), appid)
}

/// With one bit changed in the middle.
fn tampered(mut bytes: Vec<u8>) -> Vec<u8> {
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    bytes
}

fn written(format: Format, message: &Map<String, Value>) -> String {
    match format {
        Format::Json => json!(message).to_string(),
        Format::Xml => xml::write(message),
    }
}
