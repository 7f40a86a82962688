//! Structs, enums, character sets and the directions in which they travel.

use expect_test::expect;

use super::*;

/// A group with these types and one endpoint that sends `sent` and answers `answered`.
#[track_caller]
fn check_types(types: &str, sent: &str, answered: &str, expected: &expect_test::Expect) {
    check_group(
        &format!(
            "types:\n{types}endpoints:\n{}    params:\n      p: {{ type: {sent} }}\n    response:\n      fields:\n        r: {{ type: {answered} }}\n",
            endpoint("getX", "get_x", "/x")
        ),
        expected,
    );
}

#[test]
fn neither_struct_nor_enum_or_both() {
    check_types(
        "  A: { about: A. }\n  B: { about: B., fields: { a: { type: string } }, values: { x: X. } }\n",
        "A",
        "B",
        &expect![[r#"
            spec/api/g.yaml:5: `A` has neither `fields` nor `values`; add `fields:` for a struct, `values:` for an enum
            spec/api/g.yaml:6: `B` has both `fields` and `values`; keep one of both, or make two types of it
        "#]],
    );
}

#[test]
fn types_that_nobody_uses() {
    check_types(
        "  A: { about: A., fields: { b: { type: B } } }\n  B: { about: B., fields: { a: { type: string } } }\n  C: { about: C., fields: { b: { type: B } } }\n  D: { about: D., fields: { e: { type: E } } }\n  E: { about: E., values: { x: X. } }\n",
        "string",
        "'map<[A]>'",
        &expect![[r#"
            spec/api/g.yaml:7: no endpoint uses the type `C`; remove it
            spec/api/g.yaml:8: no endpoint uses the type `D`; remove it
            spec/api/g.yaml:9: no endpoint uses the type `E`; remove it
        "#]],
    );
}

#[test]
fn shared_types_and_charsets_that_nobody_uses() {
    check(
        &[
            ("types.yaml", "charsets:\n  s: { chars: a, about: A. }\ntypes:\n  T: { about: T., values: { x: X. } }\n"),
            ("api/g.yaml", &group(&format!("endpoints:\n{}", endpoint("getX", "get_x", "/x")))),
        ],
        &expect![[r#"
            spec/types.yaml:2: no field uses the character set `s`; remove it
            spec/types.yaml:4: no endpoint uses the type `T`; remove it
        "#]],
    );
}

#[test]
fn words_without_effect_in_a_direction() {
    check_types(
        "  A: { about: A., fields: { a: { type: string, always: true, required: true }, b: { type: string, always: true } } }\n  B: { about: B., fields: { a: { type: string, required: true, length: 1..2 } } }\n",
        "A",
        "B",
        &expect![[r#"
            spec/api/g.yaml:5: `always` has no effect: `A` is only sent, never answered; remove it
            spec/api/g.yaml:5: `required` and `always` of `a` contradict each other; remove one of both
            spec/api/g.yaml:6: `length` has no effect: `B` is only answered, never sent; remove it
            spec/api/g.yaml:6: `required` has no effect: `B` is only answered, never sent; remove it
        "#]],
    );
}

#[test]
fn what_only_a_request_can_hold() {
    check_types(
        "  A:\n    about: A.\n    fields:\n      a: { type: template_data }\n",
        "A",
        "A",
        &expect![[r#"
            spec/api/g.yaml:8: a response cannot hold `template_data`, and `A` is in one; make two types of it
        "#]],
    );
}

#[test]
fn types_without_end() {
    check_types(
        "  A: { about: A., fields: { b: { type: B } } }\n  B: { about: B., fields: { a: { type: A }, l: { type: [B] } } }\n  C: { about: C., fields: { c: { type: C } } }\n",
        "A",
        "C",
        &expect![[r#"
            spec/api/g.yaml:5: `A` holds itself (A > B > A); hold it in a list, or use `json`
            spec/api/g.yaml:7: `C` holds itself (C > C); hold it in a list, or use `json`
        "#]],
    );
}

#[test]
fn variants() {
    check_types(
        "  A:\n    about: A.\n    values:\n      1: One.\n      2: { about: Two. }\n      3: { name: Self, about: Three. }\n  B:\n    about: B.\n    values:\n      1: { name: One, about: One. }\n      one: One.\n      '': Nothing.\n      self: Keyword.\n      2nd: Second.\n      中: Chinese.\n",
        "A",
        "B",
        &expect![[r#"
            spec/api/g.yaml:8: the value 1 has no name; write `{ name: …, about: … }`
            spec/api/g.yaml:9: the value 2 has no name; write `{ name: …, about: … }`
            spec/api/g.yaml:10: no value can be named `Self`: that is a keyword of Rust; choose another `name`
            spec/api/g.yaml:13: the values of `B` are partly numbers, partly texts; quote the numbers: `"1":`
            spec/api/g.yaml:15: two values of `B` are named `One`; give one of both another `name`
            spec/api/g.yaml:16: the value `` gives no Rust name; write `{ name: …, about: … }`
            spec/api/g.yaml:17: the value `self` gives no Rust name; write `{ name: …, about: … }`
            spec/api/g.yaml:18: the value `2nd` gives no Rust name; write `{ name: …, about: … }`
            spec/api/g.yaml:19: the value `中` gives no Rust name; write `{ name: …, about: … }`
        "#]],
    );
}

#[test]
fn values_of_the_wrong_form() {
    check_types(
        "  A:\n    about: A.\n    values:\n      a: 1\n      b: { name: bee }\n      c:\n",
        "A",
        "A",
        &expect![[r#"
            spec/api/g.yaml:8: `a` is the number 1, not a text or a map; write a text or a map
            spec/api/g.yaml:9: `b` has no `about`; add `about:`, a text
            spec/api/g.yaml:9: `name` is `bee`, not a name in UpperCamelCase; write it as `LineColor`
            spec/api/g.yaml:10: `c` is nothing, not a text or a map; write the value, or leave the word out
        "#]],
    );
}

#[test]
fn names_that_rust_or_the_sdk_takes() {
    check_types(
        "  Option: { about: A., values: { x: X. } }\n  Client: { about: A., values: { x: X. } }\n",
        "Option",
        "Client",
        &expect![[r#"
            spec/api/g.yaml:5: no type can be named `Option`: that is a name of Rust's prelude or of the sdk; rename the type
            spec/api/g.yaml:6: no type can be named `Client`: that is a name of Rust's prelude or of the sdk; rename the type
        "#]],
    );
}

#[test]
fn every_name_that_generated_code_uses_is_taken() {
    let names =
        "App Authorisation Bytes Charset Encryption Method Remedy Rule Sealed UnknownValue Value".split_whitespace();
    for name in names {
        let told = told_of(&format!(
            "types:\n  {name}: {{ about: A., values: {{ x: X. }} }}\nendpoints:\n{}    params:\n      p: {{ type: {name} }}\n",
            endpoint("getX", "get_x", "/x")
        ));
        let expected = format!(
            "spec/api/g.yaml:5: no type can be named `{name}`: that is a name of Rust's prelude or of the sdk; rename the type\n"
        );
        assert_eq!(told, expected);
    }
}

#[test]
fn the_open_variant() {
    check_types(
        "  A:\n    about: A.\n    values:\n      unknown: The user did not say.\n      secret: { name: Unknown, about: The user would not say. }\n  B:\n    about: B.\n    values:\n      0: { name: Unknown, about: The user did not say. }\n      1: { name: Unknown2, about: Fine. }\n",
        "A",
        "B",
        &expect![[r#"
            spec/api/g.yaml:8: the value `unknown` cannot be named `Unknown`: that stands for values nobody knows yet; give it another `name`
            spec/api/g.yaml:9: the value `secret` cannot be named `Unknown`: that stands for values nobody knows yet; give it another `name`
            spec/api/g.yaml:13: the value `0` cannot be named `Unknown`: that stands for values nobody knows yet; give it another `name`
        "#]],
    );
}

#[test]
fn digits_in_quotes() {
    check_types(
        "  A:\n    about: A.\n    values:\n      '1': { name: One, about: One. }\n      '-2': { name: Two, about: Two. }\n  B:\n    about: B.\n    values:\n      '1': { name: One, about: One. }\n      all: Beside a word no number is meant.\n",
        "A",
        "B",
        &expect![[r#"
            spec/api/g.yaml:7: the values of `A` are texts of digits, which cannot be told from numbers; remove the quotes if WeChat takes numbers; else use `type: string` and list the values in `about`
        "#]],
    );
}

#[test]
fn one_number_written_twice() {
    check_types(
        "  A:\n    about: A.\n    values:\n      1: { name: One, about: One. }\n      0x1: { name: Other, about: One. }\n",
        "A",
        "A",
        &expect![[r#"
            spec/api/g.yaml:9: the values `1` and `0x1` of `A` are one number; remove one of both
        "#]],
    );
}

#[test]
fn always_in_what_is_sent_too() {
    check_types(
        "  A:\n    about: A.\n    fields:\n      a: { type: string, always: true }\n",
        "A",
        "A",
        &expect![[r#"
            spec/api/g.yaml:8: `always` has no effect: `A` is sent too; remove it, or make two types
        "#]],
    );
}

#[test]
fn character_sets_beyond_ascii() {
    check(
        &[
            ("types.yaml", "charsets:\n  name: { chars: \"a-z中\", about: Letters. }\n"),
            (
                "api/g.yaml",
                &group(&format!(
                    "endpoints:\n{}    params:\n      a: {{ type: string, charset: name }}\n",
                    endpoint("getX", "get_x", "/x")
                )),
            ),
        ],
        &expect![[r#"
            spec/types.yaml:2: the character set `name` holds `中`, which is not ASCII; remove it, or say in `about` of the fields what is allowed
        "#]],
    );
}

#[test]
fn the_configuration_fills_in_structs_but_no_elements() {
    check_types(
        "  Leaf:\n    about: A leaf.\n    fields:\n      appid: { type: string, default_from: official_account_appid }\n  Twig:\n    about: A twig.\n    fields:\n      leaf: { type: Leaf }\n  Tree:\n    about: A tree.\n    fields:\n      twig: { type: Twig }\n      twigs: { type: [Twig] }\n      leaves: { type: 'map<[Leaf]>' }\n",
        "[Tree]",
        "string",
        &expect![[r#"
            spec/api/g.yaml:17: `twigs` is `[Twig]`, and `default_from` fills in no element; hold one `Twig`, or remove `default_from` from it
            spec/api/g.yaml:18: `leaves` is `map<[Leaf]>`, and `default_from` fills in no element; hold one `Leaf`, or remove `default_from` from it
            spec/api/g.yaml:28: `p` is `[Tree]`, and `default_from` fills in no element; hold one `Tree`, or remove `default_from` from it
        "#]],
    );
}
