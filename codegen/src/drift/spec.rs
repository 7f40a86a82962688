//! The spec as JSON has it, with names resolved.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::pages::Kind;

/// What stands in front of the name of a group of events.
pub(crate) const EVENTS: &str = "events.";

/// The transcribed spec.
#[derive(Debug)]
pub(crate) struct Spec<'a> {
    pub(crate) groups: Vec<(&'a str, &'a Value)>,
    pub(crate) endpoints: Vec<Endpoint<'a>>,
    /// The documented endpoints that the spec leaves out, with the reasons.
    pub(crate) uncovered: &'a Map<String, Value>,
    shared: Option<&'a Map<String, Value>>,
    /// The codes that any endpoint may answer.
    pub(crate) errcodes: BTreeSet<i64>,
    /// All that the spec says of codes: of `errcodes.yaml`, of the groups, of the endpoints.
    said: Vec<&'a Value>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Endpoint<'a> {
    pub(crate) group: &'a str,
    pub(crate) id: &'a str,
    pub(crate) json: &'a Value,
    /// The group's own JSON.
    pub(crate) of: &'a Value,
}

/// A type of a group or of `types.yaml`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Type<'a> {
    /// The group that defines it; none for `types.yaml`.
    pub(crate) group: Option<&'a str>,
    pub(crate) name: &'a str,
    pub(crate) json: &'a Value,
}

/// What a field holds, as far as pages can tell.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holds<'a> {
    pub(crate) kind: Kind,
    pub(crate) list: bool,
    /// Any JSON will do.
    pub(crate) any: bool,
    /// The struct or enum behind it.
    pub(crate) ty: Option<Type<'a>>,
}

impl<'a> Spec<'a> {
    pub(crate) fn of(catalog: &'a Value, uncovered: &'a Map<String, Value>) -> Self {
        let groups: Vec<_> = catalog
            .get("groups")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|group| (text(group, "group"), group))
            .collect();
        let endpoints = groups.iter().flat_map(|&(group, of)| {
            entries(of.get("endpoints")).map(move |(id, json)| Endpoint { group, id, json, of })
        });
        let endpoints: Vec<_> = endpoints.collect();
        let said = catalog.get("errcodes").into_iter();
        let said = said.chain(groups.iter().filter_map(|(_, of)| of.get("errcodes")));
        let said = said.chain(endpoints.iter().filter_map(|endpoint: &Endpoint<'_>| endpoint.json.get("errcodes")));
        Self {
            said: said.collect(),
            endpoints,
            groups,
            uncovered,
            shared: catalog.get("types").and_then(Value::as_object),
            errcodes: codes(catalog.get("errcodes")),
        }
    }

    /// What the spec says of a code, wherever it does.
    pub(crate) fn said_of_code(&self, code: i64) -> impl Iterator<Item = &'a Value> {
        let code = code.to_string();
        self.said.iter().filter_map(move |codes| codes.as_object()?.get(&code))
    }

    /// All types, those of `types.yaml` first.
    pub(crate) fn types(&self) -> impl Iterator<Item = Type<'a>> {
        let shared = self.shared.into_iter().flatten();
        let shared = shared.map(|(name, json)| Type { group: None, name, json });
        let own = self.groups.iter().flat_map(|&(group, of)| {
            entries(of.get("types")).map(move |(name, json)| Type { group: Some(group), name, json })
        });
        shared.chain(own)
    }

    fn find(&self, group: &str, name: &str) -> Option<Type<'a>> {
        let own = self.groups.iter().find(|(own, _)| *own == group).and_then(|&(group, of)| {
            let (name, json) = of.get("types")?.as_object()?.get_key_value(name)?;
            Some(Type { group: Some(group), name, json })
        });
        own.or_else(|| {
            let (name, json) = self.shared?.get_key_value(name)?;
            Some(Type { group: None, name, json })
        })
    }

    /// What a field of a group's endpoint or type holds.
    pub(crate) fn holds(&self, group: &str, field: &Value) -> Holds<'a> {
        let plain = |kind| Holds { kind, list: false, any: false, ty: None };
        match text(field, "wire") {
            "json" => plain(Kind::String),
            "int" => plain(Kind::Number),
            _ => self.parse(group, field.get("type").unwrap_or(&Value::Null)),
        }
    }

    fn parse(&self, group: &str, ty: &Value) -> Holds<'a> {
        let plain = |kind| Holds { kind, list: false, any: false, ty: None };
        let listed = |inner: Holds<'a>| match inner.list {
            // Pages know no lists of lists.
            true => Holds { kind: Kind::Unknown, list: true, any: false, ty: None },
            false => Holds { list: true, ..inner },
        };
        let name = match ty {
            Value::Array(list) => {
                return list.first().map_or(plain(Kind::Unknown), |one| listed(self.parse(group, one)));
            }
            Value::String(name) => name.trim(),
            _ => return plain(Kind::Unknown),
        };
        if let Some(inner) = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            return listed(self.parse(group, &Value::from(inner)));
        }
        match name {
            "string" | "secret" | "hosted_file" => plain(Kind::String),
            "bool" => plain(Kind::Boolean),
            "i64" | "u64" | "u32" | "u8" | "f64" | "timestamp" | "timestamp_ms" => plain(Kind::Number),
            "file" => plain(Kind::Bytes),
            "json" => Holds { any: true, ..plain(Kind::Unknown) },
            "template_data" => plain(Kind::Object),
            map if map.starts_with("map<") => plain(Kind::Object),
            name => match self.find(group, name) {
                Some(ty) if ty.json.get("fields").is_some() => Holds { ty: Some(ty), ..plain(Kind::Object) },
                Some(ty) => {
                    let number = entries(ty.json.get("values")).all(|(value, _)| value.parse::<i64>().is_ok());
                    let kind = if number { Kind::Number } else { Kind::String };
                    Holds { ty: Some(ty), ..plain(kind) }
                }
                None => plain(Kind::Unknown),
            },
        }
    }
}

