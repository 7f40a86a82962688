//! Replies as the spec has them: what is missing is told, what the event says is filled in, the rest is as it was set.

use contract_tests::compare::{diff, lenient_diff, without_absent};
use contract_tests::make::{Flavor, Maker, is_required_by_others};
use contract_tests::push::{BOTH, Server, Written, document, opened, parsed};
use contract_tests::replies;
use contract_tests::spec::{Event, EventKind, Field, Reply, Spec};
use contract_tests::tally::Tally;
use contract_tests::wire_form;
use serde_json::{Map, Value, json};
use weapp::push::{Answer, ErrorKind, Message};

use crate::{ids, message};

fn answered(spec: &Spec) -> impl Iterator<Item = (&Event, &Reply)> {
    spec.events.iter().filter_map(|event| Some((event, event.reply.as_ref()?)))
}

fn plain_fields(reply: &Reply) -> Vec<Field> {
    reply.fields.iter().map(|field| field.field.clone()).collect()
}

/// The message of an event, encrypted or not; none of a callback.
fn arrived(server: &Server, event: &Event, written: Written, sealed: bool) -> Option<Message> {
    if event.kind == EventKind::Callback {
        return None;
    }
    let body = document(&message(event, event.example.clone(), true), written);
    let message = match sealed {
        true => server.open_sealed(body.as_bytes(), written),
        false => server.open(body),
    };
    Some(message.expect("the example"))
}

fn body(answer: &Answer, written: Written, sealed: bool) -> Value {
    match sealed {
        true => parsed(&opened(&answer.body, written), written),
        false => parsed(&answer.body, written),
    }
}

/// All ways in which the event may come.
fn ways(event: &Event) -> Vec<(Written, bool)> {
    match event.kind {
        EventKind::Callback => vec![(Written::Json, false)],
        _ => BOTH.into_iter().flat_map(|written| [(written, false), (written, true)]).collect(),
    }
}

/// What a reply must say in which these fields are set, except for the time.
fn wanted(spec: &Spec, event: &Event, reply: &Reply, set: &Map<String, Value>) -> Map<String, Value> {
    let mut wanted = Map::new();
    let said = message(event, event.example.clone(), false);
    for field in &reply.fields {
        let filled = field.default_from.as_ref().filter(|from| *from != "now").and_then(|from| said.get(from).cloned());
        let value = field.field.fixed.clone().or_else(|| set.get(&field.field.wire).cloned());
        if let Some(value) = value.or_else(|| field.initial.clone()).or(filled) {
            wanted.insert(field.field.wire.clone(), value);
        }
    }
    wire_form::written(spec, &plain_fields(reply), &wanted)
}

/// In XML, an object of nothing is an empty text.
fn hollow(value: Value) -> Value {
    match value {
        Value::Object(fields) if fields.is_empty() => "".into(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, hollow(value))).collect(),
        other => other,
    }
}

fn compare(tally: &mut Tally, id: &str, what: &str, written: Written, wanted: &Map<String, Value>, got: &Value) {
    let (wanted, got) = (without_absent(Value::Object(wanted.clone())), without_absent(got.clone()));
    let differences = match written {
        Written::Json => diff(&wanted, &got),
        // There, numbers are texts, and a list of one is its element.
        Written::Xml => lenient_diff(&got, &hollow(wanted)),
    };
    for found in differences {
        tally.fail(id, &format!("{what}: {}", found.path), found.expected, found.got);
    }
}

#[test]
fn every_field_that_is_set_arrives() {
    let (spec, server, mut tally) = (Spec::get(), Server::new(), Tally::new("replies"));
    for (event, reply) in answered(spec) {
        let fields = plain_fields(reply);
        for flavor in [Flavor::Rich(0), Flavor::Rich(1), Flavor::Novel, Flavor::Zero] {
            let set = Maker::new(spec, flavor).object(&fields, &[], &[]);
            for (written, sealed) in ways(event) {
                tally.case(&event.id);
                let what = format!("{flavor:?}, {written:?}, sealed: {sealed}");
                let arrived = arrived(&server, event, written, sealed);
                match replies::answer(&reply.name, &set, arrived.as_ref()) {
                    Ok(answer) => {
                        tally.equal(&event.id, &what, 200, answer.status.as_u16());
                        let got = body(&answer, written, sealed);
                        compare(&mut tally, &event.id, &what, written, &wanted(spec, event, reply, &set), &got);
                    }
                    Err(error) => tally.fail(&event.id, &what, "an answer", error),
                }
            }
        }
    }
    tally.finish(ids(answered(spec).map(|(event, _)| event)));
}

#[test]
fn what_is_not_set_is_filled_in_or_missed() {
    let (spec, server, mut tally) = (Spec::get(), Server::new(), Tally::new("replies that were begun"));
    for (event, reply) in answered(spec) {
        let fields = plain_fields(reply);
        // What a new reply has counts as given.
        let initial: Map<String, Value> =
            reply.fields.iter().filter_map(|field| Some((field.field.wire.clone(), field.initial.clone()?))).collect();
        let needed: Vec<&Field> =
            fields.iter().filter(|field| field.required || is_required_by_others(field, &fields, &initial)).collect();
        let maker = Maker::new(spec, Flavor::Rich(0));
        let whole: Map<String, Value> = needed.iter().map(|field| (field.wire.clone(), maker.field(field))).collect();
        for (written, sealed) in ways(event) {
            tally.case(&event.id);
            let arrived = arrived(&server, event, written, sealed);
            let answer =
                replies::answer(&reply.name, &whole, arrived.as_ref()).map(|answer| body(&answer, written, sealed));
            match answer {
                Ok(mut got) => {
                    let now = reply.fields.iter().find(|field| field.default_from.as_deref() == Some("now"));
                    if let Some(now) = now {
                        let time = got.as_object_mut().unwrap().remove(&now.field.wire).unwrap_or_default();
                        let time = time.as_i64().or_else(|| time.as_str()?.parse().ok()).unwrap_or_default();
                        let age = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().abs_diff(time.unsigned_abs());
                        tally.equal(&event.id, "the time of the reply", true, age < 60);
                    }
                    compare(&mut tally, &event.id, "a short reply", written, &wanted(spec, event, reply, &whole), &got);
                }
                Err(error) => tally.fail(&event.id, "a short reply", "an answer", error),
            }
            for field in &needed {
                let mut less = whole.clone();
                less.remove(&field.wire);
                match replies::answer(&reply.name, &less, arrived.as_ref()) {
                    Err(error) => {
                        tally.equal(&event.id, &field.wire, ErrorKind::Reply, error.kind());
                        let text = error.to_string();
                        tally.equal(
                            &event.id,
                            &format!("{} is named by {text:?}", field.wire),
                            true,
                            text.contains(&field.wire),
                        );
                    }
                    Ok(_) => tally.fail(&event.id, &field.wire, "an error", "an answer"),
                }
            }
        }
    }
    tally.finish(ids(answered(spec).map(|(event, _)| event)));
}

#[test]
fn success_is_never_encrypted() {
    let (spec, server, mut tally) = (Spec::get(), Server::new(), Tally::new("success"));
    for event in crate::pushed(spec) {
        for (written, sealed) in ways(event) {
            tally.case(&event.id);
            let answer = arrived(&server, event, written, sealed).unwrap().success();
            tally.equal(
                &event.id,
                "success",
                (200, json!("success")),
                (answer.status.as_u16(), json!(str::from_utf8(&answer.body).unwrap())),
            );
        }
    }
    tally.finish(ids(crate::pushed(spec)));
}
