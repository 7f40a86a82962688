//! The same API as plain structs with serde's derive: what the sdk is compared with.

use std::fmt::Write;

use weapp_codegen::model::{Api, Endpoint, Field, Home, Presence, Response, Ty, Type, TypeKind, TypeRef};

/// How the structs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Scalars have one form; requests are written and responses are read.
    Strict,
    /// Scalars come in every form, by a `deserialize_with` on each field; requests and responses are read and written.
    Lenient,
}

/// The files of a crate, by their path below `src`.
pub(super) fn files(api: &Api, style: Style) -> Vec<(String, String)> {
    let mut lib = String::from("#![allow(dead_code)]\npub mod types;\n");
    if style == Style::Lenient {
        lib.push_str("mod lenient;\n");
    }
    for group in &api.groups {
        let _ = writeln!(lib, "pub mod {};", group.name);
    }
    lib.push_str(ENTRIES);
    lib.push_str(match style {
        Style::Strict => STRICT_ENTRY,
        Style::Lenient => LENIENT_ENTRY,
    });
    lib.push_str("pub static TABLE: &[Entry] = &[\n");
    for group in &api.groups {
        for endpoint in &group.endpoints {
            let (module, request) = (&group.name, &endpoint.request_name);
            let response = match &endpoint.response {
                Response::Fields(_) | Response::BytesOr(_) => format!("{module}::{}", endpoint.response_name),
                _ => "Nothing".to_owned(),
            };
            let _ = writeln!(lib, "    entry::<{module}::{request}, {response}>(),");
        }
    }
    lib.push_str("];\n");
    let mut files = vec![("lib.rs".to_owned(), lib), ("types.rs".to_owned(), types(&api.types, style))];
    if style == Style::Lenient {
        files.push(("lenient.rs".to_owned(), LENIENT.to_owned()));
    }
    for group in &api.groups {
        let mut text = types(&group.types, style);
        for endpoint in &group.endpoints {
            self::endpoint(endpoint, style, &mut text);
        }
        files.push((format!("{}.rs", group.name), text));
    }
    files
}

/// Without a use of each struct nothing of serde's would be compiled to machine code.
const ENTRIES: &str = "
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
#[derive(Serialize, Deserialize)]
pub struct Nothing {}
type Result<T> = std::result::Result<T, serde_json::Error>;
";

const STRICT_ENTRY: &str = "
pub struct Entry {
    write: fn(&dyn std::any::Any) -> Option<Result<Vec<u8>>>,
    read: fn(&[u8]) -> Result<Box<dyn std::any::Any>>,
}
const fn entry<T: Serialize + 'static, R: DeserializeOwned + 'static>() -> Entry {
    Entry {
        write: |any| any.downcast_ref::<T>().map(serde_json::to_vec),
        read: |body| Ok(Box::new(serde_json::from_slice::<R>(body)?)),
    }
}
";

const LENIENT_ENTRY: &str = "
pub struct Entry {
    write: fn(&[u8]) -> Result<Vec<u8>>,
    read: fn(&[u8]) -> Result<serde_json::Value>,
}
const fn entry<T: Serialize + DeserializeOwned, R: Serialize + DeserializeOwned>() -> Entry {
    Entry {
        write: |request| serde_json::to_vec(&serde_json::from_slice::<T>(request)?),
        read: |body| serde_json::to_value(serde_json::from_slice::<R>(body)?),
    }
}
";

const LENIENT: &str = include_str!("lenient.rs");

fn types(list: &[Type], style: Style) -> String {
    let mut out = String::from("use serde::{Deserialize, Serialize};\n");
    for ty in list {
        let name = &ty.name;
        match &ty.kind {
            TypeKind::Struct { fields, .. } => {
                structure(name, fields, !ty.in_request, (ty.in_request, ty.in_response), style, &mut out);
            }
            TypeKind::TextEnum(variants) => {
                let _ = writeln!(out, "#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]\npub enum {name} {{");
                for variant in variants {
                    let _ = writeln!(out, "    #[serde(rename = {:?})]\n    {},", variant.value, variant.name);
                }
                out.push_str("    #[serde(other)]\n    Unknown,\n}\n");
            }
            // serde's derive has no enum of numbers.
            TypeKind::IntEnum(_) => {
                let _ = writeln!(out, "pub type {name} = i64;");
            }
        }
    }
    out
}

fn endpoint(endpoint: &Endpoint, style: Style, out: &mut String) {
    structure(&endpoint.request_name, &endpoint.params, false, (true, false), style, out);
    if let Response::Fields(fields) | Response::BytesOr(fields) = &endpoint.response {
        structure(&endpoint.response_name, fields, true, (false, true), style, out);
    }
}

fn structure(
    name: &str,
    fields: &[Field],
    answered: bool,
    (written, read): (bool, bool),
    style: Style,
    out: &mut String,
) {
    let both = style == Style::Lenient;
    let derives = match (written || both, read || both) {
        (true, true) => ", Serialize, Deserialize",
        (true, false) => ", Serialize",
        _ => ", Deserialize",
    };
    let _ = writeln!(out, "#[derive(Clone, Debug, PartialEq{derives})]\npub struct {name} {{");
    for field in fields.iter().filter(|field| field.settable()) {
        let always = answered && field.presence == Presence::Always;
        let bare = rust(&field.ty);
        let mut words = Vec::new();
        if field.rust != field.wire {
            words.push(format!("rename = {:?}", field.wire));
        }
        if !always && (read || both) {
            words.push("default".to_owned());
        }
        if !always && (written || both) {
            words.push("skip_serializing_if = \"Option::is_none\"".to_owned());
        }
        if style == Style::Lenient && is_scalar(&field.ty) {
            let helper = if always { "always" } else { "option" };
            words.push(format!("deserialize_with = \"crate::lenient::{helper}\""));
        }
        if !words.is_empty() {
            let _ = writeln!(out, "    #[serde({})]", words.join(", "));
        }
        let ty = if always { bare } else { format!("Option<{bare}>") };
        let _ = writeln!(out, "    pub {}: {ty},", field.rust);
    }
    out.push_str("}\n");
}

fn is_scalar(ty: &Ty) -> bool {
    !matches!(ty, Ty::List(_) | Ty::Map(_) | Ty::Struct(_) | Ty::Enum(_) | Ty::Json | Ty::TemplateData)
}

fn rust(ty: &Ty) -> String {
    match ty {
        Ty::String | Ty::Secret | Ty::File | Ty::HostedFile => "String".into(),
        Ty::Bool => "bool".into(),
        Ty::I64 | Ty::Timestamp | Ty::TimestampMs => "i64".into(),
        Ty::U64 => "u64".into(),
        Ty::U32 => "u32".into(),
        Ty::U8 => "u8".into(),
        Ty::F64 => "f64".into(),
        Ty::Json | Ty::TemplateData => "serde_json::Value".into(),
        Ty::List(inner) => format!("Vec<{}>", rust(inner)),
        Ty::Map(inner) => format!("std::collections::BTreeMap<String, {}>", rust(inner)),
        Ty::Struct(TypeRef { name, home }) | Ty::Enum(TypeRef { name, home }) => match home {
            Home::Group(group) => format!("crate::{group}::{name}"),
            // No endpoint holds a type of events.
            Home::Shared | Home::Events(_) => format!("crate::types::{name}"),
        },
    }
}
