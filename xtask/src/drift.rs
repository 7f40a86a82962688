//! `cargo xtask drift`: what WeChat has changed since the spec was written.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use weapp_codegen::drift::{self, Given, compare};
use weapp_codegen::pages;

use crate::report::{Report, lines, show, sound};
use crate::run::root;

pub(crate) fn run(dir: &Path, guides: &[PathBuf], json: Option<&Path>, partial: bool) -> ExitCode {
    let found = |found: drift::Report| Report { table: found.table(), json: found.json(), clean: found.is_empty() };
    show(report(&root(), dir, guides, partial).map(found), json)
}

fn report(root: &Path, dir: &Path, guides: &[PathBuf], partial: bool) -> Result<drift::Report, String> {
    let spec = root.join("spec");
    sound(&spec)?;
    let mut read = pages::read(&[dir.to_owned()]);
    let others = pages::read(guides);
    read.mistakes.extend(others.mistakes);
    // What a page that cannot be read says, nobody knows: no report is better than one that lacks it.
    if !read.mistakes.is_empty() {
        let told = "these pages cannot be compared; mend them, or take them out and use `--partial`.";
        return Err(format!("{}{} mistake(s): {told}", lines(&read.mistakes), read.mistakes.len()));
    }
    if read.pages.is_empty() && read.events.is_empty() {
        return Err(format!(
            "{}: no page of an endpoint or an event among {} files; give a folder of Markdown pages that hold a line \
             `接口英文名：…` or `事件英文名：…`.",
            dir.display(),
            read.others
        ));
    }
    read.events.extend(others.events);
    let given = match (partial, guides) {
        (true, _) => Given::Some,
        (false, []) => Given::Server,
        (false, _) => Given::Whole,
    };
    compare(&spec, &read.pages, &read.events, given).map_err(|mistake| mistake.to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A repository of one endpoint, and a folder with its page.
    fn house(words: &str, page: &str) -> (tempfile::TempDir, tempfile::TempDir) {
        let (house, pages) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let group = format!(
            "group: things\ntitle: 物\nabout: Things.\nendpoints:\n  getThing:\n    name: get\n    title: 读取\n    \
             about: Gets it.\n    docs: https://example.com/thing\n    method: GET\n    path: /wxa/thing\n{words}"
        );
        fs::create_dir_all(house.path().join("spec/api")).unwrap();
        for (file, text) in [("types.yaml", ""), ("errcodes.yaml", ""), ("api/things.yaml", &*group)] {
            fs::write(house.path().join("spec").join(file), text).unwrap();
        }
        fs::write(pages.path().join("thing.md"), page).unwrap();
        (house, pages)
    }

    fn page(method: &str) -> String {
        format!(
            "# 读取\n\n接口英文名：getThing\n\n## 1. 调用方式\n\n```\n{method} https://api.weixin.qq.com/wxa/thing\n```\n"
        )
    }

    fn told(words: &str, page: &str) -> Result<drift::Report, String> {
        let (house, pages) = house(words, page);
        report(house.path(), pages.path(), &[], false)
    }

    #[test]
    fn what_differs_and_what_does_so_on_purpose() {
        assert!(told("", &page("GET")).unwrap().is_empty());
        let changed = told("", &page("POST")).unwrap();
        assert!(changed.len() == 1 && changed.table().contains("changed  method"), "{}", changed.table());
        let meant = told("    differs: [method]\n", &page("POST")).unwrap();
        assert!(meant.is_empty() && meant.on_purpose == 1);
        let stale = told("    differs: [method]\n", &page("GET")).unwrap();
        assert!(stale.table().contains("stale"), "{}", stale.table());
    }

    #[test]
    fn what_cannot_be_compared_is_told() {
        assert!(told("    colour: red\n", &page("GET")).is_err_and(|told| told.contains("1 mistake(s) in spec/")));
        let unread = told("", "接口英文名：getThing\n");
        assert!(unread.is_err_and(|told| told.contains("thing.md:1: the page of `getThing` tells no address")));
        assert!(
            told("", "# 别的\n").is_err_and(|told| told.contains("no page of an endpoint or an event among 1 files"))
        );
    }

    #[test]
    fn json_holds_what_the_table_does() {
        let json = told("", &page("POST")).unwrap().json();
        assert!(json.contains("\"what\": \"method\"") && json.contains("\"page\": \"POST\""), "{json}");
    }
}
