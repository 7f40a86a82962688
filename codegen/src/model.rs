//! The checked API: every name resolved, every type decided, every default filled in.
//!
//! The emitters read nothing but this. What is here has passed the checks, so an emitter may rely on what
//! the comments promise (a name that is said to be a field's Rust name is one) and needs no errors of its own.

mod event;
mod field;
mod limit;

pub use event::{ANSWER_WITHIN, Answers, Event, EventGroup, EventKind, Fill, Reply};
pub use field::{Constraint, Field, Forbid, Keywords, Literal, Place, Presence, Range, Source, Ty, WireForm};
pub use limit::{Limit, Per};

/// Everything that the spec says, in one fixed order: the same spec always makes the same `Api`.
#[derive(Clone, Debug, PartialEq)]
pub struct Api {
    /// The groups, sorted by name.
    pub groups: Vec<Group>,
    /// The types of `types.yaml`, which any group may use, in file order.
    pub types: Vec<Type>,
    /// The character sets of `types.yaml`, in file order.
    pub charsets: Vec<Charset>,
    /// The codes of `errcodes.yaml`, in file order.
    pub errcodes: Vec<ErrCode>,
    /// What WeChat pushes, by group, sorted by name.
    pub events: Vec<EventGroup>,
}

impl Api {
    /// The group of this name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.name == name)
    }

    /// The type that a reference names. A checked model holds no reference to a type that is not there.
    #[must_use]
    pub fn find(&self, reference: &TypeRef) -> Option<&Type> {
        let named = |ty: &&Type| ty.name == reference.name;
        match &reference.home {
            Home::Shared => self.types.iter().find(named),
            Home::Group(group) => self.group(group)?.types.iter().find(named),
            Home::Events(group) => {
                let group = self.events.iter().find(|each| each.name == *group)?;
                group.types.iter().chain(group.events.iter().filter_map(|event| event.names.as_ref())).find(named)
            }
        }
    }

    /// Whether the client's configuration fills in one of these fields, or one of a struct that they hold. Lists and
    /// maps are not looked into: nothing is filled in there.
    #[must_use]
    pub fn completes(&self, fields: &[Field]) -> bool {
        // Until it is checked, a struct may hold itself.
        let mut seen: Vec<&TypeRef> = Vec::new();
        let mut open: Vec<&Field> = fields.iter().collect();
        while let Some(field) = open.pop() {
            if field.default_from.is_some() {
                return true;
            }
            if let Ty::Struct(reference) = &field.ty
                && !seen.contains(&reference)
                && let Some(Type { kind: TypeKind::Struct { fields, .. }, .. }) = self.find(reference)
            {
                seen.push(reference);
                open.extend(fields);
            }
        }
        false
    }

    /// The character set of this name.
    #[must_use]
    pub fn charset(&self, name: &str) -> Option<&Charset> {
        self.charsets.iter().find(|charset| charset.name == name)
    }

    /// What a code means in a group: what the group says of it, else what `errcodes.yaml` says.
    #[must_use]
    pub fn errcode<'a>(&'a self, group: &'a Group, code: i64) -> Option<&'a ErrCode> {
        group.errcodes.iter().chain(&self.errcodes).find(|errcode| errcode.code == code)
    }
}

/// One file of `spec/api`: one Rust module, one cargo feature, one `client.<name>()`.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// `snake_case`; the file's name, the module and the feature.
    pub name: String,
    /// The official category, in Chinese.
    pub title: String,
    /// What the group is for, in English.
    pub about: String,
    /// Whether the runtime itself needs it, so that it has no feature.
    pub core: bool,
    /// The types of this group only, in file order.
    pub types: Vec<Type>,
    /// The codes that mean something of their own in this group, in file order.
    pub errcodes: Vec<ErrCode>,
    /// The endpoints, in file order.
    pub endpoints: Vec<Endpoint>,
}

