//! A group's module: its handle, its types, its requests and responses.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use super::text::{doc, ident, inner_doc, markdown, sentence};
use super::{docs, request, types};
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
    out.push(imports(api, &items, Some(group)));
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
    let deprecated = request::deprecated(endpoint);
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

/// Where the names that generated code uses come from, by module.
const ORIGINS: &[(&str, &[&str])] = &[
    ("std::collections", &["BTreeMap"]),
    ("bytes", &["Bytes"]),
    ("serde_json", &["Value"]),
    ("super", &["charsets", "errcodes"]),
    ("crate", &["wire"]),
    ("crate::call", &["Call"]),
    ("crate::check", &["Check", "Rule"]),
    ("crate::client", &["App", "Client"]),
    ("crate::endpoint", &["Authorisation", "BytesOr", "Encryption", "Endpoint", "Meta", "Method", "Parts"]),
    ("crate::endpoint::sealed", &["Sealed"]),
    ("crate::errcode", &["ErrCodeKind", "RetryHint"]),
    ("crate::error", &["Remedy"]),
    ("crate::file", &["File", "HostedFile"]),
    ("crate::image", &["Image"]),
    ("crate::limits", &["Limit", "Per"]),
    ("crate::paging", &["Paged", "Turn"]),
    ("crate::secret", &["Secret"]),
    ("crate::template", &["TemplateData"]),
    ("crate::wire", &["Nothing", "Timestamp", "TimestampMs", "UnknownValue"]),
];

/// `use` for every name that the items mention. What the documentation links to is mentioned in code as well.
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
        .chain(group.map(|group| naming::handle_name(&group.name)))
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

/// The names that tokens use which may have to be imported: types, and modules in front of a path. A field may be
/// called like a module, and a variant like a type.
fn names(tokens: TokenStream, used: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let colons = |at: usize| {
        let pair = tokens.get(at..at + 2).unwrap_or_default();
        pair.len() == 2 && pair.iter().all(|token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ':'))
    };
    for (i, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(_) if i.checked_sub(2).is_some_and(|i| starts_enum(&tokens[i])) => {
                used.insert("UnknownValue".to_owned());
            }
            TokenTree::Group(group) => names(group.stream(), used),
            TokenTree::Ident(name) => {
                let name = name.to_string();
                let follows = i.checked_sub(2).is_some_and(colons);
                if !follows && (colons(i + 1) || name.starts_with(|c: char| c.is_ascii_uppercase())) {
                    used.insert(name);
                }
            }
            TokenTree::Literal(_) | TokenTree::Punct(_) => {}
        }
    }
}

/// `enum Name { … }` and `text_enum!(…)`.
fn starts_enum(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Ident(word) if word == "enum" || word == "text_enum" || word == "int_enum")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_type_of_the_spec_takes_a_name_that_is_imported() {
        let types = ORIGINS.iter().flat_map(|(_, names)| names.iter());
        for name in types.filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase())) {
            assert!(naming::type_taken(name).is_some(), "{name}");
        }
    }

    #[test]
    fn fields_and_variants_are_no_names_to_import() {
        let mut used = BTreeSet::new();
        names(
            quote! {
                #[doc = " See [`Bytes`]."]
                pub enum Kind { Image, Unknown(UnknownValue) }
                wire::text_enum!(Kind { Image: "image" });
                impl T { fn f(&self) { self.charsets.g(Rule::Bytes(0, 1), charsets::HEX) } }
            },
            &mut used,
        );
        assert_eq!(used.into_iter().collect::<Vec<_>>(), ["Kind", "Rule", "T", "UnknownValue", "charsets", "wire"]);
    }
}
