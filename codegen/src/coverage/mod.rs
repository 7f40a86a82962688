//! How much of the documented API the spec covers.
//!
//! The [facts](crate::facts) are compared as [drift](crate::drift) compares pages; what agrees is counted here, and what
//! differs is told with or without the spec's own explanation.

mod count;
mod events;
mod examples;
mod show;
mod texts;

use std::path::Path;

use serde_json::{Value, json};

use crate::diagnostic::Diagnostic;
use crate::drift::{Written, examine};
use crate::facts::Facts;
use crate::pages::Page;

/// What is covered, and what is not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Coverage {
    /// By what is counted.
    pub rows: Vec<Row>,
    /// What is missing or differs, and the spec does not say why.
    pub unexplained: Vec<Remark>,
    /// What the spec leaves out or free and says so.
    pub left_out: Vec<Remark>,
    /// What the documentation does not say, so that nobody can cover it.
    pub unsaid: Vec<Remark>,
}

/// One thing that is counted. `covered + left_out + unexplained == all`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// What is counted.
    pub name: &'static str,
    /// How many the facts have; of a row that asks nothing of the facts, the spec.
    pub all: usize,
    /// How many of them the spec has.
    pub covered: usize,
    /// How many of these differ, and the spec says so.
    pub otherwise: usize,
    /// How many the spec leaves out, and says so.
    pub left_out: usize,
    /// How many are missing or differ without a word; of a row that asks nothing of the facts, none ever is.
    pub unexplained: usize,
    /// What exactly is counted.
    pub counts: &'static str,
}

/// One thing that is not covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The endpoint, as `group.id` where the spec has it; empty where none is meant.
    pub endpoint: String,
    /// What: `params.scene`, `errcodes.40001`, `params.scene type`.
    pub what: String,
    /// What the spec says.
    pub spec: String,
    /// What is documented; of what is explained, why it is so.
    pub documented: String,
    /// What to do about it; empty for what is explained.
    pub remedy: String,
}

/// Measures a spec, which [`load`](crate::load) has found right, against facts.
///
/// # Errors
///
/// A file of the spec that cannot be read.
pub fn measure(spec_dir: &Path, facts: &Facts) -> Result<Coverage, Diagnostic> {
    let written = Written::read(spec_dir)?;
    let spec = written.spec();
    let pages: Vec<Page> = facts.endpoints.iter().map(|fact| fact.page.clone()).collect();
    let examined = examine(&spec, &pages);
    let mut count = count::Count::default();
    for (page, fact) in pages.iter().zip(&facts.endpoints) {
        // Which page belongs to which endpoint is known by the page's place in memory: nothing on it is unique.
        let same = |other: &Page| std::ptr::eq(other, page);
        let id = if let Some(described) = examined.described.iter().find(|described| same(described.page)) {
            count.described(&spec, described, fact);
            count::name(described.endpoint)
        } else if let Some((_, reason)) = examined.uncovered.iter().find(|(other, _)| same(other)) {
            count.uncovered(page, reason);
            fact.id.clone()
        } else {
            count.unknown(page);
            fact.id.clone()
        };
        count.unsaid(&id, fact);
    }
    count.codes(&spec, &facts.errcodes);
    let mut events = events::Count::default();
    let pushed = written.events();
    let pushed = pushed.spec();
    for fact in &facts.events {
        events.fact(&pushed, fact, count.coverage());
    }
    let rows = if facts.events.is_empty() { Vec::new() } else { events.rows() };
    Ok(count.finish(rows, texts::rows(&spec)))
}

impl Coverage {
    fn leave_out(&mut self, endpoint: &str, what: &str, reason: &str) {
        self.left_out.push(Remark {
            endpoint: endpoint.to_owned(),
            what: what.to_owned(),
            spec: String::new(),
            documented: reason.to_owned(),
            remedy: String::new(),
        });
    }

    /// Whether all is covered or explained.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.unexplained.is_empty()
    }

    /// As text to be read.
    #[must_use]
    pub fn table(&self) -> String {
        show::table(self)
    }

    /// As JSON, ending with a newline.
    #[must_use]
    pub fn json(&self) -> String {
        let row = |row: &Row| {
            json!({
                "name": row.name,
                "all": row.all,
                "covered": row.covered,
                "otherwise": row.otherwise,
                "left_out": row.left_out,
                "unexplained": row.unexplained,
                "counts": row.counts,
            })
        };
        let remarks = |remarks: &[Remark]| {
            let one = |one: &Remark| {
                json!({
                    "endpoint": one.endpoint,
                    "what": one.what,
                    "spec": one.spec,
                    "documented": one.documented,
                    "remedy": one.remedy,
                })
            };
            Value::from(remarks.iter().map(one).collect::<Vec<_>>())
        };
        let report = json!({
            "rows": self.rows.iter().map(row).collect::<Vec<_>>(),
            "unexplained": remarks(&self.unexplained),
            "left_out": remarks(&self.left_out),
            "unsaid": remarks(&self.unsaid),
        });
        format!("{report:#}\n")
    }
}
