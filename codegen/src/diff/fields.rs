//! What changed of the fields of a request, an answer or a struct.

use super::{Both, Changes, Kind, pair, word};
use crate::emit::rust::docs;
use crate::emit::rust::fields::{Side, kept, only_required};
use crate::model::{Api, Constraint, Field, Presence};

/// Where fields stand.
pub(super) struct Place<'a> {
    /// What they are fields of.
    pub(super) place: &'a str,
    /// What one of them is called.
    pub(super) word: &'a str,
}

impl Place<'_> {
    fn of(&self, field: &Field) -> String {
        format!("{} `{}`", self.word, field.wire)
    }
}

/// Both sides' fields, and which side of a call keeps them there.
pub(super) fn compare(
    apis: Both<'_, Api>,
    both: Both<'_, [Field]>,
    sides: (Side, Side),
    at: &Place<'_>,
    out: &mut Changes,
) {
    let mut fields = pair(both.old, both.new, |field| field.wire.as_str());
    for (old, new) in fields.pair(|field| field.rust.as_str()) {
        let what = format!("{} travels as `{}`", at.of(old), new.wire);
        out.major(Kind::Changed, at.place, what, "JSON that has it under its old name is read without it");
    }
    for new in &fields.added {
        added(new, sides.1, at, out);
    }
    for (old, new) in &fields.both {
        field(apis, Both { old, new }, sides, at, out);
    }
    for old in &fields.removed {
        if old.settable() {
            out.major(Kind::Removed, at.place, at.of(old), "code that uses it does not compile");
        } else {
            out.minor(Kind::Changed, at.place, format!("{} is not sent any more", at.of(old)));
        }
    }
    if sides == (Side::Request, Side::Request) {
        new(both, at, out);
    }
}

fn added(field: &Field, side: Side, at: &Place<'_>, out: &mut Changes) {
    let conditional = conditions(field).is_some();
    if !field.settable() {
        out.minor(Kind::Changed, at.place, format!("{} is always sent", at.of(field)));
    } else if side == Side::Request && (field.presence == Presence::Required || conditional) {
        let when = if conditional { ", required at times" } else { ", required" };
        let what = format!("{} ({}{when})", at.of(field), field.ty);
        out.major(Kind::Added, at.place, what, "calls that do not set it are refused");
    } else {
        out.minor(Kind::Added, at.place, format!("{} ({})", at.of(field), field.ty));
    }
}

/// `new` takes the one field that is required, if there is exactly one.
fn new(both: Both<'_, [Field]>, at: &Place<'_>, out: &mut Changes) {
    let takes = |fields| only_required(fields).map(|field: &Field| field.rust.as_str());
    let (old, new) = (takes(both.old), takes(both.new));
    if old != new {
        let shown = |name: Option<&str>| name.map_or_else(|| "nothing".to_owned(), |name| format!("`{name}`"));
        let what = format!("`new` takes {} instead of {}", shown(new), shown(old));
        out.major(Kind::Changed, at.place, what, "code that makes one with `new` does not compile");
    }
}

fn field(apis: Both<'_, Api>, both: Both<'_, Field>, sides: (Side, Side), at: &Place<'_>, out: &mut Changes) {
    let (name, place) = (&at.of(both.new), at.place);
    match (both.old.settable(), both.new.settable()) {
        (true, true) => kept_type(both, sides, at, out),
        (true, false) => {
            let what = format!("{name}, which is sent by the client itself");
            out.major(Kind::Removed, place, what, "code that sets it does not compile");
        }
        (false, true) => out.minor(Kind::Added, place, format!("{name}, which was sent by the client itself")),
        (false, false) => {
            if both.differ(|field| (&field.presence, &field.ty)) {
                out.minor(Kind::Changed, place, format!("{name} is sent with another value"));
            }
        }
    }
    sending(both, name, place, out);
    if sides == (Side::Request, Side::Request) {
        constraints(apis, both, name, place, out);
    }
    match (&both.old.deprecated, &both.new.deprecated) {
        (None, Some(why)) => out.minor(Kind::Deprecated, place, format!("{name}: {why}")),
        (Some(_), None) => out.minor(Kind::Changed, place, format!("{name} is not deprecated any more")),
        _ => {}
    }
    let reworded = both.old.deprecated.is_some() && both.new.deprecated.is_some();
    out.texts(
        place,
        name,
        &[
            ("about", both.differ(|field| &field.about)),
            ("note", both.differ(|field| &field.note)),
            ("deprecated", reworded && both.differ(|field| &field.deprecated)),
        ],
    );
}

