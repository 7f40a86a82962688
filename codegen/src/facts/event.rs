//! One pushed event of the facts.

use serde_json::Value;

use super::endpoint::{Reader, text};
use crate::diagnostic::Diagnostics;
use crate::pages::PageField;

/// What is known of one event. A page may describe an event that another describes too.
#[derive(Debug)]
pub struct EventFact {
    /// All values of `Event`, or the `MsgType` of a message; none of a callback.
    pub names: Vec<String>,
    /// The official titles: of the page, and of the section that describes it.
    pub titles: Vec<String>,
    /// What is pushed, the head included where the page lists it.
    pub fields: Vec<PageField>,
    /// What is answered; empty for `success`.
    pub reply: Vec<PageField>,
    /// Examples as they are printed.
    pub examples: Vec<Sample>,
}

/// An example of what is pushed or answered.
#[derive(Debug)]
pub struct Sample {
    /// Whether it is an answer.
    pub reply: bool,
    /// Whether it is XML, else JSON.
    pub xml: bool,
    /// The text.
    pub raw: String,
}

/// Reads an entry.
pub(super) fn event(file: &str, json: &Value, out: &mut Diagnostics) -> Option<EventFact> {
    let names = match &json["event"] {
        Value::Array(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Value::String(name) => vec![name.clone()],
        _ => Some(text(json, "msg_type")).filter(|name| !name.is_empty()).map(str::to_owned).into_iter().collect(),
    };
    let titles: Vec<_> =
        ["title", "section"].map(|word| text(json, word).to_owned()).into_iter().filter(|it| !it.is_empty()).collect();
    let name = names.first().or(titles.first()).cloned().unwrap_or_default();
    if name.is_empty() {
        out.add(file, 1, "an entry has no `event`, no `msg_type` and no `title`", "give it one");
        return None;
    }
    let mut reader = Reader { file, line: 1, id: &name, unsaid: Vec::new(), out };
    let fields = reader.fields(json, "fields", "fields");
    let reply = reader.fields(json, "reply_fields", "reply");
    let samples = json["examples"].as_array().into_iter().flatten();
    // A text is the word `success`.
    let samples = samples.filter(|sample| text(sample, "format") != "text").map(|sample| Sample {
        reply: text(sample, "side") == "reply",
        xml: text(sample, "format") == "xml",
        raw: text(sample, "raw").to_owned(),
    });
    Some(EventFact { titles, fields, reply, examples: samples.collect(), names })
}
