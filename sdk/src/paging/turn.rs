//! Whether there is another page, and what it is asked for with.
#![allow(dead_code, reason = "the groups that page can be left out")]

/// What a page says of the pages behind it; what it does not say does not count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    rows: u64,
    limit: Option<u64>,
    total: Option<u64>,
    pages: Option<u64>,
    more: Option<bool>,
}

impl Turn {
    #[must_use]
    pub(crate) fn new(rows: usize) -> Self {
        Self { rows: rows as u64, limit: None, total: None, pages: None, more: None }
    }

    /// How many rows were asked for.
    #[must_use]
    pub(crate) fn limit(mut self, limit: Option<&impl Number>) -> Self {
        self.limit = limit.map(Number::get);
        self
    }

    /// How many rows there are in all.
    #[must_use]
    pub(crate) fn total(mut self, total: Option<&impl Number>) -> Self {
        self.total = total.map(Number::get);
        self
    }

    /// How many pages there are in all.
    #[must_use]
    pub(crate) fn pages(mut self, pages: Option<&impl Number>) -> Self {
        self.pages = pages.map(Number::get);
        self
    }

    #[must_use]
    pub(crate) fn more(mut self, more: Option<&bool>) -> Self {
        self.more = more.copied();
        self
    }

    /// The next page begins behind these rows.
    pub(crate) fn offset<N: Number>(self, start: &mut Option<N>) -> bool {
        let next = start.as_ref().map_or(0, Number::get).saturating_add(self.rows);
        self.rows > 0 && self.goes_on(next) && set(start, next)
    }

    /// The next page has the next number.
    pub(crate) fn page<N: Number>(self, page: &mut Option<N>, first: u64) -> bool {
        let number = page.as_ref().map_or(first, Number::get);
        let before = number.saturating_sub(first);
        let fetched = match (self.limit, self.pages) {
            // The rows before it are known by the size of the pages.
            (Some(limit), _) => before.saturating_mul(limit).saturating_add(self.rows),
            (None, _) => self.rows,
        };
        let last = self.pages.is_some_and(|pages| before.saturating_add(1) >= pages);
        // Without the size of a page nothing is known of how many rows came before.
        let known = if self.limit.is_some() || before == 0 { self } else { Self { total: None, ..self } };
        self.rows > 0 && !last && known.goes_on(fetched) && set(page, number.saturating_add(1))
    }

    /// The next page begins at the cursor that came.
    pub(crate) fn cursor<C: Cursor>(self, cursor: &mut Option<C>, next: Option<&C>) -> bool {
        let Some(next) = next.filter(|next| next.leads_on() && cursor.as_ref() != Some(next)) else { return false };
        if self.more == Some(false) || (self.more.is_none() && self.rows == 0) {
            return false;
        }
        *cursor = Some(next.clone());
        true
    }

    /// Whether there are more than the `fetched` rows.
    fn goes_on(self, fetched: u64) -> bool {
        match (self.more, self.pages, self.total, self.limit) {
            (Some(more), ..) => more,
            // The number of pages has been compared.
            (None, Some(_), ..) => true,
            // A total of 0 beside rows is none.
            (None, None, Some(total), _) if total > 0 => fetched < total,
            (None, None, _, Some(limit)) => self.rows >= limit,
            (None, None, _, None) => true,
        }
    }
}

/// Sets a number that the next page is asked for by. One that the type cannot hold ends the list.
fn set<N: Number>(slot: &mut Option<N>, number: u64) -> bool {
    match N::from(number) {
        Some(number) => {
            *slot = Some(number);
            true
        }
        None => false,
    }
}

/// A whole number that counts rows or pages.
pub(crate) trait Number: Sized {
    /// Less than 0 is 0.
    fn get(&self) -> u64;
    fn from(number: u64) -> Option<Self>;
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Number for $type {
            fn get(&self) -> u64 {
                u64::try_from(*self).unwrap_or(0)
            }
            fn from(number: u64) -> Option<Self> {
                number.try_into().ok()
            }
        }
    )*};
}

numbers!(i64, u64, u32, u8);

/// Where the next page begins, as WeChat says it.
pub(crate) trait Cursor: Clone + PartialEq {
    /// Whether it leads to a page: it is neither empty nor 0.
    fn leads_on(&self) -> bool;
}

impl Cursor for String {
    fn leads_on(&self) -> bool {
        !self.is_empty()
    }
}

macro_rules! cursors {
    ($($type:ty),*) => {$(
        impl Cursor for $type {
            fn leads_on(&self) -> bool {
                *self != 0
            }
        }
    )*};
}

cursors!(i64, u64, u32, u8);

#[cfg(test)]
mod tests {
    use super::*;

