//! `cargo xtask test`: all that CI runs, cheapest first.

use std::process::Command;
use std::time::Instant;

use crate::{codegen, run};

/// Everything but `native-tls`, which needs the system's OpenSSL.
const FEATURES: &str = "weapp/dynamic,weapp/mock";

pub(crate) fn run() -> Result<(), String> {
    let started = Instant::now();
    step("generated code");
    codegen::run(true)?;
    step("format");
    run::cargo("the format check", &["fmt", "--all", "--check"])?;
    step("clippy");
    let lint = ["clippy", "--workspace", "--all-targets", "--features", FEATURES, "--", "-D", "warnings"];
    run::cargo("clippy", &lint)?;
    step("each group alone");
    for group in codegen::groups()?.iter().map(String::as_str).chain([""]) {
        let alone = ["clippy", "--quiet", "--package", "weapp", "--no-default-features", "--features", group];
        run::cargo(&format!("clippy of the group {group:?} alone"), &[&alone[..], &["--", "-D", "warnings"]].concat())?;
    }
    step("tests");
    run::cargo("the tests", &["test", "--workspace", "--features", FEATURES])?;
    step("documentation");
    let mut doc = Command::new(env!("CARGO"));
    doc.args(["doc", "--workspace", "--no-deps", "--features", FEATURES]).env("RUSTDOCFLAGS", "-D warnings");
    run::with("the documentation", &mut doc)?;
    println!("==> everything passed in {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

fn step(what: &str) {
    println!("==> {what}");
}
