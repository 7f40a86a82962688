//! Constraints, checked before a call is sent: it saves quota, and names the field.

use crate::error::{Error, Result, Violation};
use crate::file::{File, HostedFile};
use crate::template::TemplateData;

/// Collects what is wrong with a request, all of it.
#[derive(Debug, Default)]
pub struct Check {
    violations: Vec<Violation>,
    path: String,
}

/// One constraint of the spec. Ranges include both ends.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Rule {
    /// Has to be set.
    Required,
    /// Has to be set, for it signs the call; with what `PaymentKeys` take it, if they do.
    Signs(&'static str),
    /// Characters.
    Length(u64, u64),
    /// Bytes.
    Bytes(u64, u64),
    /// Elements.
    Items(u64, u64),
    /// Whole numbers.
    Range(i64, i64),
    /// Numbers with a fraction.
    RangeF(f64, f64),
    /// Nothing but these characters.
    Charset(Charset),
    /// No `/` in front.
    NoLeadingSlash,
    /// No `?`.
    NoQuery,
    /// No control characters.
    NoControl,
}

/// A named set of characters.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Charset {
    /// What the set holds, in words.
    pub about: &'static str,
    /// A bit for each ASCII character.
    pub ascii: u128,
}

impl Charset {
    /// The set of these ASCII characters.
    #[must_use]
    pub const fn new(about: &'static str, characters: &str) -> Self {
        let bytes = characters.as_bytes();
        let (mut ascii, mut index) = (0, 0);
        while index < bytes.len() {
            ascii |= 1 << bytes[index];
            index += 1;
        }
        Self { about, ascii }
    }

    fn first_foreign(&self, text: &str) -> Option<char> {
        text.chars().find(|character| !character.is_ascii() || self.ascii & (1 << *character as u32) == 0)
    }
}

impl Check {
    /// Nothing found yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Everything found, as one error.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) with every violation.
    pub fn finish(self) -> Result<()> {
        if self.violations.is_empty() { Ok(()) } else { Err(Error::invalid(self.violations)) }
    }

    fn report(&mut self, field: &str, problem: impl Into<String>) {
        let field = if self.path.is_empty() { field.to_owned() } else { format!("{}.{field}", self.path) };
        self.violations.push(Violation { field, problem: problem.into() });
    }

    /// A field of any type of which only presence matters.
    #[doc(hidden)]
    pub fn present<T>(&mut self, field: &str, value: &Option<T>) {
        if value.is_none() {
            self.report(field, "is required");
        }
    }

    /// A field that is required when `condition` holds, which `when` puts into words.
    #[doc(hidden)]
    pub fn present_if<T>(&mut self, condition: bool, field: &str, value: &Option<T>, when: &str) {
        if condition && value.is_none() {
            self.report(field, format!("is required when {when}"));
        }
    }

    /// A text.
    #[doc(hidden)]
    pub fn text(&mut self, field: &str, value: Option<&str>, rules: &[Rule]) {
        for rule in rules {
            let problem = match (*rule, value) {
                (Rule::Required, None) => Some("is required".to_owned()),
                (Rule::Signs(""), None) => Some("is required, because it signs the call".to_owned()),
                (Rule::Signs(configured), None) => Some(format!(
                    "is required, because it signs the call: set it, or give the client `payment_keys` with {configured}"
                )),
                (_, None) | (Rule::Required | Rule::Signs(_), _) => None,
                (Rule::Length(from, to), Some(text)) => outside(text.chars().count() as u64, from, to)
                    .map(|(is, want)| format!("has {is} characters, allowed are {want}")),
                (Rule::Bytes(from, to), Some(text)) => {
                    outside(text.len() as u64, from, to).map(|(is, want)| format!("has {is} bytes, allowed are {want}"))
                }
                (Rule::Charset(set), Some(text)) => {
                    set.first_foreign(text).map(|found| format!("holds {found:?}, allowed are: {}", set.about))
                }
                (Rule::NoLeadingSlash, Some(text)) => {
                    text.starts_with('/').then(|| "starts with `/`; write it without".to_owned())
                }
                (Rule::NoQuery, Some(text)) => {
                    text.contains('?').then(|| "holds a query (`?`), which does not belong here".to_owned())
                }
                (Rule::NoControl, Some(text)) => {
                    text.contains(char::is_control).then(|| "holds a control character or a line break".to_owned())
                }
                _ => None,
            };
            if let Some(problem) = problem {
                self.report(field, problem);
            }
        }
    }

    /// A whole number.
    #[doc(hidden)]
    pub fn int<T: TryInto<i64>>(&mut self, field: &str, value: Option<T>, rules: &[Rule]) {
        // A u64 beyond i64 is beyond every documented range as well.
        let value = value.map(|value| value.try_into().unwrap_or(i64::MAX));
        for rule in rules {
            match (*rule, value) {
                (Rule::Required, None) => self.report(field, "is required"),
                (Rule::Range(from, to), Some(value)) if value < from || value > to => {
                    self.report(field, format!("is {value}, allowed is {}", span(from, i64::MIN, to, i64::MAX)));
                }
                _ => {}
            }
        }
    }

