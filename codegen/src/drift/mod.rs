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

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Map, Value, json};

pub(crate) use self::differs::Purposes;
pub(crate) use self::endpoint::Outcome;
use self::spec::{Endpoint, Spec, text};
use crate::diagnostic::Diagnostic;
use crate::pages::{EventPage, Page, SERVER};

/// What differs, all in all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// How many endpoints the spec has.
    pub endpoints: usize,
    /// How many events it has.
    pub events: usize,
    /// How many pages of endpoints were read.
    pub pages: usize,
    /// How many descriptions of events were read.
    pub event_pages: usize,
    /// How many differences `differs` accounts for.
    pub on_purpose: usize,
    /// What differs, by endpoint in the order of the spec; what the spec lacks comes last.
    pub drifted: Vec<Drifted>,
}

/// What differs in one place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drifted {
    /// The group, where the spec has the endpoint; of an event with `events.` in front.
    pub group: Option<String>,
    /// The endpoint's or the event's id; none where a type or `uncovered.yaml` is meant.
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

/// Which pages are given, so that one that is missing is a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Some: none is missing.
    Some,
    /// The documentation of the server: an event that is described elsewhere is not missing.
    Server,
    /// That, and the guides that describe events.
    Whole,
}

/// Compares a spec, which [`load`](crate::load) has found right, with pages.
///
/// # Errors
///
/// A file of the spec that cannot be read.
pub fn compare(spec_dir: &Path, pages: &[Page], events: &[EventPage], given: Given) -> Result<Report, Diagnostic> {
    let written = Written::read(spec_dir)?;
    let pushed = written.events();
    let (spec, pushed) = (written.spec(), pushed.spec());
    let mut purposes = Purposes::default();
    let Examined { mut report, described, unknown, .. } =
        examine_with(&spec, pages, given == Given::Some, &mut purposes);
    let described_events = examine_events(&pushed, events, given, &mut purposes, &mut report);
    if given != Given::Some {
        let ids = described.iter().map(|described| described.endpoint.id).collect();
        let stale = purposes.stale(&[(&spec, ids), (&pushed, described_events)]);
        stale.into_iter().for_each(|drifted| report.enter(drifted));
    }
    unknown.into_iter().for_each(|drifted| report.enter(drifted));
    Ok(report)
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
    report: Report,
    /// The endpoints that have a page.
    pub(crate) described: Vec<Described<'a, 'p>>,
    /// Pages of endpoints that the spec leaves out, with the reason.
    pub(crate) uncovered: Vec<(&'p Page, &'a str)>,
    /// What the spec lacks, which is told last.
    unknown: Vec<Drifted>,
}

/// An endpoint with its page.
pub(crate) struct Described<'a, 'p> {
    pub(crate) endpoint: &'a Endpoint<'a>,
    pub(crate) page: &'p Page,
    pub(crate) outcome: Outcome<'a>,
}

/// Compares what is there of endpoints, and keeps what agrees.
pub(crate) fn examine<'a, 'p>(spec: &'a Spec<'a>, pages: &'p [Page]) -> Examined<'a, 'p> {
    examine_with(spec, pages, true, &mut Purposes::default())
}

fn examine_with<'a, 'p>(
    spec: &'a Spec<'a>,
    pages: &'p [Page],
    partial: bool,
    purposes: &mut Purposes,
) -> Examined<'a, 'p> {
    let mut report = Report { endpoints: spec.endpoints.len(), pages: pages.len(), ..Report::default() };
    let pairs = pair::pair(&spec.endpoints, pages);
    let mut described = Vec::new();
    for (endpoint, page) in spec.endpoints.iter().zip(&pairs.pages) {
        let outcome = match page {
            Some(page) => endpoint::outcome(spec, endpoint, page, purposes),
            None if partial => continue,
            None => {
                let shown = format!("{} {}", text(endpoint.json, "method"), text(endpoint.json, "path"));
                endpoint::no_page(endpoint, &shown, purposes)
            }
        };
        report.of(endpoint, page.map(place), &outcome);
        described.extend(page.map(|page| Described { endpoint, page, outcome }));
    }
    let mut uncovered = Vec::new();
    let mut unknown = Vec::new();
    for page in pairs.unknown {
        match purposes.left_out(spec, &page.id) {
            Some(reason) => uncovered.push((page, reason)),
            None => unknown.push(Drifted {
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
            }),
        }
    }
    report.on_purpose += uncovered.len();
    Examined { report, described, uncovered, unknown }
}

/// Compares the events, and answers which of them have a page.
fn examine_events<'a>(
    spec: &'a Spec<'a>,
    pages: &[EventPage],
    given: Given,
    purposes: &mut Purposes,
    report: &mut Report,
) -> BTreeSet<&'a str> {
    report.events = spec.endpoints.len();
    report.event_pages = pages.len();
    let paired = events::pair(spec, pages);
    let mut described = BTreeSet::new();
    for (event, pages) in &paired.events {
        let missing = match given {
            Given::Some => false,
            Given::Server => text(event.json, "docs").starts_with(SERVER),
            Given::Whole => true,
        };
        if !pages.is_empty() {
            described.insert(event.id);
        } else if missing {
            report.of(event, None, &endpoint::no_page(event, text(event.json, "title"), purposes));
        }
        for (page, outcome) in events::described(spec, event, pages, purposes) {
            report.of(event, Some(format!("{}:{}", page.file, page.line)), &outcome);
        }
    }
    for page in paired.unknown {
        let title = page.titles.last().map_or("", String::as_str);
        let name = page.names.first().map_or(title, String::as_str);
        if purposes.left_out(spec, name).is_some() {
            report.on_purpose += 1;
            continue;
        }
        report.enter(Drifted {
            group: None,
            endpoint: Some(name.to_owned()),
            page: Some(format!("{}:{}", page.file, page.line)),
            differences: vec![Difference {
                what: "page".into(),
                kind: Kind::Added,
                spec: String::new(),
                page: format!("event {title}"),
                differs: format!("`{name}:` in spec/uncovered.yaml, with the reason"),
            }],
        });
    }
    described
}

fn place(page: &Page) -> String {
    format!("{}:{}", page.file, page.line)
}

impl Report {
    /// Enters what the comparison of one endpoint or event gave.
    fn of(&mut self, endpoint: &Endpoint<'_>, page: Option<String>, outcome: &Outcome<'_>) {
        self.on_purpose += outcome.on_purpose.len();
        self.enter(Drifted {
            group: Some(endpoint.group.to_owned()),
            endpoint: Some(endpoint.id.to_owned()),
            page,
            differences: outcome.differences.clone(),
        });
    }

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
            "events": self.events,
            "pages": self.pages,
            "event_pages": self.event_pages,
            "on_purpose": self.on_purpose,
            "drifted": self.drifted.iter().map(drifted).collect::<Vec<_>>(),
        });
        format!("{report:#}\n")
    }
}
