//! What the spec says to differ on purpose, and whether it still does.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::spec::{Endpoint, Spec, Type, texts};
use super::{Difference, Drifted, Kind};

/// Where a `differs` stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    /// `uncovered.yaml`, whose every key is an element.
    Uncovered,
    /// An endpoint or an event, by group and id; with a path, one of its own fields.
    Endpoint(String, String, String),
    /// A type; with a name, one of its fields.
    Type(String, String),
}

/// The elements of all `differs` that were looked up, and how often each was met.
#[derive(Debug, Default)]
pub(crate) struct Purposes {
    seen: BTreeMap<Place, BTreeMap<String, usize>>,
}

impl Purposes {
    /// Notes what stands there.
    fn see(&mut self, place: Place, json: &Value) -> &mut BTreeMap<String, usize> {
        let counts = self.seen.entry(place).or_default();
        for element in texts(json, "differs") {
            counts.entry(element.to_owned()).or_default();
        }
        counts
    }

    /// Whether a `differs` names this; it counts as met then.
    fn meets(&mut self, place: Place, json: &Value, element: &str) -> bool {
        match self.see(place, json).get_mut(element) {
            Some(count) => {
                *count += 1;
                true
            }
            None => false,
        }
    }

    pub(super) fn of_endpoint(&mut self, endpoint: &Endpoint<'_>, element: &str) -> bool {
        self.meets(FieldPlace::OfEndpoint(endpoint, "").place(), endpoint.json, element)
    }

    pub(super) fn of_type(&mut self, ty: &Type<'_>, element: &str) -> bool {
        self.meets(Place::Type(ty.place(), String::new()), ty.json, element)
    }

    /// A field: of a type where it has one, else of the endpoint under this path.
    pub(super) fn of_field(&mut self, place: &FieldPlace<'_>, json: &Value, element: &str) -> bool {
        self.meets(place.place(), json, element)
    }

    /// Why the spec leaves an endpoint or an event out, if it says so.
    pub(super) fn left_out<'s>(&mut self, spec: &Spec<'s>, name: &str) -> Option<&'s str> {
        let reason = spec.uncovered.get(name)?.as_str()?;
        *self.seen.entry(Place::Uncovered).or_default().entry(name.to_owned()).or_default() += 1;
        Some(reason)
    }

    /// Elements that were never met: what they name does not differ any more. With each spec, the endpoints (or the
    /// events) that have a page; of the others nobody can tell, and other sources may differ from the spec as before.
    pub(super) fn stale(&mut self, specs: &[(&Spec<'_>, BTreeSet<&str>)]) -> Vec<Drifted> {
        let uncovered = self.seen.entry(Place::Uncovered).or_default();
        for (spec, _) in specs {
            for id in spec.uncovered.keys() {
                uncovered.entry(id.clone()).or_default();
            }
        }
        for (spec, described) in specs {
            let endpoints: Vec<_> = spec.endpoints.iter().filter(|endpoint| described.contains(endpoint.id)).collect();
            let groups: BTreeSet<_> = endpoints.iter().map(|endpoint| endpoint.group).collect();
            for ty in spec.types().filter(|ty| ty.group.is_none_or(|group| groups.contains(group))) {
                self.see(Place::Type(ty.place(), String::new()), ty.json);
                for (name, json) in ty.fields() {
                    self.see(FieldPlace::OfType(&ty, name).place(), json);
                }
            }
            for endpoint in endpoints {
                self.see(FieldPlace::OfEndpoint(endpoint, "").place(), endpoint.json);
                for (path, json) in endpoint.fields() {
                    self.see(FieldPlace::OfEndpoint(endpoint, &path).place(), json);
                }
            }
        }
        let is_described = |group: &str, id: &str| {
            let of = |spec: &Spec<'_>| spec.endpoints.iter().any(|it| it.group == group && it.id == id);
            specs.iter().any(|(spec, described)| described.contains(id) && of(spec))
        };
        let mut stale = Vec::new();
        for (place, counts) in &self.seen {
            if matches!(place, Place::Endpoint(group, id, _) if !is_described(group, id)) {
                continue;
            }
            let unmet: Vec<_> = counts.iter().filter(|(_, count)| **count == 0).map(|(element, _)| element).collect();
            if unmet.is_empty() {
                continue;
            }
            let (group, endpoint, what) = match place {
                Place::Uncovered => (None, None, "uncovered.yaml".to_owned()),
                Place::Endpoint(group, id, field) => (Some(group.clone()), Some(id.clone()), field.clone()),
                Place::Type(ty, field) if field.is_empty() => (None, None, ty.clone()),
                Place::Type(ty, field) => (None, None, format!("{ty}.{field}")),
            };
            let difference = |element: &&String| Difference {
                what: match place {
                    Place::Uncovered => what.clone(),
                    _ if what.is_empty() => "differs".into(),
                    _ => format!("{what} differs"),
                },
                kind: Kind::Stale,
                spec: (*element).clone(),
                page: if *place == Place::Uncovered { "has no page" } else { "does not differ" }.into(),
                differs: format!("remove `{element}` from it"),
            };
            stale.push(Drifted { group, endpoint, page: None, differences: unmet.iter().map(difference).collect() });
        }
        stale
    }
}

/// Where a field is defined.
#[derive(Clone, Copy, Debug)]
pub(super) enum FieldPlace<'a> {
    /// With its path: `params.scene`.
    OfEndpoint(&'a Endpoint<'a>, &'a str),
    OfType(&'a Type<'a>, &'a str),
}

impl FieldPlace<'_> {
    fn place(&self) -> Place {
        match self {
            FieldPlace::OfEndpoint(endpoint, path) => {
                Place::Endpoint(endpoint.group.to_owned(), endpoint.id.to_owned(), (*path).to_owned())
            }
            FieldPlace::OfType(ty, name) => Place::Type(ty.place(), (*name).to_owned()),
        }
    }
}
