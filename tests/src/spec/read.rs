//! From the YAML to [`Spec`]. A word that is not known here is an error: nobody proves it.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_yaml::{Mapping, Value as Yaml};

use super::errcode::{Known, codes, declared};
use super::events;
use super::limit::Limit;
use super::paging::Paging;
use super::raw::{RawEndpoint, RawErrcodes, RawField, RawGroup, RawPermissionSets, RawShared, RawType};
use super::types::{Bounds, Choices, Field, Forbid, From, Place, Source, Struct, Ty, TypeDef, WireForm};
use super::{Endpoint, Envelope, PermissionSets, Response, Sign, Spec};

/// What names mean in one file.
pub(super) struct Scope<'a> {
    pub(super) types: &'a HashMap<String, usize>,
    pub(super) charsets: &'a HashMap<String, String>,
}

/// Reads everything under a folder.
pub(super) fn all(folder: &Path) -> Spec {
    let shared: RawShared = file(&folder.join("types.yaml"));
    let charsets = shared.charsets.iter().map(|(name, set)| (name.clone(), expand(&set.chars))).collect();
    let mut spec = Spec {
        endpoints: Vec::new(),
        events: Vec::new(),
        types: Vec::new(),
        type_names: Vec::new(),
        errcodes: codes(file::<RawErrcodes>(&folder.join("errcodes.yaml")).errcodes),
        group_errcodes: BTreeMap::new(),
    };
    let names = add_types(&mut spec, "types", &shared.types, &HashMap::new(), &charsets);
    let api = std::fs::read_dir(folder.join("api")).expect("spec/api can be listed");
    let mut files: Vec<_> = api.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "yaml")) {
        let group: RawGroup = file(path);
        assert_eq!(path.file_stem().unwrap().to_str(), Some(group.group.as_str()), "{}", path.display());
        let types = add_types(&mut spec, &group.group, &group.types, &names, &charsets);
        let scope = Scope { types: &types, charsets: &charsets };
        let own = codes(group.errcodes);
        let known = Known { general: &spec.errcodes, group: &own, common: &group.common_errcodes };
        let mut endpoints = Vec::new();
        for (id, raw) in &group.endpoints {
            let id = id.as_str().unwrap().to_owned();
            let raw: RawEndpoint = part(raw, &id);
            endpoints.push(endpoint(id, &group.group, raw, &scope, &known));
        }
        spec.endpoints.append(&mut endpoints);
        spec.group_errcodes.insert(group.group, own);
    }
    events::read(&mut spec, &folder.join("events"), &names, &charsets);
    spec
}

pub(super) fn file<T: DeserializeOwned>(path: &Path) -> T {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    // By way of a value: serde_yaml only minds duplicate keys there.
    let value: Yaml = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    part(&value, &path.display().to_string())
}

pub(super) fn part<T: DeserializeOwned>(value: &Yaml, of: &str) -> T {
    serde_yaml::from_value(value.clone()).unwrap_or_else(|error| panic!("{of}: {error}"))
}

fn json(value: &Yaml) -> Value {
    part(value, "a value")
}

/// `0-9`, `A-Z` and `a-z` are ranges; every other character stands for itself.
fn expand(chars: &str) -> String {
    let mut out = chars.to_owned();
    for (range, all) in [("0-9", '0'..='9'), ("A-Z", 'A'..='Z'), ("a-z", 'a'..='z')] {
        out = out.replace(range, &all.collect::<String>());
    }
    out
}

