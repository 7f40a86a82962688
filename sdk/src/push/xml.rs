//! XML as WeChat writes it, read as JSON, and JSON written as XML.
//!
//! Nothing is looked up anywhere: a document with a document type is refused, and of entities only the five that XML
//! predefines are known. Attributes and comments are ignored.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::mem;

use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;
use serde_json::map::Entry;
use serde_json::{Map, Value};

use super::error::{Error, ErrorKind, Result};

/// How deep elements may stand in each other. In the messages that WeChat documents they stand four deep.
const MAX_DEPTH: usize = 32;

/// How many elements there may be: an element of four bytes costs memory many times that.
const MAX_ELEMENTS: usize = 10_000;

/// An element whose end has not come.
#[derive(Default)]
struct Open {
    name: String,
    children: Option<Map<String, Value>>,
    text: String,
    /// Where the last CDATA section ended in `text`. Blanks within one are meant, those around it are layout.
    verbatim: Option<usize>,
}

impl Open {
    fn push_verbatim(&mut self, text: &str) {
        if self.text[self.verbatim.unwrap_or_default()..].chars().all(is_blank) {
            self.text.truncate(self.verbatim.unwrap_or_default());
        }
        self.text.push_str(text);
        self.verbatim = Some(self.text.len());
    }

    fn add(&mut self, name: String, value: Value) {
        match self.children.get_or_insert_default().entry(name) {
            Entry::Vacant(entry) => {
                entry.insert(value);
            }
            // No element is a list by itself.
            Entry::Occupied(mut entry) => match entry.get_mut() {
                Value::Array(list) => list.push(value),
                first => *first = Value::Array(vec![first.take(), value]),
            },
        }
    }

    fn close(mut self) -> Value {
        if let Some(children) = self.children {
            return Value::Object(children);
        }
        match self.verbatim {
            Some(end) if self.text[end..].chars().all(is_blank) => self.text.truncate(end),
            Some(_) => {}
            None => {
                let trimmed = self.text.trim_matches(is_blank);
                if trimmed.len() < self.text.len() {
                    self.text = trimmed.to_owned();
                }
            }
        }
        Value::String(self.text)
    }
}

/// White space, and the characters without a width that stand between some of WeChat's elements.
fn is_blank(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{200B}' | '\u{FEFF}')
}

/// Reads a document. Its outermost element, which WeChat calls `xml`, is the object.
pub(super) fn read(body: &[u8]) -> Result<Value> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    // Asked first, because the lossy way goes byte by byte.
    let text = std::str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed);
    let mut reader = quick_xml::Reader::from_str(&text);
    // `&` in a link that nobody escaped.
    reader.config_mut().allow_dangling_amp = true;
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    let mut elements = 0_usize;
    loop {
        let at = reader.buffer_position();
        let event = reader.read_event().map_err(|_| damaged(reader.error_position(), "is not well-formed"))?;
        match event {
            Event::Start(ref start) | Event::Empty(ref start) => {
                elements += 1;
                if elements > MAX_ELEMENTS {
                    return Err(damaged(at, "has too many elements"));
                }
                if open.len() >= MAX_DEPTH {
                    return Err(damaged(at, "is nested too deeply"));
                }
                if open.is_empty() && root.is_some() {
                    return Err(damaged(at, "has a second outermost element"));
                }
                let name = start.name().as_ref().to_owned();
                let element = Open { name, ..Open::default() };
                if matches!(event, Event::Start(_)) {
                    open.push(element);
                } else {
                    close(element, &mut open, &mut root);
                }
            }
            Event::End(_) => match open.pop() {
                Some(element) => close(element, &mut open, &mut root),
                None => return Err(damaged(at, "is not well-formed")),
            },
            Event::Text(text) => match open.last_mut() {
                Some(element) => element.text.push_str(&text),
                None if text.chars().all(is_blank) => {}
                None => return Err(damaged(at, "has text outside of its outermost element")),
            },
            Event::CData(text) => match open.last_mut() {
                Some(element) => element.push_verbatim(&text),
                None => return Err(damaged(at, "has text outside of its outermost element")),
            },
            Event::GeneralRef(reference) => {
                let character =
                    reference.resolve_char_ref().map_err(|_| damaged(at, "has a reference to no character"))?;
                let Some(element) = open.last_mut() else {
                    return Err(damaged(at, "has text outside of its outermost element"));
                };
                match (character, resolve_xml_entity(&reference)) {
                    (Some(character), _) => element.text.push(character),
                    (None, Some(text)) => element.text.push_str(text),
                    (None, None) => return Err(damaged(at, "has an entity that XML does not predefine")),
                }
            }
            Event::DocType(_) => return Err(damaged(at, "has a document type, which WeChat never sends")),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof if open.is_empty() => return root.ok_or_else(|| damaged(at, "has no element")),
            Event::Eof => return Err(damaged(at, "ends in the middle")),
        }
    }
}

fn close(mut element: Open, open: &mut [Open], root: &mut Option<Value>) {
    let name = mem::take(&mut element.name);
    let value = element.close();
    match open.last_mut() {
        Some(parent) => parent.add(name, value),
        None => *root = Some(value),
    }
}

/// The parser's own words quote the document.
fn damaged(at: u64, what: &str) -> Error {
    Error::new(ErrorKind::Malformed, format!("the XML {what} (at byte {at})"))
}

/// Writes an object as a document. Texts become CDATA, lists repeated elements; `null` is left out.
pub(super) fn write(value: &Value) -> Result<String> {
    let Value::Object(fields) = value else {
        return Err(Error::new(ErrorKind::Reply, "the reply is no object, so it has no form in XML")
            .with_remedy("reply with what serialises as an object", "请回复可序列化为对象的值"));
    };
    let mut out = String::with_capacity(256);
    out.push_str("<xml>");
    write_fields(&mut out, fields)?;
    out.push_str("</xml>");
    Ok(out)
}

fn write_fields(out: &mut String, fields: &Map<String, Value>) -> Result<()> {
    fields.iter().try_for_each(|(name, value)| write_element(out, name, value))
}

fn write_element(out: &mut String, name: &str, value: &Value) -> Result<()> {
    match value {
        Value::Null => return Ok(()),
        // A list in a list has no form of its own in XML.
        Value::Array(list) => return list.iter().try_for_each(|value| write_element(out, name, value)),
        _ if !is_name(name) => {
            return Err(Error::at(
                ErrorKind::Reply,
                name.escape_debug().to_string(),
                "can not be the name of an element",
            ));
        }
        _ => {}
    }
    // A `String` takes everything.
    let _ = write!(out, "<{name}>");
    match value {
        Value::String(text) => {
            if let Some(character) = text.chars().find(|character| !is_xml(*character)) {
                let what = format!("holds {:?}, which XML can not express", character);
                return Err(Error::at(ErrorKind::Reply, name, what));
            }
            // The end of a section within one is written half in it and half in the next.
            let _ = write!(out, "<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"));
        }
        Value::Object(fields) => write_fields(out, fields)?,
        number_or_bool => {
            let _ = write!(out, "{number_or_bool}");
        }
    }
    let _ = write!(out, "</{name}>");
    Ok(())
}

fn is_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
}

/// The characters of XML 1.0.
fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{FFFD}' | '\u{10000}'..)
}
