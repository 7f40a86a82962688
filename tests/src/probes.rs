//! Requests at the bounds of each constraint, and just outside of them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::bounds::{keywords, misfits_of, values};
use crate::choices::choices;
use crate::conditions::rows;
use crate::make::{Flavor, Maker};
use crate::spec::{Choices, Endpoint, Field, Spec, Ty};
use crate::spots::{Spot, at, name, spots, structs};

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
    let ways = choices(&endpoint.choices);
    for (skip, also) in &ways {
        let mut seen = BTreeSet::new();
        for turn in 0..ways_within(spec, &endpoint.params) {
            let root = Maker::new(spec, Flavor::Rich(turn)).object(&endpoint.params, skip, also);
            for spot in spots(spec, &endpoint.params, &root) {
                // Another turn shows the fields that one way to choose leaves out.
                if seen.insert(spot.name()) {
                    of_spot(spec, &root, &spot, &mut out);
                }
            }
        }
    }
    for (skip, also) in &ways {
        for row in rows(spec, &endpoint.params, skip, also) {
            let what = format!("conditions: {}", row.said);
            out.push(Probe { what, input: row.given, verdict: verdict(row.missing) });
        }
    }
    choosing(spec, &endpoint.params, &endpoint.choices, &mut out, |object| object, "");
    let (skip, also) = &ways[0];
    let root = Maker::new(spec, Flavor::Rich(0)).object(&endpoint.params, skip, also);
    for (path, def) in structs(spec, &endpoint.params, &root) {
        let (place, ways) = (name(&path), choices(&def.choices));
        let inside = |object: Map<String, Value>| {
            let mut root = root.clone();
            *at(&mut root, &path) = Value::Object(object);
            root
        };
        for row in rows(spec, &def.fields, &ways[0].0, &ways[0].1) {
            let missing = row.missing.iter().map(|field| format!("{place}.{field}")).collect();
            let what = format!("{place}: conditions: {}", row.said);
            out.push(Probe { what, input: inside(row.given), verdict: verdict(missing) });
        }
        choosing(spec, &def.fields, &def.choices, &mut out, inside, &format!("{place}."));
    }
    out
}

/// How many ways to choose the structs have that these fields reach; at least one.
fn ways_within(spec: &Spec, fields: &[Field]) -> usize {
    let root = Maker::new(spec, Flavor::Rich(0)).object(fields, &[], &[]);
    structs(spec, fields, &root).iter().map(|(_, def)| choices(&def.choices).len()).max().unwrap_or(1)
}

/// The probes of one field.
fn of_spot(spec: &Spec, root: &Map<String, Value>, spot: &Spot<'_>, out: &mut Vec<Probe>) {
    let mut probe = |what: &str, input: Map<String, Value>, verdict: Verdict| {
        out.push(Probe { what: format!("{}: {what}", spot.name()), input, verdict });
    };
    if spot.field.required {
        probe("missing", spot.without(root), Verdict::Refused(vec![spot.name()]));
        if spot.field.ty != Ty::Json {
            probe("null", spot.with(root, Value::Null), Verdict::Refused(vec![spot.name()]));
        }
    }
    for (what, value, passes) in values(spec, spot.field) {
        let verdict = if passes { Verdict::Passes } else { Verdict::Refused(vec![spot.name()]) };
        probe(&what, spot.with(root, value), verdict);
    }
    for (keyword, value, passes) in keywords(spot.field) {
        let wrong = Verdict::Refused(vec![format!("{}.{keyword}", spot.name())]);
        let input = spot.with(root, json!({ keyword: { "value": value } }));
        probe(&format!("{keyword} {value:?}"), input, if passes { Verdict::Passes } else { wrong });
    }
    for (what, value) in misfits_of(spec, spot.field) {
        probe(&what, spot.with(root, value), Verdict::Unreadable(spot.name()));
    }
}

fn verdict(missing: Vec<String>) -> Verdict {
    if missing.is_empty() { Verdict::Passes } else { Verdict::Refused(missing) }
}

/// None, all and parts of the sets between which a caller chooses.
fn choosing(
    spec: &Spec,
    fields: &[Field],
    of: &Choices,
    out: &mut Vec<Probe>,
    inside: impl Fn(Map<String, Value>) -> Map<String, Value>,
    place: &str,
) {
    let maker = Maker { minimal: true, ..Maker::new(spec, Flavor::Rich(0)) };
    // One of both is broken at a time.
    let none = Choices::default();
    let kinds = [
        ("exclusive", &of.exclusive, Choices { any_of: of.any_of.clone(), ..none.clone() }),
        ("any_of", &of.any_of, Choices { exclusive: of.exclusive.clone(), ..none }),
    ];
    for (kind, sets, other) in &kinds {
        let all: Vec<&str> = sets.iter().flatten().map(String::as_str).collect();
        if all.is_empty() {
            continue;
        }
        let (_, kept) = choices(other).swap_remove(0);
        let mut probe = |what: String, given: Vec<&str>, passes: bool| {
            let input = inside(maker.object(fields, &all, &[&kept[..], &given].concat()));
            let named = all.iter().map(|name| (*name).to_owned()).collect();
            let verdict = if passes { Verdict::Passes } else { Verdict::Choice(named) };
            out.push(Probe { what: format!("{place}{kind}: {what}"), input, verdict });
        };
        probe("none".to_owned(), Vec::new(), false);
        probe("all".to_owned(), all.clone(), *kind == "any_of");
        for set in sets.iter().filter(|set| set.len() > 1) {
            for left_out in 0..set.len() {
                let part = set.iter().enumerate().filter(|(index, _)| *index != left_out);
                let part = part.map(|(_, name)| name.as_str()).collect();
                probe(format!("{} without {}", set.join(", "), set[left_out]), part, false);
            }
        }
    }
}

/// Each object of a request with a member that the spec does not know: the place of the stranger, and the request.
pub fn strangers(spec: &Spec, endpoint: &Endpoint) -> Vec<(String, Map<String, Value>)> {
    const STRANGER: &str = "no_such_field";
    let (skip, also) = choices(&endpoint.choices).swap_remove(0);
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
