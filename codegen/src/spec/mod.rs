//! The spec as written: YAML with lines, and the words of its language.

mod differs;
pub(crate) mod event_words;
mod field_words;
pub(crate) mod files;
pub(crate) mod limit;
pub(crate) mod pattern;
pub(crate) mod record;
mod scalar;
mod shape;
pub(crate) mod tree;
pub(crate) mod words;
