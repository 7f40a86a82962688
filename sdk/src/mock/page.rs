//! Which rows a page of a list holds, and what it says of the pages behind it.

use std::ops::Range;

use serde_json::{Value, json};

use super::catalogue::{Endpoint, Kind, Paging, Style};
use super::check::Params;

/// How many rows a paged list has in all.
pub(super) const ROWS: u64 = 25;
/// How many rows a page has where neither the caller nor the spec says so.
const USUAL: u64 = 20;
/// Cursors that are numbers begin here, so that none is 0, which means that there is no next page.
const CURSORS: u64 = 1_000_000;

/// The page that a request asks for.
pub(super) struct Page<'a> {
    paging: &'a Paging,
    rows: Range<u64>,
    /// How many rows a page has.
    size: u64,
}

/// What stands in a field that has to do with the pages.
pub(super) enum Told {
    /// These rows.
    Rows(Range<u64>),
    Value(Value),
}

impl<'a> Page<'a> {
    /// `None` where the endpoint has no pages.
    pub(super) fn of(endpoint: &'a Endpoint, params: &Params) -> Option<Self> {
        let paging = endpoint.paging.as_ref()?;
        let number = |name: &str| {
            let default = || endpoint.params.iter().find(|field| field.name == name)?.default.as_ref();
            params.get(name).or_else(default).and_then(whole)
        };
        let size = number(&paging.limit).unwrap_or(USUAL);
        let start = match &paging.style {
            Style::Offset { start } => number(start).unwrap_or(0),
            Style::Page { page, first } => number(page).unwrap_or(*first).saturating_sub(*first).saturating_mul(size),
            Style::Cursor { cursor, first, .. } => position(params.get(cursor), first).unwrap_or(ROWS),
        };
        let start = start.min(ROWS);
        Some(Self { paging, rows: start..start.saturating_add(size).min(ROWS), size })
    }

    /// The name of the parameter that holds a cursor which no page answered, if there is one.
    pub(super) fn foreign_cursor<'e>(endpoint: &'e Endpoint, params: &Params) -> Option<&'e str> {
        match &endpoint.paging.as_ref()?.style {
            Style::Cursor { cursor, first, .. } if position(params.get(cursor), first).is_none() => {
                Some(cursor.as_str())
            }
            _ => None,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What a field of the response holds, by its way from the top; `None` where it has nothing to do with pages.
    pub(super) fn told(&self, way: &str, kind: &Kind) -> Option<Told> {
        let paging = self.paging;
        let value = if way == paging.items {
            return Some(Told::Rows(self.rows.clone()));
        } else if way == paging.total {
            written(ROWS, kind)
        } else if way == paging.pages {
            written(ROWS.div_ceil(self.size.max(1)), kind)
        } else if way == paging.more {
            if *kind == Kind::Bool {
                (self.rows.end < ROWS).into()
            } else {
                written((self.rows.end < ROWS).into(), kind)
            }
        } else if let Style::Cursor { next, .. } = &paging.style
            && way == next
        {
            self.next(kind)
        } else {
            return None;
        };
        Some(Told::Value(value))
    }

    /// Where the next page begins: empty or 0 on the last one.
    fn next(&self, kind: &Kind) -> Value {
        match (kind, self.rows.end) {
            (Kind::Text, ROWS..) => "".into(),
            (Kind::Text, end) => format!("cursor-{end}").into(),
            (_, ROWS..) => 0.into(),
            (_, end) => (CURSORS + end).into(),
        }
    }
}

/// The row at which a cursor points; `None` for one that the mock did not give.
fn position(cursor: Option<&Value>, first: &Value) -> Option<u64> {
    match cursor {
        None => Some(0),
        Some(cursor) if cursor == first => Some(0),
        Some(Value::String(text)) if text.is_empty() => Some(0),
        Some(Value::String(text)) => text.strip_prefix("cursor-")?.parse().ok(),
        Some(number) => match number.as_u64()? {
            0 => Some(0),
            number => number.checked_sub(CURSORS).filter(|row| *row <= ROWS),
        },
    }
}

fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// A number as a field of this type has it.
fn written(number: u64, kind: &Kind) -> Value {
    if *kind == Kind::Text { number.to_string().into() } else { json!(number) }
}
