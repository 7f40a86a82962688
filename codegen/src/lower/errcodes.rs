//! Codes: those that any endpoint may answer, and those of one endpoint.

use std::collections::BTreeMap;

use super::Scope;
use crate::diagnostic::Diagnostics;
use crate::model::{EndpointErrCode, ErrCode, ErrKind, Retry, Texts};
use crate::spec::record::Record;
use crate::spec::tree::Kind;

/// The codes by the names of their constants, in the whole spec.
pub(crate) type Constants = BTreeMap<String, i64>;

/// The codes of errcodes.yaml or of a group.
pub(crate) fn errcodes(file: &Record<'_>, constants: &mut Constants, out: &mut Diagnostics) -> Vec<ErrCode> {
    let mut list: Vec<ErrCode> = Vec::new();
    for record in file.records("errcodes") {
        let Ok(code) = record.key.parse() else {
            continue;
        };
        let errcode = errcode(code, &record);
        if !errcode.name.is_empty()
            && let Some(first) = constants.insert(errcode.name.clone(), code)
        {
            let what = format!("{first} and {code} are both named `{}`", errcode.name);
            out.add(record.file, record.line_of("name"), what, "give one of both another name");
        }
        list.push(errcode);
    }
    list
}

fn errcode(code: i64, record: &Record<'_>) -> ErrCode {
    ErrCode {
        code,
        name: record.required("name"),
        kind: kind(record.text("kind").unwrap_or_default()),
        retry: retry(record.text("retry").unwrap_or_default()),
        message: record.required("message"),
        about: record.required("about"),
        remedy: record.required("remedy"),
        zh: record.required("zh"),
    }
}

fn retry(word: &str) -> Retry {
    match word {
        "soon" => Retry::Soon,
        "later" => Retry::Later,
        _ => Retry::Never,
    }
}

fn kind(word: &str) -> ErrKind {
    match word {
        "busy" => ErrKind::Busy,
        "token" => ErrKind::Token,
        "credential" => ErrKind::Credential,
        "permission" => ErrKind::Permission,
        "quota" => ErrKind::Quota,
        "rate" => ErrKind::Rate,
        "content" => ErrKind::Content,
        "user" => ErrKind::User,
        "duplicate" => ErrKind::Duplicate,
        "not_found" => ErrKind::NotFound,
        "account" => ErrKind::Account,
        "retired" => ErrKind::Retired,
        // `parameter`; any other word has been told.
        _ => ErrKind::Parameter,
    }
}

/// The codes of a list.
pub(crate) fn codes(record: &Record<'_>, word: &str, scope: &Scope<'_>, out: &mut Diagnostics) -> Vec<i64> {
    let mut list: Vec<i64> = Vec::new();
    for node in record.list(word) {
        let Some(code) = node.as_int() else { continue };
        if list.contains(&code) {
            out.add(record.file, node.line, format!("the code {code} is given twice"), "remove one of both");
            continue;
        }
        if scope.errcode(code).is_none() && scope.names.errcodes_known {
            let what = format!("the code {code} is neither in `errcodes` of the group nor in errcodes.yaml");
            out.add(record.file, node.line, what, "add it there, or say here what it means: make `errcodes` a map");
        }
        list.push(code);
    }
    list
}

/// The codes that an endpoint may answer, those of the whole group last.
pub(crate) fn endpoint_errcodes(
    endpoint: &Record<'_>,
    common: &[i64],
    scope: &Scope<'_>,
    out: &mut Diagnostics,
) -> Vec<EndpointErrCode> {
    let names = scope.names;
    let mut list: Vec<EndpointErrCode> =
        codes(endpoint, "errcodes", scope, out).into_iter().map(|code| EndpointErrCode { code, own: None }).collect();
    for code in list.iter().map(|errcode| errcode.code).filter(|code| common.contains(code)) {
        let what = format!("the code {code} is in `common_errcodes` of the group");
        out.add(endpoint.file, endpoint.line_of("errcodes"), what, "remove it here");
    }
    let own: Vec<_> = endpoint.records("errcodes").collect();
    for entry in endpoint.entries("errcodes") {
        let Ok(code) = entry.key.parse() else {
            continue;
        };
        let record = own.iter().find(|record| record.key == entry.key);
        if record.is_none() && entry.value.kind == Kind::Null && scope.errcode(code).is_none() && names.errcodes_known {
            let what = format!("the code {code} is neither in `errcodes` of the group nor in errcodes.yaml");
            out.add(
                endpoint.file,
                entry.line,
                what,
                "add it there, or say here what it means: `about`, `remedy`, `zh`",
            );
        }
        list.push(EndpointErrCode { code, own: record.map(|record| texts(code, record, scope, out)) });
    }
    let rest: Vec<i64> =
        common.iter().copied().filter(|code| !list.iter().any(|errcode| errcode.code == *code)).collect();
    list.extend(rest.into_iter().map(|code| EndpointErrCode { code, own: None }));
    list
}

/// An endpoint's own texts; what they leave out is that of the group or of errcodes.yaml.
fn texts(code: i64, record: &Record<'_>, scope: &Scope<'_>, out: &mut Diagnostics) -> Texts {
    let general = scope.errcode(code);
    let known = scope.names.errcodes_known;
    let mut text = |word: &str, of: fn(&ErrCode) -> &String| {
        let own = record.string(word);
        match (&own, general) {
            (Some(own), Some(general)) if own == of(general) => {
                let what = format!("`{word}` of {code} says what the group or errcodes.yaml says");
                out.add(record.file, record.line_of(word), what, format!("remove `{word}`"));
            }
            (None, None) if known && !record.has(word) => {
                let what = format!(
                    "the code {code} is neither in `errcodes` of the group nor in errcodes.yaml, and has no `{word}`"
                );
                out.add(record.file, record.line, what, format!("add `{word}:`, or the code there"));
            }
            _ => {}
        }
        own.or_else(|| general.map(|general| of(general).clone())).unwrap_or_default()
    };
    Texts {
        kind: record.text("kind").map(kind).or_else(|| general.map(|general| general.kind)),
        retry: record.text("retry").map(retry).or_else(|| general.map(|general| general.retry)).unwrap_or(Retry::Never),
        about: text("about", |code| &code.about),
        remedy: text("remedy", |code| &code.remedy),
        zh: text("zh", |code| &code.zh),
    }
}
