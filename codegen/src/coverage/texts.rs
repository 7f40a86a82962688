//! How much the spec says in words. The facts have no part in it: whether a name says it all is a matter of judgement,
//! so nothing is missing here.

use super::Row;
use crate::drift::spec::{Spec, text};

pub(super) fn rows(spec: &Spec<'_>) -> Vec<Row> {
    let of_types = spec.types().flat_map(|ty| ty.fields().into_values());
    let of_endpoints = spec.endpoints.iter().flat_map(|endpoint| {
        endpoint.fields().into_iter().map(|(_, json)| json).filter(|json| json.get("fixed").is_none())
    });
    let fields: Vec<_> = of_types.chain(of_endpoints).collect();
    let about = |list: &[&serde_json::Value]| list.iter().filter(|json| !text(json, "about").is_empty()).count();
    let endpoints: Vec<_> = spec.endpoints.iter().map(|endpoint| endpoint.json).collect();
    let row = |name, list: &[&serde_json::Value], counts| Row {
        name,
        all: list.len(),
        covered: about(list),
        counts,
        ..Row::default()
    };
    vec![
        row(
            "fields with `about`",
            &fields,
            "fields of the spec, each once, those with a fixed value aside; no `about`: the name says it",
        ),
        row("endpoints with `about`", &endpoints, "endpoints of the spec"),
    ]
}
