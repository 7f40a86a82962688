//! The words of the spec's language, as serde reads them.
#![allow(dead_code, reason = "words that no test can prove are known all the same")]

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use serde_yaml::{Mapping, Value as Yaml};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGroup {
    pub(super) group: String,
    pub(super) title: String,
    pub(super) about: String,
    #[serde(default)]
    pub(super) core: bool,
    #[serde(default)]
    pub(super) types: Mapping,
    #[serde(default)]
    pub(super) errcodes: BTreeMap<i64, RawCode>,
    #[serde(default)]
    pub(super) common_errcodes: Vec<i64>,
    #[serde(default)]
    pub(super) endpoints: Mapping,
    #[serde(default)]
    pub(super) differs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawShared {
    #[serde(default)]
    pub(super) charsets: BTreeMap<String, RawCharset>,
    #[serde(default)]
    pub(super) types: Mapping,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCharset {
    pub(super) chars: String,
    pub(super) about: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawType {
    pub(super) about: String,
    pub(super) fields: Option<Mapping>,
    pub(super) values: Option<Mapping>,
    #[serde(default)]
    pub(super) exclusive: Vec<Vec<String>>,
    #[serde(default)]
    pub(super) any_of: Vec<Vec<String>>,
    #[serde(default)]
    pub(super) differs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawField {
    pub(super) r#type: Yaml,
    pub(super) about: Option<String>,
    pub(super) rust: Option<String>,
    pub(super) deprecated: Option<String>,
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) differs: Vec<String>,
    #[serde(default)]
    pub(super) required: bool,
    #[serde(default)]
    pub(super) always: bool,
    pub(super) default: Option<Value>,
    pub(super) fixed: Option<Value>,
    pub(super) from: Option<String>,
    pub(super) default_from: Option<String>,
    pub(super) wire: Option<String>,
    pub(super) r#in: Option<String>,
    pub(super) yields_to: Option<String>,
    pub(super) length: Option<String>,
    pub(super) bytes: Option<String>,
    pub(super) range: Option<String>,
    pub(super) items: Option<String>,
    pub(super) charset: Option<String>,
    #[serde(default)]
    pub(super) forbid: Vec<String>,
    #[serde(default)]
    pub(super) required_if: Mapping,
    pub(super) keywords: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEndpoint {
    pub(super) name: String,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    pub(super) title: String,
    pub(super) about: String,
    pub(super) docs: String,
    pub(super) method: String,
    pub(super) path: String,
    pub(super) token: Option<String>,
    #[serde(default)]
    pub(super) limits: Vec<String>,
    pub(super) encryption: Option<String>,
    pub(super) permission_sets: Option<RawPermissionSets>,
    pub(super) retry: Option<String>,
    #[serde(default)]
    pub(super) params: Mapping,
    #[serde(default)]
    pub(super) exclusive: Vec<Vec<String>>,
    #[serde(default)]
    pub(super) any_of: Vec<Vec<String>>,
    #[serde(default)]
    pub(super) sign: Vec<String>,
    pub(super) response: Option<Yaml>,
    pub(super) envelope: Option<RawEnvelope>,
    pub(super) errcodes: Option<Yaml>,
    pub(super) paging: Option<RawPaging>,
    #[serde(default)]
    pub(super) same_url: Vec<String>,
    pub(super) deprecated: Option<Yaml>,
    pub(super) note: Option<String>,
    #[serde(default)]
    pub(super) differs: Vec<String>,
    pub(super) example: Option<Map<String, Value>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawEnvelope {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
    pub(super) ok: Option<Vec<i64>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawPermissionSets {
    Listed(Vec<u32>),
    Word(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPaging {
    pub(super) style: String,
    pub(super) start: Option<String>,
    pub(super) page: Option<String>,
    pub(super) cursor: Option<String>,
    pub(super) first: Option<Value>,
    pub(super) next: Option<String>,
    pub(super) limit: Option<String>,
    pub(super) items: String,
    pub(super) total: Option<String>,
    pub(super) pages: Option<String>,
    pub(super) more: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCode {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) retry: Option<String>,
    pub(super) message: String,
    pub(super) about: String,
    pub(super) remedy: String,
    pub(super) zh: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOwn {
    pub(super) kind: Option<String>,
    pub(super) retry: Option<String>,
    pub(super) about: Option<String>,
    pub(super) remedy: Option<String>,
    pub(super) zh: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawErrcodes {
    pub(super) errcodes: BTreeMap<i64, RawCode>,
}
