//! Fields of requests, answers and types: what they hold, where they travel, and their constraints.

use std::collections::BTreeSet;

use serde_json::Value;

#[derive(Debug)]
pub(in crate::mock) struct Field {
    pub(in crate::mock) name: String,
    pub(in crate::mock) about: String,
    pub(in crate::mock) kind: Kind,
    pub(in crate::mock) place: Place,
    pub(in crate::mock) required: bool,
    pub(in crate::mock) default: Option<Value>,
    pub(in crate::mock) fixed: Option<Value>,
    pub(in crate::mock) from: Option<From>,
    pub(in crate::mock) key: Option<Key>,
    pub(in crate::mock) wire: Option<Form>,
    pub(in crate::mock) rules: Rules,
}

/// How a value is written where that is not the way of its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mock) enum Form {
    /// As JSON in a text.
    Json,
    /// A bool as 0 or 1.
    Int,
}

/// Which of an app's payment keys signs a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mock) enum Key {
    VirtualPayment,
    B2b,
}

/// Which part of a request's configuration fills a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mock) enum From {
    AppId,
    AppSecret,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::mock) enum Place {
    Query,
    Body,
    Form,
    WholeBody,
    /// Nowhere: it is the key of a signature.
    Sign,
}

/// The constraints of a field.
#[derive(Debug, Default)]
pub(in crate::mock) struct Rules {
    pub(in crate::mock) length: Option<Span>,
    pub(in crate::mock) bytes: Option<Span>,
    pub(in crate::mock) range: Option<Span>,
    pub(in crate::mock) items: Option<Span>,
    /// The allowed characters, spelled out.
    pub(in crate::mock) charset: Option<BTreeSet<char>>,
    pub(in crate::mock) forbid: Vec<String>,
    /// Each sibling with the values of which one makes the field required.
    pub(in crate::mock) required_if: Vec<(String, Vec<Value>)>,
    pub(in crate::mock) subscribe_keywords: bool,
}

/// `FROM..TO`, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::mock) struct Span {
    pub(in crate::mock) from: f64,
    pub(in crate::mock) to: f64,
}

impl Span {
    pub(super) fn read(value: Option<&Value>) -> Option<Self> {
        let (from, to) = value?.as_str()?.split_once("..")?;
        let end = |text: &str, open: f64| if text.is_empty() { Some(open) } else { text.parse().ok() };
        Some(Self { from: end(from, f64::NEG_INFINITY)?, to: end(to, f64::INFINITY)? })
    }

    pub(in crate::mock) fn contains(self, value: f64) -> bool {
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
pub(in crate::mock) enum Kind {
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
