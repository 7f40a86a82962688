//! `cargo xtask fuzz`: the fuzz targets, coverage-guided, on the stable toolchain.
//!
//! cargo-fuzz would do, but somebody would have to install it, and it wants a nightly unless it is told much.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::run;

/// What the compiler has to do for libFuzzer. Everything else that cargo-fuzz asks for stands in the profile `fuzz`.
///
/// `--cfg fuzzing` is left out on purpose: some crates behave differently under it, and what users run is what is to be
/// tried. So are sanitizers: they look for what unsafe code does, of which there is none here.
const FLAGS: [&str; 6] = [
    // Runs LLVM's coverage pass, which rustc has an option for on nightly only.
    "-Cpasses=sancov-module",
    // Counts edges, not only blocks: by which way a block was reached.
    "-Cllvm-args=-sanitizer-coverage-level=4",
    // Counters that libFuzzer reads in place, which cost an increment; the alternative is a call for each edge.
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    // Tells libFuzzer which edge a counter is, without which it refuses the counters.
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    // Tells libFuzzer what is compared with what, so that it learns `errcode` and `<![CDATA[` by itself.
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    // Keeps `a && b` two branches: folded into one, nothing would tell that `a` held already.
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
];

/// The largest input in bytes. WeChat's messages have some hundred; larger inputs are mutated more slowly.
const MAX_LEN: u32 = 4096;

/// No input may need more than this: seconds, and mebibytes of memory.
const TIMEOUT: u32 = 10;
const MEMORY: u32 = 1024;

/// Runs `targets`, or all, for `seconds` each; or one on `input` alone.
pub(crate) fn run(targets: &[String], seconds: u64, input: Option<&Path>) -> Result<(), String> {
    let targets = choose(targets, all()?)?;
    if input.is_some() && targets.len() != 1 {
        return Err("which target failed on it? cargo xtask fuzz --input FILE TARGET".to_owned());
    }
    let place = Place::new()?;
    println!("==> building {}", targets.join(", "));
    place.build(&targets)?;
    if let Some(input) = input {
        // cargo ran us where the user is; the programs run at the top.
        let input = fs::canonicalize(input).map_err(|error| format!("{}: {error}", input.display()))?;
        return run::with("the target", Command::new(place.program(&targets[0])).arg(input));
    }
    let cores = thread::available_parallelism().map_or(1, usize::from).min(targets.len());
    println!("==> {seconds} s each, {cores} at a time");
    println!("{:<16}{:>12}{:>12}{:>10}{:>12}", "target", "inputs", "a second", "edges", "new inputs");
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut failures = Vec::new();
        while let Some(target) = targets.get(next.fetch_add(1, Ordering::Relaxed)) {
            failures.extend(place.fuzz(target, seconds).err());
        }
        failures
    };
    let failures: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(worker)).collect();
        let failures =
            workers.into_iter().map(|worker| worker.join().unwrap_or_else(|_| vec!["a worker panicked".into()]));
        failures.flatten().collect()
    });
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n")) }
}

/// The targets: each is a file.
fn all() -> Result<Vec<String>, String> {
    let folder = run::root().join("sdk/fuzz/fuzz_targets");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let name = |path: PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
    let mut names: Vec<_> = entries.flatten().filter_map(|entry| name(entry.path())).collect();
    names.sort();
    Ok(names)
}

/// Those that were asked for; all where none was.
fn choose(asked: &[String], all: Vec<String>) -> Result<Vec<String>, String> {
    match asked.iter().find(|name| !all.contains(name)) {
        Some(name) => Err(format!("there is no fuzz target {name}; there are: {}", all.join(", "))),
        None if asked.is_empty() => Ok(all),
        None => Ok(asked.to_vec()),
    }
}

/// Where things lie. Nothing of it is in the repository but the corpus that inputs start from.
struct Place {
    /// `target/fuzz`. A folder of its own: with other flags everything is compiled anew, and would be once more after it.
    target: PathBuf,
    /// The platform. Named to cargo, it keeps the flags away from build scripts and macros, which have no libFuzzer.
    host: String,
}

