//! A group's module: its handle, its types, its requests and responses.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use super::text::{doc, ident, inner_doc, markdown, sentence};
use super::{docs, request, types};
use crate::model::{Api, Endpoint, Group};

/// The name of a group's handle.
pub(super) fn handle(group: &Group) -> String {
    group.name.to_upper_camel_case()
}

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
    out.push(imports(api, &items, Some(group)));
    out.extend(items);
    out
}

fn handle_struct(group: &Group) -> TokenStream {
    let name = ident(&handle(group));
    let text =
        doc(&format!("{}: {}\n\nHad from [`Client::{}`].", group.title, markdown(&sentence(&group.about)), group.name));
    quote! {
        #text
        #[derive(Clone, Copy, Debug)]
        pub struct #name<'a> { client: &'a Client }
    }
}

fn handle_methods(group: &Group) -> TokenStream {
    let name = ident(&handle(group));
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
    let deprecated = request::deprecated(endpoint);
    if endpoint.params.iter().any(crate::model::Field::settable) {
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

/// Where the names that generated code uses come from, by module.
const ORIGINS: &[(&str, &[&str])] = &[
    ("std::collections", &["BTreeMap"]),
    ("bytes", &["Bytes"]),
    ("serde_json", &["Value"]),
    ("super", &["charsets"]),
    ("crate", &["wire"]),
    ("crate::call", &["Call"]),
    ("crate::check", &["Check", "Rule"]),
    ("crate::client", &["App", "Client"]),
    ("crate::endpoint", &["Authorisation", "Encryption", "Endpoint", "Meta", "Method", "Parts"]),
    ("crate::endpoint::sealed", &["Sealed"]),
    ("crate::error", &["Remedy"]),
    ("crate::file", &["File", "HostedFile"]),
    ("crate::image", &["Image"]),
    ("crate::secret", &["Secret"]),
    ("crate::template", &["TemplateData"]),
    ("crate::wire", &["Nothing", "Timestamp", "TimestampMs", "UnknownValue"]),
];

/// `use` for every name that the items mention, in code or in a link of the documentation.
pub(super) fn imports(api: &Api, items: &[TokenStream], group: Option<&Group>) -> TokenStream {
    let mut used = BTreeSet::new();
    for item in items {
        names(item.clone(), &mut used);
    }
    let own: BTreeSet<_> = group
        .into_iter()
        .flat_map(|group| {
            let requests = group.endpoints.iter().flat_map(|each| [&*each.request_name, &*each.response_name]);
            requests.chain(group.types.iter().map(|ty| &*ty.name))
        })
        .map(str::to_owned)
        .chain(group.map(handle))
        .collect();
    let import = |module: &str, names: Vec<&str>| {
        let module: TokenStream = module.parse().unwrap_or_default();
        let names = names.into_iter().map(ident);
        quote! { use #module::{#(#names),*}; }
    };
    let shared: Vec<_> = api.types.iter().map(|ty| &*ty.name).collect();
    let shared = group.is_some().then_some(("super::types", &*shared));
    let lines = ORIGINS.iter().copied().chain(shared).filter_map(|(module, known)| {
        let names: Vec<_> = known.iter().copied().filter(|name| used.contains(*name) && !own.contains(*name)).collect();
        (!names.is_empty()).then(|| import(module, names))
    });
    quote! { #(#lines)* }
}

fn names(tokens: TokenStream, used: &mut BTreeSet<String>) {
    let mut before = [String::new(), String::new()];
    for token in tokens {
        let now = match &token {
            TokenTree::Ident(name) => name.to_string(),
            TokenTree::Punct(mark) => mark.as_char().to_string(),
            _ => String::new(),
        };
        // The variants of an enum may be called like anything.
        let variants = before[0] == "enum" || before.iter().any(|name| name.ends_with("_enum"));
        let in_path = before.iter().all(|mark| mark == ":");
        match token {
            TokenTree::Group(_) if variants => {
                used.insert("UnknownValue".to_owned());
            }
            TokenTree::Ident(_) if in_path => {}
            TokenTree::Ident(name) => {
                used.insert(name.to_string());
            }
            TokenTree::Group(group) => names(group.stream(), used),
            TokenTree::Literal(text) => {
                let text = text.to_string();
                used.extend(
                    text.split("[`").skip(1).filter_map(|rest| rest.split(['`', ':']).next()).map(str::to_owned),
                );
            }
            TokenTree::Punct(_) => {}
        }
        before = [std::mem::take(&mut before[1]), now];
    }
}
