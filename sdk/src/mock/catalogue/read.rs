//! From the YAML's words, as JSON has them, to what the mock works with.
//!
//! Whatever is not as it should be counts as absent: reporting mistakes of the spec is the generator's business.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value};

use super::{
    Endpoint, Envelope, Errcode, Errcodes, Field, Form, From, Key, Kind, Paging, Place, Response, Rules, Scope, Sets,
    Signature, Span, Style, TokenKind,
};

pub(super) fn endpoint_of(id: &str, group: &str, json: &Value, scope: &Scope, charsets: &Charsets) -> Endpoint {
    let post = text(json, "method") == "POST";
    let place = if post { Place::Body } else { Place::Query };
    let envelope = json.get("envelope").unwrap_or(&Value::Null);
    let name = |key: &str, usual: &str| envelope.get(key).and_then(Value::as_str).unwrap_or(usual).to_owned();
    let ok: Vec<i64> = list(envelope, "ok").filter_map(Value::as_i64).collect();
    Endpoint {
        id: id.to_owned(),
        group: group.to_owned(),
        name: format!("{group}.{}", text(json, "name")),
        aliases: texts(json.get("aliases")),
        post,
        path: text(json, "path").to_owned(),
        token: match text(json, "token") {
            "app_secret" => TokenKind::AppSecret,
            "authorizer" => TokenKind::Authorizer,
            "official_account" => TokenKind::OfficialAccount,
            "none" => TokenKind::None,
            _ => TokenKind::Access,
        },
        for_platforms: text(json, "permission_sets") == "any" || list(json, "permission_sets").next().is_some(),
        counted: texts(json.get("limits"))
            .iter()
            .any(|limit| limit.split(' ').next().is_some_and(|limit| limit.ends_with("/total"))),
        #[cfg(feature = "sign")]
        may_be_signed: matches!(text(json, "encryption"), "supported" | "required"),
        #[cfg(feature = "sign")]
        must_be_signed: text(json, "encryption") == "required",
        params: fields(json.get("params"), place, scope, charsets),
        sets: sets(json),
        sign: texts(json.get("sign")).iter().filter_map(|word| signature(word)).collect(),
        response: match json.get("response") {
            Some(Value::String(word)) => match word.as_str() {
                "image" => Response::Image,
                "bytes" => Response::Bytes,
                "text" => Response::Text,
                "json" => Response::Json,
                _ => Response::Nothing,
            },
            Some(response) if response.get("bytes_or").is_some() => Response::Bytes,
            Some(response) => Response::Fields(fields(response.get("fields"), Place::Body, scope, charsets)),
            None => Response::Nothing,
        },
        envelope: Envelope {
            code: name("code", "errcode"),
            message: name("message", "errmsg"),
            ok: if ok.is_empty() { vec![0] } else { ok },
        },
        errcodes: Errcodes::new(),
        paging: json.get("paging").and_then(paging),
        #[cfg(test)]
        example: json.get("example").cloned().unwrap_or_default(),
    }
}

pub(super) fn sets(json: &Value) -> Sets {
    let sets = |word: &str| list(json, word).map(|set| texts(Some(set))).collect();
    Sets { exclusive: sets("exclusive"), any_of: sets("any_of") }
}

fn signature(word: &str) -> Option<Signature> {
    Some(match word {
        "pay_sig" => Signature::Pay,
        "signature" => Signature::User,
        "delivery_sign" => Signature::Delivery,
        _ => return None,
    })
}

fn paging(json: &Value) -> Option<Paging> {
    let name = |word: &str| text(json, word).to_owned();
    let style = match text(json, "style") {
        "offset" => Style::Offset { start: name("start") },
        "page" => Style::Page { page: name("page"), first: json.get("first").and_then(Value::as_u64).unwrap_or(1) },
        "cursor" => Style::Cursor {
            cursor: name("cursor"),
            first: json.get("first").cloned().unwrap_or_default(),
            next: name("next"),
        },
        _ => return None,
    };
    Some(Paging {
        style,
        limit: name("limit"),
        items: name("items"),
        total: name("total"),
        pages: name("pages"),
        more: name("more"),
    })
}

