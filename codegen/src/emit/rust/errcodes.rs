//! The codes that any endpoint may answer: a constant each, and the table that explains them.

use proc_macro2::TokenStream;
use quote::quote;

use super::text::{doc, ident, markdown, sentence};
use crate::model::Api;

/// `errcodes.rs`.
pub(super) fn module(api: &Api) -> Vec<TokenStream> {
    let constants = api.errcodes.iter().map(|each| {
        let name = ident(&each.name);
        let text = doc(&format!("{}: {}", each.code, markdown(&sentence(&each.about))));
        let code = proc_macro2::Literal::i64_unsuffixed(each.code);
        quote! { #text pub const #name: Self = Self::new(#code); }
    });
    let mut sorted: Vec<_> = api.errcodes.iter().collect();
    sorted.sort_by_key(|each| each.code);
    let rows = sorted.into_iter().map(|each| {
        let name = &each.name;
        let constant = ident(name);
        // The sdk's enums have the model's variants.
        let (kind, retry) = (ident(&format!("{:?}", each.kind)), ident(&format!("{:?}", each.retry)));
        let (message, about, remedy, zh) = (&each.message, &each.about, &each.remedy, &each.zh);
        quote! {
            ErrCodeInfo {
                code: ErrCode::#constant,
                name: #name,
                kind: ErrCodeKind::#kind,
                retry: RetryHint::#retry,
                message: #message,
                about: #about,
                remedy: #remedy,
                remedy_zh: #zh,
            }
        }
    });
    vec![
        quote! { #![doc = " The codes that any endpoint may answer."] },
        quote! { use crate::errcode::{ErrCode, ErrCodeInfo, ErrCodeKind, RetryHint}; },
        quote! { impl ErrCode { #(#constants)* } },
        quote! {
            #[doc = " What is known of each code, sorted by code."]
            pub(crate) const TABLE: &[ErrCodeInfo] = &[#(#rows),*];
        },
    ]
}