/// One endpoint: a method and a path, what it takes and what it answers.
#[derive(Clone, Debug, PartialEq)]
pub struct Endpoint {
    /// The id, unique in the whole spec: the official English name, or `name__group`.
    pub id: String,
    /// The Rust method of the group, unique in it.
    pub method_name: String,
    /// The request's struct: the id in `UpperCamelCase` (`getUnlimitedQRCode` gives `GetUnlimitedQrCode`).
    pub request_name: String,
    /// The response's struct: `request_name` and `Response`. Reserved even when [`Response`] needs no struct.
    pub response_name: String,
    /// Other names that people know; unique in the whole spec, ids included.
    pub aliases: Vec<String>,
    /// The official title, in Chinese.
    pub title: String,
    /// Our summary, in English.
    pub about: String,
    /// The official page, an `https` address.
    pub docs: String,
    /// How it is called.
    pub method: Verb,
    /// Starts with `/`, has no query.
    pub path: String,
    /// What authorises the call.
    pub token: Token,
    /// Documented limits on the number of calls, in file order.
    pub limits: Vec<Limit>,
    /// Whether WeChat takes the call signed and encrypted.
    pub encryption: Encryption,
    /// Permission sets with which a third-party platform may call for a merchant; `None`: it may not.
    pub permission_sets: Option<PermissionSets>,
    /// Whether repeating the call does no harm.
    pub retry_safe: bool,
    /// What the caller gives, in file order. `fixed` and `from` ones included: see [`Presence`].
    pub params: Vec<Field>,
    /// Rust names of `params`: exactly one of these sets must be given. Empty: no such rule.
    pub exclusive: Vec<Vec<String>>,
    /// Rust names of `params`: at least one of these sets must be given. Empty: no such rule.
    pub any_of: Vec<Vec<String>>,
    /// What the client signs, in the order in which it has to be done. The parameter with the key is there.
    pub sign: Vec<Signature>,
    /// What success holds.
    pub response: Response,
    /// How the answer's envelope is spelled; the usual one unless the spec says otherwise.
    pub envelope: Envelope,
    /// What it may answer, its own in file order, then those of the whole group. Each is known to [`Api::errcode`] or
    /// has its `own` texts, or both.
    pub errcodes: Vec<EndpointErrCode>,
    /// How pages of the answer are asked for.
    pub paging: Option<Paging>,
    /// Ids that share method and path with this one.
    pub same_url: Vec<String>,
    /// Marks all that the endpoint generates as deprecated.
    pub deprecated: Option<Deprecated>,
    /// A contradiction in the documentation, and what was decided.
    pub note: Option<String>,
    /// One valid request as WeChat would see it: an object whose keys are wire names of `params`.
    pub example: Option<serde_json::Value>,
}

impl Endpoint {
    /// The parameter of this Rust name.
    #[must_use]
    pub fn param(&self, rust: &str) -> Option<&Field> {
        self.params.iter().find(|field| field.rust == rust)
    }
}

/// An HTTP method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `GET`
    Get,
    /// `POST`
    Post,
}

/// What authorises a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// The app's token; the default.
    AccessToken,
    /// Appid and secret travel as parameters; the endpoint has one that is [`Presence::From`] the secret.
    AppSecret,
    /// Only a third-party platform's token will do.
    Authorizer,
    /// The token of the linked official account.
    OfficialAccount,
    /// Nothing.
    None,
}

/// What a third-party platform needs to call for a merchant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PermissionSets {
    /// Any permission set.
    Any,
    /// One of these.
    These(Vec<u32>),
}

/// Whether WeChat takes a call signed and encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// It does not; the default.
    None,
    /// It does.
    Supported,
    /// It takes no other.
    Required,
}

/// What success holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Response {
    /// The envelope alone.
    Nothing,
    /// A picture.
    Image,
    /// Bytes of any kind.
    Bytes,
    /// A file in UTF-8.
    Text,
    /// Any JSON, untyped.
    Json,
    /// A struct named [`Endpoint::response_name`]; at least one field.
    Fields(Vec<Field>),
    /// Bytes, or such a struct.
    BytesOr(Vec<Field>),
}

impl Response {
    /// The fields of the struct that it may hold.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        match self {
            Response::Fields(fields) | Response::BytesOr(fields) => fields,
            _ => &[],
        }
    }
}

/// A signature that the client makes over what it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Signature {
    /// `delivery_sign`: a member of the body, so that the others cover it.
    Delivery,
    /// `pay_sig`: in the query, over path and body.
    Pay,
    /// `signature`: in the query, over the body.
    User,
}

impl Signature {
    /// Its word in the spec, which is its name on the wire too.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Signature::Delivery => "delivery_sign",
            Signature::Pay => "pay_sig",
            Signature::User => "signature",
        }
    }

    /// The wire name of the parameter that holds its key.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Signature::Delivery => "delivery_secret",
            Signature::Pay => "app_key",
            Signature::User => "session_key",
        }
    }
}

/// How an answer's envelope is spelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// Where the code stands; `errcode` as a rule.
    pub code: String,
    /// Where the message stands; `errmsg` as a rule.
    pub message: String,
    /// The codes that mean success; `[0]` as a rule, never empty.
    pub ok: Vec<i64>,
}

impl Default for Envelope {
    fn default() -> Self {
        Self { code: "errcode".into(), message: "errmsg".into(), ok: vec![0] }
    }
}

/// A code that an endpoint may answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointErrCode {
    /// The code.
    pub code: i64,
    /// What it means here, where the endpoint says so itself. What it leaves out is already filled in from
    /// `errcodes.yaml`.
    pub own: Option<Texts>,
}

/// What a code means and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// What kind of trouble it is; `None`: nobody says.
    pub kind: Option<ErrKind>,
    /// Whether repeating the same call can help.
    pub retry: Retry,
    /// What it means, in English.
    pub about: String,
    /// What to do, in English.
    pub remedy: String,
    /// What to do, in Chinese.
    pub zh: String,
}

