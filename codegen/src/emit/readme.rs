//! What is written into both READMEs: their contents, and the table of groups.

use std::fmt::Write as _;

use crate::model::Api;

/// The lines of a README between which a generated part stands, and what that part is.
struct Part {
    start: &'static str,
    end: &'static str,
    what: &'static str,
}

const CONTENTS: Part = Part {
    start: "<!-- contents: written by `cargo xtask codegen` -->\n",
    end: "<!-- end of the contents -->\n",
    what: "list of chapters",
};

const GROUPS: Part = Part {
    start: "<!-- groups: written by `cargo xtask codegen` -->\n",
    end: "<!-- end of the groups -->\n",
    what: "table of groups",
};

/// In which language a README speaks of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// What the group is for.
    English,
    /// Its official category.
    Chinese,
}

/// A README with its list of chapters and its table of groups renewed.
///
/// # Errors
///
/// The marks of one of them are missing.
pub fn renewed(readme: &str, api: &Api, language: Language) -> Result<String, String> {
    let readme = with_part(readme, &GROUPS, &table(api, language))?;
    with_part(&readme, &CONTENTS, &contents(&readme))
}

fn with_part(readme: &str, part: &Part, text: &str) -> Result<String, String> {
    let Part { start, end, what } = part;
    let parts = readme.split_once(start).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let Some((before, after)) = parts else {
        return Err(format!("the lines {:?} and {:?} must stand where the {what} belongs", start.trim(), end.trim()));
    };
    Ok(format!("{before}{start}{text}{end}{after}"))
}

/// A link to each chapter: the headings of the second level.
fn contents(readme: &str) -> String {
    let mut out = String::new();
    let mut code = false;
    for line in readme.lines() {
        code ^= line.starts_with("```");
        if let Some(heading) = line.strip_prefix("## ").filter(|_| !code) {
            let _ = writeln!(out, "- [{heading}](#{})", anchor(heading));
        }
    }
    out
}

/// The anchor that GitHub and docs.rs give a heading: small letters, digits, `-` and `_`, and `-` for a space.
fn anchor(heading: &str) -> String {
    heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn table(api: &Api, language: Language) -> String {
    let mut out = match language {
        Language::English => String::from("| group | endpoints | |\n| --- | ---: | --- |\n"),
        Language::Chinese => String::from("| 分组 | 接口数 | |\n| --- | ---: | --- |\n"),
    };
    for group in &api.groups {
        let what = match language {
            Language::English => &group.about,
            Language::Chinese => &group.title,
        };
        let _ = writeln!(out, "| `{}` | {} | {what} |", group.name, group.endpoints.len());
    }
    let all: usize = api.groups.iter().map(|group| group.endpoints.len()).sum();
    let _ = match language {
        Language::English => writeln!(out, "| all | {all} | |"),
        Language::Chinese => writeln!(out, "| 合计 | {all} | |"),
    };
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Group;

    #[test]
    fn the_table_is_renewed_between_its_marks() {
        let group = Group {
            name: "wxacode".into(),
            title: "小程序码".into(),
            about: "Codes.".into(),
            core: false,
            types: Vec::new(),
            errcodes: Vec::new(),
            endpoints: Vec::new(),
        };
        let api = Api { groups: vec![group], ..nothing() };
        let readme = marked("");
        let english = renewed(&readme, &api, Language::English).unwrap();
        assert!(english.starts_with("before\n<!--") && english.ends_with("-->\nafter\n") && !english.contains("old"));
        assert!(english.contains("| `wxacode` | 0 | Codes. |\n| all | 0 | |\n"), "{english}");
        assert_eq!(renewed(&english, &api, Language::English).unwrap(), english);
        let chinese = renewed(&english, &api, Language::Chinese).unwrap();
        assert!(chinese.contains("| `wxacode` | 0 | 小程序码 |\n| 合计 | 0 | |\n"), "{chinese}");
    }

    #[test]
    fn each_chapter_is_in_the_contents_and_nothing_else_is() {
        let chapters =
            "## What does `it_do`, for me?\n### Not this\n```sh\n## nor this\n```\n## 能导入 Apifox、Postman 吗\n";
        let readme = renewed(&marked(chapters), &nothing(), Language::English).unwrap();
        let list = "- [What does `it_do`, for me?](#what-does-it_do-for-me)\n- [能导入 Apifox、Postman 吗](#能导入-apifoxpostman-吗)\n";
        assert!(readme.contains(&format!("{}{list}{}", CONTENTS.start, CONTENTS.end)), "{readme}");
    }

    #[test]
    fn a_readme_without_the_marks_is_told_so() {
        let error = |readme: &str| renewed(readme, &nothing(), Language::English).unwrap_err();
        assert!(error("no marks").contains("end of the groups"));
        assert!(error(&marked("").replace(CONTENTS.end, "")).contains("end of the contents"));
    }

    fn marked(rest: &str) -> String {
        format!("before\n{}old\n{}{rest}{}old\n{}after\n", CONTENTS.start, CONTENTS.end, GROUPS.start, GROUPS.end)
    }

    fn nothing() -> Api {
        Api { groups: Vec::new(), types: Vec::new(), charsets: Vec::new(), errcodes: Vec::new(), events: Vec::new() }
    }
}
