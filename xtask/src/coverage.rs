//! `cargo xtask coverage`: how much of the documented API the spec covers.

use std::path::Path;
use std::process::ExitCode;

use weapp_codegen::coverage::{Coverage, measure};
use weapp_codegen::facts;

use crate::report::{Report, lines, show, sound};
use crate::run::root;

pub(crate) fn run(dir: &Path, json: Option<&Path>) -> ExitCode {
    let report =
        |coverage: Coverage| Report { table: coverage.table(), json: coverage.json(), clean: coverage.is_whole() };
    show(coverage(&root(), dir).map(report), json)
}

fn coverage(root: &Path, dir: &Path) -> Result<Coverage, String> {
    let spec = root.join("spec");
    sound(&spec)?;
    let facts = facts::read(dir).map_err(|mistakes| {
        format!("{}{} mistake(s) in {}; nothing was measured.", lines(&mistakes), mistakes.len(), dir.display())
    })?;
    if facts.endpoints.is_empty() {
        return Err(format!("{}: no endpoint in `endpoints`; give a folder of facts.", dir.display()));
    }
    measure(&spec, &facts).map_err(|mistake| mistake.to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A repository of one endpoint, and facts of it.
    fn house(words: &str, fact: &str) -> (tempfile::TempDir, tempfile::TempDir) {
        let (house, facts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let group = format!(
            "group: things\ntitle: 物\nabout: Things.\nendpoints:\n  getThing:\n    name: get\n    title: 读取\n    \
             about: Gets it.\n    docs: https://example.com/thing\n    method: GET\n    path: /wxa/thing\n{words}"
        );
        fs::create_dir_all(house.path().join("spec/api")).unwrap();
        for (file, text) in [("types.yaml", ""), ("errcodes.yaml", ""), ("api/things.yaml", &*group)] {
            fs::write(house.path().join("spec").join(file), text).unwrap();
        }
        fs::create_dir(facts.path().join("endpoints")).unwrap();
        fs::write(facts.path().join("endpoints/things.json"), fact).unwrap();
        fs::write(facts.path().join("errcodes.json"), "[]").unwrap();
        (house, facts)
    }

    fn told(words: &str, fact: &str) -> Result<Coverage, String> {
        let (house, facts) = house(words, fact);
        coverage(house.path(), facts.path())
    }

    fn fact(method: &str) -> String {
        format!(r#"[{{ "id": "getThing", "path": "/wxa/thing", "method": "{method}" }}]"#)
    }

    #[test]
    fn what_is_missing_decides() {
        assert!(told("", &fact("GET")).unwrap().is_whole());
        let changed = told("", &fact("POST")).unwrap();
        assert!(!changed.is_whole() && changed.table().contains("method"), "{}", changed.table());
        assert!(told("    differs: [method]\n", &fact("POST")).unwrap().is_whole());
    }

    #[test]
    fn what_cannot_be_measured_is_told() {
        assert!(told("    colour: red\n", &fact("GET")).is_err_and(|told| told.contains("1 mistake(s) in spec/")));
        assert!(told("", "[").is_err_and(|told| told.contains("endpoints/things.json:1: not JSON")));
        assert!(told("", "[]").is_err_and(|told| told.contains("no endpoint in `endpoints`")));
    }
}
