//! WeChat's own examples: pushes are read as they stand, and replies say what they say. What does not is explained at the
//! example itself, in `examples/events`, and so is what had to be mended to be JSON or XML at all.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use contract_tests::compare::{lenient_diff, without_absent};
use contract_tests::kinds::{kind, which};
use contract_tests::push::{BOTH, Server, Written, document, fields, opened, parsed, sign_callback};
use contract_tests::replies;
use contract_tests::spec::{Event, EventKind, Field, Spec};
use contract_tests::tally::Tally;
use contract_tests::wire_form;
use serde::Deserialize;
use serde_json::{Map, Value};
use weapp::push::ErrorKind;

use crate::message;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    side: Side,
    format: Format,
    text: String,
    /// What is not as on the page.
    mended: Option<String>,
    /// Why it cannot be read: it is encrypted.
    sealed: Option<String>,
    /// What the SDK makes something else of, by place, and why.
    #[serde(default)]
    differs: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Side {
    Push,
    Reply,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Json,
    Xml,
}

impl Example {
    fn written(&self) -> Written {
        match self.format {
            Format::Json => Written::Json,
            Format::Xml => Written::Xml,
        }
    }

    fn fields(&self) -> Map<String, Value> {
        fields(parsed(self.text.as_bytes(), self.written()))
    }
}

/// All examples of one side, each with its event and a name for it.
fn examples(spec: &Spec, side: Side) -> Vec<(&Event, String, Example)> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/events"));
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let all: BTreeMap<String, Vec<Example>> =
            serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for (id, all) in all {
            for (index, example) in all.into_iter().enumerate().filter(|(_, example)| example.side == side) {
                for why in [&example.mended, &example.sealed].into_iter().flatten().chain(example.differs.values()) {
                    assert!(!why.trim().is_empty(), "{id}.{}: something has no reason", index + 1);
                }
                out.push((spec.event(&id), format!("{id}.{}", index + 1), example));
            }
        }
    }
    out
}

/// An example of a push without the wrapper.
fn flat(event: &Event, mut fields: Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::Object(own)) = event.wrapper.as_ref().and_then(|wrapper| fields.remove(wrapper)) {
        fields.extend(own);
    }
    fields
}

/// Tells what is not as the example has it, unless that is explained; and explanations that nothing needs.
fn compare(
    tally: &mut Tally,
    spec: &Spec,
    known: &[Field],
    (name, example): (&str, &Example),
    wanted: &Map<String, Value>,
    got: &Map<String, Value>,
) {
    let plain = |fields| without_absent(Value::Object(wire_form::read(spec, known, fields)));
    let mut used = BTreeSet::new();
    let id = name.split('.').next().unwrap();
    for found in lenient_diff(&plain(wanted), &plain(got)) {
        match example.differs.contains_key(&found.path) {
            true => drop(used.insert(found.path)),
            false => tally.fail(id, &format!("{name}: {}", found.path), found.expected, found.got),
        }
    }
    for place in example.differs.keys().filter(|place| !used.contains(*place)) {
        tally.fail(id, &format!("{name}: {place}"), "an exception that is needed", "all is as in the example");
    }
}

/// Reads a message, as its type and as any.
fn read(
    tally: &mut Tally,
    server: &Server,
    event: &Event,
    place: &str,
    body: &str,
    (written, is_sealed): (Written, bool),
) -> weapp::push::Result<Map<String, Value>> {
    let message = match is_sealed {
        true => server.open_sealed(body.as_bytes(), written),
        false => server.open(body),
    }?;
    let decoded = (kind(&event.id).decode)(&message)?;
    tally.equal(&event.id, place, Some((&*event.id, decoded.clone())), which(&message.event()?));
    Ok(decoded)
}

