//! What is wrong between events, and between an event and what it names.

use std::collections::{BTreeMap, HashMap};

use crate::diagnostic::{Diagnostics, did_you_mean};
use crate::lower::{EventsOrigin, Origin};
use crate::model::{Api, Event, EventGroup, EventKind, Fill, Reply};
use crate::naming;
use crate::spec::record::Record;

use super::example;

pub(crate) fn check(api: &Api, origin: &Origin<'_>, out: &mut Diagnostics) {
    names(api, origin, out);
    structs(api, origin, out);
    for (group, records) in api.events.iter().zip(&origin.events) {
        for (event, record) in group.events.iter().zip(&records.events) {
            answers(api, origin, event, record, out);
            example::check_event(api, event, record, out);
        }
        replies(api, group, records, out);
    }
}

fn place(record: &Record<'_>) -> String {
    format!("{}:{}", record.file, record.line)
}

fn all<'a>(api: &'a Api, origin: &'a Origin<'a>) -> impl Iterator<Item = (&'a Event, &'a Record<'a>)> {
    api.events.iter().zip(&origin.events).flat_map(|(group, records)| group.events.iter().zip(&records.events))
}

/// Ids, and what selects a struct.
fn names(api: &Api, origin: &Origin<'_>, out: &mut Diagnostics) {
    let mut ids: HashMap<&str, &Record<'_>> = HashMap::new();
    let mut selected: BTreeMap<(bool, String), &Record<'_>> = BTreeMap::new();
    for (event, record) in all(api, origin) {
        if let Some(first) = ids.get(event.id.as_str()) {
            let what = format!("the event `{}` is taken by {}", event.id, place(first));
            out.add(record.file, record.line, what, "remove one of both, or make one event with `kind` or `names`");
            continue;
        }
        ids.insert(&event.id, record);
        for name in event.wire_names() {
            if let Some(first) = selected.insert((event.kind == EventKind::Message, name.to_ascii_lowercase()), record)
            {
                let what = format!("`{name}` means `{}` at {} already", first.key, place(first));
                out.add(record.file, record.line_of("names"), what, "name it in one event only");
            }
        }
    }
}

/// What events and replies are called: they are published in one module, and the types of a file in its own.
fn structs(api: &Api, origin: &Origin<'_>, out: &mut Diagnostics) {
    let shared: HashMap<&str, &Record<'_>> = origin.types.iter().map(|record| (record.key, record)).collect();
    let mut published: HashMap<&str, &Record<'_>> = HashMap::new();
    for (group, records) in api.events.iter().zip(&origin.events) {
        let events = group.events.iter().zip(&records.events);
        let structs = events.clone().map(|(event, record)| (&*event.name, "what is pushed", record, "name"));
        let enums =
            events.filter_map(|(event, record)| Some((&*event.names.as_ref()?.name, "the enum", record, "name")));
        let replies =
            group.replies.iter().zip(&records.replies).map(|(reply, record)| (&*reply.name, "a reply", record, "name"));
        for (name, what, record, word) in structs.chain(enums).chain(replies) {
            if let Some(why) = naming::event_taken(name) {
                let what = format!("{what} cannot be named `{name}`: that is {why}");
                out.add(record.file, record.line_of(word), what, "choose another `name`");
            } else if let Some(other) = shared.get(name) {
                let what = format!("{what} has the name of the shared type `{name}` at {}", place(other));
                out.add(record.file, record.line_of(word), what, "choose another `name`");
            } else if let Some(other) = published.insert(name, record) {
                let what = format!("{what} has the same name `{name}` as what stands at {}", place(other));
                out.add(record.file, record.line_of(word), what, "choose another `name`");
            }
        }
    }
    for (group, records) in api.events.iter().zip(&origin.events) {
        for (ty, record) in group.types.iter().zip(&records.types) {
            if let Some(other) = shared.get(&*ty.name) {
                let what = format!("the type has the name of the shared type `{}` at {}", ty.name, place(other));
                out.add(record.file, record.line, what, "rename one of both types");
            } else if let Some(other) = published.get(&*ty.name) {
                let what = format!("the type has the same name `{}` as what stands at {}", ty.name, place(other));
                out.add(record.file, record.line, what, "rename the type");
            }
        }
    }
}

fn answers(api: &Api, origin: &Origin<'_>, event: &Event, record: &Record<'_>, out: &mut Diagnostics) {
    let line = record.line_of("answers");
    for answers in &event.answers {
        let mut tell = |what: String, remedy: String| out.add(record.file, line, what, remedy);
        let endpoints = || api.groups.iter().flat_map(|group| &group.endpoints);
        let Some(call) = endpoints().find(|endpoint| endpoint.id == answers.call) else {
            if origin.complete {
                let known = endpoints().map(|endpoint| &*endpoint.id);
                let remedy = did_you_mean(&answers.call, known, "name a call by its id");
                tell(format!("`answers` names the call `{}`, which is no id", answers.call), remedy);
            }
            continue;
        };
        let by = &answers.by;
        if !event.fields.iter().any(|field| field.wire == *by) {
            let known = event.fields.iter().map(|field| &*field.wire);
            let remedy = did_you_mean(by, known, "name an own field of the event");
            tell(format!("`answers` goes by `{by}`, which is no own field of the event"), remedy);
        }
        let shared = || call.response.fields().iter().chain(&call.params).map(|field| &*field.wire);
        if !shared().any(|wire| wire == by) {
            let remedy = did_you_mean(by, shared(), "name a field of the call's response, or a parameter");
            tell(format!("`answers` goes by `{by}`, which `{}` neither answers nor is given", call.id), remedy);
        }
    }
}

/// What fills a reply must be there in each event that wants it.
fn replies(api: &Api, group: &EventGroup, records: &EventsOrigin<'_>, out: &mut Diagnostics) {
    for (reply, record) in group.replies.iter().zip(&records.replies) {
        let wanting: Vec<_> = group.events.iter().filter(|event| event.reply.as_ref() == Some(&reply.name)).collect();
        if wanting.is_empty() {
            out.add(record.file, record.line, format!("no event wants the reply `{}`", reply.name), "remove it");
        }
        if api.completes(&reply.fields) {
            let what = format!("`{}` holds a struct with `default_from`, which no reply fills in", reply.name);
            out.add(record.file, record.line, what, "hold a type of its own");
        }
        for event in wanting {
            fills(reply, event, record, out);
        }
    }
}

fn fills(reply: &Reply, event: &Event, record: &Record<'_>, out: &mut Diagnostics) {
    let fields = event.all_fields();
    for (rust, fill) in &reply.filled {
        let Fill::Field(from) = fill else { continue };
        let place = reply.fields.iter().zip(record.records("fields")).find(|(field, _)| field.rust == *rust);
        let line = place.map_or(record.line, |(_, field)| field.line_of("default_from"));
        match fields.iter().find(|field| field.wire == *from) {
            None => {
                let known = fields.iter().map(|field| &*field.wire);
                let remedy = did_you_mean(from, known, "name a field of the event, or `now`");
                let what = format!("`default_from` names `{from}`, which is no field of `{}`", event.id);
                out.add(record.file, line, what, remedy);
            }
            Some(field) if place.is_some_and(|(filled, _)| filled.ty != field.ty) => {
                let what = format!("`default_from` names `{from}` of `{}`, a `{}`", event.id, field.ty);
                out.add(record.file, line, what, "name a field of the same type, a string or a secret");
            }
            Some(_) => {}
        }
    }
}
