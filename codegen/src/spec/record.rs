//! Reads words out of a map whose form has been checked: what is missing or of the wrong kind is `None`, because
//! it has been told already.

use super::tree::{Entry, Kind, Map, Node};

/// A map of the spec, with its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Record<'a> {
    pub(crate) file: &'a str,
    /// The line of the key that the map stands behind.
    pub(crate) line: usize,
    /// That key.
    pub(crate) key: &'a str,
    map: &'a Map,
}

impl<'a> Record<'a> {
    /// A whole file.
    pub(crate) fn of_file(file: &'a str, root: &'a Node) -> Option<Self> {
        root.as_map().map(|map| Self { file, line: 1, key: "", map })
    }

    fn of_entry(file: &'a str, entry: &'a Entry) -> Option<Self> {
        entry.value.as_map().map(|map| Self { file, line: entry.line, key: &entry.key, map })
    }

    pub(crate) fn node(&self, word: &str) -> Option<&'a Node> {
        self.map.get(word)
    }

    /// Where a word stands; where the map starts when it does not.
    pub(crate) fn line_of(&self, word: &str) -> usize {
        self.map.entry(word).map_or(self.line, |entry| entry.line)
    }

    pub(crate) fn has(&self, word: &str) -> bool {
        self.map.entry(word).is_some()
    }

    pub(crate) fn text(&self, word: &str) -> Option<&'a str> {
        self.node(word)?.as_text()
    }

    pub(crate) fn string(&self, word: &str) -> Option<String> {
        self.text(word).map(str::to_owned)
    }

    /// A required text. Where it is missing the reader goes on with an empty one.
    pub(crate) fn required(&self, word: &str) -> String {
        self.string(word).unwrap_or_default()
    }

    pub(crate) fn yes(&self, word: &str) -> bool {
        matches!(self.node(word), Some(Node { kind: Kind::Bool(true), .. }))
    }

    /// The elements of a list.
    pub(crate) fn list(&self, word: &str) -> &'a [Node] {
        self.node(word).map_or(&[], Node::list)
    }

    pub(crate) fn strings(&self, word: &str) -> Vec<String> {
        self.list(word).iter().filter_map(|node| node.as_text().map(str::to_owned)).collect()
    }

    /// The entries of a map.
    pub(crate) fn entries(&self, word: &str) -> &'a [Entry] {
        self.node(word).and_then(Node::as_map).map_or(&[], |map| &map.0)
    }

    /// The map behind a word.
    pub(crate) fn record(&self, word: &str) -> Option<Record<'a>> {
        self.map.entry(word).and_then(|entry| Record::of_entry(self.file, entry))
    }

    /// The maps of a map with free keys, such as the fields of `params`.
    pub(crate) fn records(&self, word: &str) -> impl Iterator<Item = Record<'a>> + use<'a> {
        let file = self.file;
        self.entries(word).iter().filter_map(move |entry| Record::of_entry(file, entry))
    }
}
