//! Each event as the spec has it: in both formats, encrypted or not, its fields in their wrapper or not.

use contract_tests::compare::{diff, lenient_diff, without_absent};
use contract_tests::kinds::{kind, which};
use contract_tests::make::{Flavor, Maker};
use contract_tests::push::{BOTH, Server, Written, document, sign_callback};
use contract_tests::spec::{Event, EventKind, Field, Spec, Ty};
use contract_tests::tally::Tally;
use contract_tests::wire_form;
use serde_json::{Map, Value};
use weapp::push::{ErrorKind, Message, Result};

use crate::{head, ids, message, pushed, with_head};

/// Reads a message in each way that there is; all must tell the same.
fn read(tally: &mut Tally, event: &Event, what: &str, opened: Result<Message>) -> Option<Map<String, Value>> {
    let read = opened.and_then(|message| {
        let kind = kind(&event.id);
        let decoded = (kind.decode)(&message)?;
        tally.equal(&event.id, &format!("{what}: `is`"), true, (kind.is)(&message));
        let by_event = message.event()?;
        tally.equal(&event.id, &format!("{what}: `event`"), Some((&*event.id, decoded.clone())), which(&by_event));
        Ok(decoded)
    });
    match read {
        Ok(read) => Some(read),
        Err(error) => {
            tally.fail(&event.id, what, "an event", error);
            None
        }
    }
}

#[test]
fn every_event_is_read_in_every_way_that_it_comes() {
    let (spec, server, mut tally) = (Spec::get(), Server::new(), Tally::new("events"));
    for event in pushed(spec) {
        let flavors = [Flavor::Rich(0), Flavor::Rich(1), Flavor::Rich(2), Flavor::Zero, Flavor::Novel];
        for (turn, flavor) in flavors.into_iter().enumerate() {
            let own = Maker { answer: true, ..Maker::new(spec, flavor) }.object(&event.fields, &[], &[]);
            let own = wire_form::written(spec, &event.fields, &own);
            let whole = |wrapped| with_head(head(event, turn), event, own.clone(), wrapped);
            let wanted = without_absent(Value::Object(whole(false)));
            for (written, wrapped, sealed) in BOTH
                .into_iter()
                .flat_map(|written| [(written, false, true), (written, true, false), (written, false, false)])
            {
                // XML has no empty list, and no list where there must be one.
                let needs_list = |field: &Field| field.always && matches!(field.ty, Ty::List(_));
                if written == Written::Xml && flavor == Flavor::Zero && event.fields.iter().any(needs_list) {
                    continue;
                }
                let what = format!("{flavor:?}, {written:?}, wrapped: {wrapped}, sealed: {sealed}");
                tally.case(&event.id);
                let body = document(&whole(wrapped), written);
                let opened = match sealed {
                    true => server.open_sealed(body.as_bytes(), written),
                    false => server.open(body),
                };
                let Some(got) = read(&mut tally, event, &what, opened) else { continue };
                for found in diff(&wanted, &without_absent(Value::Object(got))) {
                    tally.fail(&event.id, &format!("{what}: {}", found.path), found.expected, found.got);
                }
            }
        }
    }
    tally.finish(ids(pushed(spec)));
}

#[test]
fn every_example_of_the_spec_is_read() {
    let (spec, server, mut tally) = (Spec::get(), Server::new(), Tally::new("the spec's own examples"));
    for event in pushed(spec) {
        for written in BOTH {
            tally.case(&event.id);
            // It may say by which of several names it comes.
            let whole = message(event, event.example.clone(), false);
            let opened = server.open(document(&whole, written));
            let Some(got) = read(&mut tally, event, "the example", opened) else { continue };
            let plain = |fields: &Map<String, Value>| {
                without_absent(Value::Object(wire_form::read(spec, &event.fields, fields)))
            };
            for found in lenient_diff(&plain(&whole), &plain(&got)) {
                tally.fail(&event.id, &found.path, found.expected, found.got);
            }
        }
    }
    tally.finish(ids(pushed(spec)));
}