pub(super) fn fields(json: Option<&Value>, place: Place, scope: &Scope, charsets: &Charsets) -> Vec<Field> {
    let field = |(name, json): (&String, &Value)| Field {
        name: name.clone(),
        about: text(json, "about").to_owned(),
        kind: kind(json.get("type").unwrap_or(&Value::Null), scope),
        place: match text(json, "in") {
            "query" => Place::Query,
            "body" => Place::Body,
            "form" => Place::Form,
            "whole_body" => Place::WholeBody,
            "sign" => Place::Sign,
            _ => place,
        },
        required: json.get("required").and_then(Value::as_bool).unwrap_or(false),
        default: json.get("default").cloned(),
        fixed: json.get("fixed").cloned(),
        from: match text(json, "from") {
            "appid" => Some(From::AppId),
            "app_secret" => Some(From::AppSecret),
            _ => None,
        },
        key: match text(json, "default_from") {
            "virtual_payment_key" => Some(Key::VirtualPayment),
            "b2b_payment_key" => Some(Key::B2b),
            _ => None,
        },
        wire: match text(json, "wire") {
            "json" => Some(Form::Json),
            "int" => Some(Form::Int),
            _ => None,
        },
        rules: Rules {
            length: Span::read(json.get("length")),
            bytes: Span::read(json.get("bytes")),
            range: Span::read(json.get("range")),
            items: Span::read(json.get("items")),
            charset: charsets.get(text(json, "charset")).cloned(),
            forbid: texts(json.get("forbid")),
            required_if: entries(json.get("required_if")).map(|(name, value)| (name.clone(), any_of(value))).collect(),
            subscribe_keywords: text(json, "keywords") == "subscribe",
        },
    };
    let mut fields: Vec<Field> = entries(json).map(field).collect();
    // serde_json's feature `preserve_order`, which any crate may switch on, must not change what the mock says.
    fields.sort_by(|a, b| a.name.cmp(&b.name));
    fields
}

/// Reads a type. `[T]` is a list in YAML too. What is no type may hold anything: the checker of the spec reports it.
pub(super) fn kind(json: &Value, scope: &Scope) -> Kind {
    let name = match json {
        Value::Array(items) => return Kind::List(Box::new(items.first().map_or(Kind::Json, |item| kind(item, scope)))),
        Value::String(name) => name.as_str(),
        _ => return Kind::Json,
    };
    let nested = |inner: &str| Box::new(kind(&Value::from(inner), scope));
    if let Some(inner) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return Kind::List(nested(inner));
    }
    if let Some(inner) = name.strip_prefix("map<").and_then(|rest| rest.strip_suffix('>')) {
        return Kind::Map(nested(inner));
    }
    match name {
        "string" | "secret" => Kind::Text,
        "hosted_file" => Kind::Url,
        "bool" => Kind::Bool,
        "i64" => Kind::Int { min: i64::MIN.into(), max: i64::MAX.into() },
        "u64" => Kind::Int { min: 0, max: u64::MAX.into() },
        "u32" => Kind::Int { min: 0, max: u32::MAX.into() },
        "u8" => Kind::Int { min: 0, max: u8::MAX.into() },
        "f64" => Kind::Float,
        "timestamp" => Kind::Time { millis: false },
        "timestamp_ms" => Kind::Time { millis: true },
        "file" => Kind::File,
        "template_data" => Kind::Template,
        _ => scope.get(name).map_or(Kind::Json, |&index| Kind::Named(index)),
    }
}

pub(super) fn enum_values(json: &Value) -> Vec<Value> {
    let names = || entries(Some(json)).map(|(name, _)| name.as_str());
    let mut numbers: Vec<i64> = names().filter_map(|name| name.parse().ok()).collect();
    if numbers.len() == names().count() {
        numbers.sort_unstable();
        return numbers.into_iter().map(Value::from).collect();
    }
    let mut texts: Vec<&str> = names().collect();
    texts.sort_unstable();
    texts.into_iter().map(Value::from).collect()
}

pub(super) type Charsets = HashMap<String, BTreeSet<char>>;

pub(super) fn charsets(json: &Value) -> Charsets {
    let spelled_out = |set: &Value| {
        let mut rest = text(set, "chars").to_owned();
        let mut chars = BTreeSet::new();
        for (range, all) in [("0-9", '0'..='9'), ("A-Z", 'A'..='Z'), ("a-z", 'a'..='z')] {
            if rest.contains(range) {
                rest = rest.replacen(range, "", 1);
                chars.extend(all);
            }
        }
        chars.extend(rest.chars());
        chars
    };
    entries(json.get("charsets")).map(|(name, set)| (name.clone(), spelled_out(set))).collect()
}

pub(super) fn errcodes(json: Option<&Value>) -> Errcodes {
    entries(json).filter_map(|(code, json)| Some((code.parse().ok()?, errcode(json)))).collect()
}

/// What an endpoint says of its codes: a list of codes says nothing.
pub(super) fn declared_errcodes(json: Option<&Value>) -> Errcodes {
    match json {
        Some(Value::Array(codes)) => {
            codes.iter().filter_map(|code| Some((code.as_i64()?, Errcode::default()))).collect()
        }
        codes => errcodes(codes),
    }
}

fn errcode(json: &Value) -> Errcode {
    let word = |word: &str| text(json, word).to_owned();
    Errcode { message: word("message"), about: word("about"), kind: word("kind") }
}

/// A value, or each of a list of values of which one will do.
fn any_of(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_else(|| vec![value.clone()])
}

pub(in crate::mock) fn entries(json: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    json.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

pub(in crate::mock) fn list<'a>(json: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    json.get(key).and_then(Value::as_array).into_iter().flatten()
}

pub(in crate::mock) fn text<'a>(json: &'a Value, key: &str) -> &'a str {
    json.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub(in crate::mock) fn texts(json: Option<&Value>) -> Vec<String> {
    let items = json.and_then(Value::as_array).into_iter().flatten();
    items.filter_map(Value::as_str).map(str::to_owned).collect()
}
