//! Which types travel in which direction, and what that makes pointless or impossible.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::Diagnostics;
use crate::lower::Origin;
use crate::lower::ty::holds;
use crate::model::{Api, Constraint, Field, Home, Ty, Type, TypeKind, TypeRef};
use crate::spec::record::Record;

/// Words that mean something only where a struct is sent.
const SENT_WORDS: [&str; 13] = [
    "default_from",
    "required",
    "default",
    "fixed",
    "yields_to",
    "length",
    "bytes",
    "range",
    "items",
    "charset",
    "forbid",
    "required_if",
    "keywords",
];

/// Fills in `in_request` and `in_response`.
pub(crate) fn directions(api: &mut Api) {
    let endpoints = || api.groups.iter().flat_map(|group| &group.endpoints);
    let pushed = api.events.iter().flat_map(|group| &group.events).flat_map(|event| &event.fields);
    let replies = api.events.iter().flat_map(|group| &group.replies).flat_map(|reply| &reply.fields);
    let sent = reach(api, endpoints().flat_map(|endpoint| &endpoint.params).chain(replies));
    let answered = reach(api, endpoints().flat_map(|endpoint| endpoint.response.fields()).chain(pushed));
    let fill = |types: &mut Vec<Type>, home: Home| {
        for ty in types {
            let reference = TypeRef { name: ty.name.clone(), home: home.clone() };
            ty.in_request = sent.contains(&reference);
            ty.in_response = answered.contains(&reference);
        }
    };
    fill(&mut api.types, Home::Shared);
    for group in &mut api.groups {
        fill(&mut group.types, Home::Group(group.name.clone()));
    }
    for group in &mut api.events {
        fill(&mut group.types, Home::Events(group.name.clone()));
    }
}

/// All types, with their homes and places.
fn types<'a>(api: &'a Api, origin: &'a Origin<'a>) -> impl Iterator<Item = (Home, &'a Type, &'a Record<'a>)> {
    let groups = api.groups.iter().zip(&origin.groups);
    let groups = groups.map(|(group, records)| (Home::Group(group.name.clone()), &group.types, &records.types));
    let events = api.events.iter().zip(&origin.events);
    let events = events.map(|(group, records)| (Home::Events(group.name.clone()), &group.types, &records.types));
    std::iter::once((Home::Shared, &api.types, &origin.types)).chain(groups).chain(events).flat_map(
        |(home, types, records)| types.iter().zip(records).map(move |(ty, record)| (home.clone(), ty, record)),
    )
}

/// All types that these fields hold, directly or not.
fn reach<'a>(api: &'a Api, fields: impl Iterator<Item = &'a Field>) -> BTreeSet<TypeRef> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&TypeRef> = fields.filter_map(|field| reference(&field.ty)).collect();
    while let Some(next) = open.pop() {
        if !seen.insert(next.clone()) {
            continue;
        }
        if let Some(Type { kind: TypeKind::Struct { fields, .. }, .. }) = api.find(next) {
            open.extend(fields.iter().filter_map(|field| reference(&field.ty)));
        }
    }
    seen
}

fn reference(ty: &Ty) -> Option<&TypeRef> {
    match ty {
        Ty::Struct(reference) | Ty::Enum(reference) => Some(reference),
        Ty::List(inner) | Ty::Map(inner) => reference(inner),
        _ => None,
    }
}

pub(crate) fn check(api: &Api, origin: &Origin<'_>, out: &mut Diagnostics) {
    for (home, ty, record) in types(api, origin) {
        // A name that was not found may have been meant for any type.
        if origin.complete {
            if ty.in_request || ty.in_response {
                words(ty, record, out);
            } else {
                let user = if matches!(home, Home::Events(_)) { "event" } else { "endpoint" };
                let what = format!("no {user} uses the type `{}`", ty.name);
                out.add(record.file, record.line, what, "remove it");
            }
        }
        unanswerable(ty, record, out);
        if let TypeKind::Struct { fields, .. } = &ty.kind
            && ty.in_request
        {
            unfilled(api, fields, record.records("fields"), out);
        }
    }
    for (group, records) in api.groups.iter().zip(&origin.groups) {
        for (endpoint, record) in group.endpoints.iter().zip(&records.endpoints) {
            unfilled(api, &endpoint.params, record.records("params"), out);
        }
    }
    if origin.complete {
        charsets(api, origin, out);
    }
    recursion(api, origin, out);
}

/// Words of fields that have no effect in the directions in which the type travels.
fn words(ty: &Type, record: &Record<'_>, out: &mut Diagnostics) {
    for field in record.records("fields") {
        if !ty.in_request {
            for word in SENT_WORDS.iter().filter(|word| field.has(word)) {
                let what = format!("`{word}` has no effect: `{}` is only answered, never sent", ty.name);
                out.add(field.file, field.line_of(word), what, "remove it");
            }
        }
        let always = match (ty.in_request, ty.in_response) {
            _ if !field.has("always") => continue,
            (true, false) => {
                (format!("`always` has no effect: `{}` is only sent, never answered", ty.name), "remove it")
            }
            // Whoever fills a struct may leave out anything, so one that is sent keeps no field for certain.
            (true, true) => {
                (format!("`always` has no effect: `{}` is sent too", ty.name), "remove it, or make two types")
            }
            (false, _) => continue,
        };
        out.add(field.file, field.line_of("always"), always.0, always.1);
    }
}