impl Place {
    fn new() -> Result<Self, String> {
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| run::root().join("target"), PathBuf::from);
        let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let told = Command::new(rustc).arg("-vV").output().map_err(|error| format!("rustc: {error}"))?;
        let told = String::from_utf8_lossy(&told.stdout).into_owned();
        let host = told.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("rustc -vV names no host")?;
        Ok(Self { target: target.join("fuzz"), host: host.to_owned() })
    }

    fn build(&self, targets: &[String]) -> Result<(), String> {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", "weapp-fuzz", "--features", "libfuzzer", "--profile", "fuzz"]);
        cargo.args(["--target", &self.host]).arg("--target-dir").arg(&self.target);
        cargo.args(targets.iter().flat_map(|target| ["--bin", target]));
        run::with("the build", cargo.env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}")))
    }

    fn program(&self, target: &str) -> PathBuf {
        self.target.join(&self.host).join("fuzz").join(target)
    }

    /// Runs one target, and prints what came of it.
    fn fuzz(&self, target: &str, seconds: u64) -> Result<(), String> {
        let (found, failed) = (self.target.join("corpus").join(target), self.target.join("failed").join(target));
        let log = self.target.join(format!("{target}.log"));
        let made = [&found, &failed].into_iter().try_for_each(fs::create_dir_all).and_then(|()| File::create(&log));
        let output = made.map_err(|error| format!("{}: {error}", self.target.display()))?;
        let mut program = Command::new(self.program(target));
        // libFuzzer writes what it finds into the first folder, and reads all.
        program.arg(&found).arg(run::root().join("sdk/fuzz/corpus").join(target));
        program.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={MAX_LEN}"));
        program.arg(format!("-timeout={TIMEOUT}")).arg(format!("-rss_limit_mb={MEMORY}"));
        program.arg("-print_final_stats=1").arg(format!("-artifact_prefix={}/", failed.display()));
        let status = program.current_dir(run::root()).env("RUST_BACKTRACE", "0").stderr(output).status();
        let status = status.map_err(|error| format!("{}: {error}", self.program(target).display()))?;
        let log = fs::read(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let log = String::from_utf8_lossy(&log);
        if !status.success() {
            return Err(failure(target, status, &log));
        }
        let stat = |name| stat(&log, name).unwrap_or("?");
        println!(
            "{target:<16}{:>12}{:>12}{:>10}{:>12}",
            stat("number_of_executed_units"),
            stat("average_exec_per_sec"),
            edges(&log).unwrap_or("?"),
            stat("new_units_added"),
        );
        Ok(())
    }
}

/// A figure of libFuzzer's final statistics.
fn stat<'a>(log: &'a str, name: &str) -> Option<&'a str> {
    log.lines().find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// How many edges were reached in the end.
fn edges(log: &str) -> Option<&str> {
    log.lines().rev().find_map(|line| line.split(" cov: ").nth(1))?.split(' ').next()
}

/// What failed, the input, and how to come back to it.
fn failure(target: &str, status: ExitStatus, log: &str) -> String {
    let mut lines = log.lines().skip_while(|line| !line.contains("panicked at") && !line.contains("ERROR: libFuzzer"));
    let what: Vec<_> =
        lines.by_ref().take_while(|line| !line.is_empty() && !line.starts_with("note:")).take(8).collect();
    let Some(input) = log.lines().find_map(|line| line.split("Test unit written to ").nth(1)) else {
        return format!("{target} failed without an input ({status}):\n{log}");
    };
    // CI's machine and its files may be gone by the time somebody looks.
    let base64 = log.lines().find(|line| line.starts_with("Base64: ")).unwrap_or("Base64: (too long)");
    format!(
        "{target} failed ({status}):\n  {}\n  input: {input}\n  {base64}\n  again: cargo xtask fuzz --input {input} {target}\n  \
         once it is mended: move the input into sdk/fuzz/corpus/{target}/, where the tests try it for ever",
        what.join("\n  ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "INFO: Seed: 1\n#4\tINITED cov: 732 ft: 1061 corp: 3/1125b exec/s: 0 rss: 28Mb\n\
        #640856\tDONE   cov: 2246 ft: 6996 corp: 2000/263Kb lim: 595 exec/s: 30516 rss: 31Mb\n\
        ###### Recommended dictionary. ######\n\
        stat::number_of_executed_units: 640856\nstat::average_exec_per_sec:     30516\n";

    #[test]
    fn figures_are_found_in_the_log() {
        assert_eq!(stat(LOG, "number_of_executed_units"), Some("640856"));
        assert_eq!(stat(LOG, "average_exec_per_sec"), Some("30516"));
        assert_eq!(stat(LOG, "new_units_added"), None);
        assert_eq!(edges(LOG), Some("2246"));
    }

    #[test]
    fn a_failure_tells_the_input_and_the_way_back() {
        let log = "#4\tINITED cov: 1\n\nthread '<unnamed>' (1) panicked at sdk/fuzz/src/x.rs:1:1:\nit broke\n\
            note: run with\n==1== ERROR: libFuzzer: deadly signal\n\
            artifact_prefix='/t/'; Test unit written to /t/crash-da39\nBase64: AAA=\n";
        let told = failure("query", ExitStatus::default(), log);
        for part in ["it broke", "/t/crash-da39", "AAA=", "cargo xtask fuzz --input /t/crash-da39 query"] {
            assert!(told.contains(part), "{part} in {told}");
        }
        assert!(failure("query", ExitStatus::default(), "no such file").contains("no such file"));
    }

    #[test]
    fn targets_are_chosen_by_name() {
        let all = all().unwrap();
        assert!(all.contains(&"envelope".to_owned()), "{all:?}");
        assert_eq!(choose(&[], all.clone()).unwrap(), all);
        assert_eq!(choose(&["envelope".to_owned()], all.clone()).unwrap(), ["envelope"]);
        assert!(choose(&["envelop".to_owned()], all).unwrap_err().contains("envelope"));
    }
}
