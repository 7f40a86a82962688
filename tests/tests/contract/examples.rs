//! WeChat's own examples: requests are sent as they stand, answers come out as they stand.

use std::collections::BTreeSet;
use std::path::Path;

use contract_tests::answers::fields;
use contract_tests::cases::minimal;
use contract_tests::compare::{diff, lenient_diff, read, without_absent};
use contract_tests::expect::{Caller, expected};
use contract_tests::server::Answer;
use contract_tests::spec::{Endpoint, Field, From, Place, Response, Spec, Ty};
use contract_tests::tally::Tally;
use contract_tests::world::World;
use serde_json::{Map, Value};
use weapp::dynamic::Output;
use weapp::{Error, ErrorKind};

/// Official samples of calls that fail, and how.
const FAILING: [(&str, &str, Fails); 3] = [
    ("createQRCode.request.2.json", "its `path` is empty, which WeChat answers with 40159", Fails::Refused("path")),
    ("getQRCode.request.2.json", "its `path` is empty, which WeChat answers with 40159", Fails::Refused("path")),
    (
        "getUnlimitedQRCode.request.2.json",
        "its `env_version` is none that WeChat knows; enums are open, so it is sent and answered with an error",
        Fails::Answered("getUnlimitedQRCode.response.json"),
    ),
];

#[derive(Clone, Copy)]
enum Fails {
    /// The SDK refuses it and names this field.
    Refused(&'static str),
    /// WeChat answers this example.
    Answered(&'static str),
}

/// A file of `examples/`.
struct Example {
    file: String,
    id: String,
    is_request: bool,
    json: Map<String, Value>,
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples"))
}

fn load(file: &str) -> Map<String, Value> {
    let text = std::fs::read(folder().join(file)).unwrap();
    match read(&text) {
        Ok(Value::Object(map)) => map,
        other => panic!("{file}: {other:?}"),
    }
}

fn examples() -> Vec<Example> {
    let mut files: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".json"))
        .collect();
    files.sort();
    let example = |file: String| {
        let mut pieces = file.split('.');
        let (id, kind) = (pieces.next().unwrap().to_owned(), pieces.next().unwrap());
        assert!(matches!(kind, "request" | "response"), "{file} is neither a request nor a response");
        Example { is_request: kind == "request", json: load(&file), id, file }
    };
    files.into_iter().map(example).collect()
}

/// The AppID and AppSecret of the examples.
const CALLER: (&str, &str) = ("APPID", "APPSECRET");

/// Calls as the app of the examples; answers what the server saw, with the expectation.
async fn call(
    world: &World,
    endpoint: &Endpoint,
    input: &Map<String, Value>,
) -> (weapp::Result<Output>, Vec<contract_tests::message::Message>) {
    let client = match endpoint.token.as_str() {
        "app_secret" => world.client(endpoint).credentials(CALLER.0, CALLER.1).unwrap(),
        _ => world.client(endpoint),
    };
    world.call_with(&client, endpoint, input).await
}

fn caller(world: &World, endpoint: &Endpoint) -> Caller {
    let mut caller = world.caller(endpoint);
    if endpoint.token == "app_secret" {
        (caller.appid, caller.secret) = (CALLER.0.to_owned(), CALLER.1.to_owned());
    }
    caller
}

/// What of an example the caller gives; the rest the SDK adds by itself.
fn settable(tally: &mut Tally, endpoint: &Endpoint, file: &str, example: &Map<String, Value>) -> Map<String, Value> {
    let mut input = example.clone();
    for field in endpoint.params.iter().filter(|field| !field.settable()) {
        let given = input.remove(&field.wire);
        let sent = match (&field.fixed, field.from) {
            (Some(fixed), _) => fixed.clone(),
            (None, Some(From::Appid)) => CALLER.0.into(),
            (None, _) => CALLER.1.into(),
        };
        if given.as_ref().is_some_and(|given| *given != sent) {
            tally.fail(&endpoint.id, &format!("{file}: {}", field.wire), sent, given);
        }
    }
    input
}

/// The members of an example that the spec does not know.
fn unknown(spec: &Spec, fields: &[Field], value: &Map<String, Value>, path: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (key, value) in value {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        match fields.iter().find(|field| field.wire == *key) {
            None => out.push(path),
            Some(field) => out.extend(unknown_in(spec, &field.ty, value, &path)),
        }
    }
    out
}

