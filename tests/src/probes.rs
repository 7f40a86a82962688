//! Requests at the bounds of each constraint, and just outside of them.

use serde_json::{Map, Value, json};

use crate::bounds::{keywords, misfits, values};
use crate::cases::choices;
use crate::conditions::rows;
use crate::make::{Flavor, Maker};
use crate::spec::{Endpoint, Spec, Ty};
use crate::spots::{at, spots};

/// What must become of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// It is sent.
    Passes,
    /// It is not sent, and the violations name these fields and no others.
    Refused(Vec<String>),
    /// It is not sent, and the one violation names all these fields.
    Choice(Vec<String>),
    /// It can not be read: what stands at this place is of another type.
    Unreadable(String),
}

/// A request and what must become of it.
#[derive(Debug)]
pub struct Probe {
    /// The constraint and how it is tried.
    pub what: String,
    /// The request.
    pub input: Map<String, Value>,
    /// What must become of it.
    pub verdict: Verdict,
}

/// All probes of an endpoint.
pub fn probes(spec: &Spec, endpoint: &Endpoint) -> Vec<Probe> {
    let mut out = Vec::new();
    for (skip, also) in choices(endpoint) {
        let root = Maker::new(spec, Flavor::Rich(0)).object(&endpoint.params, &skip, &also);
        for spot in spots(spec, &endpoint.params, &root) {
            let mut probe = |what: &str, input: Map<String, Value>, verdict: Verdict| {
                out.push(Probe { what: format!("{}: {what}", spot.name()), input, verdict });
            };
            if spot.field.required {
                probe("missing", spot.without(&root), Verdict::Refused(vec![spot.name()]));
                if spot.field.ty != Ty::Json {
                    probe("null", spot.with(&root, Value::Null), Verdict::Refused(vec![spot.name()]));
                }
            }
            for (what, value, passes) in values(spec, spot.field) {
                let verdict = if passes { Verdict::Passes } else { Verdict::Refused(vec![spot.name()]) };
                probe(&what, spot.with(&root, value), verdict);
            }
            for (keyword, value, passes) in keywords(spot.field) {
                let wrong = Verdict::Refused(vec![format!("{}.{keyword}", spot.name())]);
                let input = spot.with(&root, json!({ keyword: { "value": value } }));
                probe(&format!("{keyword} {value:?}"), input, if passes { Verdict::Passes } else { wrong });
            }
            for (what, value) in misfits(spec, &spot.field.ty) {
                probe(&what, spot.with(&root, value), Verdict::Unreadable(spot.name()));
            }
        }
    }
    for (skip, also) in choices(endpoint) {
        for row in rows(spec, &endpoint.params, &skip, &also) {
            let what = format!("conditions: {}", row.said);
            out.push(Probe { what, input: row.given, verdict: verdict(row.missing) });
        }
    }
    let (skip, also) = choices(endpoint).swap_remove(0);
    let root = Maker::new(spec, Flavor::Rich(0)).object(&endpoint.params, &skip, &also);
    for spot in spots(spec, &endpoint.params, &root) {
        for row in rows(spec, spec.fields(&spot.field.ty).unwrap_or_default(), &[], &[]) {
            let missing = row.missing.iter().map(|field| format!("{}.{field}", spot.name())).collect();
            let input = spot.with(&root, Value::Object(row.given));
            let what = format!("{}: conditions: {}", spot.name(), row.said);
            out.push(Probe { what, input, verdict: verdict(missing) });
        }
    }
    exclusive(spec, endpoint, &mut out);
    out
}

fn verdict(missing: Vec<String>) -> Verdict {
    if missing.is_empty() { Verdict::Passes } else { Verdict::Refused(missing) }
}

/// None and two of the sets of which exactly one must be given.
fn exclusive(spec: &Spec, endpoint: &Endpoint, out: &mut Vec<Probe>) {
    let all: Vec<&str> = endpoint.exclusive.iter().flatten().map(String::as_str).collect();
    if all.is_empty() {
        return;
    }
    let verdict = || Verdict::Choice(all.iter().map(|name| (*name).to_owned()).collect());
    let maker = Maker { minimal: true, ..Maker::new(spec, Flavor::Rich(0)) };
    out.push(Probe {
        what: "exclusive: none".to_owned(),
        input: maker.object(&endpoint.params, &all, &[]),
        verdict: verdict(),
    });
    out.push(Probe {
        what: "exclusive: all".to_owned(),
        input: maker.object(&endpoint.params, &[], &all),
        verdict: verdict(),
    });
    for set in endpoint.exclusive.iter().filter(|set| set.len() > 1) {
        out.push(Probe {
            what: format!("exclusive: only a part of {}", set.join(", ")),
            input: maker.object(&endpoint.params, &[], &[&set[0]]),
            verdict: verdict(),
        });
    }
}

/// Each object of a request with a member that the spec does not know: the place of the stranger, and the request.
pub fn strangers(spec: &Spec, endpoint: &Endpoint) -> Vec<(String, Map<String, Value>)> {
    const STRANGER: &str = "no_such_field";
    let (skip, also) = choices(endpoint).swap_remove(0);
    let root = Maker::new(spec, Flavor::Rich(0)).object(&endpoint.params, &skip, &also);
    let mut top = root.clone();
    top.insert(STRANGER.to_owned(), json!(1));
    let mut out = vec![(STRANGER.to_owned(), top)];
    for spot in spots(spec, &endpoint.params, &root) {
        if spec.fields(&spot.field.ty).is_some() {
            let mut changed = root.clone();
            at(&mut changed, &spot.path)[STRANGER] = json!(1);
            out.push((format!("{}.{STRANGER}", spot.name()), changed));
        }
    }
    for field in endpoint.params.iter().filter(|field| !field.settable()) {
        let mut changed = root.clone();
        changed.insert(field.wire.clone(), json!("1"));
        out.push((field.wire.clone(), changed));
    }
    out
}
