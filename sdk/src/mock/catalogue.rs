//! The spec as the mock knows it: `catalogue.json`, a plain transcription of the YAML.
//!
//! Nothing here shares code with the generator or with the generated types, so a mistake of theirs shows up as a call
//! that the mock refuses or an answer that the client cannot read.

mod field;
mod read;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use serde_json::Value;

pub(super) use self::field::{Field, Form, From, Key, Kind, Place, Rules, Span};
#[cfg(feature = "push")]
pub(super) use self::read::texts;
use self::read::{Charsets, charsets, declared_errcodes, endpoint_of, enum_values, errcodes, fields, sets};
pub(super) use self::read::{entries, list, text};
use crate::error::{Error, Result};

/// All endpoints, types, character sets and codes.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    endpoints: Vec<Endpoint>,
    by_path: HashMap<String, Vec<usize>>,
    types: Vec<TypeDef>,
    /// What the codes mean that any endpoint may answer.
    errcodes: Errcodes,
    /// What codes mean in a group that says so.
    group_errcodes: HashMap<String, Errcodes>,
    /// What WeChat pushes.
    #[cfg(feature = "push")]
    pub(super) pushes: Vec<super::push::PushKind>,
    /// The names of all parameters and answers that hold secrets.
    secrets: BTreeSet<String>,
}

type Errcodes = BTreeMap<i64, Errcode>;

/// What a code means. What a text of these lacks is empty.
#[derive(Clone, Debug, Default)]
pub(super) struct Errcode {
    pub(super) message: String,
    pub(super) about: String,
    pub(super) kind: String,
}

impl Errcode {
    /// Takes what it does not say itself from `outer`, which holds for more endpoints.
    fn or(mut self, outer: Option<&Self>) -> Self {
        if let Some(outer) = outer {
            for (own, outer) in
                [(&mut self.message, &outer.message), (&mut self.about, &outer.about), (&mut self.kind, &outer.kind)]
            {
                if own.is_empty() {
                    own.clone_from(outer);
                }
            }
        }
        self
    }

    /// How WeChat words it, as far as the spec knows.
    pub(super) fn wording(&self) -> Option<&str> {
        [&self.message, &self.about].into_iter().find(|text| !text.is_empty()).map(String::as_str)
    }
}

#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) id: String,
    group: String,
    /// `wxacode.get_unlimited`.
    name: String,
    aliases: Vec<String>,
    pub(super) post: bool,
    pub(super) path: String,
    pub(super) token: TokenKind,
    pub(super) for_platforms: bool,
    /// Whether there is a limit on the number of calls in all, which WeChat counts in the header `Num-Used`.
    pub(super) counted: bool,
    /// Whether it takes signed and encrypted calls.
    #[cfg(feature = "sign")]
    pub(super) may_be_signed: bool,
    /// Whether it takes no other.
    #[cfg(feature = "sign")]
    pub(super) must_be_signed: bool,
    pub(super) params: Vec<Field>,
    pub(super) sets: Sets,
    pub(super) sign: Vec<Signature>,
    pub(super) response: Response,
    pub(super) envelope: Envelope,
    /// The codes that it may answer, those of the whole group included, with what they mean here.
    pub(super) errcodes: Errcodes,
    pub(super) paging: Option<Paging>,
    #[cfg(test)]
    pub(super) example: Value,
}

impl Endpoint {
    pub(super) fn takes_form(&self) -> bool {
        self.params.iter().any(|field| field.place == Place::Form)
    }

    /// Whether there is no call without a form: some endpoints take a URL in place of a file.
    pub(super) fn needs_form(&self) -> bool {
        self.params.iter().any(|field| field.place == Place::Form && field.required)
    }

    pub(super) fn answers_session_key(&self) -> bool {
        matches!(&self.response, Response::Fields(fields) if fields.iter().any(|field| field.name == "session_key"))
    }

    /// The parameter that is the JSON body, where one is.
    pub(super) fn whole_body(&self) -> Option<&Field> {
        self.params.iter().find(|field| field.place == Place::WholeBody)
    }

    /// Whether a request can be told apart from those of another endpoint at the same address.
    fn differs_from(&self, other: &Self) -> bool {
        let fixed = |endpoint: &Self| -> Vec<(String, Value)> {
            let params = endpoint.params.iter();
            params.filter_map(|field| Some((field.name.clone(), field.fixed.clone()?))).collect()
        };
        self.post != other.post || fixed(self) != fixed(other)
    }

    fn is_called(&self, name: &str) -> bool {
        self.id == name || self.name == name || self.aliases.iter().any(|alias| alias == name)
    }
}

/// What authorises a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Access,
    AppSecret,
    Authorizer,
    OfficialAccount,
    None,
}

impl TokenKind {
    /// Whether the call carries an `access_token`.
    pub(super) fn is_token(self) -> bool {
        matches!(self, Self::Access | Self::Authorizer | Self::OfficialAccount)
    }
}

