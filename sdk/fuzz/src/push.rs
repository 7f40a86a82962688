//! Pushed messages, once they are verified and decrypted.

use serde_json::Value;
use weapp::events::{SecvodUploadEvent, SubscribeMsgSentEvent, TextMessage, WxaMediaCheck, WxaPunishEvent};
use weapp::push::{ErrorKind, Format, Message, PushEvent, Query, Receiver, Result};

/// Reads the input as a message in XML, writes what it says as XML again, and reads that.
pub fn push_xml(body: &[u8]) {
    let Some(message) = opened(body, Format::Xml) else { return };
    // It was read as a whole to be opened.
    let value = message.json().expect("XML that opens has a form in JSON");
    match message.reply_json(&value) {
        Ok(written) => {
            let again = open(&written.body).expect("what was written can be read");
            assert_eq!(again.json().expect("once more"), value, "XML changes when it is written and read");
            same_head(&message, &again);
        }
        // Names and characters that the reader takes and XML forbids, and documents that are a text alone.
        Err(error) => assert_eq!(error.kind(), ErrorKind::Reply),
    }
    // The format in which a message comes is the app's choice and makes no difference.
    if value.is_object() {
        let json = open(value.to_string().as_bytes()).expect("the same as JSON");
        same_head(&message, &json);
    }
}

/// Reads the input as a message in JSON, writes it, and reads it again.
pub fn push_json(body: &[u8]) {
    let Some(message) = opened(body, Format::Json) else { return };
    let value = match message.json() {
        Ok(value) => value,
        // The head passes over what it does not need; the whole may hold numbers that no type can.
        Err(error) => return assert_eq!(error.kind(), ErrorKind::Malformed),
    };
    let written = message.reply_json(&value).expect("JSON has a form in JSON");
    let again = open(&written.body).expect("what was written can be read");
    let read = again.json().expect("once more");
    assert!(alike(&read, &value), "JSON changes when it is written and read");
    // A text may have come as a float.
    if read == value {
        same_head(&message, &again);
    }
}

/// Opens a body that needs no signature, and tries what can be asked of any message.
pub(crate) fn open(body: &[u8]) -> Result<Message> {
    let opened = Receiver::cloud_hosted().open(&Query::default().with_source("wx0123456789abcdef"), body.to_vec());
    match &opened {
        Ok(message) => {
            assert_eq!(message.body(), body);
            assert!(!message.key().is_empty());
            assert!(!format!("{message:?}").is_empty());
        }
        Err(error) => {
            let kinds = [ErrorKind::Malformed, ErrorKind::Decode];
            assert!(kinds.contains(&error.kind()), "a body is no reason for {error:?}");
            assert!(error.to_string().len() < 8 * 1024, "an error as long as a document");
            assert!(error.status().is_client_error());
        }
    }
    opened
}

fn opened(body: &[u8], format: Format) -> Option<Message> {
    let message = open(body).ok().filter(|message| message.format() == format)?;
    if let Err(error) = message.event() {
        assert_eq!(error.kind(), ErrorKind::Decode);
    }
    // Bare, with a list, with JSON in a text, in a wrapper, and as one or many in a wrapper.
    typed::<TextMessage>(&message);
    typed::<WxaMediaCheck>(&message);
    typed::<WxaPunishEvent>(&message);
    typed::<SecvodUploadEvent>(&message);
    typed::<SubscribeMsgSentEvent>(&message);
    Some(message)
}

/// An event that was read reads the same once it is written.
fn typed<E: PushEvent + PartialEq>(message: &Message) {
    match message.decode::<E>() {
        Ok(event) => {
            assert!(message.event().is_ok(), "it is one event of many, and of them none");
            let written = serde_json::to_vec(&event).expect("an event can be written");
            let again = open(&written).and_then(|message| message.decode::<E>());
            assert_eq!(again.expect("what was written can be read"), event);
        }
        Err(error) if message.is::<E>() => assert_eq!(error.kind(), ErrorKind::Decode),
        Err(error) => assert_eq!(error.kind(), ErrorKind::OtherEvent),
    }
}

pub(crate) fn same_head(one: &Message, other: &Message) {
    let head = |message: &Message| {
        let texts = [message.msg_type(), message.to_user_name(), message.from_user_name()].map(str::to_owned);
        let more = [message.event_name(), message.info_type(), message.msg_id()].map(|text| text.map(str::to_owned));
        (texts, more, message.create_time(), message.is_probe())
    };
    assert_eq!(head(one), head(other));
}

/// Equal but for the last digit of a float: serde_json reads them fast, not exactly.
fn alike(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| alike(value, other)))
        }
        (Value::Number(one), Value::Number(other)) if one.is_f64() && other.is_f64() => {
            let (one, other) = (one.as_f64().unwrap_or(0.0), other.as_f64().unwrap_or(1.0));
            (one - other).abs() <= one.abs() * 1e-12
        }
        (one, other) => one == other,
    }
}
