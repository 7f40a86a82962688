//! What the examples of a page tell of a field's type, where its table does not.

use serde_json::Value;

use crate::pages::{Kind, Page, PageField};

/// The examples that are JSON.
pub(super) struct Samples {
    requests: Vec<Value>,
    answers: Vec<Value>,
}

impl Samples {
    pub(super) fn of(page: &Page) -> Self {
        let of = |request: bool| {
            let examples = page.examples.iter().filter(|example| example.request == request);
            examples.filter_map(|example| serde_json::from_str(&example.text).ok()).filter(Value::is_object).collect()
        };
        Self { requests: of(true), answers: of(false) }
    }

    /// The first request.
    pub(super) fn request(&self) -> Option<&Value> {
        self.requests.first()
    }

    /// The value of a field in an example, by its path; of lists, in the first element.
    pub(super) fn find(&self, request: bool, path: &[&str]) -> Option<&Value> {
        let examples = if request { &self.requests } else { &self.answers };
        examples.iter().find_map(|example| path.iter().try_fold(example, |value, name| first(value).get(*name)))
    }
}

/// The first element of a list; else the value itself.
pub(super) fn first(value: &Value) -> &Value {
    match value {
        Value::Array(list) => list.first().map_or(value, first),
        other => other,
    }
}

/// Whether an example holds what the fields say: nothing else, and all that is required.
pub(super) fn fits(example: &Value, fields: &[&PageField]) -> bool {
    let Some(map) = example.as_object() else { return false };
    let known = map.iter().all(|(name, value)| {
        fields.iter().find(|field| field.name == *name).is_some_and(|field| fits_field(value, field))
    });
    let whole = fields.iter().all(|field| field.required != Some(true) || map.contains_key(&field.name));
    known && whole
}

fn fits_field(value: &Value, field: &PageField) -> bool {
    match value {
        Value::Array(list) if field.list => list.iter().all(|value| fits_one(value, field)),
        value => !field.list && fits_one(value, field),
    }
}

fn fits_one(value: &Value, field: &PageField) -> bool {
    match field.kind {
        Kind::String => {
            // An enum of the draft takes its values only.
            value.as_str().is_some_and(|text| {
                field.values.is_empty() || field.values.iter().any(|(value, _)| value.trim_matches('"') == text)
            })
        }
        Kind::Number => value.as_i64().is_some_and(|number| {
            field.values.is_empty() || field.values.iter().any(|(value, _)| value.parse() == Ok(number))
        }),
        Kind::Boolean => value.is_boolean(),
        Kind::Object if !field.fields.is_empty() => fits(value, &field.fields.iter().collect::<Vec<_>>()),
        Kind::Object => value.is_object(),
        // Its type was guessed, or it is a file.
        Kind::Unknown | Kind::Bytes => false,
    }
}
