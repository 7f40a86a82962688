//! The report in words, as JSON, and as an entry of a changelog.

use std::fmt;

use serde_json::{Value, json};

use super::{Change, Kind, Report, Step};

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Step::Patch => "patch",
            Step::Minor => "minor",
            Step::Major => "major",
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Added => "Added",
            Kind::Changed => "Changed",
            Kind::Deprecated => "Deprecated",
            Kind::Removed => "Removed",
        })
    }
}

/// As a line of the report.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.place, self.what)
    }
}

/// The headings of a changelog, in its order.
const KINDS: [Kind; 4] = [Kind::Added, Kind::Changed, Kind::Deprecated, Kind::Removed];

impl Report {
    /// The report for people: the step and its reason, all changes, the changelog's entry. `between` names the two
    /// specs.
    #[must_use]
    pub fn text(&self, between: &str) -> String {
        let Some((step, because)) = self.step() else {
            return format!("{between}: nothing changed; no release is needed.\n");
        };
        let count = |step: Step| self.changes.iter().filter(|change| change.step == step).count();
        let mut out = format!(
            "{between}: {} changes ({} major, {} minor, {} patch).\nThis needs a {step} step: {}; {}.\n",
            self.changes.len(),
            count(Step::Major),
            count(Step::Minor),
            count(Step::Patch),
            shortened(&because.to_string()),
            because.why,
        );
        out += "(Before 1.0.0 a major step raises the second number of the version, any other step the third.)\n";
        for kind in KINDS {
            let changes: Vec<_> = self.changes.iter().filter(|change| change.kind == kind).collect();
            if changes.is_empty() {
                continue;
            }
            out += &format!("\n{kind}\n");
            for change in changes {
                let why = if change.step == Step::Major { format!(" ({})", change.why) } else { String::new() };
                out += &format!("  {:<5}  {change}{why}\n", change.step.to_string());
            }
        }
        out += &format!("\nFor CHANGELOG.md:\n\n{}", self.changelog());
        out
    }

    /// The same for programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let change = |change: &Change| {
            json!({
                "step": change.step.to_string(),
                "kind": change.kind.to_string().to_lowercase(),
                "place": change.place,
                "what": change.what,
                "why": change.why,
            })
        };
        let changes: Vec<_> = self.changes.iter().map(change).collect();
        json!({
            "step": self.step().map(|(step, _)| step.to_string()),
            "because": self.step().map(|(_, because)| change(because)),
            "changes": changes,
            "changelog": self.changelog(),
        })
    }

    /// The entry for the changelog, in the form of Keep a Changelog. What is said of one place stands in one line;
    /// texts are told of by their places alone.
    #[must_use]
    pub fn changelog(&self) -> String {
        let mut out = String::new();
        for kind in KINDS {
            let told = self.changes.iter().filter(|change| change.kind == kind && change.step != Step::Patch);
            let mut lines: Vec<(&str, bool, Vec<&str>)> = Vec::new();
            for change in told {
                let breaking = change.step == Step::Major;
                match lines.iter_mut().find(|(place, breaks, _)| *place == change.place && *breaks == breaking) {
                    Some((_, _, whats)) => whats.push(&change.what),
                    None => lines.push((&change.place, breaking, vec![&change.what])),
                }
            }
            // What breaks comes first.
            lines.sort_by_key(|(_, breaking, _)| !breaking);
            let mut list: Vec<String> = lines
                .iter()
                .map(|(place, breaking, whats)| {
                    let mark = if *breaking { "**Breaking:** " } else { "" };
                    let whats = whats.join("; ");
                    let end = if whats.ends_with('.') { "" } else { "." };
                    format!("- {mark}`{place}`: {whats}{end}\n")
                })
                .collect();
            let mut reworded: Vec<&str> = self
                .changes
                .iter()
                .filter(|change| change.kind == kind && change.step == Step::Patch)
                .map(|change| &*change.place)
                .collect();
            reworded.dedup();
            if !reworded.is_empty() {
                let places: Vec<_> = reworded.iter().map(|place| format!("`{place}`")).collect();
                list.push(format!("- Documentation of {}.\n", places.join(", ")));
            }
            if !list.is_empty() {
                out += &format!("{}### {kind}\n\n{}", if out.is_empty() { "" } else { "\n" }, list.concat());
            }
        }
        out
    }
}

/// A reason is one line: what a group holds stands below.
fn shortened(text: &str) -> String {
    const MOST: usize = 100;
    let text = text.trim_end_matches('.');
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
