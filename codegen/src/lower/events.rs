//! What WeChat pushes: events, their heads and the replies they want.

use super::fields::{At, fields, value};
use super::names::Names;
use super::ty::holds;
use super::types::{type_, values};
use super::{EventsOrigin, Scope, stem};
use crate::diagnostic::{Diagnostics, did_you_mean};
use crate::model::{
    ANSWER_WITHIN, Answers, Constraint, Deprecated, Event, EventGroup, EventKind, Field, Fill, Home, Literal, Place,
    Presence, Reply, Ty, Type, TypeRef,
};
use crate::naming;
use crate::spec::files::File;
use crate::spec::record::Record;
use crate::spec::tree::{Entry, Kind, Node};

pub(crate) fn group<'a>(
    file: &'a File,
    record: &Record<'a>,
    names: &Names<'_>,
    out: &mut Diagnostics,
) -> (EventGroup, EventsOrigin<'a>) {
    let name = stem(file, record, out);
    if let Some(why) = naming::event_module_taken(name) {
        let what = format!("no group of events can be named `{name}`: that is {why}");
        out.add(record.file, record.line_of("group"), what, "rename the group and the file");
    }
    let home = Home::Events(name.to_owned());
    let scope = Scope { names, home: &home };
    let shared: Vec<_> = record.records("replies").collect();
    let mut replies: Vec<_> = shared.iter().map(|each| reply(each, each.key, &scope, out)).collect();
    let mut origin = EventsOrigin {
        file: *record,
        types: record.records("types").collect(),
        replies: shared,
        events: record.records("events").collect(),
    };
    let mut events = Vec::new();
    for record in &origin.events {
        let mut event = event(record, &scope, out);
        if let Some(own) = record.record("reply") {
            let name = own.string("name").unwrap_or_else(|| format!("{}Reply", event.name));
            event.reply = Some(name.clone());
            replies.push(reply(&own, &name, &scope, out));
            origin.replies.push(own);
        } else if let Some(shared) = record.text("reply") {
            let known: Vec<_> = origin.file.entries("replies").iter().map(|entry| entry.key.as_str()).collect();
            if !known.contains(&shared) {
                let remedy = did_you_mean(shared, known, "define it under `replies`, or write the reply here");
                let what = format!("`reply` names `{shared}`, which is none of the file's `replies`");
                out.add(record.file, record.line_of("reply"), what, remedy);
            }
        }
        events.push(event);
    }
    let group = EventGroup {
        name: name.to_owned(),
        title: record.required("title"),
        about: record.required("about"),
        types: origin.types.iter().map(|record| type_(record, &scope, out)).collect(),
        replies,
        events,
    };
    (group, origin)
}

fn event(record: &Record<'_>, scope: &Scope<'_>, out: &mut Diagnostics) -> Event {
    let name = record.string("name").unwrap_or_else(|| naming::type_name(record.key));
    if record.text("name").is_some_and(|said| said == naming::type_name(record.key)) {
        let what = format!("`name: {name}` says what `{}` gives anyway", record.key);
        out.add(record.file, record.line_of("name"), what, "remove `name`");
    }
    let kind = match record.text("kind") {
        Some("message") => EventKind::Message,
        Some("callback") => EventKind::Callback,
        _ => EventKind::Event,
    };
    let names = several(record, &name, kind, out);
    let own = fields(record, "fields", At::Event, scope, out);
    let head = head(record, kind, names.as_ref(), &own, scope, out);
    let answer_within = small(record, "answer_within", 60, "write the seconds, from 1 to 60", out);
    let redeliveries = small(record, "redeliveries", 100, "write the number of times, from 1 to 100", out);
    Event {
        id: record.key.to_owned(),
        title: record.required("title"),
        about: record.required("about"),
        docs: record.required("docs"),
        kind,
        answers: answers(record),
        wrapper: wrapper(record, kind, &own, out),
        distinct_by: distinct_by(record, &own, out),
        answer_within: answer_within.unwrap_or(ANSWER_WITHIN),
        redeliveries,
        reply: record.string("reply"),
        deprecated: record.record("deprecated").map(|deprecated| Deprecated {
            since: deprecated.required("since"),
            instead: deprecated.required("instead"),
        }),
        note: record.string("note"),
        example: record.node("example").map(Node::to_json).unwrap_or_default(),
        fields: own,
        head,
        names,
        name,
    }
}

