//! WeChat's pages: what is read of them, what is drafted from them, and what differs from a spec. The pages under
//! `pages/docs` are made up; they hold every construct of the real ones.

#![allow(clippy::unwrap_used, reason = "the helpers of tests may panic too")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use expect_test::{expect, expect_file};
use weapp_codegen::drift::{Given, compare};
use weapp_codegen::pages::{self, Page, PageField, Pages};
use weapp_codegen::{draft, load};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/pages")
}

/// The pages, with their files as they are named in the folder.
fn docs() -> Pages {
    let folder = folder().join("docs");
    let mut read = pages::read(std::slice::from_ref(&folder));
    for page in &mut read.pages {
        page.file = page.file.trim_start_matches(&folder.display().to_string()).trim_start_matches('/').into();
    }
    read
}

fn shown(page: &Page) -> String {
    let mut lines = vec![
        format!("{}:{} {}", page.file, page.line, page.id),
        format!("  title: {}", page.title),
        format!("  summary: {}", page.summary),
        format!("  address: {:?} {}", page.method, page.path),
        format!("  docs: {:?}", page.docs),
        format!("  cloud call: {:?}", page.cloud_call),
        format!("  third party: {:?} {:?}", page.third_party, page.permission_sets),
        format!("  encryption {}, outline {}", page.encryption, page.outline),
    ];
    for (at, fields) in [("query", &page.query), ("body", &page.body), ("response", &page.response)] {
        let mut text = format!("  {at}:\n");
        fields.iter().for_each(|field| show_field(field, "    ", &mut text));
        lines.push(text.trim_end().to_owned());
    }
    for code in &page.errcodes {
        lines.push(format!("  code: {} {} | {} (line {})", code.code, code.message, code.solution, code.line));
    }
    lines.push(format!("  limits: {:?}", page.limits));
    lines.push(format!("  notes: {:?}", page.notes));
    for example in &page.examples {
        let name = if example.request { "request" } else { "answer" };
        lines.push(format!("  {name}: {}", example.text.replace('\n', " ")));
    }
    lines.join("\n") + "\n"
}

fn show_field(field: &PageField, indent: &str, text: &mut String) {
    let list = if field.list { "[]" } else { "" };
    let PageField { line, name, required, text: about, example, values, .. } = field;
    write!(text, "{indent}{line} {name}: {}{list} {required:?} {about}", field.kind.word()).unwrap();
    writeln!(
        text,
        "{}{}",
        example.as_ref().map_or(String::new(), |it| format!(" e.g. {it}")),
        match values.len() {
            0 => String::new(),
            _ => format!(" {values:?}"),
        }
    )
    .unwrap();
    field.fields.iter().for_each(|field| show_field(field, &format!("{indent}  "), text));
}

#[test]
fn pages_are_read() {
    let read = docs();
    assert_eq!(read.mistakes, []);
    // The listing and the event.
    assert_eq!(read.others, 2);
    let all: Vec<_> = read.pages.iter().map(shown).collect();
    expect_file![folder().join("read.txt")].assert_eq(&all.join("\n"));
}

