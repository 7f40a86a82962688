//! Limits that several endpoints share: each of them has to say the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostics, did_you_mean};
use crate::lower::Origin;
use crate::model::{Api, Endpoint, Limit};
use crate::spec::limit;

pub(crate) fn check(api: &Api, origin: &Origin<'_>, out: &mut Diagnostics) {
    let all: BTreeMap<&str, &Endpoint> =
        api.groups.iter().flat_map(|group| &group.endpoints).map(|endpoint| (&*endpoint.id, endpoint)).collect();
    for record in origin.groups.iter().flat_map(|group| &group.endpoints) {
        for node in record.list("limits") {
            let Some(limit) = node.as_text().and_then(limit::parse) else { continue };
            let mut tell = |what: String, remedy: String| out.add(record.file, node.line, what, remedy);
            for (i, id) in limit.shared_with.iter().enumerate() {
                match all.get(id.as_str()) {
                    _ if id == record.key => {
                        tell(format!("`{limit}` names its own endpoint"), "name only the others".into());
                    }
                    _ if limit.shared_with[..i].contains(id) => {
                        tell(format!("`{limit}` names `{id}` twice"), "remove one of both".into());
                    }
                    None if origin.complete => {
                        let otherwise = "name ids of the spec behind `shared with`, and what is none behind `and`";
                        let remedy = did_you_mean(id, all.keys().copied(), otherwise);
                        tell(format!("`{limit}` names `{id}`, which is no id"), remedy);
                    }
                    Some(other) if !returned(&limit, record.key, other) => {
                        let what =
                            format!("`{limit}` of `{}` is shared with `{id}`, which does not say so", record.key);
                        let others: Vec<_> = seen_from(&limit, record.key, id).into_iter().collect();
                        let counterpart =
                            format!("{}/{} shared with {}", limit.count, limit.per.word(), others.join(", "));
                        tell(what, format!("write `{counterpart}` in the `limits` of `{id}`, or correct it here"));
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Whom `other` has to name for a limit of `own` that names it.
fn seen_from<'a>(limit: &'a Limit, own: &'a str, other: &str) -> BTreeSet<&'a str> {
    let all = limit.shared_with.iter().map(String::as_str).chain([own]);
    all.filter(|id| *id != other).collect()
}

/// Whether `other` has the limit, too.
fn returned(limit: &Limit, own: &str, other: &Endpoint) -> bool {
    let wanted = seen_from(limit, own, &other.id);
    other.limits.iter().any(|theirs| {
        theirs.count == limit.count
            && theirs.per == limit.per
            && theirs.shared_with.iter().map(String::as_str).collect::<BTreeSet<_>>() == wanted
    })
}
