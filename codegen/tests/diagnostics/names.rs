//! What may be there only once, and names that are taken.

use expect_test::expect;

use super::*;

fn endpoints(list: &[(&str, &str, &str, &str)]) -> String {
    let all: String = list.iter().map(|(id, name, path, words)| endpoint(id, name, path) + words).collect();
    format!("endpoints:\n{all}")
}

#[test]
fn the_group_and_its_file() {
    check(
        &[("api/h.yaml", &group(&endpoints(&[("getX", "get_x", "/x", "")])))],
        &expect![[r#"
        spec/api/h.yaml:1: the group is `g` and the file is `h.yaml`; give both the same name
    "#]],
    );
    let yaml = group(&endpoints(&[("getX", "get_x", "/x", "")])).replace("group: g", "group: async");
    check(
        &[("api/async.yaml", &yaml)],
        &expect![[r#"
        spec/api/async.yaml:1: no group can be named `async`: that is a keyword of Rust; rename the group and the file
    "#]],
    );
}

#[test]
fn one_id_in_two_groups() {
    let a = group(&endpoints(&[("getX", "get_x", "/a", "")])).replace("group: g", "group: a");
    let g = group(&endpoints(&[("getX", "get_x", "/x", "")]));
    check(
        &[("api/a.yaml", &a), ("api/g.yaml", &g)],
        &expect![[r#"
        spec/api/g.yaml:5: the id `getX` is taken by spec/api/a.yaml:5; make both ids `getX__<group>`
    "#]],
    );
}

#[test]
fn aliases() {
    check_group(
        &endpoints(&[
            ("getX", "get_x", "/x", "    aliases: [x.get, getY]\n"),
            ("getY", "get_y", "/y", "    aliases: [x.get, getY]\n"),
        ]),
        &expect![[r#"
            spec/api/g.yaml:12: the alias `getY` is the id at spec/api/g.yaml:13; remove the alias here or there
            spec/api/g.yaml:20: the alias `getY` is the id at spec/api/g.yaml:13; remove the alias here or there
            spec/api/g.yaml:20: the alias `x.get` is taken by `getX` at spec/api/g.yaml:5; remove the alias here or there
        "#]],
    );
}

#[test]
fn names_that_wechat_repeats() {
    check_group(
        &endpoints(&[
            ("getX", "a", "/x", ""),
            ("getX__b", "b", "/y", ""),
            ("getZ__c", "c", "/z", "    aliases: [getZ]\n"),
        ]),
        &expect![[r#"
            spec/api/g.yaml:5: `getX` is the name that `getX__b` at spec/api/g.yaml:12 bears too; make the id `getX__<group>`
            spec/api/g.yaml:26: the alias `getZ` is the name that `getZ__c` bears; remove the alias here or there
        "#]],
    );
}

#[test]
fn methods() {
    check_group(
        &endpoints(&[
            ("getX", "get", "/x", ""),
            ("getY", "get", "/y", ""),
            ("getZ", "clone", "/z", ""),
            ("getW", "loop", "/w", ""),
        ]),
        &expect![[r#"
            spec/api/g.yaml:13: `getX` and `getY` have the same method `get`; give one of both another `name`
            spec/api/g.yaml:20: no endpoint's method can be named `clone`: that is a method of every group; choose another `name`
            spec/api/g.yaml:27: no endpoint's method can be named `loop`: that is a keyword of Rust; choose another `name`
        "#]],
    );
}

#[test]
fn structs() {
    let types = "types:\n  GetY: { about: A., values: { a: A. } }\n  GetXResponse: { about: A., values: { a: A. } }\n";
    let users = "    params:\n      a: { type: GetY }\n      b: { type: GetXResponse }\n";
    check_group(
        &format!(
            "{types}{}",
            endpoints(&[
                ("getX", "get_x", "/x", users),
                ("getY", "get_y", "/y", ""),
                ("get_x", "x", "/z", ""),
                ("send", "send", "/s", "")
            ])
        ),
        &expect![[r#"
            spec/api/g.yaml:8: the response of `getX` has the same name `GetXResponse` as the type `GetXResponse`; rename the type, or make the id `name__group`
            spec/api/g.yaml:18: the request of `getY` has the same name `GetY` as the type `GetY`; rename the type, or make the id `name__group`
            spec/api/g.yaml:25: the request of `get_x` has the same name `GetX` as the request of `getX`; rename the type, or make the id `name__group`
            spec/api/g.yaml:25: the response of `get_x` has the same name `GetXResponse` as the type `GetXResponse`; rename the type, or make the id `name__group`
            spec/api/g.yaml:32: no request can be named `Send`: that is a name of Rust's prelude or of the sdk; make the id `send__<group>`
        "#]],
    );
}

#[test]
fn shared_types() {
    let shared = "types:\n  Own: { about: A., values: { a: A. } }\n  GetX: { about: A., values: { a: A. } }\n";
    let types = "types:\n  Own: { about: A., values: { a: A. } }\n";
    let users = "    params:\n      a: { type: Own }\n      b: { type: GetX }\n";
    check(
        &[
            ("types.yaml", shared),
            ("api/g.yaml", &group(&format!("{types}{}", endpoints(&[("getX", "get_x", "/x", users)])))),
        ],
        &expect![[r#"
            spec/api/g.yaml:5: the type `Own` has the name of the shared type `Own` at spec/types.yaml:2; rename one of both types
            spec/api/g.yaml:7: the request of `getX` has the name of the shared type `GetX` at spec/types.yaml:3; rename one of both types
            spec/types.yaml:2: no endpoint uses the type `Own`; remove it
        "#]],
    );
}

#[test]
fn urls() {
    check_group(
        &endpoints(&[
            ("getA", "a", "/x", ""),
            ("getB", "b", "/x", "    same_url: [getA]\n"),
            ("getC", "c", "/x", "    same_url: [getA, getB]\n"),
        ]),
        &expect![[r#"
            spec/api/g.yaml:11: POST /x is the URL of `getB`, `getC` too; add `same_url: [getB, getC]`, or correct the path
            spec/api/g.yaml:18: POST /x is the URL of `getC` too; add `same_url: [getC]`, or correct the path
        "#]],
    );
}

#[test]
fn urls_that_are_no_longer_the_same() {
    check_group(
        &endpoints(&[
            ("getA", "a", "/x", "    same_url: [getB, getA, getAA]\n"),
            ("getB", "b", "/y", ""),
            ("getC", "c", "/z", "    same_url: [getD]\n"),
            ("getD", "d", "/z", "    same_url: [getC]\n"),
        ]),
        &expect![[r#"
            spec/api/g.yaml:12: `same_url` names `getAA`, which is no id; did you mean `getA`?
            spec/api/g.yaml:12: `same_url` names `getB`, whose URL is POST /y; remove it
            spec/api/g.yaml:12: `same_url` names its own endpoint; remove it
        "#]],
    );
}

#[test]
fn groups() {
    let named = |name: &str| {
        let yaml = group(&endpoints(&[("getX", "get_x", "/x", "")])).replace("group: g", &format!("group: {name}"));
        (format!("api/{name}.yaml"), yaml)
    };
    let files = ["charsets", "dynamic", "errcodes", "types", "access_token", "send", "mock", "image"].map(named);
    // One id in many groups is another mistake.
    let mut all = String::new();
    for (name, yaml) in &files {
        all += &told_of_files(&[(name, yaml)]);
    }
    expect![[r#"
        spec/api/charsets.yaml:1: no group can be named `charsets`: that is a module of the sdk; rename the group and the file
        spec/api/dynamic.yaml:1: no group can be named `dynamic`: that is a module of the sdk; rename the group and the file
        spec/api/errcodes.yaml:1: no group can be named `errcodes`: that is a module of the sdk; rename the group and the file
        spec/api/types.yaml:1: no group can be named `types`: that is a module of the sdk; rename the group and the file
        spec/api/access_token.yaml:1: no group can be named `access_token`: that is a method of `Client`; rename the group and the file
        spec/api/send.yaml:1: no group can be named `send`: its handle would be `Send`, a name of Rust's prelude or of the sdk; rename the group and the file
        spec/api/send.yaml:1: no group can be named `send`: that is a method of `Client`; rename the group and the file
        spec/api/mock.yaml:1: no group can be named `mock`: that is a feature of the sdk; rename the group and the file
        spec/api/image.yaml:1: no group can be named `image`: its handle would be `Image`, a name of Rust's prelude or of the sdk; rename the group and the file
    "#]].assert_eq(&all);
}

#[test]
fn the_method_that_gives_the_client() {
    check_group(
        &endpoints(&[("getX", "client", "/x", "")]),
        &expect![[r#"
        spec/api/g.yaml:6: no endpoint's method can be named `client`: that is a method of every group; choose another `name`
    "#]],
    );
}

#[test]
fn handles() {
    let shared = "types:\n  G: { about: A., values: { a: A. } }\n";
    let users = "    params:\n      a: { type: G }\n";
    check(
        &[("types.yaml", shared), ("api/g.yaml", &group(&endpoints(&[("getX", "get_x", "/x", users)])))],
        &expect![[r#"
            spec/api/g.yaml:1: the group's handle has the name of the shared type `G` at spec/types.yaml:2; rename the type, or the group and its file
        "#]],
    );
    check_group(
        &format!("{shared}{}", endpoints(&[("getX", "get_x", "/x", users)])),
        &expect![[r#"
        spec/api/g.yaml:5: the type `G` has the same name `G` as the group's handle; rename the type, or make the id `name__group`
    "#]],
    );
    check_group(
        &endpoints(&[("g", "get_x", "/x", "")]),
        &expect![[r#"
        spec/api/g.yaml:5: the request of `g` has the same name `G` as the group's handle; rename the type, or make the id `name__group`
    "#]],
    );
    let yaml = group(&endpoints(&[("get", "get_x", "/x", "")])).replace("group: g", "group: get_response");
    check(
        &[("api/get_response.yaml", &yaml)],
        &expect![[r#"
        spec/api/get_response.yaml:5: the response of `get` has the same name `GetResponse` as the group's handle; rename the type, or make the id `name__group`
    "#]],
    );
}
