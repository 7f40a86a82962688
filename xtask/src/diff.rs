//! `cargo xtask diff`: what changed in the API since a revision.

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Output};

use weapp_codegen::diff::Report;
use weapp_codegen::{Diagnostic, load, model::Api};

use crate::run::root;

/// How many mistakes of an old spec are shown.
const MISTAKES: usize = 5;

/// Why nothing was compared, and the code with which to exit.
#[derive(Debug)]
struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// What was asked for makes no sense.
    fn usage(message: String) -> Self {
        Self { message, code: 2 }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self { message, code: 1 }
    }
}

pub(crate) fn run(revision: &str, json: bool) -> ExitCode {
    match report(&root(), revision, json) {
        Ok(report) => {
            print!("{report}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

fn report(root: &Path, revision: &str, json: bool) -> Result<String, Failure> {
    let commit = commit(root, revision)?;
    let old = old(root, revision, &commit)?;
    let new =
        load(&root.join("spec")).map_err(|mistakes| unloadable("the working tree", &mistakes, "correct it first"))?;
    let report = Report::new(&old, &new);
    if json {
        let mut told = report.json();
        told["revision"] = commit.into();
        return Ok(format!("{told:#}\n"));
    }
    let short = &commit[..commit.len().min(9)];
    let name = if commit.starts_with(revision) { short.to_owned() } else { format!("{revision} ({short})") };
    Ok(report.text(&format!("spec/ of {name} and of the working tree")))
}

/// The commit that a revision names.
fn commit(root: &Path, revision: &str) -> Result<String, Failure> {
    let asked = format!("{revision}^{{commit}}");
    let output = git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &asked])?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    let why = if why.trim().is_empty() { String::new() } else { format!(" ({})", why.trim()) };
    Err(Failure::usage(format!(
        "`{revision}` names no commit of this repository{why}; give a tag, a branch or a hash that `git log` shows, \
         and in a shallow clone fetch it first: `git fetch --unshallow --tags`"
    )))
}

/// The spec of a commit, read from files in a folder of their own.
fn old(root: &Path, revision: &str, commit: &str) -> Result<Api, Failure> {
    let output = git(root, &["ls-tree", "-r", "-z", "--name-only", commit, "--", "spec/"])?;
    let listed = String::from_utf8_lossy(&output.stdout).into_owned();
    let files: Vec<&str> = listed.split('\0').filter(|path| path.ends_with(".yaml")).collect();
    if !output.status.success() || files.is_empty() {
        return Err(Failure::usage(format!(
            "`{revision}` has no spec/*.yaml, so there is nothing to compare with; give a revision that has"
        )));
    }
    let folder = tempfile::tempdir().map_err(|error| format!("no folder for the old spec: {error}"))?;
    for path in files {
        let blob = git(root, &["cat-file", "blob", &format!("{commit}:{path}")])?;
        if !blob.status.success() {
            let why = String::from_utf8_lossy(&blob.stderr);
            return Err(format!("git does not give {path} of `{revision}`: {}", why.trim()).into());
        }
        let file = folder.path().join(path);
        let parent = file.parent().unwrap_or(folder.path());
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&file, blob.stdout));
        written.map_err(|error| format!("{path} of `{revision}` was not written: {error}"))?;
    }
    load(&folder.path().join("spec")).map_err(|mistakes| {
        let what = "today's language does not read it: it has words that are no more, or lacks ones that are required. \
                    Compare with a later revision, or check out the old one and compare by its own xtask";
        unloadable(&format!("`{revision}`"), &mistakes, what)
    })
}

fn unloadable(whose: &str, mistakes: &[Diagnostic], remedy: &str) -> Failure {
    let lines: String = mistakes.iter().take(MISTAKES).map(|mistake| format!("  {mistake}\n")).collect();
    let more = mistakes.len().saturating_sub(MISTAKES);
    let more = if more == 0 { String::new() } else { format!("  and {more} more\n") };
    Failure::from(format!("The spec of {whose} does not load:\n{lines}{more}So nothing was compared; {remedy}."))
}

