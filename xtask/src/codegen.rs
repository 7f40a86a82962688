//! `cargo xtask codegen`: writes what is stale, or with `--check` names it.

use std::fs;
use std::path::{Path, PathBuf};

use weapp_codegen::emit::rust;
use weapp_codegen::{catalog, format, load, schema};

use crate::run::root;

pub(crate) fn run(check: bool) -> Result<(), String> {
    let root = root();
    let mut products = products(&root)?;
    let obsolete = obsolete(&root, &products)?;
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
    let spec = root.join("spec");
    let api = load(&spec).map_err(|mistakes| {
        let lines: String = mistakes.iter().map(|mistake| format!("{mistake}\n")).collect();
        format!("{lines}{} mistake(s) in spec/; nothing was written.", mistakes.len())
    })?;
    let sdk = PathBuf::from("sdk");
    let raw = rust::files(&api);
    let formatted = format(root, &raw.iter().map(|file| &*file.text).collect::<Vec<_>>())?;
    let mut products: Vec<_> =
        raw.iter().zip(formatted).map(|(file, text)| (sdk.join("src/api").join(&file.path), text)).collect();
    let manifest =
        fs::read_to_string(root.join("sdk/Cargo.toml")).map_err(|error| format!("sdk/Cargo.toml: {error}"))?;
    products.push((sdk.join("Cargo.toml"), rust::manifest(&manifest, &api)?));
    products.push((sdk.join("src/mock/catalogue.json"), catalog::catalog(&spec).map_err(|error| error.to_string())?));
    products.push((PathBuf::from("spec/spec.schema.json"), schema::schema()));
    Ok(products)
}

/// Generated files that nothing generates any more.
fn obsolete(root: &Path, products: &[(PathBuf, String)]) -> Result<Vec<PathBuf>, String> {
    let folder = PathBuf::from("sdk/src/api");
    let entries = match fs::read_dir(root.join(&folder)) {
        Ok(entries) => entries,
        Err(_) => return Ok(Vec::new()),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = folder.join(entry.map_err(|error| format!("{}: {error}", folder.display()))?.file_name());
        if !products.iter().any(|(product, _)| *product == path) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
