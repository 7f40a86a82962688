//! What is wrong between the words of one endpoint.

use crate::diagnostic::Diagnostics;
use crate::model::{Endpoint, Field, Place, Presence, Signature, Source, Token, Ty, Verb};
use crate::spec::record::Record;

pub(crate) fn check(endpoint: &Endpoint, record: &Record<'_>, out: &mut Diagnostics) {
    secret(endpoint, record, out);
    form(endpoint, record, out);
    hosted(endpoint, record, out);
    whole_body(endpoint, record, out);
}

/// What is the body leaves no room in it.
fn whole_body(endpoint: &Endpoint, record: &Record<'_>, out: &mut Diagnostics) {
    let Some(body) = endpoint.params.iter().find(|field| field.place == Place::WholeBody) else { return };
    let in_body = |field: &&Field| matches!(field.place, Place::Body | Place::Form | Place::WholeBody);
    for field in endpoint.params.iter().filter(in_body).filter(|field| field.wire != body.wire) {
        let what = format!("`{}` travels in the body, which is `{}` as a whole", field.wire, body.wire);
        out.add(record.file, line_of(record, &field.wire), what, "write `in: query`");
    }
    if endpoint.sign.contains(&Signature::Delivery) {
        let what = format!("`delivery_sign` is a member of the body, which is `{}` as a whole", body.wire);
        out.add(record.file, record.line_of("sign"), what, "remove it");
    }
}

/// The client hosts one file of a request.
fn hosted(endpoint: &Endpoint, record: &Record<'_>, out: &mut Diagnostics) {
    let mut files = endpoint.params.iter().filter(|field| field.ty == Ty::HostedFile);
    let Some(first) = files.next() else { return };
    for field in files {
        let what = format!("`{}` and `{}` are both `hosted_file`, and a request has one", first.wire, field.wire);
        out.add(record.file, line_of(record, &field.wire), what, "make one of both a `string`");
    }
}

/// An endpoint takes the AppSecret as a parameter, or it does not: both places must agree.
fn secret(endpoint: &Endpoint, record: &Record<'_>, out: &mut Diagnostics) {
    let mut carriers = endpoint.params.iter().filter(|field| field.presence == Presence::From(Source::AppSecret));
    let carrier = carriers.next();
    match (endpoint.token == Token::AppSecret, carrier) {
        (true, None) => out.add(
            record.file,
            record.line_of("token"),
            format!("`{}` is authorised by the AppSecret and no parameter carries it", endpoint.id),
            "add `secret: { type: secret, from: app_secret }` to `params`",
        ),
        (false, Some(field)) => out.add(
            record.file,
            line_of(record, &field.wire),
            format!("`{}` carries the AppSecret and `token` is not `app_secret`", field.wire),
            "write `token: app_secret`",
        ),
        _ => {}
    }
}

/// A body is a form or JSON, not both.
fn form(endpoint: &Endpoint, record: &Record<'_>, out: &mut Diagnostics) {
    // That a GET has neither has been told.
    if endpoint.method == Verb::Get || endpoint.params.iter().all(|field| field.place != Place::Form) {
        return;
    }
    for field in endpoint.params.iter().filter(|field| field.place == Place::Body) {
        let what = format!("`{}` travels in a JSON body beside parameters that travel in a form", field.wire);
        out.add(record.file, line_of(record, &field.wire), what, "write `in: form` or `in: query`");
    }
}

fn line_of(endpoint: &Record<'_>, wire: &str) -> usize {
    endpoint.entries("params").iter().find(|entry| entry.key == wire).map_or(endpoint.line, |entry| entry.line)
}
