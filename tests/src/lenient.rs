//! Answers written in the sloppy ways that the SDK documents to understand, and answers that it must not take.

use serde_json::{Map, Value, json};

use crate::answers::{enveloped, fields};
use crate::bounds::misfits_of;
use crate::make::{Flavor, Maker};
use crate::spec::{Endpoint, Field, Spec, Ty, TypeDef, WireForm};
use crate::spots::{at, spots};
use crate::wire_form;

/// What must become of an answer.
#[derive(Clone, Debug)]
pub enum Becomes {
    /// A success with these fields.
    Fields(Value),
    /// A decode error whose path names this place.
    Misfit(String),
    /// A decode error whose path is this place.
    Missing(String),
}

/// An answer and what must become of it.
#[derive(Debug)]
pub struct Answered {
    /// What is unusual.
    pub what: String,
    /// The body.
    pub body: Vec<u8>,
    /// What must become of it.
    pub becomes: Becomes,
}

const PLACEHOLDER: &str = "PLACEHOLDER";

/// All unusual answers of an endpoint whose response has fields.
pub fn answers(spec: &Spec, endpoint: &Endpoint) -> Vec<Answered> {
    unusual(spec, fields(endpoint), &|root| enveloped(endpoint, root))
}

/// All unusual ways in which these fields may come; `whole` puts an object of them into what is sent.
pub fn unusual(spec: &Spec, fields: &[Field], whole: &dyn Fn(Map<String, Value>) -> Value) -> Vec<Answered> {
    let body = |flavor| Maker { answer: true, ..Maker::new(spec, flavor) }.object(fields, &[], &[]);
    let answered = |what: &str, root: Map<String, Value>, becomes: Becomes| Answered {
        what: what.to_owned(),
        body: whole(root).to_string().into_bytes(),
        becomes,
    };
    let mut out = Vec::new();
    for (flavor, name) in [(Flavor::Rich(0), "rich"), (Flavor::Zero, "zero"), (Flavor::Novel, "unknown enum values")] {
        let root = body(flavor);
        out.push(answered(name, root.clone(), Becomes::Fields(Value::Object(root))));
    }
    let root = body(Flavor::Rich(0));
    let same = || Becomes::Fields(Value::Object(root.clone()));
    let spots = spots(spec, fields, &root);
    for (turn, spot) in spots.iter().enumerate() {
        let (name, field) = (spot.name(), spot.field);
        let mut add = |what: &str, root: Map<String, Value>, becomes: Becomes| {
            out.push(answered(&format!("{name}: {what}"), root, becomes));
        };
        for (index, (given, read)) in ways(spec, field, at(&mut root.clone(), &spot.path)).into_iter().enumerate() {
            // By turns: the ways belong to the type, of which other fields show the others.
            if field.wire_form.is_none() && !(turn + index).is_multiple_of(3) {
                continue;
            }
            let what = format!("written {given}");
            add(&what, spot.with(&root, given), Becomes::Fields(Value::Object(spot.with(&root, read))));
        }
        let gone = || match field.always {
            true => Becomes::Missing(name.clone()),
            false => Becomes::Fields(Value::Object(spot.without(&root))),
        };
        add("absent", spot.without(&root), gone());
        for nothing in nothings(field) {
            add(&format!("is {nothing}"), spot.with(&root, nothing), gone());
        }
        // Where anything may come, a text that is no JSON may come too. (A caller may not write it.)
        let misfits = if field.ty == Ty::Json { Vec::new() } else { misfits_of(spec, field) };
        for (what, value) in misfits {
            add(&what, spot.with(&root, value), Becomes::Misfit(name.clone()));
        }
        if spec.fields(&field.ty).is_some() {
            let mut more = root.clone();
            at(&mut more, &spot.path)["of_tomorrow"] = json!({ "a": [1, null] });
            add("an unknown member", more, same());
        }
    }
    let mut more = root.clone();
    more.insert("of_tomorrow".to_owned(), json!([{ "a": 1 }, "x"]));
    out.push(answered("an unknown member", more, same()));

    let plain = whole(root.clone()).to_string();
    out.push(Answered {
        what: "a BOM in front".to_owned(),
        body: [b"\xef\xbb\xbf", plain.as_bytes()].concat(),
        becomes: same(),
    });
    let spaced = format!("\r\n\t {plain}\n\n");
    out.push(Answered { what: "blanks around".to_owned(), body: spaced.into_bytes(), becomes: same() });
    if let Some(spot) = spots.iter().find(|spot| spot.field.is_text() && spot.field.wire_form.is_none()) {
        for (bytes, read) in
            [(&b"a\x01b\nc\td\\\"\\\\\\u0041"[..], "a\u{1}b\nc\td\"\\A"), (&b"a\xffb\xe6"[..], "a\u{fffd}b\u{fffd}")]
        {
            let text = whole(spot.with(&root, json!(PLACEHOLDER))).to_string();
            let (before, after) = text.split_once(PLACEHOLDER).expect("the placeholder stands there once");
            out.push(Answered {
                what: format!("{}: the raw bytes {:?}", spot.name(), String::from_utf8_lossy(bytes)),
                body: [before.as_bytes(), bytes, after.as_bytes()].concat(),
                becomes: Becomes::Fields(Value::Object(spot.with(&root, json!(read)))),
            });
        }
    }
    for answered in &mut out {
        // What comes out is written as the spec says, whichever way it came in.
        if let Becomes::Fields(Value::Object(read)) = &mut answered.becomes {
            *read = wire_form::written(spec, fields, read);
        }
    }
    out
}

