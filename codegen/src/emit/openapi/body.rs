//! What a request holds beside its query.

use serde_json::{Map, Value, json};

use super::names::path;
use super::{Scope, operation, schema, set};
use crate::model::{Endpoint, Field, Place, Signature, Verb};

/// The parameters that travel in the body, and the media type in which they do.
fn parts(endpoint: &Endpoint) -> (&'static str, Vec<&Field>) {
    let at = |place: Place| endpoint.params.iter().filter(|field| field.place == place).collect::<Vec<_>>();
    let form = at(Place::Form);
    if form.is_empty() { ("application/json", at(Place::Body)) } else { ("multipart/form-data", form) }
}

/// The parameter that is the whole body.
fn whole(endpoint: &Endpoint) -> Option<&Field> {
    endpoint.params.iter().find(|field| field.place == Place::WholeBody)
}

/// The schema of the object in the body; nothing where there is none.
pub(super) fn component(scope: &Scope<'_>, endpoint: &Endpoint) -> Option<(String, Value)> {
    let (_, fields) = parts(endpoint);
    if whole(endpoint).is_some() || fields.is_empty() {
        return None;
    }
    let mut object = schema::object(scope, &fields, &endpoint.params);
    schema::choices(&mut object, &fields, &endpoint.exclusive, &endpoint.any_of);
    if endpoint.sign.contains(&Signature::Delivery) {
        let word = Signature::Delivery.word();
        object["properties"][word] = operation::signature(Signature::Delivery);
        match object.get_mut("required").and_then(Value::as_array_mut) {
            Some(required) => required.push(word.into()),
            None => object["required"] = json!([word]),
        }
    }
    Some((scope.names.of_request(&endpoint.id).to_owned(), object))
}

/// The body of a POST. WeChat takes no empty one: what holds nothing is `{}`.
pub(super) fn body(scope: &Scope<'_>, endpoint: &Endpoint) -> Option<Value> {
    if endpoint.method == Verb::Get {
        return None;
    }
    let (media, fields) = parts(endpoint);
    let (schema, example) = match whole(endpoint) {
        Some(field) => (schema::field(scope, field, &endpoint.params), operation::example(scope, endpoint, field)),
        None if fields.is_empty() => (json!({ "type": "object" }), endpoint.example.as_ref().map(|_| json!({}))),
        None => {
            (json!({ "$ref": path(scope.names.of_request(&endpoint.id)) }), example(scope, endpoint, &fields, media))
        }
    };
    let mut content = json!({ "schema": schema });
    set(&mut content, "example", example);
    Some(json!({ "required": true, "content": { media: content } }))
}

fn example(scope: &Scope<'_>, endpoint: &Endpoint, fields: &[&Field], media: &str) -> Option<Value> {
    // No text stands for the bytes of a file.
    if endpoint.example.is_none() || media != "application/json" {
        return None;
    }
    let mut members: Map<String, Value> = fields
        .iter()
        .filter_map(|field| Some((field.wire.clone(), operation::example(scope, endpoint, field)?)))
        .collect();
    if endpoint.sign.contains(&Signature::Delivery) {
        members.insert(Signature::Delivery.word().into(), "SIGNATURE".into());
    }
    Some(members.into())
}