/// How the next page is asked for, and when there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Paging {
    /// What changes from page to page.
    pub turn: Turn,
    /// Rust name of the parameter that holds the number of rows, a whole number.
    pub limit: Option<String>,
    /// Rust names that lead from the response through its structs to the list of rows.
    pub items: Vec<String>,
    /// The same way to the count of all rows, a whole number.
    pub total: Option<Vec<String>>,
    /// The same way to the count of all pages, a whole number.
    pub pages: Option<Vec<String>>,
    /// The same way to a bool: whether there are more pages.
    pub more: Option<Vec<String>>,
}

/// What changes from page to page. The names are the Rust names of parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn {
    /// How many rows to skip, a whole number.
    Offset {
        /// The parameter.
        start: String,
    },
    /// The page's number, a whole number.
    Page {
        /// The parameter.
        page: String,
        /// The number of the first page.
        first: u32,
    },
    /// A cursor.
    Cursor {
        /// The parameter; a string or a whole number.
        cursor: String,
        /// What the first page is asked for with; `None`: with no cursor at all.
        first: Option<Literal>,
        /// The way to the response's field that holds the next one, of the same type.
        next: Vec<String>,
    },
}

/// Since when something should not be used, and what to use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deprecated {
    /// A date or a version, as WeChat gives it.
    pub since: String,
    /// What to use.
    pub instead: String,
}

/// Where a type is defined.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Home {
    /// In `types.yaml`.
    Shared,
    /// In the file of this group of endpoints.
    Group(String),
    /// In the file of this group of events.
    Events(String),
}

/// Names a type of a group, or a shared one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeRef {
    /// The type's name.
    pub name: String,
    /// Whose type it is.
    pub home: Home,
}

impl TypeRef {
    /// Whether it is a type of `types.yaml`.
    #[must_use]
    pub fn shared(&self) -> bool {
        self.home == Home::Shared
    }
}

/// A struct or an enum.
#[derive(Clone, Debug, PartialEq)]
pub struct Type {
    /// `UpperCamelCase`; unique among the types, requests and responses of its module, and no shared type has
    /// the name of a group's.
    pub name: String,
    /// What it is.
    pub about: String,
    /// Whether a request, or the reply to an event, holds it, directly or within another type.
    pub in_request: bool,
    /// Whether a response or an event holds it, directly or within another type. A type is in at least one of both.
    pub in_response: bool,
    /// What it is made of.
    pub kind: TypeKind,
}

/// What a type is made of.
#[derive(Clone, Debug, PartialEq)]
pub enum TypeKind {
    /// An object.
    Struct {
        /// In file order.
        fields: Vec<Field>,
        /// Rust names of `fields`: exactly one of these sets must be given. Empty: no such rule.
        exclusive: Vec<Vec<String>>,
        /// Rust names of `fields`: at least one of these sets must be given. Empty: no such rule.
        any_of: Vec<Vec<String>>,
    },
    /// An open enum that is sent as a string.
    TextEnum(Vec<Variant<String>>),
    /// An open enum that is sent as a number.
    IntEnum(Vec<Variant<i64>>),
}

/// A value of an enum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant<V> {
    /// What is sent.
    pub value: V,
    /// The Rust name, `UpperCamelCase`, unique in the enum.
    pub name: String,
    /// What it means.
    pub about: String,
}

/// A set of characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charset {
    /// `snake_case`.
    pub name: String,
    /// As the spec writes it, `0-9`, `A-Z` and `a-z` standing for their ranges.
    pub written: String,
    /// Every character of the set once, in order; not empty.
    pub chars: String,
    /// The set in words, for messages and documentation.
    pub about: String,
}

/// A code of `errcodes.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrCode {
    /// The code.
    pub code: i64,
    /// The constant's name, `SCREAMING_SNAKE_CASE`, unique.
    pub name: String,
    /// What kind of trouble it is.
    pub kind: ErrKind,
    /// Whether repeating the same call can help.
    pub retry: Retry,
    /// As WeChat words it, shortened.
    pub message: String,
    /// What it means, in English.
    pub about: String,
    /// What to do, in English.
    pub remedy: String,
    /// What to do, in Chinese.
    pub zh: String,
}

/// What kind of trouble a code stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrKind {
    /// `busy`
    Busy,
    /// `token`
    Token,
    /// `credential`
    Credential,
    /// `permission`
    Permission,
    /// `quota`
    Quota,
    /// `rate`
    Rate,
    /// `parameter`
    Parameter,
    /// `content`
    Content,
    /// `user`
    User,
    /// `duplicate`
    Duplicate,
    /// `not_found`
    NotFound,
    /// `account`
    Account,
    /// `retired`
    Retired,
}

/// Whether repeating the same call can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// No; the default.
    Never,
    /// At once, or nearly.
    Soon,
    /// In a while.
    Later,
}
