//! Whether the spec knows all fields of an example.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::drift::events::HEAD;
use crate::drift::spec::{Endpoint, Holds, Spec, Type, text, texts};
use crate::pages::Example;

/// A field of an example that the spec does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    /// `params.list.name`
    pub(super) path: String,
    /// A `note` names it.
    pub(super) on_purpose: bool,
}

/// The fields that the spec does not have.
///
/// # Errors
///
/// Why the example cannot be read.
pub(super) fn unknown(spec: &Spec<'_>, endpoint: &Endpoint<'_>, example: &Example) -> Result<Vec<Unknown>, String> {
    let json: Value =
        serde_json::from_str(&example.text).map_err(|error| format!("the example is not JSON: {error}"))?;
    let mut walk = Walk { spec, endpoint, pushed: false, found: Vec::new() };
    if example.request {
        let params = endpoint.params();
        let whole = params.iter().find(|(_, json)| text(json, "in") == "whole_body");
        match whole.map(|(name, json)| (name, spec.holds(endpoint.group, json))) {
            Some((name, Holds { ty, .. })) => walk.value(&format!("params.{name}"), ty, &json),
            None => walk.object("params", None, &params, &json),
        }
    } else if endpoint.json.get("response").and_then(Value::as_str).is_none_or(|word| word == "nothing") {
        walk.object("response", None, &endpoint.response(), &json);
    }
    walk.found.sort_by(|a, b| a.path.cmp(&b.path));
    walk.found.dedup();
    Ok(walk.found)
}

/// The same of an event, or of the reply to one, which has these fields.
pub(super) fn unknown_pushed<'a>(
    spec: &Spec<'a>,
    event: &Endpoint<'a>,
    path: &str,
    fields: &BTreeMap<&'a str, &'a Value>,
    json: &Value,
) -> Vec<Unknown> {
    let mut walk = Walk { spec, endpoint: event, pushed: path == "fields", found: Vec::new() };
    walk.object(path, None, fields, json);
    walk.found.sort_by(|a, b| a.path.cmp(&b.path));
    walk.found.dedup();
    walk.found
}

struct Walk<'a, 's> {
    spec: &'s Spec<'a>,
    endpoint: &'s Endpoint<'a>,
    /// Whether it is a push message, which has a head.
    pushed: bool,
    found: Vec<Unknown>,
}

impl<'a> Walk<'a, '_> {
    /// What a field holds, or the elements of a list.
    fn value(&mut self, path: &str, ty: Option<Type<'a>>, json: &Value) {
        match json {
            Value::Array(list) => list.iter().for_each(|one| self.value(path, ty, one)),
            Value::Object(_) => {
                // Maps and free JSON have no names that could be unknown; an object in place of a text is told of types.
                if let Some(ty) = ty.filter(|ty| !ty.fields().is_empty()) {
                    self.object(path, Some(ty), &ty.fields(), json);
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, path: &str, ty: Option<Type<'a>>, fields: &BTreeMap<&'a str, &'a Value>, json: &Value) {
        for (name, json) in json.as_object().into_iter().flatten() {
            let path = format!("{path}.{name}");
            match fields.get(name.as_str()) {
                Some(field) => {
                    let group = ty.and_then(|ty| ty.group).unwrap_or(self.endpoint.group);
                    self.value(&path, self.spec.holds(group, field).ty, json);
                }
                None if ty.is_none() && self.handled(name) => {}
                None => {
                    let on_purpose = self.noted(fields, name);
                    self.found.push(Unknown { path, on_purpose });
                }
            }
        }
    }

    /// Whether a note of the endpoint, or of a field that stands beside it, names a field. `differs` will not do: it is
    /// for what the tables of pages say.
    fn noted(&self, beside: &BTreeMap<&'a str, &'a Value>, name: &str) -> bool {
        let quoted = format!("`{name}`");
        let mut all = beside.values().copied().chain([self.endpoint.json]);
        all.any(|json| text(json, "note").contains(&quoted))
    }

    /// What the client reads or sends by itself.
    fn handled(&self, name: &str) -> bool {
        if self.pushed {
            // Some pages print a message as it travels, encrypted.
            return HEAD.contains(&name) || name == "Encrypt";
        }
        let envelope = ["errcode", "errmsg"].contains(&name) || self.endpoint.envelope().contains(&name);
        envelope || name.ends_with("access_token") || texts(self.endpoint.json, "sign").any(|sign| sign == name)
    }
}