fn git(root: &Path, arguments: &[&str]) -> Result<Output, String> {
    Command::new("git")
        .arg("-C")
        .arg(root)
        .args(arguments)
        .output()
        .map_err(|error| format!("git could not be started: {error}; install it, or put it on the PATH"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUP: &str = "group: things\ntitle: 事物\nabout: Things.\nendpoints:\n  getThing:\n    name: get\n    title: 查询\n    about: Gets one.\n    docs: https://a.b/c\n    method: GET\n    path: /things/get\n    params:\n      id: { type: string }\n";

    /// A repository whose only commit, tagged `v1`, holds a spec of this group.
    fn house(group: &str) -> tempfile::TempDir {
        let house = tempfile::tempdir().unwrap();
        let api = house.path().join("spec/api");
        fs::create_dir_all(&api).unwrap();
        fs::write(house.path().join("spec/types.yaml"), "").unwrap();
        fs::write(house.path().join("spec/errcodes.yaml"), "").unwrap();
        fs::write(api.join("things.yaml"), group).unwrap();
        let identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
        for arguments in
            [&["init", "--quiet"][..], &["add", "."], &["commit", "--quiet", "--message", "First"], &["tag", "v1"]]
        {
            let output = git(house.path(), &[&identity[..], arguments].concat()).unwrap();
            assert!(output.status.success(), "{output:?}");
        }
        house
    }

    fn write(house: &tempfile::TempDir, group: &str) {
        fs::write(house.path().join("spec/api/things.yaml"), group).unwrap();
    }

    #[test]
    fn the_working_tree_is_compared_with_the_revision() {
        let house = house(GROUP);
        let nothing = report(house.path(), "v1", false).unwrap();
        assert!(nothing.starts_with("spec/ of v1 (") && nothing.contains("nothing changed"), "{nothing}");

        write(&house, &format!("{GROUP}      size: {{ type: u32, default: 1 }}\n"));
        let told = report(house.path(), "v1", false).unwrap();
        assert!(told.contains("a minor step") && told.contains("parameter `size` (u32)"), "{told}");

        write(&house, &GROUP.replace("id: { type: string }", "id: { type: i64 }"));
        let json: String = report(house.path(), "HEAD", true).unwrap();
        assert!(json.contains("\"step\": \"major\"") && json.contains("\"revision\""), "{json}");
    }

    #[test]
    fn a_bad_revision_is_told_with_a_remedy_and_its_own_code() {
        let house = house(GROUP);
        for revision in ["v2", "--output=x", ""] {
            let failure = report(house.path(), revision, false).unwrap_err();
            assert_eq!(failure.code, 2, "{revision}");
            assert!(failure.message.contains("names no commit") && failure.message.contains("git log"));
        }
        let empty = house.path().join("empty");
        fs::create_dir(&empty).unwrap();
        git(house.path(), &["rm", "-rq", "--cached", "spec"]).unwrap();
        let identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
        git(house.path(), &[&identity[..], &["commit", "--quiet", "--message", "None"]].concat()).unwrap();
        let failure = report(house.path(), "HEAD", false).unwrap_err();
        assert!(failure.code == 2 && failure.message.contains("has no spec"), "{}", failure.message);
    }

    #[test]
    fn a_spec_that_does_not_load_is_told_with_its_first_mistakes() {
        let house = house(&GROUP.replace("    method: GET\n", "    methud: GET\n"));
        write(&house, GROUP);
        let failure = report(house.path(), "v1", false).unwrap_err();
        assert_eq!(failure.code, 1);
        assert!(failure.message.contains("The spec of `v1`") && failure.message.contains("spec/api/things.yaml:10: "));
        assert!(failure.message.contains("today's language"), "{}", failure.message);

        let other = self::house(GROUP);
        write(&other, "group: things\n");
        let failure = report(other.path(), "v1", false).unwrap_err();
        assert!(failure.message.contains("the working tree"), "{}", failure.message);
    }
}
