//! Valid requests of an endpoint: the least, all, and what lies between.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::choices::choices;
use crate::make::{Flavor, Maker};
use crate::spec::{Endpoint, Field, Spec, Ty, TypeDef};
use crate::wire_form::{has_forms, written};

/// A valid request.
#[derive(Debug)]
pub struct Case {
    /// What it is.
    pub label: String,
    /// What the caller gives.
    pub input: Map<String, Value>,
}

/// All valid requests that are tried.
pub fn cases(spec: &Spec, endpoint: &Endpoint) -> Vec<Case> {
    let mut out = Vec::new();
    let turns = most_values(spec, &endpoint.params);
    for (skip, also) in choices(&endpoint.choices) {
        let chosen = if also.is_empty() { String::new() } else { format!(" with {}", also.join(", ")) };
        let mut add = |label: &str, maker: &Maker<'_>, also: &[&str]| {
            let input = maker.object(&endpoint.params, &skip, also);
            out.push(Case { label: format!("{label}{chosen}"), input });
        };
        let minimal = Maker { minimal: true, ..Maker::new(spec, Flavor::Rich(0)) };
        add("minimal", &minimal, &also);
        for turn in 0..turns.max(1) {
            add(&format!("full {turn}"), &Maker::new(spec, Flavor::Rich(turn)), &also);
        }
        add("zero", &Maker::new(spec, Flavor::Zero), &also);
        if turns > 0 {
            add("unknown enum values", &Maker::new(spec, Flavor::Novel), &also);
        }
        let without = Maker { without_targets: true, ..Maker::new(spec, Flavor::Rich(0)) };
        add("full without what silences others", &without, &also);
        // Each by itself: nothing else may be sent along.
        for field in endpoint.params.iter().filter(|field| field.settable() && !field.required) {
            let name = field.wire.as_str();
            if !skip.contains(&name) && !also.contains(&name) {
                let turns = turns_of(spec, &field.ty, &mut BTreeSet::new()).max(1);
                for flavor in (0..turns).map(Flavor::Rich).chain([Flavor::Zero]) {
                    let minimal = Maker { minimal: true, ..Maker::new(spec, flavor) };
                    let also = [&also[..], &[name]].concat();
                    add(&format!("only {name}, {flavor:?}"), &minimal, &also);
                }
            }
        }
        if has_forms(spec, &endpoint.params) {
            let full = Maker::new(spec, Flavor::Rich(0)).object(&endpoint.params, &skip, &also);
            out.push(Case { label: format!("full as written{chosen}"), input: written(spec, &endpoint.params, &full) });
        }
    }
    out
}

/// The least that a request needs.
pub fn minimal(spec: &Spec, endpoint: &Endpoint) -> Map<String, Value> {
    let (skip, also) = choices(&endpoint.choices).swap_remove(0);
    Maker { minimal: true, ..Maker::new(spec, Flavor::Rich(0)) }.object(&endpoint.params, &skip, &also)
}

/// How many values the largest enum has that these fields reach.
pub fn most_values(spec: &Spec, fields: &[Field]) -> usize {
    turns(spec, fields, &mut BTreeSet::new())
}

fn turns(spec: &Spec, fields: &[Field], seen: &mut BTreeSet<usize>) -> usize {
    fields.iter().filter(|field| field.settable()).map(|field| turns_of(spec, &field.ty, seen)).max().unwrap_or(0)
}

fn turns_of(spec: &Spec, ty: &Ty, seen: &mut BTreeSet<usize>) -> usize {
    match ty {
        Ty::List(inner) | Ty::Map(inner) => turns_of(spec, inner, seen),
        Ty::Named(number) if seen.insert(*number) => match &spec.types[*number] {
            TypeDef::Struct(def) => {
                // With one way to choose alone nothing turns.
                let ways = Some(choices(&def.choices).len()).filter(|ways| *ways > 1).unwrap_or(0);
                turns(spec, &def.fields, seen).max(ways)
            }
            TypeDef::TextEnum(values) => values.len(),
            TypeDef::IntEnum(values) => values.len(),
        },
        _ => 0,
    }
}
