//! The word `differs`: what the spec decided on purpose otherwise than WeChat's page.
//!
//! Nothing is generated from it. `cargo xtask drift` compares spec and pages, and tells by it what is old news.

use super::pattern::Pattern;
use super::words::Shape;

/// Behind an endpoint: what its page says otherwise.
pub(super) static OF_ENDPOINT: Shape = Shape::Form(&OTHERWISE);

/// Behind an event: what its page says otherwise.
pub(super) static OF_EVENT: Shape = Shape::Form(&OTHERWISE_PUSHED);

/// Behind a type: fields that pages have and it has not.
pub(super) static OF_TYPE: Shape = Shape::Form(&LEFT_OUT);

/// Behind a field: in what it differs from the page's row; `page`: the page has no such row.
pub(super) static OF_FIELD: Shape = Shape::Choice(&["page", "place", "required", "type", "values"]);

static LEFT_OUT: Pattern = Pattern {
    what: "a name with `+` in front",
    remedy: "write what the page has and the spec has not, as in `+name`",
    regex: "^\\+[^\\s+]+$",
    test: |text| {
        text.strip_prefix('+').is_some_and(|name| !name.is_empty() && !name.contains(['+', ' ', '\t', '\n', '\r']))
    },
};

/// The facts of an endpoint.
const FACTS: [&str; 7] = ["cloud_call", "encryption", "id", "method", "page", "path", "permission_sets"];

static OTHERWISE: Pattern = Pattern {
    what: "what a page can say otherwise",
    remedy: "copy it from `cargo xtask drift`: `page`, `path`, `+params.name`, `-response.list.name`, `+errcodes.40001`",
    regex: "^(cloud_call|encryption|id|method|page|path|permission_sets|[+-](params|response)\\.[^ \\t\\r\\n]+|[+-]errcodes\\.-?[0-9]+)$",
    test: |text| {
        if FACTS.contains(&text) {
            return true;
        }
        let Some((at, name)) = text.strip_prefix(['+', '-']).and_then(|rest| rest.split_once('.')) else {
            return false;
        };
        match at {
            "params" | "response" => !name.is_empty() && !name.contains([' ', '\t', '\n', '\r']),
            "errcodes" => {
                let digits = name.strip_prefix('-').unwrap_or(name);
                !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
            }
            _ => false,
        }
    },
};

static OTHERWISE_PUSHED: Pattern = Pattern {
    what: "what the page of an event can say otherwise",
    remedy: "copy it from `cargo xtask drift`: `page` where it has none, `names`, `+fields.a.b` or `+reply.a.b` for what only the page has, `-fields.a` or `-reply.a` for what it has not",
    regex: "^(names|page|[+-](fields|reply)\\.[^ \\t\\r\\n]+)$",
    test: |text| {
        let name = |rest: &str| {
            let (at, name) = rest.split_once('.')?;
            (matches!(at, "fields" | "reply") && !name.is_empty() && !name.contains([' ', '\t', '\n', '\r']))
                .then_some(())
        };
        matches!(text, "names" | "page") || text.strip_prefix(['+', '-']).is_some_and(|rest| name(rest).is_some())
    },
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (pattern, good, bad) in [
            (&LEFT_OUT, &["+a", "+getThing"][..], &["a", "+", "+ a", "-a", "++a"][..]),
            (
                &OTHERWISE,
                &["page", "permission_sets", "+params.a.b", "-response.a", "+errcodes.-1", "-errcodes.40001"],
                &["pages", "params.a", "+params.", "+errcodes.x", "+errcodes.", "+a", "+types.a", "-params.a b"],
            ),
            (
                &OTHERWISE_PUSHED,
                &["names", "page", "+fields.a.b", "-reply.a"],
                &["pages", "fields.a", "+fields.", "+params.a", "+reply", "-fields.a b"],
            ),
        ] {
            for (texts, expected) in [(good, true), (bad, false)] {
                for text in texts {
                    assert_eq!((pattern.test)(text), expected, "{text}");
                }
            }
        }
    }
}
