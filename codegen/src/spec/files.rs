//! Finds the files of the spec and reads each into a tree.

use std::fs;
use std::path::Path;

use super::event_words;
use super::record::Record;
use super::shape;
use super::tree::{self, Node};
use super::words::{self, Words};
use crate::diagnostic::Diagnostics;

/// A file as a tree.
#[derive(Debug)]
pub(crate) struct File {
    /// `spec/api/x.yaml`
    name: String,
    /// `None`: it cannot be read, which has been told.
    root: Option<Node>,
}

impl File {
    pub(crate) fn record(&self) -> Option<Record<'_>> {
        self.root.as_ref().and_then(|root| Record::of_file(&self.name, root))
    }

    /// `x` of `spec/api/x.yaml`.
    pub(crate) fn stem(&self) -> &str {
        let name = self.name.rsplit('/').next().unwrap_or_default();
        name.strip_suffix(".yaml").unwrap_or(name)
    }
}

/// All files of a spec.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) types: File,
    pub(crate) errcodes: File,
    /// `None`: there is no such file, and nothing documented is left out.
    pub(crate) uncovered: Option<File>,
    /// Sorted by name.
    pub(crate) groups: Vec<File>,
    /// What WeChat pushes, sorted by name; may be empty.
    pub(crate) events: Vec<File>,
}

impl Files {
    /// Whether all files could be read; otherwise nothing can be said about what is *not* in the spec.
    pub(crate) fn whole(&self) -> bool {
        [&self.types, &self.errcodes]
            .into_iter()
            .chain(&self.uncovered)
            .chain(&self.groups)
            .chain(&self.events)
            .all(|file| file.record().is_some())
    }
}

/// Reads all files and compares them with the tables of words.
pub(crate) fn read(spec_dir: &Path, out: &mut Diagnostics) -> Files {
    Files {
        types: file(spec_dir, "types.yaml", &words::TYPES_FILE, out),
        errcodes: file(spec_dir, "errcodes.yaml", &words::ERRCODES_FILE, out),
        uncovered: spec_dir
            .join("uncovered.yaml")
            .exists()
            .then(|| file(spec_dir, "uncovered.yaml", &words::UNCOVERED_FILE, out)),
        groups: folder(spec_dir, "api", &words::GROUP, out),
        events: if spec_dir.join("events").exists() {
            folder(spec_dir, "events", &event_words::EVENT_GROUP, out)
        } else {
            Vec::new()
        },
    }
}

fn file(spec_dir: &Path, path: &str, words: &'static Words, out: &mut Diagnostics) -> File {
    let name = format!("spec/{path}");
    let root = match fs::read_to_string(spec_dir.join(path)) {
        Ok(text) => tree::parse(&name, &text, out),
        Err(error) => {
            out.add(&name, 1, format!("cannot be read ({})", error.kind()), "add the file, in UTF-8");
            None
        }
    };
    if let Some(root) = &root {
        shape::check_file(&name, root, words, out);
    }
    File { name, root }
}

/// The groups of `api` or `events`, sorted by name.
fn folder(spec_dir: &Path, folder: &str, words: &'static Words, out: &mut Diagnostics) -> Vec<File> {
    let mut stems = Vec::new();
    let entries = match fs::read_dir(spec_dir.join(folder)) {
        Ok(entries) => entries,
        Err(error) => {
            out.add(
                &format!("spec/{folder}"),
                1,
                format!("cannot be read ({})", error.kind()),
                "add the directory with one file per group",
            );
            return Vec::new();
        }
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        match name.strip_suffix(".yaml") {
            // Editors and file managers leave such files behind.
            _ if name.starts_with('.') => {}
            Some(stem) => stems.push(stem.to_owned()),
            None => out.add(
                &format!("spec/{folder}/{name}"),
                1,
                "not a group",
                "name it `<group>.yaml`, or move it elsewhere",
            ),
        }
    }
    stems.sort();
    stems.into_iter().map(|stem| file(spec_dir, &format!("{folder}/{stem}.yaml"), words, out)).collect()
}
