//! Fields: which there are, what they hold, who must give them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::differs::FieldPlace;
use super::endpoint::Found;
use super::met::{Fate, Met, enter_all, enter_all_of};
use super::spec::{Holds, Spec, Type, text, texts};
use super::{Difference, Kind};
use crate::pages::{Kind as Told, Page, PageField};

/// The parameters, wherever they travel.
pub(super) fn params<'a>(spec: &'a Spec<'a>, page: &Page, found: &mut Found<'a, '_>) {
    let endpoint = found.endpoint;
    let params = endpoint.params();
    let mut told: BTreeMap<&str, &PageField> = BTreeMap::new();
    let whole = params.iter().find(|(_, json)| text(json, "in") == "whole_body");
    let body = if whole.is_some() { &[][..] } else { &page.body[..] };
    for field in page.query.iter().chain(body) {
        told.entry(&field.name).or_insert(field);
    }
    // The client sends these by itself: `token` and `sign` say so.
    told.retain(|name, field| {
        let token = name.ends_with("access_token") && !params.contains_key(name);
        let sign = texts(endpoint.json, "sign").any(|sign| sign == *name);
        if sign {
            enter_all_of(&mut found.outcome.met, &format!("params.{name}"), field, &Fate::Handled);
        }
        !token && !sign
    });
    let sent = params.iter().filter(|(_, json)| !matches!(text(json, "in"), "sign" | "whole_body"));
    let sent: BTreeMap<_, _> = sent.map(|(name, json)| (*name, *json)).collect();
    let mut compare = Compare { spec, found, answer: false, pushed: false, group: endpoint.group };
    compare.level("params", None, &sent, &told);
    // With another method everything travels elsewhere, which is told once.
    if text(endpoint.json, "method") == "POST" && page.method.as_deref() == Some("POST") {
        for (name, json) in &sent {
            let in_query = page.query.iter().any(|field| field.name == *name);
            let in_body = page.body.iter().any(|field| field.name == *name);
            let query = text(json, "in") == "query";
            if (in_query || in_body) && if query { !in_query } else { !in_body } {
                let [spec, page] = [query, in_query].map(|query| if query { "in the query" } else { "in the body" });
                compare.changed(&format!("params.{name}"), None, name, json, "place", spec, page);
            }
        }
    }
    let Some((name, json)) = whole else { return };
    let path = format!("params.{name}");
    if let Holds { list: false, ty: Some(ty), .. } = spec.holds(endpoint.group, json) {
        let told = page.body.iter().map(|field| (field.name.as_str(), field)).collect();
        compare.level(&path, Some(ty), &ty.fields(), &told);
    } else {
        let fate = free(&path, json, false);
        for field in &page.body {
            // Some pages list the parameters of the query again, and the body itself as a field of it.
            let fate = if params.contains_key(&*field.name) { &Fate::Handled } else { &fate };
            enter_all_of(&mut compare.found.outcome.met, &format!("{path}.{}", field.name), field, fate);
        }
    }
}

/// The answer beside its envelope.
pub(super) fn response<'a>(spec: &'a Spec<'a>, page: &Page, found: &mut Found<'a, '_>) {
    let endpoint = found.endpoint;
    let response = endpoint.json.get("response");
    // Bytes and free JSON have no fields that the spec could name.
    let whole = response.and_then(Value::as_str).filter(|word| *word != "nothing");
    let bytes =
        whole.is_some_and(|word| word != "json") || response.is_some_and(|response| response.get("bytes_or").is_some());
    let fields = endpoint.response();
    let mut handled = Vec::new();
    let told = page.response.iter().filter(|field| {
        // The usual names are always understood, beside whatever else the envelope is called.
        let envelope = ["errcode", "errmsg"].contains(&&*field.name) || endpoint.envelope().contains(&&*field.name);
        let envelope = envelope && !fields.contains_key(&*field.name);
        let file = bytes && field.kind == Told::Bytes;
        if file {
            handled.push(format!("response.{}", field.name));
        }
        !envelope && !file
    });
    let told: BTreeMap<_, _> = told.map(|field| (field.name.as_str(), field)).collect();
    let met = &mut found.outcome.met;
    met.extend(handled.into_iter().map(|path| Met { path, marked: false, values: false, fate: Fate::Handled }));
    if whole.is_some() {
        let fate = free("response", endpoint.json, false);
        told.values().for_each(|field| enter_all_of(met, &format!("response.{}", field.name), field, &fate));
        return;
    }
    Compare { spec, found, answer: true, pushed: false, group: endpoint.group }.level("response", None, &fields, &told);
}

