//! Is what `emit::openapi` writes OpenAPI, by OpenAPI's own schema, and does it say what the spec says?
//!
//! `UPDATE_GOLDEN=1 cargo test -p weapp-codegen --test openapi` stores what is written now; read the difference
//! before you commit it.

#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

#[allow(dead_code, reason = "the tests of generated code use more of it")]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jsonschema::Validator;
use serde_json::{Value, json};
use support::{goldens, load, root};
use weapp_codegen::emit::openapi::{Format, document, text};

/// The spec itself and the golden ones.
fn documents() -> Vec<(PathBuf, Value)> {
    let specs = goldens().into_iter().map(|golden| golden.path.join("spec")).chain([root().join("spec")]);
    specs.map(|spec| (spec.clone(), document(&load(&spec), "1.2.3"))).collect()
}

/// OpenAPI's schema of documents. It leaves schemas alone, which have a schema of their own.
fn openapi() -> Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/openapi/schema-3.1.json");
    let schema = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn mistakes(validator: &Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// All schemas of a document that are not within another, by place.
fn schemas(document: &Value) -> Vec<(String, &Value)> {
    fn walk<'v>(value: &'v Value, place: &str, out: &mut Vec<(String, &'v Value)>) {
        match value {
            Value::Object(map) => {
                for (key, value) in map {
                    let place = format!("{place}/{}", key.replace('~', "~0").replace('/', "~1"));
                    if key == "schema" || place.starts_with("/components/schemas/") {
                        out.push((place, value));
                    } else if !key.starts_with("example") {
                        walk(value, &place, out);
                    }
                }
            }
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(index, value)| walk(value, &format!("{place}/{index}"), out));
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    walk(document, "", &mut out);
    out
}

#[test]
fn the_document_is_openapi() {
    let openapi = openapi();
    for (spec, document) in documents() {
        assert_eq!(mistakes(&openapi, &document), [""; 0], "{}", spec.display());
        let schemas = schemas(&document);
        assert!(schemas.len() > 5, "{}: {}", spec.display(), schemas.len());
        for (place, schema) in schemas {
            let valid = jsonschema::draft202012::meta::validate(schema);
            assert!(valid.is_ok(), "{}: {place}: {valid:?}", spec.display());
        }
    }
}

#[test]
fn the_check_sees_what_is_no_openapi() {
    let openapi = openapi();
    let (_, right) = documents().pop().unwrap();
    let path = right["paths"].as_object().unwrap().keys().next().unwrap().clone();
    for (what, place, value) in [
        ("a parameter nowhere", "/parameters", json!([{ "name": "a", "in": "somewhere", "schema": {} }])),
        ("an answer without a description", "/responses", json!({ "200": {} })),
        ("a word that is none", "/respones", json!({})),
    ] {
        let mut wrong = right.clone();
        let (_, operation) = wrong["paths"][&path].as_object_mut().unwrap().iter_mut().next().unwrap();
        operation[&place[1..]] = value;
        assert!(!mistakes(&openapi, &wrong).is_empty(), "{what}");
    }
    assert!(jsonschema::draft202012::meta::validate(&json!({ "type": "text" })).is_err());
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'v>(value: &'v Value, out: &mut Vec<&'v str>) {
        match value {
            Value::Object(map) => {
                out.extend(map.get("$ref").and_then(Value::as_str));
                map.values().for_each(|value| references(value, out));
            }
            Value::Array(list) => list.iter().for_each(|value| references(value, out)),
            _ => {}
        }
    }
    for (spec, document) in documents() {
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.len() > 5, "{}", spec.display());
        for reference in &found {
            let target = document.pointer(reference.trim_start_matches('#'));
            assert!(target.is_some_and(Value::is_object), "{}: {reference}", spec.display());
        }
        // Requests and answers may be unused where a whole operation is one of several.
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            let standing = ["Error", "Success", "TemplateData"].contains(&name.as_str());
            let used = found.iter().any(|reference| reference.rsplit('/').next() == Some(name));
            assert!(standing || used, "{}: nothing refers to {name}", spec.display());
        }
    }
}

/// All operations, those that share a URL each by itself.
fn operations(document: &Value) -> Vec<&Value> {
    let merged = document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    merged
        .flat_map(|operation| match operation.get("x-endpoints") {
            Some(each) => each.as_array().unwrap().iter().collect(),
            None => vec![operation],
        })
        .collect()
}

