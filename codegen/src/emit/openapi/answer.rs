//! What comes back: success, and beside it the error, both with HTTP 200.

use serde_json::{Map, Value, json};

use super::names::{ERROR, SUCCESS, path};
use super::{Scope, prose, schema};
use crate::model::{Endpoint, Envelope, Field, Response};

/// An object with the envelope of success and these fields.
pub(super) fn success(scope: &Scope<'_>, fields: &[Field], envelope: &Envelope) -> Value {
    let mut properties = Map::new();
    properties.insert(
        envelope.code.clone(),
        json!({ "type": "integer", "enum": envelope.ok, "description": "Success; often absent." }),
    );
    properties.insert(envelope.message.clone(), json!({ "type": "string" }));
    let mut object = schema::object(scope, &fields.iter().collect::<Vec<_>>(), fields);
    if let Some(Value::Object(own)) = object.get_mut("properties").map(Value::take) {
        properties.extend(own);
    }
    object["properties"] = properties.into();
    object
}

/// An error, by its envelope.
pub(super) fn error(envelope: &Envelope) -> Value {
    json!({
        "type": "object",
        "description": "The call failed.",
        "properties": {
            &*envelope.code: {
                "type": "integer",
                "not": { "enum": envelope.ok },
                "description": "Why; see `x-errcodes`.",
            },
            &*envelope.message: { "type": "string", "description": "The same in WeChat's words." },
        },
        "required": [envelope.code],
    })
}

/// The schema of what the endpoint answers, where it has fields of its own.
pub(super) fn component(scope: &Scope<'_>, endpoint: &Endpoint) -> Option<(String, Value)> {
    let fields = endpoint.response.fields();
    let name = scope.names.of_answer(&endpoint.id).to_owned();
    (!fields.is_empty()).then(|| (name, success(scope, fields, &endpoint.envelope)))
}

/// The answers of an endpoint.
pub(super) fn responses(scope: &Scope<'_>, endpoint: &Endpoint) -> Value {
    let usual = endpoint.envelope == Envelope::default();
    let failure = if usual { json!({ "$ref": path(ERROR) }) } else { error(&endpoint.envelope) };
    let typed = || json!({ "$ref": path(scope.names.of_answer(&endpoint.id)) });
    // Not `oneOf`: the code tells them apart, which not every tool sees.
    let either = |success: Value| json!({ "anyOf": [success, failure] });
    let (bytes, json, what) = match &endpoint.response {
        Response::Nothing if usual => (None, either(json!({ "$ref": path(SUCCESS) })), "That it succeeded"),
        Response::Nothing => (None, either(success(scope, &[], &endpoint.envelope)), "That it succeeded"),
        Response::Image => (Some("image/*"), failure, "A picture"),
        Response::Bytes => (Some("application/octet-stream"), failure, "The bytes of a file"),
        Response::Text => (Some("text/plain"), failure, "A file in UTF-8"),
        Response::Json => (None, json!({ "description": "Any JSON." }), "Any JSON"),
        Response::Fields(_) => (None, either(typed()), "What was asked for"),
        Response::BytesOr(_) => (Some("application/octet-stream"), either(typed()), "The bytes of a file, or JSON"),
    };
    let mut content = Map::new();
    if let Some(media) = bytes {
        let schema = if media == "text/plain" { json!({ "type": "string" }) } else { binary() };
        content.insert(media.into(), json!({ "schema": schema }));
    }
    content.insert("application/json".into(), json!({ "schema": json }));
    let answer = json!({ "description": prose(&format!("{what}, or an error")), "content": content });
    json!({ "200": answer })
}

fn binary() -> Value {
    json!({ "type": "string", "format": "binary" })
}
