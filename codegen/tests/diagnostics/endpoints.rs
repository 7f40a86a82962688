//! What is wrong between the words of an endpoint, and its codes.

use expect_test::expect;

use super::*;

const ERRCODES: &str =
    "errcodes:\n  40001: { name: A, kind: token, message: m, about: About., remedy: Remedy., zh: 怎么办。 }\n";

#[test]
fn the_secret_and_who_carries_it() {
    check_endpoint(
        "    token: app_secret\n    params:\n      a: { type: string }\n",
        &expect![[r#"
        spec/api/g.yaml:12: `getX` is authorised by the AppSecret and no parameter carries it; add `secret: { type: secret, from: app_secret }` to `params`
    "#]],
    );
    check_endpoint(
        "    params:\n      a: { type: secret, from: app_secret }\n",
        &expect![[r#"
        spec/api/g.yaml:13: `a` carries the AppSecret and `token` is not `app_secret`; write `token: app_secret`
    "#]],
    );
}

#[test]
fn exclusive_sets() {
    check_endpoint(
        "    params:\n      aa: { type: string }\n      bb: { type: string, required: true }\n      cc: { type: string, fixed: x }\n    exclusive: [[aa, ab], [bb], [cc], [zzzz]]\n",
        &expect![[r#"
            spec/api/g.yaml:16: `exclusive` names `ab`, which is no field there; name a field as it is on the wire
            spec/api/g.yaml:16: `exclusive` names `bb`, which is always sent; remove it here, or make the parameter optional
            spec/api/g.yaml:16: `exclusive` names `cc`, which is always sent; remove it here, or make the parameter optional
            spec/api/g.yaml:16: `exclusive` names `zzzz`, which is no field there; name a field as it is on the wire
        "#]],
    );
    check_endpoint(
        "    params:\n      a: { type: string }\n    exclusive: [[a]]\n",
        &expect![[r#"
        spec/api/g.yaml:14: `exclusive` has one set, which leaves no choice; add a set, or write `required: true`
    "#]],
    );
}

#[test]
fn paging() {
    check_endpoint(
        "    params:\n      page: { type: u32 }\n      limit: { type: string }\n    response:\n      fields:\n        list: { type: u32 }\n    paging: { style: offset, start: begin, limit: limit, items: list, total: list_ }\n",
        &expect![[r#"
            spec/api/g.yaml:13: `page` cannot be the field `page`: `paging` adds a method of that name; give it another name with `rust:`, such as `page_`
            spec/api/g.yaml:18: `paging.limit` names `limit`, which is not a whole number that the caller sets; name another field
            spec/api/g.yaml:18: `paging.start` names `begin`, which is no field there; name a field as it is on the wire
        "#]],
    );
}

#[test]
fn a_field_named_page_is_right_without_paging() {
    check_params(
        "      page: { type: u32 }\n",
        &expect![[r#"
        nothing
    "#]],
    );
}

#[test]
fn the_envelope_is_no_field() {
    check_endpoint(
        "    response:\n      fields:\n        errcode: { type: i64 }\n        ret: { type: i64 }\n",
        &expect![[r#"
            spec/api/g.yaml:14: `errcode` is a part of the envelope, which the client reads itself; remove it
        "#]],
    );
    check_endpoint(
        "    envelope: { code: ret }\n    response:\n      fields:\n        errcode: { type: i64 }\n        ret: { type: i64 }\n",
        &expect![[r#"
            spec/api/g.yaml:16: `ret` is a part of the envelope, which the client reads itself; remove it
        "#]],
    );
}

#[test]
fn codes_that_nobody_defines() {
    let list = group(&format!("endpoints:\n{}    errcodes: [40001, 40002, 40001]\n", endpoint("getX", "get_x", "/x")));
    check(
        &[("errcodes.yaml", ERRCODES), ("api/g.yaml", &list)],
        &expect![[r#"
            spec/api/g.yaml:12: the code 40001 is given twice; remove one of both
            spec/api/g.yaml:12: the code 40002 is neither in `errcodes` of the group nor in errcodes.yaml; add it there, or say here what it means: make `errcodes` a map
        "#]],
    );
    let map = group(&format!(
        "endpoints:\n{}    errcodes:\n      40001:\n      40002:\n      40003: {{ about: A., zh: 三 }}\n      40004: {{ about: A., remedy: B., zh: 四 }}\n      x: {{ about: A. }}\n",
        endpoint("getX", "get_x", "/x")
    ));
    check(
        &[("errcodes.yaml", ERRCODES), ("api/g.yaml", &map)],
        &expect![[r#"
            spec/api/g.yaml:14: the code 40002 is neither in `errcodes` of the group nor in errcodes.yaml; add it there, or say here what it means: `about`, `remedy`, `zh`
            spec/api/g.yaml:15: the code 40003 is neither in `errcodes` of the group nor in errcodes.yaml, and has no `remedy`; add `remedy:`, or the code there
            spec/api/g.yaml:17: `x` is not a number; write the code as WeChat answers it
        "#]],
    );
}

#[test]
fn own_texts_that_repeat_the_general_ones() {
    let map = group(&format!(
        "endpoints:\n{}    errcodes:\n      40001:\n        about: About.\n        remedy: Another.\n",
        endpoint("getX", "get_x", "/x")
    ));
    check(
        &[("errcodes.yaml", ERRCODES), ("api/g.yaml", &map)],
        &expect![[r#"
            spec/api/g.yaml:14: `about` of 40001 says what the group or errcodes.yaml says; remove `about`
        "#]],
    );
}

#[test]
fn general_codes() {
    check(
        &[(
            "errcodes.yaml",
            "errcodes:\n  40001: { name: SAME, kind: token, message: m, about: A., remedy: B., zh: 一 }\n  40002: { name: SAME, kind: tokn, message: m, about: A., remedy: B., zh: 二 }\n  40003: { name: lower, kind: token, retry: soon, message: m, about: A. }\n  x: { name: X, kind: token, message: m, about: A., remedy: B., zh: 三 }\n",
        )],
        &expect![[r#"
            spec/errcodes.yaml:3: 40001 and 40002 are both named `SAME`; give one of both another name
            spec/errcodes.yaml:3: `kind` cannot be `tokn`; did you mean `token`?
            spec/errcodes.yaml:4: `40003` has no `remedy`; add `remedy:`, a text
            spec/errcodes.yaml:4: `40003` has no `zh`; add `zh:`, a text
            spec/errcodes.yaml:4: `name` is `lower`, not a name in SCREAMING_SNAKE_CASE; write it as `INVALID_CREDENTIAL`
            spec/errcodes.yaml:5: `x` is not a number; write the code as WeChat answers it
        "#]],
    );
}

#[test]
fn paging_by_time() {
    check_endpoint(
        "    params:\n      since: { type: timestamp }\n      limit: { type: u32 }\n    response:\n      fields:\n        list: { type: [u32] }\n        total: { type: u32 }\n    paging: { style: offset, start: since, limit: limit, items: list, total: total }\n",
        &expect![[r#"
            spec/api/g.yaml:19: `paging.start` names `since`, which is not a whole number that the caller sets; name another field
        "#]],
    );
}