pub(super) struct Compare<'a, 'f, 'p> {
    pub(super) spec: &'a Spec<'a>,
    pub(super) found: &'f mut Found<'a, 'p>,
    /// Whether it is an answer, which is read leniently.
    pub(super) answer: bool,
    /// Whether it is pushed, which is read so too.
    pub(super) pushed: bool,
    /// Where names of types are looked up.
    pub(super) group: &'a str,
}

impl<'a> Compare<'a, '_, '_> {
    /// The fields of one object. `ty`: the type that defines them, else the endpoint does.
    pub(super) fn level(
        &mut self,
        path: &str,
        ty: Option<Type<'a>>,
        spec: &BTreeMap<&'a str, &'a Value>,
        page: &BTreeMap<&str, &PageField>,
    ) {
        for (name, told) in page {
            let path = format!("{path}.{name}");
            match spec.get(name) {
                Some(json) => self.field(&path, ty, name, json, told),
                None => self.added(&path, ty, told),
            }
        }
        for (name, json) in spec.iter().filter(|(name, _)| !page.contains_key(*name)) {
            let path = format!("{path}.{name}");
            let on_purpose = self.on_purpose(&path, ty, name, json, "page")
                || self.found.purposes.of_endpoint(self.found.endpoint, &format!("-{path}"));
            let whole = if self.found.endpoint.is_event() { "event" } else { "endpoint" };
            let differs = format!("differs: [page] of {}, or [-{path}] of the {whole}", owner(ty, name));
            let (spec, page) = (shown_type(json), String::new());
            self.found.push(on_purpose, Difference { what: path, kind: Kind::Removed, spec, page, differs });
        }
    }

    fn added(&mut self, path: &str, ty: Option<Type<'a>>, told: &PageField) {
        let required = if told.required == Some(true) { ", required" } else { "" };
        let page = format!("{}{required}: {}", said(told), told.text);
        let (own, full) = (format!("+{}", told.name), format!("+{path}"));
        let on_purpose = ty.is_some_and(|ty| self.found.purposes.of_type(&ty, &own))
            || self.found.purposes.of_endpoint(self.found.endpoint, &full);
        let differs = format!("differs: [{full}]");
        let difference = Difference { what: path.into(), kind: Kind::Added, spec: String::new(), page, differs };
        self.found.push(on_purpose, difference);
        let missing = Fate::Missing { at: path.into(), on_purpose };
        enter_all_of(&mut self.found.outcome.met, path, told, &missing);
    }

    fn field(&mut self, path: &str, ty: Option<Type<'a>>, name: &str, json: &'a Value, told: &PageField) {
        let holds = self.spec.holds(ty.map_or(self.group, |ty| ty.group.unwrap_or(self.group)), json);
        let marked = (self.pushed || !self.answer) && told.required.is_some();
        let values = !told.values.is_empty() && holds.ty.is_some_and(|held| !held.values().is_empty());
        self.found.outcome.met.push(Met { path: path.into(), marked, values, fate: Fate::Had(json) });
        let mut on_purpose = false;
        if told.kind == Told::Unknown {
            // The page says no type, or a name of its own: nobody can tell whether a `differs` is right.
            self.on_purpose(path, ty, name, json, "type");
        }
        if !self.fits(&holds, told) {
            on_purpose = self.changed(path, ty, name, json, "type", &shown_type(json), &said(told));
        }
        if !self.answer {
            self.required(path, ty, name, json, told);
        } else if self.pushed && told.required == Some(false) && json.get("always").is_some() {
            self.changed(path, ty, name, json, "required", "always there", "not required");
        }
        if holds.kind == told.kind
            && let Some(held) = holds.ty
        {
            self.held(path, ty, name, json, told, held);
        }
        let compared = holds.kind == told.kind && holds.ty.is_some_and(|held| !held.fields().is_empty());
        if !compared {
            // A template's data has these two under every keyword, whatever its page names.
            let fate = match text(json, "type") {
                "template_data" => Fate::Handled,
                _ => free(path, json, on_purpose),
            };
            enter_all(&mut self.found.outcome.met, path, &told.fields, &fate);
        }
    }