/// Sets of fields of which some must be given.
#[derive(Debug, Default)]
pub(super) struct Sets {
    /// Exactly one of them.
    pub(super) exclusive: Vec<Vec<String>>,
    /// At least one of them.
    pub(super) any_of: Vec<Vec<String>>,
}

/// What proves that a call comes from whom it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signature {
    Pay,
    User,
    Delivery,
}

#[derive(Debug)]
pub(super) enum Response {
    Nothing,
    Image,
    /// Data, in place of which some endpoints may answer JSON.
    Bytes,
    Text,
    Json,
    Fields(Vec<Field>),
}

#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) ok: Vec<i64>,
}

/// How a list comes in pages. What a page holds is named from the top of the response: `data.list`.
#[derive(Debug)]
pub(super) struct Paging {
    pub(super) style: Style,
    /// The parameter that holds the rows per page; empty, like all that the spec does not name.
    pub(super) limit: String,
    pub(super) items: String,
    pub(super) total: String,
    pub(super) pages: String,
    pub(super) more: String,
}

/// What says where a page begins.
#[derive(Debug)]
pub(super) enum Style {
    Offset { start: String },
    Page { page: String, first: u64 },
    Cursor { cursor: String, first: Value, next: String },
}

#[derive(Debug)]
pub(super) enum TypeDef {
    Struct {
        fields: Vec<Field>,
        sets: Sets,
    },
    /// The values, sorted; all numbers or all texts.
    Enum(Vec<Value>),
}

type Scope = HashMap<String, usize>;

/// The catalogue that is built into the crate; read when the first mock starts.
pub(super) fn built_in() -> Result<&'static Catalogue> {
    static CATALOGUE: OnceLock<Option<Catalogue>> = OnceLock::new();
    let read = || serde_json::from_str(include_str!("catalogue.json")).ok().map(|json| Catalogue::read(&json));
    CATALOGUE
        .get_or_init(read)
        .as_ref()
        .ok_or_else(|| Error::config("the mock's catalogue is not JSON", "make it anew with `cargo xtask codegen`"))
}

impl Catalogue {
    pub(super) fn read(json: &Value) -> Self {
        let mut all = Self { errcodes: errcodes(json.get("errcodes")), ..Self::default() };
        let charsets = charsets(json);
        let shared = all.add_types(json.get("types"), &Scope::new(), &charsets);
        for group in list(json, "groups") {
            let scope = all.add_types(group.get("types"), &shared, &charsets);
            let known = all.add_errcodes(group);
            let common: Vec<i64> = list(group, "common_errcodes").filter_map(Value::as_i64).collect();
            for (id, json) in entries(group.get("endpoints")) {
                let mut endpoint = endpoint_of(id, text(group, "group"), json, &scope, &charsets);
                let own = declared_errcodes(json.get("errcodes"));
                let common = common.iter().map(|code| (*code, Errcode::default()));
                endpoint.errcodes = common.chain(own).map(|(code, own)| (code, own.or(known.get(&code)))).collect();
                all.by_path.entry(endpoint.path.clone()).or_default().push(all.endpoints.len());
                all.endpoints.push(endpoint);
            }
        }
        all.collect_secrets(json);
        #[cfg(feature = "push")]
        {
            all.pushes = super::push::kinds(json);
        }
        all
    }

    /// Reads what codes mean in a group, and answers what all codes mean there.
    fn add_errcodes(&mut self, group: &Value) -> Errcodes {
        let own = errcodes(group.get("errcodes"));
        let mut known = self.errcodes.clone();
        known.extend(own.iter().map(|(code, own)| (*code, own.clone().or(self.errcodes.get(code)))));
        self.group_errcodes.insert(text(group, "group").to_owned(), own);
        known
    }

    /// Reads the types of a group, or those that all groups share.
    fn add_types(&mut self, types: Option<&Value>, outer: &Scope, charsets: &Charsets) -> Scope {
        let mut scope = outer.clone();
        // Types refer to one another by name and in circles, so all get a number before one of them is read.
        let first = self.types.len();
        for (index, (name, _)) in entries(types).enumerate() {
            scope.insert(name.clone(), first + index);
        }
        for (_, definition) in entries(types) {
            self.types.push(match definition.get("values") {
                Some(values) => TypeDef::Enum(enum_values(values)),
                None => TypeDef::Struct {
                    fields: fields(definition.get("fields"), Place::Body, &scope, charsets),
                    sets: sets(definition),
                },
            });
        }
        scope
    }

