//! What WeChat pushes, as the spec and WeChat's own examples have it: it is read, told apart and answered.
#![allow(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod answered;
mod counts;
mod distinct;
mod examples;
mod messages;
mod sloppy;

use contract_tests::push::fields;
use contract_tests::spec::{Event, EventKind, Spec};
use serde_json::{Map, Value, json};

/// Those that come as messages, and not as callbacks.
fn pushed(spec: &Spec) -> impl Iterator<Item = &Event> {
    spec.events.iter().filter(|event| event.kind != EventKind::Callback)
}

fn ids<'a>(events: impl Iterator<Item = &'a Event>) -> Vec<&'a str> {
    events.map(|event| event.id.as_str()).collect()
}

/// The head of an event; of several names, another one with each turn.
fn head(event: &Event, turn: usize) -> Map<String, Value> {
    let common = json!({ "ToUserName": "gh_0123456789ab", "FromUserName": "oAbC-汉<&>", "CreateTime": 1_700_000_000 });
    let mut head = fields(common);
    let (kind, name) = match event.kind {
        EventKind::Event => ("event", Some(event.names.get(turn % event.names.len().max(1)).unwrap_or(&event.id))),
        EventKind::Message => (event.id.as_str(), None),
        EventKind::Callback => return Map::new(),
    };
    head.insert("MsgType".to_owned(), json!(kind));
    head.extend(name.map(|name| ("Event".to_owned(), json!(name))));
    head
}

/// A whole message: head and own fields side by side, or these in their wrapper.
fn message(event: &Event, own: Map<String, Value>, wrapped: bool) -> Map<String, Value> {
    with_head(head(event, 0), event, own, wrapped)
}

fn with_head(
    mut head: Map<String, Value>,
    event: &Event,
    own: Map<String, Value>,
    wrapped: bool,
) -> Map<String, Value> {
    match &event.wrapper {
        Some(wrapper) if wrapped => drop(head.insert(wrapper.clone(), Value::Object(own))),
        _ => head.extend(own),
    }
    head
}
