//! What is told of changes: one small spec, edited in one place each time.

#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

#[allow(dead_code, reason = "the tests of generated code use more of it")]
mod support;

use std::collections::BTreeSet;
use std::fs;

use expect_test::{Expect, expect};
use support::{goldens, load as load_dir, root};
use syn::{ImplItem, Item, Visibility};
use weapp_codegen::diff::{Kind, Report, Step};
use weapp_codegen::emit::rust;
use weapp_codegen::model::Api;

const TYPES: &str = r#"
charsets:
  word: { chars: "a-z", about: Small letters. }
types:
  Mode:
    about: How it is done.
    values:
      fast: Fast.
      slow: Slow.
  Pair:
    about: Two.
    fields:
      left: { type: string, required: true }
      right: { type: i64 }
"#;

const ERRCODES: &str = r#"
errcodes:
  40001: { name: INVALID, kind: token, message: m, about: About., remedy: Remedy., zh: 怎么办。 }
  45009: { name: QUOTA, kind: quota, message: m, about: About., remedy: Remedy., zh: 怎么办。 }
"#;

const GROUP: &str = r#"
group: things
title: 事物
about: Things.
types:
  Row:
    about: A row.
    fields:
      id: { type: u64, always: true }
      name: { type: string }
errcodes:
  7: { name: THING_GONE, kind: not_found, message: m, about: About., remedy: Remedy., zh: 怎么办。 }
endpoints:
  listThings:
    name: list
    aliases: [things.list]
    title: 列表
    about: Lists things.
    docs: https://a.b/list
    method: POST
    path: /things/list
    limits: [100/min]
    params:
      kind: { type: string, required: true, length: 1..32, charset: word }
      offset: { type: u32, default: 0 }
      count: { type: u32 }
      app: { type: string, default_from: official_account_appid }
      pair: { type: Pair }
      mode: { type: Mode, default: fast }
      fixed: { type: u8, fixed: 1 }
    response:
      fields:
        rows: { type: [Row] }
        total: { type: u32, always: true }
        next: { type: string }
    errcodes:
      40001:
      7: { about: Own., remedy: Own., zh: 自。 }
    paging: { style: offset, start: offset, limit: count, items: rows, total: total }
  dropThing:
    name: drop
    title: 删除
    about: Drops one.
    docs: https://a.b/drop
    method: GET
    path: /things/drop
    token: none
    params:
      id: { type: string }
      other: { type: string }
"#;

const EVENTS: &str = r#"
group: pushed
title: 推送
about: What is pushed.
types:
  Cause:
    about: Why.
    values:
      bored: Boredom.
replies:
  Taken:
    fields:
      Code: { type: i64, initial: 0 }
      Text: { type: string }
events:
  thing_gone:
    title: 事物消失
    about: A thing is gone.
    docs: https://a.b/gone
    fields:
      thing: { type: u64, always: true }
      cause: { type: Cause }
    example: { thing: 9 }
  thing_seen:
    title: 事物出现
    about: A thing is seen.
    docs: https://a.b/seen
    names: [thing_came, thing_passed]
    distinct_by: [seen]
    fields:
      seen: { type: string }
    reply: Taken
    example: { seen: a }
"#;

fn load(files: &[(&str, String)]) -> Api {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("api")).unwrap();
    for (name, text) in files {
        fs::create_dir_all(dir.path().join(name).parent().unwrap()).unwrap();
        fs::write(dir.path().join(name), text).unwrap();
    }
    load_dir(dir.path())
}

/// The spec, `edit`ed: each pair replaces what stands there once by something else, in whichever file it stands.
fn edited(edits: &[(&str, &str)]) -> Api {
    let mut files = [
        ("types.yaml", TYPES),
        ("errcodes.yaml", ERRCODES),
        ("api/things.yaml", GROUP),
        ("events/pushed.yaml", EVENTS),
    ]
    .map(|(name, text)| (name, text.to_owned()));
    for (from, to) in edits {
        assert_eq!(files.iter().map(|(_, text)| text.matches(from).count()).sum::<usize>(), 1, "{from}");
        files.iter_mut().for_each(|(_, text)| *text = text.replace(from, to));
    }
    load(&files)
}

