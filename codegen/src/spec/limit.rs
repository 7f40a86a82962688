//! The grammar of a limit: `COUNT/UNIT`, alone, or with whom it is shared, or when it holds.

use super::pattern::ID;
use crate::model::{Limit, Per};

/// What a condition begins with. Without this a slip such as `share with` would pass for a condition, and the limit
/// would count for nothing.
const CONDITIONS: [&str; 3] = ["for ", "when ", "with "];

/// Reads a limit; nothing where it is none.
pub(crate) fn parse(text: &str) -> Option<Limit> {
    let (limit, words) = text.split_once(' ').map_or((text, None), |(limit, words)| (limit, Some(words)));
    let (count, unit) = limit.split_once('/')?;
    if count.starts_with('0') || !count.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let count = count.parse().ok()?;
    let per = Per::ALL.into_iter().find(|per| per.word() == unit)?;
    let mut limit = Limit { count, per, shared_with: Vec::new(), also: None, condition: None };
    let Some(words) = words else { return Some(limit) };
    let says_more = |words: &&str| words.starts_with(|c: char| !c.is_whitespace());
    if let Some(shared) = words.strip_prefix("shared with ") {
        let (ids, also) = shared.split_once(" and ").map_or((shared, None), |(ids, also)| (ids, Some(also)));
        limit.shared_with = ids.split(", ").map(str::to_owned).collect();
        limit.also = also.map(str::to_owned);
        (limit.shared_with.iter().all(|id| (ID.test)(id)) && also.iter().all(says_more)).then_some(limit)
    } else {
        let said = CONDITIONS.iter().find_map(|start| words.strip_prefix(start));
        limit.condition = Some(words.to_owned());
        said.filter(says_more).map(|_| limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_what_was_written() {
        for text in [
            "5000/min",
            "1/total",
            "4294967295/s",
            "3/h",
            "20/day with force_refresh",
            "1/min for each order",
            "10/month when it is full",
            "500/day shared with addGoods",
            "500000/day shared with generateScheme, name__group and plain schemes",
        ] {
            assert_eq!(parse(text).map(|limit| limit.to_string()).as_deref(), Some(text));
        }
    }

    #[test]
    fn the_parts_of_a_shared_limit() {
        let limit = parse("500000/day shared with generateScheme, b__c and plain and other schemes").unwrap();
        assert_eq!((limit.count, limit.per), (500_000, Per::Day));
        assert_eq!(limit.shared_with, ["generateScheme", "b__c"]);
        assert_eq!(limit.also.as_deref(), Some("plain and other schemes"));
        assert_eq!(limit.condition, None);
        assert_eq!(parse("20/day with care").unwrap().condition.as_deref(), Some("with care"));
    }
}
