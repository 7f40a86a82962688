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

/// All files of `sdk/src/api`, laid out as they are committed, by path.
pub(crate) fn generate(api: &Api) -> Vec<(String, String)> {
    let files = rust::files(api);
    let texts: Vec<_> = files.iter().map(|file| file.text.as_str()).collect();
    let laid_out = weapp_codegen::format(&root(), &texts).unwrap();
    files.into_iter().map(|file| file.path).zip(laid_out).collect()
}