/// Lists and maps of what the client's configuration would have to fill in: it fills in no element.
fn unfilled<'a>(api: &Api, fields: &[Field], records: impl Iterator<Item = Record<'a>>, out: &mut Diagnostics) {
    for record in records {
        let Some(field) = fields.iter().find(|field| field.wire == record.key) else { continue };
        let (Ty::List(inner) | Ty::Map(inner)) = &field.ty else { continue };
        if let Some(reference) = reference(inner)
            && let Some(Type { kind: TypeKind::Struct { fields, .. }, .. }) = api.find(reference)
            && api.completes(fields)
        {
            let what = format!("`{}` is `{}`, and `default_from` fills in no element", field.wire, field.ty);
            let remedy = format!("hold one `{}`, or remove `default_from` from it", reference.name);
            out.add(record.file, record.line_of("type"), what, remedy);
        }
    }
}

/// Types that only a request can hold.
fn unanswerable(ty: &Type, record: &Record<'_>, out: &mut Diagnostics) {
    let TypeKind::Struct { fields, .. } = &ty.kind else {
        return;
    };
    for field in fields.iter().filter(|_| ty.in_response) {
        // A file is in no struct at all, which has been told.
        if holds(&field.ty, &|ty| *ty == Ty::TemplateData) {
            let line =
                record.records("fields").find(|record| record.key == field.wire).map(|record| record.line_of("type"));
            let what = format!("a response cannot hold `{}`, and `{}` is in one", field.ty, ty.name);
            out.add(record.file, line.unwrap_or(record.line), what, "make two types of it");
        }
    }
}

fn charsets(api: &Api, origin: &Origin<'_>, out: &mut Diagnostics) {
    let members = types(api, origin).flat_map(|(_, ty, _)| match &ty.kind {
        TypeKind::Struct { fields, .. } => fields.as_slice(),
        _ => &[],
    });
    let params = api.groups.iter().flat_map(|group| &group.endpoints).flat_map(|endpoint| &endpoint.params);
    let replies = api.events.iter().flat_map(|group| &group.replies).flat_map(|reply| &reply.fields);
    let used: BTreeSet<&str> = members
        .chain(params)
        .chain(replies)
        .flat_map(|field| &field.constraints)
        .filter_map(|constraint| match constraint {
            Constraint::Charset(name) => Some(name.as_str()),
            _ => None,
        })
        .collect();
    for record in origin.charsets.iter().filter(|record| !used.contains(record.key)) {
        let what = format!("no field uses the character set `{}`", record.key);
        out.add(record.file, record.line, what, "remove it");
    }
}

/// A struct that holds itself without a list or a map between would have no end.
fn recursion(api: &Api, origin: &Origin<'_>, out: &mut Diagnostics) {
    let mut held: BTreeMap<TypeRef, (Vec<&TypeRef>, &Record<'_>)> = BTreeMap::new();
    for (home, ty, record) in types(api, origin) {
        let TypeKind::Struct { fields, .. } = &ty.kind else {
            continue;
        };
        let inner = fields.iter().filter_map(|field| match &field.ty {
            Ty::Struct(reference) => Some(reference),
            _ => None,
        });
        held.insert(TypeRef { name: ty.name.clone(), home }, (inner.collect(), record));
    }
    for (start, (_, record)) in &held {
        if let Some(way) = cycle(start, &held) {
            // Each type of the circle would tell it; the first does.
            if way.iter().all(|other| start <= *other) {
                let names: Vec<_> = way.iter().chain([&start]).map(|ty| ty.name.as_str()).collect();
                let what = format!("`{}` holds itself ({})", start.name, names.join(" > "));
                out.add(record.file, record.line, what, "hold it in a list, or use `json`");
            }
        }
    }
}

/// The shortest way from a type back to it, the start first.
fn cycle<'t>(
    start: &'t TypeRef,
    held: &'t BTreeMap<TypeRef, (Vec<&'t TypeRef>, &Record<'_>)>,
) -> Option<Vec<&'t TypeRef>> {
    let mut seen = BTreeSet::new();
    let mut ways = vec![vec![start]];
    while let Some(way) = ways.iter().min_by_key(|way| way.len()).cloned() {
        ways.retain(|other| *other != way);
        let (inner, _) = held.get(way[way.len() - 1])?;
        for next in inner {
            if *next == start {
                return Some(way);
            }
            if seen.insert(*next) {
                ways.push(way.iter().copied().chain([*next]).collect());
            }
        }
    }
    None
}
