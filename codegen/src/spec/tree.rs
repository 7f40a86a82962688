//! YAML as a tree in which every key and value knows its line.
//!
//! The language uses a small part of YAML: anchors, tags and several documents in one file are refused, so
//! that what a reader sees at a place is what stands there.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, Span, StrInput};

use super::scalar::scalar;
use crate::diagnostic::Diagnostics;

/// A value and its line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    Null,
    Bool(bool),
    /// Wider than any type of the language, so that a number that is too large is told as such.
    Int(i128),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(Map),
}

/// In file order, each key once.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Map(pub(crate) Vec<Entry>);

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// As written, without quotes.
    pub(crate) key: String,
    /// The key as a number, where it is one and not quoted.
    pub(crate) number: Option<i64>,
    pub(crate) line: usize,
    pub(crate) value: Node,
}

impl Map {
    pub(crate) fn entry(&self, key: &str) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.key == key)
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }
}

impl Node {
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_int(&self) -> Option<i64> {
        match self.kind {
            Kind::Int(int) => i64::try_from(int).ok(),
            _ => None,
        }
    }

    /// Whether it is a text, a number or a bool.
    pub(crate) fn is_scalar(&self) -> bool {
        matches!(self.kind, Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_))
    }

    pub(crate) fn as_map(&self) -> Option<&Map> {
        match &self.kind {
            Kind::Map(map) => Some(map),
            _ => None,
        }
    }

    pub(crate) fn list(&self) -> &[Node] {
        match &self.kind {
            Kind::List(list) => list,
            _ => &[],
        }
    }

    /// How a message names the value.
    pub(crate) fn describe(&self) -> String {
        match &self.kind {
            Kind::Null => "nothing".into(),
            Kind::Bool(value) => format!("`{value}`"),
            Kind::Int(value) => format!("the number {value}"),
            Kind::Float(value) => format!("the number {value}"),
            Kind::Text(text) => format!("the text `{}`", shortened(text)),
            Kind::List(_) => "a list".into(),
            Kind::Map(_) => "a map".into(),
        }
    }

    pub(crate) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Bool(value) => Value::from(*value),
            Kind::Int(value) => {
                let exact = i64::try_from(*value).map(Value::from).or_else(|_| u64::try_from(*value).map(Value::from));
                exact.unwrap_or_else(|_| Value::from(*value as f64))
            }
            Kind::Float(value) => Value::from(*value),
            Kind::Text(text) => Value::from(text.as_str()),
            Kind::List(list) => list.iter().map(Node::to_json).collect(),
            Kind::Map(map) => map.0.iter().map(|entry| (entry.key.clone(), entry.value.to_json())).collect(),
        }
    }
}

/// The start of a text: a message is one line.
fn shortened(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    let start: String = line.chars().take(40).collect();
    if start.len() < text.len() { format!("{start}…") } else { start }
}

/// Reads a file. `None`: it is not YAML at all, which has been told; lesser mistakes are told too but leave a
/// tree. An empty file is an empty map.
pub(crate) fn parse(file: &str, yaml: &str, out: &mut Diagnostics) -> Option<Node> {
    let mut reader = Reader { parser: Parser::new_from_str(yaml), file, out };
    reader.document().ok()
}

