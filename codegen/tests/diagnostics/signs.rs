//! Signatures and their keys, forms of values, and bodies as a whole.

use expect_test::expect;

use super::*;

#[test]
fn a_signature_needs_its_key_and_a_key_its_signature() {
    check_endpoint(
        "    sign: [pay_sig, signature]\n    params:\n      app_key: { type: secret }\n",
        &expect![[r#"
        spec/api/g.yaml:12: `sign` names `pay_sig`, and no parameter `app_key` is `in: sign`; add `app_key: { type: secret, in: sign }` to `params`
        spec/api/g.yaml:12: `sign` names `signature`, and no parameter `session_key` is `in: sign`; add `session_key: { type: secret, in: sign }` to `params`
    "#]],
    );
    check_endpoint(
        "    params:\n      app_key: { type: secret, in: sign }\n      other: { type: secret, in: sign }\n",
        &expect![[r#"
            spec/api/g.yaml:13: `app_key` is `in: sign`, and no signature uses it; name the signature in `sign`, or remove the parameter
            spec/api/g.yaml:14: `other` is `in: sign`, and no signature uses it; name the signature in `sign`, or remove the parameter
        "#]],
    );
    check_endpoint(
        "    sign: [pay_sig]\n    params:\n      app_key: { type: string, in: sign }\n      pay_sig: { type: string, in: query }\n",
        &expect![[r#"
            spec/api/g.yaml:13: `pay_sig` is what `sign` makes; remove it from `params`
            spec/api/g.yaml:14: the key `app_key` is no secret; write `type: secret`
        "#]],
    );
}

#[test]
fn what_a_delivery_signs() {
    check_endpoint(
        "    sign: [delivery_sign]\n    params:\n      shopid: { type: string }\n      delivery_secret: { type: secret, in: sign }\n",
        &expect![[r#"
            spec/api/g.yaml:12: `delivery_sign` covers `shopid` and `shop_order_id`, which `params` lacks; add them
        "#]],
    );
}

#[test]
fn where_a_key_comes_from() {
    check_endpoint(
        "    sign: [pay_sig]\n    params:\n      app_key: { type: string, in: sign, default_from: b2b_payment_key }\n",
        &expect![[r#"
            spec/api/g.yaml:14: `app_key` is filled with a `secret` and has another type; write `type: secret`
            spec/api/g.yaml:14: the key `app_key` is no secret; write `type: secret`
        "#]],
    );
}

#[test]
fn forms_that_do_not_fit() {
    check_params(
        "      a: { type: string, wire: json }\n      b: { type: u32, wire: int }\n      c: { type: bool, wire: text }\n",
        &expect![[r#"
            spec/api/g.yaml:13: `a` cannot be written so; write the type of what the text holds, such as `json`
            spec/api/g.yaml:14: `b` cannot be written so; write `type: bool`, or remove `wire`
            spec/api/g.yaml:15: `c` cannot be written so; write the type of what the text holds, such as `json`
            spec/api/g.yaml:15: `wire` cannot be `text`; write one of `json`, `int`
        "#]],
    );
    check_endpoint(
        "    response:\n      fields:\n        a: { type: bool, wire: int }\n",
        &expect![[r#"
        spec/api/g.yaml:14: `wire` cannot be `int`; write one of `json`
    "#]],
    );
}

#[test]
fn forms_in_examples() {
    check_endpoint(
        "    params:\n      a: { type: bool, wire: int }\n      b: { type: json, wire: json }\n      c: { type: bool, wire: int }\n    example: { a: true, b: { x: 1 }, c: 2 }\n",
        &expect![[r#"
            spec/api/g.yaml:16: `a` of the example is `true`, not 0 or 1, as `wire` says; correct the example
            spec/api/g.yaml:16: `b` of the example is a map, not JSON in a text, as `wire` says; correct the example
            spec/api/g.yaml:16: `c` of the example is the number 2, not 0 or 1, as `wire` says; correct the example
        "#]],
    );
}

#[test]
fn a_body_as_a_whole() {
    check_endpoint(
        "    sign: [delivery_sign]\n    params:\n      all: { type: json, in: whole_body }\n      part: { type: string }\n      shopid: { type: string, in: query }\n      shop_order_id: { type: string, in: query }\n      delivery_secret: { type: secret, in: sign }\n",
        &expect![[r#"
            spec/api/g.yaml:12: `delivery_sign` is a member of the body, which is `all` as a whole; remove it
            spec/api/g.yaml:15: `part` travels in the body, which is `all` as a whole; write `in: query`
        "#]],
    );
}

#[test]
fn responses_of_two_kinds() {
    check_endpoint(
        "    response: { about: x }\n",
        &expect![[r#"
        spec/api/g.yaml:12: `about` is no word of a response; the words of a response are `fields`, `bytes_or`
        spec/api/g.yaml:12: `response` has neither `fields` nor `bytes_or`; write one of both
    "#]],
    );
    check_endpoint(
        "    response:\n      fields:\n        a: { type: string }\n      bytes_or:\n        b: { type: string }\n",
        &expect![[r#"
            spec/api/g.yaml:12: `response` has both `fields` and `bytes_or`; write one of both
        "#]],
    );
}

#[test]
fn sets_of_which_one_will_do() {
    check_endpoint(
        "    params:\n      a: { type: string }\n      b: { type: string }\n    any_of: [[a], [b]]\n    exclusive: [[a], [b]]\n    example: {}\n",
        &expect![[r#"
            spec/api/g.yaml:17: the example does not give exactly one of the sets of `exclusive`; correct the example
            spec/api/g.yaml:17: the example gives none of the sets of `any_of`; correct the example
        "#]],
    );
    check_endpoint(
        "    params:\n      a: { type: string }\n    any_of: [[a]]\n",
        &expect![[r#"
        spec/api/g.yaml:14: `any_of` has one set, which leaves no choice; add a set, or write `required: true`
    "#]],
    );
    let types = "types:\n  S:\n    about: A.\n    fields:\n      a: { type: string }\n      b: { type: string }\n    exclusive: [[a], [c]]\n    any_of: [[a], [b]]\n  E:\n    about: An enum.\n    values:\n      x: X.\n    any_of: [[x]]\n";
    let endpoints = format!(
        "{types}endpoints:\n{}    params:\n      s: {{ type: S }}\n      e: {{ type: E }}\n    example: {{ s: {{}} }}\n",
        endpoint("getX", "get_x", "/x")
    );
    check(
        &[("api/g.yaml", &group(&endpoints))],
        &expect![[r#"
        spec/api/g.yaml:10: `exclusive` names `c`, which is no field there; name a field as it is on the wire
        spec/api/g.yaml:12: `E` is an enum, which has no sets of fields; remove `exclusive` and `any_of`
        spec/api/g.yaml:28: the example gives none of the sets of `any_of` of `s`; correct the example
    "#]],
    );
}

#[test]
fn what_no_signature_covers() {
    check_endpoint(
        "    sign: [pay_sig]\n    params:\n      media: { type: file, in: form }\n      app_key: { type: secret, in: sign }\n",
        &expect![[r#"
            spec/api/g.yaml:12: `media` travels in a form, which no signature covers; remove `sign`, or send a JSON body
        "#]],
    );
}

#[test]
fn forms_of_what_is_written_otherwise() {
    check_params(
        "      a: { type: bool, wire: int, fixed: true }\n      b: { type: bool, wire: int, yields_to: c }\n      c: { type: string }\n",
        &expect![[r#"
            spec/api/g.yaml:13: `wire` and `fixed` of `a` contradict each other; remove one of both
            spec/api/g.yaml:14: `wire` and `yields_to` of `b` contradict each other; remove one of both
        "#]],
    );
}
