//! Going through the pages of an answer.

use proc_macro2::TokenStream;
use quote::quote;

use super::fields::{self, Side};
use super::text::{doc, ident};
use crate::model::{Api, Constraint, Endpoint, Field, Literal, Paging, Presence, Turn, Ty, Type, TypeKind};

/// `.page(index, size)`, where pages can be counted.
pub(crate) fn page_method(endpoint: &Endpoint) -> Option<TokenStream> {
    let Paging { turn: Turn::Offset { start }, limit: Some(limit), .. } = endpoint.paging.as_ref()? else {
        return None;
    };
    let (of_start, of_limit) = (&endpoint.param(start)?.ty, &endpoint.param(limit)?.ty);
    let (start_ty, limit_ty) = (fields::ty(of_start), fields::ty(of_limit));
    let rows = match (of_limit, of_start) {
        (limit, start) if limit == start => quote!(size),
        (Ty::U8, _) | (Ty::U32, Ty::U64 | Ty::I64) => quote!(size.into()),
        _ => quote!(size.try_into().unwrap_or(#start_ty::MAX)),
    };
    // Page 0 is the first one too.
    let at_least_0 = (*of_start == Ty::I64).then(|| quote!(.max(0)));
    let text =
        doc(&format!("The page with this number, from 1, when pages hold `size` rows: sets `{start}` and `{limit}`."));
    let (start, limit) = (ident(start), ident(limit));
    Some(quote! {
        #text
        #[must_use]
        pub fn page(mut self, index: #start_ty, size: #limit_ty) -> Self {
            self.#start = Some(index.saturating_sub(1) #at_least_0.saturating_mul(#rows));
            self.#limit = Some(size);
            self
        }
    })
}

/// What the runtime has to know to go from page to page.
pub(super) fn implementation(api: &Api, endpoint: &Endpoint) -> Option<TokenStream> {
    let paging = endpoint.paging.as_ref()?;
    let (name, response) = (ident(&endpoint.request_name), ident(&endpoint.response_name));
    let ways = Ways { api, fields: endpoint.response.fields() };
    let item = match ways.end(&paging.items)?.ty.clone() {
        Ty::List(inner) => fields::ty(&inner),
        _ => return None,
    };
    let rows = ways.borrow(&paging.items)?;
    let mut turn = quote! { Turn::new(#rows.map_or(0, |rows| rows.len())) };
    if let Some(limit) = &paging.limit {
        let limit = ident(limit);
        turn = quote! { #turn.limit(self.#limit.as_ref()) };
    }
    for (word, way) in [("total", &paging.total), ("pages", &paging.pages), ("more", &paging.more)] {
        if let Some(way) = way {
            let (word, way) = (ident(word), ways.borrow(way)?);
            turn = quote! { #turn.#word(#way) };
        }
    }
    turn = match &paging.turn {
        Turn::Offset { start } => {
            let start = ident(start);
            quote! { #turn.offset(&mut self.#start) }
        }
        Turn::Page { page, first } => {
            let (page, first) = (ident(page), proc_macro2::Literal::u32_unsuffixed(*first));
            quote! { #turn.page(&mut self.#page, #first) }
        }
        Turn::Cursor { cursor, next, .. } => {
            let (cursor, next) = (ident(cursor), ways.borrow(next)?);
            quote! { #turn.cursor(&mut self.#cursor, #next) }
        }
    };
    let items = ways.take(&paging.items)?;
    // A list begins at its beginning, and nobody should have to say so.
    let wanted = |rust: &str| {
        let if_ = |constraint: &Constraint| matches!(constraint, Constraint::RequiredIf(_));
        let needed = |field: &Field| field.presence == Presence::Required || field.constraints.iter().any(if_);
        endpoint.param(rust).is_some_and(needed)
    };
    let number = |name: &str, first: u32| {
        let (name, first) = (ident(name), proc_macro2::Literal::u32_unsuffixed(first));
        quote! {
            fn begin(&mut self) {
                self.#name.get_or_insert(#first);
            }
        }
    };
    let begin = match &paging.turn {
        Turn::Offset { start } => wanted(start).then(|| number(start, 0)),
        Turn::Page { page, first } => wanted(page).then(|| number(page, *first)),
        Turn::Cursor { cursor, first: Some(first), .. } => {
            let (cursor, value) = (ident(cursor), fields::literal(first));
            let insert = match first {
                Literal::Text(_) => quote!(get_or_insert_with(|| #value.to_owned())),
                _ => quote!(get_or_insert(#value)),
            };
            Some(quote! {
                fn begin(&mut self) {
                    self.#cursor.#insert;
                }
            })
        }
        _ => None,
    };
    Some(quote! {
        impl Paged for #name {
            type Item = #item;

            #begin

            fn turn(&mut self, response: &#response) -> bool {
                #turn
            }

            fn items(response: #response) -> Vec<#item> {
                #items
            }
        }
    })
}

/// Ways through a response's structs.
struct Ways<'a> {
    api: &'a Api,
    fields: &'a [Field],
}

impl<'a> Ways<'a> {
    /// The fields on the way, and whether each is kept without an `Option`.
    fn steps(&self, way: &[String]) -> Option<Vec<(&'a Field, bool)>> {
        let mut steps: Vec<(&'a Field, bool)> = Vec::new();
        let (mut here, mut side) = (self.fields, Side::Response);
        for name in way {
            if let Some((Field { ty: Ty::Struct(reference), .. }, _)) = steps.last() {
                let Type { kind: TypeKind::Struct { fields: inner, .. }, in_request, .. } = self.api.find(reference)?
                else {
                    return None;
                };
                here = inner;
                side = if *in_request { Side::Request } else { Side::Response };
            }
            let field = here.iter().find(|field| field.rust == *name)?;
            steps.push((field, fields::is_bare(field, side)));
        }
        Some(steps)
    }

    fn end(&self, way: &[String]) -> Option<&'a Field> {
        self.steps(way)?.last().map(|(field, _)| *field)
    }

    /// A reference to the end, in an `Option`.
    fn borrow(&self, way: &[String]) -> Option<TokenStream> {
        let mut steps = self.steps(way)?.into_iter();
        let (field, bare) = steps.next()?;
        let name = ident(&field.rust);
        let start = if bare { quote!(Some(&response.#name)) } else { quote!(response.#name.as_ref()) };
        Some(steps.fold(start, |before, (field, bare)| {
            let name = ident(&field.rust);
            if bare { quote!(#before.map(|at| &at.#name)) } else { quote!(#before.and_then(|at| at.#name.as_ref())) }
        }))
    }

    /// The end itself, a list, empty where it is not there.
    fn take(&self, way: &[String]) -> Option<TokenStream> {
        let steps = self.steps(way)?;
        let ((field, bare), rest) = steps.split_first()?;
        let name = ident(&field.rust);
        if rest.is_empty() && *bare {
            return Some(quote!(response.#name));
        }
        let start = if *bare { quote!(Some(response.#name)) } else { quote!(response.#name) };
        let end = rest.iter().fold(start, |before, (field, bare)| {
            let name = ident(&field.rust);
            if *bare { quote!(#before.map(|at| at.#name)) } else { quote!(#before.and_then(|at| at.#name)) }
        });
        Some(quote!(#end.unwrap_or_default()))
    }
}
