//! Examples that are no valid request.

use expect_test::expect;

use super::*;

#[track_caller]
fn check_example(params: &str, words: &str, expected: &expect_test::Expect) {
    let types = "types:\n  Color: { about: A., fields: { r: { type: u8, required: true, range: ..9 }, kind: { type: string, fixed: rgb } } }\n  Mode: { about: A., values: { on: On., off: Off. } }\n";
    let used = "      color: { type: Color }\n      mode: { type: Mode }\n";
    check_group(
        &format!("{types}endpoints:\n{}    params:\n{used}{params}{words}", endpoint("getX", "get_x", "/x")),
        expected,
    );
}

#[test]
fn fields_that_are_unknown_or_missing_or_sent_anyway() {
    check_example(
        "      a: { type: string, required: true }\n      b: { type: string, fixed: x }\n      c: { type: string, from: appid }\n      d: { type: string, required: true, default_from: official_account_appid }\n      picture: { type: string }\n",
        "    example:\n      b: x\n      c: wx\n      pictures: x\n      color: { g: 1 }\n",
        &expect![[r#"
            spec/api/g.yaml:23: the example lacks `a`, which is required; add it
            spec/api/g.yaml:24: the example gives `b`, which is fixed; remove it
            spec/api/g.yaml:25: the example gives `c`, which the client fills in; remove it
            spec/api/g.yaml:26: the example gives `pictures`, which is no field; did you mean `picture`?
            spec/api/g.yaml:27: the example gives `color.g`, which is no field; remove it, or add the field
            spec/api/g.yaml:27: the example lacks `color.r`, which is required; add it
        "#]],
    );
}

#[test]
fn values_of_the_wrong_type() {
    check_example(
        "      a: { type: string }\n      b: { type: u8 }\n      c: { type: [i64] }\n      d: { type: map<bool> }\n      e: { type: timestamp }\n      f: { type: f64 }\n      g: { type: template_data }\n      h: { type: json }\n",
        "    example:\n      a: 1\n      b: 256\n      c: [1, x]\n      d: { x: true, y: 1 }\n      e: now\n      f: 1\n      g: { thing1: x }\n      h: [1, { a: 2 }]\n      color: 1\n      mode: onn\n",
        &expect![[r#"
            spec/api/g.yaml:27: `a` of the example is the number 1, not a `string`; correct the example
            spec/api/g.yaml:28: `b` of the example is the number 256, not a `u8`; correct the example
            spec/api/g.yaml:29: `c[1]` of the example is the text `x`, not a `i64`; correct the example
            spec/api/g.yaml:30: `d.y` of the example is the number 1, not a `bool`; correct the example
            spec/api/g.yaml:31: `e` of the example is the text `now`, not a `timestamp`; correct the example
            spec/api/g.yaml:33: the keyword `g.thing1` of the example has no `value`; write `{ value: … }`
            spec/api/g.yaml:35: `color` of the example is the number 1, not a `Color`; correct the example
            spec/api/g.yaml:36: `mode` of the example is the text `onn`, not one of `on`, `off`; correct the example
        "#]],
    );
}

#[test]
fn values_outside_the_constraints() {
    check_example(
        "      a: { type: string, length: ..2 }\n      b: { type: [string], items: 2.. }\n",
        "    example:\n      a: abc\n      b: [x]\n      color: { r: 10, kind: cmy }\n",
        &expect![[r#"
            spec/api/g.yaml:21: `a` of the example has 3 characters, not ..2; correct the example or the constraint
            spec/api/g.yaml:22: `b` of the example has 1 elements, not 2..; correct the example or the constraint
            spec/api/g.yaml:23: `color.r` of the example is 10, not in ..9; correct the example or the constraint
            spec/api/g.yaml:23: the example gives `color.kind` the text `cmy`, and it is fixed to `rgb`; correct it
        "#]],
    );
}

#[test]
fn conditions_and_sets() {
    check_example(
        "      is_expire: { type: bool }\n      kind: { type: u8, default: 0 }\n      time: { type: u32, required_if: { is_expire: true, kind: 0 } }\n      days: { type: u32, required_if: { is_expire: true, kind: 1 } }\n",
        "    example: { is_expire: true }\n",
        &expect![[r#"
            spec/api/g.yaml:22: the example lacks `time`, which is required; add it
        "#]],
    );
    check_example(
        "      a: { type: string }\n      b: { type: string }\n      c: { type: string }\n",
        "    exclusive: [[a], [b, c]]\n    example: { a: x, c: y }\n",
        &expect![[r#"
            spec/api/g.yaml:22: the example does not give exactly one of the sets of `exclusive`; correct the example
        "#]],
    );
}
