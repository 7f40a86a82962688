//! Which page describes which endpoint.

use super::spec::{Endpoint, text};
use crate::pages::Page;

pub(super) struct Pairs<'p> {
    /// The page of each endpoint.
    pub(super) pages: Vec<Option<&'p Page>>,
    /// Pages of endpoints that the spec does not have.
    pub(super) unknown: Vec<&'p Page>,
}

/// Each endpoint gets a page, each page one endpoint at most. What agrees in more goes first: names are used twice,
/// and two endpoints can share an address.
pub(super) fn pair<'p>(endpoints: &[Endpoint<'_>], pages: &'p [Page]) -> Pairs<'p> {
    // In the spec an id is `name__group` where WeChat repeats a name.
    let name = |endpoint: &Endpoint<'_>, page: &Page| {
        endpoint.id == page.id || endpoint.id.split_once("__").is_some_and(|(name, _)| name == page.id)
    };
    let path = |endpoint: &Endpoint<'_>, page: &Page| text(endpoint.json, "path") == page.path;
    let title = |endpoint: &Endpoint<'_>, page: &Page| text(endpoint.json, "title") == page.title;
    let docs = |endpoint: &Endpoint<'_>, page: &Page| page.docs.as_deref() == Some(text(endpoint.json, "docs"));
    let method = |endpoint: &Endpoint<'_>, page: &Page| page.method.as_deref() == Some(text(endpoint.json, "method"));
    type Agree<'f> = &'f dyn Fn(&Endpoint<'_>, &Page) -> bool;
    let rounds: [Agree<'_>; 7] = [
        &|endpoint, page| name(endpoint, page) && path(endpoint, page) && docs(endpoint, page),
        &|endpoint, page| name(endpoint, page) && path(endpoint, page) && title(endpoint, page),
        &|endpoint, page| name(endpoint, page) && path(endpoint, page),
        &|endpoint, page| endpoint.id == page.id,
        &|endpoint, page| name(endpoint, page) && (title(endpoint, page) || docs(endpoint, page)),
        &|endpoint, page| path(endpoint, page) && title(endpoint, page),
        &|endpoint, page| path(endpoint, page) && method(endpoint, page),
    ];
    let mut pairs: Vec<Option<&Page>> = vec![None; endpoints.len()];
    let mut taken = vec![false; pages.len()];
    for agree in rounds {
        for (endpoint, pair) in endpoints.iter().zip(&mut pairs).filter(|(_, pair)| pair.is_none()) {
            let found = pages.iter().zip(&mut taken).find(|(page, taken)| !**taken && agree(endpoint, page));
            if let Some((page, taken)) = found {
                *pair = Some(page);
                *taken = true;
            }
        }
    }
    let unknown = pages.iter().zip(taken).filter(|(_, taken)| !taken).map(|(page, _)| page).collect();
    Pairs { pages: pairs, unknown }
}
