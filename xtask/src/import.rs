//! `cargo xtask import`: drafts a group of the spec from WeChat's pages.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use weapp_codegen::{draft, pages};

use crate::run::root;

pub(crate) fn run(pages: &[PathBuf], out: Option<&Path>) -> ExitCode {
    match import(&root(), pages, out) {
        Ok(Drafted { text, told, unread }) => {
            if let Some(text) = text {
                print!("{text}");
            }
            eprintln!("{told}");
            ExitCode::from(u8::from(unread > 0))
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

struct Drafted {
    /// To be printed, unless it went into a file.
    text: Option<String>,
    told: String,
    /// How many mistakes the pages have.
    unread: usize,
}

fn import(root: &Path, paths: &[PathBuf], out: Option<&Path>) -> Result<Drafted, String> {
    if let Some(out) = out.filter(|out| out.exists()) {
        return Err(format!("{} exists, and a draft replaces no file: remove it, or name another one", out.display()));
    }
    let read = pages::read(paths);
    let mut told: String = read.mistakes.iter().map(|mistake| format!("{mistake}\n")).collect();
    if read.pages.is_empty() {
        return Err(format!(
            "{told}No page of an endpoint was found ({} others); give Markdown pages that hold a line `接口英文名：…`.",
            read.others
        ));
    }
    let known = draft::known_errcodes(&root.join("spec")).map_err(|mistake| mistake.to_string())?;
    let group = out.and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
    let text = draft::draft(group.as_deref(), &read.pages, &known);
    told.push_str(&format!(
        "{} endpoints drafted, {} places marked TODO; {} files describe no endpoint, {} mistakes in pages",
        read.pages.len(),
        text.matches("TODO").count(),
        read.others,
        read.mistakes.len()
    ));
    let unread = read.mistakes.len();
    match out {
        None => Ok(Drafted { text: Some(text), told, unread }),
        Some(out) => {
            fs::write(out, text).map_err(|error| format!("{}: {error}", out.display()))?;
            Ok(Drafted { text: None, told, unread })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        "# 读取\n\n接口英文名：getThing\n\n## 1. 调用方式\n\n```\nGET https://api.weixin.qq.com/wxa/thing\n```\n";

    #[test]
    fn a_draft_goes_where_it_is_told_and_replaces_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("a.md");
        let out = folder.path().join("things.yaml");
        fs::write(&page, PAGE).unwrap();
        let printed = import(&root(), std::slice::from_ref(&page), None).unwrap();
        assert!(printed.text.unwrap().contains("  getThing:") && printed.unread == 0);
        let written = import(&root(), std::slice::from_ref(&page), Some(&out)).unwrap();
        assert!(written.text.is_none() && written.told.starts_with("1 endpoints drafted"), "{}", written.told);
        let text = fs::read_to_string(&out).unwrap();
        assert!(text.contains("\ngroup: things\n") && text.contains("    path: /wxa/thing\n"), "{text}");
        fs::write(&out, "kept").unwrap();
        assert!(import(&root(), &[page], Some(&out)).is_err_and(|told| told.contains("things.yaml exists")));
        assert_eq!(fs::read_to_string(&out).unwrap(), "kept");
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let none = import(&root(), &[folder.path().to_owned()], None);
        assert!(none.is_err_and(|told| told.contains("No page of an endpoint was found (0 others)")));
        let missing = folder.path().join("missing.md");
        let told = import(&root(), &[missing], None).err().unwrap();
        assert!(told.contains("missing.md:1: cannot be read (entity not found)"), "{told}");
        fs::write(folder.path().join("good.md"), PAGE).unwrap();
        fs::write(folder.path().join("bad.md"), "接口英文名：getOther\n").unwrap();
        let half = import(&root(), &[folder.path().to_owned()], None).unwrap();
        assert_eq!(half.unread, 1);
        assert!(half.told.contains("bad.md:1: the page of `getOther` tells no address"), "{}", half.told);
    }
}
