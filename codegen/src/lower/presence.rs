//! Who gives a field, and where it travels.

use super::fields::At;
use super::ty::holds;
use crate::diagnostic::Diagnostics;
use crate::model::{Literal, Place, Presence, Source, Ty, Verb};
use crate::spec::record::Record;

/// Words that contradict each other on one field. The second of a pair is the one to remove.
const CONTRADICTIONS: [(&str, &[&str]); 6] = [
    ("fixed", &["from", "required", "always", "default", "default_from", "yields_to", "required_if"]),
    ("from", &["required", "default", "default_from", "yields_to", "required_if"]),
    ("required", &["always", "default", "yields_to", "required_if"]),
    ("default", &["default_from"]),
    ("always", &["yields_to"]),
    // A value that is fixed is written as it is, and what yields is written so in structs too.
    ("wire", &["fixed", "yields_to"]),
];

pub(crate) fn presence(field: &Record<'_>, ty: Option<&Ty>, fixed: Option<Literal>, out: &mut Diagnostics) -> Presence {
    for (word, others) in CONTRADICTIONS.iter().filter(|(word, _)| field.has(word)) {
        for other in others.iter().filter(|other| field.has(other)) {
            let what = format!("`{word}` and `{other}` of `{}` contradict each other", field.key);
            out.add(field.file, field.line_of(other), what, "remove one of both");
        }
    }
    for (word, source, wanted) in [
        ("from", "appid", Ty::String),
        ("from", "app_secret", Ty::Secret),
        ("default_from", "official_account_appid", Ty::String),
        ("default_from", "virtual_payment_key", Ty::Secret),
        ("default_from", "b2b_payment_key", Ty::Secret),
    ] {
        if field.text(word) == Some(source) && ty.is_some_and(|ty| *ty != wanted) {
            let what = format!("`{}` is filled with a `{wanted}` and has another type", field.key);
            out.add(field.file, field.line_of("type"), what, format!("write `type: {wanted}`"));
        }
    }
    match (fixed, field.text("from")) {
        (Some(literal), _) => Presence::Fixed(literal),
        (None, Some("app_secret")) => Presence::From(Source::AppSecret),
        (None, Some(_)) => Presence::From(Source::Appid),
        // Without its key nothing is signed, and nothing unsigned is worth sending.
        (None, None) if field.text("in") == Some("sign") => Presence::Required,
        (None, None) if field.yes("required") => Presence::Required,
        (None, None) if field.yes("always") => Presence::Always,
        (None, None) => Presence::Optional,
    }
}

/// Where a parameter travels, and whether a value of its type can.
pub(crate) fn places(field: &Record<'_>, ty: Option<&Ty>, at: At, out: &mut Diagnostics) -> Place {
    let At::Params(verb) = at else {
        return Place::Body;
    };
    let place = match (field.text("in"), verb) {
        (Some("query"), _) | (None, Verb::Get) => Place::Query,
        (Some("form"), _) => Place::Form,
        (Some("whole_body"), _) => Place::WholeBody,
        (Some("sign"), _) => Place::Sign,
        _ => Place::Body,
    };
    if verb == Verb::Get && !matches!(place, Place::Query | Place::Sign) {
        let what = format!("`{}` travels in the body of a GET, which has none", field.key);
        out.add(field.file, field.line_of("in"), what, "write `in: query` or `method: POST`");
        return place;
    }
    let Some(ty) = ty else { return place };
    let line = field.line_of("type");
    if place != Place::Form && *ty == Ty::File {
        out.add(field.file, line, format!("the file `{}` is not in a form", field.key), "write `in: form`");
    } else if place == Place::Sign && *ty != Ty::Secret {
        out.add(field.file, line, format!("the key `{}` is no secret", field.key), "write `type: secret`");
    } else if matches!(place, Place::Query | Place::Form)
        && holds(ty, &only_in_json)
        && field.text("wire") != Some("json")
    {
        let where_ = if place == Place::Query { "query" } else { "form" };
        let what = format!("`{}` is `{ty}`, which cannot travel in a {where_}", field.key);
        out.add(field.file, line, what, "write `type: string` and say in `about` what it holds");
    }
    place
}

/// What is more than one text, or has none until it is hosted.
fn only_in_json(ty: &Ty) -> bool {
    matches!(ty, Ty::List(_) | Ty::Map(_) | Ty::Struct(_) | Ty::Json | Ty::TemplateData | Ty::HostedFile)
}
