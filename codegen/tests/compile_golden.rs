//! The golden specs' code is compiled as a part of the sdk, and run where a `run.rs` stands beside the spec.
//!
//! Each golden becomes a copy of the sdk under `target/golden`, whose `src/api` and `src/events` are generated from the
//! golden's spec and the group `auth`, which the sdk's tokens need. The copies form a workspace of their own, so that what they
//! depend on is built once; the first run takes about a minute.

#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Golden, generate, goldens, load, root, stored_path};
use weapp_codegen::emit::rust;

#[test]
fn goldens_compile_and_run() {
    let workspace = root().join("target/golden");
    let goldens = goldens();
    for golden in &goldens {
        write_copy(golden, &workspace.join(&golden.name));
    }
    write(&workspace.join("Cargo.toml"), workspace_manifest(&goldens));
    fs::copy(root().join("Cargo.lock"), workspace.join("Cargo.lock")).unwrap();

    // Without TLS, which no test here needs and which takes longest to build.
    let all = ["--no-default-features", "--features", "all-groups,dynamic,push"];
    cargo(&workspace, &[&["build", "--workspace"], &all[..]].concat());
    // Only what is always there: nothing may be left unused.
    cargo(&workspace, &["build", "--workspace", "--no-default-features"]);
    let mut run = 0;
    for golden in goldens.iter().filter(|golden| golden.path.join("run.rs").exists()) {
        let package = package(golden);
        cargo(&workspace, &[&["test", "--package", &package, "--test", "run"], &all[..]].concat());
        run += 1;
    }
    assert!(run > 0, "no tests/golden/*/run.rs was found");
}

fn package(golden: &Golden) -> String {
    format!("golden-{}", golden.name)
}

/// Runs cargo on the copies; a failure or a warning is told with all that cargo said.
fn cargo(workspace: &Path, arguments: &[&str]) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(arguments).arg("--offline").current_dir(workspace);
    command.env("CARGO_TARGET_DIR", workspace.join("target"));
    // The programs speak to themselves.
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(name);
    }
    let output = command.output().expect("cargo could not be started");
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let told = format!("`cargo {}` in {}:\n{stderr}\n{stdout}", arguments.join(" "), workspace.display());
    let help = "Cargo runs offline here: `cargo fetch` in the repository gets the crates that it lacks.";
    let help = if stderr.contains("offline") { help } else { "" };
    assert!(output.status.success(), "{told}\n{help}");
    // Warnings of crates from elsewhere are not shown.
    assert!(!stderr.lines().any(|line| line.starts_with("warning")), "generated code gives warnings\n{told}");
}

/// Writes the sdk with the golden's `src/api`.
fn write_copy(golden: &Golden, copy: &Path) {
    let api = load(&merged_spec(golden, &copy.join("spec")));
    let mut files = Vec::new();
    for (path, text) in generate(&api) {
        // These list the group that was added; all others are what is stored.
        let listing = ["api/mod.rs", "api/dynamic.rs", "api/errcodes.rs", "api/auth.rs"].contains(&path.as_str());
        if let Some(stored) = stored_path(&api, &path).filter(|_| !listing) {
            let stored = fs::read_to_string(golden.path.join("expected").join(stored)).unwrap_or_default();
            assert_eq!(text, stored, "{}/{path}: the test `golden` says what differs", golden.name);
        }
        files.push((PathBuf::from("src").join(path), text.into_bytes()));
    }
    let sdk = root().join("sdk");
    read_all(&sdk, Path::new("src"), &mut files);
    let manifest = rust::manifest(&fs::read_to_string(sdk.join("Cargo.toml")).unwrap(), &api).unwrap();
    files.push(("Cargo.toml".into(), copied_manifest(&manifest, &package(golden)).into_bytes()));
    if let Ok(program) = fs::read(golden.path.join("run.rs")) {
        files.push(("tests/run.rs".into(), program));
        files.push(("tests/server/mod.rs".into(), fs::read(golden.path.join("../server.rs")).unwrap()));
    }
    for folder in ["src", "tests"] {
        remove_others(copy, Path::new(folder), &files);
    }
    for (path, bytes) in &files {
        write(&copy.join(path), bytes);
    }
}

/// The golden's spec with the group `auth` and all general codes of the real one.
fn merged_spec(golden: &Golden, folder: &Path) -> PathBuf {
    let _ = fs::remove_dir_all(folder);
    let (own, real) = (golden.path.join("spec"), root().join("spec"));
    let mut files = Vec::new();
    read_all(&own, Path::new(""), &mut files);
    for (path, bytes) in files {
        write(&folder.join(path), &bytes);
    }
    write(&folder.join("api/auth.yaml"), fs::read(real.join("api/auth.yaml")).unwrap());
    let mut errcodes = fs::read_to_string(real.join("errcodes.yaml")).unwrap();
    let own = fs::read_to_string(own.join("errcodes.yaml")).unwrap();
    errcodes += own.strip_prefix("errcodes:\n").unwrap_or("");
    write(&folder.join("errcodes.yaml"), &errcodes);
    folder.to_owned()
}

/// The repository's settings for a workspace of the copies.
fn workspace_manifest(goldens: &[Golden]) -> String {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let settings = &manifest[manifest.find("[workspace.package]").unwrap()..];
    let members: String = goldens.iter().map(|golden| format!("\"{}\", ", golden.name)).collect();
    format!("[workspace]\nmembers = [{members}]\nresolver = \"3\"\n\n{settings}\n[profile.dev]\ndebug = false\n")
}

/// The sdk's manifest under another name, without tests and benchmarks and what they need.
fn copied_manifest(manifest: &str, package: &str) -> String {
    let mut kept = true;
    let mut out = String::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            kept = !line.starts_with("[[") && line != "[dev-dependencies]";
        }
        match line {
            _ if !kept => {}
            "name = \"weapp\"" => out += &format!("name = \"{package}\"\n"),
            // Nothing is published from here.
            _ if line.starts_with("readme") => {}
            _ => out += &format!("{line}\n"),
        }
    }
    out
}

/// All files below a folder of a directory but `src/api` and `src/events`, by their path in the directory.
fn read_all(directory: &Path, folder: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in fs::read_dir(directory.join(folder)).unwrap() {
        let path = folder.join(entry.unwrap().file_name());
        if path == Path::new("src/api") || path == Path::new("src/events") {
            continue;
        }
        if directory.join(&path).is_dir() {
            read_all(directory, &path, files);
        } else {
            files.push((path.clone(), fs::read(directory.join(&path)).unwrap()));
        }
    }
}

/// Removes what an earlier run wrote and this one does not.
fn remove_others(directory: &Path, folder: &Path, files: &[(PathBuf, Vec<u8>)]) {
    let Ok(entries) = fs::read_dir(directory.join(folder)) else { return };
    for entry in entries {
        let path = folder.join(entry.unwrap().file_name());
        if directory.join(&path).is_dir() {
            remove_others(directory, &path, files);
        } else if !files.iter().any(|(kept, _)| *kept == path) {
            fs::remove_file(directory.join(path)).unwrap();
        }
    }
}

/// Writes a file unless it holds the same: cargo builds again what is newer.
fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    if fs::read(path).is_ok_and(|old| old == bytes.as_ref()) {
        return;
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}
