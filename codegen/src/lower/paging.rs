//! How the next page is asked for.
//!
//! The ways through structs are resolved by `check`, since the structs are lowered one by one.

use super::Scope;
use super::endpoints::named;
use super::ty::literal;
use crate::diagnostic::Diagnostics;
use crate::model::{Field, Literal, Paging, Response, Turn, Ty};
use crate::spec::record::Record;

/// The words that each style needs beside `items`; no other style takes them.
const STYLES: [(&str, &[&str]); 3] = [("offset", &["start"]), ("page", &["page"]), ("cursor", &["cursor", "next"])];

pub(crate) fn paging(
    record: &Record<'_>,
    params: &[Field],
    response: &Response,
    scope: &Scope<'_>,
    out: &mut Diagnostics,
) -> Option<Paging> {
    let paging = record.record("paging")?;
    let style = paging.text("style").unwrap_or_default();
    let mut whole = true;
    for (name, words) in STYLES {
        for word in words {
            if name == style && !paging.has(word) {
                whole = false;
                let what = format!("`paging` of the style `{style}` has no `{word}`");
                out.add(paging.file, paging.line, what, format!("add `{word}:`"));
            } else if name != style && paging.has(word) {
                let what = format!("`{word}` belongs to the style `{name}`, not to `{style}`");
                out.add(paging.file, paging.line_of(word), what, "remove it");
            }
        }
    }
    if paging.has("first") && style == "offset" {
        out.add(paging.file, paging.line_of("first"), "`first` does not belong to the style `offset`", "remove it");
    }
    if style == "page" && paging.node("first").is_some_and(|node| node.as_int().is_none_or(|first| first < 0)) {
        let what = "`first` of the style `page` is not the number of a page";
        out.add(paging.file, paging.line_of("first"), what, "write a whole number");
    }
    if response.fields().is_empty() {
        out.add(paging.file, paging.line, "a response without fields has no pages", "remove `paging`");
        return None;
    }
    let mut param = |word: &str, fits: fn(&Field) -> bool, wanted: &str| {
        let name = paging.text(word)?;
        let line = paging.line_of(word);
        let found = named(record, &format!("paging.{word}"), line, name, params, out)?;
        if !found.settable() || !fits(found) {
            let what = format!("`paging.{word}` names `{name}`, which is not {wanted} that the caller sets");
            out.add(record.file, line, what, "name another field");
        }
        Some(found)
    };
    let limit = param("limit", is_count, "a whole number");
    let start = param("start", is_count, "a whole number");
    let page = param("page", is_count, "a whole number");
    let cursor = param("cursor", |field| is_count(field) || field.ty == Ty::String, "a text or a whole number");
    let limit = limit.map(|field| field.rust.clone());
    // `.page(index, size)` would take the field's name.
    if paging.has("start") && paging.has("limit") {
        for param in record.records("params") {
            if params.iter().any(|field| field.wire == param.key && field.rust == "page") {
                let what = format!("`{}` cannot be the field `page`: `paging` adds a method of that name", param.key);
                out.add(param.file, param.line_of("rust"), what, "give it another name with `rust:`, such as `page_`");
            }
        }
    }
    // As on the wire; see above.
    let way = |word: &str| paging.text(word).map(|way| way.split('.').map(str::to_owned).collect::<Vec<_>>());
    if !whole {
        return None;
    }
    let turn = match style {
        "offset" => Turn::Offset { start: start?.rust.clone() },
        "page" => Turn::Page {
            page: page?.rust.clone(),
            first: paging.node("first").and_then(|node| u32::try_from(node.as_int()?).ok()).unwrap_or(1),
        },
        "cursor" => Turn::Cursor {
            cursor: cursor?.rust.clone(),
            first: first(&paging, &cursor?.ty, scope, out),
            next: way("next")?,
        },
        _ => return None,
    };
    Some(Paging { turn, limit, items: way("items")?, total: way("total"), pages: way("pages"), more: way("more") })
}

/// What the first page is asked for with.
fn first(paging: &Record<'_>, ty: &Ty, scope: &Scope<'_>, out: &mut Diagnostics) -> Option<Literal> {
    let found = literal(paging.node("first")?, ty, scope.names);
    if let Err(wanted) = &found {
        let what = format!("`first` is not {wanted}, as the cursor is");
        out.add(paging.file, paging.line_of("first"), what, "write a value of the cursor's type");
    }
    found.ok()
}

/// Whether a field counts something: a time does not.
pub(crate) fn is_count(field: &Field) -> bool {
    matches!(field.ty, Ty::I64 | Ty::U64 | Ty::U32 | Ty::U8)
}
