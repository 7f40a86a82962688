//! The structs and enums of a draft: the same fields give one type, whichever endpoint has them.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;

use super::word;
use super::yaml::{comment, quoted};
use crate::naming;
use crate::pages::{Kind, PageField};

pub(super) struct Types {
    written: Vec<Written>,
    taken: BTreeSet<String>,
}

struct Written {
    name: String,
    /// The fields or values without comments: what makes two types one.
    shape: String,
    yaml: String,
}

impl Types {
    /// No type may be named as what an endpoint's id gives.
    pub(super) fn of<'a>(ids: impl Iterator<Item = &'a str>) -> Self {
        let taken = ids.map(naming::type_name).flat_map(|name| [name.clone() + "Response", name]).collect();
        Self { written: Vec::new(), taken }
    }

    /// The name of the type of these fields; `fields` are the lines of the draft, each with its comment.
    pub(super) fn record(&mut self, id: &str, field: &PageField, fields: &[(String, String)]) -> String {
        let shape = fields.iter().map(|(line, _)| line.as_str()).collect::<Vec<_>>().join("\n");
        let mut yaml = word(4, "about", "", &format!("TODO: {}", field.text)) + "    fields:\n";
        for (line, said) in fields {
            yaml.push_str(&format!("      {line}{}\n", comment(said)));
        }
        self.name(id, &field.name, shape, yaml)
    }

    /// The name of an enum of the field's values; none where the language has no enum for them.
    pub(super) fn values(&mut self, id: &str, field: &PageField) -> Option<String> {
        let values: Vec<_> =
            field.values.iter().map(|(value, about)| (value.trim_matches(['"', '\'', ' ']), about)).collect();
        let number = |text: &str| text.parse::<i64>().is_ok_and(|number| number.to_string() == text);
        let distinct = values.iter().map(|(value, _)| *value).collect::<BTreeSet<_>>().len() == values.len();
        let numbers = match field.kind {
            Kind::Number if values.iter().all(|(value, _)| number(value)) => true,
            Kind::String if values.iter().all(|(value, _)| !value.is_empty() && !number(value)) => false,
            _ => return None,
        };
        if values.is_empty() || !distinct {
            return None;
        }
        let mut yaml = word(4, "about", "", &format!("TODO: {}", field.text)) + "    values:\n";
        for (value, about) in &values {
            let key = if numbers { (*value).to_owned() } else { quoted(value) };
            let told = format!("TODO: {about}");
            let named = !numbers && naming::is_identifier(&value.to_upper_camel_case());
            let open = if named { "" } else { "{ name: , about: }" };
            yaml.push_str(&word(6, &key, open, &told));
        }
        let shape = values.iter().map(|(value, _)| *value).collect::<Vec<_>>().join("\n");
        Some(self.name(id, &field.name, shape, yaml))
    }

    fn name(&mut self, id: &str, field: &str, shape: String, yaml: String) -> String {
        let stem = field.strip_suffix("_list").or_else(|| field.strip_suffix("List")).unwrap_or(field);
        let short = stem.to_upper_camel_case();
        let same = |written: &&Written| written.shape == shape && written.name.ends_with(&short);
        if let Some(written) = self.written.iter().find(same) {
            return written.name.clone();
        }
        let long = format!("{}{short}", naming::type_name(id));
        let numbered = (2..).map(|number| format!("{long}{number}"));
        let mut names = [short, long.clone()].into_iter().chain(numbered);
        let free = |name: &String| {
            naming::is_identifier(name) && naming::type_taken(name).is_none() && !self.taken.contains(name)
        };
        let name = names.find(free).unwrap_or(long);
        self.taken.insert(name.clone());
        self.written.push(Written { name: name.clone(), shape, yaml });
        name
    }

    /// All of them, those that others hold in front.
    pub(super) fn yaml(&self) -> String {
        self.written.iter().map(|written| format!("  {}:\n{}", written.name, written.yaml)).collect()
    }
}
