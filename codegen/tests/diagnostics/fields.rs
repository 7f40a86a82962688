//! Fields: types, values, constraints, siblings and places.

use expect_test::expect;

use super::*;

#[test]
fn unknown_types() {
    check_params(
        "      a: { type: strin }\n      b: { type: [Colour] }\n      c: { type: map<int> }\n      d: { type: '[map<[u33]>]' }\n",
        &expect![[r#"
            spec/api/g.yaml:13: the type `strin` is unknown; did you mean `string`?
            spec/api/g.yaml:14: the type `Colour` is unknown; define it under `types`, or use a type of spec/README.md
            spec/api/g.yaml:15: the type `int` is unknown; define it under `types`, or use a type of spec/README.md
            spec/api/g.yaml:16: the type `u33` is unknown; did you mean `u32`?
        "#]],
    );
}

#[test]
fn the_group_before_it_is_not_seen() {
    let a = group("types:\n  Own: { about: A., fields: { a: { type: string } } }\n").replace("group: g", "group: a")
        + &format!("endpoints:\n{}    params:\n      o: {{ type: Own }}\n", endpoint("getA", "get_a", "/a"));
    let b = group(&format!("endpoints:\n{}    params:\n      o: {{ type: Own }}\n", endpoint("getB", "get_b", "/b")));
    check(
        &[("api/a.yaml", &a), ("api/g.yaml", &b)],
        &expect![[r#"
        spec/api/g.yaml:13: the type `Own` is unknown; define it under `types`, or use a type of spec/README.md
    "#]],
    );
}

#[test]
fn defaults_and_fixed_values_of_the_wrong_type() {
    check_group(
        &format!(
            "types:\n  Mode: {{ about: A., values: {{ on: On., off: Off. }} }}\n  Level: {{ about: A., values: {{ 1: {{ name: One, about: A. }} }} }}\nendpoints:\n{}    params:\n      a: {{ type: string, default: 1 }}\n      b: {{ type: u8, fixed: 256 }}\n      c: {{ type: bool, default: 'true' }}\n      d: {{ type: Mode, default: offf }}\n      e: {{ type: Level, default: 2 }}\n      f: {{ type: Level, default: '1' }}\n      g: {{ type: [string], default: x }}\n      h: {{ type: u32, fixed: -1 }}\n      i: {{ type: f64, default: 1 }}\n      j: {{ type: i64, default: 1.5 }}\n",
            endpoint("getX", "get_x", "/x")
        ),
        &expect![[r#"
            spec/api/g.yaml:16: `default` of `a` is the number 1, not a text; write a value of the field's type
            spec/api/g.yaml:17: `fixed` of `b` is the number 256, not a whole number from 0 to 255; write a value of the field's type
            spec/api/g.yaml:18: `default` of `c` is the text `true`, not `true` or `false`; write a value of the field's type
            spec/api/g.yaml:19: `default` of `d` is the text `offf`, not one of `on`, `off`; write a value of the field's type
            spec/api/g.yaml:20: `default` of `e` is the number 2, not one of the numbers 1; write a value of the field's type
            spec/api/g.yaml:21: `default` of `f` is the text `1`, not one of the numbers 1; write a value of the field's type
            spec/api/g.yaml:22: `default` of `g` is the text `x`, not a value of `[string]`, which none here can be; write a value of the field's type
            spec/api/g.yaml:23: `fixed` of `h` is the number -1, not a whole number from 0 to 4294967295; write a value of the field's type
            spec/api/g.yaml:25: `default` of `j` is the number 1.5, not a whole number; write a value of the field's type
        "#]],
    );
}

#[test]
fn defaults_and_fixed_values_outside_the_constraints() {
    check(
        &[
            ("types.yaml", "charsets:\n  hex: { chars: 0-9abcdef, about: Hex digits. }\n"),
            (
                "api/g.yaml",
                &group(&format!(
                    "endpoints:\n{}    params:\n      a: {{ type: string, length: 2..3, default: abcd }}\n      b: {{ type: string, bytes: ..3, fixed: 中文 }}\n      c: {{ type: u32, range: 1..5, default: 0 }}\n      d: {{ type: f64, range: ..0.5, default: 1 }}\n      e: {{ type: string, charset: hex, default: 0x }}\n      f: {{ type: string, forbid: [leading_slash, query], default: '/a?b' }}\n      g: {{ type: string, forbid: [control], default: \"a\\tb\" }}\n",
                    endpoint("getX", "get_x", "/x")
                )),
            ),
        ],
        &expect![[r#"
            spec/api/g.yaml:13: `default` of `a` has 4 characters, not 2..3; correct the value or the constraint
            spec/api/g.yaml:14: `fixed` of `b` has 6 bytes, not ..3; correct the value or the constraint
            spec/api/g.yaml:15: `default` of `c` is 0, not in 1..5; correct the value or the constraint
            spec/api/g.yaml:16: `default` of `d` is 1, not in ..0.5; correct the value or the constraint
            spec/api/g.yaml:17: `default` of `e` holds `x`, which is not in the character set `hex`; correct the value or the constraint
            spec/api/g.yaml:18: `default` of `f` starts with `/`; correct the value or the constraint
            spec/api/g.yaml:19: `default` of `g` holds a control character; correct the value or the constraint
        "#]],
    );
}

#[test]
fn constraints_on_types_that_cannot_have_them() {
    check_params(
        "      a: { type: bool, length: 1..2 }\n      b: { type: u8, bytes: 1..2 }\n      c: { type: string, range: 1..2 }\n      d: { type: string, items: 1..2 }\n      e: { type: secret, forbid: [query] }\n      f: { type: string, keywords: subscribe }\n      g: { type: [string], length: 1..2 }\n      h: { type: timestamp, range: 1..2 }\n",
        &expect![[r#"
            spec/api/g.yaml:13: `length` constrains a string or secret, and `a` is `bool`; remove `length`
            spec/api/g.yaml:14: `bytes` constrains a string, secret or file, and `b` is `u8`; remove `bytes`
            spec/api/g.yaml:15: `range` constrains a number, and `c` is `string`; remove `range`
            spec/api/g.yaml:16: `items` constrains a list, and `d` is `string`; remove `items`
            spec/api/g.yaml:17: `forbid` constrains a string, and `e` is `secret`; remove `forbid`
            spec/api/g.yaml:18: `keywords` constrains `template_data`, and `f` is `string`; remove `keywords`
            spec/api/g.yaml:19: `length` constrains a string or secret, and `g` is `[string]`; remove `length`
            spec/api/g.yaml:20: `range` constrains a number, and `h` is `timestamp`; remove `range`
        "#]],
    );
}

#[test]
fn unknown_charsets() {
    check(
        &[
            (
                "types.yaml",
                "charsets:\n  scene: { chars: 0-9, about: Digits. }\n  unused: { chars: '', about: None. }\n",
            ),
            (
                "api/g.yaml",
                &group(&format!(
                    "endpoints:\n{}    params:\n      a: {{ type: string, charset: scen }}\n      b: {{ type: string, charset: colours }}\n",
                    endpoint("getX", "get_x", "/x")
                )),
            ),
        ],
        &expect![[r#"
            spec/api/g.yaml:13: the character set `scen` is unknown; did you mean `scene`?
            spec/api/g.yaml:14: the character set `colours` is unknown; define it under `charsets` in spec/types.yaml
            spec/types.yaml:3: `chars` is empty; write the text, or leave the word out
        "#]],
    );
}

#[test]
fn siblings_that_are_not_there_or_cannot_be_so() {
    check_params(
        "      a: { type: bool }\n      kind: { type: u8 }\n      c: { type: string, required_if: { kin: 1 } }\n      d: { type: string, required_if: { kind: one } }\n      e: { type: string, required_if: { e: x } }\n      f: { type: string, required_if: { a: true, kind: 300 } }\n      g: { type: string, yields_to: nobody }\n      h: { type: string, yields_to: h }\n",
        &expect![[r#"
            spec/api/g.yaml:15: `c` names `kin`, which is no field beside it; did you mean `kind`?
            spec/api/g.yaml:16: `required_if` of `d` waits for `kind` to be the text `one`, which is not a whole number from 0 to 255; write a value that the field can have
            spec/api/g.yaml:17: `e` depends on itself; name another field
            spec/api/g.yaml:18: `required_if` of `f` waits for `kind` to be the number 300, which is not a whole number from 0 to 255; write a value that the field can have
            spec/api/g.yaml:19: `g` names `nobody`, which is no field beside it; name a field of the same struct, as it is on the wire
            spec/api/g.yaml:20: `h` depends on itself; name another field
        "#]],
    );
}

#[test]
fn words_that_contradict_each_other() {
    check_params(
        "      a: { type: string, fixed: x, default: y }\n      b: { type: string, fixed: x, required: true }\n      c: { type: string, from: appid, required: true }\n      d: { type: string, required: true, default: x }\n      e: { type: bool, required: true }\n      f: { type: string, required: true, required_if: { e: true } }\n      g: { type: string, default_from: official_account_appid, default: x }\n",
        &expect![[r#"
            spec/api/g.yaml:13: `fixed` and `default` of `a` contradict each other; remove one of both
            spec/api/g.yaml:14: `fixed` and `required` of `b` contradict each other; remove one of both
            spec/api/g.yaml:15: `from` and `required` of `c` contradict each other; remove one of both
            spec/api/g.yaml:16: `required` and `default` of `d` contradict each other; remove one of both
            spec/api/g.yaml:18: `required` and `required_if` of `f` contradict each other; remove one of both
            spec/api/g.yaml:19: `default` and `default_from` of `g` contradict each other; remove one of both
        "#]],
    );
}

#[test]
fn what_the_configuration_fills_in_has_its_type() {
    check_endpoint(
        "    token: app_secret\n    params:\n      a: { type: u32, from: appid }\n      b: { type: string, from: app_secret }\n      c: { type: secret, default_from: official_account_appid }\n",
        &expect![[r#"
            spec/api/g.yaml:14: `a` is filled with a `string` and has another type; write `type: string`
            spec/api/g.yaml:15: `b` is filled with a `secret` and has another type; write `type: secret`
            spec/api/g.yaml:16: `c` is filled with a `string` and has another type; write `type: string`
        "#]],
    );
}

#[test]
fn bodies_of_a_get() {
    let yaml = format!(
        "endpoints:\n{}    params:\n      a: {{ type: string }}\n      b: {{ type: string, in: body }}\n      c: {{ type: file, in: form }}\n      d: {{ type: [string] }}\n",
        endpoint("getX", "get_x", "/x")
    );
    check_group(
        &yaml.replace("POST", "GET"),
        &expect![[r#"
            spec/api/g.yaml:14: `b` travels in the body of a GET, which has none; write `in: query` or `method: POST`
            spec/api/g.yaml:15: `c` travels in the body of a GET, which has none; write `in: query` or `method: POST`
            spec/api/g.yaml:16: `d` is `[string]`, which cannot travel in a query; write `type: string` and say in `about` what it holds
        "#]],
    );
}

#[test]
fn forms_beside_bodies() {
    check_params(
        "      a: { type: file, in: form }\n      b: { type: string }\n      c: { type: string, in: query }\n      d: { type: string, in: body }\n      e: { type: json, in: form }\n",
        &expect![[r#"
            spec/api/g.yaml:14: `b` travels in a JSON body beside parameters that travel in a form; write `in: form` or `in: query`
            spec/api/g.yaml:16: `d` travels in a JSON body beside parameters that travel in a form; write `in: form` or `in: query`
            spec/api/g.yaml:17: `e` is `json`, which cannot travel in a form; write `type: string` and say in `about` what it holds
        "#]],
    );
}

#[test]
fn files_outside_forms() {
    check_group(
        &format!(
            "types:\n  T: {{ about: A., fields: {{ f: {{ type: file }} }} }}\nendpoints:\n{}    params:\n      a: {{ type: file }}\n      b: {{ type: file, in: query }}\n      c: {{ type: [file] }}\n      t: {{ type: T }}\n    response:\n      fields:\n        f: {{ type: file }}\n        g: {{ type: [hosted_file] }}\n        h: {{ type: template_data }}\n",
            endpoint("getX", "get_x", "/x")
        ),
        &expect![[r#"
            spec/api/g.yaml:5: `f` is `file`, and a file is a part of a form by itself; make it a parameter of type `file`
            spec/api/g.yaml:15: the file `a` is not in a form; write `in: form`
            spec/api/g.yaml:16: the file `b` is not in a form; write `in: form`
            spec/api/g.yaml:17: `c` is `[file]`, and a file is a part of a form by itself; make it a parameter of type `file`
            spec/api/g.yaml:21: a response cannot hold `file`; use the type of what WeChat answers, such as `string`
            spec/api/g.yaml:22: a response cannot hold `[hosted_file]`; use the type of what WeChat answers, such as `string`
            spec/api/g.yaml:23: a response cannot hold `template_data`; use the type of what WeChat answers, such as `string`
        "#]],
    );
}

#[test]
fn names_that_rust_or_the_sdk_takes() {
    check_params(
        "      new: { type: string }\n      from: { type: string, rust: from_ }\n      type: { type: string }\n      a: { type: string, rust: type }\n      b: { type: string, rust: clone }\n      '1st': { type: string }\n      名: { type: string }\n      camelCase: { type: string, rust: camel_case }\n",
        &expect![[r#"
            spec/api/g.yaml:13: `new` cannot be the field `new`: that is a method of every request; give it another name with `rust:`, such as `new_`
            spec/api/g.yaml:16: `a` cannot be the field `type`: that is a keyword of Rust; give it another name with `rust:`, such as `type_`
            spec/api/g.yaml:17: `b` cannot be the field `clone`: that is a method of every request; give it another name with `rust:`, such as `clone_`
            spec/api/g.yaml:18: `1st` gives no Rust name; give it one with `rust:`
            spec/api/g.yaml:19: `名` gives no Rust name; give it one with `rust:`
            spec/api/g.yaml:20: `rust: camel_case` says what `camelCase` gives anyway; remove `rust`
        "#]],
    );
}

#[test]
fn two_fields_with_one_rust_name() {
    check_params(
        "      openId: { type: string }\n      open_id: { type: string }\n      c: { type: string, rust: d }\n      d: { type: string }\n",
        &expect![[r#"
            spec/api/g.yaml:14: `openId` and `open_id` have the same Rust name `open_id`; give one of both another name with `rust:`
            spec/api/g.yaml:16: `c` and `d` have the same Rust name `d`; give one of both another name with `rust:`
        "#]],
    );
}

#[test]
fn names_that_no_wire_has() {
    check_params(
        "      'a\"b': { type: string, rust: a }\n      'c\\d': { type: string, rust: c }\n",
        &expect![[r#"
        spec/api/g.yaml:13: `a\"b` holds what no name on the wire holds; write the name without quotation marks and backslashes
        spec/api/g.yaml:14: `c\\d` holds what no name on the wire holds; write the name without quotation marks and backslashes
    "#]],
    );
}

#[test]
fn the_configuration_in_structs() {
    check_group(
        &format!(
            "types:\n  T: {{ about: A., fields: {{ appid: {{ type: string, from: appid }} }} }}\nendpoints:\n{}    params:\n      t: {{ type: T }}\n    response:\n      fields:\n        appid: {{ type: string, from: appid }}\n",
            endpoint("getX", "get_x", "/x")
        ),
        &expect![[r#"
            spec/api/g.yaml:5: `from` belongs to a parameter, not to a type's field; remove it
            spec/api/g.yaml:18: `from` belongs to a parameter, not to a response's field; remove it
        "#]],
    );
}

#[test]
fn hosted_files_elsewhere() {
    check_group(
        &format!(
            "types:\n  T: {{ about: A., fields: {{ f: {{ type: hosted_file }} }} }}\nendpoints:\n{}    params:\n      a: {{ type: hosted_file }}\n      b: {{ type: hosted_file }}\n      c: {{ type: [hosted_file] }}\n      d: {{ type: hosted_file, in: query }}\n      t: {{ type: T }}\n",
            endpoint("getX", "get_x", "/x")
        ),
        &expect![[r#"
            spec/api/g.yaml:5: `f` is `hosted_file`, and the client hosts only what is a parameter by itself; make it a parameter of type `hosted_file`
            spec/api/g.yaml:16: `a` and `b` are both `hosted_file`, and a request has one; make one of both a `string`
            spec/api/g.yaml:17: `c` is `[hosted_file]`, and the client hosts only what is a parameter by itself; make it a parameter of type `hosted_file`
            spec/api/g.yaml:18: `a` and `d` are both `hosted_file`, and a request has one; make one of both a `string`
            spec/api/g.yaml:18: `d` is `hosted_file`, which cannot travel in a query; write `type: string` and say in `about` what it holds
        "#]],
    );
}

#[test]
fn siblings_that_the_caller_cannot_set() {
    check_endpoint(
        "    token: app_secret\n    params:\n      a: { type: string, fixed: x }\n      b: { type: secret, from: app_secret }\n      c: { type: string, required_if: { a: x } }\n      d: { type: string, yields_to: b }\n      e: { type: string, yields_to: f }\n      f: { type: string, yields_to: e }\n",
        &expect![[r#"
            spec/api/g.yaml:16: `c` names `a`, which is sent the same always; name a field that the caller can set
            spec/api/g.yaml:17: `d` names `b`, which is sent the same always; name a field that the caller can set
            spec/api/g.yaml:18: `e` and `f` yield to each other, so that neither is sent; remove `yields_to` from one of both
            spec/api/g.yaml:19: `f` and `e` yield to each other, so that neither is sent; remove `yields_to` from one of both
        "#]],
    );
}

#[test]
fn more_fields_that_are_always_there_than_the_runtime_counts() {
    let fields: String = (0..66).map(|i| format!("        f{i}: {{ type: string, always: true }}\n")).collect();
    check_endpoint(
        &format!("    response:\n      fields:\n{fields}"),
        &expect![[r#"
        spec/api/g.yaml:78: `f64` is the 65th field with `always` of one struct; leave `always` to what the call exists for
    "#]],
    );
}
