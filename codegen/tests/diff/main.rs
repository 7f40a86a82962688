//! What is told of changes: one small spec, edited in one place each time.

#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "the tests of generated code use more of it")]
mod support;

mod endpoints;
mod events;
mod fields;

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
