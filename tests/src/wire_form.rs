//! Values that travel in another form than their type's: JSON text in a string, and bools as numbers.

use serde_json::{Map, Value, json};

use crate::spec::{Field, Spec, Ty, WireForm};

/// An object with each value as the spec has it written.
pub fn written(spec: &Spec, fields: &[Field], object: &Map<String, Value>) -> Map<String, Value> {
    let one = |(key, value): (&String, &Value)| {
        let value = match fields.iter().find(|field| field.wire == *key) {
            Some(field) => in_form(field, inside(spec, &field.ty, &plain(field, value), written)),
            None => value.clone(),
        };
        (key.clone(), value)
    };
    object.iter().map(one).collect()
}

/// The same object with each value as its type has it.
pub fn read(spec: &Spec, fields: &[Field], object: &Map<String, Value>) -> Map<String, Value> {
    let one = |(key, value): (&String, &Value)| {
        let value = match fields.iter().find(|field| field.wire == *key) {
            Some(field) => inside(spec, &field.ty, &plain(field, value), read),
            None => value.clone(),
        };
        (key.clone(), value)
    };
    object.iter().map(one).collect()
}

type OfObject = fn(&Spec, &[Field], &Map<String, Value>) -> Map<String, Value>;

fn inside(spec: &Spec, ty: &Ty, value: &Value, of: OfObject) -> Value {
    match (ty, value) {
        (Ty::List(inner), Value::Array(list)) => list.iter().map(|value| inside(spec, inner, value, of)).collect(),
        (Ty::Map(inner), Value::Object(map)) => {
            map.iter().map(|(key, value)| (key.clone(), inside(spec, inner, value, of))).collect()
        }
        (Ty::Named(_), Value::Object(map)) => match spec.fields(ty) {
            Some(fields) => Value::Object(of(spec, fields, map)),
            None => value.clone(),
        },
        _ => value.clone(),
    }
}

/// A field's value in the form in which it is written.
pub fn in_form(field: &Field, value: Value) -> Value {
    match (field.wire_form, &value) {
        (Some(WireForm::Json), _) => Value::String(value.to_string()),
        (Some(WireForm::Int), Value::Bool(yes)) => json!(u8::from(*yes)),
        _ => value,
    }
}

/// A field's value as its type has it, whichever form it came in.
pub fn plain(field: &Field, value: &Value) -> Value {
    match (field.wire_form, value) {
        (Some(WireForm::Json), Value::String(text)) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        (Some(WireForm::Int), Value::Number(number)) => Value::Bool(number.as_f64() == Some(1.0)),
        (Some(WireForm::Int), Value::String(text)) => Value::Bool(matches!(text.as_str(), "1" | "true")),
        _ => value.clone(),
    }
}

/// Whether any field that these reach is written in another form than its type's.
pub fn has_forms(spec: &Spec, fields: &[Field]) -> bool {
    fn reach(spec: &Spec, fields: &[Field], seen: &mut Vec<usize>) -> bool {
        fields.iter().any(|field| field.wire_form.is_some() || within(spec, &field.ty, seen))
    }
    fn within(spec: &Spec, ty: &Ty, seen: &mut Vec<usize>) -> bool {
        match ty {
            Ty::List(inner) | Ty::Map(inner) => within(spec, inner, seen),
            Ty::Named(number) if !seen.contains(number) => {
                seen.push(*number);
                spec.fields(ty).is_some_and(|fields| reach(spec, fields, seen))
            }
            _ => false,
        }
    }
    reach(spec, fields, &mut Vec::new())
}
