//! Whether a request is one that the spec allows.

mod blame;
mod places;
mod sets;

use std::borrow::Cow;

use serde_json::{Map, Value};

use self::blame::Broken;
pub(super) use self::blame::signature_code;
use super::body::{Part, form, is_form, json};
use super::catalogue::{Catalogue, Endpoint, Field, Form, Kind, Place, Rules, TypeDef};
use super::codes;
use super::keywords;
use super::page::Page;

/// An error that the mock answers in WeChat's place.
#[derive(Debug, PartialEq)]
pub(super) struct Refusal {
    pub(super) code: i64,
    /// What is wrong, behind the message that belongs to the code. Empty where the message says it all.
    pub(super) detail: String,
}

impl Refusal {
    pub(super) fn new(code: i64, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

type Checked<T = ()> = Result<T, Refusal>;

/// What a request gives: each parameter by its name.
pub(super) type Params = Map<String, Value>;

/// The parts of a request in which parameters travel.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) query: &'a [(String, String)],
    pub(super) content_type: &'a str,
    pub(super) body: &'a [u8],
}

pub(super) struct Checker<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) endpoint: &'a Endpoint,
    /// Whether parameters that the spec does not know are refused.
    pub(super) strict: bool,
}

impl Checker<'_> {
    /// Reads the body: its JSON object, or the parts of its form.
    pub(super) fn body(&self, given: Given<'_>) -> Checked<(Params, Vec<Part>)> {
        if !self.endpoint.post {
            return Ok(Default::default());
        }
        if given.body.is_empty() {
            return Err(Refusal::new(codes::EMPTY_BODY, ""));
        }
        if self.endpoint.takes_form() && (self.endpoint.needs_form() || is_form(given.content_type)) {
            let parts = form(given.content_type, given.body).map_err(|what| Refusal::new(codes::MALFORMED, what))?;
            return Ok((Params::new(), parts));
        }
        let body = json(given.body, self.strict);
        if let (Some(field), Ok(_)) = (self.endpoint.whole_body(), &body) {
            let whole = body.map(|body| (field.name.clone(), body));
            return Ok((whole.into_iter().collect(), Vec::new()));
        }
        match body {
            Ok(Value::Object(members)) => Ok((members, Vec::new())),
            Ok(_) => Err(Refusal::new(codes::MALFORMED, "the body is no JSON object")),
            Err(what) => Err(Refusal::new(codes::MALFORMED, what)),
        }
    }

    /// Checks all parameters and answers them in one map. Parameters of a query or a form become JSON of their type.
    pub(super) fn params(&self, given: Given<'_>, body: Params, parts: &[Part]) -> Checked<Params> {
        let mut params = self.query(given.query)?;
        self.form(parts, &mut params)?;
        for (name, value) in body {
            match self.field(&name, Place::Body).or_else(|| self.field(&name, Place::WholeBody)) {
                Some(_) => drop(params.insert(name, value)),
                None if self.is_signature(&name, Place::Body) => {}
                None => self.unknown(&name, "in the body")?,
            }
        }
        self.members(&self.endpoint.params, &params, "")?;
        self.sets(&self.endpoint.sets, &params, "")?;
        self.cursor(&params)?;
        Ok(params)
    }

    fn field(&self, name: &str, place: Place) -> Option<&Field> {
        self.endpoint.params.iter().find(|field| field.name == name && field.place == place)
    }

    /// Whether this is the name under which a signature travels. Whether it is right is seen when all else is.
    fn is_signature(&self, name: &str, place: Place) -> bool {
        self.endpoint.sign.iter().any(|signature| signature.name() == name && signature.place() == place)
    }

    /// A cursor that the mock did not give, where the endpoint has a code for that. Elsewhere it leads to no rows.
    fn cursor(&self, params: &Params) -> Checked {
        match Page::foreign_cursor(self.endpoint, params) {
            Some(name) if self.has_code_for(name) => {
                Err(self.invalid(name, Broken::Other, "is none that was answered"))
            }
            _ => Ok(()),
        }
    }

    /// The members of a struct: those that must be there, and the value of each that is.
    fn members(&self, fields: &[Field], given: &Params, path: &str) -> Checked {
        for field in fields.iter().filter(|field| field.place != Place::Sign) {
            let path = joined(path, &field.name);
            let Some(value) = given.get(&field.name) else {
                if field.required || field.fixed.is_some() || field.from.is_some() {
                    return Err(self.invalid(&path, Broken::Length, "is missing"));
                }
                if let Some(reason) = required_now(field, fields, given) {
                    return Err(self.invalid(&path, Broken::Length, &format!("is missing, {reason}")));
                }
                continue;
            };
            let value = &*self.read(field, value, &path)?;
            self.value(&field.kind, value, &path)?;
            if let Some(fixed) = &field.fixed
                && !same(fixed, value)
            {
                return Err(self.invalid(&path, Broken::Other, &format!("must be {fixed}")));
            }
            self.rules(&field.rules, &field.kind, value, &path)?;
        }
        Ok(())
    }

    /// A value as its type has it, from the way in which it is written.
    fn read<'v>(&self, field: &Field, value: &'v Value, path: &str) -> Checked<Cow<'v, Value>> {
        let wrong = |what: &str| Err(Refusal::new(codes::MALFORMED, format!("`{path}` {what}")));
        match field.wire {
            None => Ok(Cow::Borrowed(value)),
            Some(Form::Int) => match value.as_u64() {
                Some(number @ 0..=1) => Ok(Cow::Owned((number == 1).into())),
                Some(number) => Err(self.invalid(path, Broken::Other, &format!("is {number}, and must be 0 or 1"))),
                None => wrong(&format!("is {}, and must be the number 0 or 1", type_name(value))),
            },
            Some(Form::Json) => match value.as_str().map(|text| json(text.as_bytes(), self.strict)) {
                Some(Ok(value)) => Ok(Cow::Owned(value)),
                Some(Err(what)) => wrong(&format!("is a text that must hold JSON, and does not: {what}")),
                None => wrong(&format!("is {}, and must be a text that holds JSON", type_name(value))),
            },
        }
    }

    /// A value's type.
    fn value(&self, kind: &Kind, value: &Value, path: &str) -> Checked {
        let wrong = |wanted: &str| {
            let detail = format!("`{path}` is {}, and must be {wanted}", type_name(value));
            Err(Refusal::new(codes::MALFORMED, detail))
        };
        match kind {
            Kind::Json => Ok(()),
            Kind::Text if value.is_string() => Ok(()),
            Kind::Text => wrong("a text"),
            Kind::Url => match value.as_str() {
                Some(url) if url.starts_with("http://") || url.starts_with("https://") => Ok(()),
                Some(_) => Err(self.invalid(path, Broken::Other, "is no http or https URL")),
                None => wrong("a text"),
            },
            Kind::Bool if value.is_boolean() => Ok(()),
            Kind::Bool => wrong("true or false"),
            Kind::Int { min, max } => match integer(value) {
                Some(int) if (*min..=*max).contains(&int) => Ok(()),
                Some(_) => Err(self.invalid(path, Broken::Other, &format!("is not from {min} to {max}"))),
                None => wrong("an integer"),
            },
            Kind::Time { .. } if integer(value).is_some() => Ok(()),
            Kind::Time { .. } => wrong("a Unix time, as a number"),
            Kind::Float if value.is_number() => Ok(()),
            Kind::Float => wrong("a number"),
            // Checked and turned into its length when the form was read.
            Kind::File => Ok(()),
            Kind::Template => match value.as_object() {
                Some(entries) => {
                    entries.iter().try_for_each(|(keyword, entry)| match keywords::shape_problem(entry, self.strict) {
                        Some(problem) => Err(self.invalid_data(&joined(path, keyword), problem)),
                        None => Ok(()),
                    })
                }
                None => wrong("an object of keywords"),
            },
            Kind::List(inner) => match value.as_array() {
                Some(items) => items
                    .iter()
                    .enumerate()
                    .try_for_each(|(index, item)| self.value(inner, item, &format!("{path}[{index}]"))),
                None => wrong("a list"),
            },
            Kind::Map(inner) => match value.as_object() {
                Some(entries) => entries.iter().try_for_each(|(key, item)| self.value(inner, item, &joined(path, key))),
                None => wrong("an object"),
            },
            Kind::Named(index) => match self.catalogue.type_def(*index) {
                None => Ok(()),
                Some(TypeDef::Enum(values)) if values.contains(value) => Ok(()),
                Some(TypeDef::Enum(values)) => match values.first() {
                    Some(first) if type_name(first) != type_name(value) => wrong(type_name(first)),
                    _ => Err(self.invalid(path, Broken::Other, &format!("is none of {}", listed(values)))),
                },
                Some(TypeDef::Struct { fields, sets }) => match value.as_object() {
                    Some(members) => {
                        self.object(fields, members, path)?;
                        self.sets(sets, members, path)
                    }
                    None => wrong("an object"),
                },
            },
        }
    }

    pub(super) fn object(&self, fields: &[Field], members: &Params, path: &str) -> Checked {
        for name in members.keys() {
            if !fields.iter().any(|field| field.name == *name) {
                self.unknown(&joined(path, name), "in the body")?;
            }
        }
        self.members(fields, members, path)
    }

    /// The constraints of a value whose type is right.
    fn rules(&self, rules: &Rules, kind: &Kind, value: &Value, path: &str) -> Checked {
        let span = |what: &str, number: f64, span: Option<super::catalogue::Span>, broken| match span {
            Some(span) if !span.contains(number) => {
                Err(self.invalid(path, broken, &format!("has {number} {what}, allowed: {span}")))
            }
            _ => Ok(()),
        };
        if let Some(text) = value.as_str() {
            span("characters", text.chars().count() as f64, rules.length, Broken::Length)?;
            span("bytes", text.len() as f64, rules.bytes, Broken::Length)?;
            if let Some(charset) = &rules.charset
                && !text.chars().all(|c| charset.contains(&c))
            {
                return Err(self.invalid(path, Broken::Other, "has a character that is not allowed"));
            }
            for forbidden in &rules.forbid {
                let (found, problem) = match forbidden.as_str() {
                    "leading_slash" => (text.starts_with('/'), "begins with /"),
                    "query" => (text.contains('?'), "has a query"),
                    "control" => (text.chars().any(char::is_control), "has a control character"),
                    _ => continue,
                };
                if found {
                    return Err(self.invalid(path, Broken::Other, problem));
                }
            }
        } else if let Some(number) = value.as_f64() {
            if *kind == Kind::File {
                span("bytes", number, rules.bytes, Broken::Length)?;
            } else if let Some(range) = rules.range
                && !range.contains(number)
            {
                return Err(self.invalid(path, Broken::Other, &format!("is {number}, allowed: {range}")));
            }
        } else if let Some(items) = value.as_array() {
            span("elements", items.len() as f64, rules.items, Broken::Length)?;
        }
        if rules.subscribe_keywords {
            for (keyword, entry) in value.as_object().into_iter().flatten() {
                let text = entry.get("value").and_then(Value::as_str).unwrap_or_default();
                if let Some(problem) = keywords::problem(keyword, text) {
                    return Err(self.invalid_data(&joined(path, keyword), &problem));
                }
            }
        }
        Ok(())
    }
}

