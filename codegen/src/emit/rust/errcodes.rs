//! The codes of the spec: a constant each, and the tables that explain them.

use heck::ToShoutySnakeCase;
use proc_macro2::TokenStream;
use quote::quote;

use super::text::{doc, ident, markdown, sentence};
use crate::model::{Api, ErrCode, ErrKind, Retry};

/// `errcodes.rs`.
pub(super) fn module(api: &Api) -> Vec<TokenStream> {
    let groups: Vec<_> = api.groups.iter().filter(|group| !group.errcodes.is_empty()).collect();
    let constants = api.errcodes.iter().chain(groups.iter().flat_map(|group| &group.errcodes)).map(constant);
    let all = rows(&api.errcodes);
    let mut out = vec![
        quote! { #![doc = " What the spec knows of codes, whichever groups are switched on."] },
        quote! { use crate::errcode::{ErrCode, ErrCodeInfo, ErrCodeKind, RetryHint}; },
        quote! { impl ErrCode { #(#constants)* } },
        quote! {
            #[doc = " The codes that any endpoint may answer, sorted by code."]
            pub(crate) const TABLE: &[ErrCodeInfo] = &[#(#all),*];
        },
    ];
    for group in &groups {
        let text = doc(&format!("The codes that mean this in `{}`, sorted by code.", group.name));
        let name = ident(&table(&group.name));
        let rows = rows(&group.errcodes);
        out.push(quote! {
            #text
            pub(crate) const #name: &[ErrCodeInfo] = &[#(#rows),*];
        });
    }
    let tables = groups.iter().map(|group| ident(&table(&group.name)));
    out.push(quote! {
        #[doc = " The tables of all groups that have one."]
        pub(crate) const GROUPS: &[&[ErrCodeInfo]] = &[#(#tables),*];
    });
    out
}

/// The name of a group's table.
pub(super) fn table(group: &str) -> String {
    group.to_shouty_snake_case()
}

fn constant(code: &ErrCode) -> TokenStream {
    let name = ident(&code.name);
    let text = doc(&format!("{}: {}", code.code, markdown(&sentence(&code.about))));
    let number = proc_macro2::Literal::i64_unsuffixed(code.code);
    quote! { #text pub const #name: Self = Self::new(#number); }
}

fn rows(codes: &[ErrCode]) -> Vec<TokenStream> {
    let mut sorted: Vec<_> = codes.iter().collect();
    sorted.sort_by_key(|each| each.code);
    sorted.into_iter().map(row).collect()
}

fn row(code: &ErrCode) -> TokenStream {
    let name = &code.name;
    let constant = ident(name);
    let (kind, retry) = (kind(code.kind), retry(code.retry));
    let (message, about, remedy, zh) = (&code.message, &code.about, &code.remedy, &code.zh);
    quote! {
        ErrCodeInfo {
            code: ErrCode::#constant,
            name: #name,
            kind: #kind,
            retry: #retry,
            message: #message,
            about: #about,
            remedy: #remedy,
            remedy_zh: #zh,
        }
    }
}

/// The sdk's enums have the model's variants.
pub(super) fn kind(kind: ErrKind) -> TokenStream {
    let name = ident(&format!("{kind:?}"));
    quote!(ErrCodeKind::#name)
}

pub(super) fn retry(retry: Retry) -> TokenStream {
    let name = ident(&format!("{retry:?}"));
    quote!(RetryHint::#name)
}
