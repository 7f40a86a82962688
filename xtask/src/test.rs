//! `cargo xtask test`: all that CI runs, cheapest first.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use crate::{codegen, run};

/// Everything but `native-tls`, which needs the system's OpenSSL.
const FEATURES: &str = "weapp/axum,weapp/dynamic,weapp/gzip,weapp/metrics,weapp/mock,weapp/redis,weapp/sm";

/// Each has to do without the others, and without TLS; `redis,rustls` is what turns on both halves of `rediss://`.
const ALONE: [&str; 13] = [
    "axum",
    "dynamic",
    "gzip",
    "metrics",
    "mock",
    "mock,push",
    "mock,sign",
    "push",
    "push,redis",
    "redis",
    "redis,rustls",
    "sign",
    "sm",
];

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
    let groups = codegen::groups()?;
    each_alone(&groups.iter().map(String::as_str).chain([""]).chain(ALONE).collect::<Vec<_>>())?;
    step("tests");
    run::cargo("the tests", &["test", "--workspace", "--features", FEATURES])?;
    step("documentation");
    let mut doc = Command::new(env!("CARGO"));
    doc.args(["doc", "--workspace", "--no-deps", "--features", FEATURES]).env("RUSTDOCFLAGS", "-D warnings");
    run::with("the documentation", &mut doc)?;
    println!("==> everything passed in {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Lints the sdk once with each of these features and nothing else.
///
/// That is one crate at a time, which keeps one core busy: so there is one builder per core, each with a target
/// directory of its own, for two in one directory wait for each other.
fn each_alone(features: &[&str]) -> Result<(), String> {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| run::root().join("target"), PathBuf::from);
    let next = AtomicUsize::new(0);
    let builder = |number: usize| {
        while let Some(feature) = features.get(next.fetch_add(1, Ordering::Relaxed)) {
            let mut clippy = Command::new(env!("CARGO"));
            clippy.args(["clippy", "--quiet", "--package", "weapp", "--no-default-features", "--features", feature]);
            clippy.arg("--target-dir").arg(target.join(format!("alone/{number}")));
            clippy.args(["--", "-D", "warnings"]);
            if let Err(failure) = run::with(&format!("clippy of {feature:?} alone"), &mut clippy) {
                // The others need not go on.
                next.store(features.len(), Ordering::Relaxed);
                return Err(failure);
            }
        }
        Ok(())
    };
    let cores = thread::available_parallelism().map_or(1, usize::from).min(4);
    thread::scope(|scope| {
        let builders: Vec<_> = (0..cores).map(|number| scope.spawn(move || builder(number))).collect();
        let mut results = builders.into_iter().map(|builder| builder.join());
        results.try_for_each(|result| result.unwrap_or_else(|_| Err("a builder panicked".to_owned())))
    })
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
