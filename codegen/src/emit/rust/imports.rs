//! `use` for what generated code names.

use std::collections::BTreeSet;

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

use super::text::ident;
use crate::model::{Api, EventGroup, Group};
use crate::naming;

/// Names by the module that they come from.
type Origins = [(&'static str, &'static [&'static str])];

/// Where the names that the code of calls uses come from.
const ORIGINS: &Origins = &[
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

/// Where the names that the code of events uses come from.
const EVENT_ORIGINS: &Origins = &[
    ("std::collections", &["BTreeMap"]),
    ("serde_json", &["Value"]),
    ("crate", &["wire"]),
    ("crate::api", &["charsets"]),
    ("crate::check", &["Check", "Rule"]),
    ("crate::endpoint::sealed", &["Sealed"]),
    ("crate::push", &["EventMeta", "Fill", "PushEvent", "PushReply", "ReplyOr", "Result", "Success"]),
    ("crate::secret", &["Secret"]),
    ("crate::template", &["TemplateData"]),
    ("crate::wire", &["Timestamp", "TimestampMs", "UnknownValue"]),
];

/// `use` for every name that the items of a group, or of the shared types, mention.
pub(super) fn of_group(api: &Api, items: &[TokenStream], group: Option<&Group>) -> TokenStream {
    let own = group.into_iter().flat_map(|group| {
        let requests = group.endpoints.iter().flat_map(|each| [&*each.request_name, &*each.response_name]);
        requests.chain(group.types.iter().map(|ty| &*ty.name))
    });
    let own = own.map(str::to_owned).chain(group.map(|group| naming::handle_name(&group.name))).collect();
    imports(items, &own, ORIGINS, group.map(|_| ("super::types", shared(api))))
}

/// `use` for every name that the items of a group of events mention.
pub(super) fn of_events(api: &Api, items: &[TokenStream], group: &EventGroup) -> TokenStream {
    let own = group.types.iter().map(|ty| ty.name.clone()).collect();
    imports(items, &own, EVENT_ORIGINS, Some(("crate::api::types", shared(api))))
}

fn shared(api: &Api) -> Vec<&str> {
    api.types.iter().map(|ty| &*ty.name).collect()
}

/// `use` for every name that the items mention. What the documentation links to is mentioned in code as well.
fn imports(
    items: &[TokenStream],
    own: &BTreeSet<String>,
    origins: &Origins,
    shared: Option<(&str, Vec<&str>)>,
) -> TokenStream {
    let mut used = BTreeSet::new();
    for item in items {
        names(item.clone(), &mut used);
    }
    let import = |module: &str, names: Vec<&str>| {
        let module: TokenStream = module.parse().unwrap_or_default();
        let names = names.into_iter().map(ident);
        quote! { use #module::{#(#names),*}; }
    };
    let shared = shared.as_ref().map(|(module, names)| (*module, names.as_slice()));
    let lines = origins.iter().copied().chain(shared).filter_map(|(module, known)| {
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
        let types = |origins: &'static Origins| {
            origins
                .iter()
                .flat_map(|(_, names)| names.iter())
                .filter(|name| name.starts_with(|c: char| c.is_ascii_uppercase()))
        };
        for name in types(ORIGINS) {
            assert!(naming::type_taken(name).is_some(), "{name}");
        }
        for name in types(EVENT_ORIGINS) {
            assert!(naming::event_taken(name).is_some(), "{name}");
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
