//! Facts of WeChat's documentation that another program has read: a folder of JSON. `cargo xtask coverage` measures the
//! spec against them.
//!
//! They become the same [`Page`] as WeChat's pages do, so that one comparison serves both.
//!
//! | file | holds, each a list |
//! | --- | --- |
//! | `endpoints/*.json` | endpoints: `id` (unique), `en_name` (the name that WeChat repeats; then `id` is `en_name__…`), `title`, `method`, `path`, `doc_url`, `cloud_call`, `permission_sets`, `encrypt_supported`, `errcodes` (`code`, `msg`, `hint`), and `query`, `body`, `response`: fields |
//! | a field | `name`, `type` (string, number, boolean, object, …), `array`, `required`, `desc`, `enum` (`value`, `desc`), `fields`; `fields_undocumented` where the page does not list these |
//! | `errcodes.json` | the distinct codes: `code` |
//! | `events.json` | what is pushed, if the file is there: `event` (a name or several), else `msg_type`; `title`, `section`; `fields` and `reply_fields`: fields; `examples` (`side`: push or reply, `format`: xml, json or text, `raw`) |
//! | `examples/index.json`, `examples_repaired/index.json` | examples: `file`, `id`, `side` (request or response) |
//!
//! `parameters_external` (the address) and `response_undocumented` of an endpoint say what its page does not. Other keys
//! are not read.

mod endpoint;
mod event;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

pub use self::event::{EventFact, Sample};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::pages::{Example, Page};

/// What a folder of facts tells.
#[derive(Debug, Default)]
pub struct Facts {
    /// The endpoints, by file.
    pub endpoints: Vec<Fact>,
    /// All codes of all pages.
    pub errcodes: BTreeSet<i64>,
    /// What is pushed.
    pub events: Vec<EventFact>,
}

/// What is known of one endpoint.
#[derive(Debug)]
pub struct Fact {
    /// The id in the facts, which is unique.
    pub id: String,
    /// What its page says.
    pub page: Page,
    /// What its page does not say, by place, so that nobody can cover it.
    pub unsaid: Vec<(String, String)>,
    /// The names of the files of its examples, in the order of those of the page.
    pub samples: Vec<String>,
}

/// Reads `endpoints/*.json`, `errcodes.json`, and the examples that `examples/index.json` and
/// `examples_repaired/index.json` list, if these are there.
///
/// # Errors
///
/// All that cannot be read.
pub fn read(dir: &Path) -> Result<Facts, Vec<Diagnostic>> {
    let mut out = Diagnostics::default();
    let mut facts = Facts::default();
    let mut names: Vec<_> = match fs::read_dir(dir.join("endpoints")) {
        Ok(entries) => entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect(),
        Err(error) => {
            let what = format!("cannot be read ({})", error.kind());
            out.add("endpoints", 1, what, "give a folder of facts, with one JSON file per category in `endpoints`");
            return Err(out.into_sorted());
        }
    };
    names.retain(|name| name.ends_with(".json"));
    names.sort();
    for name in names {
        let file = format!("endpoints/{name}");
        let Some((text, list)) = list(dir, &file, &mut out) else { continue };
        for json in &list {
            facts.endpoints.extend(endpoint::fact(&file, &text, json, &mut out));
        }
    }
    if let Some((_, list)) = list(dir, "errcodes.json", &mut out) {
        for json in &list {
            match json.get("code").and_then(Value::as_i64) {
                Some(code) => drop(facts.errcodes.insert(code)),
                None => out.add("errcodes.json", 1, "an entry has no `code`", "give each a number"),
            }
        }
    }
    if dir.join("events.json").exists()
        && let Some((_, list)) = list(dir, "events.json", &mut out)
    {
        facts.events = list.iter().filter_map(|json| event::event("events.json", json, &mut out)).collect();
    }
    for folder in ["examples", "examples_repaired"].into_iter().filter(|folder| dir.join(folder).exists()) {
        examples(dir, &format!("{folder}/index.json"), &mut facts, &mut out);
    }
    let mistakes = out.into_sorted();
    if mistakes.is_empty() { Ok(facts) } else { Err(mistakes) }
}

