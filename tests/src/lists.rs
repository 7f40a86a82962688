//! A list that comes in pages, played as `paging` of the spec describes it.

use serde_json::{Map, Value, json};

use crate::answers::{body, enveloped, fields};
use crate::make::{Flavor, Maker};
use crate::message::Message;
use crate::server::Answer;
use crate::spec::{Endpoint, Field, Paging, Place, Spec, Style, Ty, TypeDef};

/// What of the answers is unusual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quirk {
    /// Nothing.
    None,
    /// The answers count nothing, as far as they need not.
    NoCounts,
    /// The list has no end.
    Endless,
    /// The last page has an empty cursor, or 0, in place of none.
    EmptyCursor,
    /// The last page has the cursor that was sent in place of none.
    SameCursor,
    /// The second page is an error.
    Fails,
}

/// The error of [`Quirk::Fails`].
pub const BUSY: i64 = -1;

/// A list.
#[derive(Clone, Debug)]
pub struct List {
    endpoint: &'static Endpoint,
    paging: &'static Paging,
    spec: &'static Spec,
    /// How many rows a page holds.
    pub size: usize,
    /// The rows, as WeChat writes them.
    pub rows: Vec<Value>,
    /// What is unusual.
    pub quirk: Quirk,
}

impl List {
    /// A list of so many rows.
    pub fn new(spec: &'static Spec, endpoint: &'static Endpoint, count: usize, quirk: Quirk) -> Self {
        let paging = endpoint.paging.as_ref().expect("a paged endpoint");
        let items = way(spec, fields(endpoint), &paging.items);
        let Ty::List(inner) = &items.ty else { panic!("{}: `items` is no list", endpoint.id) };
        let limit = paging.limit.as_ref().map(|limit| param(endpoint, limit));
        let range = limit.and_then(|limit| limit.range.clone()).unwrap_or_default();
        let size = 3.clamp(range.from().unwrap_or(1), range.to().unwrap_or(usize::MAX));
        let rows = (0..count).map(|index| {
            row(spec, inner, index).unwrap_or_else(|| panic!("{}: rows that cannot be told apart", endpoint.id))
        });
        let rows = rows.collect();
        Self { endpoint, paging, spec, size, rows, quirk }
    }

    /// What asks for the first page: all else must be chosen by the SDK.
    pub fn first(&self, mut input: Map<String, Value>) -> Map<String, Value> {
        if let Some(limit) = &self.paging.limit {
            input.insert(limit.clone(), json!(self.size));
        }
        let (name, first) = self.beginning();
        input.remove(name);
        if first.is_none() && param(self.endpoint, name).required {
            input.insert(name.clone(), json!(""));
        }
        input
    }

    /// The parameter by which pages are turned, and what the SDK has to make of it for the first page.
    pub fn beginning(&self) -> (&String, Option<Value>) {
        let wanted = |name: &String| {
            let field = param(self.endpoint, name);
            field.required || !field.required_if.is_empty()
        };
        match &self.paging.style {
            Style::Offset { start } => (start, wanted(start).then(|| json!(0))),
            Style::Page { page, first } => (page, wanted(page).then(|| json!(first))),
            Style::Cursor { cursor, first, .. } => (cursor, first.clone()),
        }
    }

    /// How many requests fetch it all.
    pub fn requests(&self) -> usize {
        if self.quirk == Quirk::Fails {
            return 2;
        }
        let full = self.rows.len() / self.size;
        let pages = self.rows.len().div_ceil(self.size).max(1);
        let counted = match self.quirk {
            Quirk::NoCounts => self.counts().any(|way| self.always(way)),
            _ => self.counts().next().is_some(),
        };
        let told = counted || matches!(self.paging.style, Style::Cursor { .. });
        // Nothing but a page that is not full tells the end, and where nobody says how long pages are, an empty one.
        let is_short = self.paging.limit.is_some() && pages > full;
        if told || is_short || self.rows.is_empty() { pages } else { pages + 1 }
    }

