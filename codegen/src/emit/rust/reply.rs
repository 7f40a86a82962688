//! What an event wants to be answered with.

use proc_macro2::TokenStream;
use quote::quote;

use super::fields::{self, Side};
use super::text::{doc, ident};
use super::{docs, event_docs, validate};
use crate::model::{Api, EventGroup, Field, Fill, Literal, Presence, Reply, Ty, TypeKind};

/// The items of one reply.
pub(super) fn items(api: &Api, group: &EventGroup, reply: &Reply) -> Vec<TokenStream> {
    let name = ident(&reply.name);
    let page = doc(&event_docs::reply(group, reply));
    let text = |field: &Field| docs::field(api, field, event_docs::filled(reply, field));
    let declarations = fields::documented(&reply.fields, Side::Request, &text);
    let new = fields::new(&unasked(reply), &initial(api, reply));
    let setters = fields::setters(&reply.fields, &text);
    let mut out = vec![
        quote! {
            #page
            #[derive(Clone, Debug, PartialEq)]
            #[non_exhaustive]
            pub struct #name { #(#declarations),* }
        },
        quote! { impl #name { #new #(#setters)* } },
        quote! { impl Sealed for #name {} },
        implementation(api, reply),
        fields::decode(&reply.name, &reply.fields, Side::Request),
        fields::encode(&reply.name, &reply.fields),
    ];
    if reply.optional {
        out.push(quote! {
            impl From<#name> for ReplyOr<#name> {
                fn from(reply: #name) -> Self {
                    Self::With(reply)
                }
            }
        });
    }
    out
}

/// The fields as `new` sees them: it asks for none that has a value anyway.
pub(crate) fn unasked(reply: &Reply) -> Vec<Field> {
    let has_value = |field: &Field| {
        let mut named = reply.filled.iter().map(|(rust, _)| rust).chain(reply.initial.iter().map(|(rust, _)| rust));
        named.any(|rust| *rust == field.rust)
    };
    let asked = |field: &Field| {
        let presence = if has_value(field) && field.settable() { Presence::Optional } else { field.presence.clone() };
        Field { presence, ..field.clone() }
    };
    reply.fields.iter().map(asked).collect()
}

/// The values that a new reply has, as its struct keeps them.
fn initial(api: &Api, reply: &Reply) -> Vec<(String, TokenStream)> {
    let of = |(rust, value): &(String, Literal)| {
        let field = reply.fields.iter().find(|field| field.rust == *rust)?;
        Some((rust.clone(), kept(api, &field.ty, value)?))
    };
    reply.initial.iter().filter_map(of).collect()
}

fn kept(api: &Api, ty: &Ty, value: &Literal) -> Option<TokenStream> {
    let bare = fields::literal(value);
    Some(match ty {
        Ty::String => quote!(#bare.to_owned()),
        Ty::Secret => quote!(Secret::new(#bare)),
        Ty::Timestamp => quote!(Timestamp::new(#bare)),
        Ty::TimestampMs => quote!(TimestampMs::new(#bare)),
        Ty::Enum(reference) => {
            let variant = match (&api.find(reference)?.kind, value) {
                (TypeKind::TextEnum(all), Literal::Text(text)) => &all.iter().find(|one| one.value == *text)?.name,
                (TypeKind::IntEnum(all), Literal::Int(number)) => &all.iter().find(|one| one.value == *number)?.name,
                _ => return None,
            };
            let (ty, variant) = (ident(&reference.name), ident(variant));
            quote!(#ty::#variant)
        }
        _ => bare,
    })
}

fn implementation(api: &Api, reply: &Reply) -> TokenStream {
    let name = ident(&reply.name);
    let fills: Vec<_> = reply.filled.iter().filter_map(|(rust, fill)| statement(reply, rust, fill)).collect();
    let lines = validate::lines(api, &reply.fields);
    let fill = if fills.is_empty() { ident("_fill") } else { ident("fill") };
    let this = if fills.is_empty() { quote!(self) } else { quote!(mut self) };
    let check = if lines.is_empty() {
        quote! { super::body(&self, Check::new()) }
    } else {
        quote! {
            let mut check = Check::new();
            #(#lines)*
            super::body(&self, check)
        }
    };
    quote! {
        impl PushReply for #name {
            fn into_body(#this, #fill: &Fill<'_>) -> Result<Option<Value>> {
                #(#fills)*
                #check
            }
        }
    }
}

/// Fills in a field that was not set.
fn statement(reply: &Reply, rust: &str, fill: &Fill) -> Option<TokenStream> {
    let field = reply.fields.iter().find(|field| field.rust == rust)?;
    let name = ident(rust);
    let value = match (fill, &field.ty) {
        (Fill::Now, _) => quote!(Some(fill.now())),
        (Fill::Field(from), Ty::Secret) => quote!(fill.text(#from).map(Secret::new)),
        (Fill::Field(from), _) => quote!(fill.text(#from)),
    };
    Some(quote! {
        if self.#name.is_none() {
            self.#name = #value;
        }
    })
}