#[test]
fn a_page_that_cannot_be_read_is_told_by_line() {
    let told = |page: &str| match pages::page("a.md", page) {
        Ok(page) => format!("{:?}\n", page.map(|page| page.id)),
        Err(mistakes) => mistakes.iter().map(|mistake| format!("{mistake}\n")).collect(),
    };
    let call = "## 1. 调用方式\n\n```\nGET https://h/a\n```\n\n";
    let pages = [
        "# 甲\n\n接口英文名：\n\n## 1. 调用方式\n".to_owned(),
        format!("接口英文名：getX\n\n{call}- 该接口所属的权限集 id 为：甲\n"),
        format!(
            "接口英文名：getX\n\n{call}## 2. 请求参数\n\n### 请求体 `Request Payload`\n\n| 甲 | 乙 |\n| --- | --- |\n| a | b |\n"
        ),
        format!("接口英文名：getX\n\n{call}## 2. 请求参数\n\n| 参数名 | 类型 |\n| --- | --- |\n| a | string |\n"),
        format!(
            "接口英文名：getX\n\n{call}## 3. 返回参数\n\n### 返回体 `Response Payload`\n\n| 参数名 | 类型 |\n| --- | --- |\n|  | string |\n"
        ),
        format!("接口英文名：getX\n\n{call}## 6. 错误码\n\n| 错误码 | 错误描述 |\n| --- | --- |\n| x1 | no |\n"),
        format!("接口英文名：getX\n\n{call}## 6. 错误码\n\n| 甲 | 乙 |\n| --- | --- |\n| 1 | no |\n"),
        "\u{0}| a\n|-\n```\n\\".to_owned(),
    ];
    expect![[r#"
        a.md:3: no name stands behind 接口英文名; write the endpoint's English name there
        a.md:9: the permission sets `：甲` cannot be read; write numbers, as in `17、30-31`
        a.md:13: the table of `Body` has no columns 参数名 and 类型, but 甲、乙; give the table its usual header
        a.md:11: a table stands under no heading that says what it holds; put it under `请求体 Request Payload`, `Body.name Object Payload` or the like
        a.md:15: a row of `Res` names no field; write the field's name into its first column, or remove the row
        a.md:13: the code `x1` is no number; write the number alone into the first column
        a.md:11: the table of codes has no column 错误码; give the table its usual header
        None
    "#]].assert_eq(&pages.iter().map(|page| told(page)).collect::<String>());
}

#[test]
fn anything_can_be_read_without_a_panic() {
    let mut sources = Vec::new();
    for page in &docs().pages {
        sources.push(fs::read_to_string(folder().join("docs").join(&page.file)).unwrap());
    }
    for source in sources {
        // Cut off anywhere, and with each line missing.
        for (place, _) in source.char_indices() {
            let _ = pages::page("a.md", &source[..place]);
        }
        let lines: Vec<_> = source.lines().collect();
        for missing in 0..lines.len() {
            let rest = [&lines[..missing], &lines[missing + 1..]].concat().join("\n");
            let _ = pages::page("a.md", &rest);
        }
    }
}

#[test]
fn a_draft_is_refused_only_for_what_it_leaves_open() {
    let known = draft::known_errcodes(&folder().join("spec")).unwrap();
    assert_eq!(known, BTreeSet::from([-1]));
    let text = draft::draft(Some("pets"), &docs().pages, &known);
    expect_file![folder().join("draft.yaml")].assert_eq(&text);

    let spec = tempfile::tempdir().unwrap();
    fs::create_dir(spec.path().join("api")).unwrap();
    fs::write(spec.path().join("types.yaml"), "").unwrap();
    fs::copy(folder().join("spec/errcodes.yaml"), spec.path().join("errcodes.yaml")).unwrap();
    fs::write(spec.path().join("api/pets.yaml"), &text).unwrap();
    let told = load(spec.path()).unwrap_err();
    let lines: Vec<_> = text.lines().collect();
    assert!(told.iter().any(|mistake| mistake.what.contains("`about` is nothing")), "{told:?}");
    for mistake in told {
        let line = lines[mistake.line - 1];
        assert!(line.contains("TODO") || line.trim_start().starts_with("values:"), "{mistake}: {line}");
    }
}

#[test]
fn a_draft_that_is_filled_in_passes_and_does_not_drift() {
    let read = docs();
    let known = draft::known_errcodes(&folder().join("spec")).unwrap();
    let text = draft::draft(Some("pets"), &read.pages, &known);
    let mut filled = String::new();
    let mut number = 0;
    for line in text.lines() {
        number += 1;
        let (said, _) = line.split_once("  # ").unwrap_or((line, ""));
        let said = match said.trim() {
            "name:" => format!("{said} name_{number}"),
            "about:" => format!("{said} Words."),
            "docs:" => format!("{said} https://example.com"),
            "method:" => format!("{said} GET"),
            value if value.ends_with("{ name: , about: }") => {
                said.replace("name: , about: ", &format!("name: V{number}, about: Words. "))
            }
            code if code.contains("{ name: , kind: , message:") => {
                let said = said.replace("name: , kind: ", &format!("name: C{number}, kind: user"));
                said.replace("about: , remedy: , zh: ", "about: A., remedy: B., zh: 丙 ")
            }
            code if code.ends_with("{ about: , remedy: , zh: }") => {
                said.replace("about: , remedy: , zh: ", "about: A., remedy: B., zh: 丙 ")
            }
            value if value.len() > 1 && value.ends_with(':') && line.contains("# TODO: ") && !line.contains(".md:") => {
                format!("{said} Words.")
            }
            _ => said.to_owned(),
        };
        filled.push_str(&said);
        filled.push('\n');
    }
    let spec = tempfile::tempdir().unwrap();
    fs::create_dir(spec.path().join("api")).unwrap();
    fs::write(spec.path().join("types.yaml"), "").unwrap();
    fs::copy(folder().join("spec/errcodes.yaml"), spec.path().join("errcodes.yaml")).unwrap();
    fs::write(spec.path().join("api/pets.yaml"), &filled).unwrap();
    let mistakes = load(spec.path()).err().unwrap_or_default();
    assert!(mistakes.is_empty(), "{mistakes:#?}\n{filled}");
    let report = compare(spec.path(), &read.pages, &[], Given::Whole).unwrap();
    expect![[r#"
        pets.registerPet  宠物/养宠/登记宠物.md:7
          added  params.pay_sig  spec: -  page: string, required: 签名 [differs: [+params.pay_sig]]

        5 endpoints and 0 events in the spec, 5 pages of endpoints and 0 descriptions of events: 1 differences in 1 places; 0 more are on purpose
    "#]]
    .assert_eq(&report.table());
}

#[test]
fn what_differs_from_a_spec_is_told() {
    let spec = folder().join("spec");
    checked(&spec);
    let report = compare(&spec, &docs().pages, &[], Given::Whole).unwrap();
    expect_file![folder().join("drift.txt")].assert_eq(&report.table());
    let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
    let differences =
        json["drifted"].as_array().unwrap().iter().map(|one| one["differences"].as_array().unwrap().len());
    assert_eq!(differences.sum::<usize>(), report.len());
    assert_eq!((json["on_purpose"].as_u64(), json["pages"].as_u64()), (Some(report.on_purpose as u64), Some(5)));
}

#[test]
fn of_some_pages_nothing_is_said_about_the_others() {
    let pages = docs().pages;
    let photo: Vec<_> = pages.into_iter().filter(|page| page.id == "setPhoto").collect();
    let report = compare(&folder().join("spec"), &photo, &[], Given::Some).unwrap();
    assert!(report.is_empty(), "{}", report.table());
}

/// What the client sends by itself, and what is said by several words, stands on the page as plain fields.
#[test]
fn words_that_a_page_shows_otherwise_are_no_difference() {
    let group = "group: paying
title: 付
about: Pays.
common_errcodes: [70001, 70002]
endpoints:
  pay:
    name: pay
    title: 付款
    about: Pays.
    docs: https://example.com/pay
    method: POST
    path: /pay
    sign: [pay_sig, delivery_sign]
    params:
      app_key: { type: secret, in: sign, required: true }
      body: { type: Body, in: whole_body, required: true }
    response: { bytes_or: { wait: { type: bool } } }
    errcodes: [70003]
    envelope: { code: code, ok: [0, 1] }
  send:
    name: send
    title: 发送
    about: Sends.
    docs: https://example.com/send
    method: POST
    path: /send
    params:
      data: { type: Body, wire: json, required: true }
      loud: { type: bool, wire: int }
      a: { type: string }
      b: { type: string, required_if: { a: x } }
    exclusive: [[a], [b]]
types:
  Body:
    about: It.
    fields:
      sum: { type: i64, required: true }
      parts: { type: [Part] }
  Part:
    about: It.
    fields:
      x: { type: json }
";
    let pay = "接口英文名：pay\n\n## 1. 调用方式\n\n```\nPOST https://h/pay\n```\n\n## 2. 请求参数\n\n\
        ### 查询参数 `Query String Parameters`\n\n| 参数名 | 类型 | 必填 |\n| --- | --- | --- |\n| access_token | string | 是 |\n\
        | pay_sig | string | 是 |\n\n### 请求体 `Request Payload`\n\n| 参数名 | 类型 | 必填 |\n| --- | --- | --- |\n\
        | sum | number | 是 |\n| parts | [objarray](#Body__parts<Array>) | 否 |\n\n### Body.parts(Array) `Object Payload`\n\n\
        | 参数名 | 类型 | 必填 |\n| --- | --- | --- |\n| x | string | 否 |\n\n## 3. 返回参数\n\n### 返回体 `Response Payload`\n\n\
        | 参数名 | 类型 |\n| --- | --- |\n| code | number |\n| errmsg | string |\n| buffer | buffer |\n| wait | number |\n\n\
        ## 6. 错误码\n\n| 错误码 | 错误描述 |\n| --- | --- |\n| 1 | ok |\n| 70001 | a |\n| 70003 | b |\n";
    let send = "接口英文名：send\n\n## 1. 调用方式\n\n```\nPOST https://h/send\n```\n\n## 2. 请求参数\n\n\
        ### 请求体 `Request Payload`\n\n| 参数名 | 类型 | 必填 |\n| --- | --- | --- |\n| data | string | 是 |\n\
        | loud | number | 否 |\n| a | string | 是 |\n| b | string | 是 |\n";
    let spec = tempfile::tempdir().unwrap();
    fs::create_dir(spec.path().join("api")).unwrap();
    for (file, text) in [("types.yaml", ""), ("errcodes.yaml", ""), ("api/paying.yaml", group)] {
        fs::write(spec.path().join(file), text).unwrap();
    }
    let read = |page| pages::page("a.md", page).unwrap().unwrap();
    let report = compare(spec.path(), &[read(pay), read(send)], &[], Given::Whole).unwrap();
    assert!(report.is_empty(), "{}", report.table());
    // The same pages with other types are told.
    let other = pay.replace("| sum | number", "| sum | string").replace("| wait | number |", "| wait | object |");
    let other_send = send.replace("| data | string", "| data | object").replace("| loud | number", "| loud | boolean");
    let report = compare(spec.path(), &[read(&other), read(&other_send)], &[], Given::Whole).unwrap();
    let told: Vec<_> = report.drifted.iter().flat_map(|one| &one.differences).map(|one| one.what.as_str()).collect();
    assert_eq!(told, ["params.body.sum type", "response.wait type", "params.data type", "params.loud type"]);
}

fn checked(spec: &Path) {
    let mistakes = load(spec).err().unwrap_or_default();
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}
