//! Starting other programs.

use std::path::PathBuf;
use std::process::Command;

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    let mut path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    path.pop();
    path
}

/// Runs cargo at the top of the repository; `what` is what an error calls it.
pub(crate) fn cargo(what: &str, arguments: &[&str]) -> Result<(), String> {
    with(what, Command::new(env!("CARGO")).args(arguments))
}

/// Runs a command at the top of the repository.
pub(crate) fn with(what: &str, command: &mut Command) -> Result<(), String> {
    match command.current_dir(root()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{what} failed ({status}): {command:?}")),
        Err(error) => Err(format!("{what} could not be started: {error}: {command:?}")),
    }
}
