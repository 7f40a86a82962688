//! Fields and types as schemas.

use serde_json::{Map, Value, json};

use super::names::{TEMPLATE_DATA, path};
use super::pattern::pattern;
use super::{Scope, prose, set, unless_empty};
use crate::model::{
    Constraint, Field, Keywords, Literal, Presence, Range, Source, Ty, Type, TypeKind, Variant, WireForm,
};

/// The schema of a type's values.
pub(super) fn ty(scope: &Scope<'_>, of: &Ty) -> Value {
    match of {
        Ty::String => json!({ "type": "string" }),
        Ty::Bool => json!({ "type": "boolean" }),
        Ty::I64 => json!({ "type": "integer", "format": "int64" }),
        Ty::U64 => json!({ "type": "integer", "format": "uint64", "minimum": 0 }),
        Ty::U32 => json!({ "type": "integer", "format": "uint32", "minimum": 0, "maximum": u32::MAX }),
        Ty::U8 => json!({ "type": "integer", "format": "uint8", "minimum": 0, "maximum": u8::MAX }),
        Ty::F64 => json!({ "type": "number", "format": "double" }),
        Ty::Secret => json!({ "type": "string", "format": "password" }),
        Ty::Timestamp => json!({ "type": "integer", "format": "unix-time", "minimum": 0 }),
        Ty::TimestampMs => json!({ "type": "integer", "format": "unix-time-ms", "minimum": 0 }),
        // No `type`: any JSON.
        Ty::Json => json!({}),
        Ty::File => json!({ "type": "string", "format": "binary" }),
        Ty::HostedFile => json!({ "type": "string", "format": "uri" }),
        Ty::TemplateData => json!({ "$ref": path(TEMPLATE_DATA) }),
        Ty::List(inner) => json!({ "type": "array", "items": ty(scope, inner) }),
        Ty::Map(inner) => json!({ "type": "object", "additionalProperties": ty(scope, inner) }),
        Ty::Struct(reference) | Ty::Enum(reference) => json!({ "$ref": scope.names.reference(reference) }),
    }
}

/// The schema of [`Ty::TemplateData`].
pub(super) fn template_data() -> Value {
    json!({
        "type": "object",
        "description": "The values of a template, by keyword.",
        "additionalProperties": {
            "type": "object",
            "properties": { "value": { "type": "string" }, "color": { "type": "string" } },
            "required": ["value"],
        },
    })
}

/// The schema of a field, with all that is said of it.
pub(super) fn field(scope: &Scope<'_>, field: &Field, siblings: &[Field]) -> Value {
    let mut inner = ty(scope, &field.ty);
    for each in &field.constraints {
        constrain(&mut inner, each);
    }
    set(&mut inner, "pattern", pattern(scope.api, field));
    let mut schema = match field.wire_form {
        None => inner,
        Some(WireForm::Int) => json!({ "type": "integer", "enum": [0, 1] }),
        Some(WireForm::Json) => {
            json!({ "type": "string", "contentMediaType": "application/json", "contentSchema": inner })
        }
    };
    set(&mut schema, "description", description(field));
    match &field.presence {
        Presence::Fixed(value) => schema["const"] = literal(field, value),
        Presence::From(source) => schema["x-from"] = self::source(*source).into(),
        _ => {}
    }
    set(&mut schema, "default", field.default.as_ref().map(|value| literal(field, value)));
    set(&mut schema, "x-default-from", field.default_from.map(source));
    let other = field.yields_to.as_deref().map(|rust| wire(siblings, rust));
    set(&mut schema, "x-yields-to", other);
    let conditions = conditions(field, siblings);
    if !conditions.is_empty() {
        let conditions: Map<String, Value> =
            conditions.into_iter().map(|(sibling, values)| (sibling.wire.clone(), values.into())).collect();
        schema["x-required-if"] = conditions.into();
    }
    set(&mut schema, "deprecated", field.deprecated.is_some().then_some(true));
    schema
}

