//! What WeChat would answer, made from the spec, and what the SDK must make of it.

use serde_json::{Map, Value, json};
use weapp::dynamic::Output;

use crate::compare::{diff, without_absent};
use crate::make::{Flavor, Maker};
use crate::server::Answer;
use crate::spec::{Endpoint, Field, Response, Spec};
use crate::wire_form::written;

/// A PNG of one pixel.
pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDAT\
    x\xdac\xfc\xcf\xc0P\x0f\0\x04\x85\x01\x80\x84\xa9\x8c!\0\0\0\0IEND\xaeB`\x82";

/// The skeleton of a JPEG.
pub const JPEG: &[u8] = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xdb\0\x04\0\x00\xff\xd9";

/// What a success must come out as.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// JSON with these members, the absent ones left out.
    Json(Value),
    /// This picture.
    Image(Vec<u8>),
    /// These data.
    Bytes(Vec<u8>),
}

/// The fields of a response; none where it has no fields.
pub fn fields(endpoint: &Endpoint) -> &[Field] {
    match &endpoint.response {
        Response::Fields(fields) | Response::BytesOr(fields) => fields,
        _ => &[],
    }
}

/// A full answer's fields, without the envelope.
pub fn body(spec: &Spec, endpoint: &Endpoint, flavor: Flavor) -> Map<String, Value> {
    Maker { answer: true, ..Maker::new(spec, flavor) }.object(fields(endpoint), &[], &[])
}

/// The same answer in its envelope.
pub fn enveloped(endpoint: &Endpoint, mut body: Map<String, Value>) -> Value {
    body.insert(endpoint.envelope.code.clone(), endpoint.envelope.ok[0].into());
    body.insert(endpoint.envelope.message.clone(), "ok".into());
    Value::Object(body)
}

/// An answer that fails.
pub fn failure(endpoint: &Endpoint, code: i64, message: &str) -> Value {
    json!({ &endpoint.envelope.code: code, &endpoint.envelope.message: message })
}

/// A successful answer, and what must come out of it.
pub fn success(spec: &Spec, endpoint: &Endpoint, flavor: Flavor) -> (Answer, Wanted) {
    match &endpoint.response {
        Response::Image => (Answer::body(PNG, "image/png"), Wanted::Image(PNG.to_vec())),
        Response::Bytes => {
            let data = b"PK\x03\x04 some \x00 data".to_vec();
            (Answer::body(data.clone(), "application/octet-stream"), Wanted::Bytes(data))
        }
        Response::Text => {
            let text = "\u{feff}日期,次数\r\n2026-01-01,\"1\"\n".as_bytes();
            (Answer::body(text, "text/csv"), Wanted::Bytes(text.to_vec()))
        }
        // Bytes with every second turn.
        Response::BytesOr(_) if matches!(flavor, Flavor::Rich(turn) if turn % 2 == 1) => {
            let data = b"\xff\xd8\xff some \x00 data".to_vec();
            (Answer::body(data.clone(), "image/jpeg"), Wanted::Bytes(data))
        }
        Response::Nothing => (Answer::json(&enveloped(endpoint, Map::new())), Wanted::Json(json!({}))),
        Response::Json => {
            let body = enveloped(endpoint, Map::from_iter([("any".to_owned(), json!([1, { "x": null }]))]));
            (Answer::json(&body), Wanted::Json(body))
        }
        Response::Fields(fields) | Response::BytesOr(fields) => {
            let body = body(spec, endpoint, flavor);
            let wanted = written(spec, fields, &body);
            (Answer::json(&enveloped(endpoint, body)), Wanted::Json(Value::Object(wanted)))
        }
    }
}

impl Wanted {
    /// Everything in which an output differs: place, expected, got.
    pub fn differences(&self, got: &Output) -> Vec<(String, String, String)> {
        let whole = |expected: String| vec![("answer".to_owned(), expected, format!("{got:?}"))];
        match (self, got) {
            (Self::Json(wanted), Output::Json(json)) => {
                diff(&without_absent(wanted.clone()), &without_absent(json.clone()))
                    .into_iter()
                    .map(|found| (found.path, format!("{:?}", found.expected), format!("{:?}", found.got)))
                    .collect()
            }
            (Self::Image(bytes), Output::Image(image)) if image.bytes() == bytes => Vec::new(),
            (Self::Bytes(bytes), Output::Bytes(data)) if data == bytes => Vec::new(),
            _ => whole(format!("{self:?}")),
        }
    }
}
