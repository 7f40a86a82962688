//! The spec as the mock knows it: `catalogue.json`, a plain transcription of the YAML.
//!
//! Nothing here shares code with the generator or with the generated types, so a mistake of theirs shows up as a call
//! that the mock refuses or an answer that the client cannot read.

mod read;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::OnceLock;

use serde_json::Value;

use self::read::{Charsets, charsets, endpoint_of, entries, enum_values, errcodes, fields, list, text};
use crate::error::{Error, Result};

/// All endpoints, types, character sets and codes.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    endpoints: Vec<Endpoint>,
    by_path: HashMap<String, Vec<usize>>,
    types: Vec<TypeDef>,
    errcodes: BTreeMap<i64, Errcode>,
    /// The names of all parameters and answers that hold secrets.
    secrets: BTreeSet<String>,
}

#[derive(Debug, Default)]
pub(super) struct Errcode {
    pub(super) message: String,
    pub(super) about: String,
}

#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) id: String,
    /// `wxacode.get_unlimited`.
    name: String,
    aliases: Vec<String>,
    pub(super) post: bool,
    pub(super) path: String,
    pub(super) token: TokenKind,
    pub(super) for_platforms: bool,
    /// Whether there is a limit on the number of calls in all, which WeChat counts in the header `Num-Used`.
    pub(super) counted: bool,
    pub(super) params: Vec<Field>,
    pub(super) exclusive: Vec<Vec<String>>,
    pub(super) response: Response,
    pub(super) envelope: Envelope,
    /// The codes that are declared here, with what the endpoint itself says of them.
    pub(super) errcodes: BTreeMap<i64, String>,
    pub(super) paging: Option<Paging>,
    #[cfg(test)]
    pub(super) example: Value,
}

impl Endpoint {
    pub(super) fn takes_form(&self) -> bool {
        self.params.iter().any(|field| field.place == Place::Form)
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

#[derive(Debug)]
pub(super) enum Response {
    Nothing,
    Image,
    Bytes,
    Json,
    Fields(Vec<Field>),
}

#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) ok: Vec<i64>,
}

#[derive(Debug)]
pub(super) struct Paging {
    pub(super) start: String,
    pub(super) limit: String,
    pub(super) items: String,
    pub(super) total: String,
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) about: String,
    pub(super) kind: Kind,
    pub(super) place: Place,
    pub(super) required: bool,
    pub(super) default: Option<Value>,
    pub(super) fixed: Option<Value>,
    pub(super) from: Option<From>,
    pub(super) rules: Rules,
}

/// Which part of a request's configuration fills a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    AppId,
    AppSecret,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Query,
    Body,
    Form,
}

/// The constraints of a field.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) length: Option<Span>,
    pub(super) bytes: Option<Span>,
    pub(super) range: Option<Span>,
    pub(super) items: Option<Span>,
    /// The allowed characters, spelled out.
    pub(super) charset: Option<BTreeSet<char>>,
    pub(super) forbid: Vec<String>,
    pub(super) required_if: Vec<(String, Value)>,
    pub(super) subscribe_keywords: bool,
}

/// `FROM..TO`, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    pub(super) from: f64,
    pub(super) to: f64,
}

impl Span {
    fn read(value: Option<&Value>) -> Option<Self> {
        let (from, to) = value?.as_str()?.split_once("..")?;
        let end = |text: &str, open: f64| if text.is_empty() { Some(open) } else { text.parse().ok() };
        Some(Self { from: end(from, f64::NEG_INFINITY)?, to: end(to, f64::INFINITY)? })
    }

    pub(super) fn contains(self, value: f64) -> bool {
        (self.from..=self.to).contains(&value)
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.from.is_finite(), self.to.is_finite()) {
            (true, true) => write!(f, "{} to {}", self.from, self.to),
            (true, false) => write!(f, "at least {}", self.from),
            _ => write!(f, "at most {}", self.to),
        }
    }
}

/// The type of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    Text,
    Url,
    Bool,
    Int {
        min: i128,
        max: i128,
    },
    Float,
    Time {
        millis: bool,
    },
    Json,
    File,
    Template,
    List(Box<Kind>),
    Map(Box<Kind>),
    /// An index into the catalogue's types.
    Named(usize),
}

#[derive(Debug)]
pub(super) enum TypeDef {
    Struct(Vec<Field>),
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
        let mut all = Self { errcodes: errcodes(json), ..Self::default() };
        let charsets = charsets(json);
        let shared = all.add_types(json.get("types"), &Scope::new(), &charsets);
        for group in list(json, "groups") {
            let scope = all.add_types(group.get("types"), &shared, &charsets);
            for (id, endpoint) in entries(group.get("endpoints")) {
                let endpoint = endpoint_of(id, text(group, "group"), endpoint, &scope, &charsets);
                all.by_path.entry(endpoint.path.clone()).or_default().push(all.endpoints.len());
                all.endpoints.push(endpoint);
            }
        }
        all.collect_secrets(json);
        all
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
                None => TypeDef::Struct(fields(definition.get("fields"), Place::Body, &scope, charsets)),
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

    pub(super) fn errcode(&self, code: i64) -> Option<&Errcode> {
        self.errcodes.get(&code)
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