fn description(field: &Field) -> Option<String> {
    let deprecated = field.deprecated.as_ref().map(|why| format!("Deprecated: {}", prose(why)));
    let note = field.note.as_ref().map(|note| format!("Note: {}", prose(note)));
    let parts: Vec<_> = field.about.as_deref().map(prose).into_iter().chain(deprecated).chain(note).collect();
    unless_empty(parts).map(|parts| parts.join("\n\n"))
}

fn constrain(schema: &mut Value, constraint: &Constraint) {
    match constraint {
        Constraint::Length(range) => ends(schema, range, "minLength", "maxLength"),
        Constraint::Bytes(range) => {
            // JSON Schema counts characters. What has few enough bytes has few enough of these.
            if schema.get("maxLength").is_none() && schema["format"] != "binary" {
                set(schema, "maxLength", range.to);
            }
            let mut bytes = json!({});
            ends(&mut bytes, range, "from", "to");
            schema["x-bytes"] = bytes;
        }
        Constraint::IntRange(range) => ends(schema, range, "minimum", "maximum"),
        Constraint::FloatRange(range) => ends(schema, range, "minimum", "maximum"),
        Constraint::Items(range) => ends(schema, range, "minItems", "maxItems"),
        Constraint::Charset(name) => schema["x-charset"] = name.as_str().into(),
        Constraint::Keywords(Keywords::Subscribe) => schema["x-keywords"] = "subscribe".into(),
        // A pattern, and a rule of the object that holds the field.
        Constraint::Forbid(_) | Constraint::RequiredIf(_) => {}
    }
}

fn ends<T: Copy + Into<Value>>(schema: &mut Value, range: &Range<T>, from: &str, to: &str) {
    set(schema, from, range.from);
    set(schema, to, range.to);
}

/// The siblings that make a field required, each with the values of which one will do.
fn conditions<'f>(field: &Field, siblings: &'f [Field]) -> Vec<(&'f Field, Vec<Value>)> {
    let conditions = field.constraints.iter().find_map(|constraint| match constraint {
        Constraint::RequiredIf(conditions) => Some(conditions),
        _ => None,
    });
    let named = conditions.into_iter().flatten().filter_map(|(rust, values)| {
        let sibling = siblings.iter().find(|sibling| sibling.rust == *rust)?;
        Some((sibling, values.iter().map(|value| literal(sibling, value)).collect()))
    });
    named.collect()
}

/// The object of these fields, which all travel together. `all` are their siblings too, travelling elsewhere.
pub(super) fn object(scope: &Scope<'_>, fields: &[&Field], all: &[Field]) -> Value {
    let properties: Map<String, Value> =
        fields.iter().map(|each| (each.wire.clone(), field(scope, each, all))).collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    let required: Vec<_> = fields.iter().filter(|field| required(field)).map(|field| field.wire.as_str()).collect();
    set(&mut schema, "required", unless_empty(required));
    let here = |field: &Field| fields.iter().any(|each| each.wire == field.wire);
    let rules = fields.iter().filter_map(|field| {
        let conditions = conditions(field, all);
        if conditions.is_empty() || !conditions.iter().all(|(sibling, _)| here(sibling)) {
            return None;
        }
        let given: Map<String, Value> =
            conditions.iter().map(|(sibling, values)| (sibling.wire.clone(), json!({ "enum": values }))).collect();
        // An absent field counts as its default.
        let counts = |(sibling, values): &&(&Field, Vec<Value>)| {
            sibling.default.as_ref().is_some_and(|default| values.contains(&literal(sibling, default)))
        };
        let present: Vec<_> =
            conditions.iter().filter(|each| !counts(each)).map(|(sibling, _)| sibling.wire.as_str()).collect();
        let mut rule = json!({ "if": { "properties": given } });
        set(&mut rule["if"], "required", unless_empty(present));
        rule["then"] = json!({ "required": [field.wire] });
        Some(rule)
    });
    set(&mut schema, "allOf", unless_empty(rules.collect::<Vec<_>>()));
    schema
}

