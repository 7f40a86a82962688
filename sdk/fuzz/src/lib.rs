//! What the fuzz targets do with their input: `cargo xtask fuzz` runs them, CONTRIBUTING.md says how.
//!
//! Each target takes any bytes and must not panic. Beyond that it asserts what holds for every input, such as that what
//! was read reads the same once it is written again. The tests of this crate run each target on its corpus, without
//! libFuzzer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a panic is how a target tells of a bug")]

mod decrypt;
mod envelope;
mod push;
mod push_decrypt;
mod query;

pub use decrypt::decrypt;
pub use envelope::envelope;
pub use push::{push_json, push_xml};
pub use push_decrypt::push_decrypt;
pub use query::query;

/// A target: its name, which is that of its program and its corpus, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All targets.
pub const TARGETS: [Target; 6] = [
    ("decrypt", decrypt),
    ("envelope", envelope),
    ("push_decrypt", push_decrypt),
    ("push_json", push_json),
    ("push_xml", push_xml),
    ("query", query),
];
