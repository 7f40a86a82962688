//! Whether both READMEs tell the same: the same chapters, code, tables and figures, in two languages.

use std::fs;
use std::path::Path;

/// The parts of a README that do not depend on its language, each with its line.
fn skeleton(name: &str) -> Vec<(usize, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name);
    let text = fs::read_to_string(&path).expect("a README");
    let mut groups = false;
    let mut code = false;
    let mut out = Vec::new();
    for (index, line) in text.lines().enumerate() {
        groups = (groups || line.starts_with("<!-- groups")) && !line.starts_with("<!-- end of the groups");
        let fence = line.starts_with("```");
        code ^= fence;
        let part = if fence {
            line.to_owned()
        } else if code {
            without_words(line)
        } else if let Some(level) = line.find(|c| c != '#').filter(|level| *level > 0) {
            line[..level].to_owned()
        } else if line.starts_with('|') {
            // A group's row says something else in each language.
            let figures = if groups { Vec::new() } else { figures(line) };
            format!("| {} {}", line.matches('|').count(), figures.join(" "))
        } else if line.starts_with("- ") {
            format!("- {}", quoted(line).join(" "))
        } else {
            quoted(line).join(" ")
        };
        out.push((index + 1, part));
    }
    out
}

/// A line of code without its comment and what its literals say.
fn without_words(line: &str) -> String {
    let code = [" //", "# "].iter().filter_map(|mark| line.find(mark)).min().map_or(line, |end| &line[..end]);
    code.trim_end().split('"').step_by(2).collect::<Vec<_>>().join("\"")
}

/// The numbers of a line in order of size as text: languages put them in other places.
fn figures(line: &str) -> Vec<&str> {
    let mut found: Vec<_> = line
        .split(|c: char| !c.is_ascii_digit() && c != ',' && c != '.')
        .map(|word| word.trim_matches([',', '.']))
        .filter(|word| !word.is_empty())
        .collect();
    found.sort_unstable();
    found
}

/// What stands between backticks, sorted.
fn quoted(line: &str) -> Vec<&str> {
    let mut found: Vec<_> = line.split('`').skip(1).step_by(2).collect();
    found.sort_unstable();
    found
}

#[test]
fn both_readmes_tell_the_same() {
    let (english, chinese) = (skeleton("README.md"), skeleton("README.zh-CN.md"));
    for ((line, part), (other, twin)) in english.iter().zip(&chinese) {
        assert_eq!(part, twin, "README.md:{line} and README.zh-CN.md:{other} differ in more than their language");
    }
    assert_eq!(english.len(), chinese.len(), "one README goes on where the other ends");
}