    /// The ways to the counts by which the end is told.
    fn counts(&self) -> impl Iterator<Item = &'static Vec<String>> {
        let of_rows = [&self.paging.total, &self.paging.pages];
        let of_rows = of_rows.into_iter().filter(|_| !matches!(self.paging.style, Style::Cursor { .. }));
        of_rows.chain([&self.paging.more]).flatten()
    }

    fn always(&self, to: &[String]) -> bool {
        way(self.spec, fields(self.endpoint), to).always
    }

    /// The answer to a request.
    pub fn answer(&self, message: &Message) -> Answer {
        let given = |name: &str| value_of(self.endpoint, name, message);
        let number = |name: &str| given(name).and_then(|text| text.parse::<usize>().ok());
        let size = self.paging.limit.as_deref().and_then(number).unwrap_or(self.size);
        let start = match &self.paging.style {
            Style::Offset { start } => number(start).unwrap_or(0),
            Style::Page { page, first } => {
                let first = usize::try_from(*first).expect("a small number");
                (number(page).unwrap_or(first) - first) * size
            }
            Style::Cursor { cursor, first, .. } => match given(cursor) {
                Some(text) if first.as_ref().is_none_or(|first| text_of(first) != text) && !text.is_empty() => {
                    text.trim_start_matches("cursor ").parse().expect("a cursor of ours")
                }
                _ => 0,
            },
        };
        if self.quirk == Quirk::Fails && start > 0 {
            return Answer::json(&crate::answers::failure(self.endpoint, BUSY, "system error"));
        }
        let endless = self.quirk == Quirk::Endless;
        let rows: Vec<Value> = match endless {
            true => (start..start + size).map(|index| self.rows[index % self.rows.len()].clone()).collect(),
            false => self.rows.iter().skip(start).take(size).cloned().collect(),
        };
        let (end, all) = (start + rows.len(), self.rows.len());
        let more = endless || end < all;
        let mut out = Value::Object(body(self.spec, self.endpoint, Flavor::Rich(0)));
        put(&mut out, &self.paging.items, Some(json!(rows)));
        let total = if endless { 1_000_000 } else { all };
        let counts = [
            (&self.paging.total, json!(total)),
            (&self.paging.pages, json!(total.div_ceil(size))),
            (&self.paging.more, json!(more)),
        ];
        for (to, value) in counts.into_iter().filter_map(|(to, value)| Some((to.as_ref()?, value))) {
            let left_out = self.quirk == Quirk::NoCounts && !self.always(to);
            put(&mut out, to, (!left_out).then_some(value));
        }
        if let Style::Cursor { cursor, next, .. } = &self.paging.style {
            let is_text = way(self.spec, fields(self.endpoint), next).ty == Ty::String;
            let to = match (more, self.quirk) {
                (true, _) if is_text => Some(json!(format!("cursor {end}"))),
                (true, _) => Some(json!(end)),
                (false, Quirk::EmptyCursor) => Some(if is_text { json!("") } else { json!(0) }),
                (false, Quirk::SameCursor) => given(cursor).map(|text| match text.parse::<u64>() {
                    Ok(number) if !is_text => json!(number),
                    _ => json!(text),
                }),
                (false, _) => None,
            };
            put(&mut out, next, to);
        }
        let Value::Object(out) = out else { unreachable!("it was one") };
        Answer::json(&enveloped(self.endpoint, out))
    }
}

fn param<'a>(endpoint: &'a Endpoint, name: &str) -> &'a Field {
    endpoint.params.iter().find(|field| field.wire == name).unwrap_or_else(|| panic!("{}: no {name}", endpoint.id))
}

/// The field at the end of a way through structs.
fn way<'a>(spec: &'a Spec, fields: &'a [Field], way: &[String]) -> &'a Field {
    let (first, rest) = way.split_first().expect("a way");
    let field = fields.iter().find(|field| field.wire == *first).unwrap_or_else(|| panic!("no field {first}"));
    if rest.is_empty() { field } else { self::way(spec, spec.fields(&field.ty).expect("a struct"), rest) }
}

/// Puts a value at the end of a way, or takes it away.
fn put(root: &mut Value, way: &[String], value: Option<Value>) {
    let (last, before) = way.split_last().expect("a way");
    let holder = before.iter().fold(root, |at, step| &mut at[step]);
    match value {
        Some(value) => holder[last] = value,
        None => drop(holder.as_object_mut().map(|object| object.remove(last))),
    }
}

/// A parameter as it arrived, as text.
fn value_of(endpoint: &Endpoint, name: &str, message: &Message) -> Option<String> {
    match endpoint.place(param(endpoint, name)) {
        Place::Query => {
            let pairs = message.query_pairs().expect("a query");
            pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
        }
        _ => {
            let body: Value = serde_json::from_slice(&message.body).expect("JSON");
            body.get(name).map(text_of)
        }
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A row with its number in it; `None` where nothing can hold one.
fn row(spec: &Spec, ty: &Ty, index: usize) -> Option<Value> {
    match ty {
        Ty::String => Some(json!(format!("row {index}"))),
        Ty::I64 | Ty::U64 | Ty::U32 | Ty::Time { .. } => Some(json!(1_000 + index)),
        Ty::U8 => Some(json!(index)),
        Ty::F64 => Some(json!(0.5 + index as f64)),
        Ty::Json => Some(json!({ "row": index })),
        Ty::List(inner) => Some(json!([row(spec, inner, index)?])),
        // Enums are open.
        Ty::Named(number) if matches!(spec.types[*number], TypeDef::TextEnum(_)) => Some(json!(format!("row {index}"))),
        Ty::Named(number) if matches!(spec.types[*number], TypeDef::IntEnum(_)) => Some(json!(1_000 + index)),
        Ty::Named(_) => {
            let fields = spec.fields(ty)?;
            let mut object = Maker { answer: true, ..Maker::new(spec, Flavor::Rich(0)) }.object(fields, &[], &[]);
            let plain = fields.iter().filter(|field| field.settable() && field.wire_form.is_none());
            let (name, value) = plain.filter_map(|field| Some((&field.wire, row(spec, &field.ty, index)?))).next()?;
            object.insert(name.clone(), value);
            Some(Value::Object(object))
        }
        _ => None,
    }
}
