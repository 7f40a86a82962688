//! How the next page of a list is asked for.

use serde_json::Value;

use super::raw::RawPaging;

/// The words of `paging`. Names of the response are ways: they may lead into structs.
#[derive(Clone, Debug)]
pub struct Paging {
    /// What tells the pages apart.
    pub style: Style,
    /// The parameter of the rows per page.
    pub limit: Option<String>,
    /// The response's list.
    pub items: Vec<String>,
    /// The response's count of all rows.
    pub total: Option<Vec<String>>,
    /// The response's count of all pages.
    pub pages: Option<Vec<String>>,
    /// The response's word on whether there are more.
    pub more: Option<Vec<String>>,
}

/// What tells the pages apart.
#[derive(Clone, Debug, PartialEq)]
pub enum Style {
    /// How many rows to skip.
    Offset {
        /// The parameter.
        start: String,
    },
    /// The page's number.
    Page {
        /// The parameter.
        page: String,
        /// The number of the first page.
        first: u64,
    },
    /// Where the page before ended.
    Cursor {
        /// The parameter.
        cursor: String,
        /// What the first page is asked for with.
        first: Option<Value>,
        /// The response's cursor.
        next: Vec<String>,
    },
}

impl Paging {
    /// Reads it word by word.
    pub(super) fn parse(of: &str, raw: RawPaging) -> Self {
        let RawPaging { style, start, page, cursor, first, next, limit, items, total, pages, more } = raw;
        let way = |way: String| way.split('.').map(str::to_owned).collect::<Vec<_>>();
        let style = match (style.as_str(), start, page, cursor, next) {
            ("offset", Some(start), None, None, None) if first.is_none() => Style::Offset { start },
            ("page", None, Some(page), None, None) => {
                let first = first.map_or(1, |first| first.as_u64().unwrap_or_else(|| panic!("{of}: first: {first}")));
                Style::Page { page, first }
            }
            ("cursor", None, None, Some(cursor), Some(next)) => Style::Cursor { cursor, first, next: way(next) },
            (other, ..) => panic!("{of}: no test knows what paging of the style {other:?} with these words means"),
        };
        Self { style, limit, items: way(items), total: total.map(way), pages: pages.map(way), more: more.map(way) }
    }
}
