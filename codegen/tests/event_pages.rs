//! What WeChat's pages say of pushed events: what is read of them, and what differs from a spec. The pages under
//! `pages/pushed/docs` are made up; they hold every layout of the real ones.

#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use expect_test::{expect, expect_file};
use weapp_codegen::drift::{Given, Report, compare};
use weapp_codegen::load;
use weapp_codegen::pages::{self, EventPage, PageField, Pages};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pages/pushed")
}

/// The descriptions, with their files as they are named in the folder.
fn docs() -> Pages {
    let folder = folder().join("docs");
    let mut read = pages::read(std::slice::from_ref(&folder));
    for page in &mut read.events {
        page.file = page.file.trim_start_matches(&folder.display().to_string()).trim_start_matches('/').into();
    }
    read
}

fn drift(events: &[EventPage], given: Given) -> Report {
    let endpoint = pages::page(
        "饲养员.md",
        "# 饲养员\n\n接口英文名：getKeeper\n\n## 1. 调用方式\n\n```\nGET https://h/keeper\n```\n\n## 3. 返回参数\n\n\
         ### 返回体 `Response Payload`\n\n| 参数名 | 类型 |\n| --- | --- |\n| keeper | [object](#Res__keeper) |\n\n\
         ### Res.keeper `Object Payload`\n\n| 参数名 | 类型 |\n| --- | --- |\n| name | string |\n",
    );
    compare(&folder().join("spec"), &[endpoint.unwrap().unwrap()], events, given).unwrap()
}

fn told(report: &Report) -> Vec<&str> {
    report.drifted.iter().flat_map(|one| &one.differences).map(|one| &*one.what).collect()
}

fn shown(page: &EventPage) -> String {
    let mut text = format!("{}:{} {:?} {:?}\n", page.file, page.line, page.names, page.titles);
    for (at, fields) in [("pushed", &page.fields), ("reply", &page.reply)] {
        if !fields.is_empty() {
            writeln!(text, "  {at}:").unwrap();
            fields.iter().for_each(|field| show_field(field, "    ", &mut text));
        }
    }
    text
}

fn show_field(field: &PageField, indent: &str, text: &mut String) {
    let list = if field.list { "[]" } else { "" };
    let PageField { line, name, required, values, .. } = field;
    write!(text, "{indent}{line} {name}: {}{list}", field.kind.word()).unwrap();
    if let Some(required) = required {
        write!(text, " required: {required}").unwrap();
    }
    if !values.is_empty() {
        write!(text, " {:?}", values.iter().map(|(value, _)| value).collect::<Vec<_>>()).unwrap();
    }
    text.push('\n');
    field.fields.iter().for_each(|field| show_field(field, &format!("{indent}  "), text));
}

#[test]
fn every_layout_is_read() {
    let read = docs();
    assert_eq!(read.mistakes, []);
    // The listing, which has a table of an event of the front end.
    assert_eq!(read.others, 1);
    let all: Vec<_> = read.events.iter().map(shown).collect();
    expect_file![folder().join("read.txt")].assert_eq(&all.join("\n"));
}

#[test]
fn what_differs_from_a_spec_is_told() {
    let mistakes = load(&folder().join("spec")).err().unwrap_or_default();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    let report = drift(&docs().events, Given::Whole);
    expect_file![folder().join("drift.txt")].assert_eq(&report.table());
}

#[test]
fn of_some_pages_nothing_is_said_about_the_others() {
    let events: Vec<_> = docs().events.into_iter().filter(|page| page.names == ["pet_told"]).collect();
    assert_eq!(events.len(), 1);
    assert_eq!(told(&drift(&events, Given::Some)), [] as [&str; 0]);
    assert!(told(&drift(&events, Given::Whole)).contains(&"page"));
    // Nothing in this spec is described in the documentation of the server.
    assert!(!told(&drift(&events, Given::Server)).contains(&"page"));
}

/// Where several pages describe an event, none need be whole; but what all of them dropped is gone.
#[test]
fn what_one_page_leaves_out_another_one_may_have() {
    let mut events = docs().events;
    let of_paid = |events: &[EventPage]| {
        let report = drift(events, Given::Whole);
        let of = report.drifted.iter().filter(|one| one.endpoint.as_deref() == Some("pet_paid"));
        of.flat_map(|one| &one.differences).map(|one| one.what.clone()).collect::<Vec<_>>()
    };
    assert_eq!(of_paid(&events), ["fields.Money.Tax"]);
    for page in events.iter_mut().filter(|page| page.names == ["pet_paid"]) {
        page.fields.retain(|field| field.name != "Remark");
    }
    assert_eq!(of_paid(&events), ["fields.Money.Tax", "fields.Remark"]);
}

#[test]
fn a_page_of_an_event_that_cannot_be_read_is_told_by_line() {
    let page = "# 甲\n\n事件英文名：pet\\_x\n\n## 1. 消息参数\n\n### 请求体 `Request Payload`\n\n";
    let told = |table: &str| match pages::events("a.md", &format!("{page}{table}")) {
        Ok(events) => format!("{:?}\n", events.iter().map(|event| &event.names).collect::<Vec<_>>()),
        Err(mistakes) => mistakes.iter().map(|mistake| format!("{mistake}\n")).collect(),
    };
    let tables = ["| 甲 | 乙 |\n| --- | --- |\n| a | b |\n", "| 参数名 | 类型 |\n| --- | --- |\n|  | string |\n", ""];
    expect![[r#"
        a.md:9: the table of `Body` has no columns 参数名 and 类型, but 甲、乙; give the table its usual header
        a.md:11: a row of `Body` names no field; write the field's name into its first column, or remove the row
        [["pet_x"]]
    "#]]
    .assert_eq(&tables.map(told).concat());
}

#[test]
fn anything_can_be_read_without_a_panic() {
    let mut sources = Vec::new();
    for page in &docs().events {
        sources.push(fs::read_to_string(folder().join("docs").join(&page.file)).unwrap());
    }
    sources.dedup();
    for source in sources {
        // Cut off anywhere, and with each line missing.
        for (place, _) in source.char_indices() {
            let _ = pages::events("a.md", &source[..place]);
        }
        let lines: Vec<_> = source.lines().collect();
        for missing in 0..lines.len() {
            let rest = [&lines[..missing], &lines[missing + 1..]].concat().join("\n");
            let _ = pages::events("a.md", &rest);
        }
    }
}