/// Adds the types of a file; answers which names are known in it.
pub(super) fn add_types(
    spec: &mut Spec,
    file: &str,
    raw: &Mapping,
    outer: &HashMap<String, usize>,
    charsets: &HashMap<String, String>,
) -> HashMap<String, usize> {
    let first = spec.types.len();
    let mut names = outer.clone();
    names.extend(raw.keys().enumerate().map(|(index, name)| (name.as_str().unwrap().to_owned(), first + index)));
    let scope = Scope { types: &names, charsets };
    for (name, raw) in raw {
        let name = name.as_str().unwrap();
        let raw: RawType = part(raw, name);
        spec.type_names.push((file.to_owned(), name.to_owned()));
        spec.types.push(match (raw.fields, raw.values) {
            (Some(members), None) => TypeDef::Struct(Struct {
                fields: fields(&members, &scope),
                choices: Choices { exclusive: raw.exclusive, any_of: raw.any_of },
            }),
            (None, Some(values)) if values.keys().all(Yaml::is_i64) => {
                TypeDef::IntEnum(values.keys().filter_map(Yaml::as_i64).collect())
            }
            (None, Some(values)) => {
                TypeDef::TextEnum(values.keys().map(|key| key.as_str().unwrap().to_owned()).collect())
            }
            _ => panic!("{name:?} is neither a struct nor an enum"),
        });
    }
    names
}

pub(super) fn fields(raw: &Mapping, scope: &Scope<'_>) -> Vec<Field> {
    raw.iter().map(|(wire, raw)| field(wire.as_str().unwrap(), raw, scope)).collect()
}

pub(super) fn field(wire: &str, raw: &Yaml, scope: &Scope<'_>) -> Field {
    let raw: RawField = part(raw, wire);
    let bounds = |text: Option<String>| text.as_deref().map(Bounds::parse);
    Field {
        wire: wire.to_owned(),
        ty: ty(&raw.r#type, scope),
        required: raw.required,
        always: raw.always,
        default: raw.default,
        fixed: raw.fixed,
        from: raw.from.as_deref().map(|from| match from {
            "appid" => From::Appid,
            "app_secret" => From::AppSecret,
            other => panic!("{wire}: from: {other}"),
        }),
        default_from: raw.default_from.as_deref().map(|from| match from {
            "official_account_appid" => Source::OfficialAccount,
            "virtual_payment_key" => Source::VirtualPayment,
            "b2b_payment_key" => Source::B2bPayment,
            other => panic!("{wire}: default_from: {other}"),
        }),
        wire_form: raw.wire.as_deref().map(|form| match form {
            "json" => WireForm::Json,
            "int" => WireForm::Int,
            other => panic!("{wire}: wire: {other}"),
        }),
        place: raw.r#in.as_deref().map(|place| match place {
            "query" => Place::Query,
            "body" => Place::Body,
            "form" => Place::Form,
            "whole_body" => Place::WholeBody,
            "sign" => Place::Sign,
            other => panic!("{wire}: in: {other}"),
        }),
        yields_to: raw.yields_to,
        length: bounds(raw.length),
        bytes: bounds(raw.bytes),
        range: bounds(raw.range),
        items: bounds(raw.items),
        charset: raw.charset.map(|name| scope.charsets[&name].clone()),
        forbid: raw.forbid.iter().map(|what| forbid(wire, what)).collect(),
        required_if: raw.required_if.iter().map(|(k, v)| (k.as_str().unwrap().to_owned(), one_of(v))).collect(),
        subscribe_keywords: raw.keywords.as_deref().is_some_and(|keywords| match keywords {
            "subscribe" => true,
            other => panic!("{wire}: keywords: {other}"),
        }),
    }
}

/// A value, or a list of values of which one will do.
fn one_of(value: &Yaml) -> Vec<Value> {
    match value.as_sequence() {
        Some(list) => list.iter().map(json).collect(),
        None => vec![json(value)],
    }
}

fn forbid(wire: &str, what: &str) -> Forbid {
    match what {
        "leading_slash" => Forbid::LeadingSlash,
        "query" => Forbid::Query,
        "control" => Forbid::Control,
        other => panic!("{wire}: forbid: {other}"),
    }
}