/// Why a field that is optional as such must be there now.
fn required_now(field: &Field, fields: &[Field], given: &Params) -> Option<String> {
    let conditions = &field.rules.required_if;
    let holds = |(name, wanted): &(String, Vec<Value>)| {
        let sibling = fields.iter().find(|field| field.name == *name);
        let value = given.get(name).or_else(|| sibling?.default.as_ref());
        let is_int = sibling.is_some_and(|sibling| sibling.wire == Some(Form::Int));
        value.is_some_and(|value| {
            let as_bool = || value.as_u64().map(|number| Value::from(number == 1));
            wanted.iter().any(|wanted| same(wanted, value) || (is_int && as_bool().as_ref() == Some(wanted)))
        })
    };
    if conditions.is_empty() || !conditions.iter().all(holds) {
        return None;
    }
    let texts: Vec<String> = conditions
        .iter()
        .map(|(name, wanted)| {
            let wanted: Vec<String> = wanted.iter().map(Value::to_string).collect();
            format!("`{name}` being {}", wanted.join(" or "))
        })
        .collect();
    Some(texts.join(" and "))
}

/// Whether a value of the spec is that of a request: YAML may write `1.0` or `"1"` where the wire has `1`.
fn same(spec: &Value, given: &Value) -> bool {
    spec == given || (spec.as_f64().is_some() && spec.as_f64() == given.as_f64())
}

pub(super) fn integer(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn listed(values: &[Value]) -> String {
    values.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
