//! Words of the spec as Markdown and as Rust.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// An identifier.
pub(super) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// Doc comments, one per line of `text`.
pub(super) fn doc(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote! { #(#[doc = #lines])* }
}

/// Doc comments of the module that they stand in.
pub(super) fn inner_doc(text: &str) -> TokenStream {
    let lines = text.lines().map(|line| if line.is_empty() { String::new() } else { format!(" {line}") });
    quote! { #(#![doc = #lines])* }
}

/// A text of the spec as Markdown: what rustdoc would read as a link, a tag or a table is escaped, code is not.
pub(in crate::emit) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (index, part) in text.trim().split('`').enumerate() {
        if index > 0 {
            out.push('`');
        }
        if index % 2 == 1 {
            out.push_str(part);
            continue;
        }
        for character in part.chars() {
            if matches!(character, '[' | ']' | '<' | '>' | '*' | '|') {
                out.push('\\');
            }
            out.push(character);
        }
    }
    out
}

/// The same inside a table's cell, where code may not hold a bar either.
pub(super) fn cell(text: &str) -> String {
    markdown(&text.replace('\n', " ")).replace("\\|", "|").replace('|', "\\|")
}

/// A text that ends like a sentence.
pub(in crate::emit) fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.ends_with(['.', '!', '?', ':', '。']) { text.to_owned() } else { format!("{text}.") }
}
