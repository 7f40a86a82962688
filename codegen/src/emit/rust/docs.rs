//! The doc comments: an endpoint's page, and a field's line.

use std::fmt::Display;

use super::text::{cell, markdown, sentence};
use crate::model::{
    Api, Constraint, Encryption, Endpoint, Field, Forbid, Group, Keywords, Limit, Literal, PermissionSets, Place,
    Presence, Range, Response, Source, Token, Turn, Ty, Verb, WireForm,
};

/// The page of a request: everything there is to know of the endpoint.
pub(super) fn request(api: &Api, group: &Group, endpoint: &Endpoint) -> String {
    let mut out = format!("{}: {}\n\n", endpoint.title, markdown(&sentence(&endpoint.about)));
    let verb = match endpoint.method {
        Verb::Get => "GET",
        Verb::Post => "POST",
    };
    out += &format!("`{verb} {}`, {}.\n\n", endpoint.path, token(endpoint.token));
    let mut facts = Vec::new();
    if !endpoint.aliases.is_empty() {
        let names: Vec<_> = endpoint.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        facts.push(format!("Also known as {}.", names.join(", ")));
    }
    if !endpoint.limits.is_empty() {
        let limits: Vec<_> = endpoint.limits.iter().map(Limit::to_string).collect();
        // Ids have commas between them already.
        let between = if limits.iter().any(|limit| limit.contains(',')) { "; " } else { ", " };
        facts.push(format!("Limits: {}.", markdown(&limits.join(between))));
    }
    if endpoint.retry_safe {
        facts.push("Repeating the call does no harm.".into());
    }
    match endpoint.encryption {
        Encryption::None => {}
        Encryption::Supported => facts.push("WeChat can take this call signed and encrypted.".into()),
        Encryption::Required => facts.push("WeChat takes this call only signed and encrypted.".into()),
    }
    match &endpoint.permission_sets {
        Some(PermissionSets::Any) => {
            facts.push("A third-party platform may call it for a merchant with any permission set.".into());
        }
        Some(PermissionSets::These(sets)) => {
            let sets: Vec<_> = sets.iter().map(u32::to_string).collect();
            facts.push(format!(
                "A third-party platform may call it for a merchant with permission set {}.",
                sets.join(", ")
            ));
        }
        None => {}
    }
    if !endpoint.sign.is_empty() {
        let each: Vec<_> = endpoint.sign.iter().map(|one| format!("`{}` with `{}`", one.word(), one.key())).collect();
        facts.push(format!("The client signs it: {}.", each.join(", ")));
    }
    if let Some(paging) = &endpoint.paging {
        let by = match &paging.turn {
            Turn::Offset { start } => start,
            Turn::Page { page, .. } => page,
            Turn::Cursor { cursor, .. } => cursor,
        };
        facts.push(format!(
            "Paged by `{by}`: [`pages`](crate::Call::pages) and [`items`](crate::Call::items) of the call go through all."
        ));
    }
    for fact in &facts {
        out += &format!("- {fact}\n");
    }
    if !facts.is_empty() {
        out.push('\n');
    }
    out += &format!("Success answers {}.\n", answer(endpoint));
    for (event, by) in outcomes(api, &endpoint.id) {
        // No link: without the feature `push` it would lead nowhere.
        out += &format!("\nThe outcome arrives later, as the event `weapp::events::{event}` with the same `{by}`.\n");
    }
    if let Some(note) = &endpoint.note {
        out += &format!("\nNote: {}\n", markdown(&sentence(note)));
    }
    if !endpoint.errcodes.is_empty() {
        out += "\n# Errors\n\n| code | meaning | what to do |\n|---|---|---|\n";
        for each in endpoint.errcodes.iter().filter(|each| !endpoint.envelope.ok.contains(&each.code)) {
            let (about, remedy) = match (&each.own, api.errcode(group, each.code)) {
                (Some(own), _) => (&own.about, &own.remedy),
                (None, Some(common)) => (&common.about, &common.remedy),
                (None, None) => continue,
            };
            out += &format!("| {} | {} | {} |\n", each.code, cell(about), cell(remedy));
        }
    }
    if let Some(example) = &endpoint.example {
        let mut seen = example.clone();
        // WeChat sees no keys.
        for field in endpoint.params.iter().filter(|field| field.place == Place::Sign) {
            seen.as_object_mut().map(|members| members.shift_remove(&field.wire));
        }
        let json = serde_json::to_string_pretty(&seen).unwrap_or_default();
        out += &format!("\n# Example\n\nThe parameters as WeChat sees them:\n\n```json\n{json}\n```\n");
    }
    out += &format!("\n[Official page]({})", endpoint.docs);
    out
}

/// The events that tell the outcome of a call, and the field that both have.
fn outcomes<'a>(api: &'a Api, call: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    api.events.iter().flat_map(|group| &group.events).flat_map(move |event| {
        let answers = event.answers.iter().filter(move |answers| answers.call == call);
        answers.map(|answers| (&*event.name, &*answers.by))
    })
}