fn list(dir: &Path, file: &str, out: &mut Diagnostics) -> Option<(String, Vec<Value>)> {
    let text = match fs::read_to_string(dir.join(file)) {
        Ok(text) => text,
        Err(error) => {
            out.add(file, 1, format!("cannot be read ({})", error.kind()), "add it, in UTF-8");
            return None;
        }
    };
    match serde_json::from_str(&text) {
        Ok(Value::Array(list)) => Some((text, list)),
        Ok(_) => {
            out.add(file, 1, "holds no list", "write a JSON list");
            None
        }
        Err(error) => {
            out.add(file, error.line(), format!("not JSON: {error}"), "correct it");
            None
        }
    }
}

/// Gives each endpoint the examples that an index lists.
fn examples(dir: &Path, index: &str, facts: &mut Facts, out: &mut Diagnostics) {
    let Some((_, list)) = list(dir, index, out) else { return };
    for json in &list {
        let text = |word| json.get(word).and_then(Value::as_str).unwrap_or_default();
        let (file, id) = (text("file"), text("id"));
        let request = match text("side") {
            "request" => true,
            "response" => false,
            side => {
                let what = format!("the side of `{file}` is `{side}`");
                out.add(index, 1, what, "write `request` or `response`");
                continue;
            }
        };
        let Some(fact) = facts.endpoints.iter_mut().find(|fact| fact.id == id) else {
            out.add(index, 1, format!("`{file}` belongs to `{id}`, which no endpoint is"), "correct the id");
            continue;
        };
        match fs::read_to_string(dir.join(file)) {
            Ok(text) => {
                fact.page.examples.push(Example { request, text });
                fact.samples.push(file.to_owned());
            }
            Err(error) => out.add(file, 1, format!("cannot be read ({})", error.kind()), "add it, in UTF-8"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    fn told(files: &[(&str, &str)]) -> Vec<String> {
        read(folder(files).path()).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn endpoints_codes_and_examples_are_read() {
        let dir = folder(&[
            ("endpoints/b.json", r#"[{"id": "getB", "path": "/b"}]"#),
            ("endpoints/a.json", r#"[{"id": "getA", "path": "/a"}]"#),
            ("endpoints/README.md", "not a fact"),
            ("errcodes.json", r#"[{"code": -1}, {"code": 40001}]"#),
            ("examples/index.json", r#"[{"file": "examples/x.json", "id": "getB", "side": "request"}]"#),
            ("examples/x.json", "{}"),
        ]);
        let facts = read(dir.path()).unwrap();
        let ids: Vec<_> = facts.endpoints.iter().map(|fact| fact.id.as_str()).collect();
        assert_eq!(ids, ["getA", "getB"]);
        assert_eq!(facts.errcodes, BTreeSet::from([-1, 40001]));
        assert_eq!(facts.endpoints[1].page.examples, [Example { request: true, text: "{}".into() }]);
        assert_eq!(facts.endpoints[1].samples, ["examples/x.json"]);
    }

    #[test]
    fn what_cannot_be_read_is_told_by_file() {
        assert!(told(&[])[0].starts_with("endpoints:1: cannot be read (entity not found); give a folder of facts"));
        let told = told(&[
            ("endpoints/a.json", "[\n{]"),
            ("endpoints/b.json", "{}"),
            ("errcodes.json", "[{}]"),
            (
                "examples/index.json",
                r#"[{"file": "f", "id": "x", "side": "request"}, {"file": "g", "id": "x", "side": "left"}]"#,
            ),
        ]);
        assert_eq!(told.len(), 5, "{told:#?}");
        assert!(told[0].starts_with("endpoints/a.json:2: not JSON: "), "{told:#?}");
        assert_eq!(told[1], "endpoints/b.json:1: holds no list; write a JSON list");
        assert_eq!(told[2], "errcodes.json:1: an entry has no `code`; give each a number");
        assert_eq!(told[3], "examples/index.json:1: `f` belongs to `x`, which no endpoint is; correct the id");
        assert_eq!(told[4], "examples/index.json:1: the side of `g` is `left`; write `request` or `response`");
    }
}
