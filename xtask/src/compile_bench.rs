//! `cargo xtask bench-compile`: what WeChat's API costs to compile, as emitted here and as plain structs.
//!
//! It is the table of the design that made the generator emit one line per struct instead of derives.

mod measure;
mod size;
mod variants;

use std::fs;
use std::path::Path;
use std::time::Instant;

use weapp_codegen::emit::rust;
use weapp_codegen::load;
use weapp_codegen::model::Api;

use self::measure::{Bench, Crate, Work, copy};
use self::size::size;
use self::variants::Style;
use crate::run::root;

/// What is compared. The first is the reference.
const ROWS: [(&str, Crate<'static>); 5] = [
    ("structs alone: derive, strict, one direction", Crate { package: "strict", features: &[] }),
    ("structs alone: derive, lenient scalars, both directions", Crate { package: "lenient", features: &[] }),
    ("weapp without the groups", Crate { package: "weapp", features: &["--no-default-features"] }),
    (
        "weapp with all groups",
        Crate { package: "weapp", features: &["--no-default-features", "--features", "all-groups"] },
    ),
    (
        "weapp with all groups and calls by name",
        Crate { package: "weapp", features: &["--no-default-features", "--features", "all-groups,dynamic"] },
    ),
];

pub(crate) fn run(release: bool, runs: u32) -> Result<(), String> {
    let root = root();
    let folder = root.join("target/compile-bench");
    let api = spec(&root)?;
    lay(&root, &folder, &api)?;
    let bench = Bench { folder, runs };
    let mut table = Table::new(release);
    for (name, of) in &ROWS {
        eprintln!("measuring {name}");
        let check = bench.seconds(of, Work::Check)?;
        let build = match release {
            true => Some((bench.seconds(of, Work::Release)?, bench.library(of)?)),
            false => None,
        };
        table.rows.push(Row { name, check, build });
    }
    println!("\n{}", table.markdown());
    Ok(())
}

/// Reads the spec, and tells how long the generator takes over it.
fn spec(root: &Path) -> Result<Api, String> {
    let told = |mistakes: Vec<_>| mistakes.iter().map(|mistake| format!("{mistake}\n")).collect::<String>();
    let started = Instant::now();
    let api = load(&root.join("spec")).map_err(told)?;
    let loaded = started.elapsed();
    let files = rust::files(&api);
    let emitted = started.elapsed() - loaded;
    let lines: usize = files.iter().map(|file| file.text.lines().count()).sum();
    let size = size(&api);
    println!("{} endpoints, {} structs, {} fields", size.endpoints, size.structs, size.fields);
    println!(
        "generated {lines} lines in {:.1} s: {:.1} s to read and check the spec, {:.1} s to write Rust ({} build of the generator)",
        (loaded + emitted).as_secs_f64(),
        loaded.as_secs_f64(),
        emitted.as_secs_f64(),
        if cfg!(debug_assertions) { "debug" } else { "release" }
    );
    Ok(api)
}

/// Lays out the workspace of the crates that are compared.
fn lay(root: &Path, folder: &Path, api: &Api) -> Result<(), String> {
    let read = |path: &str| fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"));
    for package in ["strict", "lenient", "weapp"] {
        let path = folder.join(package);
        if path.exists() {
            fs::remove_dir_all(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    write(folder, "Cargo.toml", &workspace(&read("Cargo.toml")?)?)?;
    write(folder, "Cargo.lock", &read("Cargo.lock")?)?;
    for (package, style) in [("strict", Style::Strict), ("lenient", Style::Lenient)] {
        write(folder, &format!("{package}/Cargo.toml"), &plain_manifest(package))?;
        for (path, text) in variants::files(api, style) {
            write(folder, &format!("{package}/src/{path}"), &text)?;
        }
    }
    let own = root.join("sdk/src");
    copy(&own, &folder.join("weapp/src"), &own.join("api"))?;
    write(folder, "weapp/Cargo.toml", &rust::manifest(&library(&read("sdk/Cargo.toml")?), api)?)?;
    for file in rust::files(api) {
        write(folder, &format!("weapp/src/api/{}", file.path), &file.text)?;
    }
    Ok(())
}

fn write(folder: &Path, path: &str, text: &str) -> Result<(), String> {
    let target = folder.join(path);
    let written = match target.parent() {
        Some(parent) => fs::create_dir_all(parent).and_then(|()| fs::write(&target, text)),
        None => fs::write(&target, text),
    };
    written.map_err(|error| format!("{}: {error}", target.display()))
}

/// The repository's workspace with the bench's members.
fn workspace(manifest: &str) -> Result<String, String> {
    let members = manifest.lines().find(|line| line.starts_with("members = ["));
    let members = members.ok_or("Cargo.toml: the line `members = […]` is missing")?;
    Ok(manifest.replacen(members, "members = [\"strict\", \"lenient\", \"weapp\"]", 1))
}

fn plain_manifest(package: &str) -> String {
    format!(
        "[package]\nname = \"{package}\"\nversion.workspace = true\nedition.workspace = true\n\n\
         [dependencies]\nserde = {{ version = \"1\", features = [\"derive\"] }}\nserde_json = \"1\"\n"
    )
}

/// The manifest of the library alone: its tests, examples and benchmarks are not copied.
fn library(manifest: &str) -> String {
    let mut kept = String::new();
    let mut keep = true;
    for line in manifest.lines() {
        if line.starts_with('[') {
            keep = !line.starts_with("[[") && line != "[dev-dependencies]" && !line.starts_with("[package.metadata");
        }
        if keep && !line.starts_with("readme = ") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

struct Row<'a> {
    name: &'a str,
    check: f64,
    build: Option<(f64, u64)>,
}

struct Table<'a> {
    release: bool,
    rows: Vec<Row<'a>>,
}

impl<'a> Table<'a> {
    fn new(release: bool) -> Self {
        Self { release, rows: Vec::new() }
    }

    /// CPU seconds, and each as a multiple of the first row.
    fn markdown(&self) -> String {
        let mut lines = vec!["| emitted code | cargo check | ratio |".to_owned(), "| --- | ---: | ---: |".to_owned()];
        if self.release {
            lines[0].push_str(" cargo build --release | ratio | rlib | ratio |");
            lines[1].push_str(" ---: | ---: | ---: | ---: |");
        }
        let reference = self.rows.first();
        for row in &self.rows {
            let ratio = |of: fn(&Row<'_>) -> f64| match reference.map(of) {
                Some(reference) if reference > 0.0 => format!("{:.2}", of(row) / reference),
                _ => "-".to_owned(),
            };
            let mut line = format!("| {} | {:.1} | {} |", row.name, row.check, ratio(|row| row.check));
            if let Some((seconds, bytes)) = row.build {
                let built = |row: &Row<'_>| row.build.map_or(0.0, |build| build.0);
                let sized = |row: &Row<'_>| row.build.map_or(0.0, |build| build.1 as f64);
                let megabytes = bytes as f64 / 1e6;
                line.push_str(&format!(" {seconds:.1} | {} | {megabytes:.1} MB | {} |", ratio(built), ratio(sized)));
            }
            lines.push(line);
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_ratios_to_its_first_row() {
        let mut table = Table::new(true);
        table.rows.push(Row { name: "a", check: 2.0, build: Some((10.0, 4_000_000)) });
        table.rows.push(Row { name: "b", check: 1.0, build: Some((5.0, 1_000_000)) });
        let expected = "\
| emitted code | cargo check | ratio | cargo build --release | ratio | rlib | ratio |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
| a | 2.0 | 1.00 | 10.0 | 1.00 | 4.0 MB | 1.00 |
| b | 1.0 | 0.50 | 5.0 | 0.50 | 1.0 MB | 0.25 |";
        assert_eq!(table.markdown(), expected);
        let mut table = Table::new(false);
        table.rows.push(Row { name: "a", check: 2.0, build: None });
        assert!(table.markdown().ends_with("| a | 2.0 | 1.00 |"));
    }

    #[test]
    fn the_workspace_and_the_manifest_fit_the_repository() {
        let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
        let workspace = workspace(&read("Cargo.toml")).unwrap();
        assert!(
            workspace.contains("members = [\"strict\", \"lenient\", \"weapp\"]") && !workspace.contains("\"xtask\"")
        );
        let manifest = library(&read("sdk/Cargo.toml"));
        assert!(manifest.contains("[dependencies]") && manifest.contains("[features]"));
        assert!(!manifest.contains("[[") && !manifest.contains("[dev-dependencies]") && !manifest.contains("proptest"));
    }

    #[test]
    fn every_struct_is_in_the_plain_crates() {
        let api = load(&root().join("spec")).unwrap();
        for style in [Style::Strict, Style::Lenient] {
            let text: String = variants::files(&api, style).into_iter().map(|(_, text)| text).collect();
            let structs = text.matches("#[derive(Clone, Debug, PartialEq").count() - text.matches("pub enum ").count();
            assert_eq!(structs, size(&api).structs, "{style:?}");
            assert!(text.contains("entry::<security::MsgSecCheck, security::MsgSecCheckResponse>()"));
        }
    }
}
