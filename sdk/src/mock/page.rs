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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock::answer::Author;
    use crate::mock::catalogue::{Catalogue, Response};

    /// One page of a list, from the answer of an endpoint whose paging is `paging`.
    fn answered(paging: Value, params: Value) -> Value {
        let fields = json!({
            "data": {"type": "Data"}, "as_text": {"type": "Data", "wire": "json"}, "total": {"type": "u64"},
            "next": {"type": "string"}, "number": {"type": "u64"}, "more": {"type": "bool", "wire": "int"},
        });
        let types = json!({"Data": {"fields": {
            "rows": {"type": ["u64"]}, "pages": {"type": "string"}, "more": {"type": "bool"},
        }}});
        let params_of = json!({"limit": {"type": "u64", "default": 10}, "at": {"type": "json"}});
        let endpoint = json!({"method": "POST", "path": "/x", "params": params_of, "paging": paging,
            "response": {"fields": fields}});
        let catalogue =
            Catalogue::read(&json!({"groups": [{"group": "g", "endpoints": {"x": endpoint}, "types": types}]}));
        let endpoint = catalogue.named("x").unwrap();
        let Response::Fields(fields) = &endpoint.response else { panic!("no fields") };
        let params = params.as_object().unwrap().clone();
        Author { catalogue: &catalogue, endpoint, appid: "wx1", params: &params }.fields(fields)
    }

    fn by(style: Value) -> Value {
        let mut paging = json!({"limit": "limit", "items": "data.rows", "total": "total", "pages": "data.pages",
            "more": "data.more"});
        paging.as_object_mut().unwrap().extend(style.as_object().unwrap().clone());
        paging
    }

    fn rows(answer: &Value) -> (Vec<u64>, bool) {
        let rows = answer["data"]["rows"].as_array().unwrap().iter().map(|row| row.as_u64().unwrap()).collect();
        (rows, answer["data"]["more"].as_bool().unwrap())
    }

    #[test]
    fn offsets_and_numbers_begin_where_they_say() {
        let offset = |at: Value, limit: u64| {
            rows(&answered(by(json!({"style": "offset", "start": "at"})), json!({"at": at, "limit": limit})))
        };
        assert_eq!(offset(json!(0), 3), (vec![1, 2, 3], true));
        assert_eq!(offset(json!(22), 3), (vec![23, 24, 25], false));
        assert_eq!(offset(json!(25), 3), (vec![], false));
        assert_eq!(offset(json!(u64::MAX), u64::MAX), (vec![], false));
        let page = |first: u64, at: u64| {
            rows(&answered(by(json!({"style": "page", "page": "at", "first": first})), json!({"at": at, "limit": 12})))
        };
        assert_eq!(page(0, 0).0, (1..=12).collect::<Vec<_>>());
        assert_eq!((page(0, 2), page(1, 3)), ((vec![25], false), (vec![25], false)));
        assert_eq!(page(1, u64::MAX), (vec![], false));
    }

    #[test]
    fn what_is_said_of_other_pages_is_true_and_in_the_form_of_its_field() {
        let answer = answered(by(json!({"style": "page", "page": "at"})), json!({}));
        assert_eq!((rows(&answer).0.len(), rows(&answer).1), (10, true), "the default");
        assert_eq!((&answer["total"], &answer["data"]["pages"]), (&json!(25), &json!("3")));
        let paging = json!({"style": "page", "page": "at", "items": "as_text.rows", "more": "more"});
        let answer = answered(paging, json!({"at": 2}));
        let inner: Value = serde_json::from_str(answer["as_text"].as_str().unwrap()).unwrap();
        assert_eq!((&inner["rows"], &answer["more"]), (&json!([21, 22, 23, 24, 25]), &json!(0)));
    }

    #[test]
    fn cursors_lead_through_all_rows_and_end_empty_or_as_0() {
        for (next, first, end) in [
            ("next", json!(null), json!("")),
            ("next", json!("begin"), json!("")),
            ("number", json!(null), json!(0)),
            ("number", json!(7), json!(0)),
        ] {
            let paging = || by(json!({"style": "cursor", "cursor": "at", "first": first, "next": next}));
            let mut at = first.clone();
            let mut all = Vec::new();
            for page in 1..=3 {
                let params = if at.is_null() { json!({}) } else { json!({"at": at}) };
                let answer = answered(paging(), params);
                let (rows, more) = rows(&answer);
                assert_eq!((more, answer[next] != end), (page < 3, page < 3), "{answer}");
                all.extend(rows);
                at = answer[next].clone();
            }
            assert_eq!(all, (1..=25).collect::<Vec<_>>());
            for foreign in [json!("cursor-x"), json!("another"), json!(8), json!(1_000_026), json!([])] {
                assert_eq!(rows(&answered(paging(), json!({"at": foreign}))), (vec![], false), "{foreign}");
            }
        }
    }
}
