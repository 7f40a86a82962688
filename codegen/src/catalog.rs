//! The spec as JSON, for the mock and the contract tests.
//!
//! They must not share a mistake with the code that is generated, so this is a plain transcription by another
//! parser, past the reader and the model: what the YAML says is what the JSON says.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::Diagnostic;

/// Transcribes a spec: `{"groups": […], "events": […], "types": {…}, "charsets": {…}, "errcodes": {…}}`, the groups and
/// those of events sorted by file, everything else in file order. Keys that are numbers become texts, as JSON demands.
///
/// # Errors
///
/// A file that cannot be read or is not YAML. Whether it says something sensible is for [`load`](crate::load).
pub fn catalog(spec_dir: &Path) -> Result<String, Diagnostic> {
    transcribe(spec_dir).map(|all| format!("{all:#}\n"))
}

/// The same as a value.
pub(crate) fn transcribe(spec_dir: &Path) -> Result<Value, Diagnostic> {
    let groups = folder(spec_dir, "api")?;
    let events = if spec_dir.join("events").exists() { folder(spec_dir, "events")? } else { Vec::new() };
    let mut types = read(spec_dir, "types.yaml")?;
    let mut errcodes = read(spec_dir, "errcodes.yaml")?;
    Ok(json!({
        "groups": groups,
        "events": events,
        "types": part(&mut types, "types"),
        "charsets": part(&mut types, "charsets"),
        "errcodes": part(&mut errcodes, "errcodes"),
    }))
}

/// The files of a folder, sorted by name.
fn folder(spec_dir: &Path, folder: &str) -> Result<Vec<Value>, Diagnostic> {
    let entries = fs::read_dir(spec_dir.join(folder)).map_err(|error| unreadable(folder, &error))?;
    let mut names: Vec<String> = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".yaml") && !name.starts_with('.'))
        .collect();
    names.sort_by(|a, b| a.trim_end_matches(".yaml").cmp(b.trim_end_matches(".yaml")));
    names.iter().map(|name| read(spec_dir, &format!("{folder}/{name}"))).collect()
}

/// The documented endpoints that a spec leaves out, with the reasons. Neither mock nor contract tests need them, so they
/// are no part of the catalogue.
pub(crate) fn uncovered(spec_dir: &Path) -> Result<Map<String, Value>, Diagnostic> {
    if !spec_dir.join("uncovered.yaml").exists() {
        return Ok(Map::new());
    }
    match part(&mut read(spec_dir, "uncovered.yaml")?, "uncovered") {
        Value::Object(map) => Ok(map),
        _ => Ok(Map::new()),
    }
}

/// What stands behind a word of a file; an empty map when nothing does.
fn part(file: &mut Value, word: &str) -> Value {
    match file.get_mut(word) {
        Some(Value::Null) | None => Value::Object(Map::new()),
        Some(value) => value.take(),
    }
}

fn read(spec_dir: &Path, path: &str) -> Result<Value, Diagnostic> {
    let text = fs::read_to_string(spec_dir.join(path)).map_err(|error| unreadable(path, &error))?;
    let yaml: serde_yaml::Value = serde_yaml::from_str(&text).map_err(|error| Diagnostic {
        file: format!("spec/{path}"),
        line: error.location().map_or(1, |location| location.line()),
        what: format!("not YAML: {error}"),
        remedy: "correct the YAML".into(),
    })?;
    Ok(transcribed(&yaml))
}

fn unreadable(path: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic {
        file: format!("spec/{path}"),
        line: 1,
        what: format!("cannot be read ({})", error.kind()),
        remedy: "add it".into(),
    }
}

/// `serde_json::to_value` would refuse keys that are not texts.
fn transcribed(yaml: &serde_yaml::Value) -> Value {
    use serde_yaml::Value as Yaml;
    match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(value) => Value::from(*value),
        Yaml::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(int), _) => Value::from(int),
            (None, Some(int)) => Value::from(int),
            (None, None) => Value::from(number.as_f64()),
        },
        Yaml::String(text) => Value::from(text.as_str()),
        Yaml::Sequence(list) => list.iter().map(transcribed).collect(),
        Yaml::Mapping(map) => map.iter().map(|(key, value)| (key_text(key), transcribed(value))).collect(),
        Yaml::Tagged(tagged) => transcribed(&tagged.value),
    }
}

fn key_text(key: &serde_yaml::Value) -> String {
    match transcribed(key) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
