//! What WeChat pushes, as `spec/events` has it.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use serde_yaml::{Mapping, Value as Yaml};

use super::Spec;
use super::read::{Scope, add_types, field, fields, file, part};
use super::types::{Field, TypeDef};

/// How it comes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind {
    /// As an event.
    Event,
    /// As a message that a user wrote.
    Message,
    /// As a callback with a signature of its own.
    Callback,
}

/// Something that WeChat pushes.
#[derive(Debug)]
pub struct Event {
    /// Its key.
    pub id: String,
    /// How it comes.
    pub kind: EventKind,
    /// All values of `Event`, where several share its struct.
    pub names: Vec<String>,
    /// The object in which its fields may stand.
    pub wrapper: Option<String>,
    /// The fields that tell two apart.
    pub distinct_by: Vec<String>,
    /// The calls whose outcome it tells.
    pub answers: Vec<String>,
    /// The seconds that WeChat waits.
    pub answer_within: u8,
    /// How often it is delivered again; 0 where no page says so.
    pub redeliveries: u8,
    /// Its own fields.
    pub fields: Vec<Field>,
    /// What it wants to be answered.
    pub reply: Option<Reply>,
    /// Its example.
    pub example: Map<String, Value>,
}

/// What an event wants to be answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The struct.
    pub name: String,
    /// Whether `success` will do as well.
    pub optional: bool,
    /// Its fields.
    pub fields: Vec<ReplyField>,
}

/// A field of a reply.
#[derive(Clone, Debug)]
pub struct ReplyField {
    /// What it has in common with all fields.
    pub field: Field,
    /// What a new reply has.
    pub initial: Option<Value>,
    /// The field of the event that fills it, or `now`.
    pub default_from: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "words that no test can prove are known all the same")]
struct RawFile {
    group: String,
    title: String,
    about: String,
    #[serde(default)]
    types: Mapping,
    #[serde(default)]
    replies: Mapping,
    events: Mapping,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "words that no test can prove are known all the same")]
struct RawEvent {
    title: String,
    about: String,
    docs: String,
    name: Option<String>,
    kind: Option<String>,
    names: Option<Yaml>,
    answers: Option<Yaml>,
    wrapper: Option<String>,
    #[serde(default)]
    distinct_by: Vec<String>,
    answer_within: Option<u8>,
    redeliveries: Option<u8>,
    #[serde(default)]
    fields: Mapping,
    reply: Option<Yaml>,
    deprecated: Option<Yaml>,
    note: Option<String>,
    #[serde(default)]
    differs: Vec<String>,
    example: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "words that no test can prove are known all the same")]
struct RawReply {
    name: Option<String>,
    about: Option<String>,
    #[serde(default)]
    optional: bool,
    fields: Mapping,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "words that no test can prove are known all the same")]
struct RawAnswers {
    call: String,
    by: String,
}

/// Reads the files of a folder, which may be absent.
pub(super) fn read(spec: &mut Spec, folder: &Path, names: &HashMap<String, usize>, charsets: &HashMap<String, String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for path in files.iter().filter(|path| path.extension().is_some_and(|extension| extension == "yaml")) {
        let raw: RawFile = file(path);
        assert_eq!(path.file_stem().unwrap().to_str(), Some(raw.group.as_str()), "{}", path.display());
        let of = format!("events/{}", raw.group);
        let types = add_types(spec, &of, &raw.types, names, charsets);
        let scope = Scope { types: &types, charsets };
        let shared: HashMap<&str, Reply> = raw
            .replies
            .iter()
            .map(|(name, raw)| (name.as_str().unwrap(), reply(name.as_str().unwrap(), part(raw, "a reply"), &scope)))
            .collect();
        for (id, raw) in &raw.events {
            let id = id.as_str().unwrap();
            let (event, name) = event(id, part(raw, id), &shared, &scope);
            if !event.names.is_empty() {
                spec.type_names.push((of.clone(), format!("{name}Event")));
                spec.types.push(TypeDef::TextEnum(event.names.clone()));
            }
            spec.events.push(event);
        }
    }
}

fn event(id: &str, raw: RawEvent, shared: &HashMap<&str, Reply>, scope: &Scope<'_>) -> (Event, String) {
    let name = raw.name.unwrap_or_else(|| upper_camel_case(id));
    let names = match raw.names {
        None => Vec::new(),
        Some(Yaml::Mapping(names)) => names.keys().map(|name| name.as_str().unwrap().to_owned()).collect(),
        Some(list) => part(&list, id),
    };
    let answers: Vec<RawAnswers> = match raw.answers {
        None => Vec::new(),
        Some(list @ Yaml::Sequence(_)) => part(&list, id),
        Some(one) => vec![part(&one, id)],
    };
    let event = Event {
        id: id.to_owned(),
        kind: match raw.kind.as_deref() {
            None | Some("event") => EventKind::Event,
            Some("message") => EventKind::Message,
            Some("callback") => EventKind::Callback,
            Some(other) => panic!("{id}: kind: {other}"),
        },
        names,
        wrapper: raw.wrapper,
        distinct_by: raw.distinct_by,
        answers: answers.into_iter().map(|answers| answers.call).collect(),
        answer_within: raw.answer_within.unwrap_or(5),
        redeliveries: raw.redeliveries.unwrap_or(0),
        fields: fields(&raw.fields, scope),
        reply: raw.reply.map(|raw| match raw {
            Yaml::String(name) => shared[name.as_str()].clone(),
            raw => reply(&format!("{name}Reply"), part(&raw, id), scope),
        }),
        example: raw.example,
    };
    (event, name)
}

fn reply(name: &str, raw: RawReply, scope: &Scope<'_>) -> Reply {
    let fields = raw.fields.into_iter().map(|(wire, raw)| {
        let mut raw: Mapping = part(&raw, name);
        // Words that mean something else in a request, or nothing.
        let initial = raw.remove("initial").map(|value| part(&value, name));
        let default_from = raw.remove("default_from").map(|value| part(&value, name));
        ReplyField { field: field(wire.as_str().unwrap(), &Yaml::Mapping(raw), scope), initial, default_from }
    });
    Reply { name: raw.name.unwrap_or_else(|| name.to_owned()), optional: raw.optional, fields: fields.collect() }
}

fn upper_camel_case(id: &str) -> String {
    let mut out = String::new();
    for word in id.split('_') {
        let mut rest = word.chars();
        out.extend(rest.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(rest.as_str());
    }
    out
}
