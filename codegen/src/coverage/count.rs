//! Counts what the comparison came by.

use std::collections::BTreeSet;

use super::examples::{Unknown, unknown};
use super::{Coverage, Remark, Row};
use crate::drift::met::{Fate, Met};
use crate::drift::spec::{Endpoint, Spec, codes, text};
use crate::drift::{Described, Difference, Kind, Outcome};
use crate::facts::Fact;
use crate::pages::{Page, PageField};

/// One count.
#[derive(Debug, Default)]
pub(super) struct Tally {
    same: usize,
    otherwise: usize,
    left_out: usize,
    unexplained: usize,
}

impl Tally {
    /// Counts what both have: whether it differs, and whether that is explained.
    pub(super) fn compared(&mut self, state: State) {
        *match state {
            State::Same => &mut self.same,
            State::OnPurpose => &mut self.otherwise,
            State::Unexplained => &mut self.unexplained,
        } += 1;
    }

    /// Counts what the spec lacks.
    pub(super) fn lacking(&mut self, on_purpose: bool) {
        *if on_purpose { &mut self.left_out } else { &mut self.unexplained } += 1;
    }

    pub(super) const fn row(&self, name: &'static str, counts: &'static str) -> Row {
        Row {
            name,
            all: self.same + self.otherwise + self.left_out + self.unexplained,
            covered: self.same + self.otherwise,
            otherwise: self.otherwise,
            left_out: self.left_out,
            unexplained: self.unexplained,
            counts,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Same,
    OnPurpose,
    Unexplained,
}

#[derive(Debug, Default)]
pub(super) struct Count {
    endpoints: Tally,
    addresses: Tally,
    fields: FieldTallies,
    errcodes: Tally,
    codes: Tally,
    /// Of the codes, in the order of [`WORDS`].
    words: [Tally; 4],
    examples: Tally,
    docs: Tally,
    cloud_calls: Tally,
    permission_sets: Tally,
    encryption: Tally,
    coverage: Coverage,
}

/// What a code should have.
const WORDS: [(&str, &str); 4] = [
    ("name", "  with a name"),
    ("kind", "  with a kind"),
    ("remedy", "  with a remedy in English"),
    ("zh", "  with a remedy in Chinese"),
];

/// What is counted of fields.
#[derive(Debug, Default)]
pub(super) struct FieldTallies {
    pub(super) fields: Tally,
    pub(super) types: Tally,
    pub(super) values: Tally,
    pub(super) required: Tally,
}

/// Whether something differs, and whether that is explained.
pub(super) fn state_of(outcome: &Outcome<'_>, what: &str) -> State {
    let named = |list: &[Difference]| list.iter().any(|one| one.kind != Kind::Removed && one.what == what);
    match (named(&outcome.differences), named(&outcome.on_purpose)) {
        (true, _) => State::Unexplained,
        (false, true) => State::OnPurpose,
        (false, false) => State::Same,
    }
}

fn worst(states: &[State]) -> State {
    let has = |state| states.contains(&state);
    match (has(State::Unexplained), has(State::OnPurpose)) {
        (true, _) => State::Unexplained,
        (false, true) => State::OnPurpose,
        (false, false) => State::Same,
    }
}

/// How remarks call an endpoint.
pub(super) fn name(endpoint: &Endpoint<'_>) -> String {
    format!("{}.{}", endpoint.group, endpoint.id)
}

impl FieldTallies {
    pub(super) fn met(
        &mut self,
        id: &str,
        endpoint: &Endpoint<'_>,
        met: &Met<'_>,
        state: &dyn Fn(&str) -> State,
        coverage: &mut Coverage,
    ) {
        let state = |element: &str| state(&format!("{} {element}", met.path));
        match &met.fate {
            Fate::Had(_) => {
                self.fields.compared(State::Same);
                self.types.compared(worst(&[state("type"), state("place")]));
                if met.values {
                    self.values.compared(state("values"));
                }
                if met.marked {
                    self.required.compared(state("required"));
                }
            }
            Fate::Handled => self.fields.compared(State::Same),
            Fate::Missing { at, on_purpose } => {
                self.fields.lacking(*on_purpose);
                if *on_purpose && *at == met.path {
                    coverage.leave_out(id, &met.path, text(endpoint.json, "note"));
                }
            }
            Fate::Free { at, on_purpose, note } => {
                self.fields.lacking(*on_purpose);
                if *on_purpose {
                    coverage.leave_out(id, &met.path, note);
                } else {
                    coverage.unexplained.push(Remark {
                        endpoint: id.to_owned(),
                        what: met.path.clone(),
                        spec: format!("`{at}` holds anything"),
                        documented: "a field".into(),
                        remedy: format!("give `{at}` a type that has it, or a `note`"),
                    });
                }
            }
        }
    }
}

impl Count {
    /// An endpoint that the spec has.
    pub(super) fn described(&mut self, spec: &Spec<'_>, described: &Described<'_, '_>, fact: &Fact) {
        let Described { endpoint, page, outcome } = described;
        let id = name(endpoint);
        let state = |what: &str| state_of(outcome, what);
        self.endpoints.compared(State::Same);
        self.addresses.compared(worst(&["id", "method", "path"].map(state)));
        for met in &outcome.met {
            self.fields.met(&id, endpoint, met, &state, &mut self.coverage);
        }
        // An outline tells nothing of these.
        if !page.outline {
            self.encryption.compared(state("encryption"));
        }
        if page.cloud_call.is_some() {
            self.cloud_calls.compared(state("cloud call"));
        }
        if !page.permission_sets.is_empty() {
            self.permission_sets.compared(state("permission sets"));
        }
        self.errcodes_of(&id, endpoint, page, &state);
        for difference in outcome.differences.iter().filter(|one| one.kind != Kind::Removed) {
            self.coverage.unexplained.push(Remark {
                endpoint: id.clone(),
                what: difference.what.clone(),
                spec: difference.spec.clone(),
                documented: difference.page.clone(),
                remedy: difference.differs.clone(),
            });
        }
        self.docs_of(&id, endpoint, page);
        self.examples_of(spec, &id, described, fact);
    }

    fn errcodes_of(&mut self, id: &str, endpoint: &Endpoint<'_>, page: &Page, state: &dyn Fn(&str) -> State) {
        let ok = endpoint.ok();
        for code in page.errcodes.iter().map(|code| code.code).filter(|code| !ok.contains(code)) {
            let what = format!("errcodes.{code}");
            match state(&what) {
                State::Same => self.errcodes.compared(State::Same),
                State::OnPurpose => {
                    self.errcodes.lacking(true);
                    self.left_out(id, &what, text(endpoint.json, "note"));
                }
                State::Unexplained => self.errcodes.lacking(false),
            }
        }
    }

    fn docs_of(&mut self, id: &str, endpoint: &Endpoint<'_>, page: &Page) {
        let Some(documented) = &page.docs else { return };
        let docs = text(endpoint.json, "docs");
        let plain = |address: &str| address.trim_end_matches(".html").to_owned();
        if plain(docs) == plain(documented) {
            self.docs.compared(State::Same);
            return;
        }
        if text(endpoint.json, "note").contains(documented.as_str()) {
            self.docs.compared(State::OnPurpose);
            return;
        }
        self.docs.compared(State::Unexplained);
        self.coverage.unexplained.push(Remark {
            endpoint: id.to_owned(),
            what: "docs".into(),
            spec: docs.to_owned(),
            documented: documented.clone(),
            remedy: "correct `docs`, or name the other address in `note`".into(),
        });
    }

    fn examples_of(&mut self, spec: &Spec<'_>, id: &str, described: &Described<'_, '_>, fact: &Fact) {
        // What the table has too is told of the table.
        let told = described.outcome.met.iter().filter(|met| !matches!(met.fate, Fate::Had(_)));
        let told: BTreeSet<_> = told.map(|met| met.path.as_str()).collect();
        for (example, file) in fact.page.examples.iter().zip(&fact.samples) {
            let found = match unknown(spec, described.endpoint, example) {
                Ok(found) => found,
                Err(error) => {
                    self.examples.lacking(true);
                    self.coverage.unsaid.push(Remark {
                        endpoint: id.to_owned(),
                        what: file.clone(),
                        spec: String::new(),
                        documented: error,
                        remedy: String::new(),
                    });
                    continue;
                }
            };
            match found.iter().map(|one| one.on_purpose).min() {
                None => self.examples.compared(State::Same),
                Some(on_purpose) => self.examples.lacking(on_purpose),
            }
            for Unknown { path, on_purpose } in found.iter().filter(|one| !told.contains(one.path.as_str())) {
                if *on_purpose {
                    self.left_out(id, path, &format!("only {file} has it; see the `note`"));
                    continue;
                }
                self.coverage.unexplained.push(Remark {
                    endpoint: id.to_owned(),
                    what: path.clone(),
                    spec: String::new(),
                    documented: format!("in {file}"),
                    remedy: format!(
                        "add it, or name `{}` in a `note`, in backticks",
                        path.rsplit('.').next().unwrap_or(path)
                    ),
                });
            }
        }
    }

    /// An endpoint that the spec leaves out.
    pub(super) fn uncovered(&mut self, page: &Page, reason: &str) {
        self.endpoints.lacking(true);
        self.whole(page, true);
        self.left_out(&page.id, "all of it", reason);
    }

    /// An endpoint that the spec does not know of.
    pub(super) fn unknown(&mut self, page: &Page) {
        self.endpoints.lacking(false);
        self.whole(page, false);
        self.coverage.unexplained.push(Remark {
            endpoint: page.id.clone(),
            what: "all of it".into(),
            spec: String::new(),
            documented: format!("{} {} {}", page.method.as_deref().unwrap_or("?"), page.path, page.title),
            remedy: format!("write it, or `{}:` in spec/uncovered.yaml with the reason", page.id),
        });
    }

    /// All that a page has, none of which the spec has.
    fn whole(&mut self, page: &Page, on_purpose: bool) {
        fn all(fields: &[PageField]) -> usize {
            fields.iter().map(|field| 1 + all(&field.fields)).sum()
        }
        let fields = page.query.iter().filter(|field| !field.name.ends_with("access_token")).chain(&page.body);
        let answer = page.response.iter().filter(|field| !["errcode", "errmsg"].contains(&field.name.as_str()));
        let fields: usize = fields.chain(answer).map(|field| 1 + all(&field.fields)).sum();
        let errcodes = page.errcodes.iter().filter(|code| code.code != 0).count();
        let one = usize::from;
        for (tally, count) in [
            (&mut self.addresses, 1),
            (&mut self.fields.fields, fields),
            (&mut self.errcodes, errcodes),
            (&mut self.examples, page.examples.len()),
            (&mut self.docs, one(page.docs.is_some())),
            (&mut self.cloud_calls, one(page.cloud_call.is_some())),
            (&mut self.permission_sets, one(!page.permission_sets.is_empty())),
            (&mut self.encryption, one(!page.outline)),
        ] {
            (0..count).for_each(|_| tally.lacking(on_purpose));
        }
    }

    /// What the documentation does not say of an endpoint.
    pub(super) fn unsaid(&mut self, id: &str, fact: &Fact) {
        self.coverage.unsaid.extend(fact.unsaid.iter().map(|(place, reason)| Remark {
            endpoint: id.to_owned(),
            what: if place.is_empty() { "all of it".into() } else { place.clone() },
            spec: String::new(),
            documented: reason.clone(),
            remedy: String::new(),
        }));
    }

    /// The codes of all pages, each once.
    pub(super) fn codes(&mut self, spec: &Spec<'_>, all: &BTreeSet<i64>) {
        let mut unnamed = Vec::new();
        for code in all.iter().filter(|code| **code != 0) {
            let said: Vec<_> = spec.said_of_code(*code).collect();
            let lists = spec
                .endpoints
                .iter()
                .any(|endpoint| codes(endpoint.json.get("errcodes")).contains(code) || endpoint.ok().contains(code));
            let known = lists || !said.is_empty();
            let mut remark = |what: String, remedy: &str| {
                self.coverage.unexplained.push(Remark {
                    endpoint: String::new(),
                    what,
                    spec: String::new(),
                    documented: "in errcodes.json".into(),
                    remedy: remedy.to_owned(),
                });
            };
            if known {
                self.codes.compared(State::Same);
            } else {
                self.codes.lacking(false);
                remark(format!("errcodes.{code}"), "write it into spec/errcodes.yaml, or under an endpoint");
            }
            for ((word, _), tally) in WORDS.iter().zip(&mut self.words) {
                if said.iter().any(|said| !text(said, word).is_empty()) {
                    tally.compared(State::Same);
                } else if *word == "name" && known {
                    tally.lacking(true);
                    unnamed.push(code.to_string());
                } else {
                    tally.lacking(false);
                    if known {
                        remark(format!("errcodes.{code} {word}"), "add it");
                    }
                }
            }
        }
        if !unnamed.is_empty() {
            let reason = format!(
                "only endpoints say what these mean, each its own, so no constant names them: {}",
                unnamed.join(", ")
            );
            self.left_out("", "names of codes", &reason);
        }
    }

    fn left_out(&mut self, endpoint: &str, what: &str, reason: &str) {
        self.coverage.leave_out(endpoint, what, reason);
    }

    /// Where remarks are entered.
    pub(super) fn coverage(&mut self) -> &mut Coverage {
        &mut self.coverage
    }

    pub(super) fn finish(self, events: Vec<Row>, texts: Vec<Row>) -> Coverage {
        let Self { mut coverage, .. } = self;
        let mut rows = vec![
            self.endpoints.row("endpoints", "endpoints of the facts"),
            self.addresses.row("addresses", "endpoints whose id, method and path agree"),
            self.fields
                .fields
                .row("fields", "parameters and fields of answers, nested ones too, without envelope and access token"),
            self.fields.types.row("types", "fields of both: kind on the wire, list or not, query or body"),
            self.fields.required.row("required marks", "parameters of both that the page marks as required or not"),
            self.fields
                .values
                .row("values of enums", "fields of both that are an enum and whose values the page lists"),
            self.errcodes.row("error codes of endpoints", "codes of each endpoint that mean an error"),
            self.codes.row("error codes", "distinct codes of all endpoints"),
        ];
        rows.extend(self.words.iter().zip(WORDS).map(|(tally, (_, name))| tally.row(name, "of the distinct codes")));
        rows.extend([
            self.examples.row("examples", "examples all of whose fields the spec knows"),
            self.docs.row("links to pages", "endpoints whose page has a known address"),
            self.cloud_calls.row("cloud-call names", "endpoints that have one"),
            self.permission_sets.row("permission sets", "endpoints that have some"),
            self.encryption.row("encryption", "endpoints: supported or not"),
        ]);
        rows.extend(events);
        rows.extend(texts);
        coverage.rows = rows;
        coverage.unexplained.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
        coverage.unexplained.dedup();
        coverage.left_out.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
        coverage.unsaid.sort_by(|a, b| a.endpoint.cmp(&b.endpoint));
        coverage
    }
}
