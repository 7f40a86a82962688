//! The report as a table to be read.

use super::{Difference, Drifted, Report};

/// Beyond that a cell is cut: what is long is an official text.
const WIDEST: usize = 44;

pub(super) fn table(report: &Report) -> String {
    let mut shown = String::new();
    for drifted in &report.drifted {
        shown.push_str(&head(drifted));
        shown.push('\n');
        let rows: Vec<_> = drifted.differences.iter().map(row).collect();
        let mut widths = [0; 4];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(columns(cell));
            }
        }
        for row in rows {
            let mut line = String::from(" ");
            for (width, cell) in widths.iter().zip(&row) {
                line.push(' ');
                line.push_str(cell);
                line.push_str(&" ".repeat(width - columns(cell) + 1));
            }
            line.push_str(&row[4]);
            shown.push_str(line.trim_end());
            shown.push('\n');
        }
        shown.push('\n');
    }
    let Report { endpoints, events, pages, event_pages, on_purpose, drifted } = report;
    shown
        + &format!(
            "{endpoints} endpoints and {events} events in the spec, {pages} pages of endpoints and {event_pages} descriptions of events: \
             {} differences in {} places; {on_purpose} more are on purpose\n",
            report.len(),
            drifted.len()
        )
}

fn head(drifted: &Drifted) -> String {
    let name = match (&drifted.group, &drifted.endpoint) {
        (Some(group), Some(endpoint)) => format!("{group}.{endpoint}"),
        (None, Some(endpoint)) => format!("(not in the spec) {endpoint}"),
        (_, None) => "(the spec)".into(),
    };
    match &drifted.page {
        Some(page) => format!("{name}  {page}"),
        None => name,
    }
}

fn row(difference: &Difference) -> [String; 5] {
    let side = |name: &str, text: &str| match text.trim() {
        "" => format!("{name}: -"),
        text => format!("{name}: {}", cut(text)),
    };
    [
        difference.kind.word().to_owned(),
        difference.what.clone(),
        side("spec", &difference.spec),
        side("page", &difference.page),
        format!("[{}]", difference.differs),
    ]
}

/// The beginning of a text that is too long for a cell.
pub(crate) fn cut(text: &str) -> String {
    let mut width = 0;
    let short: String = text
        .chars()
        .take_while(|c| {
            width += 1 + usize::from(wide(*c));
            width <= WIDEST
        })
        .collect();
    if short.len() < text.len() { short + "…" } else { short }
}

/// How many columns a terminal needs.
pub(crate) fn columns(text: &str) -> usize {
    text.chars().map(|c| 1 + usize::from(wide(c))).sum()
}

/// Chinese characters and marks take two columns.
fn wide(c: char) -> bool {
    matches!(c, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ff60}')
}
