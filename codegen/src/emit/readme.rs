//! The table of groups in both READMEs.

use std::fmt::Write as _;

use crate::model::Api;

/// The lines of a README between which the table stands.
const MARKS: (&str, &str) = ("<!-- groups: written by `cargo xtask codegen` -->\n", "<!-- end of the groups -->\n");

/// In which language a README speaks of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// What the group is for.
    English,
    /// Its official category.
    Chinese,
}

/// A README with its table of groups renewed.
///
/// # Errors
///
/// The marks are missing.
pub fn with_groups(readme: &str, api: &Api, language: Language) -> Result<String, String> {
    let (start, end) = MARKS;
    let parts = readme.split_once(start).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let Some((before, after)) = parts else {
        return Err(format!(
            "the lines {:?} and {:?} must stand where the table of groups belongs",
            start.trim(),
            end.trim()
        ));
    };
    Ok(format!("{before}{start}{}{end}{after}", table(api, language)))
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
        let api = Api {
            groups: vec![group],
            types: Vec::new(),
            charsets: Vec::new(),
            errcodes: Vec::new(),
            events: Vec::new(),
        };
        let readme = format!("before\n{}old\n{}after\n", MARKS.0, MARKS.1);
        let english = with_groups(&readme, &api, Language::English).unwrap();
        assert!(english.starts_with("before\n<!--") && english.ends_with("-->\nafter\n") && !english.contains("old"));
        assert!(english.contains("| `wxacode` | 0 | Codes. |\n| all | 0 | |\n"), "{english}");
        assert_eq!(with_groups(&english, &api, Language::English).unwrap(), english);
        let chinese = with_groups(&english, &api, Language::Chinese).unwrap();
        assert!(chinese.contains("| `wxacode` | 0 | 小程序码 |\n| 合计 | 0 | |\n"), "{chinese}");
    }

    #[test]
    fn a_readme_without_the_marks_is_told_so() {
        let api = Api {
            groups: Vec::new(),
            types: Vec::new(),
            charsets: Vec::new(),
            errcodes: Vec::new(),
            events: Vec::new(),
        };
        assert!(with_groups("no marks", &api, Language::English).unwrap_err().contains("end of the groups"));
    }
}
