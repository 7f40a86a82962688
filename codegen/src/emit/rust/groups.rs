//! What lists all groups: the module, the client's methods, the features, the calls by name.

use proc_macro2::TokenStream;
use quote::quote;

use super::group::handle;
use super::text::{doc, ident, markdown, sentence};
use crate::model::{Api, Group};

/// The features of the sdk, one per group that can be left out, sorted.
#[must_use]
pub fn features(api: &Api) -> Vec<&str> {
    api.groups.iter().filter(|group| !group.core).map(|group| &*group.name).collect()
}

fn gate(group: &Group) -> Option<TokenStream> {
    let name = &group.name;
    (!group.core).then(|| quote!(#[cfg(feature = #name)]))
}

/// `mod.rs`.
pub(super) fn module(api: &Api) -> Vec<TokenStream> {
    let mut out = vec![quote! {
        #![doc = " The endpoints, one module per group: each request's page says what there is to know of its endpoint."]
        #![allow(
            clippy::new_without_default,
            clippy::doc_markdown,
            clippy::should_implement_trait,
            reason = "these structs are non-exhaustive: `..Default::default()` could not be written anyway"
        )]
    }];
    let modules = api.groups.iter().map(|group| {
        let (name, gate) = (ident(&group.name), gate(group));
        quote! { #gate pub mod #name; }
    });
    out.push(quote! {
        #[cfg(feature = "dynamic")]
        pub(crate) mod dynamic;
        pub(crate) mod errcodes;
        pub mod types;
        #(#modules)*
    });
    out.push(quote! { use crate::client::Client; });
    let handles = api.groups.iter().map(|group| {
        let (name, gate, handle) = (ident(&group.name), gate(group), ident(&handle(group)));
        let text = doc(&format!("{}: {}", group.title, markdown(&sentence(&group.about))));
        quote! {
            #text
            #gate
            #[must_use]
            pub fn #name(&self) -> #name::#handle<'_> {
                #name::#handle::new(self)
            }
        }
    });
    out.push(quote! { impl Client { #(#handles)* } });
    let charsets = api.charsets.iter().map(|charset| {
        let name = ident(&charset.name.to_uppercase());
        let (about, chars) = (&charset.about, &charset.chars);
        quote! { pub(crate) const #name: Charset = Charset::new(#about, #chars); }
    });
    out.push(quote! {
        #[doc = " The character sets that constraints name."]
        #[allow(dead_code, reason = "the groups that use a set can be left out")]
        mod charsets {
            use crate::check::Charset;
            #(#charsets)*
        }
    });
    out
}

/// `dynamic.rs`.
pub(super) fn dynamic(api: &Api) -> Vec<TokenStream> {
    let entries = api.groups.iter().flat_map(|group| {
        group.endpoints.iter().map(move |endpoint| {
            let (module, name, gate) = (ident(&group.name), ident(&endpoint.request_name), gate(group));
            quote! { #gate Entry::of::<super::#module::#name>() }
        })
    });
    vec![
        quote! {
            #![doc = " Every endpoint by name, for calls with JSON in and JSON out."]
            #![allow(deprecated, reason = "what is deprecated can still be called")]
        },
        quote! { use crate::dynamic::Entry; },
        quote! {
            #[doc = " All endpoints, by group and in the order of the spec."]
            pub(crate) const TABLE: &[Entry] = &[#(#entries),*];
        },
    ]
}
