//! What WeChat pushes, as webhooks: requests that the developer's server answers.

use serde_json::{Map, Value, json};

use super::names::path;
use super::{Scope, prose, schema, set};
use crate::emit::rust::reply::unasked;
use crate::model::{ANSWER_WITHIN, Event, EventGroup, EventKind, Field, Fill, Reply};

/// By the event's id.
pub(super) fn webhooks(scope: &Scope<'_>) -> Value {
    let events = scope.api.events.iter().flat_map(|group| group.events.iter().map(move |event| (group, event)));
    Value::Object(
        events.map(|(group, event)| (event.id.clone(), json!({ "post": webhook(scope, group, event) }))).collect(),
    )
}

fn webhook(scope: &Scope<'_>, group: &EventGroup, event: &Event) -> Value {
    let note = event.note.as_ref().map(|note| format!("\n\nNote: {}", prose(note))).unwrap_or_default();
    let content = json!({
        "schema": { "$ref": path(scope.names.of_pushed(&event.name)) },
        "example": event.sample(),
    });
    let mut hook = json!({
        "operationId": format!("events.{}", event.id),
        "summary": event.title,
        "description": format!("{}{note}", prose(&event.about)),
        "externalDocs": { "description": "Official page", "url": event.docs },
        "requestBody": { "required": true, "content": { "application/json": content } },
        "responses": { "200": answer(scope, group.reply(event)) },
    });
    if scope.api.group(&group.name).is_some() {
        hook["tags"] = json!([group.name]);
    }
    set(&mut hook, "deprecated", event.deprecated.is_some().then_some(true));
    let kind = match event.kind {
        EventKind::Event => None,
        EventKind::Message => Some("message"),
        EventKind::Callback => Some("callback"),
    };
    set(&mut hook, "x-kind", kind);
    if event.names.is_some() {
        hook["x-names"] = event.wire_names().into();
    }
    let answers = event.answers.iter().map(|one| json!({ "call": one.call, "by": one.by })).collect::<Vec<_>>();
    set(&mut hook, "x-answers", (!answers.is_empty()).then_some(answers));
    set(&mut hook, "x-wrapper", event.wrapper.clone());
    set(&mut hook, "x-distinct-by", (!event.distinct_by.is_empty()).then(|| event.distinct_by.clone()));
    set(&mut hook, "x-answer-within", (event.answer_within != ANSWER_WITHIN).then_some(event.answer_within));
    set(&mut hook, "x-redeliveries", event.redeliveries);
    hook
}

/// What WeChat wants to hear.
fn answer(scope: &Scope<'_>, reply: Option<&Reply>) -> Value {
    let success = json!({ "schema": { "type": "string", "const": "success" } });
    let mut content = Map::new();
    if let Some(reply) = reply {
        let schema = json!({ "schema": { "$ref": path(scope.names.of_pushed(&reply.name)) } });
        content.insert("application/json".into(), schema);
    }
    if reply.is_none_or(|reply| reply.optional) {
        content.insert("text/plain".into(), success);
    }
    json!({ "description": "It was received.", "content": content })
}

/// The schemas of events and replies.
pub(super) fn components(scope: &Scope<'_>) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for group in &scope.api.events {
        for event in &group.events {
            all.push((scope.names.of_pushed(&event.name).to_owned(), pushed(scope, event)));
        }
        for reply in &group.replies {
            all.push((scope.names.of_pushed(&reply.name).to_owned(), self::reply(scope, reply)));
        }
    }
    all
}

/// The head, and the own fields beside it or in their wrapper.
fn pushed(scope: &Scope<'_>, event: &Event) -> Value {
    let object = |fields: &[Field]| schema::object(scope, &fields.iter().collect::<Vec<_>>(), fields);
    let Some(wrapper) = &event.wrapper else { return object(&event.all_fields()) };
    let (mut whole, inner) = (object(&event.head), object(&event.fields));
    if inner.get("required").is_some()
        && let Some(required) = whole.get_mut("required").and_then(Value::as_array_mut)
    {
        required.push(wrapper.as_str().into());
    }
    whole["properties"][wrapper] = inner;
    whole
}

fn reply(scope: &Scope<'_>, reply: &Reply) -> Value {
    let fields = unasked(reply);
    let listed: Vec<&Field> = fields.iter().collect();
    let mut object = schema::object(scope, &listed, &fields);
    let wire = |rust: &str| fields.iter().find(|field| field.rust == rust).map_or("", |field| &field.wire);
    for (rust, fill) in &reply.filled {
        let from = match fill {
            Fill::Now => "now",
            Fill::Field(from) => from,
        };
        object["properties"][wire(rust)]["x-default-from"] = from.into();
    }
    set(&mut object, "description", reply.about.as_deref().map(prose));
    object
}
