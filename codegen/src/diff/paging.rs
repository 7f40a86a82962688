//! What changed of going through pages.

use super::{Both, Changes, Kind};
use crate::emit::rust::paging::page_method;
use crate::model::{Api, Endpoint, Ty, TypeKind};

pub(super) fn compare(apis: Both<'_, Api>, both: Both<'_, Endpoint>, place: &str, out: &mut Changes) {
    const METHODS: &str = "`pages` and `items` of the call";
    match (&both.old.paging, &both.new.paging) {
        (None, Some(_)) => out.minor(Kind::Added, place, METHODS),
        (Some(_), None) => out.major(Kind::Removed, place, METHODS, "code that goes through pages does not compile"),
        (Some(_), Some(_)) => {
            let (old, new) = (item(apis.old, both.old), item(apis.new, both.new));
            if old != new {
                let shown = |ty: Option<&Ty>| ty.map_or_else(String::new, Ty::to_string);
                let what = format!("`items` gives `{}` instead of `{}`", shown(new), shown(old));
                out.major(Kind::Changed, place, what, "code that goes through items does not compile");
            }
            if both.differ(|each| &each.paging) {
                out.minor(Kind::Changed, place, "the next page is asked for otherwise");
            }
        }
        (None, None) => {}
    }
    match (page_method(both.old).is_some(), page_method(both.new).is_some()) {
        (false, true) => out.minor(Kind::Added, place, "`page` of the request"),
        (true, false) => {
            out.major(Kind::Removed, place, "`page` of the request", "code that asks for a page does not compile");
        }
        _ => {}
    }
}

/// What a row is.
fn item<'a>(api: &'a Api, endpoint: &'a Endpoint) -> Option<&'a Ty> {
    let mut fields = endpoint.response.fields();
    let mut found = None;
    for name in &endpoint.paging.as_ref()?.items {
        let field = fields.iter().find(|field| field.rust == *name)?;
        found = Some(&field.ty);
        if let Ty::Struct(reference) = &field.ty
            && let TypeKind::Struct { fields: inner, .. } = &api.find(reference)?.kind
        {
            fields = inner;
        }
    }
    match found? {
        Ty::List(row) => Some(row),
        _ => None,
    }
}
