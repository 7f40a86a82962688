//! Structs and enums that requests and responses hold.

use std::fmt::Display;

use proc_macro2::TokenStream;
use quote::quote;

use super::fields::{self, Side};
use super::text::{doc, ident, markdown, sentence};
use super::{complete, imports, validate};
use crate::model::{Api, Field, Type, TypeKind, Variant};
use crate::naming;

/// `types.rs`: the types that several groups share.
pub(super) fn shared(api: &Api) -> Vec<TokenStream> {
    let items: Vec<_> = api.types.iter().flat_map(|ty| items(api, ty)).collect();
    let mut out = vec![quote! {
        #![doc = " Types that several groups share."]
        #![allow(dead_code, reason = "the groups that use a type can be left out")]
    }];
    out.push(imports::of_group(api, &items, None));
    out.extend(items);
    out
}

/// The items of one type.
pub(super) fn items(api: &Api, ty: &Type) -> Vec<TokenStream> {
    match &ty.kind {
        TypeKind::Struct { fields, exclusive, any_of } => structure(api, ty, fields, exclusive, any_of),
        TypeKind::TextEnum(variants) => {
            enumeration(ty, variants, "text_enum", |value| proc_macro2::Literal::string(value))
        }
        TypeKind::IntEnum(variants) => {
            enumeration(ty, variants, "int_enum", |value| proc_macro2::Literal::i64_unsuffixed(*value))
        }
    }
}

fn structure(
    api: &Api,
    ty: &Type,
    declared: &[Field],
    exclusive: &[Vec<String>],
    any_of: &[Vec<String>],
) -> Vec<TokenStream> {
    let side = if ty.in_request { Side::Request } else { Side::Response };
    let name = ident(&ty.name);
    let about = doc(&markdown(&sentence(&ty.about)));
    let declarations = fields::declarations(api, declared, side);
    let mut out = vec![quote! {
        #about
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct #name { #(#declarations),* }
    }];
    if side == Side::Request {
        let methods = fields::methods(api, declared);
        let validate = validate::inherent(api, declared, exclusive, any_of);
        let complete = complete::inherent(api, declared);
        out.push(quote! { impl #name { #methods #validate #complete } });
        out.extend(fields::from_bare(&ty.name, declared));
    }
    out.push(fields::decode(&ty.name, declared, side));
    out.push(fields::encode(&ty.name, declared));
    out
}

fn enumeration<V: Display>(
    ty: &Type,
    variants: &[Variant<V>],
    macro_name: &str,
    written: impl Fn(&V) -> proc_macro2::Literal,
) -> Vec<TokenStream> {
    let name = ident(&ty.name);
    let about = doc(&markdown(&sentence(&ty.about)));
    let names: Vec<_> = variants.iter().map(|variant| ident(&variant.name)).collect();
    let wires = variants.iter().map(|variant| written(&variant.value));
    let docs = variants.iter().map(|variant| {
        let value = variant.value.to_string();
        let shown = if value.is_empty() { "(empty)".to_owned() } else { format!("`{value}`") };
        // What is only listed has no text.
        let about = if variant.about.is_empty() {
            ".".to_owned()
        } else {
            format!(": {}", markdown(&sentence(&variant.about)))
        };
        doc(&format!("{shown}{about}"))
    });
    let open = ident(naming::OPEN_VARIANT);
    let macro_name = ident(macro_name);
    vec![
        quote! {
            #about
            #[derive(Clone, Debug, PartialEq, Eq, Hash)]
            #[non_exhaustive]
            pub enum #name {
                #(#docs #names,)*
                #[doc = " A value that this version of the crate does not know."]
                #open(UnknownValue),
            }
        },
        quote! { wire::#macro_name!(#name { #(#names: #wires),* }); },
    ]
}