/// Other ways to write a field's value, and what they are read as.
fn ways(spec: &Spec, field: &Field, value: &Value) -> Vec<(Value, Value)> {
    let mut ways = written(spec, &field.ty, value);
    if field.wire_form == Some(WireForm::Json) {
        // A text is JSON here.
        ways.retain(|(given, _)| !given.is_string());
        let inside = ways.clone().into_iter().map(|(given, read)| (json!(given.to_string()), read));
        ways.extend(inside.collect::<Vec<_>>());
        ways.push((json!(value.to_string()), value.clone()));
        ways.push((json!(format!("\n {value:#} ")), value.clone()));
    }
    ways
}

/// Other ways to write a value, and what they are read as.
fn written(spec: &Spec, ty: &Ty, value: &Value) -> Vec<(Value, Value)> {
    let whole = || {
        vec![(json!("77"), json!(77)), (json!(77.0), json!(77)), (json!("77.0"), json!(77)), (json!(" 77 "), json!(77))]
    };
    let as_text = || (json!(value.to_string()), value.clone());
    match ty {
        Ty::String | Ty::Secret => {
            let mut ways = vec![
                (json!(12_345), json!("12345")),
                (json!(u64::MAX), json!(u64::MAX.to_string())),
                (json!(-1.5), json!("-1.5")),
                (json!(true), json!("true")),
                (json!(""), json!("")),
            ];
            ways.push((json!("\u{0}汉"), json!("\u{0}汉")));
            ways
        }
        Ty::Bool => {
            [(json!(0), false), (json!(1), true), (json!("true"), true), (json!("false"), false), (json!("0"), false)]
                .map(|(given, read)| (given, json!(read)))
                .to_vec()
        }
        Ty::I64 | Ty::U64 | Ty::U32 | Ty::U8 | Ty::Time { .. } => [whole(), vec![as_text()]].concat(),
        Ty::F64 => vec![(json!("0.25"), json!(0.25)), (json!(3), json!(3.0)), (json!("3"), json!(3.0))],
        Ty::List(_) => match value.as_array().map(Vec::as_slice) {
            Some([first, ..]) if first.is_object() || first.is_string() || first.is_number() => {
                vec![(first.clone(), json!([first]))]
            }
            _ => Vec::new(),
        },
        Ty::Named(number) => match &spec.types[*number] {
            TypeDef::Struct(_) => Vec::new(),
            TypeDef::TextEnum(_) => vec![(json!(7), json!("7"))],
            TypeDef::IntEnum(_) => [whole(), vec![as_text()]].concat(),
        },
        Ty::Map(_) | Ty::Json | Ty::File | Ty::HostedFile | Ty::TemplateData => Vec::new(),
    }
}

/// What stands for "not there" in a field.
fn nothings(field: &Field) -> Vec<Value> {
    match field.ty {
        Ty::Json if field.wire_form.is_some() => vec![json!(""), json!(" \n")],
        Ty::Json => Vec::new(),
        Ty::String | Ty::Secret => vec![Value::Null],
        _ => vec![Value::Null, json!(""), json!([])],
    }
    .into_iter()
    // An empty list is a list, and always there.
    .filter(|value| !(field.always && matches!(field.ty, Ty::List(_)) && value.is_array()))
    .collect()
}