fn ty(raw: &Yaml, scope: &Scope<'_>) -> Ty {
    if let Some(list) = raw.as_sequence() {
        assert_eq!(list.len(), 1, "a list has one type");
        return Ty::List(Box::new(ty(&list[0], scope)));
    }
    let text = raw.as_str().unwrap_or_else(|| panic!("{raw:?} is no type")).trim();
    if let Some(inner) = text.strip_prefix("map<").and_then(|rest| rest.strip_suffix('>')) {
        return Ty::Map(Box::new(ty(&Yaml::from(inner), scope)));
    }
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return Ty::List(Box::new(ty(&Yaml::from(inner), scope)));
    }
    match text {
        "string" => Ty::String,
        "secret" => Ty::Secret,
        "bool" => Ty::Bool,
        "i64" => Ty::I64,
        "u64" => Ty::U64,
        "u32" => Ty::U32,
        "u8" => Ty::U8,
        "f64" => Ty::F64,
        "timestamp" => Ty::Time { millis: false },
        "timestamp_ms" => Ty::Time { millis: true },
        "json" => Ty::Json,
        "file" => Ty::File,
        "hosted_file" => Ty::HostedFile,
        "template_data" => Ty::TemplateData,
        name => Ty::Named(*scope.types.get(name).unwrap_or_else(|| panic!("no type is called {name:?}"))),
    }
}

fn endpoint(id: String, group: &str, raw: RawEndpoint, scope: &Scope<'_>, known: &Known<'_>) -> Endpoint {
    let envelope = raw.envelope.unwrap_or_default();
    let response = match raw.response {
        None => Response::Nothing,
        Some(Yaml::String(kind)) => match kind.as_str() {
            "nothing" => Response::Nothing,
            "image" => Response::Image,
            "bytes" => Response::Bytes,
            "text" => Response::Text,
            "json" => Response::Json,
            other => panic!("{id}: response: {other}"),
        },
        Some(fields_of) => {
            let mut raw: HashMap<String, Mapping> = part(&fields_of, &id);
            let (plain, beside_bytes) = (raw.remove("fields"), raw.remove("bytes_or"));
            assert!(raw.is_empty(), "{id}: unknown words of the response");
            match (plain, beside_bytes) {
                (Some(members), None) => Response::Fields(fields(&members, scope)),
                (None, Some(members)) => Response::BytesOr(fields(&members, scope)),
                _ => panic!("{id}: the response has no fields, or has them twice"),
            }
        }
    };
    Endpoint {
        group: group.to_owned(),
        name: raw.name,
        aliases: raw.aliases,
        docs: raw.docs,
        method: raw.method,
        path: raw.path,
        token: raw.token.unwrap_or_else(|| "access_token".to_owned()),
        limits: raw.limits.iter().map(|text| Limit::parse(&id, text)).collect(),
        encryption: raw.encryption.unwrap_or_else(|| "none".to_owned()),
        retry_safe: match raw.retry.as_deref() {
            None | Some("never") => false,
            Some("safe") => true,
            Some(other) => panic!("{id}: retry: {other}"),
        },
        params: fields(&raw.params, scope),
        choices: Choices { exclusive: raw.exclusive, any_of: raw.any_of },
        sign: raw.sign.iter().map(|sign| signature(&id, sign)).collect(),
        permission_sets: raw.permission_sets.map(|sets| match sets {
            RawPermissionSets::Listed(sets) => PermissionSets::Listed(sets),
            RawPermissionSets::Word(word) if word == "any" => PermissionSets::Any,
            RawPermissionSets::Word(other) => panic!("{id}: permission_sets: {other}"),
        }),
        response,
        envelope: Envelope {
            code: envelope.code.unwrap_or_else(|| "errcode".to_owned()),
            message: envelope.message.unwrap_or_else(|| "errmsg".to_owned()),
            ok: envelope.ok.unwrap_or_else(|| vec![0]),
        },
        errcodes: declared(&id, raw.errcodes.as_ref(), known),
        paging: raw.paging.map(|raw| Paging::parse(&id, raw)),
        example: raw.example,
        id,
    }
}

fn signature(id: &str, word: &str) -> Sign {
    match word {
        "pay_sig" => Sign::PaySig,
        "signature" => Sign::Signature,
        "delivery_sign" => Sign::DeliverySign,
        other => panic!("{id}: sign: {other}"),
    }
}
