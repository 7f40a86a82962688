//! Types and values of fields.

use super::Scope;
use super::names::{Head, Names};
use crate::diagnostic::{Diagnostics, did_you_mean};
use crate::model::{Literal, Ty};
use crate::spec::record::Record;
use crate::spec::tree::{Kind, Node};

const BUILT_IN: [(&str, Ty); 14] = [
    ("string", Ty::String),
    ("bool", Ty::Bool),
    ("i64", Ty::I64),
    ("u64", Ty::U64),
    ("u32", Ty::U32),
    ("u8", Ty::U8),
    ("f64", Ty::F64),
    ("secret", Ty::Secret),
    ("timestamp", Ty::Timestamp),
    ("timestamp_ms", Ty::TimestampMs),
    ("json", Ty::Json),
    ("file", Ty::File),
    ("hosted_file", Ty::HostedFile),
    ("template_data", Ty::TemplateData),
];

/// The type of a field. `None`: it has none that is known, which has been told.
pub(crate) fn ty(field: &Record<'_>, scope: &Scope<'_>, out: &mut Diagnostics) -> Option<Ty> {
    let Some(node) = field.node("type") else {
        scope.names.miss();
        return None;
    };
    match parse(node, scope) {
        Ok(ty) => Some(ty),
        Err(unknown) => {
            scope.names.miss();
            // No name: the value is no type at all, which has been told.
            let named = !unknown.is_empty();
            // A name that types.yaml may define, were it not broken.
            let excused = !scope.names.shared_known && unknown.starts_with(|c: char| c.is_ascii_uppercase());
            if named && !excused {
                let known = BUILT_IN.iter().map(|(name, _)| *name).chain(scope.names.types_of(scope.home));
                let otherwise = "define it under `types`, or use a type of spec/README.md";
                let remedy = did_you_mean(&unknown, known, otherwise);
                out.add(field.file, field.line_of("type"), format!("the type `{unknown}` is unknown"), remedy);
            }
            None
        }
    }
}

fn parse(node: &Node, scope: &Scope<'_>) -> Result<Ty, String> {
    match &node.kind {
        Kind::List(list) if list.len() == 1 => Ok(Ty::List(Box::new(parse(&list[0], scope)?))),
        Kind::Text(text) => parse_text(text.trim(), scope),
        _ => Err(String::new()),
    }
}

fn parse_text(text: &str, scope: &Scope<'_>) -> Result<Ty, String> {
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return Ok(Ty::List(Box::new(parse_text(inner.trim(), scope)?)));
    }
    if let Some(inner) = text.strip_prefix("map<").and_then(|rest| rest.strip_suffix('>')) {
        return Ok(Ty::Map(Box::new(parse_text(inner.trim(), scope)?)));
    }
    let built_in = BUILT_IN.iter().find(|(name, _)| *name == text).map(|(_, ty)| ty.clone());
    built_in.or_else(|| scope.names.resolve(scope.home, text)).ok_or_else(|| text.to_owned())
}

/// The least and the greatest value of a whole number. Beyond `i64` no value of WeChat's is known.
pub(crate) fn bounds(ty: &Ty) -> Option<(i64, i64)> {
    Some(match ty {
        Ty::I64 => (i64::MIN, i64::MAX),
        Ty::U64 | Ty::Timestamp | Ty::TimestampMs => (0, i64::MAX),
        Ty::U32 => (0, u32::MAX.into()),
        Ty::U8 => (0, u8::MAX.into()),
        _ => return None,
    })
}

/// Reads a value of a type.
///
/// # Errors
///
/// What a value of the type is.
pub(crate) fn literal(node: &Node, ty: &Ty, names: &Names<'_>) -> Result<Literal, String> {
    let fits = match (ty, &node.kind) {
        (Ty::Bool, Kind::Bool(value)) => Some(Literal::Bool(*value)),
        (Ty::String | Ty::Secret | Ty::HostedFile, Kind::Text(text)) => Some(Literal::Text(text.clone())),
        (Ty::F64, Kind::Float(value)) => Some(Literal::Float(*value)),
        (Ty::F64, Kind::Int(value)) => Some(Literal::Float(*value as f64)),
        (Ty::Enum(reference), Kind::Text(text)) => match names.head(reference) {
            Some(Head::TextEnum(values)) if values.contains(&text.as_str()) => Some(Literal::Text(text.clone())),
            _ => None,
        },
        (Ty::Enum(reference), Kind::Int(_)) => match (names.head(reference), node.as_int()) {
            (Some(Head::IntEnum(values)), Some(value)) if values.contains(&value) => Some(Literal::Int(value)),
            _ => None,
        },
        (ty, Kind::Int(_)) => match (bounds(ty), node.as_int()) {
            (Some((least, most)), Some(value)) if (least..=most).contains(&value) => Some(Literal::Int(value)),
            _ => None,
        },
        _ => None,
    };
    fits.ok_or_else(|| describe(ty, names))
}

/// What a value of a type is, for messages.
fn describe(ty: &Ty, names: &Names<'_>) -> String {
    match ty {
        Ty::Bool => "`true` or `false`".into(),
        Ty::String | Ty::Secret | Ty::HostedFile => "a text".into(),
        Ty::F64 => "a number".into(),
        Ty::I64 => "a whole number".into(),
        Ty::U64 | Ty::Timestamp | Ty::TimestampMs => "a whole number from 0".into(),
        Ty::U32 => "a whole number from 0 to 4294967295".into(),
        Ty::U8 => "a whole number from 0 to 255".into(),
        Ty::Enum(reference) => match names.head(reference) {
            Some(Head::TextEnum(values)) => format!("one of {}", crate::diagnostic::quoted(values.iter().copied())),
            Some(Head::IntEnum(values)) => {
                let values: Vec<_> = values.iter().map(ToString::to_string).collect();
                format!("one of the numbers {}", values.join(", "))
            }
            _ => "a value of the enum".into(),
        },
        _ => format!("a value of `{ty}`, which none here can be"),
    }
}

/// Whether a type is or holds one that `wanted` accepts, not looking into structs.
pub(crate) fn holds(ty: &Ty, wanted: &dyn Fn(&Ty) -> bool) -> bool {
    match ty {
        Ty::List(inner) | Ty::Map(inner) => wanted(ty) || holds(inner, wanted),
        _ => wanted(ty),
    }
}
