//! Groups and their endpoints.

use super::Scope;
use super::errcodes::endpoint_errcodes;
use super::fields::{At, fields};
use super::paging::paging;
use crate::diagnostic::{Diagnostics, did_you_mean};
use crate::model::{
    Deprecated, Encryption, Endpoint, Envelope, Field, PermissionSets, Place, Presence, Response, Signature, Token,
    Verb,
};
use crate::naming;
use crate::spec::limit;
use crate::spec::record::Record;
use crate::spec::tree::Kind;

pub(crate) fn endpoint(
    record: &Record<'_>,
    common_errcodes: &[i64],
    scope: &Scope<'_>,
    out: &mut Diagnostics,
) -> Endpoint {
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
        permission_sets: record.node("permission_sets").map(|node| match node.as_text() {
            Some(_) => PermissionSets::Any,
            None => {
                PermissionSets::These(node.list().iter().filter_map(|set| u32::try_from(set.as_int()?).ok()).collect())
            }
        }),
        retry_safe: record.text("retry") == Some("safe"),
        exclusive: sets(record, "exclusive", &params, out),
        any_of: sets(record, "any_of", &params, out),
        sign: signatures(record, &params, out),
        envelope: envelope(record),
        errcodes: endpoint_errcodes(record, common_errcodes, scope, out),
        paging: paging(record, &params, &response, scope, out),
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
        Some("text") => return Response::Text,
        Some("json") => return Response::Json,
        _ => {}
    }
    let Some(fields_of) = record.record("response") else {
        return Response::Nothing;
    };
    let word = match (fields_of.has("fields"), fields_of.has("bytes_or")) {
        (true, false) => "fields",
        (false, true) => "bytes_or",
        (both, _) => {
            let what = if both { "`response` has both" } else { "`response` has neither" };
            let what = format!("{what} `fields` and `bytes_or`");
            let what = what.replace("neither `fields` and", "neither `fields` nor");
            out.add(record.file, record.line_of("response"), what, "write one of both");
            return Response::Nothing;
        }
    };
    let fields = fields(&fields_of, word, At::Response, scope, out);
    let envelope = envelope(record);
    for field in
        fields_of.records(word).filter(|field| [&envelope.code, &envelope.message].contains(&&field.key.to_owned()))
    {
        let what = format!("`{}` is a part of the envelope, which the client reads itself", field.key);
        out.add(field.file, field.line, what, "remove it");
    }
    if word == "fields" { Response::Fields(fields) } else { Response::BytesOr(fields) }
}

/// What is signed, in the order in which it has to be done. Each needs its key, and each key its signature.
fn signatures(record: &Record<'_>, params: &[Field], out: &mut Diagnostics) -> Vec<Signature> {
    let all = [Signature::Delivery, Signature::Pay, Signature::User];
    let said = record.strings("sign");
    let list: Vec<_> = all.into_iter().filter(|signature| said.iter().any(|word| word == signature.word())).collect();
    let key = |name: &str| params.iter().find(|field| field.wire == name);
    for signature in &list {
        let (word, wanted) = (signature.word(), signature.key());
        if key(wanted).is_none_or(|field| field.place != Place::Sign) {
            let what = format!("`sign` names `{word}`, and no parameter `{wanted}` is `in: sign`");
            let remedy = format!("add `{wanted}: {{ type: secret, in: sign }}` to `params`");
            out.add(record.file, record.line_of("sign"), what, remedy);
        }
        if let Some(field) = key(word) {
            let what = format!("`{}` is what `sign` makes", field.wire);
            out.add(record.file, record.line_of("params"), what, "remove it from `params`");
        }
    }
    for param in record.records("params").filter(|param| param.text("in") == Some("sign")) {
        if !list.iter().any(|signature| signature.key() == param.key) {
            let what = format!("`{}` is `in: sign`, and no signature uses it", param.key);
            out.add(param.file, param.line_of("in"), what, "name the signature in `sign`, or remove the parameter");
        }
    }
    if let Some(field) = params.iter().find(|field| field.place == Place::Form).filter(|_| !list.is_empty()) {
        let what = format!("`{}` travels in a form, which no signature covers", field.wire);
        out.add(record.file, record.line_of("sign"), what, "remove `sign`, or send a JSON body");
    }
    if list.contains(&Signature::Delivery) && (key("shopid").is_none() || key("shop_order_id").is_none()) {
        let what = "`delivery_sign` covers `shopid` and `shop_order_id`, which `params` lacks";
        out.add(record.file, record.line_of("sign"), what, "add them");
    }
    list
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

/// Sets of parameters between which the caller chooses.
pub(super) fn sets(record: &Record<'_>, word: &str, params: &[Field], out: &mut Diagnostics) -> Vec<Vec<String>> {
    let sets = record.list(word);
    let line = record.line_of(word);
    if sets.len() == 1 {
        out.add(
            record.file,
            line,
            format!("`{word}` has one set, which leaves no choice"),
            "add a set, or write `required: true`",
        );
    }
    let mut list = Vec::new();
    for set in sets {
        let mut names = Vec::new();
        for node in set.list() {
            let Some(name) = node.as_text() else { continue };
            let Some(field) = named(record, word, node.line, name, params, out) else {
                continue;
            };
            if !field.settable() || field.presence == Presence::Required {
                let what = format!("`{word}` names `{name}`, which is always sent");
                out.add(record.file, node.line, what, "remove it here, or make the parameter optional");
            }
            names.push(field.rust.clone());
        }
        list.push(names);
    }
    list
}

/// The field of a wire name that a word of the endpoint names.
pub(super) fn named<'f>(
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
