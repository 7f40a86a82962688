//! The golden specs: small ones that together use every word of the language, and what is generated from them.

use std::fs;
use std::path::{Path, PathBuf};

use weapp_codegen::emit::rust;
use weapp_codegen::model::Api;

/// A directory of `tests/golden`: `spec`, the stored `expected`, and perhaps `run.rs`.
#[derive(Debug)]
pub(crate) struct Golden {
    /// The directory's name.
    pub(crate) name: String,
    /// The directory.
    pub(crate) path: PathBuf,
}

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// All of them, by name.
pub(crate) fn goldens() -> Vec<Golden> {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut all: Vec<_> = fs::read_dir(&directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| Golden { name: path.file_name().unwrap().to_string_lossy().into_owned(), path })
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

/// Reads a spec that has to be right.
pub(crate) fn load(spec: &Path) -> Api {
    weapp_codegen::load(spec).unwrap_or_else(|mistakes| {
        let lines: String = mistakes.iter().map(|mistake| format!("  {mistake}\n")).collect();
        panic!("{}:\n{lines}", spec.display())
    })
}

/// All files of `sdk/src/api` and `sdk/src/events`, laid out as they are committed, by their path below `sdk/src`.
pub(crate) fn generate(api: &Api) -> Vec<(String, String)> {
    let calls = rust::files(api).into_iter().map(|file| (format!("api/{}", file.path), file.text));
    let events = rust::event_files(api).into_iter().map(|file| (format!("events/{}", file.path), file.text));
    let files: Vec<_> = calls.chain(events).collect();
    let texts: Vec<_> = files.iter().map(|(_, text)| text.as_str()).collect();
    let laid_out = weapp_codegen::format(&root(), &texts).unwrap();
    files.into_iter().map(|(path, _)| path).zip(laid_out).collect()
}

/// Where the generated file of a path is stored in a golden's `expected`: calls lie on top, as they are the rule. Of a
/// spec without events nothing is stored of them.
pub(crate) fn stored_path(api: &Api, path: &str) -> Option<String> {
    match path.strip_prefix("api/") {
        Some(name) => Some(name.to_owned()),
        None => (!api.events.is_empty()).then(|| path.to_owned()),
    }
}
