//! Endpoints and their groups: what comes, goes, is renamed, or is called otherwise.

use expect_test::expect;
use weapp_codegen::diff::Report;

use super::{ERRCODES, GROUP, TYPES, check, lines, load};

#[test]
fn texts() {
    check(
        &[("about: Lists things.", "about: Lists them."), ("https://a.b/list", "https://a.b/lists")],
        &expect![[r#"
            patch Changed `things.list`: documentation: about, docs
        "#]],
        &expect![[r#"
            patch Changed `things.list`: documentation: about, docs
        "#]],
    );
    check(
        &[
            ("      id: { type: string }", "      id: { type: string, about: Which one. }"),
            ("fast: Fast.", "fast: Quick."),
            ("7: { about: Own.,", "7: { about: Its own.,"),
            ("name: QUOTA, kind: quota, message: m", "name: QUOTA, kind: quota, message: n"),
        ],
        &expect![[r#"
            patch Changed `things.list`: documentation: errcodes
            patch Changed `things.drop`: documentation of parameter `id`: about
            patch Changed `types::Mode`: documentation: values
            patch Changed `ErrCode`: documentation of `QUOTA`: message
        "#]],
        &expect![[r#"
            patch Changed `things.list`: documentation: errcodes
            patch Changed `things.drop`: documentation of parameter `id`: about
            patch Changed `types::Mode`: documentation: values
            patch Changed `ErrCode`: documentation of `QUOTA`: message
        "#]],
    );
}

#[test]
fn endpoints_come_and_go() {
    let added = "    path: /things/drop\n    token: none\n    params:\n      id: { type: string }\n      other: { type: string }\n";
    let more = format!(
        "{added}  addThing:\n    name: add\n    title: 添加\n    about: Adds.\n    docs: https://a.b\n    method: GET\n    path: /things/add\n"
    );
    check(
        &[(added, &more)],
        &expect![[r#"
        minor Added `things.add`: 添加 (`addThing`)
    "#]],
        &expect![[r#"
        major Removed `things.add`: 添加 (`addThing`)
    "#]],
    );
}

#[test]
fn endpoints_are_renamed() {
    check(
        &[("  dropThing:\n", "  removeThing:\n")],
        &expect![[r#"
        major Changed `things.drop`: the request `DropThing` is named `RemoveThing`
        major Removed `things.drop`: the name `dropThing` is not known any more
    "#]],
        &expect![[r#"
        major Changed `things.drop`: the request `RemoveThing` is named `DropThing`
        major Removed `things.drop`: the name `removeThing` is not known any more
    "#]],
    );
    check(
        &[("  dropThing:\n    name: drop\n", "  removeThing:\n    name: remove\n    aliases: [dropThing]\n")],
        &expect![[r#"
            major Changed `things.remove`: was `things.drop`
            major Changed `things.remove`: the request `DropThing` is named `RemoveThing`
        "#]],
        &expect![[r#"
            major Changed `things.drop`: was `things.remove`
            major Changed `things.drop`: the request `RemoveThing` is named `DropThing`
            major Removed `things.drop`: the name `removeThing` is not known any more
        "#]],
    );
    check(
        &[("    name: drop\n", "    name: remove\n")],
        &expect![[r#"
        major Changed `things.remove`: was `things.drop`
    "#]],
        &expect![[r#"
        major Changed `things.drop`: was `things.remove`
    "#]],
    );
    check(
        &[("aliases: [things.list]", "aliases: [things.get]")],
        &expect![[r#"
        major Removed `things.list`: the name `things.list` is not known any more
        minor Added `things.list`: is also known as `things.get`
    "#]],
        &expect![[r#"
        major Removed `things.list`: the name `things.get` is not known any more
        minor Added `things.list`: is also known as `things.list`
    "#]],
    );
}

#[test]
fn how_an_endpoint_is_called() {
    check(
        &[
            (
                "method: POST\n    path: /things/list\n    limits: [100/min]",
                "method: POST\n    path: /things/all\n    retry: safe\n    encryption: required\n    limits: [50/min, 1000/day]",
            ),
            ("    token: none", "    token: authorizer\n    permission_sets: [18]"),
        ],
        &expect![[r#"
            minor Changed `things.list`: calls `POST /things/all` instead of `POST /things/list`
            minor Changed `things.list`: limit `50/min`, `1000/day` instead of `100/min`
            minor Changed `things.list`: encryption is `required` instead of `none`
            minor Changed `things.list`: is repeated after failures
            major Changed `things.drop`: is authorised by `authorizer` instead of `none`
            patch Changed `things.drop`: documentation: permission_sets
        "#]],
        &expect![[r#"
            minor Changed `things.list`: calls `POST /things/list` instead of `POST /things/all`
            minor Changed `things.list`: limit `100/min` instead of `50/min`, `1000/day`
            minor Changed `things.list`: encryption is `none` instead of `required`
            minor Changed `things.list`: is not repeated any more
            minor Changed `things.drop`: is authorised by `none` instead of `authorizer`
            patch Changed `things.drop`: documentation: permission_sets
        "#]],
    );
    check(
        &[("    token: none", "    token: none\n    deprecated: { since: \"2.0\", instead: nothing }")],
        &expect![[r#"
            minor Deprecated `things.drop`: since 2.0; instead: nothing
        "#]],
        &expect![[r#"
            minor Changed `things.drop`: is not deprecated any more
        "#]],
    );
    check(
        &[("    token: none", "    token: none\n    any_of: [[id], [other]]")],
        &expect![[r#"
        major Changed `things.drop`: `any_of`: wants `id` or `other`
    "#]],
        &expect![[r#"
        minor Removed `things.drop`: the choice (`any_of`) between `id` or `other`
    "#]],
    );
    check(
        &[("    token: none", "    token: none\n    response: image")],
        &expect![[r#"
        major Changed `things.drop`: answers image instead of nothing
    "#]],
        &expect![[r#"
        major Changed `things.drop`: answers nothing instead of image
    "#]],
    );
}

fn other_group() -> String {
    "group: others\ntitle: 其他\nabout: Others.\ntypes:\n  Kind:\n    about: A kind.\n    values:\n      a: One.\nendpoints:\n  getOther:\n    name: get\n    title: 查询\n    about: Gets.\n    docs: https://a.b\n    method: GET\n    path: /others\n    params:\n      kind: { type: Kind }\n".to_owned()
}

#[test]
fn groups_come_and_go_as_a_whole() {
    let files = [("types.yaml", TYPES), ("errcodes.yaml", ERRCODES), ("api/things.yaml", GROUP)]
        .map(|(name, text)| (name, text.to_owned()));
    let more = [&files[..], &[("api/others.yaml", other_group())]].concat();
    let (old, new) = (load(&files), load(&more));
    expect![[r#"
        minor Added `others`: group for 其他 (1 endpoint: `get`)
    "#]]
    .assert_eq(&lines(&Report::new(&old, &new)));
    expect![[r#"
        major Removed `others`: group for 其他
    "#]]
    .assert_eq(&lines(&Report::new(&new, &old)));

    let core =
        [&files[..], &[("api/others.yaml", other_group().replace("title: 其他", "title: 其他\ncore: true"))]].concat();
    expect![[r#"
        major Changed `others`: has no feature any more
    "#]]
    .assert_eq(&lines(&Report::new(&new, &load(&core))));
}
