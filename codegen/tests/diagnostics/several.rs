//! Mistakes of all kinds in several files are told in one run, by file and line.

use expect_test::expect;

use super::*;

#[test]
fn all_at_once() {
    let a = group(&format!(
        "endpoints:\n{}    params:\n      scene: {{ type: string, lenght: 1..32, charset: scen }}\n      new: {{ type: string }}\n    errcodes: [-1]\n    example: {{ scene: 1 }}\n",
        endpoint("getX", "get_x", "/x")
    ))
    .replace("group: g", "group: a");
    let b = group(&format!("endpoints:\n{}{}", endpoint("getX", "get_x", "/x"), endpoint("getY", "get_x", "/y")))
        .replace("group: g", "group: bb")
        .replace("    title: 甲\n", "");
    check(
        &[
            (
                "types.yaml",
                "charsets:\n  scene: { chars: 0-9, about: Digits. }\ntypes:\n  Vec: { about: A., values: { a: 1 } }\n",
            ),
            ("errcodes.yaml", "errcodes:\n  1: { kind: none }\n"),
            ("api/a.yaml", &a),
            ("api/b.yaml", &b),
        ],
        &expect![[r#"
            spec/api/a.yaml:13: `lenght` is no word of a parameter; did you mean `length`?
            spec/api/a.yaml:13: the character set `scen` is unknown; did you mean `scene`?
            spec/api/a.yaml:14: `new` cannot be the field `new`: that is a method of every request; give it another name with `rust:`, such as `new_`
            spec/api/a.yaml:15: the code -1 is neither in `errcodes` of the group nor in errcodes.yaml; add it there, or say here what it means: make `errcodes` a map
            spec/api/a.yaml:16: `scene` of the example is the number 1, not a `string`; correct the example
            spec/api/b.yaml:1: the group is `bb` and the file is `b.yaml`; give both the same name
            spec/api/b.yaml:5: `getX` has no `title`; add `title:`, a text
            spec/api/b.yaml:5: the id `getX` is taken by spec/api/a.yaml:5; make both ids `getX__<group>`
            spec/api/b.yaml:11: `getY` has no `title`; add `title:`, a text
            spec/api/b.yaml:12: `getX` and `getY` have the same method `get_x`; give one of both another `name`
            spec/errcodes.yaml:2: `1` has no `about`; add `about:`, a text
            spec/errcodes.yaml:2: `1` has no `message`; add `message:`, a text
            spec/errcodes.yaml:2: `1` has no `name`; add `name:`, a name in SCREAMING_SNAKE_CASE
            spec/errcodes.yaml:2: `1` has no `remedy`; add `remedy:`, a text
            spec/errcodes.yaml:2: `1` has no `zh`; add `zh:`, a text
            spec/errcodes.yaml:2: `kind` cannot be `none`; write one of `busy`, `token`, `credential`, `permission`, `quota`, `rate`, `parameter`, `content`, `user`, `duplicate`, `not_found`, `account`, `retired`
            spec/types.yaml:4: `a` is the number 1, not a text or a map; write a text or a map
            spec/types.yaml:4: no type can be named `Vec`: that is a name of Rust's prelude or of the sdk; rename the type
        "#]],
    );
}
