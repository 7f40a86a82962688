//! `cargo xtask test`: all that CI runs, cheapest first.

use std::time::Instant;

use crate::{codegen, run};

/// What is run, and what an error calls it.
const STEPS: &[(&str, &[&str])] = &[
    ("format", &["fmt", "--all", "--check"]),
    ("clippy", &["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]),
    (
        "clippy without default features",
        &["clippy", "--package", "weapp", "--no-default-features", "--", "-D", "warnings"],
    ),
    ("tests", &["test", "--workspace", "--all-features"]),
    ("documentation", &["doc", "--workspace", "--all-features", "--no-deps"]),
];

pub(crate) fn run() -> Result<(), String> {
    let started = Instant::now();
    println!("==> generated code");
    codegen::run(true)?;
    for (what, arguments) in STEPS {
        println!("==> {what}");
        run::cargo(what, arguments)?;
    }
    println!("==> everything passed in {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}
