//! Finds the pages: files as they are named, folders with all that is below them.

use std::fs;
use std::path::{Path, PathBuf};

use super::address::{Source, resolve};
use super::read::{events, links, page};
use super::{EventPage, Page};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// What was read.
#[derive(Debug, Default)]
pub struct Pages {
    /// The pages of endpoints, by file.
    pub pages: Vec<Page>,
    /// What is told of pushed events, by file.
    pub events: Vec<EventPage>,
    /// How many files describe neither an endpoint nor an event.
    pub others: usize,
    /// What could not be read.
    pub mistakes: Vec<Diagnostic>,
}

/// Reads all pages (`*.md`) among files and folders.
#[must_use]
pub fn read(paths: &[PathBuf]) -> Pages {
    let mut out = Diagnostics::default();
    let mut files = Vec::new();
    for path in paths {
        collect(path, true, &mut files, &mut out);
    }
    files.sort();
    files.dedup();
    let mut read = Pages { mistakes: out.into_sorted(), ..Pages::default() };
    let mut sources = Vec::new();
    for file in &files {
        let name = file.display().to_string();
        let source = match fs::read_to_string(file) {
            Ok(source) => source,
            Err(error) => {
                read.mistakes.push(unreadable(&name, &error));
                continue;
            }
        };
        match (page(&name, &source), events(&name, &source)) {
            (Ok(page), Ok(events)) => {
                read.others += usize::from(page.is_none() && events.is_empty());
                read.events.extend(events);
                sources.push(Source { links: links(&source), page });
            }
            (page, events) => read.mistakes.extend([page.err(), events.err()].into_iter().flatten().flatten()),
        }
    }
    resolve(&mut sources);
    read.pages = sources.into_iter().filter_map(|source| source.page).collect();
    read
}

fn collect(path: &Path, named: bool, files: &mut Vec<PathBuf>, out: &mut Diagnostics) {
    let name = path.display().to_string();
    let told = |error: &std::io::Error| unreadable(&name, error);
    let mut tell = |error: &std::io::Error| {
        let told = told(error);
        out.add(&told.file, told.line, told.what, told.remedy);
    };
    // Links to folders could lead in circles.
    let kind = if named { fs::metadata(path) } else { fs::symlink_metadata(path) };
    match kind {
        Ok(kind) if kind.is_dir() => match fs::read_dir(path) {
            Ok(entries) => {
                for entry in entries.flatten() {
                    collect(&entry.path(), false, files, out);
                }
            }
            Err(error) => tell(&error),
        },
        Ok(_) if named || path.extension().is_some_and(|end| end == "md") => files.push(path.to_owned()),
        Ok(_) => {}
        Err(error) => tell(&error),
    }
}

fn unreadable(file: &str, error: &std::io::Error) -> Diagnostic {
    Diagnostic {
        file: file.to_owned(),
        line: 1,
        what: format!("cannot be read ({})", error.kind()),
        remedy: "give a page in Markdown (UTF-8), or a folder of them".into(),
    }
}
