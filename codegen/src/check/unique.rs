//! What may be there only once: ids, aliases, methods, structs, URLs.

use std::collections::{BTreeMap, HashMap};

use crate::diagnostic::{Diagnostics, did_you_mean, quoted};
use crate::lower::{GroupOrigin, Origin};
use crate::model::{Api, Endpoint, Group, Verb};
use crate::naming;
use crate::spec::record::Record;

/// An endpoint and its place.
type Located<'a> = (&'a Endpoint, &'a Record<'a>);

pub(crate) fn check(api: &Api, origin: &Origin<'_>, out: &mut Diagnostics) {
    let all: Vec<Located<'_>> = api
        .groups
        .iter()
        .zip(&origin.groups)
        .flat_map(|(group, records)| group.endpoints.iter().zip(&records.endpoints))
        .collect();
    let ids = ids(&all, out);
    aliases(&all, &ids, out);
    urls(&all, &ids, origin.complete, out);
    let shared: HashMap<&str, &Record<'_>> = origin.types.iter().map(|record| (record.key, record)).collect();
    for (group, records) in api.groups.iter().zip(&origin.groups) {
        methods(group, records, out);
        structs(group, records, &shared, out);
    }
}

fn place(record: &Record<'_>) -> String {
    format!("{}:{}", record.file, record.line)
}

fn ids<'a>(all: &[Located<'a>], out: &mut Diagnostics) -> BTreeMap<&'a str, Located<'a>> {
    let mut ids: BTreeMap<&str, Located<'_>> = BTreeMap::new();
    for (endpoint, record) in all {
        if let Some((_, first)) = ids.get(endpoint.id.as_str()) {
            let what = format!("the id `{}` is taken by {}", endpoint.id, place(first));
            out.add(record.file, record.line, what, format!("make both ids `{}__<group>`", endpoint.id));
        } else {
            ids.insert(&endpoint.id, (endpoint, record));
        }
    }
    for (id, (_, record)) in &ids {
        let bare = bare(id);
        if let Some((_, plain)) = ids.get(bare).filter(|_| bare != *id) {
            let what = format!("`{bare}` is the name that `{id}` at {} bears too", place(record));
            out.add(plain.file, plain.line, what, format!("make the id `{bare}__<group>`"));
        }
    }
    ids
}

/// The official name in `name__group`.
fn bare(id: &str) -> &str {
    id.split_once("__").map_or(id, |(name, _)| name)
}

fn aliases(all: &[Located<'_>], ids: &BTreeMap<&str, Located<'_>>, out: &mut Diagnostics) {
    let mut aliases: HashMap<&str, &Record<'_>> = HashMap::new();
    for (_, record) in all {
        for node in record.list("aliases") {
            let Some(alias) = node.as_text() else {
                continue;
            };
            let mut tell = |what: String| out.add(record.file, node.line, what, "remove the alias here or there");
            if let Some((_, owner)) = ids.get(alias) {
                tell(format!("the alias `{alias}` is the id at {}", place(owner)));
            } else if let Some(owner) = ids.keys().find(|id| bare(id) == alias) {
                tell(format!("the alias `{alias}` is the name that `{owner}` bears"));
            } else if let Some(owner) = aliases.get(alias) {
                tell(format!("the alias `{alias}` is taken by `{}` at {}", owner.key, place(owner)));
            } else {
                aliases.insert(alias, record);
            }
        }
    }
}

fn urls(all: &[Located<'_>], ids: &BTreeMap<&str, Located<'_>>, complete: bool, out: &mut Diagnostics) {
    let mut by_url: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for (endpoint, _) in all.iter().filter(|(endpoint, _)| !endpoint.path.is_empty()) {
        by_url.entry(url(endpoint)).or_default().push(&endpoint.id);
    }
    for (endpoint, record) in all {
        let sharing = by_url.get(&url(endpoint)).map_or(&[][..], Vec::as_slice);
        let unsaid: Vec<&str> = sharing
            .iter()
            .copied()
            .filter(|id| *id != endpoint.id && !endpoint.same_url.iter().any(|said| said == id))
            .collect();
        if !unsaid.is_empty() {
            let (verb, path) = url(endpoint);
            let what = format!("{verb} {path} is the URL of {} too", quoted(unsaid.iter().copied()));
            let remedy = format!("add `same_url: [{}]`, or correct the path", unsaid.join(", "));
            out.add(record.file, record.line_of("path"), what, remedy);
        }
        for node in record.list("same_url") {
            let Some(id) = node.as_text() else { continue };
            match ids.get(id) {
                None if complete => {
                    let remedy = did_you_mean(id, ids.keys().copied(), "remove it");
                    out.add(record.file, node.line, format!("`same_url` names `{id}`, which is no id"), remedy);
                }
                Some(_) if id == endpoint.id => {
                    out.add(record.file, node.line, "`same_url` names its own endpoint", "remove it");
                }
                Some((other, _)) if url(other) != url(endpoint) => {
                    let (verb, path) = url(other);
                    let what = format!("`same_url` names `{id}`, whose URL is {verb} {path}");
                    out.add(record.file, node.line, what, "remove it");
                }
                _ => {}
            }
        }
    }
}

fn url(endpoint: &Endpoint) -> (&'static str, &str) {
    let verb = match endpoint.method {
        Verb::Get => "GET",
        Verb::Post => "POST",
    };
    (verb, &endpoint.path)
}

fn methods(group: &Group, records: &GroupOrigin<'_>, out: &mut Diagnostics) {
    let mut methods: HashMap<&str, &str> = HashMap::new();
    for (endpoint, record) in group.endpoints.iter().zip(&records.endpoints) {
        let name = endpoint.method_name.as_str();
        if let Some(first) = methods.get(name).filter(|_| !name.is_empty()) {
            let what = format!("`{first}` and `{}` have the same method `{name}`", endpoint.id);
            out.add(record.file, record.line_of("name"), what, "give one of both another `name`");
        } else {
            methods.insert(name, &endpoint.id);
        }
    }
}

/// A group's handle, types, requests and responses share one module, and see the shared types beside them.
fn structs(group: &Group, records: &GroupOrigin<'_>, shared: &HashMap<&str, &Record<'_>>, out: &mut Diagnostics) {
    let types =
        records.types.iter().map(|record| (record.key.to_owned(), format!("the type `{}`", record.key), record));
    let endpoints = group.endpoints.iter().zip(&records.endpoints).flat_map(|(endpoint, record)| {
        [("request", &endpoint.request_name), ("response", &endpoint.response_name)]
            .map(|(what, name)| (name.clone(), format!("the {what} of `{}`", endpoint.id), record))
    });
    let handle = naming::handle_name(&group.name);
    if let Some(other) = shared.get(handle.as_str()) {
        let what = format!("the group's handle has the name of the shared type `{handle}` at {}", place(other));
        out.add(records.file.file, records.file.line_of("group"), what, "rename the type, or the group and its file");
    }
    let mut seen: HashMap<String, String> = HashMap::from([(handle, "the group's handle".to_owned())]);
    for (name, what, record) in types.chain(endpoints) {
        if let Some(other) = shared.get(name.as_str()) {
            let what = format!("{what} has the name of the shared type `{name}` at {}", place(other));
            out.add(record.file, record.line, what, "rename one of both types");
        } else if let Some(other) = seen.get(&name) {
            let what = format!("{what} has the same name `{name}` as {other}");
            out.add(record.file, record.line, what, "rename the type, or make the id `name__group`");
        } else {
            seen.insert(name, what);
        }
    }
}
