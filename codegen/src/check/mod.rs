//! What is wrong between things that are right by themselves.

mod endpoint;
mod events;
mod example;
mod limits;
mod paging;
mod uncovered;
mod unique;
mod usage;

use crate::diagnostic::Diagnostics;
use crate::lower::Origin;
use crate::model::Api;
use crate::spec::files::Files;

/// Checks the lowered spec, and fills in which types travel in which direction.
pub(crate) fn check(api: &mut Api, origin: &Origin<'_>, out: &mut Diagnostics) {
    usage::directions(api);
    paging::resolve(api, origin, out);
    usage::check(api, origin, out);
    unique::check(api, origin, out);
    limits::check(api, origin, out);
    events::check(api, origin, out);
    for (group, records) in api.groups.iter().zip(&origin.groups) {
        for (endpoint, record) in group.endpoints.iter().zip(&records.endpoints) {
            endpoint::check(endpoint, record, out);
            example::check(api, endpoint, record, out);
        }
    }
}

/// Checks what the spec says to leave out.
pub(crate) fn uncovered(api: &Api, files: &Files, out: &mut Diagnostics) {
    if let Some(file) = files.uncovered.as_ref().and_then(|file| file.record()) {
        uncovered::check(api, &file, out);
    }
}
