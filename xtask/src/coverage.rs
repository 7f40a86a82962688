//! `cargo xtask coverage`: how much of the documented API the spec covers.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use weapp_codegen::coverage::{Coverage, measure};
use weapp_codegen::{Diagnostic, facts, load};

use crate::run::root;

pub(crate) fn run(dir: &Path, json: Option<&Path>) -> ExitCode {
    match coverage(&root(), dir).and_then(|coverage| show(&coverage, json).map(|()| coverage)) {
        Ok(coverage) => ExitCode::from(u8::from(!coverage.is_whole())),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn coverage(root: &Path, dir: &Path) -> Result<Coverage, String> {
    let spec = root.join("spec");
    let lines = |mistakes: &[Diagnostic]| mistakes.iter().map(|mistake| format!("{mistake}\n")).collect::<String>();
    load(&spec)
        .map_err(|mistakes| format!("{}{} mistake(s) in spec/; mend them first.", lines(&mistakes), mistakes.len()))?;
    let facts = facts::read(dir).map_err(|mistakes| {
        format!("{}{} mistake(s) in {}; nothing was measured.", lines(&mistakes), mistakes.len(), dir.display())
    })?;
    if facts.endpoints.is_empty() {
        return Err(format!("{}: no endpoint in `endpoints`; give a folder of facts.", dir.display()));
    }
    measure(&spec, &facts).map_err(|mistake| mistake.to_string())
}

fn show(coverage: &Coverage, json: Option<&Path>) -> Result<(), String> {
    match json {
        Some(path) if path == Path::new("-") => {
            print!("{}", coverage.json());
            return Ok(());
        }
        Some(path) => fs::write(path, coverage.json()).map_err(|error| format!("{}: {error}", path.display()))?,
        None => {}
    }
    print!("{}", coverage.table());
    Ok(())
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn json_is_written_beside_the_table() {
        let coverage = told("", &fact("POST")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("coverage.json");
        show(&coverage, Some(&file)).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), coverage.json());
        assert!(show(&coverage, Some(&folder.path().join("no/such/folder.json"))).is_err());
    }
}
