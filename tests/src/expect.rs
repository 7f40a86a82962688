//! What a request must look like on the wire, by the spec alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::compare::{diff, read, same_text};
use crate::message::Message;
use crate::sign::{of_delivery, of_query};
use crate::spec::{Endpoint, Field, From, Place, Sign, Source, Spec, Ty};
use crate::wire_form::{in_form, plain};

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The AppID.
    pub appid: String,
    /// The AppSecret.
    pub secret: String,
    /// The AppID of the official account that is configured.
    pub official_account: Option<String>,
    /// The access_token that the query must hold.
    pub token: Option<String>,
    /// The AppKeys that are configured.
    pub keys: Keys,
}

/// AppKeys of payments.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// Of virtual payment.
    pub live: Option<String>,
    /// Of its sandbox.
    pub sandbox: Option<String>,
    /// Of B2b payment.
    pub b2b: Option<String>,
}

/// A request as it must be sent.
#[derive(Debug)]
pub struct Expected {
    /// The query without its signatures, sorted.
    pub query: Vec<(String, String)>,
    /// The JSON body.
    pub json: Value,
    /// The parts of the form: name, content, whether it is a file.
    pub form: Vec<(String, Vec<u8>, bool)>,
    /// The signatures of the query, and their keys.
    pub signatures: Vec<(Sign, String)>,
}

/// What the spec says of a call with this input.
pub fn expected(spec: &Spec, endpoint: &Endpoint, input: &Map<String, Value>, caller: &Caller) -> Expected {
    let mut out = Expected { query: Vec::new(), json: json!({}), form: Vec::new(), signatures: Vec::new() };
    let (mut members, mut keys) = (Map::new(), Map::new());
    for (field, value) in sent(spec, &endpoint.params, input, caller) {
        let name = field.wire.clone();
        match endpoint.place(field) {
            Place::Query => out.query.push((name, text(&value))),
            Place::Body => drop(members.insert(name, value)),
            Place::WholeBody => out.json = value,
            Place::Sign => drop(keys.insert(name, value)),
            Place::Form if field.ty == Ty::File => {
                let content = STANDARD.decode(value.as_str().unwrap_or_default()).expect("base64 of our own");
                out.form.push((name, content, true));
            }
            Place::Form => out.form.push((name, text(&value).into_bytes(), false)),
        }
    }
    for sign in &endpoint.sign {
        let Some(key) = keys.get(sign.key()).and_then(Value::as_str) else { continue };
        if *sign == Sign::DeliverySign {
            let of = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let signature = of_delivery(&of("shopid"), &of("shop_order_id"), key);
            members.insert("delivery_sign".to_owned(), signature.into());
        } else {
            out.signatures.push((*sign, key.to_owned()));
        }
    }
    if !members.is_empty() {
        assert_eq!(out.json, json!({}), "{}: a body that is whole has no members beside it", endpoint.id);
        out.json = Value::Object(members);
    }
    if endpoint.has_token() {
        out.query.push(("access_token".to_owned(), caller.token.clone().unwrap_or_default()));
    }
    out.query.sort();
    out.form.sort();
    out
}

/// The fields that are sent, with their values in the form in which they are written.
fn sent<'a>(spec: &Spec, fields: &'a [Field], input: &Map<String, Value>, caller: &Caller) -> Vec<(&'a Field, Value)> {
    let value = |field: &Field| -> Option<Value> {
        match (&field.fixed, field.from) {
            (Some(fixed), _) => return Some(fixed.clone()),
            (None, Some(From::Appid)) => return Some(caller.appid.clone().into()),
            (None, Some(From::AppSecret)) => return Some(caller.secret.clone().into()),
            (None, None) => {}
        }
        if field.yields_to.as_ref().is_some_and(|target| input.contains_key(target)) {
            return None;
        }
        match (input.get(&field.wire), field.default_from) {
            (Some(value), _) => Some(typed(spec, &field.ty, &plain(field, value), caller)),
            (None, Some(source)) => caller.configured(source, is_sandbox(fields, input)).map(Value::String),
            (None, None) => None,
        }
    };
    fields.iter().filter_map(|field| value(field).map(|value| (field, in_form(field, value)))).collect()
}

/// Whether the parameter `env` is 1.
fn is_sandbox(fields: &[Field], input: &Map<String, Value>) -> bool {
    let env = fields.iter().find(|field| field.wire == "env");
    env.and_then(|env| env.fixed.as_ref().or_else(|| input.get("env"))).is_some_and(|env| text(env) == "1")
}

