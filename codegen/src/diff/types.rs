//! What changed of structs and enums, and of character sets.

use std::fmt::Display;

use super::endpoint::choices;
use super::fields::{self, Place};
use super::{Both, Changes, Kind, pair};
use crate::emit::rust::fields::Side;
use crate::model::{Api, Type, TypeKind, Variant};

/// A type and the module that it is in.
struct Located<'a> {
    module: String,
    ty: &'a Type,
}

impl Located<'_> {
    fn place(&self) -> String {
        format!("{}::{}", self.module, self.ty.name)
    }
}

fn all(api: &Api) -> Vec<Located<'_>> {
    let shared = ("types".to_owned(), api.types.iter().collect());
    let groups = api.groups.iter().map(|group| (group.name.clone(), group.types.iter().collect()));
    let events = api.events.iter().map(|group| {
        let names = group.events.iter().filter_map(|event| event.names.as_ref());
        (format!("{EVENTS}{}", group.name), group.types.iter().chain(names).collect::<Vec<_>>())
    });
    let modules = std::iter::once(shared).chain(groups).chain(events);
    modules
        .flat_map(|(module, types)| types.into_iter().map(move |ty| Located { module: module.clone(), ty }))
        .collect()
}

/// What stands in front of a group of events.
const EVENTS: &str = "events::";

pub(super) fn compare(old: &Api, new: &Api, out: &mut Changes) {
    let apis = Both { old, new };
    let (before, after) = (all(old), all(new));
    let mut types = pair(&before, &after, |each| (each.module.as_str(), each.ty.name.as_str()));
    let mut moved = types.pair(|each| (each.module.starts_with(EVENTS), each.ty.name.as_str()));
    moved.extend(types.pair(|each| (each.module.as_str(), content(each.ty))));
    for (old, new) in moved {
        let what = format!("was `{}`", old.place());
        out.major(Kind::Changed, &new.place(), what, "code that names it does not compile");
    }
    let known = |api: &Api, module: &str| match module.strip_prefix(EVENTS) {
        Some(name) => api.events.iter().any(|group| group.name == name),
        None => module == "types" || api.group(module).is_some(),
    };
    for each in &types.added {
        // A new group is told of as a whole.
        if known(old, &each.module) {
            out.minor(Kind::Added, &each.place(), kind(each.ty));
        }
    }
    for (old, new) in &types.both {
        self::ty(apis, Both { old, new }, out);
    }
    for each in types.removed.iter().filter(|each| known(new, &each.module)) {
        out.major(Kind::Removed, &each.place(), kind(each.ty), "code that names it does not compile");
    }
    charsets(apis, out);
}

/// What two types have to share to be one that was renamed.
fn content(ty: &Type) -> (&'static str, Vec<String>) {
    let list = match &ty.kind {
        TypeKind::Struct { fields, .. } => fields.iter().map(|field| format!("{}: {}", field.wire, field.ty)).collect(),
        TypeKind::TextEnum(variants) => variants.iter().map(|variant| variant.value.clone()).collect(),
        TypeKind::IntEnum(variants) => variants.iter().map(|variant| variant.value.to_string()).collect(),
    };
    (kind(ty), list)
}

fn kind(ty: &Type) -> &'static str {
    match &ty.kind {
        TypeKind::Struct { .. } => "struct",
        TypeKind::TextEnum(_) => "enum of texts",
        TypeKind::IntEnum(_) => "enum of numbers",
    }
}

/// Whoever fills it in, or only reads it, sees another struct.
fn side(ty: &Type) -> Side {
    if ty.in_request { Side::Request } else { Side::Response }
}

fn ty(apis: Both<'_, Api>, located: Both<'_, Located<'_>>, out: &mut Changes) {
    let place = &located.new.place();
    let both = located.map(|each| each.ty);
    match (&both.old.kind, &both.new.kind) {
        (
            TypeKind::Struct { fields: old, exclusive, any_of },
            TypeKind::Struct { fields: new, exclusive: new_exclusive, any_of: new_any_of },
        ) => {
            choices("exclusive", Both { old: exclusive, new: new_exclusive }, place, out);
            choices("any_of", Both { old: any_of, new: new_any_of }, place, out);
            let sides = (side(both.old), side(both.new));
            match sides {
                (Side::Request, Side::Response) => {
                    let what = "`new` and setters: it is only answered now";
                    out.major(Kind::Removed, place, what, "code that makes one does not compile");
                }
                (Side::Response, Side::Request) => {
                    out.minor(Kind::Added, place, "`new` and setters: it can be sent");
                }
                _ => {}
            }
            fields::compare(apis, Both { old, new }, sides, &Place { place, word: "field" }, out);
        }
        (TypeKind::TextEnum(old), TypeKind::TextEnum(new)) => variants(Both { old, new }, place, out),
        (TypeKind::IntEnum(old), TypeKind::IntEnum(new)) => variants(Both { old, new }, place, out),
        _ => {
            let what = format!("{} instead of {}", kind(both.new), kind(both.old));
            out.major(Kind::Changed, place, what, "code that uses it does not compile");
        }
    }
    out.texts(place, "", &[("about", both.differ(|ty| &ty.about))]);
}

fn variants<V: Display + PartialEq>(both: Both<'_, Vec<Variant<V>>>, place: &str, out: &mut Changes) {
    let mut variants = pair(both.old, both.new, |variant| &variant.value);
    for (old, new) in variants.pair(|variant| variant.name.as_str()) {
        out.minor(Kind::Changed, place, format!("value `{}` travels as `{}`", old.name, new.value));
    }
    let shown = |variant: &Variant<V>| format!("value `{}` (`{}`)", variant.name, variant.value);
    for new in &variants.added {
        out.minor(Kind::Added, place, shown(new));
    }
    let mut reworded = false;
    for (old, new) in &variants.both {
        if old.name != new.name {
            let what = format!("value `{}` is named `{}`", old.name, new.name);
            out.major(Kind::Changed, place, what, "code that names it does not compile");
        }
        reworded |= old.about != new.about;
    }
    for old in &variants.removed {
        out.major(Kind::Removed, place, shown(old), "code that names it does not compile");
    }
    out.texts(place, "", &[("values", reworded)]);
}

/// They have no name in the sdk's interface: only what they let through counts.
fn charsets(apis: Both<'_, Api>, out: &mut Changes) {
    let sets = pair(&apis.old.charsets, &apis.new.charsets, |set| set.name.as_str());
    for (old, new) in &sets.both {
        let only = |here: &str, there: &str| here.chars().filter(|c| !there.contains(*c)).collect::<String>();
        let (more, gone) = (only(&new.chars, &old.chars), only(&old.chars, &new.chars));
        let place = format!("character set {}", new.name);
        for (what, chars) in [("takes", more), ("does not take any more", gone)] {
            if !chars.is_empty() {
                out.minor(Kind::Changed, &place, format!("{what} `{chars}`"));
            }
        }
        out.texts(&place, "", &[("about", old.about != new.about)]);
    }
}
