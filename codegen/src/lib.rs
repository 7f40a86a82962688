//! Reads weapp's spec and writes what is made from it. It knows Rust and YAML, and not one endpoint.
//!
//! `spec` reads files into trees and compares them with the words of the language, `lower` makes the model of
//! the trees, `check` finds what is wrong between its parts. Mistakes are collected on the way and told together.
//!
//! Beside that, `pages` reads WeChat's documentation, `draft` writes a spec of it, `drift` compares it with one.
//! `coverage` measures a spec against `facts`, which another program has read of that documentation.

pub mod catalog;
mod check;
pub mod coverage;
mod diagnostic;
pub mod diff;
pub mod draft;
pub mod drift;
pub mod emit;
pub mod facts;
mod format;
mod limits;
mod lower;
pub mod model;
mod naming;
pub mod pages;
pub mod schema;
mod spec;

use std::path::Path;

pub use diagnostic::Diagnostic;
use diagnostic::Diagnostics;
pub use format::format;

/// Reads and checks a spec: the directory that holds `api`, `types.yaml` and `errcodes.yaml`.
///
/// # Errors
///
/// All that is wrong with it, by file and line. Files are named as `spec/…`, wherever the directory is.
pub fn load(spec_dir: &Path) -> Result<model::Api, Vec<Diagnostic>> {
    let mut out = Diagnostics::default();
    let files = spec::files::read(spec_dir, &mut out);
    let (mut api, origin) = lower::lower(&files, &mut out);
    check::check(&mut api, &origin, &mut out);
    check::uncovered(&api, &files, &mut out);
    let mistakes = out.into_sorted();
    if mistakes.is_empty() { Ok(api) } else { Err(mistakes) }
}
