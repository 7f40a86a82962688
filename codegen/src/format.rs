//! Lays out generated Rust as the rest of the repository is.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// The texts of Rust files as rustfmt lays them out by the `rustfmt.toml` of a directory, two at a time.
///
/// # Errors
///
/// Why it could not: rustfmt is not there, or refuses a text.
pub fn format(directory: &Path, texts: &[&str]) -> Result<Vec<String>, String> {
    let (left, right) = texts.split_at(texts.len() / 2);
    let all = |texts: &[&str]| texts.iter().map(|text| rustfmt(directory, text)).collect::<Result<Vec<_>, _>>();
    let (left, right) = thread::scope(|scope| {
        let left = scope.spawn(|| all(left));
        let right = all(right);
        (left.join(), right)
    });
    let mut formatted = left.map_err(|_| "rustfmt's thread panicked".to_owned())??;
    formatted.extend(right?);
    Ok(formatted)
}

fn rustfmt(directory: &Path, text: &str) -> Result<String, String> {
    const HELP: &str = "`rustup component add rustfmt` installs it";
    let mut child = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout"])
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("rustfmt could not be started: {error}; {HELP}"))?;
    let writer = child.stdin.take().map(|mut input| {
        let text = text.to_owned();
        // From a thread of its own: a full pipe on both sides would block for ever.
        thread::spawn(move || input.write_all(text.as_bytes()))
    });
    let output = child.wait_with_output().map_err(|error| format!("rustfmt: {error}"))?;
    let written = writer.is_none_or(|writer| writer.join().is_ok_and(|outcome| outcome.is_ok()));
    if !output.status.success() || !written {
        return Err(format!("rustfmt refused generated code:\n{}", String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("rustfmt: {error}"))
}
