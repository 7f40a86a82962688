//! `cargo xtask codegen`: writes what is stale, or with `--check` names it.

use std::fs;
use std::path::{Path, PathBuf};

use weapp_codegen::emit::readme::{self, Language};
use weapp_codegen::emit::rust;
use weapp_codegen::{catalog, format, load, schema};

use crate::run::root;

pub(crate) fn run(check: bool) -> Result<(), String> {
    bring_up_to_date(&root(), check)
}

/// The groups that have a feature.
pub(crate) fn groups() -> Result<Vec<String>, String> {
    Ok(rust::features(&read(&root())?).into_iter().map(str::to_owned).collect())
}

/// The checked spec.
pub(crate) fn read(root: &Path) -> Result<weapp_codegen::model::Api, String> {
    load(&root.join("spec")).map_err(|mistakes| {
        let lines: String = mistakes.iter().map(|mistake| format!("{mistake}\n")).collect();
        format!("{lines}{} mistake(s) in spec/; nothing was written.", mistakes.len())
    })
}

fn bring_up_to_date(root: &Path, check: bool) -> Result<(), String> {
    let mut products = products(root)?;
    let obsolete = obsolete(root, &products)?;
    products.retain(|(path, text)| fs::read_to_string(root.join(path)).ok().as_ref() != Some(text));
    if check {
        let stale: Vec<_> = products.iter().map(|(path, _)| path).chain(&obsolete).collect();
        if stale.is_empty() {
            return Ok(());
        }
        let list: String = stale.iter().map(|path| format!("  {}\n", path.display())).collect();
        return Err(format!(
            "These files do not fit spec/ any more:\n{list}Run `cargo xtask codegen` and commit what it writes."
        ));
    }
    for (path, text) in &products {
        let target = root.join(path);
        if let Some(folder) = target.parent() {
            fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        fs::write(&target, text).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("wrote {}", path.display());
    }
    for path in &obsolete {
        fs::remove_file(root.join(path)).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("removed {}", path.display());
    }
    if products.is_empty() && obsolete.is_empty() {
        println!("everything is up to date");
    }
    Ok(())
}

/// All generated files, by their path from the top of the repository.
fn products(root: &Path) -> Result<Vec<(PathBuf, String)>, String> {
    let api = read(root)?;
    let sdk = PathBuf::from("sdk");
    let calls = rust::files(&api).into_iter().map(|file| (sdk.join("src/api").join(&file.path), file.text));
    let events = rust::event_files(&api).into_iter().map(|file| (sdk.join("src/events").join(&file.path), file.text));
    let raw: Vec<_> = calls.chain(events).collect();
    let formatted = format(root, &raw.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>())?;
    let mut products: Vec<_> = raw.into_iter().zip(formatted).map(|((path, _), text)| (path, text)).collect();
    let manifest =
        fs::read_to_string(root.join("sdk/Cargo.toml")).map_err(|error| format!("sdk/Cargo.toml: {error}"))?;
    products.push((sdk.join("Cargo.toml"), rust::manifest(&manifest, &api)?));
    for (path, language) in [("README.md", Language::English), ("README.zh-CN.md", Language::Chinese)] {
        let text = fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))?;
        let text = readme::renewed(&text, &api, language).map_err(|what| format!("{path}: {what}"))?;
        products.push((PathBuf::from(path), text));
    }
    products.push((
        sdk.join("src/mock/catalogue.json"),
        catalog::catalog(&root.join("spec")).map_err(|error| error.to_string())?,
    ));
    products.push((PathBuf::from("spec/spec.schema.json"), schema::schema()));
    Ok(products)
}

/// Generated files that nothing generates any more.
fn obsolete(root: &Path, products: &[(PathBuf, String)]) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for folder in ["sdk/src/api", "sdk/src/events"] {
        let Ok(entries) = fs::read_dir(root.join(folder)) else { continue };
        for entry in entries {
            let path = Path::new(folder).join(entry.map_err(|error| format!("{folder}: {error}"))?.file_name());
            if !products.iter().any(|(product, _)| *product == path) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A repository of its own with the real spec.
    fn house() -> tempfile::TempDir {
        let house = tempfile::tempdir().unwrap();
        for folder in ["spec/api", "spec/events", "sdk"] {
            fs::create_dir_all(house.path().join(folder)).unwrap();
        }
        for file in
            ["spec/types.yaml", "spec/errcodes.yaml", "sdk/Cargo.toml", "rustfmt.toml", "README.md", "README.zh-CN.md"]
        {
            fs::copy(root().join(file), house.path().join(file)).unwrap();
        }
        for folder in ["spec/api", "spec/events"] {
            for entry in fs::read_dir(root().join(folder)).into_iter().flatten() {
                let path = entry.unwrap().path();
                fs::copy(&path, house.path().join(folder).join(path.file_name().unwrap())).unwrap();
            }
        }
        house
    }

    #[test]
    fn check_names_each_file_that_is_stale_missing_or_left_over() {
        let house = house();
        let everything = bring_up_to_date(house.path(), true).unwrap_err();
        assert!(
            everything.contains("sdk/src/api/wxacode.rs") && everything.contains("cargo xtask codegen"),
            "{everything}"
        );
        bring_up_to_date(house.path(), false).unwrap();
        bring_up_to_date(house.path(), true).unwrap();

        let api = house.path().join("sdk/src/api");
        fs::write(api.join("auth.rs"), "// edited by hand").unwrap();
        fs::remove_file(api.join("types.rs")).unwrap();
        fs::write(api.join("forgotten.rs"), "").unwrap();
        let events = house.path().join("sdk/src/events");
        fs::write(events.join("mod.rs"), "").unwrap();
        fs::write(events.join("old.rs"), "").unwrap();
        let stale = bring_up_to_date(house.path(), true).unwrap_err();
        let named: Vec<_> = stale.lines().filter(|line| line.starts_with("  ")).map(str::trim).collect();
        assert_eq!(
            named,
            [
                "sdk/src/api/types.rs",
                "sdk/src/api/auth.rs",
                "sdk/src/events/mod.rs",
                "sdk/src/api/forgotten.rs",
                "sdk/src/events/old.rs",
            ]
        );
        assert!(api.join("forgotten.rs").exists(), "a check changes nothing");

        bring_up_to_date(house.path(), false).unwrap();
        bring_up_to_date(house.path(), true).unwrap();
        assert!(!api.join("forgotten.rs").exists());
    }

    #[test]
    fn a_mistake_in_the_spec_writes_nothing() {
        let house = house();
        let file = house.path().join("spec/api/urllink.yaml");
        let text = fs::read_to_string(&file).unwrap().replace("method: POST", "methud: POST");
        fs::write(&file, text).unwrap();
        let told = bring_up_to_date(house.path(), false).unwrap_err();
        assert!(told.starts_with("spec/api/urllink.yaml:") && told.contains("methud"), "{told}");
        assert!(!house.path().join("sdk/src/api").exists());
    }

    #[test]
    fn a_manifest_without_the_marks_is_told_so() {
        let house = house();
        fs::write(house.path().join("sdk/Cargo.toml"), "[package]").unwrap();
        assert!(bring_up_to_date(house.path(), false).unwrap_err().contains("[features]"));
    }
}
