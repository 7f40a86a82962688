//! What is read, what is refused and how, what is written.
#![allow(unreachable_pub, reason = "what the macros write is public, as it is in the API")]

mod answer;
mod damaged;
mod enums;
mod formats;
mod leaks;
mod lenient;
mod paths;
mod precision;
mod properties;
mod refused;
mod time;
mod written;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::secret::Secret;
use crate::wire::{self, Envelope, Record, Timestamp, TimestampMs, Unfit, UnknownValue, Wire, judge, split_path};

/// One field of each kind.
#[derive(Clone, Debug, PartialEq)]
struct Everything {
    text: Option<String>,
    flag: Option<bool>,
    int: Option<i64>,
    long: Option<u64>,
    count: Option<u32>,
    byte: Option<u8>,
    share: Option<f64>,
    secret: Option<Secret>,
    at: Option<Timestamp>,
    at_ms: Option<TimestampMs>,
    any: Option<Value>,
    level: Option<Level>,
    kind: Option<Kind>,
    part: Option<Part>,
    texts: Vec<String>,
    numbers: Vec<i64>,
    parts: Vec<Part>,
    grid: Vec<Vec<i64>>,
    anything: Vec<Value>,
    table: Option<BTreeMap<String, i64>>,
    tables: Option<BTreeMap<String, Part>>,
}

wire::decode!(Everything {
    text: "text",
    flag: "flag",
    int: "int",
    long: "long",
    count: "count",
    byte: "byte",
    share: "share",
    secret: "secret",
    at: "at",
    at_ms: "atMs",
    any: "any",
    level: "level",
    kind: "kind",
    part: "part",
    texts: "texts",
    numbers: "numbers",
    parts: "parts",
    grid: "grid",
    anything: "anything",
    table: "table",
    tables: "tables",
});
wire::encode!(Everything {
    text: "text",
    flag: "flag",
    int: "int",
    long: "long",
    count: "count",
    byte: "byte",
    share: "share",
    secret: "secret",
    at: "at",
    at_ms: "atMs",
    any: "any",
    level: "level",
    kind: "kind",
    part: "part",
    texts: "texts",
    numbers: "numbers",
    parts: "parts",
    grid: "grid",
    anything: "anything",
    table: "table",
    tables: "tables",
});

/// The names of the fields of [`Everything`].
const FIELDS: [&str; 21] = [
    "text", "flag", "int", "long", "count", "byte", "share", "secret", "at", "atMs", "any", "level", "kind", "part",
    "texts", "numbers", "parts", "grid", "anything", "table", "tables",
];

#[derive(Clone, Debug, PartialEq)]
struct Part {
    label: Option<i64>,
    parts: Vec<Part>,
}

wire::decode!(Part { label: "label", parts: "parts" });
wire::encode!(Part { label: "label", parts: "parts" });

/// What `code2Session` answers.
#[derive(Clone, Debug, PartialEq)]
struct Session {
    openid: String,
    session_key: Secret,
    unionid: Option<String>,
}

wire::decode!(Session { openid: always("openid"), session_key: always("session_key"), unionid: "unionid" });
wire::encode!(Session { openid: "openid", session_key: "session_key", unionid: "unionid" });

#[derive(Clone, Debug, PartialEq)]
enum Level {
    Low,
    High,
    Unknown(UnknownValue),
}

wire::text_enum!(Level { Low: "low", High: "high" });

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    One,
    Seven,
    Unknown(UnknownValue),
}

wire::int_enum!(Kind { One: 1, Seven: 7 });

/// Reads one value; an error without its place in the text.
fn read<T: Wire>(json: &str) -> Result<Option<T>, String> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value = T::read(&mut deserializer).map_err(|error| without_place(&error));
    if value.is_ok() {
        deserializer.end().unwrap();
    }
    value
}

fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(what, _)| what.to_owned())
}

/// Reads a value that has to be taken and has to be there.
#[track_caller]
fn taken<T: Wire>(json: &str) -> T {
    match read(json) {
        Ok(Some(value)) => value,
        Ok(None) => panic!("{json} was taken for absent"),
        Err(error) => panic!("{json} was refused: {error}"),
    }
}

/// Whether a value stands for "not there".
#[track_caller]
fn absent<T: Wire>(json: &str) -> bool {
    match read::<T>(json) {
        Ok(value) => value.is_none(),
        Err(error) => panic!("{json} was refused: {error}"),
    }
}

#[track_caller]
fn refusal<T: Wire>(json: &str) -> String {
    match read::<T>(json) {
        Ok(_) => panic!("{json} was taken"),
        Err(error) => error,
    }
}

/// The path and the text of the error with which a struct is refused.
#[track_caller]
fn located<T: Record>(json: &str) -> (String, String) {
    match wire::read_record::<T, _>(&mut serde_json::Deserializer::from_str(json)) {
        Ok(_) => panic!("{json} was taken"),
        Err(error) => split_path(&error),
    }
}

/// What an answer is, in a form that compares: `failure CODE: MESSAGE`, `malformed PATH: WHAT`.
fn judged_as<T: Record>(body: impl AsRef<[u8]>, envelope: &Envelope) -> Result<T, String> {
    judge(body.as_ref(), envelope).map_err(|unfit| match unfit {
        Unfit::Failure { code, message } => format!("failure {code}: {message}"),
        Unfit::Malformed { path, what } => format!("malformed {path}: {what}"),
    })
}

fn judged<T: Record>(body: impl AsRef<[u8]>) -> Result<T, String> {
    judged_as(body, &Envelope::STANDARD)
}
