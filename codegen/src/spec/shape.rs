//! Compares a tree with the tables of words: unknown and missing words, and values of the wrong kind.
//!
//! What passes here can be read without asking again, so the readers behind it stay silent about form.

use super::tree::{Entry, Kind, Map, Node};
use super::words::{Shape, Words};
use crate::diagnostic::{Diagnostics, did_you_mean, quoted};

/// Checks a whole file.
pub(crate) fn check_file(file: &str, root: &Node, words: &'static Words, out: &mut Diagnostics) {
    let mut check = Check { file, out };
    match &root.kind {
        Kind::Map(map) => check.record(words.what, 1, map, words),
        _ => {
            let what = format!("the file is {}, not a map", root.describe());
            out.add(file, root.line, what, format!("write the words of {}", words.what));
        }
    }
}

struct Check<'a> {
    file: &'a str,
    out: &'a mut Diagnostics,
}

impl Check<'_> {
    /// `name` is how a message calls the value, with its quotes.
    fn value(&mut self, name: &str, line: usize, node: &Node, shape: &'static Shape) {
        match (shape, &node.kind) {
            (Shape::Text | Shape::Form(_), Kind::Text(text)) if text.trim().is_empty() => {
                self.add(line, format!("{name} is empty"), "write the text, or leave the word out");
            }
            (Shape::Form(form), Kind::Text(text)) if !(form.test)(text) => {
                self.add(line, format!("{name} is `{text}`, not {}", form.what), form.remedy);
            }
            (Shape::Choice(choices), Kind::Text(text)) if !choices.contains(&text.as_str()) => {
                let all = format!("write one of {}", quoted(choices.iter().copied()));
                let remedy = did_you_mean(text, choices.iter().copied(), &all);
                self.add(line, format!("{name} cannot be `{text}`"), remedy);
            }
            (Shape::Count, Kind::Int(int)) if u32::try_from(*int).is_err() => {
                self.add(line, format!("{name} is {int}, out of reach"), "write a number from 0 to 4294967295");
            }
            (Shape::Range, Kind::Text(text)) => self.range(name, line, text),
            (Shape::Type, Kind::List(list)) if list.len() != 1 => {
                self.add(
                    line,
                    format!("{name} is a list of {}", list.len()),
                    "write `[T]` with the type of the elements",
                );
            }
            (Shape::Type, Kind::List(list)) => self.value(name, list[0].line, &list[0], shape),
            (Shape::List(_), Kind::List(list)) if list.is_empty() => {
                self.add(line, format!("{name} is an empty list"), "fill it, or leave the word out");
            }
            (Shape::List(element), Kind::List(list)) => {
                for node in list {
                    self.value(&format!("an element of {name}"), node.line, node, element);
                }
            }
            (Shape::Map(..), Kind::Map(map)) if map.0.is_empty() => {
                self.add(line, format!("{name} is empty"), "fill it, or leave the word out");
            }
            (Shape::Map(form, shape), Kind::Map(map)) => {
                for Entry { key, line, value, .. } in &map.0 {
                    if !(form.test)(key) {
                        self.add(*line, format!("`{key}` is not {}", form.what), form.remedy);
                    }
                    self.value(&format!("`{key}`"), *line, value, shape);
                }
            }
            (Shape::Record(words), Kind::Map(map)) => self.record(name, line, map, words),
            (Shape::Either(shapes), _) => match shapes.iter().find(|shape| accepts(shape, &node.kind)) {
                Some(shape) => self.value(name, line, node, shape),
                None => self.wrong(name, line, node, shape),
            },
            (shape, kind) if accepts(shape, kind) => {}
            (shape, _) => self.wrong(name, line, node, shape),
        }
    }

    fn record(&mut self, name: &str, line: usize, map: &Map, words: &'static Words) {
        for Entry { key, line, value, .. } in &map.0 {
            if let Some(word) = words.find(key) {
                self.value(&format!("`{key}`"), *line, value, &word.shape);
            } else if let Some(kin) = words.kin.iter().find(|kin| kin.find(key).is_some()) {
                self.add(*line, format!("`{key}` belongs to {}, not to {}", kin.what, words.what), "remove it");
            } else {
                let all = match value.kind {
                    // `about: red, green` in braces.
                    Kind::Null => "if it belongs to the text before it, quote that text".to_owned(),
                    _ => format!("the words of {} are {}", words.what, quoted(words.iter().map(|word| word.name))),
                };
                let remedy = did_you_mean(key, words.iter().map(|word| word.name), &all);
                self.add(*line, format!("`{key}` is no word of {}", words.what), remedy);
            }
        }
        for word in words.iter().filter(|word| word.required && map.get(word.name).is_none()) {
            let what = format!("{name} has no `{}`", word.name);
            self.add(line, what, format!("add `{}:`, {}", word.name, describe(&word.shape)));
        }
    }

    fn range(&mut self, name: &str, line: usize, text: &str) {
        let form = &super::pattern::RANGE;
        if !(form.test)(text) {
            self.add(line, format!("{name} is `{text}`, not {}", form.what), form.remedy);
        } else if let Some((from, to)) = text.split_once("..")
            && let (Ok(from), Ok(to)) = (from.parse::<f64>(), to.parse::<f64>())
            && from > to
        {
            self.add(line, format!("{name} is `{text}`, which ends before it starts"), "swap its ends");
        }
    }

    fn wrong(&mut self, name: &str, line: usize, node: &Node, shape: &Shape) {
        let wanted = describe(shape);
        let remedy = match (shape, &node.kind) {
            (_, Kind::Null) => "write the value, or leave the word out".to_owned(),
            (Shape::Text | Shape::Form(_) | Shape::Choice(_), Kind::Bool(_) | Kind::Int(_) | Kind::Float(_)) => {
                "quote it".to_owned()
            }
            (Shape::Yes, _) => "write `true`, or leave the word out".to_owned(),
            (Shape::Range, Kind::Int(number)) => {
                format!("write `..{number}` for at most, `{number}..{number}` for exactly")
            }
            (Shape::Record(words), _) => {
                let required: Vec<_> = words.iter().filter(|word| word.required).map(|word| word.name).collect();
                let words = if required.is_empty() { words.iter().map(|word| word.name).collect() } else { required };
                format!("write a map with {}", quoted(words))
            }
            (Shape::List(_), Kind::Text(_) | Kind::Int(_)) => "put it in `[ ]`".to_owned(),
            _ => format!("write {wanted}"),
        };
        self.add(line, format!("{name} is {}, not {wanted}", node.describe()), remedy);
    }

    fn add(&mut self, line: usize, what: String, remedy: impl Into<String>) {
        self.out.add(self.file, line, what, remedy);
    }
}

