//! What changed of an endpoint.

use super::fields::{self, Place};
use super::groups::Located;
use super::{Both, Changes, Kind, codes, paging, quoted, word};
use crate::emit::rust::fields::Side;
use crate::model::{Api, Endpoint, Limit, Response, Token};

pub(super) fn compare(apis: Both<'_, Api>, located: Both<'_, Located<'_>>, out: &mut Changes) {
    let place = &located.new.place();
    let both = located.map(|each| each.endpoint);
    names(located, place, out);
    call(both, place, out);
    let parameters = Place { place, word: "parameter" };
    let side = (Side::Request, Side::Request);
    fields::compare(apis, both.map(|each| &each.params[..]), side, &parameters, out);
    for (what, sets) in [("exclusive", both.map(|each| &each.exclusive)), ("any_of", both.map(|each| &each.any_of))] {
        choices(what, sets, place, out);
    }
    response(apis, both, place, out);
    codes::of_endpoint(apis, located, place, out);
    paging::compare(apis, both, place, out);
    deprecated(both, place, out);
    out.texts(
        place,
        "",
        &[
            ("title", both.differ(|each| &each.title)),
            ("about", both.differ(|each| &each.about)),
            ("docs", both.differ(|each| &each.docs)),
            ("note", both.differ(|each| &each.note)),
            ("example", both.differ(|each| &each.example)),
            // The sdk does nothing with them.
            ("permission_sets", both.differ(|each| &each.permission_sets)),
            ("same_url", both.differ(|each| &each.same_url)),
        ],
    );
}

/// What the endpoint is called by.
fn names(located: Both<'_, Located<'_>>, place: &str, out: &mut Changes) {
    let both = located.map(|each| each.endpoint);
    if located.differ(|each| &each.group.name) || both.differ(|each| &each.method_name) {
        let what = format!("was `{}`", located.old.place());
        out.major(Kind::Changed, place, what, "code that calls it by its old name does not compile");
    }
    if both.differ(|each| &each.request_name) {
        let what = format!("the request `{}` is named `{}`", both.old.request_name, both.new.request_name);
        out.major(Kind::Changed, place, what, "code that names the request or its response does not compile");
    }
    let known = |name: &String| both.new.id == *name || both.new.aliases.contains(name);
    let before: Vec<_> = std::iter::once(&both.old.id).chain(&both.old.aliases).collect();
    let gone: Vec<_> = before.iter().filter(|name| !known(name)).collect();
    if !gone.is_empty() {
        let what = format!("the name {} is not known any more", quoted(&gone));
        out.major(Kind::Removed, place, what, "calls by that name stop working");
    }
    let more: Vec<_> = both.new.aliases.iter().filter(|name| !before.contains(name)).collect();
    if !more.is_empty() {
        out.minor(Kind::Added, place, format!("is also known as {}", quoted(&more)));
    }
}

/// How it is called, and how often.
fn call(both: Both<'_, Endpoint>, place: &str, out: &mut Changes) {
    if both.differ(|each| (each.method, &each.path)) {
        let url = |each: &Endpoint| format!("{} {}", word(&each.method).to_uppercase(), each.path);
        out.minor(Kind::Changed, place, format!("calls `{}` instead of `{}`", url(both.new), url(both.old)));
    }
    if both.differ(|each| each.token) {
        let what = format!("is authorised by `{}` instead of `{}`", word(&both.new.token), word(&both.old.token));
        if both.new.token == Token::None {
            out.minor(Kind::Changed, place, what);
        } else {
            let why = "a client that is configured for the old authorisation is refused";
            out.major(Kind::Changed, place, what, why);
        }
    }
    if both.differ(|each| &each.limits) {
        let only = |here: &[Limit], there: &[Limit]| -> Vec<Limit> {
            here.iter().filter(|limit| !there.contains(limit)).cloned().collect()
        };
        let (gone, more) = (only(&both.old.limits, &both.new.limits), only(&both.new.limits, &both.old.limits));
        match (gone.is_empty(), more.is_empty()) {
            // Only their order.
            (true, true) => {}
            (true, false) => out.minor(Kind::Added, place, format!("limit {}", quoted(&more))),
            (false, true) => out.minor(Kind::Removed, place, format!("limit {}", quoted(&gone))),
            (false, false) => {
                out.minor(Kind::Changed, place, format!("limit {} instead of {}", quoted(&more), quoted(&gone)));
            }
        }
    }
    if both.differ(|each| each.encryption) {
        let what =
            format!("encryption is `{}` instead of `{}`", word(&both.new.encryption), word(&both.old.encryption));
        out.minor(Kind::Changed, place, what);
    }
    if both.differ(|each| each.retry_safe) {
        let what = if both.new.retry_safe { "is repeated after failures" } else { "is not repeated any more" };
        out.minor(Kind::Changed, place, what);
    }
    if both.differ(|each| &each.sign) {
        let words = |each: &Endpoint| quoted(&each.sign.iter().map(|sign| sign.word()).collect::<Vec<_>>());
        out.minor(Kind::Changed, place, format!("is signed by {} instead of {}", words(both.new), words(both.old)));
    }
    if both.differ(|each| &each.envelope) {
        out.minor(Kind::Changed, place, "the envelope of its answers is read otherwise");
    }
}

/// Sets of fields between which the caller chooses.
pub(super) fn choices(word: &str, sets: Both<'_, Vec<Vec<String>>>, place: &str, out: &mut Changes) {
    if sets.old == sets.new {
        return;
    }
    let shown = |sets: &[Vec<String>]| sets.iter().map(|set| format!("`{}`", set.join(" + "))).collect::<Vec<_>>();
    let new = shown(sets.new).join(" or ");
    if sets.new.is_empty() {
        out.minor(Kind::Removed, place, format!("the choice (`{word}`) between {}", shown(sets.old).join(" or ")));
    } else {
        let why = "calls that were sent without keeping to the choice are refused";
        out.major(Kind::Changed, place, format!("`{word}`: wants {new}"), why);
    }
}

fn response(apis: Both<'_, Api>, both: Both<'_, Endpoint>, place: &str, out: &mut Changes) {
    let shape = |each: &Endpoint| match &each.response {
        Response::Fields(_) => "fields".to_owned(),
        Response::BytesOr(_) => "bytes or fields".to_owned(),
        other => word(other),
    };
    if both.differ(shape) {
        let what = format!("answers {} instead of {}", shape(both.new), shape(both.old));
        out.major(Kind::Changed, place, what, "the type of its answer is another");
        return;
    }
    let answered = Place { place, word: "answered field" };
    let side = (Side::Response, Side::Response);
    fields::compare(apis, both.map(|each| each.response.fields()), side, &answered, out);
}

fn deprecated(both: Both<'_, Endpoint>, place: &str, out: &mut Changes) {
    match (&both.old.deprecated, &both.new.deprecated) {
        (None, Some(deprecated)) => {
            let what = format!("since {}; instead: {}", deprecated.since, deprecated.instead);
            out.minor(Kind::Deprecated, place, what);
        }
        (Some(_), None) => out.minor(Kind::Changed, place, "is not deprecated any more"),
        (old, new) => out.texts(place, "", &[("deprecated", old != new)]),
    }
}