/// What Rust sees: name, type, presence.
fn kept_type(both: Both<'_, Field>, sides: (Side, Side), at: &Place<'_>, out: &mut Changes) {
    let (name, place) = (&at.of(both.new), at.place);
    if both.differ(|field| &field.rust) {
        let what = format!("{name} is `{}` in Rust instead of `{}`", both.new.rust, both.old.rust);
        out.major(Kind::Changed, place, what, "code that uses it does not compile");
    }
    let ty = |field, side| kept(field, side).to_string().replace(' ', "").replace(',', ", ");
    let (old, new) = (ty(both.old, sides.0), ty(both.new, sides.1));
    let (was, is) = (&both.old.presence, &both.new.presence);
    if old != new {
        let what = format!("{name} is `{new}` in Rust instead of `{old}`");
        out.major(Kind::Changed, place, what, "code that uses it does not compile");
    } else if was != is && *is == Presence::Required && sides.1 == Side::Request {
        let what = format!("{name} is required");
        out.major(Kind::Changed, place, what, "calls that do not set it are refused");
    } else if was != is && *is == Presence::Always && sides.1 == Side::Response {
        let what = format!("{name} has to be there always");
        out.major(Kind::Changed, place, what, "answers without it, which were read, are errors");
    } else if was != is {
        let may = if sides.1 == Side::Request { "is not required any more" } else { "may be absent" };
        out.minor(Kind::Changed, place, format!("{name} {may}"));
    }
}

/// How it travels, and what stands in for it.
fn sending(both: Both<'_, Field>, name: &str, place: &str, out: &mut Changes) {
    if both.differ(|field| &field.default) {
        let shown = |field: &Field| field.default.as_ref().map_or("nothing".to_owned(), |value| format!("`{value}`"));
        let what = format!("{name} counts as {} when absent instead of {}", shown(both.new), shown(both.old));
        out.minor(Kind::Changed, place, what);
    }
    match (both.old.default_from, both.new.default_from) {
        (None, Some(source)) => {
            out.minor(Kind::Added, place, format!("{name} is filled from the configured `{}`", word(&source)));
        }
        (Some(source), new) if new != Some(source) => {
            let what = format!("{name} is not filled from the configured `{}` any more", word(&source));
            out.major(Kind::Changed, place, what, "calls that relied on the configuration lack it");
        }
        _ => {}
    }
    if both.differ(|field| field.wire_form) {
        let shown = |field: &Field| field.wire_form.map_or("usual".to_owned(), |form| format!("`{}`", word(&form)));
        out.minor(
            Kind::Changed,
            place,
            format!("{name} is written as {} instead of {}", shown(both.new), shown(both.old)),
        );
    }
    if both.differ(|field| field.place) {
        let what = format!("{name} travels in `{}` instead of `{}`", word(&both.new.place), word(&both.old.place));
        out.minor(Kind::Changed, place, what);
    }
    if both.differ(|field| &field.yields_to) {
        let what = match &both.new.yields_to {
            Some(other) => format!("{name} is not sent when `{other}` is set"),
            None => format!("{name} yields to no other any more"),
        };
        out.minor(Kind::Changed, place, what);
    }
}

/// What makes a field required at times.
fn conditions(field: &Field) -> Option<&Constraint> {
    field.constraints.iter().find(|constraint| matches!(constraint, Constraint::RequiredIf(_)))
}

fn constraints(apis: Both<'_, Api>, both: Both<'_, Field>, name: &str, place: &str, out: &mut Changes) {
    let words = |api: &Api, field: &Field, constraint: &Constraint| docs::constraint(api, &field.ty, constraint);
    match (conditions(both.old), conditions(both.new)) {
        (old, Some(new)) if old != Some(new) => {
            let what = format!("{name} is {}", words(apis.new, both.new, new));
            out.major(Kind::Changed, place, what, "calls that do not set it then are refused");
        }
        (Some(old), None) => {
            out.minor(Kind::Changed, place, format!("{name} is not {} any more", words(apis.old, both.old, old)));
        }
        _ => {}
    }
    let rest = |field: &'_ Field| -> Vec<Constraint> {
        field.constraints.iter().filter(|each| !matches!(each, Constraint::RequiredIf(_))).cloned().collect()
    };
    let (old, new) = (rest(both.old), rest(both.new));
    let gone: Vec<_> = old.iter().filter(|each| !new.contains(each)).collect();
    let more: Vec<_> = new.iter().filter(|each| !old.contains(each)).collect();
    let shown = |api: &Api, field: &Field, list: &[&Constraint]| {
        list.iter().map(|constraint| words(api, field, constraint)).collect::<Vec<_>>().join("; ")
    };
    let (was, is) = (shown(apis.old, both.old, &gone), shown(apis.new, both.new, &more));
    let what = match (gone.is_empty(), more.is_empty()) {
        (true, true) => return,
        (true, false) => format!("{name} is checked: {is}"),
        (false, true) => format!("{name} is not checked any more: {was}"),
        (false, false) => format!("{name} is checked: {is} (before: {was})"),
    };
    out.minor(Kind::Changed, place, what);
}
