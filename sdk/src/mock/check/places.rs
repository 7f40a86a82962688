//! The places in which parameters travel other than as JSON: the query and multipart forms.

use std::collections::BTreeSet;

use serde_json::{Number, Value};

use super::blame::Broken;
use super::{Checked, Checker, Params, Refusal};
use crate::mock::body::Part;
use crate::mock::catalogue::{Field, Form, Kind, Place, TypeDef};
use crate::mock::codes;

impl Checker<'_> {
    pub(super) fn query(&self, query: &[(String, String)]) -> Checked<Params> {
        let mut params = Params::new();
        let mut seen = BTreeSet::new();
        for (name, text) in query {
            if self.strict && !seen.insert(name) {
                return Err(self.invalid(name, Broken::Other, "is in the query twice"));
            }
            match self.field(name, Place::Query) {
                Some(field) => drop(params.insert(name.clone(), self.typed(field, text)?)),
                None if name == "access_token" && self.endpoint.token.is_token() => {}
                None if self.is_signature(name, Place::Query) => {}
                None => self.unknown(name, "in the query")?,
            }
        }
        Ok(params)
    }

    pub(super) fn form(&self, parts: &[Part], params: &mut Params) -> Checked {
        for part in parts {
            let Some(field) = self.field(&part.name, Place::Form) else {
                self.unknown(&part.name, "in the form")?;
                continue;
            };
            if self.strict && params.contains_key(&part.name) {
                return Err(self.invalid(&part.name, Broken::Other, "is in the form twice"));
            }
            let value = if field.kind == Kind::File {
                if part.file_name.is_none() {
                    return Err(self.invalid(&part.name, Broken::Other, "is sent without a file name"));
                }
                // The content is recorded with the request; a check needs only its length.
                Value::from(part.content.len())
            } else {
                self.typed(field, &String::from_utf8_lossy(&part.content))?
            };
            params.insert(part.name.clone(), value);
        }
        Ok(())
    }

    /// A text of a query or a form as JSON of the field's type.
    fn typed(&self, field: &Field, text: &str) -> Checked<Value> {
        let numeric = match &field.kind {
            _ if field.wire == Some(Form::Json) => false,
            Kind::Bool if field.wire == Some(Form::Int) => true,
            Kind::Bool => {
                return match text {
                    "true" => Ok(true.into()),
                    "false" => Ok(false.into()),
                    _ => Err(self.invalid(&field.name, Broken::Other, "is neither true nor false")),
                };
            }
            Kind::Int { .. } | Kind::Float | Kind::Time { .. } => true,
            Kind::Named(index) => match self.catalogue.type_def(*index) {
                Some(TypeDef::Enum(values)) => values.first().is_some_and(Value::is_number),
                _ => false,
            },
            _ => false,
        };
        if !numeric {
            return Ok(text.into());
        }
        let number = text.parse::<Number>().ok();
        number.map(Value::Number).ok_or_else(|| self.invalid(&field.name, Broken::Other, "is not a number"))
    }

    pub(super) fn unknown(&self, name: &str, place: &str) -> Checked {
        // What is never sent must not leak, whatever else the caller may send.
        if self.field(name, Place::Sign).is_some() {
            let detail = format!("`{name}` is the key of a signature, and must not be sent, yet it is {place}");
            return Err(Refusal::new(self.usual_code(), detail));
        }
        if self.strict {
            let detail = format!("`{name}` is no parameter of {} {place}", self.endpoint.id);
            return Err(Refusal::new(codes::INVALID_ARGS, detail));
        }
        Ok(())
    }
}
