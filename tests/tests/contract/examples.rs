//! WeChat's own examples: requests are sent as they stand, answers come out as they stand. What does not is explained one
//! by one in `examples/exceptions.yaml`.

use std::collections::BTreeSet;

use base64::Engine as _;
use contract_tests::answers::fields;
use contract_tests::cases::minimal;
use contract_tests::compare::{lenient_diff, read, without_absent};
use contract_tests::message::Message;
use contract_tests::official::{Example, Exceptions, Side, examples};
use contract_tests::server::Answer;
use contract_tests::spec::{Endpoint, Field, Place, Response, Sign, Spec, Ty};
use contract_tests::spots::{Step, holder};
use contract_tests::tally::Tally;
use contract_tests::wire_form;
use contract_tests::world::{MERCHANT, World};
use serde_json::{Map, Value, json};
use weapp::dynamic::Output;
use weapp::{Error, ErrorKind};

/// The members of an example that the spec does not know.
fn unknown(spec: &Spec, fields: &[Field], value: &Map<String, Value>, path: &[Step]) -> Vec<Vec<Step>> {
    let mut out = Vec::new();
    for (key, value) in value {
        let path = [path, &[Step::Key(key.clone())]].concat();
        match fields.iter().find(|field| field.wire == *key) {
            None => out.push(path),
            Some(field) => out.extend(unknown_in(spec, &field.ty, value, &path)),
        }
    }
    out
}