impl<'a> Endpoint<'a> {
    /// Whether it is an event in the place of an endpoint.
    pub(crate) fn is_event(&self) -> bool {
        self.group.starts_with(EVENTS)
    }

    /// The fields of the answer; empty where it has none or holds no JSON.
    pub(crate) fn response(&self) -> BTreeMap<&'a str, &'a Value> {
        let response = self.json.get("response");
        entries(response.and_then(|it| it.get("fields").or_else(|| it.get("bytes_or")))).collect()
    }

    pub(crate) fn params(&self) -> BTreeMap<&'a str, &'a Value> {
        entries(self.json.get("params")).collect()
    }

    /// Its own fields by their path: `params.scene`; those of an event: `fields.trace_id`, `reply.ErrCode`.
    pub(crate) fn fields(&self) -> Vec<(String, &'a Value)> {
        let under = |at: &str, fields: BTreeMap<&'a str, &'a Value>| {
            fields.into_iter().map(|(name, json)| (format!("{at}.{name}"), json)).collect::<Vec<_>>()
        };
        let pushed = under("fields", super::events::own(self));
        let reply = under("reply", super::events::reply(self));
        [under("params", self.params()), under("response", self.response()), pushed, reply].concat()
    }

    /// The codes that mean success.
    pub(crate) fn ok(&self) -> BTreeSet<i64> {
        match codes(self.json.get("envelope").and_then(|envelope| envelope.get("ok"))) {
            ok if ok.is_empty() => BTreeSet::from([0]),
            ok => ok,
        }
    }

    /// The names of the answer's envelope.
    pub(crate) fn envelope(&self) -> [&'a str; 2] {
        let name = |word, usual| match self.json.get("envelope").map(|it| text(it, word)) {
            None | Some("") => usual,
            Some(name) => name,
        };
        [name("code", "errcode"), name("message", "errmsg")]
    }
}

impl<'a> Type<'a> {
    /// The fields of a struct; empty for an enum.
    pub(crate) fn fields(&self) -> BTreeMap<&'a str, &'a Value> {
        entries(self.json.get("fields")).collect()
    }

    /// The values of an enum; empty for a struct.
    pub(crate) fn values(&self) -> BTreeSet<&'a str> {
        entries(self.json.get("values")).map(|(value, _)| value).collect()
    }

    /// As `differs` is told of: `wxacode/LineColor`, `types.yaml/EnvVersion`.
    pub(crate) fn place(&self) -> String {
        format!("{}/{}", self.group.unwrap_or("types.yaml"), self.name)
    }
}

/// The text behind a word; empty where there is none.
pub(crate) fn text<'a>(json: &'a Value, word: &str) -> &'a str {
    json.get(word).and_then(Value::as_str).unwrap_or_default()
}

/// The texts of a list.
pub(crate) fn texts<'a>(json: &'a Value, word: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    json.get(word).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

pub(crate) fn entries(json: Option<&Value>) -> impl Iterator<Item = (&str, &Value)> {
    json.and_then(Value::as_object).into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// The codes of a list, or the keys of a map.
pub(crate) fn codes(json: Option<&Value>) -> BTreeSet<i64> {
    match json {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_i64).collect(),
        json => entries(json).filter_map(|(code, _)| code.parse().ok()).collect(),
    }
}
