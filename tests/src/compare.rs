//! JSON compared field by field.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A difference.
#[derive(Debug)]
pub struct Difference {
    /// Where.
    pub path: String,
    /// What was expected; `None`: nothing.
    pub expected: Option<Value>,
    /// What came; `None`: nothing.
    pub got: Option<Value>,
}

/// All differences of two values, exactly.
pub fn diff(expected: &Value, got: &Value) -> Vec<Difference> {
    let mut out = Vec::new();
    walk("", Some(expected), Some(got), false, &mut out);
    out
}

/// The same, where values are equal that the documented leniency reads alike: a number and its text, a bool and 0 or 1,
/// an element and the list of it, an empty text and nothing.
pub fn lenient_diff(expected: &Value, got: &Value) -> Vec<Difference> {
    let mut out = Vec::new();
    walk("", Some(expected), Some(got), true, &mut out);
    out
}

fn walk(path: &str, expected: Option<&Value>, got: Option<&Value>, lenient: bool, out: &mut Vec<Difference>) {
    match (expected, got) {
        (Some(Value::Object(expected)), Some(Value::Object(got))) => {
            let keys = expected.keys().chain(got.keys().filter(|key| !expected.contains_key(*key)));
            for key in keys {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(&path, expected.get(key), got.get(key), lenient, out);
            }
        }
        (Some(Value::Array(expected)), Some(Value::Array(got))) => {
            for index in 0..expected.len().max(got.len()) {
                walk(&format!("{path}[{index}]"), expected.get(index), got.get(index), lenient, out);
            }
        }
        (Some(expected), Some(got)) if same(expected, got) || (lenient && alike(expected, got)) => {}
        (Some(Value::String(empty)), None) if lenient && empty.trim().is_empty() => {}
        (Some(expected), Some(Value::Array(got))) if lenient && got.len() == 1 => {
            walk(path, Some(expected), Some(&got[0]), lenient, out);
        }
        (expected, got) => out.push(Difference {
            path: if path.is_empty() { "(all)".to_owned() } else { path.to_owned() },
            expected: expected.cloned(),
            got: got.cloned(),
        }),
    }
}

fn same(expected: &Value, got: &Value) -> bool {
    match (expected, got) {
        (Value::String(expected), Value::String(got)) => same_text(expected, got),
        _ => expected == got,
    }
}

/// Whether two texts are equal, or hold the same JSON: nobody says in which order its members are written.
#[must_use]
pub fn same_text(expected: &str, got: &str) -> bool {
    let json = |text: &str| read(text.as_bytes()).ok().filter(|value| value.is_object() || value.is_array());
    expected == got || json(expected).is_some_and(|expected| json(got) == Some(expected))
}

fn alike(expected: &Value, got: &Value) -> bool {
    let bool_of = |value: &Value| match (value, text(value).as_deref()) {
        (Value::Bool(yes), _) => Some(*yes),
        (_, Some("1" | "true")) => Some(true),
        (_, Some("0" | "false")) => Some(false),
        _ => None,
    };
    let number = |value: &Value| text(value)?.parse::<f64>().ok();
    let is_bool = expected.is_boolean() || got.is_boolean();
    (is_bool && bool_of(expected).is_some() && bool_of(expected) == bool_of(got))
        || text(expected).is_some_and(|expected| text(got) == Some(expected))
        || number(expected).is_some_and(|expected| number(got) == Some(expected))
}

/// A scalar as text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Leaves out what counts as absent in an answer: null and empty lists.
#[must_use]
pub fn without_absent(value: Value) -> Value {
    let absent = |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().map(|(key, value)| (key, without_absent(value)));
            Value::Object(kept.filter(|(_, value)| !absent(value)).collect())
        }
        Value::Array(list) => Value::Array(list.into_iter().map(without_absent).collect()),
        // JSON in a text is an answer's field like any other.
        Value::String(text) => match read(text.as_bytes()) {
            Ok(inside @ (Value::Object(_) | Value::Array(_))) => Value::String(without_absent(inside).to_string()),
            _ => Value::String(text),
        },
        other => other,
    }
}

/// Reads JSON strictly: a key that stands twice in an object is an error, not the last one's victory.
///
/// # Errors
/// When it is no such JSON.
pub fn read(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice::<Strict>(body).map(|strict| strict.0).map_err(|error| error.to_string())
}

struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(Strict(value)) = list.next_element()? {
            out.push(value);
        }
        Ok(Value::Array(out))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some((key, Strict(value))) = map.next_entry::<String, Strict>()? {
            if out.contains_key(&key) {
                return Err(de::Error::custom(format!("the key {key:?} stands twice")));
            }
            out.insert(key, value);
        }
        Ok(Value::Object(out))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn differences_name_the_place() {
        let paths = |a: Value, b: Value| diff(&a, &b).into_iter().map(|found| found.path).collect::<Vec<_>>();
        assert_eq!(paths(json!({"a": [{"b": 1}]}), json!({"a": [{"b": 2, "c": 0}]})), ["a[0].b", "a[0].c"]);
        assert_eq!(paths(json!({"a": 1}), json!({"a": "1"})), ["a"]);
        for (a, b) in
            [(json!(1), json!("1")), (json!("1"), json!(true)), (json!(0), json!(false)), (json!(3), json!(3.0))]
        {
            assert!(lenient_diff(&json!({ "a": a }), &json!({ "a": b })).is_empty(), "{a} {b}");
        }
        assert!(lenient_diff(&json!({"a": "x", "b": ""}), &json!({"a": ["x"]})).is_empty());
        for (a, b) in
            [(json!(2), json!(true)), (json!("a"), json!(0)), (json!(true), json!(0)), (json!("a"), json!("b"))]
        {
            assert_eq!(lenient_diff(&json!({ "a": a }), &json!({ "a": b })).len(), 1, "{a} {b}");
        }
        assert!(read(br#"{"a":1,"a":2}"#).is_err());
        assert_eq!(without_absent(json!({"a": null, "b": [], "c": {"d": null}, "e": [1]})), json!({"c": {}, "e": [1]}));
        assert_eq!(without_absent(json!("{\"a\": [], \"b\": 1}")), json!("{\"b\":1}"));
    }
}
