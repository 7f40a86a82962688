//! A JSON Schema of the spec's files, for editors.
//!
//! It is made from the tables by which the reader refuses, so it cannot differ from them. It says less than the
//! checks: names that must exist elsewhere are beyond a schema.

use serde_json::{Map, Value, json};

use crate::spec::event_words::EVENT_GROUP;
use crate::spec::pattern::{Pattern, RANGE};
use crate::spec::words::{ERRCODES_FILE, GROUP, Shape, TYPES_FILE, UNCOVERED_FILE, Words};

/// The schema (2020-12) of all files of a spec, ending with a newline.
#[must_use]
pub fn schema() -> String {
    let mut defs = Map::new();
    let [group, events, errcodes, uncovered, types] =
        [&GROUP, &EVENT_GROUP, &ERRCODES_FILE, &UNCOVERED_FILE, &TYPES_FILE].map(|words| record(words, &mut defs));
    let files = [("events", events), ("group", group), ("errcodes", errcodes), ("uncovered", uncovered)];
    let which = files
        .into_iter()
        .rev()
        .fold(types, |other, (word, file)| json!({ "if": { "required": [word] }, "then": file, "else": other }));
    defs.insert(
        TYPE_NAME.into(),
        json!({ "anyOf": [
            { "type": "string", "pattern": "\\S" },
            { "type": "array", "items": reference(TYPE_NAME), "minItems": 1, "maxItems": 1 },
        ] }),
    );
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "weapp spec",
        "description": "A file of spec/. Written by `cargo xtask codegen`; spec/README.md describes the language.",
    });
    for part in ["if", "then", "else"] {
        schema[part] = which[part].clone();
    }
    schema["$defs"] = Value::Object(defs);
    format!("{schema:#}\n")
}

/// A type as a field names it.
const TYPE_NAME: &str = "field_type";

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// Defines the words of a place once; types hold fields, so places may be reached again from within.
fn record(words: &'static Words, defs: &mut Map<String, Value>) -> Value {
    if !defs.contains_key(words.name) {
        defs.insert(words.name.into(), Value::Null);
        let mut properties = Map::new();
        for word in words.iter() {
            let mut value = shape(&word.shape, defs);
            value["description"] = word.about.into();
            properties.insert(word.name.into(), value);
        }
        let required: Vec<_> = words.iter().filter(|word| word.required).map(|word| word.name).collect();
        let record = json!({
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        });
        defs.insert(words.name.into(), record);
    }
    reference(words.name)
}

fn shape(shape_: &'static Shape, defs: &mut Map<String, Value>) -> Value {
    match shape_ {
        Shape::Text => json!({ "type": "string", "pattern": "\\S" }),
        Shape::Form(form) => text(form),
        Shape::Choice(choices) => json!({ "enum": choices }),
        Shape::Yes => json!({ "const": true }),
        Shape::Int => json!({ "type": "integer" }),
        Shape::Count => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
        Shape::Scalar => json!({ "type": ["boolean", "number", "string"] }),
        Shape::Range => text(&RANGE),
        Shape::Type => reference(TYPE_NAME),
        Shape::Object => json!({ "type": "object" }),
        Shape::Nothing => json!({ "type": "null" }),
        Shape::List(element) => {
            json!({ "type": "array", "items": shape(element, defs), "minItems": 1 })
        }
        Shape::Map(form, value) => json!({
            "type": "object",
            "propertyNames": text(form),
            "additionalProperties": shape(value, defs),
            "minProperties": 1,
        }),
        Shape::Record(words) => record(words, defs),
        Shape::Either(shapes) => {
            let shapes: Vec<_> = shapes.iter().map(|one| shape(one, defs)).collect();
            json!({ "anyOf": shapes })
        }
    }
}

fn text(form: &Pattern) -> Value {
    if form.regex.is_empty() {
        return json!({ "type": "string" });
    }
    json!({ "type": "string", "pattern": form.regex })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_is_defined() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        let mut found = 0;
        fn walk(value: &Value, schema: &Value, found: &mut usize) {
            if let Some(Value::String(reference)) = value.get("$ref") {
                let target = schema.pointer(reference.trim_start_matches('#'));
                assert!(target.is_some_and(Value::is_object), "{reference}");
                *found += 1;
            }
            match value {
                Value::Object(map) => map.values().for_each(|value| walk(value, schema, found)),
                Value::Array(list) => list.iter().for_each(|value| walk(value, schema, found)),
                _ => {}
            }
        }
        walk(&schema, &schema, &mut found);
        assert!(found > 20, "{found}");
        assert_eq!(schema["$defs"]["endpoint"]["properties"]["name"]["pattern"], crate::spec::pattern::SNAKE.regex);
    }
}
