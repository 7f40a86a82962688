//! Fields: what they hold, who gives them and what is checked.

use std::fmt;

use super::TypeRef;
#[cfg(doc)]
use super::{Charset, Endpoint, TypeKind};

/// A field of a request, a response or a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The name on the wire, typos of WeChat included.
    pub wire: String,
    /// The Rust name: never a keyword (`type` is `type_`), unique among its siblings.
    pub rust: String,
    /// What it holds.
    pub ty: Ty,
    /// What the name does not say.
    pub about: Option<String>,
    /// Who must give it.
    pub presence: Presence,
    /// What WeChat assumes when the field is absent. Of an enum it is the value, not the variant's name.
    pub default: Option<Literal>,
    /// Where the client's configuration fills in what the caller left out. A parameter, or a field of a struct
    /// that requests hold without a list or a map between.
    pub default_from: Option<Source>,
    /// How the value is written, where its type does not say it all.
    pub wire_form: Option<WireForm>,
    /// Where a parameter travels. Means nothing outside [`Endpoint::params`] (there it is `Body`).
    pub place: Place,
    /// Rust name of the sibling, one that the caller can set, that keeps this field from being sent when set.
    pub yields_to: Option<String>,
    /// Why it is deprecated, and what instead.
    pub deprecated: Option<String>,
    /// A contradiction in the documentation, and what was decided.
    pub note: Option<String>,
    /// What is checked before anything is sent, in the order of the spec's own table.
    pub constraints: Vec<Constraint>,
}

impl Field {
    /// Whether the caller can set it (neither `fixed` nor `from`).
    #[must_use]
    pub fn settable(&self) -> bool {
        !matches!(self.presence, Presence::Fixed(_) | Presence::From(_))
    }
}

/// Who must give a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Presence {
    /// Nobody.
    Optional,
    /// The caller (parameters, and structs used in requests).
    Required,
    /// WeChat always answers it: a response, or a struct that no request holds.
    Always,
    /// Always sent with this value; the caller cannot set it. A parameter, or a field of a request's struct.
    Fixed(Literal),
    /// Always sent, filled from the client's configuration; the caller cannot set it. Only a parameter.
    From(Source),
}

/// What the client's configuration can fill in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The app's id.
    Appid,
    /// The app's secret.
    AppSecret,
    /// The id of the linked official account.
    OfficialAccountAppid,
    /// The AppKey of virtual payment: the sandbox's when the sibling `env`, a whole number, is 1.
    VirtualPaymentKey,
    /// The AppKey of the B2b merchant.
    B2bPaymentKey,
}

/// Where a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the query.
    Query,
    /// In the JSON body.
    Body,
    /// As a part of a multipart form.
    Form,
    /// It is the JSON body.
    WholeBody,
    /// Nowhere: it is the key of a signature.
    Sign,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireForm {
    /// As JSON text in a string.
    Json,
    /// A bool as 0 or 1.
    Int,
}

/// A value written in the spec. Its kind fits the field's type; a whole number for an `f64` is `Float`.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `true`, `false`
    Bool(bool),
    /// A whole number, or a value of an [`TypeKind::IntEnum`].
    Int(i64),
    /// A number for an `f64`.
    Float(f64),
    /// A text, or a value of a [`TypeKind::TextEnum`].
    Text(String),
}

/// For messages and documentation; texts are not quoted.
impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Bool(value) => value.fmt(f),
            Literal::Int(value) => value.fmt(f),
            Literal::Float(value) => value.fmt(f),
            Literal::Text(value) => value.fmt(f),
        }
    }
}

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    /// `String`
    String,
    /// `bool`
    Bool,
    /// `i64`
    I64,
    /// `u64`
    U64,
    /// `u32`
    U32,
    /// `u8`
    U8,
    /// `f64`
    F64,
    /// A string that never prints.
    Secret,
    /// Unix time in seconds.
    Timestamp,
    /// Unix time in milliseconds.
    TimestampMs,
    /// Any JSON.
    Json,
    /// A part of a multipart form; only where [`Place::Form`] is.
    File,
    /// A URL, or bytes that the client hosts first; a parameter in a JSON body, one of an endpoint at most.
    HostedFile,
    /// `{keyword: {value, color?}}`; only in requests.
    TemplateData,
    /// `Vec<T>`
    List(Box<Ty>),
    /// `BTreeMap<String, T>`
    Map(Box<Ty>),
    /// A [`TypeKind::Struct`].
    Struct(TypeRef),
    /// A [`TypeKind::TextEnum`] or [`TypeKind::IntEnum`].
    Enum(TypeRef),
}

/// As the spec writes it: `[string]`, `map<u32>`, `LineColor`.
impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ty::String => "string",
            Ty::Bool => "bool",
            Ty::I64 => "i64",
            Ty::U64 => "u64",
            Ty::U32 => "u32",
            Ty::U8 => "u8",
            Ty::F64 => "f64",
            Ty::Secret => "secret",
            Ty::Timestamp => "timestamp",
            Ty::TimestampMs => "timestamp_ms",
            Ty::Json => "json",
            Ty::File => "file",
            Ty::HostedFile => "hosted_file",
            Ty::TemplateData => "template_data",
            Ty::List(inner) => return write!(f, "[{inner}]"),
            Ty::Map(inner) => return write!(f, "map<{inner}>"),
            Ty::Struct(reference) | Ty::Enum(reference) => &reference.name,
        })
    }
}

/// What is checked of a field before anything is sent. On a list or a map, all but [`Constraint::Items`] and
/// [`Constraint::RequiredIf`] are never used.
#[derive(Clone, Debug, PartialEq)]
pub enum Constraint {
    /// Characters of a string or secret.
    Length(Range<u64>),
    /// Bytes of a string, a secret (UTF-8) or a file.
    Bytes(Range<u64>),
    /// The value of a whole number.
    IntRange(Range<i64>),
    /// The value of an `f64`.
    FloatRange(Range<f64>),
    /// The number of a list's elements.
    Items(Range<u64>),
    /// The name of the [`Charset`] that all characters must be in.
    Charset(String),
    /// What the string must not hold; not empty.
    Forbid(Vec<Forbid>),
    /// Required when each of these siblings (Rust names; the caller can set them) has one of its values; an absent
    /// sibling counts as its default.
    RequiredIf(Vec<(String, Vec<Literal>)>),
    /// How the keywords of a [`Ty::TemplateData`] are checked.
    Keywords(Keywords),
}

/// `FROM..TO`, both ends included; at least one end is there.
#[derive(Clone, Debug, PartialEq)]
pub struct Range<T> {
    /// The least value.
    pub from: Option<T>,
    /// The greatest value.
    pub to: Option<T>,
}

/// What a string must not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forbid {
    /// A `/` at the start.
    LeadingSlash,
    /// A `?`.
    Query,
    /// Control characters.
    Control,
}

/// How the keywords of template data are checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keywords {
    /// By the limits of subscription messages (`thing1`: 20 characters).
    Subscribe,
}
