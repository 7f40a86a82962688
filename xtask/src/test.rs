//! `cargo xtask test`: all that CI runs, cheapest first.

use std::process::{Command, Stdio};
use std::time::Instant;

use crate::{codegen, run};

/// Everything but `native-tls`, which needs the system's OpenSSL.
const FEATURES: &str = "weapp/dynamic,weapp/gzip,weapp/metrics,weapp/mock,weapp/redis";

/// Each has to do without the others, and without TLS; `redis,rustls` is what turns on both halves of `rediss://`.
const ALONE: [&str; 6] = ["dynamic", "gzip", "metrics", "mock", "redis", "redis,rustls"];

pub(crate) fn run() -> Result<(), String> {
    let started = Instant::now();
    step("redis-server");
    redis_server()?;
    step("generated code");
    codegen::run(true)?;
    step("format");
    run::cargo("the format check", &["fmt", "--all", "--check"])?;
    step("clippy");
    let lint = ["clippy", "--workspace", "--all-targets", "--features", FEATURES, "--", "-D", "warnings"];
    run::cargo("clippy", &lint)?;
    step("each group and each feature alone");
    for feature in codegen::groups()?.iter().map(String::as_str).chain([""]).chain(ALONE) {
        let alone = ["clippy", "--quiet", "--package", "weapp", "--no-default-features", "--features", feature];
        run::cargo(&format!("clippy of {feature:?} alone"), &[&alone[..], &["--", "-D", "warnings"]].concat())?;
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

/// The tests of the token store need a real Redis. Where this may install one without asking, it does.
fn redis_server() -> Result<(), String> {
    let answers = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).stdin(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    if answers("redis-server", "--version").is_some() {
        return Ok(());
    }
    if answers("id", "-u").as_deref() == Some("0") && answers("apt-get", "--version").is_some() {
        println!("==> redis-server is missing: installing it");
        let apt = |arguments: &[&str]| {
            let mut command = Command::new("apt-get");
            run::with("apt-get", command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
        };
        match apt(&["update", "-qq"]).and_then(|()| apt(&["install", "-y", "-qq", "redis-server"])) {
            Ok(()) => return Ok(()),
            Err(failure) => println!("{failure}"),
        }
    }
    Err("redis-server is missing, and the tests of the token store need a real one: install it with \
         `apt-get install redis-server` (Debian, Ubuntu) or `brew install redis` (macOS), and run this again"
        .to_owned())
}

fn step(what: &str) {
    println!("==> {what}");
}
