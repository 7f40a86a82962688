//! What is generated from the golden specs, compared with what is stored beside them.
//!
//! `UPDATE_GOLDEN=1 cargo test -p weapp-codegen --test golden` stores what is generated now; read the difference
//! before you commit it.

#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;
use support::{generate, goldens, load, root, stored_path};
use weapp_codegen::emit::rust;

#[test]
fn emitted_code_is_as_stored() {
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut differing = Vec::new();
    for golden in goldens() {
        let folder = golden.path.join("expected");
        let api = load(&golden.path.join("spec"));
        let generated: BTreeMap<_, _> =
            generate(&api).into_iter().filter_map(|(path, text)| Some((stored_path(&api, &path)?, text))).collect();
        let stored = stored(&folder);
        if generated == stored {
            continue;
        }
        if update {
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir(&folder).unwrap();
            for (path, text) in &generated {
                let path = folder.join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            continue;
        }
        let paths: BTreeSet<_> = generated.keys().chain(stored.keys()).collect();
        differing.extend(paths.into_iter().filter(|path| generated.get(*path) != stored.get(*path)).map(|path| {
            let place = format!("tests/golden/{}/expected/{path}", golden.name);
            place + &difference(stored.get(path).map_or("", |text| text), generated.get(path).map_or("", |text| text))
        }));
    }
    assert!(
        differing.is_empty(),
        "generated code differs from what is stored:\n{}`UPDATE_GOLDEN=1` with this test stores it.",
        differing.concat()
    );
}

fn stored(folder: &Path) -> BTreeMap<String, String> {
    let files = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect::<Vec<_>>()
    };
    let paths = files(folder).into_iter().chain(files(&folder.join("events")));
    let text = |path: &Path| fs::read_to_string(path).unwrap();
    paths.map(|path| (path.strip_prefix(folder).unwrap().to_string_lossy().into_owned(), text(&path))).collect()
}

/// The first line in which two texts differ.
fn difference(stored: &str, generated: &str) -> String {
    let mut lines = (1..).zip(stored.lines().map(Some).chain(std::iter::repeat(None)));
    let mut generated = generated.lines();
    loop {
        let ((number, old), new) = (lines.next().unwrap(), generated.next());
        if old != new {
            let shown = |line: Option<&str>| line.unwrap_or("(the end)").to_owned();
            return format!(":{number}\n  stored:    {}\n  generated: {}\n", shown(old), shown(new));
        }
        if old.is_none() {
            return ": only their ends of lines differ\n".to_owned();
        }
    }
}

#[test]
fn generating_twice_gives_the_same_bytes() {
    for spec in goldens().into_iter().map(|golden| golden.path.join("spec")).chain([root().join("spec")]) {
        let (one, other) = (load(&spec), load(&spec));
        assert_eq!(rust::files(&one), rust::files(&other), "{}", spec.display());
        assert_eq!(rust::event_files(&one), rust::event_files(&other), "{}", spec.display());
    }
}

#[test]
fn no_endpoint_is_lost() {
    for spec in goldens().into_iter().map(|golden| golden.path.join("spec")).chain([root().join("spec")]) {
        let written: usize = fs::read_dir(spec.join("api"))
            .unwrap()
            .map(|entry| yaml(&entry.unwrap().path())["endpoints"].as_mapping().unwrap().len())
            .sum();
        let files = rust::files(&load(&spec));
        let count = |word: &str| files.iter().map(|file| file.text.matches(word).count()).sum::<usize>();
        assert_eq!(count("\nimpl Endpoint for "), written, "requests of {}", spec.display());
        assert_eq!(count("Entry::of::<"), written, "calls by name of {}", spec.display());
        assert_eq!(count(" -> Call<"), written, "methods of {}", spec.display());
    }
}

#[test]
fn no_event_is_lost() {
    for spec in goldens().into_iter().map(|golden| golden.path.join("spec")).chain([root().join("spec")]) {
        let files = fs::read_dir(spec.join("events")).into_iter().flatten();
        let written: Vec<_> = files.map(|entry| yaml(&entry.unwrap().path())["events"].clone()).collect();
        let events: Vec<_> = written.iter().flat_map(|file| file.as_mapping().unwrap().values()).collect();
        let callbacks = events.iter().filter(|event| event["kind"].as_str() == Some("callback")).count();
        let files = rust::event_files(&load(&spec));
        let count = |word: &str| files.iter().map(|file| file.text.matches(word).count()).sum::<usize>();
        assert_eq!(count("\nimpl PushEvent for "), events.len(), "events of {}", spec.display());
        assert_eq!(count("::META,") + count("::META]"), events.len(), "the list of {}", spec.display());
        assert_eq!(count("message.decode()?"), events.len() - callbacks, "arms of {}", spec.display());
        let catalogue: Value = serde_json::from_str(&weapp_codegen::catalog::catalog(&spec).unwrap()).unwrap();
        let listed = catalogue["events"].as_array().unwrap().iter();
        let listed: usize = listed.map(|group| group["events"].as_object().unwrap().len()).sum();
        assert_eq!(listed, events.len(), "the catalogue of {}", spec.display());
    }
}

