//! The report as text to be read.

use super::{Coverage, Remark, Row};
use crate::drift::show::{columns, cut};

pub(super) fn table(coverage: &Coverage) -> String {
    let mut shown =
        format!("{:<28}{:>15}{:>9}{:>11}{:>10}{:>13}\n", "", "covered/all", "", "otherwise", "left out", "unexplained");
    for row in &coverage.rows {
        let Row { name, all, covered, otherwise, left_out, unexplained, counts } = row;
        let share = percent(*covered, *all);
        let counted = format!("{covered}/{all}");
        shown.push_str(&format!(
            "{name:<28}{counted:>15}{share:>9}{otherwise:>11}{left_out:>10}{unexplained:>13}  {counts}\n"
        ));
    }
    shown.push_str(
        "otherwise: covered, and differs on purpose; left out: not covered, on purpose; unexplained: neither covered nor on purpose\n",
    );
    section(&mut shown, "Missing or different, and not explained", &coverage.unexplained);
    section(&mut shown, "Left out or left free on purpose, and why", &coverage.left_out);
    section(&mut shown, "Cannot be covered, because the documentation does not say it", &coverage.unsaid);
    shown
}

/// `99.9%` is less than all, and never rounded up to it.
fn percent(covered: usize, all: usize) -> String {
    if all == 0 {
        return "-".into();
    }
    let tenths = covered * 1000 / all;
    format!("{}.{}%", tenths / 10, tenths % 10)
}

fn section(shown: &mut String, title: &str, remarks: &[Remark]) {
    shown.push_str(&format!("\n{title}: {}\n", remarks.len()));
    let width = remarks.iter().map(|remark| columns(&remark.what)).max().unwrap_or(0);
    let mut endpoint = None;
    for remark in remarks {
        if endpoint != Some(&remark.endpoint) {
            endpoint = Some(&remark.endpoint);
            let name = if remark.endpoint.is_empty() { "(all endpoints)" } else { &remark.endpoint };
            shown.push_str(&format!("  {name}\n"));
        }
        let gap = " ".repeat(width - columns(&remark.what));
        let told = match remark.remedy.as_str() {
            // Nothing is to be done: the reason is shown as it is.
            "" if remark.documented.is_empty() => "no `note` says why".to_owned(),
            "" => remark.documented.clone(),
            remedy => {
                let side = |text: &str| if text.trim().is_empty() { "-".to_owned() } else { cut(text) };
                format!("spec: {}  documented: {}  [{remedy}]", side(&remark.spec), side(&remark.documented))
            }
        };
        shown.push_str(&format!("    {}{gap}  {told}\n", remark.what));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_than_all_is_never_shown_as_all() {
        assert_eq!(percent(9999, 10000), "99.9%");
        assert_eq!(percent(3, 3), "100.0%");
        assert_eq!(percent(0, 0), "-");
        assert_eq!(percent(1, 3), "33.3%");
    }
}
