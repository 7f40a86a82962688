//! Compares the spec with WeChat's pages.
//!
//! The spec is read as [`catalog`](crate::catalog) transcribes it: a difference is told in the words that the spec
//! writes, and what it decided on purpose stands behind its word `differs`.

mod codes;
mod differs;
mod endpoint;
pub(crate) mod events;
mod fields;
pub(crate) mod met;
mod pair;
pub(crate) mod show;
pub(crate) mod spec;

use std::path::Path;

use serde_json::{Map, Value, json};

use self::differs::Purposes;
pub(crate) use self::endpoint::Outcome;
use self::spec::{Endpoint, Spec};
use crate::diagnostic::Diagnostic;
use crate::pages::Page;

/// What differs, all in all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// How many endpoints the spec has.
    pub endpoints: usize,
    /// How many pages were read.
    pub pages: usize,
    /// How many differences `differs` accounts for.
    pub on_purpose: usize,
    /// What differs, by endpoint in the order of the spec; what the spec lacks comes last.
    pub drifted: Vec<Drifted>,
}

/// What differs in one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drifted {
    /// The group, where the spec has the endpoint.
    pub group: Option<String>,
    /// The endpoint's id; none where a type or `uncovered.yaml` is meant.
    pub endpoint: Option<String>,
    /// The page, as `FILE:LINE`.
    pub page: Option<String>,
    /// All of them.
    pub differences: Vec<Difference>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What differs: `path`, `params.scene`, `errcodes.40001`.
    pub what: String,
    /// In what it differs.
    pub kind: Kind,
    /// What the spec says.
    pub spec: String,
    /// What the page says.
    pub page: String,
    /// The element of `differs` that says it is on purpose, and where it may stand.
    pub differs: String,
}

/// In what something differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The pages have it and the spec does not.
    Added,
    /// The spec has it and the pages do not.
    Removed,
    /// Both have it and differ.
    Changed,
    /// `differs` names what does not differ any more.
    Stale,
}

impl Kind {
    const fn word(self) -> &'static str {
        match self {
            Kind::Added => "added",
            Kind::Removed => "removed",
            Kind::Changed => "changed",
            Kind::Stale => "stale",
        }
    }
}

/// Compares a spec, which [`load`](crate::load) has found right, with pages. `partial`: an endpoint without a page is
/// no difference, because not all pages are given.
///
/// # Errors
///
/// A file of the spec that cannot be read.
pub fn compare(spec_dir: &Path, pages: &[Page], partial: bool) -> Result<Report, Diagnostic> {
    let written = Written::read(spec_dir)?;
    Ok(examine(&written.spec(), pages, partial).report)
}

/// A spec as it is written.
pub(crate) struct Written {
    catalog: Value,
    uncovered: Map<String, Value>,
}

impl Written {
    pub(crate) fn read(spec_dir: &Path) -> Result<Self, Diagnostic> {
        let catalog = crate::catalog::transcribe(spec_dir)?;
        Ok(Self { catalog, uncovered: crate::catalog::uncovered(spec_dir)? })
    }

    pub(crate) fn spec(&self) -> Spec<'_> {
        Spec::of(&self.catalog, &self.uncovered)
    }

    /// The same with the events in the place of endpoints.
    pub(crate) fn events(&self) -> Self {
        Self { catalog: events::as_endpoints(&self.catalog), uncovered: self.uncovered.clone() }
    }
}

/// All that the comparison came by.
pub(crate) struct Examined<'a, 'p> {
    pub(crate) report: Report,
    /// The endpoints that have a page.
    pub(crate) described: Vec<Described<'a, 'p>>,
    /// Pages of endpoints that the spec leaves out, with the reason.
    pub(crate) uncovered: Vec<(&'p Page, &'a str)>,
}

/// An endpoint with its page.
pub(crate) struct Described<'a, 'p> {
    pub(crate) endpoint: &'a Endpoint<'a>,
    pub(crate) page: &'p Page,
    pub(crate) outcome: Outcome<'a>,
}

/// Compares, and keeps what agrees.
pub(crate) fn examine<'a, 'p>(spec: &'a Spec<'a>, pages: &'p [Page], partial: bool) -> Examined<'a, 'p> {
    let mut purposes = Purposes::default();
    let mut report = Report { endpoints: spec.endpoints.len(), pages: pages.len(), ..Report::default() };
    let pairs = pair::pair(&spec.endpoints, pages);
    let mut described = Vec::new();
    for (endpoint, page) in spec.endpoints.iter().zip(&pairs.pages) {
        let outcome = match page {
            Some(page) => endpoint::outcome(spec, endpoint, page, &mut purposes),
            None if partial => continue,
            None => endpoint::no_page(endpoint, &mut purposes),
        };
        report.enter(Drifted {
            group: Some(endpoint.group.to_owned()),
            endpoint: Some(endpoint.id.to_owned()),
            page: page.map(place),
            differences: outcome.differences.clone(),
        });
        described.extend(page.map(|page| Described { endpoint, page, outcome }));
    }
    let mut uncovered = Vec::new();
    let mut unknown = Vec::new();
    for page in pairs.unknown {
        match purposes.left_out(spec, page) {
            Some(reason) => uncovered.push((page, reason)),
            None => unknown.push(page),
        }
    }
    if !partial {
        let ids = described.iter().map(|described| described.endpoint.id).collect();
        purposes.stale(spec, &ids).into_iter().for_each(|drifted| report.enter(drifted));
    }
    for page in unknown {
        report.enter(Drifted {
            group: None,
            endpoint: Some(page.id.clone()),
            page: Some(place(page)),
            differences: vec![Difference {
                what: "page".into(),
                kind: Kind::Added,
                spec: String::new(),
                page: format!("{} {} {}", page.method.as_deref().unwrap_or("?"), page.path, page.title),
                differs: format!("`{}:` in spec/uncovered.yaml, with the reason", page.id),
            }],
        });
    }
    report.on_purpose = purposes.met();
    Examined { report, described, uncovered }
}

fn place(page: &Page) -> String {
    format!("{}:{}", page.file, page.line)
}

impl Report {
    fn enter(&mut self, drifted: Drifted) {
        if !drifted.differences.is_empty() {
            self.drifted.push(drifted);
        }
    }

    /// How many differences there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.drifted.iter().map(|drifted| drifted.differences.len()).sum()
    }

    /// Whether nothing differs but what does so on purpose.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.drifted.is_empty()
    }

    /// As a table to be read.
    #[must_use]
    pub fn table(&self) -> String {
        show::table(self)
    }

    /// As JSON, ending with a newline.
    #[must_use]
    pub fn json(&self) -> String {
        let difference = |one: &Difference| {
            json!({
                "what": one.what,
                "kind": one.kind.word(),
                "spec": one.spec,
                "page": one.page,
                "differs": one.differs,
            })
        };
        let drifted = |one: &Drifted| {
            json!({
                "group": one.group,
                "endpoint": one.endpoint,
                "page": one.page,
                "differences": one.differences.iter().map(difference).collect::<Vec<_>>(),
            })
        };
        let report: Value = json!({
            "endpoints": self.endpoints,
            "pages": self.pages,
            "on_purpose": self.on_purpose,
            "drifted": self.drifted.iter().map(drifted).collect::<Vec<_>>(),
        });
        format!("{report:#}\n")
    }
}
