//! A group's module: its handle, its types, its requests and responses.

use proc_macro2::TokenStream;
use quote::quote;

use super::text::{doc, ident, inner_doc, markdown, sentence};
use super::{docs, imports, request, types};
use crate::model::{Api, Endpoint, Field, Group};
use crate::naming;

/// `<group>.rs`.
pub(super) fn module(api: &Api, group: &Group) -> Vec<TokenStream> {
    let mut items = vec![handle_struct(group), handle_methods(group)];
    for endpoint in &group.endpoints {
        items.extend(request::items(api, group, endpoint));
    }
    for ty in &group.types {
        items.extend(types::items(api, ty));
    }
    let about = inner_doc(&format!("{}: {}", group.title, markdown(&sentence(&group.about))));
    let deprecated = group
        .endpoints
        .iter()
        .any(|endpoint| endpoint.deprecated.is_some())
        .then(|| quote!(#![allow(deprecated, reason = "what is deprecated for users is still defined here")]));
    let mut out = vec![quote! { #about #deprecated }];
    out.push(imports::of_group(api, &items, Some(group)));
    out.extend(items);
    out
}

fn handle_struct(group: &Group) -> TokenStream {
    let name = ident(&naming::handle_name(&group.name));
    let text =
        doc(&format!("{}: {}\n\nHad from [`Client::{}`].", group.title, markdown(&sentence(&group.about)), group.name));
    quote! {
        #text
        #[derive(Clone, Copy, Debug)]
        pub struct #name<'a> { client: &'a Client }
    }
}

fn handle_methods(group: &Group) -> TokenStream {
    let name = ident(&naming::handle_name(&group.name));
    let methods = group.endpoints.iter().map(method);
    quote! {
        impl<'a> #name<'a> {
            pub(crate) fn new(client: &'a Client) -> Self {
                Self { client }
            }

            #[doc = " The client that the calls go through."]
            #[must_use]
            pub fn client(&self) -> &'a Client {
                self.client
            }

            #(#methods)*
        }
    }
}

fn method(endpoint: &Endpoint) -> TokenStream {
    let name = ident(&endpoint.method_name);
    let request = ident(&endpoint.request_name);
    let text = doc(&format!(
        "{}: {}\n\nAnswers {}. Parameters, limits and errors: [`{}`].",
        endpoint.title,
        markdown(&sentence(&endpoint.about)),
        docs::answer(endpoint),
        endpoint.request_name
    ));
    let deprecated = request::deprecated(endpoint.deprecated.as_ref());
    if endpoint.params.iter().any(Field::settable) {
        quote! {
            #text
            #deprecated
            pub fn #name(&self, request: impl Into<#request>) -> Call<#request> {
                self.client.send(request.into())
            }
        }
    } else {
        quote! {
            #text
            #deprecated
            pub fn #name(&self) -> Call<#request> {
                self.client.send(#request::new())
            }
        }
    }
}
