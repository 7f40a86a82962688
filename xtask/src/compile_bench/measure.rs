//! What it costs to compile the last crate, when all that it depends on is there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

/// What is done with a crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Work {
    Check,
    Release,
}

impl Work {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Work::Check => &["check"],
            Work::Release => &["build", "--release"],
        }
    }
}

/// A crate of the bench's workspace.
#[derive(Debug)]
pub(super) struct Crate<'a> {
    pub(super) package: &'a str,
    /// cargo's words about features.
    pub(super) features: &'a [&'a str],
}

/// The bench's workspace.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) folder: PathBuf,
    /// The best of so many runs counts: what disturbs a run makes it longer.
    pub(super) runs: u32,
}

impl Bench {
    fn target(&self) -> PathBuf {
        self.folder.join("target")
    }

    /// CPU seconds, of all threads together, for one crate alone.
    pub(super) fn seconds(&self, of: &Crate<'_>, work: Work) -> Result<f64, String> {
        // Builds what it depends on.
        self.cargo(of, work)?;
        let idle = self.best(|| self.cargo(of, work))?;
        let whole = self.best(|| {
            self.touch(of)?;
            self.cargo(of, work)
        })?;
        // What cargo needs to find that nothing is to be done is no part of the crate.
        Ok((whole - idle).max(0.0))
    }

    /// The size of the library that a release build left.
    pub(super) fn library(&self, of: &Crate<'_>) -> Result<u64, String> {
        let path = self.target().join("release").join(format!("lib{}.rlib", of.package.replace('-', "_")));
        fs::metadata(&path).map(|file| file.len()).map_err(|error| format!("{}: {error}", path.display()))
    }

    fn best(&self, run: impl Fn() -> Result<f64, String>) -> Result<f64, String> {
        let mut best = f64::MAX;
        for _ in 0..self.runs.max(1) {
            best = best.min(run()?);
        }
        Ok(best)
    }

    fn touch(&self, of: &Crate<'_>) -> Result<(), String> {
        let path = self.folder.join(of.package).join("src/lib.rs");
        File::options()
            .append(true)
            .open(&path)
            .and_then(|file| file.set_modified(SystemTime::now()))
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    fn cargo(&self, of: &Crate<'_>, work: Work) -> Result<f64, String> {
        let mut command = Command::new(env!("CARGO"));
        command
            .args(work.arguments())
            .args(["--offline", "--quiet", "--lib", "--package", of.package])
            .args(of.features)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.target())
            // A build from scratch is what is measured, and an incremental one does more than it.
            .env("CARGO_INCREMENTAL", "0")
            .stdin(Stdio::null());
        spent(&mut command, &format!("compiling {}", of.package))
    }
}

/// Runs a program; the CPU seconds that it and its children used.
fn spent(command: &mut Command, what: &str) -> Result<f64, String> {
    let before = children()?;
    let status = command.status().map_err(|error| format!("{what}: {error}"))?;
    if !status.success() {
        return Err(format!("{what} failed ({status}): {command:?}"));
    }
    Ok(children()? - before)
}

#[cfg(unix)]
fn children() -> Result<f64, String> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeVal;

    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).map_err(|error| format!("getrusage: {error}"))?;
    let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

#[cfg(not(unix))]
fn children() -> Result<f64, String> {
    Err("the CPU time of other programs is only known on Unix; run the benchmark there".to_owned())
}

/// Copies a folder of text files; what lies at `skip` stays behind.
pub(super) fn copy(from: &Path, to: &Path, skip: &Path) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", from.display());
    fs::create_dir_all(to).map_err(told)?;
    for entry in fs::read_dir(from).map_err(told)? {
        let path = entry.map_err(told)?.path();
        let Some(name) = path.file_name() else { continue };
        if path == skip {
            continue;
        } else if path.is_dir() {
            copy(&path, &to.join(name), skip)?;
        } else {
            fs::copy(&path, to.join(name)).map_err(|error| format!("{}: {error}", path.display()))?;
        }
    }
    Ok(())
}
