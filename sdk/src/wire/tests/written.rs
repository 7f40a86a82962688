//! What is written: the fields that were set, and nothing else.

use super::*;

struct Request {
    name: Option<String>,
    url: Option<String>,
    target: Option<Part>,
    list: Option<Vec<i64>>,
    plain: bool,
}

wire::encode!(Request {
    version: fixed(2, "version"),
    name: "name",
    url: unless(target, "url"),
    target: "mini-program",
    list: "list",
    kind: fixed("text", "kind"),
    plain: "plain",
});

fn empty() -> Request {
    Request { name: None, url: None, target: None, list: None, plain: false }
}

#[track_caller]
fn written(request: &Request, expected: &str) {
    assert_eq!(serde_json::to_string(request).unwrap(), expected);
}

#[test]
fn absent_fields_are_not_written_and_fixed_ones_always() {
    written(&empty(), r#"{"version":2,"kind":"text","plain":false}"#);
}

#[test]
fn fields_that_were_set_are_written_in_their_order() {
    let request =
        Request { name: Some(String::new()), url: Some("u".into()), list: Some(Vec::new()), plain: true, ..empty() };
    // What the user set is sent, be it empty.
    written(&request, r#"{"version":2,"name":"","url":"u","list":[],"kind":"text","plain":true}"#);
}

#[test]
fn a_field_yields_to_another() {
    let target = Some(Part { label: Some(1), parts: Vec::new() });
    let both = Request { url: Some("u".into()), target: target.clone(), ..empty() };
    written(&both, r#"{"version":2,"mini-program":{"label":1},"kind":"text","plain":false}"#);
    let yielding = Request { target, ..empty() };
    written(&yielding, r#"{"version":2,"mini-program":{"label":1},"kind":"text","plain":false}"#);
}

#[test]
fn nothing_set_is_an_empty_object() {
    assert_eq!(serde_json::to_string(&Everything::empty()).unwrap(), "{}");
    assert_eq!(serde_json::to_string(&wire::Nothing).unwrap(), "{}");
}

#[test]
fn false_and_zero_are_values() {
    let mut value = Everything::empty();
    value.flag = Some(false);
    value.int = Some(0);
    value.share = Some(0.0);
    value.any = Some(Value::Null);
    assert_eq!(serde_json::to_string(&value).unwrap(), r#"{"flag":false,"int":0,"share":0.0,"any":null}"#);
}

#[test]
fn wire_names_are_written_as_they_are() {
    let mut value = Everything::empty();
    value.at_ms = Some(TimestampMs::new(5));
    assert_eq!(serde_json::to_string(&value).unwrap(), r#"{"atMs":5}"#);
}