    /// The struct or enum that a field holds.
    fn held(&mut self, path: &str, ty: Option<Type<'a>>, name: &str, json: &Value, told: &PageField, held: Type<'a>) {
        let fields = held.fields();
        // A struct that holds itself is shown once on a page.
        if !fields.is_empty() && !told.fields.is_empty() {
            let page = told.fields.iter().map(|field| (field.name.as_str(), field)).collect();
            self.level(path, Some(held), &fields, &page);
        }
        let values = held.values();
        let page: BTreeSet<_> = told.values.iter().map(|(value, _)| value.trim_matches(['"', '\''])).collect();
        if !values.is_empty() && !page.is_empty() && values != page {
            let only = |a: &BTreeSet<&str>, b: &BTreeSet<&str>| match a.difference(b).copied().collect::<Vec<_>>() {
                none if none.is_empty() => String::new(),
                values => format!("also {}", values.join(", ")),
            };
            self.changed(path, ty, name, json, "values", &only(&values, &page), &only(&page, &values));
        }
    }

    fn required(&mut self, path: &str, ty: Option<Type<'a>>, name: &str, json: &Value, told: &PageField) {
        let has = |word| json.get(word).is_some();
        let always_sent = has("required") || has("fixed") || has("from");
        // Required now and then: a page has one mark for that, and uses either.
        let sometimes = has("required_if")
            || has("default_from")
            || has("initial")
            || has("yields_to")
            || ty.is_none() && ["exclusive", "any_of"].iter().any(|word| self.in_set(word, name));
        let differs = match told.required {
            Some(true) => !always_sent && !sometimes,
            Some(false) => has("required"),
            None => false,
        };
        if differs {
            let word = |required| if required { "required" } else { "not required" };
            self.changed(path, ty, name, json, "required", word(always_sent), word(told.required == Some(true)));
        }
    }

    /// Whether one of the endpoint's sets of fields names this one.
    fn in_set(&self, word: &str, name: &str) -> bool {
        let sets = self.found.endpoint.json.get(word).and_then(Value::as_array);
        let mut names = sets.into_iter().flatten().filter_map(Value::as_array).flatten().filter_map(Value::as_str);
        names.any(|own| own == name)
    }

    fn fits(&self, holds: &Holds<'_>, told: &PageField) -> bool {
        // A list is taken where one value came, too.
        let list = holds.list == told.list || self.answer && holds.list;
        if holds.any {
            return true;
        }
        if told.kind == Told::Unknown {
            return list || !told.list;
        }
        let scalar = |kind| matches!(kind, Told::String | Told::Number | Told::Boolean);
        // Numbers, texts and bools of answers are read in each other's place.
        let kind = holds.kind == told.kind
            || holds.kind == Told::Unknown
            || self.answer && scalar(holds.kind) && scalar(told.kind);
        kind && list
    }

    /// Enters a difference of a field that both have; whether it is on purpose.
    #[allow(clippy::too_many_arguments, reason = "a field's place and both sides of its difference")]
    fn changed(
        &mut self,
        path: &str,
        ty: Option<Type<'a>>,
        name: &str,
        json: &Value,
        element: &str,
        spec: &str,
        page: &str,
    ) -> bool {
        let on_purpose = self.on_purpose(path, ty, name, json, element);
        let difference = Difference {
            what: format!("{path} {element}"),
            kind: Kind::Changed,
            spec: spec.into(),
            page: page.into(),
            differs: format!("differs: [{element}] of {}", owner(ty, name)),
        };
        self.found.push(on_purpose, difference);
        on_purpose
    }

    fn on_purpose(&mut self, path: &str, ty: Option<Type<'a>>, name: &str, json: &Value, element: &str) -> bool {
        let place = match &ty {
            Some(ty) => FieldPlace::OfType(ty, name),
            None => FieldPlace::OfEndpoint(self.found.endpoint, path),
        };
        self.found.purposes.of_field(&place, json, element)
    }
}

/// What becomes of fields within a value that the spec leaves free; its `note` says why.
fn free<'a>(at: &str, json: &'a Value, on_purpose: bool) -> Fate<'a> {
    let note = text(json, "note");
    Fate::Free { at: at.to_owned(), on_purpose: on_purpose || !note.is_empty(), note }
}

/// Whose `differs` is meant.
fn owner(ty: Option<Type<'_>>, name: &str) -> String {
    ty.map_or_else(|| "the field".to_owned(), |ty| format!("{}.{name}", ty.place()))
}

/// The type as the spec writes it, `[T]` included.
fn shown_type(json: &Value) -> String {
    match json.get("type") {
        Some(Value::String(ty)) => ty.clone(),
        Some(Value::Array(list)) => {
            format!("[{}]", list.first().and_then(Value::as_str).unwrap_or_default())
        }
        _ => String::new(),
    }
}

/// The type as the page says it.
fn said(told: &PageField) -> String {
    if told.said.is_empty() { told.kind.word().to_owned() } else { told.said.clone() }
}
