//! What each mistake in a spec is told as: one tiny spec per mistake, and the lines it gives.

#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

mod endpoints;
mod events;
mod examples;
mod fields;
mod form;
mod limits;
mod names;
mod pages;
mod several;
mod signs;
mod types;
mod uncovered;

use std::fs;
use std::path::Path;

use expect_test::Expect;

/// Checks what a spec of these files is told, `types.yaml` and `errcodes.yaml` being empty unless given.
#[track_caller]
fn check(files: &[(&str, &str)], expected: &Expect) {
    expected.assert_eq(&told_of_files(files));
}

/// What a spec of these files is told.
fn told_of_files(files: &[(&str, &str)]) -> String {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("api")).unwrap();
    for (name, text) in [("types.yaml", ""), ("errcodes.yaml", "")].iter().chain(files) {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    told(dir.path())
}

fn told(spec_dir: &Path) -> String {
    match weapp_codegen::load(spec_dir) {
        Ok(_) => "nothing\n".into(),
        Err(list) => list.iter().map(|diagnostic| format!("{diagnostic}\n")).collect(),
    }
}

/// What a group whose first three lines are right is told.
fn told_of(yaml: &str) -> String {
    told_of_files(&[("api/g.yaml", &group(yaml))])
}

/// Checks a group whose first three lines are right; `yaml` starts on line 4.
#[track_caller]
fn check_group(yaml: &str, expected: &Expect) {
    check(&[("api/g.yaml", &group(yaml))], expected);
}

/// Checks an endpoint; `words` start on line 12 and are indented by four.
#[track_caller]
fn check_endpoint(words: &str, expected: &Expect) {
    check_group(&format!("endpoints:\n{}{words}", endpoint("getX", "get_x", "/x")), expected);
}

/// Checks the fields under `params` of a POST, which start on line 13 and are indented by six.
#[track_caller]
fn check_params(params: &str, expected: &Expect) {
    check_endpoint(&format!("    params:\n{params}"), expected);
}

fn group(yaml: &str) -> String {
    format!("group: g\ntitle: 组\nabout: A group.\n{yaml}")
}

/// Seven lines.
fn endpoint(id: &str, name: &str, path: &str) -> String {
    format!(
        "  {id}:\n    name: {name}\n    title: 甲\n    about: Does it.\n    docs: https://a.b/c\n    method: POST\n    path: {path}\n"
    )
}

#[test]
fn the_smallest_spec_is_right() {
    check_endpoint(
        "",
        &expect_test::expect![[r#"
        nothing
    "#]],
    );
}
