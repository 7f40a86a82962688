//! Pushed events and what is documented of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::differs::Purposes;
use super::endpoint::{Found, Outcome};
use super::fields::Compare;
use super::met::{Fate, enter_all_of};
use super::spec::{Endpoint, Spec, entries, text};
use crate::facts::EventFact;
use crate::pages::PageField;

/// What stands in every push message.
pub(crate) const HEAD: [&str; 5] = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event"];

/// The events of a transcribed spec in the place of endpoints, so that both are compared alike.
pub(crate) fn as_endpoints(catalog: &Value) -> Value {
    let groups = catalog["events"].as_array().into_iter().flatten().map(|group| {
        let mut group = group.clone();
        let events = group.get_mut("events").map(Value::take).unwrap_or_default();
        group["endpoints"] = events;
        group
    });
    json!({ "groups": groups.collect::<Vec<_>>(), "types": catalog["types"] })
}

/// The event that is documented there: by what selects it, a callback by its title.
pub(crate) fn find<'s, 'a>(spec: &'s Spec<'a>, fact: &EventFact) -> Option<&'s Endpoint<'a>> {
    let selected = |event: &&Endpoint<'_>| {
        let several = names(event.json);
        let by = if several.is_empty() { BTreeSet::from([event.id]) } else { several };
        fact.names.iter().any(|name| by.contains(name.as_str()))
    };
    let titled = |event: &&Endpoint<'_>| {
        text(event.json, "kind") == "callback" && fact.titles.iter().any(|title| title == text(event.json, "title"))
    };
    if fact.names.is_empty() { spec.endpoints.iter().find(titled) } else { spec.endpoints.iter().find(selected) }
}

fn names(event: &Value) -> BTreeSet<&str> {
    match event.get("names") {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        map => entries(map).map(|(name, _)| name).collect(),
    }
}

/// The own fields of an event.
pub(crate) fn own<'a>(event: &Endpoint<'a>) -> BTreeMap<&'a str, &'a Value> {
    entries(event.json.get("fields")).collect()
}

/// The fields of its reply, which may stand under `replies` of the group.
pub(crate) fn reply<'a>(event: &Endpoint<'a>) -> BTreeMap<&'a str, &'a Value> {
    let reply = match event.json.get("reply") {
        Some(Value::String(name)) => event.of.get("replies").and_then(|replies| replies.get(name)),
        reply => reply,
    };
    entries(reply.and_then(|reply| reply.get("fields"))).collect()
}

/// Compares an event with what is documented of it.
pub(crate) fn outcome<'a>(spec: &'a Spec<'a>, event: &'a Endpoint<'a>, fact: &EventFact) -> Outcome<'a> {
    let mut purposes = Purposes::default();
    let mut found = Found { endpoint: event, purposes: &mut purposes, outcome: Outcome::default() };
    let fields = own(event);
    let mut told: BTreeMap<&str, &PageField> = BTreeMap::new();
    let wrapper = text(event.json, "wrapper");
    for field in &fact.fields {
        let inner = if field.name == wrapper { &field.fields[..] } else { std::slice::from_ref(field) };
        for field in inner {
            if HEAD.contains(&&*field.name)
                && !fields.contains_key(&*field.name)
                && event.json.get("kind").is_none_or(|kind| kind != "callback")
            {
                let path = format!("fields.{}", field.name);
                enter_all_of(&mut found.outcome.met, &path, field, &Fate::Handled);
            } else {
                told.entry(&field.name).or_insert(field);
            }
        }
    }
    let mut compare = Compare { spec, found: &mut found, answer: true, pushed: true, group: event.group };
    compare.level("fields", None, &fields, &told);
    let told = fact.reply.iter().map(|field| (field.name.as_str(), field)).collect();
    let mut compare = Compare { spec, found: &mut found, answer: false, pushed: false, group: event.group };
    compare.level("reply", None, &reply(event), &told);
    found.outcome
}