impl Caller {
    /// What of the configuration fills a field that was left out.
    fn configured(&self, source: Source, sandbox: bool) -> Option<String> {
        match (source, sandbox) {
            (Source::OfficialAccount, _) => self.official_account.clone(),
            (Source::VirtualPayment, false) => self.keys.live.clone(),
            (Source::VirtualPayment, true) => self.keys.sandbox.clone(),
            (Source::B2bPayment, _) => self.keys.b2b.clone(),
        }
    }
}

fn typed(spec: &Spec, ty: &Ty, value: &Value, caller: &Caller) -> Value {
    match (ty, value) {
        (Ty::List(inner), Value::Array(list)) => list.iter().map(|value| typed(spec, inner, value, caller)).collect(),
        (Ty::Map(inner), Value::Object(map)) => {
            map.iter().map(|(key, value)| (key.clone(), typed(spec, inner, value, caller))).collect()
        }
        (Ty::Named(_), Value::Object(map)) => {
            let fields = spec.fields(ty).expect("an object is a struct");
            let members = sent(spec, fields, map, caller).into_iter();
            members.map(|(field, value)| (field.wire.clone(), value)).collect()
        }
        (Ty::F64, Value::Number(number)) => json!(number.as_f64()),
        _ => value.clone(),
    }
}

/// A scalar as it stands in a query or a form.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Expected {
    /// The query with the signatures of what arrived.
    fn signed_query(&self, got: &Message) -> Vec<(String, String)> {
        let signatures = self.signatures.iter().filter_map(|(sign, key)| of_query(*sign, key, got));
        let mut query: Vec<_> = self.query.iter().cloned().chain(signatures).collect();
        query.sort();
        query
    }

    /// Everything in which a request differs: place, expected, got.
    pub fn differences(&self, endpoint: &Endpoint, got: &Message) -> Vec<(String, String, String)> {
        let mut out = Vec::new();
        let mut same = |place: &str, expected: String, got: String| {
            if expected != got {
                out.push((place.to_owned(), expected, got));
            }
        };
        same("method", endpoint.method.clone(), got.method.clone());
        same("path", endpoint.path.clone(), got.path.clone());
        let query = self.signed_query(got);
        match got.query_pairs() {
            Ok(pairs) if is_same_query(&query, &pairs) => {}
            other => same("query", format!("{:?}", Ok::<_, String>(query)), format!("{other:?}")),
        }
        same("chunked", "false".to_owned(), got.chunked.to_string());
        same("Referer", shown(Ok(None)), shown(got.header("referer")));
        let content_type = got.header("content-type").unwrap_or_default().unwrap_or_default().to_owned();
        if endpoint.method == "GET" {
            same("body", "0 bytes".to_owned(), format!("{} bytes", got.body.len()));
            same("Content-Type", String::new(), content_type);
            return out;
        }
        let length = got.body.len().to_string();
        same("Content-Length", shown(Ok(Some(&length))), shown(got.header("content-length")));
        if !self.form.is_empty() {
            let essence = content_type.split(';').next().unwrap_or_default();
            same("Content-Type", "multipart/form-data".to_owned(), essence.to_owned());
            match got.parts() {
                Err(problem) => same("form", "a form".to_owned(), problem),
                Ok(parts) => {
                    let file =
                        |part: &crate::message::Part| part.filename.as_ref().is_some_and(|name| !name.is_empty());
                    let mut parts: Vec<_> =
                        parts.into_iter().map(|part| (part.name.clone(), part.content.clone(), file(&part))).collect();
                    parts.sort();
                    if parts != self.form {
                        same("form (name, bytes, file)", outline(&self.form), outline(&parts));
                    }
                }
            }
            return out;
        }
        same("Content-Type", "application/json".to_owned(), content_type);
        match read(&got.body) {
            Err(problem) => same("body", "JSON".to_owned(), problem),
            Ok(body) => {
                for found in diff(&self.json, &body) {
                    same(&format!("body {}", found.path), format!("{:?}", found.expected), format!("{:?}", found.got));
                }
            }
        }
        out
    }
}

fn is_same_query(expected: &[(String, String)], got: &[(String, String)]) -> bool {
    let same = |((name, expected), (got_name, got)): (&(String, String), &(String, String))| {
        name == got_name && same_text(expected, got)
    };
    expected.len() == got.len() && expected.iter().zip(got).all(same)
}

fn shown(header: Result<Option<&str>, String>) -> String {
    format!("{header:?}")
}

fn outline(parts: &[(String, Vec<u8>, bool)]) -> String {
    let outline = |(name, content, file): &(String, Vec<u8>, bool)| {
        let start = String::from_utf8_lossy(&content[..content.len().min(40)]).into_owned();
        format!("({name}, {} bytes {start:?}, {file})", content.len())
    };
    parts.iter().map(outline).collect::<Vec<_>>().join(", ")
}
