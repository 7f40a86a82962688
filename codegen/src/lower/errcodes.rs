//! Codes: those that any endpoint may answer, and those of one endpoint.

use super::names::Names;
use crate::diagnostic::Diagnostics;
use crate::model::{EndpointErrCode, ErrCode, ErrKind, Retry, Texts};
use crate::spec::record::Record;
use crate::spec::tree::Kind;

/// The codes of errcodes.yaml.
pub(crate) fn errcodes(file: &Record<'_>, out: &mut Diagnostics) -> Vec<ErrCode> {
    let mut list: Vec<ErrCode> = Vec::new();
    for record in file.records("errcodes") {
        let Ok(code) = record.key.parse() else {
            continue;
        };
        let errcode = errcode(code, &record);
        if let Some(first) = list.iter().find(|first| first.name == errcode.name && !errcode.name.is_empty()) {
            let what = format!("{} and {code} are both named `{}`", first.code, errcode.name);
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
        retry: match record.text("retry") {
            Some("soon") => Retry::Soon,
            Some("later") => Retry::Later,
            _ => Retry::Never,
        },
        message: record.required("message"),
        about: record.required("about"),
        remedy: record.required("remedy"),
        zh: record.required("zh"),
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

/// The codes that an endpoint may answer.
pub(crate) fn endpoint_errcodes(
    endpoint: &Record<'_>,
    names: &Names<'_>,
    out: &mut Diagnostics,
) -> Vec<EndpointErrCode> {
    let mut list: Vec<EndpointErrCode> = Vec::new();
    for node in endpoint.list("errcodes") {
        let Some(code) = node.as_int() else { continue };
        if list.iter().any(|errcode| errcode.code == code) {
            out.add(endpoint.file, node.line, format!("the code {code} is given twice"), "remove one of both");
            continue;
        }
        if names.errcode(code).is_none() && names.errcodes_known {
            let what = format!("the code {code} is not in errcodes.yaml");
            out.add(endpoint.file, node.line, what, "add it there, or say here what it means: make `errcodes` a map");
        }
        list.push(EndpointErrCode { code, own: None });
    }
    let own: Vec<_> = endpoint.records("errcodes").collect();
    for entry in endpoint.entries("errcodes") {
        let Ok(code) = entry.key.parse() else {
            continue;
        };
        let record = own.iter().find(|record| record.key == entry.key);
        if record.is_none() && entry.value.kind == Kind::Null && names.errcode(code).is_none() && names.errcodes_known {
            let what = format!("the code {code} is not in errcodes.yaml");
            out.add(
                endpoint.file,
                entry.line,
                what,
                "add it there, or say here what it means: `about`, `remedy`, `zh`",
            );
        }
        list.push(EndpointErrCode { code, own: record.map(|record| texts(code, record, names, out)) });
    }
    list
}

/// An endpoint's own texts; what they leave out is that of errcodes.yaml.
fn texts(code: i64, record: &Record<'_>, names: &Names<'_>, out: &mut Diagnostics) -> Texts {
    let general = names.errcode(code);
    let mut text = |word: &str, of: fn(&ErrCode) -> &String| {
        let own = record.string(word);
        match (&own, general) {
            (Some(own), Some(general)) if own == of(general) => {
                let what = format!("`{word}` of {code} says what errcodes.yaml says");
                out.add(record.file, record.line_of(word), what, format!("remove `{word}`"));
            }
            (None, None) if names.errcodes_known && !record.has(word) => {
                let what = format!("the code {code} is not in errcodes.yaml and has no `{word}`");
                out.add(record.file, record.line, what, format!("add `{word}:`, or the code to errcodes.yaml"));
            }
            _ => {}
        }
        own.or_else(|| general.map(|general| of(general).clone())).unwrap_or_default()
    };
    Texts {
        about: text("about", |code| &code.about),
        remedy: text("remedy", |code| &code.remedy),
        zh: text("zh", |code| &code.zh),
    }
}