#[test]
fn no_event_is_taken_for_another() {
    let (spec, server, mut tally) = (Spec::get(), Server::new(), Tally::new("events apart"));
    for event in pushed(spec) {
        let opened = server.open(document(&message(event, event.example.clone(), true), BOTH[0])).unwrap();
        for other in spec.events.iter().filter(|other| other.id != event.id) {
            tally.case(&event.id);
            tally.equal(&event.id, &other.id, false, (kind(&other.id).is)(&opened));
            let got = (kind(&other.id).decode)(&opened).map_err(|error| error.kind());
            tally.equal(&event.id, &other.id, Err(ErrorKind::OtherEvent), got);
        }
    }
    for unknown in [("event", "event_of_tomorrow"), ("event", ""), ("video", "wxa_media_check"), ("text ", "")] {
        let body = format!(
            r#"{{"ToUserName":"a","FromUserName":"b","CreateTime":1,"MsgType":"{}","Event":"{}","new":[1]}}"#,
            unknown.0, unknown.1
        );
        let opened = server.open(body).unwrap();
        assert!(which(&opened.event().unwrap()).is_none(), "{unknown:?}");
        assert_eq!(opened.json().unwrap()["new"][0], 1, "{unknown:?}: what came stays within reach");
    }
    tally.finish(ids(pushed(spec)));
}

#[test]
fn callbacks_are_read_by_their_signature() {
    let (spec, server, mut tally) = (Spec::get(), Server::new(), Tally::new("callbacks"));
    let callbacks = || spec.events.iter().filter(|event| event.kind == EventKind::Callback);
    for event in callbacks() {
        let callback = kind(&event.id).callback;
        let body = |fields: &Map<String, Value>| Value::Object(fields.clone()).to_string().into_bytes();
        for own in [Flavor::Rich(0), Flavor::Rich(1), Flavor::Novel]
            .map(|flavor| Maker { answer: true, ..Maker::new(spec, flavor) }.object(&event.fields, &[], &[]))
            .into_iter()
            .chain([event.example.clone()])
        {
            let mut own = wire_form::written(spec, &event.fields, &own);
            sign_callback(&mut own);
            for receiver in [&server.plain, &server.secure] {
                tally.case(&event.id);
                match callback(receiver, body(&own)) {
                    Ok(got) => {
                        for found in diff(&Value::Object(own.clone()), &Value::Object(got)) {
                            tally.fail(&event.id, &found.path, found.expected, found.got);
                        }
                    }
                    Err(error) => tally.fail(&event.id, "callback", "success", error),
                }
            }
            for field in event.fields.iter().filter(|field| own.contains_key(&field.wire)) {
                tally.case(&event.id);
                let mut other = own.clone();
                other.insert(field.wire.clone(), Value::from("another"));
                let got = callback(&server.plain, body(&other)).map_err(|error| error.kind());
                tally.equal(&event.id, &field.wire, Err(ErrorKind::Signature), got);
                if field.wire == "sign" {
                    continue;
                }
                let mut less = own.clone();
                less.remove(&field.wire);
                sign_callback(&mut less);
                let got = callback(&server.plain, body(&less));
                let got = got.map(drop).map_err(|error| (error.kind(), error.path().map(str::to_owned)));
                let missing = field.always.then(|| (ErrorKind::Decode, Some(field.wire.clone())));
                tally.equal(&event.id, &field.wire, missing.map_or(Ok(()), Err), got);
            }
        }
        let of_a_message = kind(ids(pushed(spec))[0]).callback;
        let got = of_a_message(&server.plain, b"{}".to_vec()).map_err(|error| error.kind());
        tally.equal(&event.id, "a push message", Err(ErrorKind::OtherEvent), got);
    }
    tally.finish(ids(callbacks()));
}