/// The enum of the values of `Event`, where several share the struct.
fn several(record: &Record<'_>, name: &str, kind: EventKind, out: &mut Diagnostics) -> Option<Type> {
    let node = record.node("names")?;
    let line = record.line_of("names");
    if kind != EventKind::Event {
        let what = format!("`{}` is no event, and has no `names`", record.key);
        out.add(record.file, line, what, "make each its own, and remove `names`");
    }
    let listed = node.list().iter().filter_map(|node| {
        let about = Node { line: node.line, kind: Kind::Text(String::new()) };
        Some(Entry { key: node.as_text()?.to_owned(), number: None, line: node.line, value: about })
    });
    let mapped = node.as_map().into_iter().flat_map(|map| &map.0).map(|entry| Entry { number: None, ..entry.clone() });
    let entries: Vec<_> = listed.chain(mapped).collect();
    if entries.len() == 1 {
        let what = format!("`names` of `{}` holds one name", record.key);
        out.add(record.file, line, what, "make that the key, and remove `names`");
    }
    Some(Type {
        name: format!("{name}Event"),
        about: format!("What happened: the values of `Event` that come as a [`{name}`]"),
        in_request: false,
        in_response: true,
        kind: values(record, &entries, out),
    })
}

/// What stands in every push message. What selects the struct cannot be told otherwise, the rest can.
fn head(
    record: &Record<'_>,
    kind: EventKind,
    names: Option<&Type>,
    own: &[Field],
    scope: &Scope<'_>,
    out: &mut Diagnostics,
) -> Vec<Field> {
    if kind == EventKind::Callback {
        return Vec::new();
    }
    for field in record.records("fields").filter(|field| matches!(field.key, "MsgType" | "Event")) {
        let what = format!("`{}` selects the struct, and is a field of each event", field.key);
        out.add(field.file, field.line, what, "remove it");
    }
    let always =
        |wire: &str, ty: Ty, about: &str| Field { about: Some(about.to_owned()), ..bare(wire, ty, Presence::Always) };
    let fixed = |wire: &str, value: &str| bare(wire, Ty::String, Presence::Fixed(Literal::Text(value.to_owned())));
    let sender = if kind == EventKind::Message {
        "The user's openid"
    } else {
        "Who sent it: a user's openid, or an account of WeChat's"
    };
    let mut head = vec![
        always("ToUserName", Ty::String, "The original id (`gh_…`) of the account that it is for"),
        always("FromUserName", Ty::String, sender),
        always("CreateTime", Ty::Timestamp, "When WeChat made it"),
    ];
    match (kind, names) {
        (EventKind::Message, _) => head.push(fixed("MsgType", record.key)),
        (_, None) => head.extend([fixed("MsgType", "event"), fixed("Event", record.key)]),
        (_, Some(names)) => {
            let reference = TypeRef { name: names.name.clone(), home: scope.home.clone() };
            head.extend([fixed("MsgType", "event"), always("Event", Ty::Enum(reference), "Which of the events it is")]);
        }
    }
    head.retain(|field| own.iter().all(|own| own.wire != field.wire));
    for field in own.iter().filter(|own| head.iter().any(|head| head.settable() && head.rust == own.rust)) {
        let line = record.records("fields").find(|each| each.key == field.wire).map_or(record.line, |each| each.line);
        let what = format!("`{}` has the Rust name `{}`, which is a field of each event", field.wire, field.rust);
        out.add(record.file, line, what, "give it another name with `rust:`");
    }
    head
}

fn bare(wire: &str, ty: Ty, presence: Presence) -> Field {
    Field {
        wire: wire.to_owned(),
        rust: naming::field_name(wire),
        ty,
        about: None,
        presence,
        default: None,
        default_from: None,
        wire_form: None,
        place: Place::Body,
        yields_to: None,
        deprecated: None,
        note: None,
        constraints: Vec::<Constraint>::new(),
    }
}

