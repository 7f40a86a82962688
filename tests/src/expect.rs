//! What a request must look like on the wire, by the spec alone.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::compare::{diff, read};
use crate::message::Message;
use crate::spec::{Endpoint, Field, From, Place, Spec, Ty};

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
}

/// A request as it must be sent.
#[derive(Debug)]
pub struct Expected {
    /// The query, sorted.
    pub query: Vec<(String, String)>,
    /// The JSON body.
    pub json: Map<String, Value>,
    /// The parts of the form: name, content, whether it is a file.
    pub form: Vec<(String, Vec<u8>, bool)>,
}

/// What the spec says of a call with this input.
pub fn expected(spec: &Spec, endpoint: &Endpoint, input: &Map<String, Value>, caller: &Caller) -> Expected {
    let mut out = Expected { query: Vec::new(), json: Map::new(), form: Vec::new() };
    for (field, value) in sent(spec, &endpoint.params, input, caller) {
        let name = field.wire.clone();
        match endpoint.place(field) {
            Place::Query => out.query.push((name, text(&value))),
            Place::Body => drop(out.json.insert(name, value)),
            Place::Form if field.ty == Ty::File => {
                let content = STANDARD.decode(value.as_str().unwrap_or_default()).expect("base64 of our own");
                out.form.push((name, content, true));
            }
            Place::Form => out.form.push((name, text(&value).into_bytes(), false)),
        }
    }
    if endpoint.has_token() {
        out.query.push(("access_token".to_owned(), caller.token.clone().unwrap_or_default()));
    }
    out.query.sort();
    out.form.sort();
    out
}

/// The fields that are sent, with their values.
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
        match input.get(&field.wire) {
            Some(value) => Some(typed(spec, &field.ty, value, caller)),
            None if field.default_from_official_account => caller.official_account.clone().map(Value::String),
            None => None,
        }
    };
    fields.iter().filter_map(|field| value(field).map(|value| (field, value))).collect()
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
        same("query", format!("{:?}", Ok::<_, String>(&self.query)), format!("{:?}", got.query_pairs().as_ref()));
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
                for found in diff(&Value::Object(self.json.clone()), &body) {
                    same(&format!("body {}", found.path), format!("{:?}", found.expected), format!("{:?}", found.got));
                }
            }
        }
        out
    }
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
