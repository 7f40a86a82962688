//! Structs, enums and character sets.

use heck::ToUpperCamelCase;

use super::Scope;
use super::endpoints::sets;
use super::fields::{At, fields};
use crate::diagnostic::Diagnostics;
use crate::model::{Charset, Type, TypeKind, Variant};
use crate::naming;
use crate::spec::record::Record;
use crate::spec::tree::Entry;

/// A type, its directions not known yet.
pub(crate) fn type_(record: &Record<'_>, scope: &Scope<'_>, out: &mut Diagnostics) -> Type {
    if let Some(why) = naming::type_taken(record.key) {
        let what = format!("no type can be named `{}`: that is {why}", record.key);
        out.add(record.file, record.line, what, "rename the type");
    }
    match (record.has("fields"), record.has("values")) {
        (true, true) => {
            let what = format!("`{}` has both `fields` and `values`", record.key);
            out.add(record.file, record.line, what, "keep one of both, or make two types of it");
        }
        (false, true) if record.has("exclusive") || record.has("any_of") => {
            let what = format!("`{}` is an enum, which has no sets of fields", record.key);
            out.add(record.file, record.line, what, "remove `exclusive` and `any_of`");
        }
        (false, false) => {
            let what = format!("`{}` has neither `fields` nor `values`", record.key);
            out.add(record.file, record.line, what, "add `fields:` for a struct, `values:` for an enum");
        }
        _ => {}
    }
    Type {
        name: record.key.to_owned(),
        about: record.required("about"),
        in_request: false,
        in_response: false,
        kind: if record.has("values") {
            values(record, record.entries("values"), out)
        } else {
            let fields = fields(record, "fields", At::Type, scope, out);
            let exclusive = sets(record, "exclusive", &fields, out);
            let any_of = sets(record, "any_of", &fields, out);
            TypeKind::Struct { fields, exclusive, any_of }
        },
    }
}

/// An enum of values; `record` is the type that has them.
pub(super) fn values(record: &Record<'_>, entries: &[Entry], out: &mut Diagnostics) -> TypeKind {
    let numbers = entries.iter().filter(|entry| entry.number.is_some()).count();
    let all = numbers > 0 && numbers == entries.len();
    if numbers > 0 && !all {
        let what = format!("the values of `{}` are partly numbers, partly texts", record.key);
        out.add(record.file, record.line_of("values"), what, "quote the numbers: `\"1\":`");
    }
    // The catalogue is JSON, whose keys are all quoted.
    if !entries.is_empty() && numbers == 0 && entries.iter().all(|entry| entry.key.parse::<i64>().is_ok()) {
        let what = format!("the values of `{}` are texts of digits, which cannot be told from numbers", record.key);
        let remedy =
            "remove the quotes if WeChat takes numbers; else use `type: string` and list the values in `about`";
        out.add(record.file, record.line_of("values"), what, remedy);
    }
    let mut names: Vec<String> = Vec::new();
    for (i, entry) in entries.iter().enumerate() {
        // `1` and `0x1` are two keys and one number.
        if let Some(first) = entries[..i].iter().find(|first| entry.number.is_some() && first.number == entry.number) {
            let what = format!("the values `{}` and `{}` of `{}` are one number", first.key, entry.key, record.key);
            out.add(record.file, entry.line, what, "remove one of both");
        }
        names.push(variant_name(record, entry, all, &names, out));
    }
    let named = entries.iter().zip(names);
    if all {
        let variants = named.map(|(entry, name)| variant(entry.number.unwrap_or_default(), name, entry));
        TypeKind::IntEnum(variants.collect())
    } else {
        TypeKind::TextEnum(named.map(|(entry, name)| variant(entry.key.clone(), name, entry)).collect())
    }
}

fn variant<V>(value: V, name: String, entry: &Entry) -> Variant<V> {
    let map = entry.value.as_map();
    let about = entry.value.as_text().or_else(|| map?.get("about")?.as_text());
    Variant { value, name, about: about.unwrap_or_default().to_owned() }
}

fn variant_name(record: &Record<'_>, entry: &Entry, number: bool, others: &[String], out: &mut Diagnostics) -> String {
    let map = entry.value.as_map();
    let said = map.and_then(|map| map.get("name")).and_then(|node| node.as_text());
    let name = said.map_or_else(|| entry.key.to_upper_camel_case(), str::to_owned);
    let mut tell = |what: String, remedy: &str| out.add(record.file, entry.line, what, remedy);
    let value = &entry.key;
    if said.is_none() && number {
        tell(format!("the value {value} has no name"), "write `{ name: …, about: … }`");
    } else if said.is_none() && !naming::is_identifier(&name) {
        tell(format!("the value `{value}` gives no Rust name"), "write `{ name: …, about: … }`");
    } else if naming::is_keyword(&name) {
        tell(format!("no value can be named `{name}`: that is a keyword of Rust"), "choose another `name`");
    } else if name == naming::OPEN_VARIANT {
        let what = format!("the value `{value}` cannot be named `{name}`: that stands for values nobody knows yet");
        tell(what, "give it another `name`");
    } else if others.contains(&name) {
        let what = format!("two values of `{}` are named `{name}`", record.key);
        tell(what, "give one of both another `name`");
    }
    name
}

pub(crate) fn charset(record: &Record<'_>, out: &mut Diagnostics) -> Charset {
    let written = record.required("chars");
    let mut chars: Vec<char> = expand(&written).collect();
    if let Some(strange) = chars.iter().find(|c| !c.is_ascii()) {
        let what = format!("the character set `{}` holds `{strange}`, which is not ASCII", record.key);
        out.add(
            record.file,
            record.line_of("chars"),
            what,
            "remove it, or say in `about` of the fields what is allowed",
        );
    }
    chars.sort_unstable();
    chars.dedup();
    Charset {
        name: record.key.to_owned(),
        chars: chars.into_iter().collect(),
        about: record.required("about"),
        written,
    }
}

/// Only `0-9`, `A-Z` and `a-z` are ranges; `+-.` is three characters.
fn expand(written: &str) -> impl Iterator<Item = char> {
    let mut rest = written;
    std::iter::from_fn(move || {
        for range in ["0-9", "A-Z", "a-z"] {
            if let Some(after) = rest.strip_prefix(range) {
                rest = after;
                let ends: Vec<char> = range.chars().collect();
                return Some(ends[0]..=ends[2]);
            }
        }
        let first = rest.chars().next()?;
        rest = &rest[first.len_utf8()..];
        Some(first..=first)
    })
    .flatten()
}

#[cfg(test)]
mod tests {
    #[test]
    fn three_ranges_and_else_single_characters() {
        let all = |written| super::expand(written).collect::<String>();
        assert_eq!(all("0-9._~"), "0123456789._~");
        assert_eq!(all("+-.9-0"), "+-.9-0");
        assert_eq!(all("a-z").len(), 26);
    }
}