/// Checks what is told of edits, and the other way round of taking them back.
#[track_caller]
fn check(edits: &[(&str, &str)], there: &Expect, back: &Expect) {
    let (old, new) = (edited(&[]), edited(edits));
    for (old, new, told) in [(&old, &new, there), (&new, &old, back)] {
        let report = Report::new(old, new);
        told.assert_eq(&lines(&report));
        // Whatever the rules say: what users can name is there still, unless the step is major.
        let (before, after) = (interface(old), interface(new));
        let gone: Vec<_> = before.difference(&after).collect();
        let major = report.step().is_some_and(|(step, _)| step == Step::Major);
        assert!(gone.is_empty() || major, "no major step, and gone are {gone:#?}");
        let more = after.difference(&before).next().is_some();
        assert!(!more || report.step().is_some_and(|(step, _)| step > Step::Patch), "{report:?}");
    }
}

/// All that users of the generated code can name, with its types.
fn interface(api: &Api) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    let events =
        rust::event_files(api).into_iter().map(|file| rust::File { path: format!("events/{}", file.path), ..file });
    for file in rust::files(api).into_iter().chain(events) {
        let module = &file.path;
        for item in syn::parse_file(&file.text).unwrap().items {
            match item {
                Item::Struct(item) => {
                    let name = item.ident.to_string();
                    for field in item.fields.iter().filter(|field| matches!(field.vis, Visibility::Public(_))) {
                        let (field, ty) = (&field.ident, &field.ty);
                        out.insert(format!("{module} {name} {}", quote::quote!(#field: #ty)));
                    }
                    out.insert(format!("{module} {name}"));
                }
                Item::Enum(item) => {
                    out.extend(
                        item.variants.iter().map(|variant| format!("{module} {} {}", item.ident, variant.ident)),
                    );
                }
                Item::Impl(item) => {
                    let (of, ty) = (item.trait_.as_ref().map(|(path, _)| path), &item.self_ty);
                    let name = quote::quote!(#of #ty).to_string();
                    let public = |member: &ImplItem| match member {
                        ImplItem::Fn(function) if matches!(function.vis, Visibility::Public(_)) => {
                            let signature = &function.sig;
                            Some(quote::quote!(#signature).to_string())
                        }
                        ImplItem::Const(constant) if matches!(constant.vis, Visibility::Public(_)) => {
                            Some(constant.ident.to_string())
                        }
                        // The type of an answer, and of a row.
                        ImplItem::Type(ty) => Some(quote::quote!(#ty).to_string()),
                        _ => None,
                    };
                    out.extend(item.items.iter().filter_map(public).map(|member| format!("{module} {name} {member}")));
                    out.insert(format!("{module} {name}"));
                }
                _ => {}
            }
        }
    }
    out
}

fn lines(report: &Report) -> String {
    report.changes.iter().map(|change| format!("{} {:?} {change}\n", change.step, change.kind)).collect()
}

#[test]
fn nothing_changes_between_a_spec_and_itself() {
    check(&[], &expect![""], &expect![""]);
    let interface = interface(&edited(&[]));
    for known in ["things.rs ListThings kind : Option < String >", "types.rs Mode Fast", "errcodes.rs ErrCode QUOTA"] {
        assert!(interface.contains(known), "{known} is not in {interface:#?}");
    }
    let specs = goldens().into_iter().map(|golden| golden.path.join("spec")).chain([root().join("spec")]);
    for spec in specs {
        let report = Report::new(&load_dir(&spec), &load_dir(&spec));
        assert_eq!((report.step(), report.changes.len()), (None, 0), "{}", spec.display());
    }
}

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

#[test]
fn parameters() {
    check(
        &[("      other: { type: string }", "      other: { type: i64 }")],
        &expect![[r#"
        major Changed `things.drop`: parameter `other` is `Option<i64>` in Rust instead of `Option<String>`
    "#]],
        &expect![[r#"
        major Changed `things.drop`: parameter `other` is `Option<String>` in Rust instead of `Option<i64>`
    "#]],
    );
    check(
        &[("      other: { type: string }", "      more: { type: f64 }")],
        &expect![[r#"
        minor Added `things.drop`: parameter `more` (f64)
        major Removed `things.drop`: parameter `other`
    "#]],
        &expect![[r#"
        minor Added `things.drop`: parameter `other` (string)
        major Removed `things.drop`: parameter `more`
    "#]],
    );
    check(
        &[("      other: { type: string }", "      Other: { type: string }")],
        &expect![[r#"
            major Changed `things.drop`: parameter `other` travels as `Other`
        "#]],
        &expect![[r#"
            major Changed `things.drop`: parameter `Other` travels as `other`
        "#]],
    );
    check(
        &[("      other: { type: string }", "      other: { type: string, rust: another }")],
        &expect![[r#"
            major Changed `things.drop`: parameter `other` is `another` in Rust instead of `other`
        "#]],
        &expect![[r#"
            major Changed `things.drop`: parameter `other` is `other` in Rust instead of `another`
        "#]],
    );
    check(
        &[("      other: { type: string }", "      other: { type: string, fixed: x }")],
        &expect![[r#"
            major Removed `things.drop`: parameter `other`, which is sent by the client itself
        "#]],
        &expect![[r#"
            minor Added `things.drop`: parameter `other`, which was sent by the client itself
        "#]],
    );
    check(
        &[(
            "      other: { type: string }",
            "      other: { type: string, length: ..5, deprecated: Not read., yields_to: id }",
        )],
        &expect![[r#"
            minor Changed `things.drop`: parameter `other` is not sent when `id` is set
            minor Changed `things.drop`: parameter `other` is checked: at most 5 characters
            minor Deprecated `things.drop`: parameter `other`: Not read.
        "#]],
        &expect![[r#"
            minor Changed `things.drop`: parameter `other` yields to no other any more
            minor Changed `things.drop`: parameter `other` is not checked any more: at most 5 characters
            minor Changed `things.drop`: parameter `other` is not deprecated any more
        "#]],
    );
    check(
        &[
            ("offset: { type: u32, default: 0 }", "offset: { type: u32, default: 1, in: query }"),
            ("app: { type: string, default_from: official_account_appid }", "app: { type: string }"),
        ],
        &expect![[r#"
            minor Changed `things.list`: parameter `offset` counts as `1` when absent instead of `0`
            minor Changed `things.list`: parameter `offset` travels in `query` instead of `body`
            major Changed `things.list`: parameter `app` is not filled from the configured `official_account_appid` any more
        "#]],
        &expect![[r#"
            minor Changed `things.list`: parameter `offset` counts as `0` when absent instead of `1`
            minor Changed `things.list`: parameter `offset` travels in `body` instead of `query`
            minor Added `things.list`: parameter `app` is filled from the configured `official_account_appid`
        "#]],
    );
    check(
        &[("fixed: { type: u8, fixed: 1 }", "fixed: { type: u8, fixed: 2 }")],
        &expect![[r#"
        minor Changed `things.list`: parameter `fixed` is sent with another value
    "#]],
        &expect![[r#"
        minor Changed `things.list`: parameter `fixed` is sent with another value
    "#]],
    );
}

#[test]
fn what_is_required() {
    // The first required field makes `new` take it, a second makes it take nothing.
    check(
        &[("      other: { type: string }", "      other: { type: string, required: true }")],
        &expect![[r#"
            major Changed `things.drop`: parameter `other` is required
            major Changed `things.drop`: `new` takes `other` instead of nothing
        "#]],
        &expect![[r#"
            minor Changed `things.drop`: parameter `other` is not required any more
            major Changed `things.drop`: `new` takes nothing instead of `other`
        "#]],
    );
    check(
        &[("      count: { type: u32 }", "      count: { type: u32, required: true }")],
        &expect![[r#"
            major Changed `things.list`: parameter `count` is required
            major Changed `things.list`: `new` takes nothing instead of `kind`
        "#]],
        &expect![[r#"
            minor Changed `things.list`: parameter `count` is not required any more
            major Changed `things.list`: `new` takes `kind` instead of nothing
        "#]],
    );
    check(
        &[("      count: { type: u32 }", "      count: { type: u32, required_if: { mode: slow } }")],
        &expect![[r#"
            major Changed `things.list`: parameter `count` is required when `mode` is slow
        "#]],
        &expect![[r#"
            minor Changed `things.list`: parameter `count` is not required when `mode` is slow any more
        "#]],
    );
    check(
        &[("      right: { type: i64 }", "      right: { type: i64 }\n      third: { type: i64, required: true }")],
        &expect![[r#"
            major Added `types::Pair`: field `third` (i64, required)
            major Changed `types::Pair`: `new` takes nothing instead of `left`
        "#]],
        &expect![[r#"
            major Removed `types::Pair`: field `third`
            major Changed `types::Pair`: `new` takes `left` instead of nothing
        "#]],
    );
}

#[test]
fn answers() {
    check(
        &[("        next: { type: string }", "        next: { type: string, always: true }")],
        &expect![[r#"
            major Changed `things.list`: answered field `next` is `String` in Rust instead of `Option<String>`
        "#]],
        &expect![[r#"
            major Changed `things.list`: answered field `next` is `Option<String>` in Rust instead of `String`
        "#]],
    );
    check(
        &[("rows: { type: [Row] }", "rows: { type: [Row], always: true }")],
        &expect![[r#"
        major Changed `things.list`: answered field `rows` has to be there always
    "#]],
        &expect![[r#"
        minor Changed `things.list`: answered field `rows` may be absent
    "#]],
    );
    check(
        &[("        next: { type: string }", "        more: { type: bool }")],
        &expect![[r#"
        minor Added `things.list`: answered field `more` (bool)
        major Removed `things.list`: answered field `next`
    "#]],
        &expect![[r#"
        minor Added `things.list`: answered field `next` (string)
        major Removed `things.list`: answered field `more`
    "#]],
    );
    check(
        &[("items: rows, total: total }", "items: rows }")],
        &expect![[r#"
        minor Changed `things.list`: the next page is asked for otherwise
    "#]],
        &expect![[r#"
        minor Changed `things.list`: the next page is asked for otherwise
    "#]],
    );
    check(
        &[("    paging: { style: offset, start: offset, limit: count, items: rows, total: total }\n", "")],
        &expect![[r#"
            major Removed `things.list`: `pages` and `items` of the call
            major Removed `things.list`: `page` of the request
        "#]],
        &expect![[r#"
            minor Added `things.list`: `pages` and `items` of the call
            minor Added `things.list`: `page` of the request
        "#]],
    );
    check(
        &[
            ("rows: { type: [Row] }", "rows: { type: [Row] }\n        others: { type: [string] }"),
            ("items: rows,", "items: others,"),
        ],
        &expect![[r#"
            minor Added `things.list`: answered field `others` ([string])
            major Changed `things.list`: `items` gives `string` instead of `Row`
            minor Changed `things.list`: the next page is asked for otherwise
        "#]],
        &expect![[r#"
            major Removed `things.list`: answered field `others`
            major Changed `things.list`: `items` gives `Row` instead of `string`
            minor Changed `things.list`: the next page is asked for otherwise
        "#]],
    );
}

#[test]
fn types() {
    check(
        &[("      slow: Slow.", "      slow: { name: Gently, about: Slow. }\n      idle: Not at all.")],
        &expect![[r#"
            minor Added `types::Mode`: value `Idle` (`idle`)
            major Changed `types::Mode`: value `Slow` is named `Gently`
        "#]],
        &expect![[r#"
            major Changed `types::Mode`: value `Gently` is named `Slow`
            major Removed `types::Mode`: value `Idle` (`idle`)
        "#]],
    );
    check(
        &[
            ("  Row:\n    about: A row.", "  Line:\n    about: A row."),
            ("rows: { type: [Row] }", "rows: { type: [Line] }"),
        ],
        &expect![[r#"
            major Changed `things.list`: answered field `rows` is `Vec<Line>` in Rust instead of `Vec<Row>`
            major Changed `things.list`: `items` gives `Line` instead of `Row`
            major Changed `things::Line`: was `things::Row`
        "#]],
        &expect![[r#"
            major Changed `things.list`: answered field `rows` is `Vec<Row>` in Rust instead of `Vec<Line>`
            major Changed `things.list`: `items` gives `Row` instead of `Line`
            major Changed `things::Row`: was `things::Line`
        "#]],
    );
    // A struct that can be sent has other fields than one that is only read.
    check(
        &[
            ("      pair: { type: Pair }", "      pair: { type: Pair }\n      row: { type: Row }"),
            ("id: { type: u64, always: true }", "id: { type: u64 }"),
        ],
        &expect![[r#"
            minor Added `things.list`: parameter `row` (Row)
            minor Added `things::Row`: `new` and setters: it can be sent
            major Changed `things::Row`: field `id` is `Option<u64>` in Rust instead of `u64`
        "#]],
        &expect![[r#"
            major Removed `things.list`: parameter `row`
            major Removed `things::Row`: `new` and setters: it is only answered now
            major Changed `things::Row`: field `id` is `u64` in Rust instead of `Option<u64>`
        "#]],
    );
    check(
        &[
            ("      slow: Slow.", "      1: { name: Slow, about: Slow. }"),
            ("fast: Fast.", "0: { name: Fast, about: Fast. }"),
            ("default: fast", "default: 0"),
        ],
        &expect![[r#"
            minor Changed `things.list`: parameter `mode` counts as `0` when absent instead of `fast`
            major Changed `types::Mode`: enum of numbers instead of enum of texts
        "#]],
        &expect![[r#"
            minor Changed `things.list`: parameter `mode` counts as `fast` when absent instead of `0`
            major Changed `types::Mode`: enum of texts instead of enum of numbers
        "#]],
    );
    check(
        &[("chars: \"a-z\"", "chars: \"b-z0\"")],
        &expect![[r#"
        minor Changed `character set word`: takes `-0`
        minor Changed `character set word`: does not take any more `acdefghijklmnopqrstuvwxy`
    "#]],
        &expect![[r#"
        minor Changed `character set word`: takes `acdefghijklmnopqrstuvwxy`
        minor Changed `character set word`: does not take any more `-0`
    "#]],
    );
}

#[test]
fn codes() {
    check(
        &[("name: QUOTA, kind: quota", "name: NO_QUOTA, kind: rate, retry: later")],
        &expect![[r#"
            major Changed `ErrCode`: `QUOTA` is named `NO_QUOTA`
            minor Changed `ErrCode`: `NO_QUOTA` is `rate` instead of `quota`
            minor Changed `ErrCode`: `NO_QUOTA` may be repeated `later` instead of `never`
        "#]],
        &expect![[r#"
            major Changed `ErrCode`: `NO_QUOTA` is named `QUOTA`
            minor Changed `ErrCode`: `QUOTA` is `quota` instead of `rate`
            minor Changed `ErrCode`: `QUOTA` may be repeated `never` instead of `later`
        "#]],
    );
    check(
        &[("      40001:\n", "      45009:\n"), ("7: { about: Own.,", "7: { kind: busy, about: Own.,")],
        &expect![[r#"
            minor Added `things.list`: may answer 45009
            minor Changed `things.list`: `7` is `busy` instead of `not_found`
            minor Removed `things.list`: does not answer 40001 any more
        "#]],
        &expect![[r#"
            minor Added `things.list`: may answer 40001
            minor Changed `things.list`: `7` is `not_found` instead of `busy`
            minor Removed `things.list`: does not answer 45009 any more
        "#]],
    );
    check(
        &[("  45009: { name: QUOTA", "  45010: { name: QUOTA")],
        &expect![[r#"
        major Changed `ErrCode`: `QUOTA` is 45010 instead of 45009
    "#]],
        &expect![[r#"
        major Changed `ErrCode`: `QUOTA` is 45009 instead of 45010
    "#]],
    );
}

#[test]
fn events_come_and_go() {
    let gone = EVENTS.find("  thing_gone").unwrap();
    let seen = EVENTS.find("  thing_seen").unwrap();
    check(
        &[(&EVENTS[gone..seen], ""), ("types:\n  Cause:\n    about: Why.\n    values:\n      bored: Boredom.\n", "")],
        &expect![[r#"
            major Removed `events::ThingGone`: 事物消失 (`thing_gone`)
            major Removed `events::pushed::Cause`: enum of texts
        "#]],
        &expect![[r#"
            minor Added `events::ThingGone`: 事物消失 (`thing_gone`)
            minor Added `events::pushed::Cause`: enum of texts
        "#]],
    );
    check(
        &[("  thing_gone:\n", "  thing_left:\n    name: ThingGone\n")],
        &expect![[r#"
            minor Added `events::ThingGone`: comes for `thing_left`
            major Removed `events::ThingGone`: does not come for `thing_gone` any more
        "#]],
        &expect![[r#"
            minor Added `events::ThingGone`: comes for `thing_gone`
            major Removed `events::ThingGone`: does not come for `thing_left` any more
        "#]],
    );
    check(
        &[("  thing_gone:\n", "  thing_gone:\n    name: Vanished\n    kind: message\n")],
        &expect![[r#"
            major Changed `events::Vanished`: was `events::ThingGone`
            major Changed `events::Vanished`: comes as `message` instead of `event`
            patch Changed `events::Vanished`: documentation of field `FromUserName`: about
        "#]],
        &expect![[r#"
            major Changed `events::ThingGone`: was `events::Vanished`
            major Changed `events::ThingGone`: comes as `event` instead of `message`
            patch Changed `events::ThingGone`: documentation of field `FromUserName`: about
        "#]],
    );
}

#[test]
fn what_an_event_says() {
    check(
        &[
            ("thing: { type: u64, always: true }", "thing: { type: u64 }\n      more: { type: string }"),
            ("    names: [thing_came, thing_passed]\n", "    names: [thing_came, thing_left]\n    answer_within: 3\n"),
            ("    distinct_by: [seen]\n", ""),
            ("about: A thing is seen.", "about: It is seen.\n    deprecated: { since: \"1\", instead: nothing }"),
            ("bored: Boredom.", "bored: Boredom.\n      tired: Fatigue."),
        ],
        &expect![[r#"
            minor Added `events::ThingGone`: field `more` (string)
            major Changed `events::ThingGone`: field `thing` is `Option<u64>` in Rust instead of `u64`
            minor Added `events::ThingSeen`: comes for `thing_left`
            major Removed `events::ThingSeen`: does not come for `thing_passed` any more
            minor Changed `events::ThingSeen`: has another `distinct_by`
            minor Changed `events::ThingSeen`: has another `answer_within`
            minor Deprecated `events::ThingSeen`: since 1; instead: nothing
            patch Changed `events::ThingSeen`: documentation: about
            minor Added `events::pushed::Cause`: value `Tired` (`tired`)
            minor Added `events::pushed::ThingSeenEvent`: value `ThingLeft` (`thing_left`)
            major Removed `events::pushed::ThingSeenEvent`: value `ThingPassed` (`thing_passed`)
        "#]],
        &expect![[r#"
            major Changed `events::ThingGone`: field `thing` is `u64` in Rust instead of `Option<u64>`
            major Removed `events::ThingGone`: field `more`
            minor Added `events::ThingSeen`: comes for `thing_passed`
            major Removed `events::ThingSeen`: does not come for `thing_left` any more
            minor Changed `events::ThingSeen`: has another `distinct_by`
            minor Changed `events::ThingSeen`: has another `answer_within`
            minor Changed `events::ThingSeen`: is not deprecated any more
            patch Changed `events::ThingSeen`: documentation: about
            major Removed `events::pushed::Cause`: value `Tired` (`tired`)
            minor Added `events::pushed::ThingSeenEvent`: value `ThingPassed` (`thing_passed`)
            major Removed `events::pushed::ThingSeenEvent`: value `ThingLeft` (`thing_left`)
        "#]],
    );
}

#[test]
fn what_an_event_wants_to_hear() {
    check(
        &[(
            "      Code: { type: i64, initial: 0 }\n",
            "      Code: { type: i64, initial: 1, required: true }\n      Since: { type: timestamp, required: true, default_from: now }\n",
        )],
        &expect![[r#"
            minor Changed `events::Taken`: its fields have another `default_from`
            minor Changed `events::Taken`: its fields have another `initial`
            minor Added `events::Taken`: field `Since` (timestamp)
        "#]],
        &expect![[r#"
            minor Changed `events::Taken`: its fields have another `default_from`
            minor Changed `events::Taken`: its fields have another `initial`
            major Removed `events::Taken`: field `Since`
        "#]],
    );
    check(
        &[
            ("  Taken:\n", "  Taken:\n    optional: true\n    about: It is taken.\n"),
            ("      Text: { type: string }", "      Text: { type: string, required: true }"),
        ],
        &expect![[r#"
            major Changed `events::Taken`: `success` will do as well
            patch Changed `events::Taken`: documentation: about
            major Changed `events::Taken`: field `Text` is required
            major Changed `events::Taken`: `new` takes `text` instead of nothing
        "#]],
        &expect![[r#"
            major Changed `events::Taken`: `success` will not do any more
            patch Changed `events::Taken`: documentation: about
            minor Changed `events::Taken`: field `Text` is not required any more
            major Changed `events::Taken`: `new` takes nothing instead of `text`
        "#]],
    );
    check(
        &[
            ("    reply: Taken\n", "    reply:\n      name: Seen\n      fields:\n        Code: { type: i64 }\n"),
            (
                "replies:\n  Taken:\n    fields:\n      Code: { type: i64, initial: 0 }\n      Text: { type: string }\n",
                "",
            ),
        ],
        &expect![[r#"
            major Changed `events::ThingSeen`: is answered with `Seen` instead of `Taken`
            minor Added `events::Seen`: reply
            major Removed `events::Taken`: reply
        "#]],
        &expect![[r#"
            major Changed `events::ThingSeen`: is answered with `Taken` instead of `Seen`
            minor Added `events::Taken`: reply
            major Removed `events::Seen`: reply
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

#[test]
fn the_report_and_the_changelog() {
    let old = edited(&[]);
    let new = edited(&[
        ("      other: { type: string }", "      others: { type: i64, required: true }\n      more: { type: u8 }"),
        ("about: Lists things.", "about: Lists them."),
        ("docs: https://a.b/list", "docs: https://a.b/l\n    deprecated: { since: \"2.0\", instead: nothing }"),
        ("      slow: Slow.", "      slow: Slow.\n      idle: Not at all."),
    ]);
    let report = Report::new(&old, &new);
    expect![[r#"
        spec/ of v1 and of the working tree: 7 changes (3 major, 3 minor, 1 patch).
        This needs a major step: `things.drop`: parameter `others` (i64, required); calls that do not set it are refused.
        (Before 1.0.0 a major step raises the second number of the version, any other step the third.)

        Added
          major  `things.drop`: parameter `others` (i64, required) (calls that do not set it are refused)
          minor  `things.drop`: parameter `more` (u8)
          minor  `types::Mode`: value `Idle` (`idle`)

        Changed
          patch  `things.list`: documentation: about, docs
          major  `things.drop`: `new` takes `others` instead of nothing (code that makes one with `new` does not compile)

        Deprecated
          minor  `things.list`: since 2.0; instead: nothing

        Removed
          major  `things.drop`: parameter `other` (code that uses it does not compile)

        For CHANGELOG.md:

        ### Added

        - **Breaking:** `things.drop`: parameter `others` (i64, required).
        - `things.drop`: parameter `more` (u8).
        - `types::Mode`: value `Idle` (`idle`).

        ### Changed

        - **Breaking:** `things.drop`: `new` takes `others` instead of nothing.
        - Documentation of `things.list`.

        ### Deprecated

        - `things.list`: since 2.0; instead: nothing.

        ### Removed

        - **Breaking:** `things.drop`: parameter `other`.
    "#]].assert_eq(&report.text("spec/ of v1 and of the working tree"));
    let json = report.json();
    assert_eq!(json["step"], "major");
    assert_eq!(json["because"]["place"], "things.drop");
    assert_eq!(json["changes"].as_array().unwrap().len(), report.changes.len());
    assert!(json["changelog"].as_str().unwrap().starts_with("### Added\n"));
    let none = Report::new(&old, &old);
    assert_eq!((none.json()["step"].clone(), none.changelog().as_str()), (serde_json::Value::Null, ""));
    assert!(Step::Major > Step::Minor && Step::Minor > Step::Patch);
    assert!(report.changes.iter().any(|change| change.kind == Kind::Deprecated));
}
