//! The whole API as OpenAPI 3.1, for tools that speak it: documentation, clients in other languages, gateways.
//!
//! It says what travels: what the client adds by itself (fixed values, credentials, signatures) is there, what it
//! never sends (the keys of signatures) is not. What OpenAPI has no word for stands in `x-` members.
//!
//! What WeChat pushes are its webhooks.
//!
//! OpenAPI knows a call by method and path, WeChat does not always. Endpoints that share both become one operation,
//! which takes what any of them takes and answers what any of them answers; its `x-endpoints` holds each of them as
//! an operation of its own. A path with a fragment would not be valid, and a made-up path would be a lie.

mod answer;
mod body;
mod codes;
mod events;
mod extensions;
mod merge;
mod names;
mod operation;
mod pattern;
mod schema;
mod yaml;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::emit::rust::text::{markdown, sentence};
use crate::model::{Api, Endpoint, Group, Home, Type, TypeRef, Verb};
use names::Names;

/// How the document is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON, indented.
    Json,
    /// YAML.
    Yaml,
}

impl Format {
    /// What a file's name asks for: YAML where it ends in `.yaml` or `.yml`, else JSON.
    #[must_use]
    pub fn of(file: &Path) -> Self {
        let yaml =
            file.extension().is_some_and(|end| end.eq_ignore_ascii_case("yaml") || end.eq_ignore_ascii_case("yml"));
        if yaml { Format::Yaml } else { Format::Json }
    }
}

/// The document as text, ending with a newline.
#[must_use]
pub fn text(api: &Api, version: &str, format: Format) -> String {
    let document = document(api, version);
    match format {
        Format::Json => format!("{document:#}\n"),
        Format::Yaml => yaml::yaml(&document),
    }
}

/// The document; `version` is the sdk's. The same API always gives the same document.
#[must_use]
pub fn document(api: &Api, version: &str) -> Value {
    let scope = Scope { api, names: Names::new(api) };
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "WeChat Mini Program server API",
            "summary": "The server API of WeChat Mini Programs (微信小程序服务端接口), as the Rust crate `weapp` knows it.",
            "description": ABOUT,
            "version": version,
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base",
        "servers": [{ "url": "https://api.weixin.qq.com", "description": "WeChat" }],
    });
    document["tags"] = api.groups.iter().map(tag).collect();
    document["paths"] = paths(&scope);
    if !api.events.is_empty() {
        document["webhooks"] = events::webhooks(&scope);
    }
    document["components"] = json!({ "schemas": schemas(&scope), "securitySchemes": operation::security_schemes() });
    document["x-errcodes"] = api.errcodes.iter().map(codes::common).collect();
    document
}

const ABOUT: &str = "\
WeChat answers nearly everything with HTTP 200; whether a call succeeded is said by `errcode` (0 or absent: it did). \
So each JSON answer here is one of both: what success holds, or an error. `x-errcodes` explains codes: those of this \
document may come from any endpoint, those of an operation are its own.

Enums are open: their listed values are those that are documented, and WeChat may add more without notice. WeChat is \
also careless with types: numbers may come as strings, and the other way round; the schemas say what is documented.";

/// What every part of the document needs to know.
struct Scope<'a> {
    api: &'a Api,
    names: Names<'a>,
}

impl<'a> Scope<'a> {
    fn endpoints(&self) -> impl Iterator<Item = (&'a Group, &'a Endpoint)> {
        self.api.groups.iter().flat_map(|group| group.endpoints.iter().map(move |endpoint| (group, endpoint)))
    }
}

fn tag(group: &Group) -> Value {
    json!({ "name": group.name, "description": prose(&group.about), "x-displayName": group.title })
}

/// By path, then by method; what shares both is merged.
fn paths(scope: &Scope<'_>) -> Value {
    let mut calls: BTreeMap<(String, &str), Vec<Value>> = BTreeMap::new();
    for (group, endpoint) in scope.endpoints() {
        // Braces would be a parameter of the path, which WeChat has none of.
        let path = endpoint.path.replace('{', "%7B").replace('}', "%7D");
        let verb = match endpoint.method {
            Verb::Get => "get",
            Verb::Post => "post",
        };
        calls.entry((path, verb)).or_default().push(operation::operation(scope, group, endpoint));
    }
    let mut paths = Map::new();
    for ((path, verb), operations) in calls {
        let item = paths.entry(path).or_insert_with(|| Value::Object(Map::new()));
        item[verb] = merge::merge(operations);
    }
    Value::Object(paths)
}

/// Shared types, the types of groups, what requests and answers hold; each in the order of the model.
fn schemas(scope: &Scope<'_>) -> Value {
    let mut schemas = Map::new();
    schemas.insert(names::ERROR.into(), answer::error(&Default::default()));
    schemas.insert(names::SUCCESS.into(), answer::success(scope, &[], &Default::default()));
    schemas.insert(names::TEMPLATE_DATA.into(), schema::template_data());
    for (reference, ty) in types(scope.api) {
        schemas.insert(scope.names.of_type(&reference).to_owned(), schema::named(scope, ty));
    }
    for (_, endpoint) in scope.endpoints() {
        schemas.extend(body::component(scope, endpoint));
        schemas.extend(answer::component(scope, endpoint));
    }
    schemas.extend(events::components(scope));
    Value::Object(schemas)
}

/// All types, the shared ones first.
fn types(api: &Api) -> impl Iterator<Item = (TypeRef, &Type)> {
    let groups = api.groups.iter().map(|group| (Home::Group(group.name.clone()), &group.types));
    let calls = std::iter::once((Home::Shared, &api.types)).chain(groups).flat_map(|(home, types)| {
        types.iter().map(move |ty| (TypeRef { name: ty.name.clone(), home: home.clone() }, ty))
    });
    let pushed = api.events.iter().flat_map(|group| {
        let enums = group.events.iter().filter_map(|event| event.names.as_ref());
        let home = Home::Events(group.name.clone());
        group.types.iter().chain(enums).map(move |ty| (TypeRef { name: ty.name.clone(), home: home.clone() }, ty))
    });
    calls.chain(pushed)
}

/// A text of the spec where OpenAPI reads CommonMark.
fn prose(text: &str) -> String {
    markdown(&sentence(text))
}

/// Adds a member where there is something to say.
fn set(object: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        object[name] = value.into();
    }
}

/// `Some` unless it is empty.
fn unless_empty<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}
