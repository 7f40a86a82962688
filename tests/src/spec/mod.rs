//! The spec as it stands in `spec/`, read with nothing but serde_yaml.

mod errcode;
mod events;
mod limit;
mod paging;
mod raw;
mod read;
mod types;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value};

pub use errcode::{Code, Declared, Meaning};
pub use events::{Event, EventKind, Reply, ReplyField};
pub use limit::Limit;
pub use paging::{Paging, Style};
pub use types::{Bounds, Choices, Field, Forbid, From, Place, Source, Struct, Ty, TypeDef, WireForm};

/// Everything under `spec/`.
#[derive(Debug)]
pub struct Spec {
    /// All endpoints, by group.
    pub endpoints: Vec<Endpoint>,
    /// All that WeChat pushes, by group.
    pub events: Vec<Event>,
    /// All types; [`Ty::Named`] counts them.
    pub types: Vec<TypeDef>,
    /// The file of each type, without its ending, and its name. Those of events are `events/<group>`.
    pub type_names: Vec<(String, String)>,
    /// `errcodes.yaml`.
    pub errcodes: BTreeMap<i64, Code>,
    /// The codes that groups have of their own, by group.
    pub group_errcodes: BTreeMap<String, BTreeMap<i64, Code>>,
}

/// What success holds.
#[derive(Debug)]
pub enum Response {
    /// The envelope alone.
    Nothing,
    /// A picture.
    Image,
    /// Other data.
    Bytes,
    /// A file in UTF-8.
    Text,
    /// Any JSON.
    Json,
    /// These fields.
    Fields(Vec<Field>),
    /// Data, or these fields.
    BytesOr(Vec<Field>),
}

/// Names of the envelope's fields, and the codes that mean success.
#[derive(Debug)]
pub struct Envelope {
    /// The field of the code.
    pub code: String,
    /// The field of the message.
    pub message: String,
    /// Which codes mean success.
    pub ok: Vec<i64>,
}

/// A signature that the client makes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sign {
    /// Of a payment.
    PaySig,
    /// Of a user.
    Signature,
    /// Of an immediate delivery.
    DeliverySign,
}

impl Sign {
    /// The parameter that holds its key.
    pub fn key(self) -> &'static str {
        match self {
            Self::PaySig => "app_key",
            Self::Signature => "session_key",
            Self::DeliverySign => "delivery_secret",
        }
    }
}

/// Permission sets of third-party platforms.
#[derive(Clone, Debug, PartialEq)]
pub enum PermissionSets {
    /// Any will do.
    Any,
    /// One of these.
    Listed(Vec<u32>),
}

/// An endpoint.
#[derive(Debug)]
pub struct Endpoint {
    /// The official id.
    pub id: String,
    /// The group it stands in.
    pub group: String,
    /// The method's name in Rust.
    pub name: String,
    /// Other names.
    pub aliases: Vec<String>,
    /// The official page.
    pub docs: String,
    /// GET or POST.
    pub method: String,
    /// The path.
    pub path: String,
    /// What authorises it.
    pub token: String,
    /// Documented limits on the number of calls.
    pub limits: Vec<Limit>,
    /// Whether it can be signed and encrypted.
    pub encryption: String,
    /// Whether repeating it does no harm.
    pub retry_safe: bool,
    /// What the caller gives, and what is always sent.
    pub params: Vec<Field>,
    /// Sets of parameters between which a caller chooses.
    pub choices: Choices,
    /// The signatures it needs.
    pub sign: Vec<Sign>,
    /// The permission sets with which a third-party platform may call it; `None`: it may not.
    pub permission_sets: Option<PermissionSets>,
    /// What success holds.
    pub response: Response,
    /// The envelope.
    pub envelope: Envelope,
    /// The codes it declares.
    pub errcodes: BTreeMap<i64, Declared>,
    /// Its paging.
    pub paging: Option<Paging>,
    /// Its example.
    pub example: Option<Map<String, Value>>,
}

impl Spec {
    /// The spec of this repository, read once.
    pub fn get() -> &'static Self {
        static SPEC: OnceLock<Spec> = OnceLock::new();
        SPEC.get_or_init(|| Self::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../spec").as_ref()))
    }

    /// The spec in a folder.
    pub fn read(folder: &std::path::Path) -> Self {
        read::all(folder)
    }

    /// The endpoint with this id.
    pub fn endpoint(&self, id: &str) -> &Endpoint {
        self.endpoints.iter().find(|endpoint| endpoint.id == id).unwrap_or_else(|| panic!("no endpoint {id}"))
    }

    /// The event with this id.
    pub fn event(&self, id: &str) -> &Event {
        self.events.iter().find(|event| event.id == id).unwrap_or_else(|| panic!("no event {id}"))
    }

    /// The fields of a struct; none for any other type.
    pub fn fields<'a>(&'a self, ty: &Ty) -> Option<&'a [Field]> {
        match ty {
            Ty::Named(index) => match &self.types[*index] {
                TypeDef::Struct(def) => Some(&def.fields),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Endpoint {
    /// Whether an access_token travels in the query.
    pub fn has_token(&self) -> bool {
        matches!(self.token.as_str(), "access_token" | "authorizer" | "official_account")
    }

    /// Whether the SDK looks after that token itself.
    pub fn renews_token(&self) -> bool {
        matches!(self.token.as_str(), "access_token" | "official_account")
    }

    /// Where a parameter travels.
    pub fn place(&self, field: &Field) -> Place {
        field.place.unwrap_or(if self.method == "GET" { Place::Query } else { Place::Body })
    }

    /// The codes it declares that do not mean success for it.
    pub fn failures(&self) -> impl Iterator<Item = (i64, &Declared)> {
        self.errcodes
            .iter()
            .map(|(code, declared)| (*code, declared))
            .filter(|(code, _)| !self.envelope.ok.contains(code))
    }
}
