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

/// The same, where a number equals the text of it: the leniency that is documented.
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
        (Some(expected), Some(got)) if expected == got || (lenient && text(expected) == text(got)) => {}
        (expected, got) => out.push(Difference {
            path: if path.is_empty() { "(all)".to_owned() } else { path.to_owned() },
            expected: expected.cloned(),
            got: got.cloned(),
        }),
    }
}

/// A scalar as text; numbers of the same value have the same text.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
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
        assert!(lenient_diff(&json!({"a": 1}), &json!({"a": "1"})).is_empty());
        assert!(read(br#"{"a":1,"a":2}"#).is_err());
        assert_eq!(without_absent(json!({"a": null, "b": [], "c": {"d": null}, "e": [1]})), json!({"c": {}, "e": [1]}));
    }
}
