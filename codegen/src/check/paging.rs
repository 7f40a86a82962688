//! Resolves the ways that `paging` names: from wire names through structs to the Rust names of fields.

use crate::diagnostic::{Diagnostics, did_you_mean};
use crate::lower::Origin;
use crate::lower::paging::is_count;
use crate::model::{Api, Endpoint, Field, Turn, Ty, TypeKind};
use crate::spec::record::Record;

pub(crate) fn resolve(api: &mut Api, origin: &Origin<'_>, out: &mut Diagnostics) {
    for (g, records) in origin.groups.iter().enumerate() {
        for (e, record) in records.endpoints.iter().enumerate() {
            let endpoint = &api.groups[g].endpoints[e];
            let Some(mut paging) = endpoint.paging.clone() else { continue };
            let Some(words) = record.record("paging") else { continue };
            let mut finder = Finder { api, endpoint, words, out };
            let mut found = finder.find("items", &mut paging.items, |field| matches!(field.ty, Ty::List(_)), "a list");
            for (word, way) in [("total", &mut paging.total), ("pages", &mut paging.pages)] {
                found &= way.as_mut().is_none_or(|way| finder.find(word, way, is_count, "a whole number"));
            }
            let is_bool = |field: &Field| field.ty == Ty::Bool;
            found &= paging.more.as_mut().is_none_or(|way| finder.find("more", way, is_bool, "a bool"));
            if let Turn::Cursor { cursor, next, .. } = &mut paging.turn {
                found &= finder.cursor(cursor, next);
            }
            api.groups[g].endpoints[e].paging = found.then_some(paging);
        }
    }
}

struct Finder<'a, 'd> {
    api: &'a Api,
    endpoint: &'a Endpoint,
    /// The map behind `paging`.
    words: Record<'a>,
    out: &'d mut Diagnostics,
}

impl<'a> Finder<'a, '_> {
    /// Turns a way of wire names into one of Rust names, whose end must fit.
    fn find(&mut self, word: &str, way: &mut [String], fits: fn(&Field) -> bool, wanted: &str) -> bool {
        match self.walk(word, way) {
            Some(end) if !fits(end) => {
                let what = format!("`paging.{word}` leads to `{}`, which is not {wanted}", end.wire);
                self.out.add(self.words.file, self.words.line_of(word), what, "name another field");
                false
            }
            end => end.is_some(),
        }
    }

    fn walk(&mut self, word: &str, way: &mut [String]) -> Option<&'a Field> {
        let mut fields = self.endpoint.response.fields();
        let mut end: Option<&'a Field> = None;
        for step in way {
            if let Some(before) = end {
                fields = match &before.ty {
                    Ty::Struct(reference) => match self.api.find(reference).map(|ty| &ty.kind) {
                        Some(TypeKind::Struct { fields, .. }) => fields,
                        _ => return None,
                    },
                    other => {
                        let what = format!("`paging.{word}` leads into `{}`, which is `{other}`", before.wire);
                        self.out.add(self.words.file, self.words.line_of(word), what, "lead into a struct");
                        return None;
                    }
                };
            }
            let Some(field) = fields.iter().find(|field| field.wire == *step) else {
                let what = format!("`paging.{word}` names `{step}`, which is no field there");
                let known = fields.iter().map(|field| field.wire.as_str());
                let remedy = did_you_mean(step, known, "name a field as it is on the wire");
                self.out.add(self.words.file, self.words.line_of(word), what, remedy);
                return None;
            };
            step.clone_from(&field.rust);
            end = Some(field);
        }
        end
    }

    /// The next cursor is sent as it came.
    fn cursor(&mut self, cursor: &str, next: &mut [String]) -> bool {
        let Some(end) = self.walk("next", next) else { return false };
        let Some(param) = self.endpoint.param(cursor) else { return false };
        let (file, line) = (self.words.file, self.words.line_of("cursor"));
        if end.ty != param.ty {
            let what = format!("the cursor `{}` is `{}` and comes as `{}`", param.wire, param.ty, end.ty);
            self.out.add(file, line, what, "give both one type");
        }
        true
    }
}