/// Whether a field is always there, whoever gives it.
pub(super) fn required(field: &Field) -> bool {
    field.presence != Presence::Optional
}

/// The schema of a type of the spec.
pub(super) fn named(scope: &Scope<'_>, of: &Type) -> Value {
    let mut schema = match &of.kind {
        TypeKind::Struct { fields, exclusive, any_of } => {
            let all: Vec<_> = fields.iter().collect();
            let mut schema = object(scope, &all, fields);
            choices(&mut schema, &all, exclusive, any_of);
            schema
        }
        TypeKind::TextEnum(variants) => enumeration("string", variants),
        TypeKind::IntEnum(variants) => enumeration("integer", variants),
    };
    schema["description"] = prose(&of.about).into();
    schema
}

/// The documented values, and any other: an enum of WeChat is never closed.
fn enumeration<V: Clone + Into<Value>>(of: &str, variants: &[Variant<V>]) -> Value {
    let values: Vec<Value> = variants.iter().map(|variant| variant.value.clone().into()).collect();
    let names: Vec<_> = variants.iter().map(|variant| variant.name.as_str()).collect();
    let abouts: Vec<_> = variants.iter().map(|variant| variant.about.as_str()).collect();
    json!({
        "type": of,
        "anyOf": [
            { "enum": values, "x-enum-varnames": names, "x-enum-descriptions": abouts },
            { "description": "A value that is not documented: the list is open." },
        ],
        "x-open-enum": true,
    })
}

/// A value of the spec as it is sent in this field.
pub(super) fn literal(field: &Field, value: &Literal) -> Value {
    match value {
        Literal::Bool(value) if field.wire_form == Some(WireForm::Int) => u8::from(*value).into(),
        Literal::Bool(value) => (*value).into(),
        Literal::Int(value) => (*value).into(),
        Literal::Float(value) => (*value).into(),
        Literal::Text(value) => value.as_str().into(),
    }
}

/// The wire name of a sibling.
pub(super) fn wire(siblings: &[Field], rust: &str) -> String {
    siblings.iter().find(|sibling| sibling.rust == rust).map_or_else(String::new, |sibling| sibling.wire.clone())
}

/// The spec's word.
fn source(source: Source) -> &'static str {
    match source {
        Source::Appid => "appid",
        Source::AppSecret => "app_secret",
        Source::OfficialAccountAppid => "official_account_appid",
        Source::VirtualPaymentKey => "virtual_payment_key",
        Source::B2bPaymentKey => "b2b_payment_key",
    }
}

/// Adds the sets of fields between which the caller chooses, where all of them are in this object.
pub(super) fn choices(schema: &mut Value, here: &[&Field], exclusive: &[Vec<String>], any_of: &[Vec<String>]) {
    let wires = |sets: &[Vec<String>]| -> Option<Vec<Vec<String>>> {
        let find = |rust: &String| here.iter().find(|field| field.rust == *rust).map(|field| field.wire.clone());
        let sets = sets.iter().map(|set| set.iter().map(find).collect()).collect::<Option<Vec<_>>>()?;
        unless_empty(sets)
    };
    let one_of = wires(exclusive).map(|sets| -> Vec<Value> {
        let each = sets.iter().map(|set| {
            let others: Vec<_> = sets
                .iter()
                .flatten()
                .filter(|name| !set.contains(name))
                .map(|name| json!({ "required": [name] }))
                .collect();
            let mut choice = json!({ "required": set });
            set_not(&mut choice, others);
            choice
        });
        each.collect()
    });
    set(schema, "oneOf", one_of);
    let any_of = wires(any_of).map(|sets| sets.iter().map(|set| json!({ "required": set })).collect::<Vec<_>>());
    set(schema, "anyOf", any_of);
}

/// A part of another set spoils the choice, too.
fn set_not(choice: &mut Value, mut others: Vec<Value>) {
    let refused =
        if others.len() == 1 { others.pop() } else { unless_empty(others).map(|all| json!({ "anyOf": all })) };
    set(choice, "not", refused);
}
