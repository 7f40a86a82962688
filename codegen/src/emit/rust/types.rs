//! Structs and enums that requests and responses hold.

use proc_macro2::TokenStream;
use quote::quote;

use super::fields::{self, Side};
use super::text::{doc, ident, markdown, sentence};
use super::{group, validate};
use crate::model::{Api, Type, TypeKind, Variant};

/// `types.rs`: the types that several groups share.
pub(super) fn shared(api: &Api) -> Vec<TokenStream> {
    let items: Vec<_> = api.types.iter().flat_map(|ty| items(api, ty)).collect();
    let mut out = vec![quote! { #![doc = " Types that several groups share."] }];
    out.push(group::imports(api, &items, None));
    out.extend(items);
    out
}

/// The items of one type.
pub(super) fn items(api: &Api, ty: &Type) -> Vec<TokenStream> {
    match &ty.kind {
        TypeKind::Struct { fields } => structure(api, ty, fields),
        TypeKind::TextEnum(variants) => {
            let wires: Vec<_> = variants.iter().map(|variant| variant.value.clone()).collect();
            enumeration(ty, variants, "text_enum", &wires.iter().map(|wire| quote!(#wire)).collect::<Vec<_>>())
        }
        TypeKind::IntEnum(variants) => {
            let wires: Vec<_> = variants
                .iter()
                .map(|variant| {
                    let value = proc_macro2::Literal::i64_unsuffixed(variant.value);
                    quote!(#value)
                })
                .collect();
            enumeration(ty, variants, "int_enum", &wires)
        }
    }
}

fn structure(api: &Api, ty: &Type, declared: &[crate::model::Field]) -> Vec<TokenStream> {
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
        let validate = validate::inherent(api, declared);
        out.push(quote! { impl #name { #methods #validate } });
        out.extend(fields::from_bare(&ty.name, declared));
    }
    out.push(fields::decode(&ty.name, declared, side));
    out.push(fields::encode(&ty.name, declared));
    out
}

fn enumeration<V>(ty: &Type, variants: &[Variant<V>], macro_name: &str, wires: &[TokenStream]) -> Vec<TokenStream> {
    let name = ident(&ty.name);
    let about = doc(&markdown(&sentence(&ty.about)));
    let names: Vec<_> = variants.iter().map(|variant| ident(&variant.name)).collect();
    let docs = variants.iter().zip(wires).map(|(variant, wire)| {
        let wire = wire.to_string();
        doc(&format!("`{}`: {}", wire.trim_matches('"'), markdown(&sentence(&variant.about))))
    });
    let macro_name = ident(macro_name);
    vec![
        quote! {
            #about
            #[derive(Clone, Debug, PartialEq, Eq, Hash)]
            #[non_exhaustive]
            pub enum #name {
                #(#docs #names,)*
                #[doc = " A value that this version of the crate does not know."]
                Unknown(UnknownValue),
            }
        },
        quote! { wire::#macro_name!(#name { #(#names: #wires),* }); },
    ]
}
