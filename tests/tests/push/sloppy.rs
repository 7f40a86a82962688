//! Events written in the sloppy ways that the SDK documents to understand, and ones that it must refuse.

use contract_tests::compare::{diff, without_absent};
use contract_tests::kinds::kind;
use contract_tests::lenient::{Becomes, unusual};
use contract_tests::make::{Flavor, Maker};
use contract_tests::push::{BOTH, Server, Written, document};
use contract_tests::spec::{EventKind, Spec};
use contract_tests::tally::Tally;
use contract_tests::wire_form;
use serde_json::{Map, Value, json};
use weapp::push::ErrorKind;

use crate::{head, ids, message, pushed};

/// What is looked at before anybody knows which event it is: nonsense in these may be refused at once.
const EARLY: [&str; 3] = ["MsgId", "Event", "action"];

#[test]
fn sloppy_events_are_understood_and_wrong_ones_refused() {
    let (spec, server, mut tally) = (Spec::get(), Server::new(), Tally::new("sloppy events"));
    for event in pushed(spec) {
        let whole = |own: Map<String, Value>| Value::Object(message(event, own, event.wrapper.is_some()));
        for unusual in unusual(spec, &event.fields, &whole) {
            tally.case(&event.id);
            let opened = server.open(unusual.body);
            let got = opened.and_then(|message| (kind(&event.id).decode)(&message));
            match (unusual.becomes, got) {
                (Becomes::Fields(Value::Object(own)), Ok(got)) => {
                    let wanted = Value::Object(message(event, own, false));
                    for found in diff(&without_absent(wanted), &without_absent(Value::Object(got))) {
                        tally.fail(&event.id, &format!("{}: {}", unusual.what, found.path), found.expected, found.got);
                    }
                }
                (Becomes::Missing(place), Err(error)) => {
                    let got = (error.kind(), error.path());
                    tally.equal(&event.id, &unusual.what, (ErrorKind::Decode, Some(&*place)), got);
                }
                (Becomes::Misfit(place), Err(error)) => {
                    let may = match EARLY.contains(&&*place) {
                        true => &[ErrorKind::Malformed, ErrorKind::Decode][..],
                        false => &[ErrorKind::Decode],
                    };
                    let path = error.path().unwrap_or_default();
                    if !may.contains(&error.kind()) || !path.starts_with(&place) {
                        tally.fail(&event.id, &unusual.what, (may, place), error);
                    }
                }
                (becomes, got) => tally.fail(&event.id, &unusual.what, becomes, got),
            }
        }
        for name in ["ToUserName", "FromUserName", "CreateTime"] {
            tally.case(&event.id);
            let own = Maker { answer: true, ..Maker::new(spec, Flavor::Rich(0)) }.object(&event.fields, &[], &[]);
            let mut whole = message(event, wire_form::written(spec, &event.fields, &own), true);
            whole.remove(name);
            let got = (kind(&event.id).decode)(&server.open(document(&whole, Written::Json)).unwrap());
            let got = got.map_err(|error| (error.kind(), error.path().map(str::to_owned)));
            let always = event.fields.iter().find(|field| field.wire == name).is_none_or(|field| field.always);
            match (always, got) {
                (true, got) => {
                    tally.equal(&event.id, name, Err((ErrorKind::Decode, Some(name.to_owned()))), got);
                }
                (false, Ok(_)) => {}
                (false, got) => tally.fail(&event.id, name, "success", got),
            }
        }
    }
    tally.finish(ids(pushed(spec)));
}

#[test]
fn numbers_may_be_texts_and_texts_numbers() {
    let (spec, server, mut tally) = (Spec::get(), Server::new(), Tally::new("numbers as texts"));
    for event in pushed(spec) {
        let own = Maker { answer: true, ..Maker::new(spec, Flavor::Rich(0)) }.object(&event.fields, &[], &[]);
        let own = wire_form::written(spec, &event.fields, &own);
        let whole = message(event, own.clone(), false);
        for written in BOTH {
            tally.case(&event.id);
            let text = Value::Object(message(event, own.clone(), true));
            let Value::Object(text) = as_texts(&text) else { unreachable!("it was an object") };
            match server.open(document(&text, written)).and_then(|message| (kind(&event.id).decode)(&message)) {
                Ok(got) => {
                    for found in
                        diff(&without_absent(Value::Object(whole.clone())), &without_absent(Value::Object(got)))
                    {
                        tally.fail(&event.id, &format!("{written:?}: {}", found.path), found.expected, found.got);
                    }
                }
                Err(error) => tally.fail(&event.id, &format!("{written:?}"), "success", error),
            }
        }
        let mut head = head(event, 0);
        head.extend([("FromUserName".to_owned(), json!(123)), ("CreateTime".to_owned(), json!("1700000000"))]);
        head.extend(own);
        let got = server.open(Value::Object(head).to_string()).and_then(|message| (kind(&event.id).decode)(&message));
        let got = got.map(|got| (got["FromUserName"].clone(), got["CreateTime"].clone()));
        tally.equal(&event.id, "head", Some((json!("123"), json!(1_700_000_000))), got.ok());
    }
    tally.finish(ids(pushed(spec)));
}

fn as_texts(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), as_texts(value))).collect(),
        Value::Array(list) => list.iter().map(as_texts).collect(),
        Value::Number(number) => number.to_string().into(),
        Value::Bool(yes) => u8::from(*yes).to_string().into(),
        other => other.clone(),
    }
}

#[test]
fn callbacks_are_no_messages() {
    let (spec, server) = (Spec::get(), Server::new());
    for event in spec.events.iter().filter(|event| event.kind == EventKind::Callback) {
        let opened = server.open(Value::Object(event.example.clone()).to_string()).unwrap();
        assert!(!(kind(&event.id).is)(&opened), "{}", event.id);
    }
}