/// The mistake has been told; the rest of the file cannot be read.
struct Broken;

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    file: &'a str,
    out: &'a mut Diagnostics,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Span), Broken> {
        match self.parser.next_event() {
            Some(Ok(event)) => Ok(event),
            Some(Err(error)) => {
                let line = error.marker().line();
                self.out.add(
                    self.file,
                    line,
                    format!("not YAML: {}", error.info()),
                    "correct it here or just above, and quote a text that holds a comma, a colon or `#`",
                );
                Err(Broken)
            }
            None => {
                self.out.add(self.file, 1, "not YAML: it ends too soon", "correct the YAML");
                Err(Broken)
            }
        }
    }

    fn document(&mut self) -> Result<Node, Broken> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::Nothing | Event::StreamStart | Event::DocumentEnd => {}
                Event::DocumentStart(_) if root.is_some() => {
                    self.out.add(
                        self.file,
                        span.start.line(),
                        "a second document starts here",
                        "remove the `---`; a file is one document",
                    );
                    return Err(Broken);
                }
                Event::DocumentStart(_) => {}
                event => root = Some(self.node(event, span)?),
            }
        }
        Ok(match root {
            Some(Node { line, kind: Kind::Null }) => Node { line, kind: Kind::Map(Map::default()) },
            Some(node) => node,
            None => Node { line: 1, kind: Kind::Map(Map::default()) },
        })
    }

    fn node(&mut self, event: Event<'a>, span: Span) -> Result<Node, Broken> {
        let line = span.start.line();
        let (anchor, tagged) = match &event {
            Event::Scalar(_, _, anchor, tag) => (*anchor, tag.is_some()),
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => (*anchor, tag.is_some()),
            _ => (0, false),
        };
        if anchor != 0 || tagged {
            let what = if tagged { "a tag (`!…`)" } else { "an anchor (`&…`)" };
            self.out.add(self.file, line, format!("{what} is no part of the language"), "write the value alone");
        }
        let kind = match event {
            Event::Scalar(text, style, ..) => scalar(&text, style),
            Event::SequenceStart(..) => self.list()?,
            Event::MappingStart(..) => self.map()?,
            Event::Alias(_) => {
                let what = "an alias (`*…`) is no part of the language";
                self.out.add(self.file, line, what, "write the value out, or quote the text");
                Kind::Null
            }
            _ => Kind::Null,
        };
        Ok(Node { line, kind })
    }

    fn list(&mut self) -> Result<Kind, Broken> {
        let mut list = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Kind::List(list)),
                (event, span) => list.push(self.node(event, span)?),
            }
        }
    }

    fn map(&mut self) -> Result<Kind, Broken> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen: HashMap<String, usize> = HashMap::new();
        loop {
            let (event, span) = self.next()?;
            let line = span.start.line();
            let name = match &event {
                Event::MappingEnd => return Ok(Kind::Map(Map(entries))),
                Event::Scalar(text, style, ..) => Some((text.to_string(), *style)),
                _ => None,
            };
            self.node(event, span)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span)?;
            let Some((key, style)) = name else {
                self.out.add(self.file, line, "a key is a list or a map", "write a word as the key");
                continue;
            };
            if let Some(first) = seen.get(&key) {
                let what = format!("`{key}` is given twice, first on line {first}");
                self.out.add(self.file, line, what, "remove one of both");
                continue;
            }
            seen.insert(key.clone(), line);
            let number = match scalar(&key, style) {
                Kind::Int(number) => i64::try_from(number).ok(),
                _ => None,
            };
            entries.push(Entry { key, number, line, value });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> (Option<Node>, Vec<String>) {
        let mut out = Diagnostics::default();
        let node = parse("f.yaml", yaml, &mut out);
        (node, out.into_sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_key_and_value_knows_its_line() {
        let (node, told) = read("# about\na: 1\nb:\n  - x\n  - { c: 2,\n      d: 3 }\ne: |\n  long\n  text\nf: end\n");
        assert!(told.is_empty());
        let node = node.unwrap();
        let map = node.as_map().unwrap();
        let lines: Vec<_> = map.0.iter().map(|entry| (entry.key.as_str(), entry.line)).collect();
        assert_eq!(lines, [("a", 2), ("b", 3), ("e", 7), ("f", 10)]);
        let list = map.get("b").unwrap().list();
        assert_eq!((list[0].line, list[1].line), (4, 5));
        let inner = list[1].as_map().unwrap();
        assert_eq!((inner.0[0].line, inner.0[1].line), (5, 6));
    }

    #[test]
    fn only_an_unquoted_number_is_a_number_as_key() {
        let (node, _) = read("1: a\n'2': b\n-3: c\nd: 4\n");
        let node = node.unwrap();
        let numbers: Vec<_> = node.as_map().unwrap().0.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, [Some(1), None, Some(-3), None]);
    }

    #[test]
    fn a_key_given_twice_is_told_and_the_first_stays() {
        let (node, told) = read("a: 1\nb: 2\na: 3\n");
        assert_eq!(told, ["f.yaml:3: `a` is given twice, first on line 1; remove one of both"]);
        assert_eq!(node.unwrap().as_map().unwrap().get("a").unwrap().as_int(), Some(1));
    }

    #[test]
    fn what_is_not_yaml_is_told_with_its_line() {
        let (node, told) = read("a: 1\nb: [1, 2\nc: 3\n");
        assert_eq!(node, None);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].starts_with("f.yaml:3: not YAML: "), "{told:?}");
    }

    #[test]
    fn anchors_aliases_and_tags_are_told_together() {
        let (_, told) = read("a: &x 1\nb: *x\nc: !t 2\n? [d]\n: 3\n");
        let lines: Vec<_> = told.iter().map(|line| line.split(':').nth(1).unwrap()).collect();
        assert_eq!(lines, ["1", "2", "3", "4"], "{told:?}");
    }

    #[test]
    fn a_second_document_is_refused_and_an_empty_file_is_an_empty_map() {
        assert_eq!(read("a: 1\n---\nb: 2\n").0, None);
        assert_eq!(read("# nothing\n").0.unwrap().kind, Kind::Map(Map::default()));
    }
}
