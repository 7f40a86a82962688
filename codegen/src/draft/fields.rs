//! The fields of a draft.

use serde_json::Value;

use super::samples::{Samples, first};
use super::types::Types;
use super::yaml::quoted;
use crate::naming;
use crate::pages::{Kind, PageField};

/// Where fields stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    Query,
    Body,
    Form,
    Answer,
}

/// Writes fields of one endpoint.
pub(super) struct Fields<'a> {
    pub(super) id: &'a str,
    pub(super) samples: &'a Samples,
    pub(super) types: &'a mut Types,
}

impl Fields<'_> {
    /// A field's line and its comment. `path`: the names above it; `words`: further words in front of the others.
    pub(super) fn line(&mut self, field: &PageField, at: At, path: &[&str], words: &str) -> (String, String) {
        let path = [path, &[field.name.as_str()]].concat();
        let (ty, mut open) = self.ty(field, at, &path);
        let mut line = format!("{}: {{ type: {ty}", quoted(&field.name));
        if at != At::Answer && naming::field_taken(&naming::field_name(&field.name)).is_some() {
            line.push_str(&format!(", rust: {}_", naming::field_name(&field.name)));
            open.push("the Rust name".into());
        }
        line.push_str(words);
        if field.required == Some(true) && at != At::Answer {
            line.push_str(", required: true");
        }
        line.push_str(" }");
        let todo = if open.is_empty() { String::new() } else { format!("TODO: {} | ", open.join(", ")) };
        let example = field.example.as_ref().map_or_else(String::new, |example| format!(" | 示例 {example}"));
        (line, format!("{todo}{}{example}", field.text))
    }

    /// The type, and what has to be decided of it.
    fn ty(&mut self, field: &PageField, at: At, path: &[&str]) -> (String, Vec<String>) {
        let mut open = Vec::new();
        let one = match field.kind {
            // Only a body can hold these.
            Kind::Object | Kind::Unknown if matches!(at, At::Query | At::Form) => {
                open.push(format!("what it holds (the page says {})", field.said));
                return ("string".into(), open);
            }
            _ if field.list && matches!(at, At::Query | At::Form) => {
                open.push(format!("how the list travels (the page says {})", field.said));
                return ("string".into(), open);
            }
            Kind::String | Kind::Number if !field.values.is_empty() => match self.types.values(self.id, field) {
                Some(name) => name,
                None => {
                    let values: Vec<_> = field.values.iter().map(|(value, about)| format!("{value} {about}")).collect();
                    open.push(format!("its values ({})", values.join("；")));
                    if field.kind == Kind::String { "string".into() } else { "i64".into() }
                }
            },
            Kind::String => "string".into(),
            Kind::Number => self.number(field, &mut open),
            Kind::Boolean => "bool".into(),
            Kind::Object if !field.fields.is_empty() => {
                let mut lines = Vec::new();
                for inner in &field.fields {
                    let line = self.line(inner, at, path, "");
                    lines.push(line);
                }
                self.types.record(self.id, field, &lines)
            }
            Kind::Object => {
                open.push("its fields, which the page does not list".into());
                "json".into()
            }
            Kind::Bytes if at == At::Form => "file".into(),
            Kind::Bytes => {
                open.push("how the bytes travel".into());
                "string".into()
            }
            Kind::Unknown => {
                let (ty, from) = self.sampled(at, path);
                open.push(format!("the type ({from})"));
                ty.into()
            }
        };
        (if field.list { format!("[{one}]") } else { one }, open)
    }

    fn number(&self, field: &PageField, open: &mut Vec<String>) -> String {
        let said = field.said.to_lowercase();
        let time = field.text.contains("时间戳") || said.contains("timestamp");
        if said.contains("double") || said.contains("float") {
            "f64".into()
        } else if time {
            open.push("whether a Unix time".into());
            if field.text.contains("毫秒") { "timestamp_ms".into() } else { "timestamp".into() }
        } else if said.contains("uint32") {
            "u32".into()
        } else {
            open.push("which number".into());
            "i64".into()
        }
    }

    /// The type by the examples, and where it was found.
    fn sampled(&self, at: At, path: &[&str]) -> (&'static str, &'static str) {
        match self.samples.find(at != At::Answer, path).map(first) {
            Some(Value::String(_)) => ("string", "by the example"),
            Some(Value::Bool(_)) => ("bool", "by the example"),
            Some(Value::Number(number)) if number.is_f64() => ("f64", "by the example"),
            Some(Value::Number(_)) => ("i64", "by the example"),
            _ => ("json", "the page does not say"),
        }
    }
}