fn unknown_in(spec: &Spec, ty: &Ty, value: &Value, path: &str) -> Vec<String> {
    match (ty, value) {
        (Ty::List(inner), Value::Array(list)) => {
            let each = list.iter().enumerate();
            each.flat_map(|(index, value)| unknown_in(spec, inner, value, &format!("{path}[{index}]"))).collect()
        }
        (Ty::Map(inner), Value::Object(map)) => {
            map.iter().flat_map(|(key, value)| unknown_in(spec, inner, value, &format!("{path}.{key}"))).collect()
        }
        (Ty::Named(_), Value::Object(map)) => match spec.fields(ty) {
            Some(fields) => unknown(spec, fields, map, path),
            None => vec![path.to_owned()],
        },
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn official_requests_are_sent_as_they_stand() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("official requests"));
    let examples: Vec<_> = examples().into_iter().filter(|example| example.is_request).collect();
    let files: BTreeSet<&str> = examples.iter().map(|example| example.file.as_str()).collect();
    for (file, why, _) in FAILING {
        assert!(files.contains(file), "{file} is gone, of which the table says: {why}");
    }
    for example in &examples {
        let (endpoint, file) = (spec.endpoint(&example.id), &example.file);
        tally.case(&endpoint.id);
        world.prepare(spec, endpoint);
        for path in unknown(spec, &endpoint.params, &example.json, "") {
            tally.fail(&endpoint.id, &format!("{file}: {path}"), "a field of the spec", "none");
        }
        let input = settable(&mut tally, endpoint, file, &example.json);
        let fails = FAILING.iter().find(|(failing, ..)| failing == file).map(|(_, _, fails)| *fails);
        if let Some(Fails::Answered(response)) = fails {
            world.server.answer(Answer::json(&Value::Object(load(response))));
        }
        let (result, calls) = call(&world, endpoint, &input).await;
        match (fails, &result) {
            (None, Ok(_)) => {}
            (Some(Fails::Refused(field)), Err(error)) => {
                let named: Vec<_> = error.violations().iter().map(|violation| violation.field.as_str()).collect();
                tally.equal(&endpoint.id, file, (ErrorKind::Invalid, vec![field]), (error.kind(), named));
                tally.equal(&endpoint.id, &format!("{file}: requests"), 0, calls.len());
                continue;
            }
            (Some(Fails::Answered(response)), Err(error)) => {
                let code = load(response)[&endpoint.envelope.code].as_i64();
                let got = error.code().map(weapp::ErrCode::get);
                tally.equal(&endpoint.id, file, (ErrorKind::Api, code), (error.kind(), got));
            }
            (_, got) => tally.fail(&endpoint.id, file, "as the table says", got),
        }
        let [call] = &calls[..] else {
            tally.fail(&endpoint.id, file, "one request", calls.len());
            continue;
        };
        let expected = expected(spec, endpoint, &input, &caller(&world, endpoint));
        for (place, expected, got) in expected.differences(endpoint, call) {
            tally.fail(&endpoint.id, &format!("{file}: {place}"), expected, got);
        }
        // And against the example itself, without the spec in between.
        let sent = read(&call.body).unwrap_or_default();
        for (key, wanted) in &example.json {
            for found in diff(wanted, sent.get(key).unwrap_or(&Value::Null)) {
                tally.fail(&endpoint.id, &format!("{file}: {key} {}", found.path), found.expected, found.got);
            }
        }
    }
    let ids: BTreeSet<&str> = examples.iter().map(|example| example.id.as_str()).collect();
    tally.finish(ids);
}

#[tokio::test]
async fn official_answers_come_out_as_they_stand() {
    let (spec, world, mut tally) = (Spec::get(), World::new().await, Tally::new("official answers"));
    let examples: Vec<_> = examples().into_iter().filter(|example| !example.is_request).collect();
    for example in &examples {
        let (endpoint, file) = (spec.endpoint(&example.id), &example.file);
        tally.case(&endpoint.id);
        world.prepare(spec, endpoint);
        world.server.answer(Answer::json(&Value::Object(example.json.clone())));
        let result = call(&world, endpoint, &minimal(spec, endpoint)).await.0;
        let mut body = example.json.clone();
        let code = body.remove(&endpoint.envelope.code).map(|code| code.as_i64().unwrap());
        let message = body.remove(&endpoint.envelope.message);
        if let Some(code) = code.filter(|code| !endpoint.envelope.ok.contains(code)) {
            assert!(body.is_empty(), "{file}: more than an error");
            let got = result.as_ref().err().map(|error| (error.kind(), error.code().map(weapp::ErrCode::get)));
            tally.equal(&endpoint.id, file, Some((ErrorKind::Api, Some(code))), got);
            let text = result.as_ref().err().and_then(Error::message);
            tally.equal(&endpoint.id, &format!("{file}: message"), message.as_ref().and_then(Value::as_str), text);
            if !endpoint.errcodes.contains_key(&code) {
                tally.fail(&endpoint.id, file, format!("{code} among its errcodes"), "not there");
            }
            continue;
        }
        if !matches!(endpoint.response, Response::Json) {
            for path in unknown(spec, fields(endpoint), &body, "") {
                tally.fail(&endpoint.id, &format!("{file}: {path}"), "a field of the spec", "none");
            }
        }
        match result {
            Ok(Output::Json(got)) => {
                for found in lenient_diff(&without_absent(Value::Object(body)), &without_absent(got)) {
                    tally.fail(&endpoint.id, &format!("{file}: {}", found.path), found.expected, found.got);
                }
            }
            other => tally.fail(&endpoint.id, file, "JSON", other),
        }
    }
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
        for path in unknown(spec, &endpoint.params, &input, "") {
            tally.fail(&endpoint.id, &format!("example: {path}"), "a field of the spec", "none");
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
