//! How pages are turned.

use expect_test::{Expect, expect};

use super::*;

const ANSWER: &str = "    response:\n      fields:\n        list: { type: [string] }\n        total: { type: u64 }\n        text: { type: string }\n        next: { type: string }\n";
const PARAMS: &str = "    params:\n      skip: { type: u64 }\n      page: { type: u32 }\n      after: { type: u64 }\n      size: { type: u32 }\n";

#[track_caller]
fn page(words: &str, expected: &Expect) {
    check_endpoint(&format!("{PARAMS}{ANSWER}    paging: {{ {words}, items: list }}\n"), expected);
}

#[test]
fn each_style_has_its_words() {
    page(
        "style: page, start: skip",
        &expect![[r#"
        spec/api/g.yaml:23: `paging` of the style `page` has no `page`; add `page:`
        spec/api/g.yaml:23: `start` belongs to the style `offset`, not to `page`; remove it
    "#]],
    );
    page(
        "style: cursor, cursor: after, page: page",
        &expect![[r#"
        spec/api/g.yaml:23: `page` belongs to the style `page`, not to `cursor`; remove it
        spec/api/g.yaml:23: `paging` of the style `cursor` has no `next`; add `next:`
    "#]],
    );
    page(
        "style: offset, start: skip, first: 1",
        &expect![[r#"
        spec/api/g.yaml:23: `first` does not belong to the style `offset`; remove it
    "#]],
    );
}

#[test]
fn where_the_first_page_is() {
    page(
        "style: page, page: page, first: x",
        &expect![[r#"
        spec/api/g.yaml:23: `first` of the style `page` is not the number of a page; write a whole number
    "#]],
    );
    page(
        "style: cursor, cursor: after, next: next, first: x",
        &expect![[r#"
        spec/api/g.yaml:23: `first` is not a whole number from 0, as the cursor is; write a value of the cursor's type
        spec/api/g.yaml:23: the cursor `after` is `u64` and comes as `string`; give both one type
    "#]],
    );
}

#[test]
fn ways_that_lead_nowhere() {
    page(
        "style: page, page: page, total: list.count, pages: text, more: total",
        &expect![[r#"
        spec/api/g.yaml:23: `paging.more` leads to `total`, which is not a bool; name another field
        spec/api/g.yaml:23: `paging.pages` leads to `text`, which is not a whole number; name another field
        spec/api/g.yaml:23: `paging.total` leads into `list`, which is `[string]`; lead into a struct
    "#]],
    );
    page(
        "style: page, page: page, total: totl",
        &expect![[r#"
        spec/api/g.yaml:23: `paging.total` names `totl`, which is no field there; did you mean `total`?
    "#]],
    );
    check_endpoint(
        &format!("{PARAMS}{ANSWER}    paging: {{ style: page, page: page, items: text }}\n"),
        &expect![[r#"
            spec/api/g.yaml:23: `paging.items` leads to `text`, which is not a list; name another field
        "#]],
    );
}

#[test]
fn nothing_to_page() {
    check_endpoint(
        &format!("{PARAMS}    response: json\n    paging: {{ style: page, page: page, items: list }}\n"),
        &expect![[r#"
            spec/api/g.yaml:18: a response without fields has no pages; remove `paging`
        "#]],
    );
}
