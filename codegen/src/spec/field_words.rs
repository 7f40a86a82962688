//! The words of a field, which differ by where the field stands.

use super::differs;
use super::pattern;
use super::words::{Shape, Word, Words, may, must};

/// A field of `params`.
pub(crate) static PARAMETER: Words = Words {
    name: "parameter",
    what: "a parameter",
    kin: &[&ANSWER, &MEMBER],
    tables: &[FIELD, FORM, REQUEST, PARAMETER_ONLY, CONSTRAINTS],
};

/// A field of `response`.
pub(crate) static ANSWER: Words = Words {
    name: "response_field",
    what: "a response's field",
    kin: &[&PARAMETER, &MEMBER],
    tables: &[FIELD, FORM_OF_ANSWERS, RESPONSE_WORDS],
};

/// A field of a type.
pub(crate) static MEMBER: Words = Words {
    name: "type_field",
    what: "a type's field",
    kin: &[&PARAMETER, &ANSWER],
    tables: &[FIELD, FORM, REQUEST, DEFAULT_FROM, RESPONSE_WORDS, CONSTRAINTS],
};

pub(super) const FIELD: &[Word] = &[
    must("type", Shape::Type, "What it holds."),
    may("about", Shape::Text, "What the name does not say."),
    may("rust", Shape::Form(&pattern::SNAKE), "The Rust name, where it is not the wire name in snake_case."),
    may("deprecated", Shape::Text, "Why, and what instead."),
    may("note", Shape::Text, "A contradiction in the documentation, and what was decided."),
    may("differs", Shape::List(&differs::OF_FIELD), "In what it differs from the page, on purpose; see `note`."),
];

pub(super) const FORM: &[Word] = &[may(
    "wire",
    Shape::Choice(&["json", "int"]),
    "How it is written: `json`, as JSON text in a string; `int`, a bool as 0 or 1.",
)];

pub(super) const FORM_OF_ANSWERS: &[Word] =
    &[may("wire", Shape::Choice(&["json"]), "It comes as JSON text in a string; it may come as it is.")];

pub(super) const REQUEST: &[Word] = &[
    may("required", Shape::Yes, "The caller must give it."),
    may("default", Shape::Scalar, "What WeChat assumes when the field is absent."),
    may("fixed", Shape::Scalar, "Always sent, cannot be set."),
    may("yields_to", Shape::Text, "Not sent when that field of the same struct is set."),
];

const DEFAULT_FROM: &[Word] = &[may(
    "default_from",
    Shape::Choice(&["official_account_appid"]),
    "Filled from the client's configuration when absent; can be set.",
)];

const PARAMETER_ONLY: &[Word] = &[
    may(
        "default_from",
        Shape::Choice(&["official_account_appid", "virtual_payment_key", "b2b_payment_key"]),
        "Filled from the client's configuration when absent; can be set.",
    ),
    may(
        "from",
        Shape::Choice(&["appid", "app_secret"]),
        "Always sent, filled from the client's configuration, cannot be set.",
    ),
    may(
        "in",
        Shape::Choice(&["query", "body", "form", "whole_body", "sign"]),
        "Where it travels; `query` for GET and `body` for POST when absent.",
    ),
];

pub(super) const RESPONSE_WORDS: &[Word] =
    &[may("always", Shape::Yes, "WeChat always answers it; a missing one is an error that names it.")];

pub(super) const CONSTRAINTS: &[Word] = &[
    may("length", Shape::Range, "Characters of a string or secret."),
    may("bytes", Shape::Range, "Bytes of a string, secret or file."),
    may("range", Shape::Range, "The value of a number."),
    may("items", Shape::Range, "The number of a list's elements."),
    may("charset", Shape::Text, "The character set of types.yaml that all characters must be in."),
    may(
        "forbid",
        Shape::List(&Shape::Choice(&["leading_slash", "query", "control"])),
        "What the string must not hold.",
    ),
    may(
        "required_if",
        Shape::Map(&pattern::ANY, &Shape::Either(&[Shape::Scalar, Shape::List(&Shape::Scalar)])),
        "Required when all these siblings have these values, or one of several.",
    ),
    may("keywords", Shape::Choice(&["subscribe"]), "How the keywords of template data are checked."),
];
