//! Whether a request is one that the spec allows.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};

use super::body::{Part, form, json};
use super::catalogue::{Catalogue, Endpoint, Field, Kind, Place, Rules, TypeDef};
use super::codes;
use super::keywords;

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

/// Which rule a value breaks, as far as WeChat has codes of its own for it.
#[derive(Clone, Copy, PartialEq)]
enum Broken {
    Length,
    Other,
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
        if self.endpoint.takes_form() {
            let parts = form(given.content_type, given.body).map_err(|what| Refusal::new(codes::MALFORMED, what))?;
            return Ok((Params::new(), parts));
        }
        match json(given.body, self.strict) {
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
            match self.field(&name, Place::Body) {
                Some(_) => drop(params.insert(name, value)),
                None => self.unknown(&name, "in the body")?,
            }
        }
        self.members(&self.endpoint.params, &params, "")?;
        self.exclusive(&params)?;
        Ok(params)
    }

    fn field(&self, name: &str, place: Place) -> Option<&Field> {
        self.endpoint.params.iter().find(|field| field.name == name && field.place == place)
    }

    fn query(&self, query: &[(String, String)]) -> Checked<Params> {
        let mut params = Params::new();
        let mut seen = BTreeSet::new();
        for (name, text) in query {
            if self.strict && !seen.insert(name) {
                return Err(self.invalid(name, Broken::Other, "is in the query twice"));
            }
            match self.field(name, Place::Query) {
                Some(field) => drop(params.insert(name.clone(), self.typed(field, text)?)),
                None if name == "access_token" && self.endpoint.token.is_token() => {}
                None => self.unknown(name, "in the query")?,
            }
        }
        Ok(params)
    }

    fn form(&self, parts: &[Part], params: &mut Params) -> Checked {
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

    fn unknown(&self, name: &str, place: &str) -> Checked {
        if self.strict {
            let detail = format!("`{name}` is no parameter of {} {place}", self.endpoint.id);
            return Err(Refusal::new(codes::INVALID_ARGS, detail));
        }
        Ok(())
    }

    fn exclusive(&self, params: &Params) -> Checked {
        let sets = &self.endpoint.exclusive;
        let whole = |set: &&Vec<String>| set.iter().all(|name| params.contains_key(name));
        let touched = |set: &&Vec<String>| set.iter().any(|name| params.contains_key(name));
        if sets.is_empty() || (sets.iter().filter(whole).count() == 1 && sets.iter().filter(touched).count() == 1) {
            return Ok(());
        }
        let names: Vec<String> = sets.iter().map(|set| format!("`{}`", set.join("`, `"))).collect();
        Err(Refusal::new(codes::INVALID_ARGS, format!("exactly one of these must be given: {}", names.join(" or "))))
    }

    /// The members of a struct: those that must be there, and the value of each that is.
    fn members(&self, fields: &[Field], given: &Params, path: &str) -> Checked {
        for field in fields {
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
                Some(TypeDef::Struct(fields)) => match value.as_object() {
                    Some(members) => self.object(fields, members, path),
                    None => wrong("an object"),
                },
            },
        }
    }

    fn object(&self, fields: &[Field], members: &Params, path: &str) -> Checked {
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

    fn invalid(&self, path: &str, broken: Broken, problem: &str) -> Refusal {
        Refusal::new(self.code_for(path, broken), format!("`{path}` {problem}"))
    }

    /// A value of a template, for which WeChat has one code everywhere.
    fn invalid_data(&self, path: &str, problem: &str) -> Refusal {
        let declared = self.endpoint.errcodes.contains_key(&codes::INVALID_DATA);
        let code = if declared { codes::INVALID_DATA } else { codes::INVALID_ARGS };
        Refusal::new(code, format!("`{path}` {problem}"))
    }

    /// The code that the endpoint declares for this parameter: the first one whose text names it. Of several, the one
    /// that speaks of length is for what is missing, too short or too long.
    fn code_for(&self, path: &str, broken: Broken) -> i64 {
        let leaf = path.rsplit('.').next().unwrap_or(path);
        let names = [format!("`{path}`"), format!("`{leaf}`")];
        let own = |(code, own): (&i64, &String)| {
            let about = if own.is_empty() { &self.catalogue.errcode(*code)?.about } else { own };
            names.iter().any(|name| about.contains(name.as_str())).then(|| {
                let of_length = about.contains("long") || about.contains("empty") || about.contains("length");
                (*code, of_length == (broken == Broken::Length))
            })
        };
        let found: Vec<(i64, bool)> = self.endpoint.errcodes.iter().filter_map(own).collect();
        let best = found.iter().find(|(_, fits)| *fits).or(found.first());
        best.map_or(codes::INVALID_ARGS, |(code, _)| *code)
    }
}

/// Why a field that is optional as such must be there now.
fn required_now(field: &Field, fields: &[Field], given: &Params) -> Option<String> {
    let conditions = &field.rules.required_if;
    let holds = |(name, wanted): &(String, Value)| {
        let default = || fields.iter().find(|field| field.name == *name)?.default.as_ref();
        given.get(name).or_else(default).is_some_and(|value| same(wanted, value))
    };
    if conditions.is_empty() || !conditions.iter().all(holds) {
        return None;
    }
    let texts: Vec<String> = conditions.iter().map(|(name, wanted)| format!("`{name}` being {wanted}")).collect();
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