    fn collect_secrets(&mut self, json: &Value) {
        match json {
            Value::Object(map) => {
                for (name, value) in map {
                    if value.get("type").and_then(Value::as_str) == Some("secret") {
                        self.secrets.insert(name.clone());
                    }
                    self.collect_secrets(value);
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.collect_secrets(item)),
            _ => {}
        }
    }

    #[cfg(test)]
    pub(super) fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// The endpoints at a path: several where WeChat tells them apart by method or by a fixed parameter.
    pub(super) fn at(&self, path: &str) -> impl Iterator<Item = &Endpoint> {
        self.by_path.get(path).into_iter().flatten().map(|&index| &self.endpoints[index])
    }

    /// The endpoint of this id, of this alias, or of this group and method (`wxacode.get_unlimited`).
    pub(super) fn named(&self, name: &str) -> Option<&Endpoint> {
        let same_id = self.endpoints.iter().find(|endpoint| endpoint.id == name);
        same_id.or_else(|| self.endpoints.iter().find(|endpoint| endpoint.is_called(name)))
    }

    /// The endpoint as which the requests of this one count. Another one only where WeChat documents the same call
    /// twice, so that nothing in a request says which of the two is meant.
    pub(super) fn canonical<'a>(&'a self, endpoint: &'a Endpoint) -> &'a Endpoint {
        self.at(&endpoint.path).find(|other| !endpoint.differs_from(other)).unwrap_or(endpoint)
    }

    /// Ids that somebody may have meant by a name that is none.
    pub(super) fn candidates(&self, name: &str) -> Vec<&str> {
        let bare = |id: &str| id.split("__").next().unwrap_or(id).to_ascii_lowercase();
        let wanted = bare(name.rsplit('.').next().unwrap_or(name));
        let ids = self.endpoints.iter().map(|endpoint| endpoint.id.as_str());
        ids.filter(|id| bare(id).contains(&wanted) || wanted.contains(&bare(id))).take(5).collect()
    }

    pub(super) fn type_def(&self, index: usize) -> Option<&TypeDef> {
        self.types.get(index)
    }

    /// What a code means at an endpoint: there, else in its group, else everywhere.
    pub(super) fn errcode<'a>(&'a self, endpoint: Option<&'a Endpoint>, code: i64) -> Option<&'a Errcode> {
        let own = endpoint.and_then(|endpoint| endpoint.errcodes.get(&code));
        let group = || self.group_errcodes.get(&endpoint?.group)?.get(&code);
        own.or_else(group).or_else(|| self.errcodes.get(&code))
    }

    pub(super) fn is_secret(&self, name: &str) -> bool {
        name == "access_token" || self.secrets.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::read::kind;
    use super::*;

    #[test]
    fn the_built_in_catalogue_reads() {
        let catalogue = built_in().unwrap();
        assert!(catalogue.endpoints.len() >= 18, "{}", catalogue.endpoints.len());
        for endpoint in &catalogue.endpoints {
            assert!(endpoint.path.starts_with('/'), "{}", endpoint.id);
            assert_eq!(catalogue.named(&endpoint.id).map(|found| &found.id), Some(&endpoint.id));
            for name in endpoint.aliases.iter().chain([&endpoint.name]) {
                assert_eq!(catalogue.named(name).map(|found| &found.id), Some(&endpoint.id), "{name}");
            }
        }
        assert_eq!(catalogue.at("/wxa/msg_sec_check").count(), 2);
        assert!(
            catalogue.is_secret("js_code") && catalogue.is_secret("access_token") && !catalogue.is_secret("openid")
        );
        assert_eq!(catalogue.candidates("wxacode.getunlimited"), ["getUnlimitedQRCode"]);
    }

    #[test]
    fn every_type_is_known() {
        let scope = Scope::from([("Known".to_owned(), 7)]);
        for (json, wanted) in [
            (json!("string"), Kind::Text),
            (json!(["Known"]), Kind::List(Box::new(Kind::Named(7)))),
            (json!("[Known]"), Kind::List(Box::new(Kind::Named(7)))),
            (json!("map<[u8]>"), Kind::Map(Box::new(Kind::List(Box::new(Kind::Int { min: 0, max: 255 }))))),
            (json!("Unknown"), Kind::Json),
            (json!(null), Kind::Json),
        ] {
            assert_eq!(kind(&json, &scope), wanted, "{json}");
        }
    }

    #[test]
    fn ranges_and_characters() {
        let span = |text: &str| Span::read(Some(&Value::from(text)));
        assert_eq!(span("1..32").map(|span| span.to_string()).as_deref(), Some("1 to 32"));
        assert_eq!(span("..32").map(|span| (span.contains(-5.0), span.contains(33.0))), Some((true, false)));
        assert_eq!(span("0.5..").map(|span| (span.contains(0.5), span.contains(0.4))), Some((true, false)));
        assert_eq!(span("x..y"), None);
        let sets = charsets(&json!({"charsets": {"some": {"chars": "0-9-z"}}}));
        assert_eq!(sets["some"].iter().collect::<String>(), "-0123456789z");
    }

    #[test]
    fn a_catalogue_of_nonsense_is_an_empty_one() {
        for json in [json!(null), json!([]), json!({"groups": [1, {"endpoints": {"x": 5}}], "types": 3})] {
            assert!(Catalogue::read(&json).at("/").next().is_none());
        }
    }
}
