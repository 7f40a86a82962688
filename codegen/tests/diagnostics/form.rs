//! Files, YAML, words and the form of values.

use std::fs;

use expect_test::expect;

use super::*;

#[test]
fn missing_files() {
    let dir = tempfile::tempdir().unwrap();
    expect![[r#"
        spec/api:1: cannot be read (entity not found); add the directory with one file per group
        spec/errcodes.yaml:1: cannot be read (entity not found); add the file, in UTF-8
        spec/types.yaml:1: cannot be read (entity not found); add the file, in UTF-8
    "#]]
    .assert_eq(&told(dir.path()));
}

#[test]
fn a_file_that_is_no_group() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("api")).unwrap();
    for name in ["types.yaml", "errcodes.yaml", "api/g.yml"] {
        fs::write(dir.path().join(name), "").unwrap();
    }
    expect![[r#"
        spec/api/g.yml:1: not a group; name it `<group>.yaml`, or move it elsewhere
    "#]]
    .assert_eq(&told(dir.path()));
}

#[test]
fn not_yaml() {
    check_group(
        "endpoints: { a: 1\nb: [\n",
        &expect![[r#"
            spec/api/g.yaml:5: not YAML: while parsing a flow mapping, did not find expected ',' or '}'; correct it here or just above, and quote a text that holds a comma, a colon or `#`
        "#]],
    );
}

#[test]
fn a_broken_file_hides_nothing_of_the_others_and_invents_nothing() {
    let api = group(&format!(
        "endpoints:\n{}    params:\n      a: {{ type: Shared, charset: shared }}\n      b: {{ type: strnig }}\n    errcodes: [40001]\n",
        endpoint("getX", "get_x", "/x")
    ));
    check(
        &[("types.yaml", "types: {\n"), ("errcodes.yaml", "errcodes: {\n"), ("api/g.yaml", &api)],
        &expect![[r#"
            spec/api/g.yaml:14: the type `strnig` is unknown; did you mean `string`?
            spec/errcodes.yaml:2: not YAML: while parsing a node, did not find expected node content; correct it here or just above, and quote a text that holds a comma, a colon or `#`
            spec/types.yaml:2: not YAML: while parsing a node, did not find expected node content; correct it here or just above, and quote a text that holds a comma, a colon or `#`
        "#]],
    );
}

#[test]
fn a_file_that_is_no_map() {
    check(
        &[("api/g.yaml", "- a\n")],
        &expect![[r#"
        spec/api/g.yaml:1: the file is a list, not a map; write the words of a group
    "#]],
    );
}

#[test]
fn a_key_given_twice() {
    check_endpoint(
        "    note: One.\n    note: Two.\n",
        &expect![[r#"
        spec/api/g.yaml:13: `note` is given twice, first on line 12; remove one of both
    "#]],
    );
}

#[test]
fn anchors_aliases_and_tags() {
    check_endpoint(
        "    note: &a One.\n    limits: *a\n    example: !x {}\n",
        &expect![[r#"
        spec/api/g.yaml:12: an anchor (`&…`) is no part of the language; write the value alone
        spec/api/g.yaml:13: `limits` is nothing, not a list; write the value, or leave the word out
        spec/api/g.yaml:13: an alias (`*…`) is no part of the language; write the value out, or quote the text
        spec/api/g.yaml:14: a tag (`!…`) is no part of the language; write the value alone
    "#]],
    );
}

#[test]
fn unknown_words() {
    check_endpoint(
        "    limit: [1/s]\n    colour: red\n    params:\n      a: { type: string, lenght: 1..2 }\n    response:\n      fields:\n        b: { type: string, required: true, in: body }\n",
        &expect![[r#"
            spec/api/g.yaml:12: `limit` is no word of an endpoint; did you mean `limits`?
            spec/api/g.yaml:13: `colour` is no word of an endpoint; the words of an endpoint are `name`, `aliases`, `title`, `about`, `docs`, `method`, `path`, `token`, `limits`, `encryption`, `permission_sets`, `retry`, `params`, `exclusive`, `any_of`, `sign`, `response`, `envelope`, `errcodes`, `paging`, `same_url`, `deprecated`, `note`, `differs`, `example`
            spec/api/g.yaml:15: `lenght` is no word of a parameter; did you mean `length`?
            spec/api/g.yaml:18: `in` belongs to a parameter, not to a response's field; remove it
            spec/api/g.yaml:18: `required` belongs to a parameter, not to a response's field; remove it
        "#]],
    );
}

#[test]
fn texts_that_should_be_quoted() {
    check_params(
        "      a: { type: string, about: Red, green or blue. }\n",
        &expect![[r#"
        spec/api/g.yaml:13: `green or blue.` is no word of a parameter; if it belongs to the text before it, quote that text
    "#]],
    );
    check_endpoint(
        "    note: One thing: another.\n",
        &expect![[r#"
        spec/api/g.yaml:12: not YAML: mapping values are not allowed in this context; correct it here or just above, and quote a text that holds a comma, a colon or `#`
    "#]],
    );
}

#[test]
fn missing_words() {
    check_group(
        "types:\n  T: {}\nendpoints:\n  getX:\n    params:\n      a: {}\n    response: {}\n    paging: { style: offset }\n    deprecated: {}\n",
        &expect![[r#"
            spec/api/g.yaml:5: `T` has neither `fields` nor `values`; add `fields:` for a struct, `values:` for an enum
            spec/api/g.yaml:5: `T` has no `about`; add `about:`, a text
            spec/api/g.yaml:7: `getX` has no `about`; add `about:`, a text
            spec/api/g.yaml:7: `getX` has no `docs`; add `docs:`, an https address
            spec/api/g.yaml:7: `getX` has no `method`; add `method:`, one of `GET`, `POST`
            spec/api/g.yaml:7: `getX` has no `name`; add `name:`, a name in snake_case
            spec/api/g.yaml:7: `getX` has no `path`; add `path:`, a path that starts with `/` and has no query
            spec/api/g.yaml:7: `getX` has no `title`; add `title:`, a text
            spec/api/g.yaml:9: `a` has no `type`; add `type:`, a type
            spec/api/g.yaml:10: `response` has neither `fields` nor `bytes_or`; write one of both
            spec/api/g.yaml:11: `paging` has no `items`; add `items:`, a text
            spec/api/g.yaml:11: `paging` of the style `offset` has no `start`; add `start:`
            spec/api/g.yaml:11: a response without fields has no pages; remove `paging`
            spec/api/g.yaml:12: `deprecated` has no `instead`; add `instead:`, a text
            spec/api/g.yaml:12: `deprecated` has no `since`; add `since:`, a text
        "#]],
    );
}

#[test]
fn missing_words_of_a_group() {
    check(
        &[("api/g.yaml", "")],
        &expect![[r#"
        spec/api/g.yaml:1: a group has no `about`; add `about:`, a text
        spec/api/g.yaml:1: a group has no `endpoints`; add `endpoints:`, a map
        spec/api/g.yaml:1: a group has no `group`; add `group:`, a name in snake_case
        spec/api/g.yaml:1: a group has no `title`; add `title:`, a text
    "#]],
    );
}

#[test]
fn wrong_yaml_types() {
    check_endpoint(
        "    about: 12\n    aliases: a.b\n    limits: 5/s\n    encryption: true\n    permission_sets: [a, -1]\n    params: [a]\n    exclusive: [a]\n    response: 12\n    errcodes: { 40001: text }\n    paging: offset\n    deprecated: yes\n    note:\n    example: [1]\n",
        &expect![[r#"
            spec/api/g.yaml:12: `about` is given twice, first on line 8; remove one of both
            spec/api/g.yaml:13: `aliases` is the text `a.b`, not a list; put it in `[ ]`
            spec/api/g.yaml:14: `limits` is the text `5/s`, not a list; put it in `[ ]`
            spec/api/g.yaml:15: `encryption` is `true`, not one of `none`, `supported`, `required`; quote it
            spec/api/g.yaml:16: an element of `permission_sets` is -1, out of reach; write a number from 0 to 4294967295
            spec/api/g.yaml:16: an element of `permission_sets` is the text `a`, not a whole number; write a whole number
            spec/api/g.yaml:17: `params` is a list, not a map; write a map
            spec/api/g.yaml:18: `exclusive` has one set, which leaves no choice; add a set, or write `required: true`
            spec/api/g.yaml:18: an element of `exclusive` is the text `a`, not a list; put it in `[ ]`
            spec/api/g.yaml:19: `response` is the number 12, not one of `nothing`, `image`, `bytes`, `text`, `json` or a map; write one of `nothing`, `image`, `bytes`, `text`, `json` or a map
            spec/api/g.yaml:20: `40001` is the text `text`, not nothing or a map; write nothing or a map
            spec/api/g.yaml:21: `paging` is the text `offset`, not a map; write a map with `style`, `items`
            spec/api/g.yaml:22: `deprecated` is the text `yes`, not a map; write a map with `since`, `instead`
            spec/api/g.yaml:23: `note` is nothing, not a text; write the value, or leave the word out
            spec/api/g.yaml:24: `example` is a list, not a map; write a map
        "#]],
    );
}

#[test]
fn wrong_yaml_types_of_a_field() {
    check_params(
        "      a: string\n      b: { type: 12 }\n      c: { type: [string, bool] }\n      d: { type: string, required: yes }\n      e: { type: string, required: false }\n      f: { type: string, length: 32 }\n      g: { type: string, default: [1] }\n      h: { type: string, forbid: query }\n",
        &expect![[r#"
            spec/api/g.yaml:13: `a` is the text `string`, not a map; write a map with `type`
            spec/api/g.yaml:14: `type` is the number 12, not a type; write a type
            spec/api/g.yaml:15: `type` is a list of 2; write `[T]` with the type of the elements
            spec/api/g.yaml:16: `required` is the text `yes`, not `true`; write `true`, or leave the word out
            spec/api/g.yaml:17: `required` is `false`, not `true`; write `true`, or leave the word out
            spec/api/g.yaml:18: `length` is the number 32, not a range FROM..TO; write `..32` for at most, `32..32` for exactly
            spec/api/g.yaml:19: `default` is a list, not a text, a number or a bool; write a text, a number or a bool
            spec/api/g.yaml:20: `forbid` is the text `query`, not a list; put it in `[ ]`
        "#]],
    );
}

#[test]
fn words_that_are_not_among_the_choices() {
    check_endpoint(
        "    token: acces_token\n    retry: always\n    response: picture\n    params:\n      a: { type: string, in: header }\n      b: { type: string, forbid: [quary] }\n",
        &expect![[r#"
            spec/api/g.yaml:12: `token` cannot be `acces_token`; did you mean `access_token`?
            spec/api/g.yaml:13: `retry` cannot be `always`; write one of `never`, `safe`
            spec/api/g.yaml:14: `response` cannot be `picture`; write one of `nothing`, `image`, `bytes`, `text`, `json`
            spec/api/g.yaml:16: `in` cannot be `header`; write one of `query`, `body`, `form`, `whole_body`, `sign`
            spec/api/g.yaml:17: an element of `forbid` cannot be `quary`; did you mean `query`?
        "#]],
    );
}

#[test]
fn texts_of_the_wrong_form() {
    check_group(
        "types:\n  lineColor: { about: A., fields: { a: { type: string } } }\nendpoints:\n  get-x:\n    name: getX\n    title: ''\n    about: A.\n    docs: http://a.b\n    method: POST\n    path: wxa/x\n    aliases: [a b]\n    limits: [5/hour, many]\n    params:\n      a: { type: lineColor, rust: Aa }\n  getY:\n    name: get_y\n    title: 乙\n    about: A.\n    docs: https://a.b\n    method: POST\n    path: /y?a=1\n",
        &expect![[r#"
            spec/api/g.yaml:5: `lineColor` is not a name in UpperCamelCase; write it as `LineColor`
            spec/api/g.yaml:7: `get-x` is not an id; write the official English name: letters, digits and `_`
            spec/api/g.yaml:8: `name` is `getX`, not a name in snake_case; write it as `get_user_info`
            spec/api/g.yaml:9: `title` is empty; write the text, or leave the word out
            spec/api/g.yaml:11: `docs` is `http://a.b`, not an https address; give the official page, starting with `https://`
            spec/api/g.yaml:13: `path` is `wxa/x`, not a path that starts with `/` and has no query; write it as `/wxa/getwxacode`, and what stood behind `?` as `fixed` parameters with `in: query`
            spec/api/g.yaml:14: an element of `aliases` is `a b`, not a name without spaces; write one name an entry
            spec/api/g.yaml:15: an element of `limits` is `5/hour`, not a limit; write COUNT/UNIT with `s`, `min`, `h`, `day`, `month` or `total`, as in `5000/min`; behind it may stand `shared with ID, ID and WORDS`, or words that begin with `for`, `when` or `with` and say when it holds
            spec/api/g.yaml:15: an element of `limits` is `many`, not a limit; write COUNT/UNIT with `s`, `min`, `h`, `day`, `month` or `total`, as in `5000/min`; behind it may stand `shared with ID, ID and WORDS`, or words that begin with `for`, `when` or `with` and say when it holds
            spec/api/g.yaml:17: `rust` is `Aa`, not a name in snake_case; write it as `get_user_info`
            spec/api/g.yaml:24: `path` is `/y?a=1`, not a path that starts with `/` and has no query; write it as `/wxa/getwxacode`, and what stood behind `?` as `fixed` parameters with `in: query`
        "#]],
    );
}

#[test]
fn empty_lists_and_maps() {
    check_endpoint(
        "    aliases: []\n    params: {}\n    errcodes: {}\n    example: {}\n",
        &expect![[r#"
        spec/api/g.yaml:12: `aliases` is an empty list; fill it, or leave the word out
        spec/api/g.yaml:13: `params` is empty; fill it, or leave the word out
        spec/api/g.yaml:14: `errcodes` is empty; fill it, or leave the word out
    "#]],
    );
}

#[test]
fn bad_ranges() {
    check_params(
        "      a: { type: string, length: 5..1 }\n      b: { type: string, length: .. }\n      c: { type: string, length: 1-5 }\n      d: { type: string, length: 0.5..1 }\n      e: { type: u8, range: 0..256 }\n      f: { type: '[string]', items: -1.. }\n      g: { type: f64, range: -0.5..0.5 }\n",
        &expect![[r#"
            spec/api/g.yaml:13: `length` is `5..1`, which ends before it starts; swap its ends
            spec/api/g.yaml:14: `length` is `..`, not a range; write FROM..TO with numbers, as in `1..32`; one end may be left out
            spec/api/g.yaml:15: `length` is `1-5`, not a range; write FROM..TO with numbers, as in `1..32`; one end may be left out
            spec/api/g.yaml:16: `length` is `0.5..1`, which takes whole numbers only; write whole numbers
            spec/api/g.yaml:17: `range` goes beyond what `e` can have; stay within 0..255
            spec/api/g.yaml:18: `items` goes beyond what `f` can have; stay within 0..
        "#]],
    );
}

#[test]
fn what_differs_is_named_as_drift_names_it() {
    check_group(
        &format!(
            "types:\n  T: {{ about: A., differs: [b], fields: {{ a: {{ type: string, differs: [kind] }} }} }}\nendpoints:\n{}    differs: [fields, +params.a, 40001, +errcodes.x]\n    params:\n      a: {{ type: T, differs: required }}\n",
            endpoint("getX", "get_x", "/x")
        ),
        &expect![[r#"
            spec/api/g.yaml:5: an element of `differs` cannot be `kind`; write one of `page`, `place`, `required`, `type`, `values`
            spec/api/g.yaml:5: an element of `differs` is `b`, not a name with `+` in front; write what the page has and the spec has not, as in `+name`
            spec/api/g.yaml:14: an element of `differs` is `+errcodes.x`, not what a page can say otherwise; copy it from `cargo xtask drift`: `page`, `path`, `+params.name`, `-response.list.name`, `+errcodes.40001`
            spec/api/g.yaml:14: an element of `differs` is `fields`, not what a page can say otherwise; copy it from `cargo xtask drift`: `page`, `path`, `+params.name`, `-response.list.name`, `+errcodes.40001`
            spec/api/g.yaml:14: an element of `differs` is the number 40001, not what a page can say otherwise; quote it
            spec/api/g.yaml:16: `differs` is the text `required`, not a list; put it in `[ ]`
        "#]],
    );
}