fn token(token: Token) -> &'static str {
    match token {
        Token::AccessToken => "authorised by the app's access_token",
        Token::AppSecret => "authorised by AppID and AppSecret",
        Token::Authorizer => "authorised by a third-party platform's token for the merchant",
        Token::OfficialAccount => "authorised by the access_token of the linked official account",
        Token::None => "without authorisation",
    }
}

/// What success holds, as a link.
pub(super) fn answer(endpoint: &Endpoint) -> String {
    match &endpoint.response {
        Response::Nothing => "nothing but that it succeeded ([`Nothing`])".into(),
        Response::Image => "an [`Image`]".into(),
        Response::Bytes => "the bytes themselves".into(),
        Response::Text => "the text of a file".into(),
        Response::Json => "any JSON".into(),
        Response::Fields(_) => format!("a [`{}`]", endpoint.response_name),
        Response::BytesOr(_) => format!("[`BytesOr`] bytes or a [`{}`]", endpoint.response_name),
    }
}

/// A field: its text, then wire name, type, presence, constraints, and what else there is to say.
pub(super) fn field(api: &Api, field: &Field, more: Option<String>) -> String {
    let mut out = String::new();
    if let Some(about) = &field.about {
        out += &format!("{}\n\n", markdown(&sentence(about)));
    }
    let mut facts = vec![format!("`{}`: {}", field.wire, markdown(&field.ty.to_string()))];
    match &field.presence {
        Presence::Required => facts.push("required".into()),
        Presence::Always => facts.push("always there".into()),
        _ => {}
    }
    facts.extend(field.constraints.iter().map(|each| constraint(api, &field.ty, each)));
    if let Some(default) = &field.default {
        facts.push(format!("`{default}` when absent"));
    }
    match field.default_from {
        Some(Source::OfficialAccountAppid) => facts.push("the configured official account when absent".into()),
        Some(Source::VirtualPaymentKey) => {
            facts.push("the configured AppKey of virtual payment when absent".into());
        }
        Some(Source::B2bPaymentKey) => facts.push("the configured AppKey of B2b payment when absent".into()),
        Some(Source::Appid | Source::AppSecret) | None => {}
    }
    facts.extend(more);
    match field.wire_form {
        Some(WireForm::Json) => facts.push("JSON in a string on the wire".into()),
        Some(WireForm::Int) => facts.push("0 or 1 on the wire".into()),
        None => {}
    }
    if field.place == Place::Sign {
        facts.push("signs the call and is not sent".into());
    }
    if let Some(other) = &field.yields_to {
        facts.push(format!("not sent when `{other}` is set"));
    }
    out += &sentence(&facts.join("; "));
    if let Some(deprecated) = &field.deprecated {
        out += &format!("\n\nDeprecated: {}", markdown(&sentence(deprecated)));
    }
    if let Some(note) = &field.note {
        out += &format!("\n\nNote: {}", markdown(&sentence(note)));
    }
    out
}

pub(crate) fn constraint(api: &Api, ty: &Ty, constraint: &Constraint) -> String {
    match constraint {
        Constraint::Length(range) => format!("{} characters", span(range)),
        Constraint::Bytes(range) if *ty == Ty::File => format!("a file of {} bytes", span(range)),
        Constraint::Bytes(range) => format!("{} bytes", span(range)),
        Constraint::IntRange(range) => span(range),
        Constraint::FloatRange(range) => span(range),
        Constraint::Items(range) => format!("{} elements", span(range)),
        Constraint::Charset(name) => {
            let about = api.charset(name).map_or("", |charset| &charset.about);
            format!("allowed characters: {}", markdown(about))
        }
        Constraint::Forbid(what) => {
            let what: Vec<_> = what
                .iter()
                .map(|what| match what {
                    Forbid::LeadingSlash => "no leading `/`",
                    Forbid::Query => "no query",
                    Forbid::Control => "no control characters",
                })
                .collect();
            what.join(", ")
        }
        Constraint::RequiredIf(conditions) => format!("required when {}", when(conditions)),
        Constraint::Keywords(Keywords::Subscribe) => "values are checked by the type of their keyword".into(),
    }
}

/// The conditions of a `required_if` in words.
pub(super) fn when(conditions: &[(String, Vec<Literal>)]) -> String {
    let conditions = conditions.iter().map(|(name, values)| {
        let values: Vec<_> = values.iter().map(Literal::to_string).collect();
        format!("`{name}` is {}", values.join(" or "))
    });
    conditions.collect::<Vec<_>>().join(" and ")
}

fn span<T: Display + PartialEq>(range: &Range<T>) -> String {
    match (&range.from, &range.to) {
        (Some(from), Some(to)) if from == to => from.to_string(),
        (Some(from), Some(to)) => format!("{from} to {to}"),
        (Some(from), None) => format!("at least {from}"),
        (None, Some(to)) => format!("at most {to}"),
        (None, None) => "any number of".into(),
    }
}
