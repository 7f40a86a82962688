//! Groups and their endpoints.

use super::Scope;
use super::errcodes::endpoint_errcodes;
use super::fields::{At, fields};
use crate::diagnostic::{Diagnostics, did_you_mean};
use crate::model::{Deprecated, Encryption, Endpoint, Envelope, Field, Paging, Presence, Response, Token, Ty, Verb};
use crate::naming;
use crate::spec::limit;
use crate::spec::record::Record;
use crate::spec::tree::Kind;

pub(crate) fn endpoint(record: &Record<'_>, scope: &Scope<'_>, out: &mut Diagnostics) -> Endpoint {
    let request_name = naming::type_name(record.key);
    names(record, &request_name, out);
    let method = if record.text("method") == Some("GET") { Verb::Get } else { Verb::Post };
    let params = fields(record, "params", At::Params(method), scope, out);
    let response = response(record, scope, out);
    Endpoint {
        id: record.key.to_owned(),
        method_name: record.required("name"),
        response_name: format!("{request_name}Response"),
        request_name,
        aliases: record.strings("aliases"),
        title: record.required("title"),
        about: record.required("about"),
        docs: record.required("docs"),
        method,
        path: record.required("path"),
        token: match record.text("token") {
            Some("app_secret") => Token::AppSecret,
            Some("authorizer") => Token::Authorizer,
            Some("official_account") => Token::OfficialAccount,
            Some("none") => Token::None,
            _ => Token::AccessToken,
        },
        limits: record.list("limits").iter().filter_map(|node| limit::parse(node.as_text()?)).collect(),
        encryption: match record.text("encryption") {
            Some("supported") => Encryption::Supported,
            Some("required") => Encryption::Required,
            _ => Encryption::None,
        },
        permission_sets: record
            .node("permission_sets")
            .map(|node| node.list().iter().filter_map(|set| u32::try_from(set.as_int()?).ok()).collect()),
        retry_safe: record.text("retry") == Some("safe"),
        exclusive: exclusive(record, &params, out),
        envelope: envelope(record),
        errcodes: endpoint_errcodes(record, scope.names, out),
        paging: paging(record, &params, &response, out),
        same_url: record.strings("same_url"),
        deprecated: record.record("deprecated").map(|deprecated| Deprecated {
            since: deprecated.required("since"),
            instead: deprecated.required("instead"),
        }),
        note: record.string("note"),
        example: record.node("example").filter(|node| matches!(node.kind, Kind::Map(_))).map(|node| node.to_json()),
        params,
        response,
    }
}

fn names(record: &Record<'_>, request_name: &str, out: &mut Diagnostics) {
    if let Some(why) = naming::type_taken(request_name) {
        let what = format!("no request can be named `{request_name}`: that is {why}");
        out.add(record.file, record.line, what, format!("make the id `{}__<group>`", record.key));
    }
    let method = record.text("name").unwrap_or_default();
    if let Some(why) = naming::method_taken(method) {
        let what = format!("no endpoint's method can be named `{method}`: that is {why}");
        out.add(record.file, record.line_of("name"), what, "choose another `name`");
    }
}

fn response(record: &Record<'_>, scope: &Scope<'_>, out: &mut Diagnostics) -> Response {
    match record.text("response") {
        Some("image") => return Response::Image,
        Some("bytes") => return Response::Bytes,
        Some("json") => return Response::Json,
        _ => {}
    }
    let Some(fields_of) = record.record("response") else {
        return Response::Nothing;
    };
    let fields = fields(&fields_of, "fields", At::Response, scope, out);
    let envelope = envelope(record);
    for field in
        fields_of.records("fields").filter(|field| [&envelope.code, &envelope.message].contains(&&field.key.to_owned()))
    {
        let what = format!("`{}` is a part of the envelope, which the client reads itself", field.key);
        out.add(field.file, field.line, what, "remove it");
    }
    Response::Fields(fields)
}

fn envelope(record: &Record<'_>) -> Envelope {
    let usual = Envelope::default();
    let Some(own) = record.record("envelope") else {
        return usual;
    };
    let ok: Vec<i64> = own.list("ok").iter().filter_map(|code| code.as_int()).collect();
    Envelope {
        code: own.string("code").unwrap_or(usual.code),
        message: own.string("message").unwrap_or(usual.message),
        ok: if ok.is_empty() { usual.ok } else { ok },
    }
}

fn exclusive(record: &Record<'_>, params: &[Field], out: &mut Diagnostics) -> Vec<Vec<String>> {
    let sets = record.list("exclusive");
    let line = record.line_of("exclusive");
    if sets.len() == 1 {
        out.add(
            record.file,
            line,
            "`exclusive` has one set, which leaves no choice",
            "add a set, or write `required: true`",
        );
    }
    let mut list = Vec::new();
    for set in sets {
        let mut names = Vec::new();
        for node in set.list() {
            let Some(name) = node.as_text() else { continue };
            let Some(field) = named(record, "exclusive", node.line, name, params, out) else {
                continue;
            };
            if !field.settable() || field.presence == Presence::Required {
                let what = format!("`exclusive` names `{name}`, which is always sent");
                out.add(record.file, node.line, what, "remove it here, or make the parameter optional");
            }
            names.push(field.rust.clone());
        }
        list.push(names);
    }
    list
}

fn paging(record: &Record<'_>, params: &[Field], response: &Response, out: &mut Diagnostics) -> Option<Paging> {
    let paging = record.record("paging")?;
    let none = Vec::new();
    let answer = match response {
        Response::Fields(fields) => fields,
        _ => &none,
    };
    let mut field = |word: &str, fields: &[Field], fits: fn(&Field) -> bool, wanted: &str| {
        let name = paging.text(word)?;
        let line = paging.line_of(word);
        let found = named(record, &format!("paging.{word}"), line, name, fields, out)?;
        if !fits(found) {
            out.add(
                record.file,
                line,
                format!("`paging.{word}` names `{name}`, which is not {wanted}"),
                "name another field",
            );
        }
        Some(found.rust.clone())
    };
    let is_set = |field: &Field| field.settable() && is_count(field);
    let start = field("start", params, is_set, "a whole number that the caller sets");
    let limit = field("limit", params, is_set, "a whole number that the caller sets");
    let items = field("items", answer, |field| matches!(field.ty, Ty::List(_)), "a list");
    let total = field("total", answer, is_count, "a whole number");
    for param in record.records("params") {
        if params.iter().any(|field| field.wire == param.key && field.rust == "page") {
            let what = format!("`{}` cannot be the field `page`: `paging` adds a method of that name", param.key);
            out.add(param.file, param.line_of("rust"), what, "give it another name with `rust:`, such as `page_`");
        }
    }
    Some(Paging { start: start?, limit: limit?, items: items?, total: total? })
}

/// Whether a field counts something: a time does not.
fn is_count(field: &Field) -> bool {
    matches!(field.ty, Ty::I64 | Ty::U64 | Ty::U32 | Ty::U8)
}

/// The field of a wire name that a word of the endpoint names.
fn named<'f>(
    record: &Record<'_>,
    word: &str,
    line: usize,
    name: &str,
    fields: &'f [Field],
    out: &mut Diagnostics,
) -> Option<&'f Field> {
    let found = fields.iter().find(|field| field.wire == name);
    if found.is_none() {
        let known = fields.iter().map(|field| field.wire.as_str());
        let remedy = did_you_mean(name, known, "name a field as it is on the wire");
        out.add(record.file, line, format!("`{word}` names `{name}`, which is no field there"), remedy);
    }
    found
}
