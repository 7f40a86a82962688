//! Groups, and which endpoints are the same as before.

use super::{Both, Changes, Kind, endpoint, pair};
use crate::model::{Api, Endpoint, Group};

/// An endpoint and its group.
pub(super) struct Located<'a> {
    pub(super) group: &'a Group,
    pub(super) endpoint: &'a Endpoint,
}

impl Located<'_> {
    /// `group.method`, as the sdk names it too.
    pub(super) fn place(&self) -> String {
        format!("{}.{}", self.group.name, self.endpoint.method_name)
    }
}

fn all(api: &Api) -> Vec<Located<'_>> {
    api.groups.iter().flat_map(located).collect()
}

fn located(group: &Group) -> impl Iterator<Item = Located<'_>> {
    group.endpoints.iter().map(move |endpoint| Located { group, endpoint })
}

pub(super) fn compare(old: &Api, new: &Api, out: &mut Changes) {
    let apis = Both { old, new };
    let groups = pair(&old.groups, &new.groups, |group| group.name.as_str());
    let (before, after) = (all(old), all(new));
    let mut endpoints = pair(&before, &after, |each| each.endpoint.id.as_str());
    // A new id for the same call.
    endpoints.pair(|each| (format!("{:?}", each.endpoint.method), each.endpoint.path.as_str()));
    let is_new = |group: &Group| groups.added.iter().any(|added| added.name == group.name);
    let is_gone = |group: &Group| groups.removed.iter().any(|removed| removed.name == group.name);

    for group in &groups.added {
        let own = endpoints.added.iter().filter(|each| each.group.name == group.name);
        let names: Vec<_> = own.map(|each| format!("`{}`", each.endpoint.method_name)).collect();
        let many = if names.len() == 1 { "endpoint" } else { "endpoints" };
        let what = format!("group for {} ({} {many}: {})", group.title, names.len(), names.join(", "));
        out.minor(Kind::Added, &group.name, what);
    }
    for (old, new) in &groups.both {
        self::group(Both { old, new }, out);
    }
    for each in endpoints.added.iter().filter(|each| !is_new(each.group)) {
        out.minor(Kind::Added, &each.place(), format!("{} (`{}`)", each.endpoint.title, each.endpoint.id));
    }
    for (old, new) in &endpoints.both {
        endpoint::compare(apis, Both { old, new }, out);
    }
    for group in &groups.removed {
        let why = "its feature, its module and its method of the client are gone";
        out.major(Kind::Removed, &group.name, format!("group for {}", group.title), why);
    }
    for each in endpoints.removed.iter().filter(|each| !is_gone(each.group)) {
        let what = format!("{} (`{}`)", each.endpoint.title, each.endpoint.id);
        out.major(Kind::Removed, &each.place(), what, "code that calls it does not compile");
    }
}

fn group(both: Both<'_, Group>, out: &mut Changes) {
    let place = &both.new.name;
    if both.differ(|group| group.core) {
        let what = if both.new.core { "has no feature any more" } else { "needs its feature" };
        let why = if both.new.core {
            "a manifest that names the feature does not resolve"
        } else {
            "without the feature the group is gone"
        };
        out.major(Kind::Changed, place, what, why);
    }
    out.texts(place, "", &[("title", both.differ(|group| &group.title)), ("about", both.differ(|group| &group.about))]);
}
