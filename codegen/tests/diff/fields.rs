//! What is sent and what is answered: parameters, fields, types and codes.

use expect_test::expect;

use super::check;

#[test]
fn parameters() {
    check(
        &[("      other: { type: string }", "      other: { type: i64 }")],
        &expect![[r#"
        major Changed `things.drop`: parameter `other` is `Option<i64>` in Rust instead of `Option<String>`
    "#]],
        &expect![[r#"
        major Changed `things.drop`: parameter `other` is `Option<String>` in Rust instead of `Option<i64>`
    "#]],
    );
    check(
        &[("      other: { type: string }", "      more: { type: f64 }")],
        &expect![[r#"
        minor Added `things.drop`: parameter `more` (f64)
        major Removed `things.drop`: parameter `other`
    "#]],
        &expect![[r#"
        minor Added `things.drop`: parameter `other` (string)
        major Removed `things.drop`: parameter `more`
    "#]],
    );
    check(
        &[("      other: { type: string }", "      Other: { type: string }")],
        &expect![[r#"
            major Changed `things.drop`: parameter `other` travels as `Other`
        "#]],
        &expect![[r#"
            major Changed `things.drop`: parameter `Other` travels as `other`
        "#]],
    );
    check(
        &[("      other: { type: string }", "      other: { type: string, rust: another }")],
        &expect![[r#"
            major Changed `things.drop`: parameter `other` is `another` in Rust instead of `other`
        "#]],
        &expect![[r#"
            major Changed `things.drop`: parameter `other` is `other` in Rust instead of `another`
        "#]],
    );
    check(
        &[("      other: { type: string }", "      other: { type: string, fixed: x }")],
        &expect![[r#"
            major Removed `things.drop`: parameter `other`, which is sent by the client itself
        "#]],
        &expect![[r#"
            minor Added `things.drop`: parameter `other`, which was sent by the client itself
        "#]],
    );
    check(
        &[(
            "      other: { type: string }",
            "      other: { type: string, length: ..5, deprecated: Not read., yields_to: id }",
        )],
        &expect![[r#"
            minor Changed `things.drop`: parameter `other` is not sent when `id` is set
            minor Changed `things.drop`: parameter `other` is checked: at most 5 characters
            minor Deprecated `things.drop`: parameter `other`: Not read.
        "#]],
        &expect![[r#"
            minor Changed `things.drop`: parameter `other` yields to no other any more
            minor Changed `things.drop`: parameter `other` is not checked any more: at most 5 characters
            minor Changed `things.drop`: parameter `other` is not deprecated any more
        "#]],
    );
    check(
        &[
            ("offset: { type: u32, default: 0 }", "offset: { type: u32, default: 1, in: query }"),
            ("app: { type: string, default_from: official_account_appid }", "app: { type: string }"),
        ],
        &expect![[r#"
            minor Changed `things.list`: parameter `offset` counts as `1` when absent instead of `0`
            minor Changed `things.list`: parameter `offset` travels in `query` instead of `body`
            major Changed `things.list`: parameter `app` is not filled from the configured `official_account_appid` any more
        "#]],
        &expect![[r#"
            minor Changed `things.list`: parameter `offset` counts as `0` when absent instead of `1`
            minor Changed `things.list`: parameter `offset` travels in `body` instead of `query`
            minor Added `things.list`: parameter `app` is filled from the configured `official_account_appid`
        "#]],
    );
    check(
        &[("fixed: { type: u8, fixed: 1 }", "fixed: { type: u8, fixed: 2 }")],
        &expect![[r#"
        minor Changed `things.list`: parameter `fixed` is sent with another value
    "#]],
        &expect![[r#"
        minor Changed `things.list`: parameter `fixed` is sent with another value
    "#]],
    );
}

#[test]
fn what_is_required() {
    // The first required field makes `new` take it, a second makes it take nothing.
    check(
        &[("      other: { type: string }", "      other: { type: string, required: true }")],
        &expect![[r#"
            major Changed `things.drop`: parameter `other` is required
            major Changed `things.drop`: `new` takes `other` instead of nothing
        "#]],
        &expect![[r#"
            minor Changed `things.drop`: parameter `other` is not required any more
            major Changed `things.drop`: `new` takes nothing instead of `other`
        "#]],
    );
    check(
        &[("      count: { type: u32 }", "      count: { type: u32, required: true }")],
        &expect![[r#"
            major Changed `things.list`: parameter `count` is required
            major Changed `things.list`: `new` takes nothing instead of `kind`
        "#]],
        &expect![[r#"
            minor Changed `things.list`: parameter `count` is not required any more
            major Changed `things.list`: `new` takes `kind` instead of nothing
        "#]],
    );
    check(
        &[("      count: { type: u32 }", "      count: { type: u32, required_if: { mode: slow } }")],
        &expect![[r#"
            major Changed `things.list`: parameter `count` is required when `mode` is slow
        "#]],
        &expect![[r#"
            minor Changed `things.list`: parameter `count` is not required when `mode` is slow any more
        "#]],
    );
    check(
        &[("      right: { type: i64 }", "      right: { type: i64 }\n      third: { type: i64, required: true }")],
        &expect![[r#"
            major Added `types::Pair`: field `third` (i64, required)
            major Changed `types::Pair`: `new` takes nothing instead of `left`
        "#]],
        &expect![[r#"
            major Removed `types::Pair`: field `third`
            major Changed `types::Pair`: `new` takes `left` instead of nothing
        "#]],
    );
}

#[test]
fn answers() {
    check(
        &[("        next: { type: string }", "        next: { type: string, always: true }")],
        &expect![[r#"
            major Changed `things.list`: answered field `next` is `String` in Rust instead of `Option<String>`
        "#]],
        &expect![[r#"
            major Changed `things.list`: answered field `next` is `Option<String>` in Rust instead of `String`
        "#]],
    );
    check(
        &[("rows: { type: [Row] }", "rows: { type: [Row], always: true }")],
        &expect![[r#"
        major Changed `things.list`: answered field `rows` has to be there always
    "#]],
        &expect![[r#"
        minor Changed `things.list`: answered field `rows` may be absent
    "#]],
    );
    check(
        &[("        next: { type: string }", "        more: { type: bool }")],
        &expect![[r#"
        minor Added `things.list`: answered field `more` (bool)
        major Removed `things.list`: answered field `next`
    "#]],
        &expect![[r#"
        minor Added `things.list`: answered field `next` (string)
        major Removed `things.list`: answered field `more`
    "#]],
    );
    check(
        &[("items: rows, total: total }", "items: rows }")],
        &expect![[r#"
        minor Changed `things.list`: the next page is asked for otherwise
    "#]],
        &expect![[r#"
        minor Changed `things.list`: the next page is asked for otherwise
    "#]],
    );
    check(
        &[("    paging: { style: offset, start: offset, limit: count, items: rows, total: total }\n", "")],
        &expect![[r#"
            major Removed `things.list`: `pages` and `items` of the call
            major Removed `things.list`: `page` of the request
        "#]],
        &expect![[r#"
            minor Added `things.list`: `pages` and `items` of the call
            minor Added `things.list`: `page` of the request
        "#]],
    );
    check(
        &[
            ("rows: { type: [Row] }", "rows: { type: [Row] }\n        others: { type: [string] }"),
            ("items: rows,", "items: others,"),
        ],
        &expect![[r#"
            minor Added `things.list`: answered field `others` ([string])
            major Changed `things.list`: `items` gives `string` instead of `Row`
            minor Changed `things.list`: the next page is asked for otherwise
        "#]],
        &expect![[r#"
            major Removed `things.list`: answered field `others`
            major Changed `things.list`: `items` gives `Row` instead of `string`
            minor Changed `things.list`: the next page is asked for otherwise
        "#]],
    );
}

#[test]
fn types() {
    check(
        &[("      slow: Slow.", "      slow: { name: Gently, about: Slow. }\n      idle: Not at all.")],
        &expect![[r#"
            minor Added `types::Mode`: value `Idle` (`idle`)
            major Changed `types::Mode`: value `Slow` is named `Gently`
        "#]],
        &expect![[r#"
            major Changed `types::Mode`: value `Gently` is named `Slow`
            major Removed `types::Mode`: value `Idle` (`idle`)
        "#]],
    );
    check(
        &[
            ("  Row:\n    about: A row.", "  Line:\n    about: A row."),
            ("rows: { type: [Row] }", "rows: { type: [Line] }"),
        ],
        &expect![[r#"
            major Changed `things.list`: answered field `rows` is `Vec<Line>` in Rust instead of `Vec<Row>`
            major Changed `things.list`: `items` gives `Line` instead of `Row`
            major Changed `things::Line`: was `things::Row`
        "#]],
        &expect![[r#"
            major Changed `things.list`: answered field `rows` is `Vec<Row>` in Rust instead of `Vec<Line>`
            major Changed `things.list`: `items` gives `Row` instead of `Line`
            major Changed `things::Row`: was `things::Line`
        "#]],
    );
    // A struct that can be sent has other fields than one that is only read.
    check(
        &[
            ("      pair: { type: Pair }", "      pair: { type: Pair }\n      row: { type: Row }"),
            ("id: { type: u64, always: true }", "id: { type: u64 }"),
        ],
        &expect![[r#"
            minor Added `things.list`: parameter `row` (Row)
            minor Added `things::Row`: `new` and setters: it can be sent
            major Changed `things::Row`: field `id` is `Option<u64>` in Rust instead of `u64`
        "#]],
        &expect![[r#"
            major Removed `things.list`: parameter `row`
            major Removed `things::Row`: `new` and setters: it is only answered now
            major Changed `things::Row`: field `id` is `u64` in Rust instead of `Option<u64>`
        "#]],
    );
    check(
        &[
            ("      slow: Slow.", "      1: { name: Slow, about: Slow. }"),
            ("fast: Fast.", "0: { name: Fast, about: Fast. }"),
            ("default: fast", "default: 0"),
        ],
        &expect![[r#"
            minor Changed `things.list`: parameter `mode` counts as `0` when absent instead of `fast`
            major Changed `types::Mode`: enum of numbers instead of enum of texts
        "#]],
        &expect![[r#"
            minor Changed `things.list`: parameter `mode` counts as `fast` when absent instead of `0`
            major Changed `types::Mode`: enum of texts instead of enum of numbers
        "#]],
    );
    check(
        &[("chars: \"a-z\"", "chars: \"b-z0\"")],
        &expect![[r#"
        minor Changed `character set word`: takes `-0`
        minor Changed `character set word`: does not take any more `acdefghijklmnopqrstuvwxy`
    "#]],
        &expect![[r#"
        minor Changed `character set word`: takes `acdefghijklmnopqrstuvwxy`
        minor Changed `character set word`: does not take any more `-0`
    "#]],
    );
}

#[test]
fn codes() {
    check(
        &[("name: QUOTA, kind: quota", "name: NO_QUOTA, kind: rate, retry: later")],
        &expect![[r#"
            major Changed `ErrCode`: `QUOTA` is named `NO_QUOTA`
            minor Changed `ErrCode`: `NO_QUOTA` is `rate` instead of `quota`
            minor Changed `ErrCode`: `NO_QUOTA` may be repeated `later` instead of `never`
        "#]],
        &expect![[r#"
            major Changed `ErrCode`: `NO_QUOTA` is named `QUOTA`
            minor Changed `ErrCode`: `QUOTA` is `quota` instead of `rate`
            minor Changed `ErrCode`: `QUOTA` may be repeated `never` instead of `later`
        "#]],
    );
    check(
        &[("      40001:\n", "      45009:\n"), ("7: { about: Own.,", "7: { kind: busy, about: Own.,")],
        &expect![[r#"
            minor Added `things.list`: may answer 45009
            minor Changed `things.list`: `7` is `busy` instead of `not_found`
            minor Removed `things.list`: does not answer 40001 any more
        "#]],
        &expect![[r#"
            minor Added `things.list`: may answer 40001
            minor Changed `things.list`: `7` is `not_found` instead of `busy`
            minor Removed `things.list`: does not answer 45009 any more
        "#]],
    );
    check(
        &[("  45009: { name: QUOTA", "  45010: { name: QUOTA")],
        &expect![[r#"
        major Changed `ErrCode`: `QUOTA` is 45010 instead of 45009
    "#]],
        &expect![[r#"
        major Changed `ErrCode`: `QUOTA` is 45009 instead of 45010
    "#]],
    );
}
