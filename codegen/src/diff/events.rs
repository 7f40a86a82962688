//! What WeChat pushes, and what it wants to hear.

use super::fields::{self, Place};
use super::{Both, Changes, Kind, pair, quoted, word};
use crate::emit::rust::fields::Side;
use crate::emit::rust::reply::unasked;
use crate::model::{Answers, Api, Event, EventGroup, Field, Reply};

/// A part of a group of events, and the group.
struct Located<'a, T> {
    group: &'a EventGroup,
    it: &'a T,
}

fn all<'a, T>(api: &'a Api, part: impl Fn(&'a EventGroup) -> &'a Vec<T>) -> Vec<Located<'a, T>> {
    let located = |group: &'a EventGroup| part(group).iter().map(move |it| Located { group, it }).collect::<Vec<_>>();
    api.events.iter().flat_map(located).collect()
}

/// As users name it.
fn place(name: &str) -> String {
    format!("events::{name}")
}

pub(super) fn compare(old: &Api, new: &Api, out: &mut Changes) {
    let apis = Both { old, new };
    let groups = pair(&old.events, &new.events, |group| group.name.as_str());
    for (old, new) in &groups.both {
        let both = Both { old: *old, new: *new };
        let texts = [("title", both.differ(|group| &group.title)), ("about", both.differ(|group| &group.about))];
        out.texts(&place(&new.name), "", &texts);
    }
    for group in &groups.removed {
        let what = format!("module of the events for {}", group.title);
        out.major(Kind::Removed, &place(&group.name), what, "code that names the module does not compile");
    }
    let (before, after) = (all(old, |group| &group.events), all(new, |group| &group.events));
    let mut events = pair(&before, &after, |each| each.it.id.as_str());
    // A new key for the same struct.
    events.pair(|each| each.it.name.as_str());
    let told = |event: &Event| format!("{} (`{}`)", event.title, event.id);
    for each in &events.added {
        out.minor(Kind::Added, &place(&each.it.name), told(each.it));
    }
    for (old, new) in &events.both {
        moved(old.group, new.group, &new.it.name, out);
        event(apis, Both { old: old.it, new: new.it }, out);
    }
    for each in &events.removed {
        out.major(Kind::Removed, &place(&each.it.name), told(each.it), "code that handles it does not compile");
    }
    let (before, after) = (all(old, |group| &group.replies), all(new, |group| &group.replies));
    let replies = pair(&before, &after, |each| each.it.name.as_str());
    for each in &replies.added {
        out.minor(Kind::Added, &place(&each.it.name), "reply");
    }
    for (old, new) in &replies.both {
        moved(old.group, new.group, &new.it.name, out);
        reply(apis, Both { old: old.it, new: new.it }, out);
    }
    for each in &replies.removed {
        out.major(Kind::Removed, &place(&each.it.name), "reply", "code that answers with it does not compile");
    }
}

fn moved(old: &EventGroup, new: &EventGroup, name: &str, out: &mut Changes) {
    if old.name != new.name {
        let what = format!("was in `events::{}`, is in `events::{}`", old.name, new.name);
        out.major(Kind::Changed, &place(name), what, "code that names it by its module does not compile");
    }
}

fn event(apis: Both<'_, Api>, both: Both<'_, Event>, out: &mut Changes) {
    let place = &place(&both.new.name);
    if both.differ(|event| &event.name) {
        let what = format!("was `{}`", self::place(&both.old.name));
        out.major(Kind::Changed, place, what, "code that names it does not compile");
    }
    if both.differ(|event| event.kind) {
        let what = format!("comes as `{}` instead of `{}`", word(&both.new.kind), word(&both.old.kind));
        out.major(Kind::Changed, place, what, "code that waits for it waits in vain");
    }
    let (was, is) = (both.old.wire_names(), both.new.wire_names());
    let gone: Vec<_> = was.iter().filter(|name| !is.contains(name)).collect();
    let more: Vec<_> = is.iter().filter(|name| !was.contains(name)).collect();
    if !more.is_empty() {
        out.minor(Kind::Added, place, format!("comes for {}", quoted(&more)));
    }
    if !gone.is_empty() {
        let what = format!("does not come for {} any more", quoted(&gone));
        out.major(Kind::Removed, place, what, "code that handles them gets an unknown event");
    }
    if both.differ(|event| &event.reply) {
        let shown = |event: &Event| event.reply.as_ref().map_or("`success`".to_owned(), |name| format!("`{name}`"));
        let what = format!("is answered with {} instead of {}", shown(both.new), shown(both.old));
        out.major(Kind::Changed, place, what, "code that answers it does not compile");
    }
    for (name, differs) in [
        ("wrapper", both.differ(|event| &event.wrapper)),
        ("distinct_by", both.differ(|event| &event.distinct_by)),
        ("answer_within", both.differ(|event| event.answer_within)),
        ("redeliveries", both.differ(|event| event.redeliveries)),
    ] {
        if differs {
            out.minor(Kind::Changed, place, format!("has another `{name}`"));
        }
    }
    match (&both.old.deprecated, &both.new.deprecated) {
        (None, Some(deprecated)) => {
            let what = format!("since {}; instead: {}", deprecated.since, deprecated.instead);
            out.minor(Kind::Deprecated, place, what);
        }
        (Some(_), None) => out.minor(Kind::Changed, place, "is not deprecated any more"),
        _ => {}
    }
    let calls = |event: &Event| event.answers.iter().map(|Answers { call, by }| (call.clone(), by.clone())).collect();
    let calls: [Vec<_>; 2] = [calls(both.old), calls(both.new)];
    let reworded = both.old.deprecated.is_some() && both.new.deprecated.is_some();
    let texts = [
        ("title", both.differ(|event| &event.title)),
        ("about", both.differ(|event| &event.about)),
        ("docs", both.differ(|event| &event.docs)),
        ("note", both.differ(|event| &event.note)),
        ("answers", calls[0] != calls[1]),
        ("deprecated", reworded && both.differ(|event| &event.deprecated)),
        ("example", both.differ(|event| &event.example)),
    ];
    out.texts(place, "", &texts);
    // What selects the struct is told above.
    let settable = |event: &Event| event.all_fields().into_iter().filter(Field::settable).collect::<Vec<_>>();
    let (old, new) = (settable(both.old), settable(both.new));
    let fields = Both { old: old.as_slice(), new: new.as_slice() };
    fields::compare(apis, fields, (Side::Response, Side::Response), &Place { place, word: "field" }, out);
}

fn reply(apis: Both<'_, Api>, both: Both<'_, Reply>, out: &mut Changes) {
    let place = &place(&both.new.name);
    match (both.old.optional, both.new.optional) {
        (false, true) => {
            let why = "the type that its events are answered with is another";
            out.major(Kind::Changed, place, "`success` will do as well", why);
        }
        (true, false) => {
            let why = "code that answers `success` does not compile";
            out.major(Kind::Changed, place, "`success` will not do any more", why);
        }
        _ => {}
    }
    for (name, differs) in
        [("default_from", both.differ(|reply| &reply.filled)), ("initial", both.differ(|reply| &reply.initial))]
    {
        if differs {
            out.minor(Kind::Changed, place, format!("its fields have another `{name}`"));
        }
    }
    out.texts(place, "", &[("about", both.differ(|reply| &reply.about))]);
    // What has a value anyway is not required of the caller.
    let (old, new) = (unasked(both.old), unasked(both.new));
    let fields = Both { old: old.as_slice(), new: new.as_slice() };
    fields::compare(apis, fields, (Side::Request, Side::Request), &Place { place, word: "field" }, out);
}