/// One map, or a list of them.
fn answers(record: &Record<'_>) -> Vec<Answers> {
    let Some(node) = record.node("answers") else { return Vec::new() };
    let one = |node: &Node| {
        let text = |word: &str| Some(node.as_map()?.get(word)?.as_text()?.to_owned());
        Some(Answers { call: text("call")?, by: text("by")? })
    };
    if node.as_map().is_some() { one(node).into_iter().collect() } else { node.list().iter().filter_map(one).collect() }
}

fn wrapper(record: &Record<'_>, kind: EventKind, own: &[Field], out: &mut Diagnostics) -> Option<String> {
    let wrapper = record.string("wrapper")?;
    let line = record.line_of("wrapper");
    if kind == EventKind::Callback {
        let what = format!("`{}` is a callback, whose fields stand by themselves", record.key);
        out.add(record.file, line, what, "remove `wrapper`, or make the object a field");
    } else if own.is_empty() {
        let what = format!("`{}` has no fields of its own for a wrapper to hold", record.key);
        out.add(record.file, line, what, "remove `wrapper`, or add `fields`");
    } else if own.iter().any(|field| field.wire == wrapper) {
        let what = format!("`{wrapper}` is both a field and the wrapper of fields");
        out.add(record.file, line, what, "remove one of both");
    }
    Some(wrapper)
}

/// A number from 1 to `most`.
fn small(record: &Record<'_>, word: &str, most: u8, remedy: &str, out: &mut Diagnostics) -> Option<u8> {
    let value = record.node(word).and_then(Node::as_int)?;
    let fits = u8::try_from(value).ok().filter(|value| (1..=most).contains(value));
    if fits.is_none() {
        out.add(record.file, record.line_of(word), format!("`{word}` is {value}, out of reach"), remedy);
    }
    fits
}

fn distinct_by(record: &Record<'_>, own: &[Field], out: &mut Diagnostics) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for node in record.list("distinct_by") {
        let Some(name) = node.as_text() else { continue };
        let whole = |ty: &Ty| matches!(ty, Ty::List(_) | Ty::Map(_) | Ty::Struct(_) | Ty::Json);
        match own.iter().find(|field| field.wire == name) {
            None => {
                let known = own.iter().map(|field| field.wire.as_str());
                let remedy = did_you_mean(name, known, "name an own field as it is on the wire");
                let what = format!("`distinct_by` names `{name}`, which is no own field of the event");
                out.add(record.file, node.line, what, remedy);
            }
            Some(field) if holds(&field.ty, &whole) => {
                let what = format!("`distinct_by` names `{name}`, a `{}`", field.ty);
                out.add(record.file, node.line, what, "name a field that holds one text or number");
            }
            Some(_) if names.iter().any(|known| known == name) => {
                out.add(record.file, node.line, format!("`distinct_by` names `{name}` twice"), "remove one of both");
            }
            Some(_) => names.push(name.to_owned()),
        }
    }
    names
}

fn reply(record: &Record<'_>, name: &str, scope: &Scope<'_>, out: &mut Diagnostics) -> Reply {
    let list = fields(record, "fields", At::Reply, scope, out);
    let mut filled = Vec::new();
    let mut initial = Vec::new();
    for (field, record) in list.iter().zip(record.records("fields")) {
        if record.has("initial") {
            for other in ["fixed", "default_from"].iter().filter(|other| record.has(other)) {
                let what = format!("`initial` and `{other}` of `{}` contradict each other", record.key);
                out.add(record.file, record.line_of(other), what, "remove one of both");
            }
        }
        if let Some(value) = value(&record, "initial", Some(&field.ty), &field.constraints, scope, out) {
            initial.push((field.rust.clone(), value));
        }
        let Some(from) = record.text("default_from") else { continue };
        let (fill, wanted) = match (from, &field.ty) {
            ("now", _) => (Fill::Now, Ty::Timestamp),
            (from, Ty::Secret) => (Fill::Field(from.to_owned()), Ty::Secret),
            (from, _) => (Fill::Field(from.to_owned()), Ty::String),
        };
        if field.ty != wanted {
            let what = format!("`{}` is filled with a `{wanted}` and has another type", record.key);
            out.add(record.file, record.line_of("type"), what, format!("write `type: {wanted}`"));
        }
        filled.push((field.rust.clone(), fill));
    }
    Reply {
        name: name.to_owned(),
        about: record.string("about"),
        optional: record.yes("optional"),
        fields: list,
        filled,
        initial,
    }
}