    fn by_offset(turn: Turn, start: Option<u64>) -> Option<u64> {
        let mut start = start;
        turn.offset(&mut start).then(|| start.unwrap())
    }

    fn by_page(turn: Turn, page: Option<u64>) -> Option<u64> {
        let mut page = page;
        turn.page(&mut page, 1).then(|| page.unwrap())
    }

    #[test]
    fn offsets_end_by_the_total() {
        let full = Turn::new(10).limit(Some(&10_u64));
        assert_eq!(by_offset(full.total(Some(&25_u64)), None), Some(10));
        assert_eq!(by_offset(full.total(Some(&25_u64)), Some(10)), Some(20));
        assert_eq!(by_offset(Turn::new(5).limit(Some(&10_u64)).total(Some(&25_u64)), Some(20)), None);
        assert_eq!(by_offset(full.total(Some(&20_u64)), Some(10)), None, "the last page may be full");
        let short = Turn::new(3).limit(Some(&10_u64)).total(Some(&25_u64));
        assert_eq!(by_offset(short, None), Some(3), "a page may be short where rows were filtered out");
    }

    #[test]
    fn without_a_total_a_short_page_is_the_last_one() {
        let of = |rows| Turn::new(rows).limit(Some(&10_u32));
        assert_eq!(by_offset(of(10), Some(5)), Some(15));
        assert_eq!(by_offset(of(9), Some(5)), None);
        assert_eq!(by_offset(of(10).total(Some(&0_u64)), None), Some(10), "a total of 0 beside rows is none");
        assert_eq!(by_offset(Turn::new(4), None), Some(4));
    }

    #[test]
    fn a_page_without_rows_is_the_last_one_whatever_it_says() {
        let empty = Turn::new(0).limit(Some(&10_u64));
        assert_eq!(by_offset(empty.total(Some(&100_u64)), Some(10)), None);
        assert_eq!(by_offset(empty.more(Some(&true)), Some(10)), None, "it would ask for the same page again");
        assert_eq!(by_page(empty.pages(Some(&9_u64)), Some(2)), None);
    }

    #[test]
    fn numbers_end_by_the_count_of_pages_or_rows() {
        let full = Turn::new(10).limit(Some(&10_i64));
        assert_eq!(by_page(full.pages(Some(&3_u32)), None), Some(2));
        assert_eq!(by_page(full.pages(Some(&3_u32)), Some(2)), Some(3));
        assert_eq!(by_page(full.pages(Some(&3_u32)), Some(3)), None);
        assert_eq!(by_page(full.total(Some(&20_u64)), Some(2)), None);
        assert_eq!(by_page(full.total(Some(&21_u64)), Some(2)), Some(3));
        assert_eq!(by_page(Turn::new(7).total(Some(&21_u64)), Some(3)), Some(4), "nobody said how long pages are");
        assert_eq!(by_page(Turn::new(7).total(Some(&7_u64)), None), None);
        let mut from_0 = None::<u32>;
        assert!(full.page(&mut from_0, 0) && from_0 == Some(1));
    }

    #[test]
    fn cursors_end_when_they_lead_nowhere() {
        let turn = |turn: Turn, cursor: Option<&str>, next: Option<&str>| {
            let mut cursor = cursor.map(str::to_owned);
            turn.cursor(&mut cursor, next.map(str::to_owned).as_ref()).then(|| cursor.unwrap())
        };
        let rows = Turn::new(1);
        assert_eq!(turn(rows, None, Some("b")).as_deref(), Some("b"));
        assert_eq!(turn(rows, Some("a"), Some("b")).as_deref(), Some("b"));
        assert_eq!(turn(rows, Some("b"), Some("b")), None, "it would come back for ever");
        assert_eq!(turn(rows, Some("b"), Some("")), None);
        assert_eq!(turn(rows, Some("b"), None), None);
        assert_eq!(turn(Turn::new(0), Some("a"), Some("b")), None);
        assert_eq!(turn(rows.more(Some(&false)), Some("a"), Some("b")), None);
        assert_eq!(turn(Turn::new(0).more(Some(&true)), Some("a"), Some("b")).as_deref(), Some("b"));
        let mut number = Some(5_u64);
        assert!(!rows.cursor(&mut number, Some(&0)) && rows.cursor(&mut number, Some(&6)) && number == Some(6));
    }

    #[test]
    fn what_the_type_cannot_hold_ends_the_list() {
        let mut start = Some(250_u8);
        assert!(!Turn::new(10).offset(&mut start));
        assert_eq!(start, Some(250));
        let mut negative = Some(-5_i64);
        assert!(Turn::new(10).offset(&mut negative) && negative == Some(10));
    }
}
