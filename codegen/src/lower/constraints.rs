//! The constraints of a field: what they say, and whether the field's type can have them.

use super::Scope;
use super::ty::bounds;
use crate::diagnostic::{Diagnostics, did_you_mean};
use crate::model::{Constraint, Forbid, Keywords, Range, Ty};
use crate::spec::record::Record;

/// On which types a constraint may stand.
struct Rule {
    word: &'static str,
    on: &'static str,
    fits: fn(&Ty) -> bool,
}

const RULES: [Rule; 7] = [
    Rule { word: "length", on: "a string or secret", fits: |ty| matches!(ty, Ty::String | Ty::Secret) },
    Rule { word: "bytes", on: "a string, secret or file", fits: |ty| matches!(ty, Ty::String | Ty::Secret | Ty::File) },
    Rule { word: "range", on: "a number", fits: |ty| matches!(ty, Ty::I64 | Ty::U64 | Ty::U32 | Ty::U8 | Ty::F64) },
    Rule { word: "items", on: "a list", fits: |ty| matches!(ty, Ty::List(_)) },
    Rule { word: "charset", on: "a string", fits: |ty| matches!(ty, Ty::String) },
    Rule { word: "forbid", on: "a string", fits: |ty| matches!(ty, Ty::String) },
    Rule { word: "keywords", on: "`template_data`", fits: |ty| matches!(ty, Ty::TemplateData) },
];

/// All constraints but `required_if`, which needs the siblings. Without a type only what does not depend on one
/// is checked.
pub(crate) fn constraints(
    field: &Record<'_>,
    ty: Option<&Ty>,
    scope: &Scope<'_>,
    out: &mut Diagnostics,
) -> Vec<Constraint> {
    let mut list = Vec::new();
    for rule in RULES.iter().filter(|rule| field.has(rule.word)) {
        match ty {
            Some(ty) if !(rule.fits)(ty) => {
                let what = format!("`{}` constrains {}, and `{}` is `{ty}`", rule.word, rule.on, field.key);
                out.add(field.file, field.line_of(rule.word), what, format!("remove `{}`", rule.word));
            }
            _ => list.extend(constraint(rule.word, field, ty, scope, out)),
        }
    }
    list
}

fn constraint(
    word: &str,
    field: &Record<'_>,
    ty: Option<&Ty>,
    scope: &Scope<'_>,
    out: &mut Diagnostics,
) -> Option<Constraint> {
    match word {
        "length" => whole(field, word, (0, i64::MAX), out).map(unsigned).map(Constraint::Length),
        "bytes" => whole(field, word, (0, i64::MAX), out).map(unsigned).map(Constraint::Bytes),
        "items" => whole(field, word, (0, i64::MAX), out).map(unsigned).map(Constraint::Items),
        "range" => match ty? {
            Ty::F64 => ends(field, word).map(Constraint::FloatRange),
            ty => whole(field, word, bounds(ty)?, out).map(Constraint::IntRange),
        },
        "charset" => {
            let name = field.text(word)?;
            if scope.names.charset(name).is_none() {
                scope.names.miss();
                if scope.names.shared_known {
                    let known = scope.names.charsets.iter().map(|charset| charset.name.as_str());
                    let remedy = did_you_mean(name, known, "define it under `charsets` in spec/types.yaml");
                    out.add(field.file, field.line_of(word), format!("the character set `{name}` is unknown"), remedy);
                }
                return None;
            }
            Some(Constraint::Charset(name.to_owned()))
        }
        "forbid" => {
            let list = field.list(word).iter().filter_map(|node| match node.as_text()? {
                "leading_slash" => Some(Forbid::LeadingSlash),
                "query" => Some(Forbid::Query),
                "control" => Some(Forbid::Control),
                _ => None,
            });
            Some(Constraint::Forbid(list.collect()))
        }
        "keywords" => {
            field.text(word).filter(|style| *style == "subscribe").map(|_| Constraint::Keywords(Keywords::Subscribe))
        }
        _ => None,
    }
}

/// A range of whole numbers within what the field can hold.
fn whole(field: &Record<'_>, word: &str, (least, most): (i64, i64), out: &mut Diagnostics) -> Option<Range<i64>> {
    // What is no range at all has been told.
    let _: Range<f64> = ends(field, word)?;
    let range: Option<Range<i64>> = ends(field, word);
    let line = field.line_of(word);
    let Some(range) = range else {
        let what = format!("`{word}` is `{}`, which takes whole numbers only", field.text(word).unwrap_or_default());
        out.add(field.file, line, what, "write whole numbers");
        return None;
    };
    let reach = least..=most;
    if [range.from, range.to].into_iter().flatten().any(|end| !reach.contains(&end)) {
        let most = if most == i64::MAX { String::new() } else { most.to_string() };
        let what = format!("`{word}` goes beyond what `{}` can have", field.key);
        out.add(field.file, line, what, format!("stay within {least}..{most}"));
        return None;
    }
    Some(range)
}

/// Both ends of a range whose form has been checked. `None`: an end is no `T`.
fn ends<T: std::str::FromStr>(field: &Record<'_>, word: &str) -> Option<Range<T>> {
    let (from, to) = field.text(word)?.split_once("..")?;
    let end = |text: &str| {
        if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
    };
    Some(Range { from: end(from)?, to: end(to)? })
}

fn unsigned(range: Range<i64>) -> Range<u64> {
    Range { from: range.from.map(i64::unsigned_abs), to: range.to.map(i64::unsigned_abs) }
}
