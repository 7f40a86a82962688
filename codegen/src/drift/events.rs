//! Pushed events and what is documented of them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::differs::Purposes;
use super::endpoint::{Found, Outcome};
use super::fields::Compare;
use super::met::{Fate, enter_all_of};
use super::spec::{EVENTS, Endpoint, Spec, entries, text};
use super::{Difference, Kind};
use crate::pages::{EventPage, PageField};

/// What stands in every push message.
pub(crate) const HEAD: [&str; 5] = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event"];

/// The events of a transcribed spec in the place of endpoints, so that both are compared alike.
pub(crate) fn as_endpoints(catalog: &Value) -> Value {
    let groups = catalog["events"].as_array().into_iter().flatten().map(|group| {
        let mut group = group.clone();
        let events = group.get_mut("events").map(Value::take).unwrap_or_default();
        group["endpoints"] = events;
        // A group of endpoints may have the same name, and types of the same names.
        group["group"] = format!("{EVENTS}{}", text(&group, "group")).into();
        group
    });
    json!({ "groups": groups.collect::<Vec<_>>(), "types": catalog["types"] })
}

/// The event that is documented there: by what selects it, a callback by its title.
pub(crate) fn find<'s, 'a>(spec: &'s Spec<'a>, named: &[String], titles: &[String]) -> Option<&'s Endpoint<'a>> {
    let selected = |event: &&Endpoint<'_>| {
        let by = names(event);
        named.iter().any(|name| by.contains(name.as_str()))
    };
    let titled = |event: &&Endpoint<'_>| {
        text(event.json, "kind") == "callback" && titles.iter().any(|title| title == text(event.json, "title"))
    };
    if named.is_empty() { spec.endpoints.iter().find(titled) } else { spec.endpoints.iter().find(selected) }
}

/// What selects an event; of a callback nothing does.
fn names<'a>(event: &Endpoint<'a>) -> BTreeSet<&'a str> {
    match event.json.get("names") {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(map) => entries(Some(map)).map(|(name, _)| name).collect(),
        None if text(event.json, "kind") == "callback" => BTreeSet::new(),
        None => BTreeSet::from([event.id]),
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
pub(crate) fn outcome<'a>(
    spec: &'a Spec<'a>,
    event: &'a Endpoint<'a>,
    pushed: &[PageField],
    answered: &[PageField],
    purposes: &mut Purposes,
) -> Outcome<'a> {
    let mut found = Found { endpoint: event, purposes, outcome: Outcome::default() };
    let fields = own(event);
    let mut told: BTreeMap<&str, &PageField> = BTreeMap::new();
    let wrapper = text(event.json, "wrapper");
    for field in pushed {
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
    let told = answered.iter().map(|field| (field.name.as_str(), field)).collect();
    let mut compare = Compare { spec, found: &mut found, answer: false, pushed: false, group: event.group };
    compare.level("reply", None, &reply(event), &told);
    found.outcome
}

/// An event and the pages that describe it, in the order of the spec; and what describes none of them.
pub(super) struct Paired<'a, 'p> {
    pub(super) events: Vec<(&'a Endpoint<'a>, Vec<&'p EventPage>)>,
    pub(super) unknown: Vec<&'p EventPage>,
}

/// Which pages describe which event.
pub(super) fn pair<'a, 'p>(spec: &'a Spec<'a>, pages: &'p [EventPage]) -> Paired<'a, 'p> {
    let mut events: Vec<(_, Vec<&EventPage>)> = spec.endpoints.iter().map(|event| (event, Vec::new())).collect();
    let mut unknown = Vec::new();
    for page in pages {
        match find(spec, &page.names, &page.titles) {
            Some(found) => {
                let pair = events.iter_mut().find(|(event, _)| std::ptr::eq(*event, found));
                pair.into_iter().for_each(|(_, pages)| pages.push(page));
            }
            None => unknown.push(page),
        }
    }
    // An event that has another name now has its title still.
    unknown.retain(|page| {
        let titled = |event: &Endpoint<'_>| page.titles.iter().any(|title| title == text(event.json, "title"));
        let pair = events.iter_mut().find(|(event, pages)| pages.is_empty() && titled(event));
        pair.map(|(_, pages)| pages.push(page)).is_none()
    });
    Paired { events, unknown }
}

/// Compares an event with all pages that describe it: what one of them leaves out, another one may have. Each
/// difference is told once, of the first page that has it.
pub(super) fn described<'a, 'p>(
    spec: &'a Spec<'a>,
    event: &'a Endpoint<'a>,
    pages: &[&'p EventPage],
    purposes: &mut Purposes,
) -> Vec<(&'p EventPage, Outcome<'a>)> {
    // A page that only shows a sample says nothing beside one with tables.
    let has_tables = |page: &&&EventPage| !page.fields.is_empty();
    let mut telling: Vec<&EventPage> = pages.iter().filter(has_tables).copied().collect();
    if telling.is_empty() {
        telling.extend(pages.first());
    }
    let mut compared: Vec<_> =
        telling.iter().map(|page| (*page, outcome(spec, event, &page.fields, &page.reply, purposes))).collect();
    if let Some((_, first)) = compared.first_mut() {
        other_names(event, pages, purposes, first);
    }
    let lacking: Vec<BTreeSet<String>> = compared.iter().map(|(_, outcome)| removed(outcome)).collect();
    let mut told: Vec<Difference> = Vec::new();
    for (_, outcome) in &mut compared {
        let everywhere = |one: &Difference| {
            one.kind != Kind::Removed
                || lacking.iter().all(|lacking| lacking.iter().any(|path| within(&one.what, path)))
        };
        outcome.differences.retain(everywhere);
        for list in [&mut outcome.differences, &mut outcome.on_purpose] {
            list.retain(|one| !told.contains(one));
            told.extend(list.iter().cloned());
        }
    }
    compared
}

/// The paths that a page has not, on purpose or not.
fn removed(outcome: &Outcome<'_>) -> BTreeSet<String> {
    let all = outcome.differences.iter().chain(&outcome.on_purpose);
    all.filter(|one| one.kind == Kind::Removed).map(|one| one.what.clone()).collect()
}

/// Whether it is that path, or a field of what stands there.
fn within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// The names that select it.
fn other_names(event: &Endpoint<'_>, pages: &[&EventPage], purposes: &mut Purposes, outcome: &mut Outcome<'_>) {
    let own = names(event);
    let told: BTreeSet<&str> = pages.iter().flat_map(|page| &page.names).map(String::as_str).collect();
    if own == told {
        return;
    }
    let shown = |names: &BTreeSet<&str>| names.iter().copied().collect::<Vec<_>>().join(", ");
    let on_purpose = purposes.of_endpoint(event, "names");
    let difference = Difference {
        what: "names".into(),
        kind: Kind::Changed,
        spec: shown(&own),
        page: shown(&told),
        differs: "differs: [names]".into(),
    };
    let list = if on_purpose { &mut outcome.on_purpose } else { &mut outcome.differences };
    list.push(difference);
}
