//! The doc comments of what WeChat pushes: an event's page, and a reply's.

use super::text::{markdown, sentence};
use crate::model::{Answers, Api, Event, EventGroup, EventKind, Field, Fill, Reply};

/// The page of an event: everything there is to know of it.
pub(super) fn event(api: &Api, group: &EventGroup, event: &Event) -> String {
    let mut out = format!("{}: {}\n\n{}\n\n", event.title, markdown(&sentence(&event.about)), selected(event));
    for answers in &event.answers {
        let Some((call, answered)) = call(api, answers) else { continue };
        let had = if answered { "answered" } else { "was given" };
        out += &format!("- Tells the outcome of {call}, which {had} the same `{}`.\n", answers.by);
    }
    if let Some(wrapper) = &event.wrapper {
        out += &format!("- Its own fields may stand in `{wrapper}`; they are read from there and from beside it.\n");
    }
    let wanted = match group.reply(event) {
        None => "`success`".to_owned(),
        Some(Reply { name, optional: true, .. }) => format!("`success` or a [`{name}`]"),
        Some(Reply { name, .. }) => format!("a [`{name}`]"),
    };
    if event.kind == EventKind::Callback {
        // How long WeChat waits is told of push messages only.
        out += &format!("- WeChat wants {wanted} as the answer, else it comes again.\n");
    } else {
        out += &format!("- WeChat wants {wanted} as the answer, within {}.\n", seconds(event.answer_within));
        let times = event.redeliveries.map(|times| format!(" up to {times} times")).unwrap_or_default();
        out += &format!("- Without an answer it comes again{times}, {}.\n", again(event));
    }
    if let Some(note) = &event.note {
        out += &format!("\nNote: {}\n", markdown(&sentence(note)));
    }
    let json = serde_json::to_string_pretty(&event.sample()).unwrap_or_default();
    out += &format!("\n# Example\n\n```json\n{json}\n```\n");
    out += &format!("\n[Official page]({})", event.docs);
    out
}

/// How the message says that it is this one.
fn selected(event: &Event) -> String {
    let names: Vec<_> = event.wire_names().iter().map(|name| format!("`{name}`")).collect();
    match event.kind {
        EventKind::Event => format!("A push message whose `Event` is {}.", names.join(" or ")),
        EventKind::Message => format!("A push message whose `MsgType` is {}.", names.join(" or ")),
        EventKind::Callback => "A signed callback that is no push message: \
            [`Receiver::callback`](crate::push::Receiver::callback) reads it, and \
            [`Answer::callback`](crate::push::Answer::callback) writes the answer."
            .into(),
    }
}

/// A call as text (its group may be left out, and a link would lead nowhere then), and whether its response has the
/// field that the event shares, else its request.
fn call(api: &Api, answers: &Answers) -> Option<(String, bool)> {
    api.groups.iter().find_map(|group| {
        let endpoint = group.endpoints.iter().find(|endpoint| endpoint.id == answers.call)?;
        let text = format!("`client.{}().{}(…)` (`{}`)", group.name, endpoint.method_name, endpoint.id);
        Some((text, endpoint.response.fields().iter().any(|field| field.wire == answers.by)))
    })
}

/// By what an event that is delivered again can be told.
fn again(event: &Event) -> String {
    let own: Vec<_> = event.distinct_by.iter().map(|wire| format!("`{wire}`")).collect();
    let message_id = event.fields.iter().any(|field| field.wire == "MsgId");
    match (own.as_slice(), message_id) {
        (_, true) => "with the same `MsgId`".into(),
        ([], _) => "word by word the same".into(),
        (own, _) => format!("with the same head and the same {}", own.join(", ")),
    }
}

fn seconds(count: u8) -> String {
    if count == 1 { "a second".into() } else { format!("{count} seconds") }
}

/// The page of a reply.
pub(super) fn reply(group: &EventGroup, reply: &Reply) -> String {
    let mut out = reply.about.as_deref().map(|about| markdown(&sentence(about)) + "\n\n").unwrap_or_default();
    let wanting: Vec<_> = group
        .events
        .iter()
        .filter(|event| event.reply.as_ref() == Some(&reply.name))
        .map(|event| format!("[`{}`]", event.name))
        .collect();
    let instead = if reply.optional { "may be answered with, instead of `success`" } else { "is answered with" };
    out += &format!("What {} {instead}.", wanting.join(" and "));
    if !reply.filled.is_empty() {
        out += "\n\nWhat is taken from the event need not be set.";
    }
    out
}

/// What else there is to say of a reply's field.
pub(super) fn filled(reply: &Reply, field: &Field) -> Option<String> {
    let fill = reply.filled.iter().find(|(rust, _)| *rust == field.rust);
    let initial = reply.initial.iter().find(|(rust, _)| *rust == field.rust);
    match (fill, initial) {
        (Some((_, Fill::Now)), _) => Some("the time of the answer when absent".into()),
        (Some((_, Fill::Field(from))), _) => Some(format!("`{from}` of the event when absent")),
        (None, Some((_, value))) => Some(format!("`{value}` unless set")),
        (None, None) => None,
    }
}
