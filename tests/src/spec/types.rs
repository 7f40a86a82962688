//! Fields, types and constraints.

use serde_json::Value;

/// What a field holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    /// A text.
    String,
    /// A text that never prints.
    Secret,
    /// True or false.
    Bool,
    /// A whole number.
    I64,
    /// A whole number from 0.
    U64,
    /// The same, of 32 bits.
    U32,
    /// The same, of 8 bits.
    U8,
    /// A number with a fraction.
    F64,
    /// Unix time in seconds, or in milliseconds: a whole number.
    Time {
        /// Whether it counts milliseconds.
        millis: bool,
    },
    /// Anything.
    Json,
    /// A part of a form.
    File,
    /// A URL.
    HostedFile,
    /// Keywords and their values.
    TemplateData,
    /// A list.
    List(Box<Ty>),
    /// An object with free keys.
    Map(Box<Ty>),
    /// A type of [`Spec::types`](super::Spec::types).
    Named(usize),
}

/// A type of the spec.
#[derive(Debug)]
pub enum TypeDef {
    /// A struct.
    Struct(Struct),
    /// An enum that travels as a string.
    TextEnum(Vec<String>),
    /// An enum that travels as a number.
    IntEnum(Vec<i64>),
}

/// A struct of the spec.
#[derive(Debug)]
pub struct Struct {
    /// Its fields.
    pub fields: Vec<Field>,
    /// What of them must be given together, or not.
    pub choices: Choices,
}

/// Sets of fields between which a caller chooses.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    /// Exactly one of these must be given.
    pub exclusive: Vec<Vec<String>>,
    /// At least one of these must be given.
    pub any_of: Vec<Vec<String>>,
}

/// `FROM..TO`, both ends included.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    from: Option<String>,
    to: Option<String>,
}

impl Bounds {
    /// Reads `FROM..TO`.
    pub fn parse(text: &str) -> Self {
        let (from, to) = text.split_once("..").unwrap_or_else(|| panic!("{text:?} is no range"));
        let end = |end: &str| (!end.trim().is_empty()).then(|| end.trim().to_owned());
        Self { from: end(from), to: end(to) }
    }

    /// The lower end.
    pub fn from<T: std::str::FromStr>(&self) -> Option<T> {
        read(self.from.as_deref())
    }

    /// The upper end.
    pub fn to<T: std::str::FromStr>(&self) -> Option<T> {
        read(self.to.as_deref())
    }
}

fn read<T: std::str::FromStr>(end: Option<&str>) -> Option<T> {
    end.map(|end| end.parse().unwrap_or_else(|_| panic!("{end:?} is no end of a range of this type")))
}

/// Where a parameter travels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// In the query string.
    Query,
    /// In the JSON body.
    Body,
    /// In a multipart form.
    Form,
    /// It is the JSON body.
    WholeBody,
    /// Nowhere: it is the key of a signature.
    Sign,
}

/// How a value is written, where not as its type says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum WireForm {
    /// As JSON text in a string.
    Json,
    /// As 0 or 1.
    Int,
}

/// What of the configuration fills a field that the caller left out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// The official account's AppID.
    OfficialAccount,
    /// The AppKey of virtual payment, or that of its sandbox.
    VirtualPayment,
    /// The AppKey of B2b payment.
    B2bPayment,
}

/// What fills a field that the caller does not set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum From {
    /// The configured AppID.
    Appid,
    /// The configured AppSecret.
    AppSecret,
}

/// What a text must not hold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Forbid {
    /// A slash in front.
    LeadingSlash,
    /// A question mark.
    Query,
    /// Control characters.
    Control,
}

/// A field of a request, a response or a struct.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name on the wire.
    pub wire: String,
    /// What it holds.
    pub ty: Ty,
    /// Whether the caller must give it.
    pub required: bool,
    /// Whether WeChat always answers it.
    pub always: bool,
    /// What WeChat assumes when it is absent.
    pub default: Option<Value>,
    /// What is always sent.
    pub fixed: Option<Value>,
    /// What of the configuration is always sent.
    pub from: Option<From>,
    /// What of the configuration fills it when it is absent.
    pub default_from: Option<Source>,
    /// How its value is written.
    pub wire_form: Option<WireForm>,
    /// Where it is said to travel.
    pub place: Option<Place>,
    /// The sibling that silences it.
    pub yields_to: Option<String>,
    /// Characters.
    pub length: Option<Bounds>,
    /// Bytes.
    pub bytes: Option<Bounds>,
    /// Values.
    pub range: Option<Bounds>,
    /// Elements.
    pub items: Option<Bounds>,
    /// The characters that may occur.
    pub charset: Option<String>,
    /// What must not occur.
    pub forbid: Vec<Forbid>,
    /// Siblings and the values of each that make it required, one of which will do.
    pub required_if: Vec<(String, Vec<Value>)>,
    /// Whether its keywords are those of subscribe messages.
    pub subscribe_keywords: bool,
}

impl Field {
    /// Whether a caller can set it.
    pub fn settable(&self) -> bool {
        self.fixed.is_none() && self.from.is_none()
    }

    /// Whether it holds one text.
    pub fn is_text(&self) -> bool {
        matches!(self.ty, Ty::String | Ty::Secret)
    }

    /// Whether a character may occur in it.
    pub fn allows(&self, character: char) -> bool {
        self.charset.as_ref().is_none_or(|set| set.contains(character))
            && !(self.forbid.contains(&Forbid::Query) && character == '?')
            && !(self.forbid.contains(&Forbid::Control) && character.is_control())
    }

    /// Whether any constraint but presence is put on it.
    pub fn is_constrained(&self) -> bool {
        self.length.is_some()
            || self.bytes.is_some()
            || self.range.is_some()
            || self.items.is_some()
            || self.charset.is_some()
            || !self.forbid.is_empty()
            || self.subscribe_keywords
    }
}