fn unknown_in(spec: &Spec, ty: &Ty, value: &Value, path: &[Step]) -> Vec<Vec<Step>> {
    match (ty, value) {
        (Ty::List(inner), Value::Array(list)) => {
            let each = list.iter().enumerate();
            each.flat_map(|(at, value)| unknown_in(spec, inner, value, &[path, &[Step::Index(at)]].concat())).collect()
        }
        (Ty::Map(inner), Value::Object(map)) => {
            let each = map.iter();
            each.flat_map(|(key, value)| unknown_in(spec, inner, value, &[path, &[Step::Key(key.clone())]].concat()))
                .collect()
        }
        (Ty::Named(_), Value::Object(map)) => match spec.fields(ty) {
            Some(fields) => unknown(spec, fields, map, path),
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// A place as the SDK names it, as steps. Keys of maps that hold dots are not told apart: no example has them.
fn steps(place: &str) -> Vec<Step> {
    let piece = |piece: &str| {
        let mut parts = piece.split('[');
        let key = Step::Key(parts.next().unwrap_or_default().to_owned());
        let index = |part: &str| Step::Index(part.trim_end_matches(']').parse().unwrap());
        std::iter::once(key).chain(parts.map(index)).collect::<Vec<_>>()
    };
    place.split('.').flat_map(piece).collect()
}

/// Takes what stands at a place away; `false` where nothing does.
fn take_away(root: &mut Map<String, Value>, path: &[Step]) -> bool {
    let whole = Value::Object(root.clone());
    let is_there = path.iter().try_fold(&whole, |at, step| match step {
        Step::Key(key) => at.get(key),
        Step::Index(index) => at.get(index),
    });
    match (is_there, path.last()) {
        (Some(_), Some(Step::Key(key))) => holder(root, path).remove(key).is_some(),
        // An element: the whole list.
        (Some(_), Some(Step::Index(_))) => take_away(root, &path[..path.len() - 1]),
        _ => false,
    }
}

/// An object without what a caller cannot set. Tells where that is fixed to something else: place, fixed, given.
fn settable(
    spec: &Spec,
    fields: &[Field],
    object: &Map<String, Value>,
    at: &str,
    other: &mut dyn FnMut(&str, &Value, &Value),
) -> Map<String, Value> {
    let mut out = Map::new();
    for (key, value) in object {
        let place = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
        match fields.iter().find(|field| field.wire == *key) {
            Some(Field { fixed: Some(fixed), .. }) => {
                if !lenient_diff(value, fixed).is_empty() {
                    other(&place, fixed, value);
                }
            }
            Some(field) if !field.settable() => {}
            Some(field) => drop(out.insert(key.clone(), settable_in(spec, &field.ty, value, &place, other))),
            None => drop(out.insert(key.clone(), value.clone())),
        }
    }
    out
}

fn settable_in(spec: &Spec, ty: &Ty, value: &Value, at: &str, other: &mut dyn FnMut(&str, &Value, &Value)) -> Value {
    match (ty, value) {
        (Ty::List(inner), Value::Array(list)) => {
            let each = list.iter().enumerate();
            each.map(|(index, value)| settable_in(spec, inner, value, &format!("{at}[{index}]"), other)).collect()
        }
        (Ty::Map(inner), Value::Object(map)) => {
            let one = |(key, value): (&String, &Value)| {
                (key.clone(), settable_in(spec, inner, value, &format!("{at}.{key}"), other))
            };
            map.iter().map(one).collect()
        }
        (Ty::Named(_), Value::Object(map)) => match spec.fields(ty) {
            Some(fields) => Value::Object(settable(spec, fields, map, at, other)),
            None => value.clone(),
        },
        _ => value.clone(),
    }
}

/// What of an example the caller gives; the rest the SDK adds by itself.
fn input(
    spec: &Spec,
    endpoint: &Endpoint,
    example: &Example,
    tally: &mut Tally,
    exceptions: &mut Exceptions,
) -> Map<String, Value> {
    let mut input = example.json.clone();
    for path in unknown(spec, &endpoint.params, &example.json, &[]) {
        let place = contract_tests::spots::name(&path);
        if place == "delivery_sign" && endpoint.sign.contains(&Sign::DeliverySign) {
            continue;
        }
        exceptions.found(tally, example, &place, "a field of the spec", "none");
        take_away(&mut input, &path);
    }
    let least = minimal(spec, endpoint);
    // The client makes them.
    for signature in ["pay_sig", "signature", "delivery_sign"] {
        input.remove(signature);
    }
    let mut input = settable(spec, &endpoint.params, &input, "", &mut |place, fixed, given| {
        exceptions.found(tally, example, place, &fixed.to_string(), &given.to_string());
    });
    for field in &endpoint.params {
        if field.ty == Ty::File {
            // What JSON cannot show.
            let file = base64::engine::general_purpose::STANDARD.encode("file");
            if field.required || input.contains_key(&field.wire) {
                input.insert(field.wire.clone(), file.into());
            }
        } else if endpoint.place(field) == Place::Sign
            && !input.contains_key(&field.wire)
            && let Some(key) = least.get(&field.wire)
        {
            input.insert(field.wire.clone(), key.clone());
        }
    }
    input
}

/// The parameters that arrived, as far as their text tells.
fn arrived(endpoint: &Endpoint, message: &Message) -> Map<String, Value> {
    let query = message.query_pairs().unwrap_or_default();
    let mut out: Map<String, Value> = query.into_iter().map(|(name, value)| (name, Value::String(value))).collect();
    let whole = endpoint.params.iter().find(|field| endpoint.place(field) == Place::WholeBody);
    match (read(&message.body), whole) {
        (Ok(body), Some(whole)) => drop(out.insert(whole.wire.clone(), body)),
        (Ok(Value::Object(body)), None) => out.extend(body),
        _ => {
            let parts = message.parts().unwrap_or_default();
            let text = |content: &[u8]| Value::String(String::from_utf8_lossy(content).into_owned());
            out.extend(parts.into_iter().map(|part| (part.name, text(&part.content))));
        }
    }
    out
}

#[tokio::test]
async fn official_requests_are_sent_as_they_stand() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("official requests"));
    let (examples, mut exceptions) = (examples(Side::Request), Exceptions::of(Side::Request));
    let unchecked = world.unchecked();
    for example in &examples {
        tally.case(&example.id);
        let Some(endpoint) = spec.endpoints.iter().find(|endpoint| endpoint.id == example.id) else {
            tally.fail(&example.id, &example.key, "an endpoint of the spec", "none");
            continue;
        };
        let mut input = input(spec, endpoint, example, &mut tally, &mut exceptions);
        world.prepare(spec, endpoint);
        let client = match endpoint.token.as_str() {
            "authorizer" => unchecked.with_token(MERCHANT.0, MERCHANT.1),
            _ => unchecked.clone(),
        };
        let (mut result, mut calls) = world.call(endpoint, &input).await;
        while let Err(error) = &result {
            match error.kind() {
                // Once it is known what is wrong the rest is held against the example all the same.
                ErrorKind::Invalid => {
                    for violation in error.violations() {
                        exceptions.found(&mut tally, example, &violation.field, "a valid field", &violation.problem);
                    }
                }
                ErrorKind::Config => {
                    let told = error.to_string();
                    let place = told.split('`').nth(1).unwrap_or_default();
                    exceptions.found(&mut tally, example, place, "a value of the field's type", &told);
                    if !take_away(&mut input, &steps(place)) {
                        break;
                    }
                }
                _ => {
                    tally.fail(&example.id, &example.key, "success", error);
                    break;
                }
            }
            (result, calls) = world.call_with(&client, endpoint, &input).await;
        }
        let [call] = &calls[..] else {
            tally.fail(&example.id, &example.key, "one request", (result, calls.len()));
            continue;
        };
        let is_compared = |field: &&Field| field.ty != Ty::File && endpoint.place(field) != Place::Sign;
        let names: BTreeSet<&str> =
            endpoint.params.iter().filter(is_compared).map(|field| field.wire.as_str()).collect();
        input.retain(|name, _| names.contains(name.as_str()));
        let mut sent = arrived(endpoint, call);
        sent.retain(|name, _| input.contains_key(name));
        // What a struct has fixed is sent, too.
        let sent = settable(spec, &endpoint.params, &sent, "", &mut |_, _, _| {});
        let [wanted, sent] = [input, sent].map(|of| Value::Object(wire_form::read(spec, &endpoint.params, &of)));
        for found in lenient_diff(&without_absent(wanted), &without_absent(sent)) {
            let said = |value: Option<Value>| value.map_or_else(|| "nothing".to_owned(), |value| value.to_string());
            exceptions.found(&mut tally, example, &found.path, &said(found.expected), &said(found.got));
        }
    }
    exceptions.finish(&mut tally);
    let ids: BTreeSet<&str> = examples.iter().map(|example| example.id.as_str()).collect();
    tally.finish(ids);
}

/// The code of an answer, which some examples write as text.
fn code_of(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

#[tokio::test]
async fn official_answers_come_out_as_they_stand() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("official answers"));
    let (examples, mut exceptions) = (examples(Side::Response), Exceptions::of(Side::Response));
    for example in &examples {
        let (id, key) = (&example.id, &example.key);
        tally.case(id);
        let Some(endpoint) = spec.endpoints.iter().find(|endpoint| endpoint.id == *id) else {
            tally.fail(id, key, "an endpoint of the spec", "none");
            continue;
        };
        let mut body = example.json.clone();
        let mut code = body.remove(&endpoint.envelope.code).as_ref().and_then(code_of);
        let mut message = body.remove(&endpoint.envelope.message);
        // A failure may come in the usual envelope, whatever the endpoint's own is.
        if let (None, Some(usual)) = (code, body.get("errcode").and_then(code_of)) {
            (code, message) = (Some(usual), body.remove("errmsg"));
        }
        world.prepare(spec, endpoint);
        let minimal = minimal(spec, endpoint);
        if let Some(code) = code.filter(|code| !endpoint.envelope.ok.contains(code)) {
            world.server.answer(Answer::json(&Value::Object(example.json.clone())));
            let result = world.call(endpoint, &minimal).await.0;
            let got = result.as_ref().err().map(|error| (error.kind(), error.code().map(weapp::ErrCode::get)));
            tally.equal(id, key, Some((ErrorKind::Api, Some(code))), got);
            let text = result.as_ref().err().and_then(Error::message);
            tally.equal(id, &format!("{key}: message"), message.as_ref().and_then(Value::as_str), text);
            if spec.meaning(endpoint, code).is_none() {
                exceptions.found(&mut tally, example, &endpoint.envelope.code, "a code of the spec", &code.to_string());
            }
            continue;
        }
        if !matches!(endpoint.response, Response::Json) {
            for path in unknown(spec, fields(endpoint), &body, &[]) {
                let place = contract_tests::spots::name(&path);
                exceptions.found(&mut tally, example, &place, "a field of the spec", "none");
                take_away(&mut body, &path);
            }
        }
        let result = loop {
            let mut answer = body.clone();
            answer.insert(endpoint.envelope.code.clone(), code.unwrap_or(endpoint.envelope.ok[0]).into());
            if let Some(message) = &message {
                answer.insert(endpoint.envelope.message.clone(), message.clone());
            }
            world.server.answer(Answer::json(&Value::Object(answer)));
            match world.call(endpoint, &minimal).await.0 {
                Err(error) if error.kind() == ErrorKind::Decode => {
                    let place = error.path().unwrap_or_default().to_owned();
                    exceptions.found(&mut tally, example, &place, "a value of the field's type", &error.to_string());
                    if !take_away(&mut body, &steps(&place)) {
                        break None;
                    }
                }
                result => break Some(result),
            }
        };
        match result {
            Some(Ok(Output::Json(got))) => {
                let mut got = got.as_object().cloned().unwrap_or_default();
                if matches!(endpoint.response, Response::Json) {
                    got.remove(&endpoint.envelope.code);
                    got.remove(&endpoint.envelope.message);
                }
                let [wanted, got] = [body, got].map(|of| Value::Object(wire_form::read(spec, fields(endpoint), &of)));
                for found in lenient_diff(&without_absent(wanted), &without_absent(got)) {
                    let said = |value: Option<Value>| value.unwrap_or(json!("nothing")).to_string();
                    exceptions.found(&mut tally, example, &found.path, &said(found.expected), &said(found.got));
                }
            }
            Some(other) => exceptions.found(&mut tally, example, "(all)", "JSON", &format!("{other:?}")),
            None => {}
        }
    }
    exceptions.finish(&mut tally);
    let ids: BTreeSet<&str> = examples.iter().map(|example| example.id.as_str()).collect();
    tally.finish(ids);
}

#[tokio::test]
async fn the_spec_s_own_examples_are_sent_as_they_stand() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("examples of the spec"));
    let with_example = || spec.endpoints.iter().filter(|endpoint| endpoint.example.is_some());
    for endpoint in with_example() {
        world.prepare(spec, endpoint);
        let mut input = endpoint.example.clone().unwrap();
        for path in unknown(spec, &endpoint.params, &input, &[]) {
            let place = contract_tests::spots::name(&path);
            tally.fail(&endpoint.id, &format!("example: {place}"), "a field of the spec", "none");
        }
        // A file is shown by its name; what travels is its content.
        for field in endpoint.params.iter().filter(|field| endpoint.place(field) == Place::Form && field.ty == Ty::File)
        {
            input.entry(&field.wire).and_modify(|value| *value = "iVBORw0KGgo=".into());
        }
        world.must_send(&mut tally, spec, endpoint, "example", &input).await;
    }
    tally.finish(with_example().map(|endpoint| endpoint.id.as_str()));
}
