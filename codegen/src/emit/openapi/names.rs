//! What schemas are called: unique in the whole document, where the spec's names are unique in a group only.

use std::collections::{HashMap, HashSet};

use heck::ToUpperCamelCase;

use crate::model::{Api, Home, TypeRef};

/// The error that most endpoints answer.
pub(super) const ERROR: &str = "Error";
/// The envelope alone.
pub(super) const SUCCESS: &str = "Success";
/// The values of a template.
pub(super) const TEMPLATE_DATA: &str = "TemplateData";

/// The names that were given out.
pub(super) struct Names<'a> {
    types: HashMap<TypeRef, String>,
    /// Of what requests and answers hold, by id.
    endpoints: HashMap<&'a str, (String, String)>,
    /// Of events and replies, by the struct.
    pushed: HashMap<&'a str, String>,
}

impl<'a> Names<'a> {
    /// Shared types keep their name, those of a group have the group's in front.
    pub(super) fn new(api: &'a Api) -> Self {
        let mut taken: HashSet<String> = [ERROR, SUCCESS, TEMPLATE_DATA].map(str::to_owned).into();
        let mut take = |wanted: String| {
            let numbered = (2..).map(|number| format!("{wanted}{number}"));
            let free = std::iter::once(wanted.clone()).chain(numbered).find(|name| taken.insert(name.clone()));
            free.unwrap_or(wanted)
        };
        let mut types = HashMap::new();
        for ty in &api.types {
            types.insert(TypeRef { name: ty.name.clone(), home: Home::Shared }, take(ty.name.clone()));
        }
        for group in &api.groups {
            for ty in &group.types {
                let name = format!("{}{}", group.name.to_upper_camel_case(), ty.name);
                types.insert(TypeRef { name: ty.name.clone(), home: Home::Group(group.name.clone()) }, take(name));
            }
        }
        // What is pushed comes after the calls of the same group, so that theirs keep their names.
        let mut pushed = HashMap::new();
        for group in &api.events {
            let enums = group.events.iter().filter_map(|event| event.names.as_ref());
            for ty in group.types.iter().chain(enums) {
                let name = format!("{}{}", group.name.to_upper_camel_case(), ty.name);
                types.insert(TypeRef { name: ty.name.clone(), home: Home::Events(group.name.clone()) }, take(name));
            }
        }
        let mut endpoints = HashMap::new();
        for endpoint in api.groups.iter().flat_map(|group| &group.endpoints) {
            let names = (take(endpoint.request_name.clone()), take(endpoint.response_name.clone()));
            endpoints.insert(endpoint.id.as_str(), names);
        }
        for group in &api.events {
            let events = group.events.iter().map(|event| &event.name);
            for name in events.chain(group.replies.iter().map(|reply| &reply.name)) {
                pushed.insert(name.as_str(), take(name.clone()));
            }
        }
        Self { types, endpoints, pushed }
    }

    /// A type's schema; a checked model has no type that is not here.
    pub(super) fn of_type(&self, of: &TypeRef) -> &str {
        self.types.get(of).map_or("", String::as_str)
    }

    /// The schema of an event or a reply.
    pub(super) fn of_pushed(&self, name: &str) -> &str {
        self.pushed.get(name).map_or("", String::as_str)
    }

    /// The schema of what an endpoint's request holds.
    pub(super) fn of_request(&self, id: &str) -> &str {
        self.endpoints.get(id).map_or("", |(request, _)| request)
    }

    /// The schema of what an endpoint answers.
    pub(super) fn of_answer(&self, id: &str) -> &str {
        self.endpoints.get(id).map_or("", |(_, answer)| answer)
    }

    /// A type's schema, as other schemas refer to it.
    pub(super) fn reference(&self, to: &TypeRef) -> String {
        path(self.of_type(to))
    }
}

/// How a schema is referred to.
pub(super) fn path(name: &str) -> String {
    format!("#/components/schemas/{name}")
}
