//! Writes a draft of the spec from WeChat's pages, for `cargo xtask import`.
//!
//! What a page does not decide is left open where the checker asks for it, with `TODO` and the official text in a
//! comment: a draft cannot be committed before somebody has read it.

mod endpoint;
mod fields;
mod samples;
mod types;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use self::types::Types;
use self::yaml::{comment, quoted};
use crate::diagnostic::Diagnostic;
use crate::pages::{Page, PageCode};

/// A draft of a group of these pages. `known`: the codes of `errcodes.yaml`, of which nothing needs to be written.
#[must_use]
pub fn draft(group: Option<&str>, pages: &[Page], known: &BTreeSet<i64>) -> String {
    let ids = ids(pages);
    let mut types = Types::of(ids.iter().map(String::as_str));
    let shared = shared_codes(pages, known);
    let known = known.iter().chain(shared.keys()).copied().collect();
    let mut endpoints = String::new();
    for (page, id) in pages.iter().zip(&ids) {
        if !endpoints.is_empty() {
            endpoints.push('\n');
        }
        let others = pages
            .iter()
            .zip(&ids)
            .filter(|(other, own)| *own != id && other.path == page.path && other.method == page.method);
        let same_url: Vec<_> = others.map(|(_, own)| own.as_str()).collect();
        endpoints.push_str(&endpoint::endpoint(id, page, &same_url, &known, &mut types));
    }
    let mut draft = String::from(
        "# A draft, made from WeChat's pages by `cargo xtask import`. Decide each TODO, write the English texts from the\n\
         # Chinese comments in your own words, and remove the comments.\n",
    );
    match group {
        Some(group) => draft.push_str(&format!("group: {group}\n")),
        None => draft.push_str("group:  # TODO: the file's name in snake_case\n"),
    }
    match pages.first().and_then(|page| folder(&page.file)) {
        Some(title) => draft.push_str(&format!("title: {}  # TODO: the official category\n", quoted(&title))),
        None => draft.push_str("title:  # TODO: the official category\n"),
    }
    draft.push_str("about:  # TODO: what the group is for\n");
    let types = types.yaml();
    if !types.is_empty() {
        draft.push_str(&format!("\ntypes:\n{types}"));
    }
    if !shared.is_empty() {
        draft.push_str("\n# Several endpoints answer these.\nerrcodes:\n");
        for (code, told) in shared {
            let open = format!("{{ name: , kind: , message: {}, about: , remedy: , zh: }}", quoted(&told.message));
            draft.push_str(&word(2, &code.to_string(), &open, &format!("TODO: {}", told.solution)));
        }
    }
    draft + "\nendpoints:\n" + &endpoints
}

/// The codes that several pages explain alike, and `errcodes.yaml` does not: the group explains them once.
fn shared_codes<'p>(pages: &'p [Page], known: &BTreeSet<i64>) -> BTreeMap<i64, &'p PageCode> {
    let mut told: BTreeMap<i64, Vec<&PageCode>> = BTreeMap::new();
    for code in
        pages.iter().flat_map(|page| &page.errcodes).filter(|code| code.code != 0 && !known.contains(&code.code))
    {
        told.entry(code.code).or_default().push(code);
    }
    told.retain(|_, all| {
        all.len() > 1
            && !all[0].message.is_empty()
            && all.iter().all(|code| code.message == all[0].message && code.solution == all[0].solution)
    });
    told.into_iter().map(|(code, all)| (code, all[0])).collect()
}

/// The codes that a spec says any endpoint may answer.
///
/// # Errors
///
/// A file of the spec that cannot be read.
pub fn known_errcodes(spec_dir: &Path) -> Result<BTreeSet<i64>, Diagnostic> {
    let catalog = crate::catalog::transcribe(spec_dir)?;
    let codes = catalog.get("errcodes").and_then(Value::as_object).into_iter().flatten();
    Ok(codes.filter_map(|(code, _)| code.parse().ok()).collect())
}

/// The ids of the endpoints: the names, numbered where pages share one.
fn ids(pages: &[Page]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for page in pages {
        *counts.entry(&page.id).or_default() += 1;
    }
    let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ids = Vec::with_capacity(pages.len());
    for page in pages {
        if counts.get(page.id.as_str()).is_some_and(|count| *count > 1) {
            let number = numbers.entry(&page.id).or_default();
            *number += 1;
            ids.push(format!("{}__{number}", page.id));
        } else {
            ids.push(page.id.clone());
        }
    }
    ids
}

/// The name of the folder that holds a file.
fn folder(file: &str) -> Option<String> {
    Some(Path::new(file).parent()?.file_name()?.to_string_lossy().into_owned())
}

/// A line with a word, its value and what is said of it.
fn word(indent: usize, word: &str, value: &str, said: &str) -> String {
    let value = if value.is_empty() { String::new() } else { format!(" {value}") };
    format!("{}{word}:{value}{}\n", " ".repeat(indent), comment(said))
}
