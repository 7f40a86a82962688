//! What texts of a fixed form look like: once as a test, once as the regular expression that editors check by.

use super::limit;

/// The form of a text.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// How a message names it: "not …".
    pub(crate) what: &'static str,
    /// What to write instead.
    pub(crate) remedy: &'static str,
    /// For the JSON Schema. Accepts what `test` accepts.
    pub(crate) regex: &'static str,
    pub(crate) test: fn(&str) -> bool,
}

pub(crate) static ANY: Pattern = Pattern { what: "a name", remedy: "write the name", regex: "", test: |_| true };

pub(crate) static SNAKE: Pattern = Pattern {
    what: "a name in snake_case",
    remedy: "write it as `get_user_info`",
    regex: "^[a-z][a-z0-9]*(_[a-z0-9]+)*_?$",
    test: |text| {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            && !text.contains("__")
    },
};

pub(crate) static CAMEL: Pattern = Pattern {
    what: "a name in UpperCamelCase",
    remedy: "write it as `LineColor`",
    regex: "^[A-Z][A-Za-z0-9]*$",
    test: |text| text.starts_with(|c: char| c.is_ascii_uppercase()) && text.bytes().all(|b| b.is_ascii_alphanumeric()),
};

pub(crate) static SCREAMING: Pattern = Pattern {
    what: "a name in SCREAMING_SNAKE_CASE",
    remedy: "write it as `INVALID_CREDENTIAL`",
    regex: "^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$",
    test: |text| {
        text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
            && !text.contains("__")
            && !text.ends_with('_')
    },
};

pub(crate) static ID: Pattern = Pattern {
    what: "an id",
    remedy: "write the official English name: letters, digits and `_`",
    regex: "^[A-Za-z][A-Za-z0-9_]*$",
    test: |text| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    },
};

pub(crate) static WORD: Pattern = Pattern {
    what: "a name without spaces",
    remedy: "write one name an entry",
    regex: "^\\S+$",
    test: |text| !text.is_empty() && !text.contains(char::is_whitespace),
};

pub(crate) static NUMBER: Pattern = Pattern {
    what: "a number",
    remedy: "write the code as WeChat answers it",
    regex: "^-?[0-9]+$",
    test: |text| text.parse::<i64>().is_ok(),
};

pub(crate) static HTTPS: Pattern = Pattern {
    what: "an https address",
    remedy: "give the official page, starting with `https://`",
    regex: "^https://\\S+$",
    test: |text| text.len() > "https://".len() && text.starts_with("https://") && !text.contains(char::is_whitespace),
};

pub(crate) static PATH: Pattern = Pattern {
    what: "a path that starts with `/` and has no query",
    remedy: "write it as `/wxa/getwxacode`, and what stood behind `?` as `fixed` parameters with `in: query`",
    regex: "^/[^?#\\s]*$",
    test: |text| text.starts_with('/') && !text.contains(['?', '#']) && !text.contains(char::is_whitespace),
};

pub(crate) static LIMIT: Pattern = Pattern {
    what: "a limit",
    remedy: "write COUNT/UNIT with `s`, `min`, `h`, `day`, `month` or `total`, as in `5000/min`; behind it may stand `shared with ID, ID and WORDS`, or words that begin with `for`, `when` or `with` and say when it holds",
    regex: "^[1-9][0-9]{0,9}/(s|min|h|day|month|total)( shared with [A-Za-z][A-Za-z0-9_]*(, [A-Za-z][A-Za-z0-9_]*)*( and \\S.*)?| (for|when|with) \\S.*)?$",
    test: |text| limit::parse(text).is_some(),
};

pub(crate) static RANGE: Pattern = Pattern {
    what: "a range",
    remedy: "write FROM..TO with numbers, as in `1..32`; one end may be left out",
    regex: "^(-?[0-9]+(\\.[0-9]+)?\\.\\.(-?[0-9]+(\\.[0-9]+)?)?|\\.\\.-?[0-9]+(\\.[0-9]+)?)$",
    test: |text| {
        let Some((from, to)) = text.split_once("..") else {
            return false;
        };
        (!from.is_empty() || !to.is_empty()) && [from, to].iter().all(|end| end.is_empty() || is_number(end))
    },
};

/// `-12`, `0.5`
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    [whole, part].iter().all(|half| !half.is_empty() && half.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let cases: [(&Pattern, &[&str], &[&str]); 6] = [
            (&SNAKE, &["a", "a_b2", "type_"], &["", "A", "_a", "a__b", "a-b", "2a"]),
            (&CAMEL, &["A", "LineColor2"], &["", "lineColor", "Line_Color", "2A"]),
            (
                &LIMIT,
                &[
                    "5000/min",
                    "1/total",
                    "100/s shared with generateUrlLink",
                    "1/s shared with a, b and c d",
                    "1/h for e",
                ],
                &[
                    "/min",
                    "5/hour",
                    "x/s",
                    "5",
                    "0/s",
                    "5/s ",
                    "+5/s",
                    "4294967296/s",
                    "5/s each",
                    "5/s for",
                    "5/s for  x",
                    "5/s share with a",
                    "5/s shared with",
                    "5/s shared with ",
                    "5/s shared with plain schemes",
                    "5/s shared with a,b",
                    "5/s shared with a and",
                    "5/s shared with a and ",
                ],
            ),
            (
                &RANGE,
                &["1..32", "..5", "5..", "-90..90", "0.5..1.5", "0..0"],
                &["", "..", "5", "1...2", "a..b", "1.-2", "1..2..3"],
            ),
            (&PATH, &["/wxa/x", "/"], &["wxa", "/a?b", "/a b", "/a#b"]),
            (&HTTPS, &["https://a.b/c"], &["http://a", "https://", "https://a b"]),
        ];
        for (pattern, good, bad) in cases {
            for text in good {
                assert!((pattern.test)(text), "{text} is {}", pattern.what);
            }
            for text in bad {
                assert!(!(pattern.test)(text), "{text} is not {}", pattern.what);
            }
        }
    }
}
