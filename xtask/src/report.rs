//! How the commands that compare the spec with something else report.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use weapp_codegen::{Diagnostic, load};

/// What was found, as a table and as JSON.
pub(crate) struct Report {
    pub(crate) table: String,
    pub(crate) json: String,
    /// Whether nothing was found that somebody has to look at.
    pub(crate) clean: bool,
}

/// Shows a report, its JSON in the file `json` or, for `-`, in the place of the table. The exit code is 0 when the report
/// is clean, 1 when it is not, 2 when there is none.
pub(crate) fn show(report: Result<Report, String>, json: Option<&Path>) -> ExitCode {
    match report.and_then(|report| print(&report, json).map(|()| report)) {
        Ok(report) => ExitCode::from(u8::from(!report.clean)),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn print(report: &Report, json: Option<&Path>) -> Result<(), String> {
    match json {
        Some(path) if path == Path::new("-") => {
            print!("{}", report.json);
            return Ok(());
        }
        Some(path) => fs::write(path, &report.json).map_err(|error| format!("{}: {error}", path.display()))?,
        None => {}
    }
    print!("{}", report.table);
    Ok(())
}

/// A mistake a line.
pub(crate) fn lines(mistakes: &[Diagnostic]) -> String {
    mistakes.iter().map(|mistake| format!("{mistake}\n")).collect()
}

/// Whether the spec can be compared with anything.
pub(crate) fn sound(spec: &Path) -> Result<(), String> {
    load(spec)
        .map(drop)
        .map_err(|mistakes| format!("{}{} mistake(s) in spec/; mend them first.", lines(&mistakes), mistakes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_goes_where_it_is_wanted() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("report.json");
        let report = Report { table: "table\n".into(), json: "{}\n".into(), clean: true };
        print(&report, Some(&file)).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "{}\n");
        let told = print(&report, Some(&folder.path().join("none/report.json"))).unwrap_err();
        assert!(told.contains("report.json"), "{told}");
    }
}
