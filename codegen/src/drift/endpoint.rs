//! One endpoint and its page.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::differs::Purposes;
use super::met::Met;
use super::spec::{Endpoint, Spec, text, texts};
use super::{Difference, Kind, codes, fields};
use crate::pages::Page;

/// Collects what is found of one endpoint.
pub(super) struct Found<'a, 'p> {
    pub(super) endpoint: &'a Endpoint<'a>,
    pub(super) purposes: &'p mut Purposes,
    pub(super) outcome: Outcome<'a>,
}

/// What the comparison of an endpoint with its page gave.
#[derive(Debug, Default)]
pub(crate) struct Outcome<'a> {
    /// What differs and is not said to.
    pub(crate) differences: Vec<Difference>,
    /// What differs on purpose.
    pub(crate) on_purpose: Vec<Difference>,
    /// The fields of the page.
    pub(crate) met: Vec<Met<'a>>,
}

impl Found<'_, '_> {
    /// Enters a difference that the endpoint's own `differs` can name.
    pub(super) fn enter(&mut self, what: &str, kind: Kind, element: &str, spec: impl Display, page: impl Display) {
        let on_purpose = self.purposes.of_endpoint(self.endpoint, element);
        let (spec, page) = (spec.to_string(), page.to_string());
        self.push(
            on_purpose,
            Difference { what: what.into(), kind, spec, page, differs: format!("differs: [{element}]") },
        );
    }

    /// Enters a difference whose purpose has been asked for.
    pub(super) fn push(&mut self, on_purpose: bool, difference: Difference) {
        let list = if on_purpose { &mut self.outcome.on_purpose } else { &mut self.outcome.differences };
        list.push(difference);
    }
}

/// Compares an endpoint with its page.
pub(super) fn outcome<'a>(
    spec: &'a Spec<'a>,
    endpoint: &'a Endpoint<'a>,
    page: &Page,
    purposes: &mut Purposes,
) -> Outcome<'a> {
    let mut found = Found { endpoint, purposes, outcome: Outcome::default() };
    let name = endpoint.id.split_once("__").map_or(endpoint.id, |(name, _)| name);
    if endpoint.id != page.id && name != page.id {
        found.enter("id", Kind::Changed, "id", endpoint.id, &page.id);
    }
    let path = text(endpoint.json, "path");
    if path != page.path {
        found.enter("path", Kind::Changed, "path", path, &page.path);
    }
    if let Some(method) = &page.method
        && method != text(endpoint.json, "method")
    {
        found.enter("method", Kind::Changed, "method", text(endpoint.json, "method"), method);
    }
    // An outline tells no more than this.
    if page.outline {
        cloud_call(&mut found, page);
        return found.outcome;
    }
    cloud_call(&mut found, page);
    third_party(&mut found, page);
    let encryption = matches!(text(endpoint.json, "encryption"), "supported" | "required");
    if encryption != page.encryption {
        let shown = |yes| if yes { "supported" } else { "none" };
        found.enter("encryption", Kind::Changed, "encryption", shown(encryption), shown(page.encryption));
    }
    fields::params(spec, page, &mut found);
    fields::response(spec, page, &mut found);
    codes::compare(spec, page, &mut found);
    found.outcome
}

/// An endpoint, or an event, that no page describes. `shown`: what the spec says of it in short.
pub(super) fn no_page<'a>(endpoint: &'a Endpoint<'a>, shown: &str, purposes: &mut Purposes) -> Outcome<'a> {
    let mut found = Found { endpoint, purposes, outcome: Outcome::default() };
    found.enter("page", Kind::Removed, "page", shown, "");
    found.outcome
}

fn cloud_call(found: &mut Found<'_, '_>, page: &Page) {
    let aliases: Vec<_> = texts(found.endpoint.json, "aliases").filter(|alias| alias.contains('.')).collect();
    match &page.cloud_call {
        Some(call) if aliases.contains(&call.as_str()) => {}
        Some(call) => {
            let kind = if aliases.is_empty() { Kind::Added } else { Kind::Changed };
            found.enter("cloud call", kind, "cloud_call", aliases.join(", "), call);
        }
        None if aliases.is_empty() => {}
        None => found.enter("cloud call", Kind::Removed, "cloud_call", aliases.join(", "), ""),
    }
}

fn third_party(found: &mut Found<'_, '_>, page: &Page) {
    let sets = found.endpoint.json.get("permission_sets").and_then(serde_json::Value::as_array);
    let spec: BTreeSet<_> = sets.into_iter().flatten().filter_map(serde_json::Value::as_u64).collect();
    let told: BTreeSet<_> = page.permission_sets.iter().map(|set| u64::from(*set)).collect();
    if spec != told {
        let shown = |sets: &BTreeSet<u64>| sets.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let kind = match (spec.is_empty(), told.is_empty()) {
            (true, _) => Kind::Added,
            (_, true) => Kind::Removed,
            _ => Kind::Changed,
        };
        found.enter("permission sets", kind, "permission_sets", shown(&spec), shown(&told));
    }
}