/// Whether a value of this kind can have the shape at all.
fn accepts(shape: &Shape, kind: &Kind) -> bool {
    match shape {
        Shape::Text | Shape::Form(_) | Shape::Choice(_) | Shape::Range => {
            matches!(kind, Kind::Text(_))
        }
        Shape::Yes => matches!(kind, Kind::Bool(true)),
        Shape::Int => matches!(kind, Kind::Int(int) if i64::try_from(*int).is_ok()),
        Shape::Count => matches!(kind, Kind::Int(_)),
        Shape::Scalar => matches!(kind, Kind::Bool(_) | Kind::Int(_) | Kind::Float(_) | Kind::Text(_)),
        Shape::Type => matches!(kind, Kind::Text(_) | Kind::List(_)),
        Shape::Nothing => matches!(kind, Kind::Null),
        Shape::List(_) => matches!(kind, Kind::List(_)),
        Shape::Object | Shape::Map(..) | Shape::Record(_) => matches!(kind, Kind::Map(_)),
        Shape::Either(shapes) => shapes.iter().any(|shape| accepts(shape, kind)),
    }
}

fn describe(shape: &Shape) -> String {
    match shape {
        Shape::Text => "a text".into(),
        Shape::Form(form) => form.what.into(),
        Shape::Choice(choices) => {
            let start = if choices.len() > 1 { "one of " } else { "" };
            start.to_owned() + &quoted(choices.iter().copied())
        }
        Shape::Yes => "`true`".into(),
        Shape::Int | Shape::Count => "a whole number".into(),
        Shape::Scalar => "a text, a number or a bool".into(),
        Shape::Range => "a range FROM..TO".into(),
        Shape::Type => "a type".into(),
        Shape::Nothing => "nothing".into(),
        Shape::List(_) => "a list".into(),
        Shape::Object | Shape::Map(..) | Shape::Record(_) => "a map".into(),
        Shape::Either(shapes) => shapes.iter().map(describe).collect::<Vec<_>>().join(" or "),
    }
}