#[test]
fn no_endpoint_is_lost() {
    for spec in goldens().into_iter().map(|golden| golden.path.join("spec")).chain([root().join("spec")]) {
        let api = load(&spec);
        let wanted: BTreeSet<&str> =
            api.groups.iter().flat_map(|group| &group.endpoints).map(|each| each.id.as_str()).collect();
        let document = document(&api, "1.2.3");
        let operations = operations(&document);
        let there: BTreeSet<&str> = operations.iter().map(|each| each["operationId"].as_str().unwrap()).collect();
        assert_eq!((there, operations.len()), (wanted.clone(), wanted.len()), "{}", spec.display());
    }
}

/// The spec's examples were checked against the fields; so must the schemas take them, and not take just anything.
#[test]
fn no_event_is_lost() {
    for spec in goldens().into_iter().map(|golden| golden.path.join("spec")).chain([root().join("spec")]) {
        let api = load(&spec);
        let document = document(&api, "1.2.3");
        let mut wanted: Vec<_> = api.events.iter().flat_map(|group| &group.events).map(|event| &event.id).collect();
        let mut found: Vec<_> = document["webhooks"].as_object().into_iter().flatten().map(|(id, _)| id).collect();
        wanted.sort();
        found.sort();
        assert_eq!(found, wanted, "{}", spec.display());
    }
}

#[test]
fn examples_keep_the_schemas() {
    let (mut taken, mut refused) = (0, 0);
    for (spec, document) in documents() {
        for operation in operations(&document) {
            let bodies = operation["requestBody"]["content"].as_object().into_iter().flat_map(|media| media.values());
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            for part in bodies.chain(parameters) {
                let Some(example) = part.get("example") else { continue };
                let schema = json!({
                    "$schema": "https://json-schema.org/draft/2020-12/schema",
                    "allOf": [part["schema"]],
                    "components": reached(&document, &part["schema"]),
                });
                let validator = jsonschema::validator_for(&schema).unwrap();
                let place = format!("{}: {}", spec.display(), operation["operationId"]);
                assert_eq!(mistakes(&validator, example), [""; 0], "{place}");
                taken += 1;
                refused += usize::from(!validator.is_valid(&json!(["no", "such", { "value": 1 }])));
            }
        }
    }
    // Parameters that are any JSON, or lists of it, take this too.
    assert!(taken > 300 && refused * 10 > taken * 9, "{taken} {refused}");
}

/// The components that a schema reaches: compiling all of them each time would take minutes.
fn reached(document: &Value, schema: &Value) -> Value {
    let mut found = json!({ "schemas": {} });
    let mut open = vec![schema.to_string()];
    while let Some(text) = open.pop() {
        for rest in text.split("\"#/components/schemas/").skip(1) {
            let name = &rest[..rest.find('"').unwrap()];
            if found["schemas"].get(name).is_none() {
                let schema = &document["components"]["schemas"][name];
                found["schemas"][name] = schema.clone();
                open.push(schema.to_string());
            }
        }
    }
    found
}

#[test]
fn the_same_spec_always_gives_the_same_document_in_both_formats() {
    let spec = root().join("spec");
    let (first, second) = (load(&spec), load(&spec));
    for format in [Format::Json, Format::Yaml] {
        assert!(text(&first, "1.2.3", format) == text(&second, "1.2.3", format), "{format:?}");
    }
    let json: Value = serde_json::from_str(&text(&first, "1.2.3", Format::Json)).unwrap();
    let yaml: Value = serde_yaml::from_str(&text(&first, "1.2.3", Format::Yaml)).unwrap();
    assert!(json == yaml);
    let of = |name: &str| Format::of(Path::new(name));
    assert_eq!(
        [of("a.yaml"), of("b/a.YML"), of("a.json"), of("a")],
        [Format::Yaml, Format::Yaml, Format::Json, Format::Json]
    );
}

#[test]
fn documents_of_the_golden_specs_are_as_stored() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    for golden in goldens() {
        let file = golden.path.join("openapi.yaml");
        let written = text(&load(&golden.path.join("spec")), "1.2.3", Format::Yaml);
        if update {
            fs::write(&file, &written).unwrap();
        }
        let stored = fs::read_to_string(&file).unwrap_or_default();
        let line = written.lines().zip(stored.lines()).position(|(new, old)| new != old);
        assert!(
            written == stored,
            "tests/golden/{}/openapi.yaml differs from line {}; `UPDATE_GOLDEN=1` with this test stores what is written",
            golden.name,
            line.unwrap_or_else(|| written.lines().count().min(stored.lines().count())) + 1,
        );
    }
}