#[test]
fn pushes_are_read_as_they_stand() {
    let (spec, server, mut tally) = (Spec::get(), Server::new(), Tally::new("official pushes"));
    let (mut sealed, mut done) = (0, BTreeSet::new());
    for (event, name, example) in examples(spec, Side::Push) {
        let fields = example.fields();
        tally.case(&event.id);
        done.insert(event.id.as_str());
        if example.sealed.is_some() {
            sealed += 1;
            let refused = server.open(example.text.clone()).map(|_| ()).map_err(|error| error.kind());
            tally.equal(&event.id, &name, Err(ErrorKind::Config), refused);
            let refused = server
                .open_sealed(example.text.as_bytes(), Written::Json)
                .and_then(|message| message.event().map(|event| which(&event)));
            tally.equal(&event.id, &name, true, matches!(refused, Ok(None)));
            continue;
        }
        if event.kind == EventKind::Callback {
            let mut signed = fields.clone();
            sign_callback(&mut signed);
            let body = Value::Object(signed.clone()).to_string().into_bytes();
            match (kind(&event.id).callback)(&server.plain, body) {
                Ok(got) => compare(&mut tally, spec, &event.fields, (&name, &example), &signed, &got),
                Err(error) => tally.fail(&event.id, &name, "success", error),
            }
            continue;
        }
        let wanted = flat(event, fields.clone());
        // What stands in the example, and the same in the other format.
        let bodies = BOTH.map(|written| match (written, example.written()) {
            (Written::Json, Written::Json) | (Written::Xml, Written::Xml) => (written, example.text.clone()),
            _ => (written, document(&fields, written)),
        });
        for (written, body) in bodies {
            for is_sealed in [false, true] {
                let place = format!("{name}, {written:?}, sealed: {is_sealed}");
                let mut got = read(&mut tally, &server, event, &place, &body, (written, is_sealed));
                if got.as_ref().is_err_and(|error| error.path().is_some_and(|path| example.differs.contains_key(path)))
                {
                    // Without what is explained, the rest is read all the same.
                    let mut rest = wanted.clone();
                    rest.retain(|name, _| !example.differs.contains_key(name));
                    got = read(&mut tally, &server, event, &place, &document(&rest, written), (written, is_sealed));
                }
                match got {
                    Ok(got) => compare(&mut tally, spec, &event.fields, (&name, &example), &wanted, &got),
                    Err(error) => tally.fail(&event.id, &place, "an event", error),
                }
            }
        }
    }
    println!("encrypted with a key that nobody knows: {sealed}");
    assert!(tally.cases() >= 58, "examples are missing: {}", tally.cases());
    tally.finish(done);
}

#[test]
fn replies_say_what_the_examples_say() {
    let (spec, server, mut tally) = (Spec::get(), Server::new(), Tally::new("official replies"));
    let mut done = BTreeSet::new();
    for (event, name, example) in examples(spec, Side::Reply) {
        tally.case(&event.id);
        done.insert(event.id.as_str());
        let Some(reply) = &event.reply else {
            tally.fail(&event.id, &name, "a reply in the spec", "none");
            continue;
        };
        let known: Vec<Field> = reply.fields.iter().map(|field| field.field.clone()).collect();
        let wanted = example.fields();
        let given = typed(spec, &known, &wanted);
        let written = example.written();
        let message = (event.kind != EventKind::Callback)
            .then(|| document(&message(event, event.example.clone(), true), written))
            .map(|body| server.open_sealed(body.as_bytes(), written).unwrap());
        match replies::answer(&reply.name, &given, message.as_ref()) {
            Ok(answer) => {
                let got = match &message {
                    Some(_) => fields(parsed(&opened(&answer.body, written), written)),
                    None => fields(parsed(&answer.body, written)),
                };
                compare(&mut tally, spec, &known, (&name, &example), &wanted, &got);
            }
            Err(error) => tally.fail(&event.id, &name, "an answer", error),
        }
    }
    assert!(tally.cases() >= 14, "examples are missing: {}", tally.cases());
    tally.finish(done);
}

/// A reply's example with values of the fields' types: in XML all are texts, and a list of one is its element.
fn typed(spec: &Spec, known: &[Field], object: &Map<String, Value>) -> Map<String, Value> {
    use contract_tests::spec::Ty;
    fn of_type(spec: &Spec, ty: &Ty, value: &Value) -> Value {
        match (ty, value) {
            (Ty::List(inner), Value::Array(list)) => list.iter().map(|value| of_type(spec, inner, value)).collect(),
            (Ty::List(inner), one) => Value::Array(vec![of_type(spec, inner, one)]),
            (Ty::Named(_), Value::Object(fields)) => {
                Value::Object(typed(spec, spec.fields(ty).expect("a struct"), fields))
            }
            (Ty::I64 | Ty::U64 | Ty::U32 | Ty::U8 | Ty::Time { .. }, Value::String(text)) => {
                text.parse::<i64>().expect("a number").into()
            }
            (_, value) => value.clone(),
        }
    }
    let known = |name: &str| known.iter().find(|field| field.wire == name);
    let each = object.iter().filter_map(|(name, value)| Some((name.clone(), of_type(spec, &known(name)?.ty, value))));
    each.collect()
}
