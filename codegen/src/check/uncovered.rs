//! Endpoints that are said to be left out.

use crate::diagnostic::Diagnostics;
use crate::model::Api;
use crate::spec::record::Record;

/// None of them is in the spec after all.
pub(super) fn check(api: &Api, file: &Record<'_>, out: &mut Diagnostics) {
    for entry in file.entries("uncovered") {
        let group = api.groups.iter().find(|group| group.endpoints.iter().any(|endpoint| endpoint.id == entry.key));
        if let Some(group) = group {
            let what = format!("`{}` is not left out: the group `{}` has it", entry.key, group.name);
            out.add(file.file, entry.line, what, "remove it here");
        }
    }
}