/// Whoever adds a word to the language adds it to a golden spec.
#[test]
fn every_word_of_the_language_has_a_golden_spec() {
    let schema: Value = serde_json::from_str(&weapp_codegen::schema::schema()).unwrap();
    let mut wanted = BTreeSet::new();
    for (place, words) in schema["$defs"].as_object().unwrap() {
        for (word, shape) in words["properties"].as_object().into_iter().flatten() {
            wanted.insert(format!("{place}.{word}"));
            choices(shape, &format!("{place}.{word}"), &mut wanted);
        }
    }
    assert!(wanted.contains("endpoint.token = none") && wanted.contains("type_field.charset"), "{wanted:?}");
    let mut used = BTreeSet::new();
    for golden in goldens() {
        let spec = golden.path.join("spec");
        for (place, file) in [("types", "types.yaml"), ("errcodes", "errcodes.yaml")] {
            walk(&schema, &schema["$defs"][place], place, &yaml(&spec.join(file)), &mut used);
        }
        if spec.join("uncovered.yaml").exists() {
            walk(&schema, &schema["$defs"]["uncovered"], "uncovered", &yaml(&spec.join("uncovered.yaml")), &mut used);
        }
        for (place, folder) in [("group", "api"), ("event_group", "events")] {
            for entry in fs::read_dir(spec.join(folder)).into_iter().flatten() {
                walk(&schema, &schema["$defs"][place], place, &yaml(&entry.unwrap().path()), &mut used);
            }
        }
    }
    let missing: Vec<_> = wanted.difference(&used).collect();
    assert!(missing.is_empty(), "no spec under tests/golden uses {missing:#?}");
}

/// The words that a value can be.
fn choices(shape: &Value, word: &str, out: &mut BTreeSet<String>) {
    let parts = shape["anyOf"].as_array().into_iter().flatten().chain(shape.get("items"));
    parts.for_each(|part| choices(part, word, out));
    out.extend(
        shape["enum"].as_array().into_iter().flatten().map(|choice| format!("{word} = {}", choice.as_str().unwrap())),
    );
}

/// Notes the words that a value of a shape uses; `word` is the one behind which it stands.
fn walk(schema: &Value, shape: &Value, word: &str, value: &serde_yaml::Value, used: &mut BTreeSet<String>) {
    if let Some(reference) = shape["$ref"].as_str() {
        let place = reference.trim_start_matches("#/$defs/");
        walk(schema, &schema["$defs"][place], place, value, used);
    }
    for part in shape["anyOf"].as_array().into_iter().flatten() {
        walk(schema, part, word, value, used);
    }
    if let (Some(text), Some(_)) = (value.as_str(), shape.get("enum")) {
        used.insert(format!("{word} = {text}"));
    }
    for element in value.as_sequence().into_iter().flatten() {
        walk(schema, &shape["items"], word, element, used);
    }
    for (key, value) in value.as_mapping().into_iter().flatten() {
        let inner = key.as_str().and_then(|key| Some((key, shape["properties"].get(key)?)));
        if let Some((key, inner)) = inner {
            // `word` is the place here: a map's words belong to it.
            used.insert(format!("{word}.{key}"));
            walk(schema, inner, &format!("{word}.{key}"), value, used);
        } else {
            walk(schema, &shape["additionalProperties"], word, value, used);
        }
    }
}

/// The same for types, whose names the page of the language lists.
#[test]
fn every_type_of_the_language_has_a_golden_spec() {
    let page = fs::read_to_string(root().join("spec/README.md")).unwrap();
    let (_, table) = page.split_once("| type | Rust | wire |").unwrap();
    let rows = table.lines().map_while(|line| if line.is_empty() { Some("") } else { line.strip_prefix('|') });
    let names: BTreeSet<_> = rows
        .filter_map(|row| row.split('|').next())
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))
        .collect();
    assert!(names.len() == 14 && names.contains("template_data"), "{names:?}");
    let mut wanted: BTreeSet<String> = names.iter().map(|name| format!("parameter {name}")).collect();
    // Files and template data are not answered.
    let answered = names.iter().filter(|name| !name.contains("file") && **name != "template_data");
    wanted.extend(answered.map(|name| format!("answer {name}")));
    let mut used = BTreeSet::new();
    for golden in goldens() {
        let api = load(&golden.path.join("spec"));
        for endpoint in api.groups.iter().flat_map(|group| &group.endpoints) {
            used.extend(endpoint.params.iter().map(|field| format!("parameter {}", field.ty)));
            if let weapp_codegen::model::Response::Fields(fields) = &endpoint.response {
                used.extend(fields.iter().map(|field| format!("answer {}", field.ty)));
            }
        }
    }
    let missing: Vec<_> = wanted.difference(&used).collect();
    assert!(missing.is_empty(), "no spec under tests/golden has {missing:#?}");
}

fn yaml(path: &Path) -> serde_yaml::Value {
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}