    /// A number with a fraction.
    #[doc(hidden)]
    pub fn float(&mut self, field: &str, value: Option<f64>, rules: &[Rule]) {
        for rule in rules {
            match (*rule, value) {
                (Rule::Required, None) => self.report(field, "is required"),
                (Rule::RangeF(from, to), Some(value)) if !(from..=to).contains(&value) => {
                    self.report(field, format!("is {value}, allowed is {}", span(from, f64::MIN, to, f64::MAX)));
                }
                _ => {}
            }
        }
    }

    /// The number of elements of a list.
    #[doc(hidden)]
    pub fn items(&mut self, field: &str, count: Option<usize>, rules: &[Rule]) {
        for rule in rules {
            match (*rule, count) {
                (Rule::Required, None) => self.report(field, "is required"),
                (Rule::Items(from, to), Some(count)) => {
                    if let Some((is, want)) = outside(count as u64, from, to) {
                        self.report(field, format!("has {is} elements, allowed are {want}"));
                    }
                }
                _ => {}
            }
        }
    }

    /// A file.
    #[doc(hidden)]
    pub fn file(&mut self, field: &str, value: Option<&File>, rules: &[Rule]) {
        for rule in rules {
            match (*rule, value) {
                (Rule::Required, None) => self.report(field, "is required"),
                (Rule::Bytes(from, to), Some(file)) => {
                    if let Some((is, want)) = outside(file.bytes().len() as u64, from, to) {
                        self.report(field, format!("has {is} bytes, allowed are {want}"));
                    }
                }
                _ => {}
            }
        }
    }

    /// A file that will be hosted, or is already.
    #[doc(hidden)]
    pub fn hosted(&mut self, field: &str, value: Option<&HostedFile>, rules: &[Rule]) {
        match value {
            // What its URL will be is not known before it is hosted.
            Some(file) if file.url_str().is_none() => {}
            _ => self.text(field, value.and_then(HostedFile::url_str), rules),
        }
    }

    /// The values of a subscribe message.
    #[doc(hidden)]
    pub fn subscribe_keywords(&mut self, field: &str, value: Option<&TemplateData>) {
        let Some(data) = value else { return };
        let mut found = Vec::new();
        data.check_subscribe(&mut |keyword, problem| found.push((format!("{field}.{keyword}"), problem)));
        for (field, problem) in found {
            self.report(&field, problem);
        }
    }

    /// A struct within the request.
    #[doc(hidden)]
    pub fn nested<T>(&mut self, field: &str, value: Option<&T>, validate: impl FnOnce(&T, &mut Self)) {
        if let Some(value) = value {
            self.within(field, |check| validate(value, check));
        }
    }

    /// The structs of a list within the request.
    #[doc(hidden)]
    pub fn each<T>(&mut self, field: &str, values: Option<&[T]>, validate: impl Fn(&T, &mut Self)) {
        for (index, value) in values.unwrap_or_default().iter().enumerate() {
            self.within(&format!("{field}[{index}]"), |check| validate(value, check));
        }
    }

    fn within(&mut self, field: &str, inspect: impl FnOnce(&mut Self)) {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(field);
        inspect(self);
        self.path.truncate(length);
    }

    /// Exactly one of these sets of fields has to be given; each comes with its names and whether all or any of it is.
    #[doc(hidden)]
    pub fn any_of(&mut self, sets: &[(&str, bool, bool)]) {
        if sets.iter().any(|(_, all, _)| *all) {
            return;
        }
        let names: Vec<_> = sets.iter().map(|(names, ..)| *names).collect();
        let problem = if sets.iter().any(|(.., any)| *any) { "they are incomplete" } else { "none is given" };
        self.report(&names.join(" | "), format!("at least one of these has to be given, and {problem}"));
    }

    #[doc(hidden)]
    pub fn exclusive(&mut self, sets: &[(&str, bool, bool)]) {
        let whole = sets.iter().filter(|(_, all, _)| *all).count();
        let touched = sets.iter().filter(|(_, _, any)| *any).count();
        if whole == 1 && touched == 1 {
            return;
        }
        let names: Vec<_> = sets.iter().map(|(names, ..)| *names).collect();
        let problem = if touched == 0 { "none is given" } else { "they are mixed or incomplete" };
        self.report(&names.join(" | "), format!("exactly one of these has to be given, and {problem}"));
    }
}

fn outside(is: u64, from: u64, to: u64) -> Option<(u64, String)> {
    (is < from || is > to).then(|| (is, span(from, 0, to, u64::MAX)))
}

fn span<T: PartialEq + std::fmt::Display>(from: T, least: T, to: T, most: T) -> String {
    match (from == least, to == most) {
        (true, _) => format!("at most {to}"),
        (_, true) => format!("at least {from}"),
        _ => format!("{from} to {to}"),
    }
}
