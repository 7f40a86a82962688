//! `cargo xtask openapi`: writes the API as OpenAPI 3.1.

use std::fs;
use std::path::Path;

use weapp_codegen::emit::openapi::{Format, text};

use crate::codegen;
use crate::run::root;

pub(crate) fn run(out: &Path) -> Result<(), String> {
    let api = codegen::read(&root())?;
    // The crates of the workspace share the sdk's version.
    let document = text(&api, env!("CARGO_PKG_VERSION"), Format::of(out));
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(out, &document)).map_err(|error| {
        format!("{} was not written: {error}; give `--out` a file that can be written", out.display())
    })?;
    println!("wrote {} ({} kB)", out.display(), document.len().div_ceil(1000));
    Ok(())
}
