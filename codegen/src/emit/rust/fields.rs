//! Fields as Rust: their types, setters, and the lines that read and write them.

use proc_macro2::TokenStream;
use quote::quote;

use super::docs;
use super::text::{doc, ident};
use crate::model::{Api, Field, Literal, Presence, Ty, WireForm};

/// Whether a struct is filled by callers or read from answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Request,
    Response,
}

/// The type of a value.
pub(super) fn ty(of: &Ty) -> TokenStream {
    match of {
        Ty::String => quote!(String),
        Ty::Bool => quote!(bool),
        Ty::I64 => quote!(i64),
        Ty::U64 => quote!(u64),
        Ty::U32 => quote!(u32),
        Ty::U8 => quote!(u8),
        Ty::F64 => quote!(f64),
        Ty::Secret => quote!(Secret),
        Ty::Timestamp => quote!(Timestamp),
        Ty::TimestampMs => quote!(TimestampMs),
        Ty::Json => quote!(Value),
        Ty::File => quote!(File),
        Ty::HostedFile => quote!(HostedFile),
        Ty::TemplateData => quote!(TemplateData),
        Ty::List(inner) => {
            let inner = ty(inner);
            quote!(Vec<#inner>)
        }
        Ty::Map(inner) => {
            let inner = ty(inner);
            quote!(BTreeMap<String, #inner>)
        }
        Ty::Struct(reference) | Ty::Enum(reference) => {
            let name = ident(&reference.name);
            quote!(#name)
        }
    }
}

/// The type that a struct keeps a field in.
pub(crate) fn kept(field: &Field, side: Side) -> TokenStream {
    let bare = ty(&field.ty);
    if is_bare(field, side) { bare } else { quote!(Option<#bare>) }
}

/// Whether a struct keeps a field without an `Option`.
pub(super) fn is_bare(field: &Field, side: Side) -> bool {
    // An absent list and an empty one mean the same in an answer, and a bare one is pleasanter.
    side == Side::Response && (field.presence == Presence::Always || matches!(field.ty, Ty::List(_)))
}

/// The fields of a struct.
pub(super) fn declarations(api: &Api, fields: &[Field], side: Side) -> Vec<TokenStream> {
    documented(fields, side, &|field| docs::field(api, field, None))
}

/// The fields of a struct, with these texts.
pub(super) fn documented(fields: &[Field], side: Side, text: &dyn Fn(&Field) -> String) -> Vec<TokenStream> {
    settable(fields)
        .map(|field| {
            let doc = doc(&text(field));
            let name = ident(&field.rust);
            let ty = kept(field, side);
            quote! { #doc pub #name: #ty }
        })
        .collect()
}

pub(super) fn settable(fields: &[Field]) -> impl Iterator<Item = &Field> {
    fields.iter().filter(|field| field.settable())
}

/// What a setter takes, and how it becomes the field's type.
fn argument(of: &Ty, name: &TokenStream) -> (TokenStream, TokenStream) {
    let bare = ty(of);
    match of {
        Ty::Bool | Ty::I64 | Ty::U64 | Ty::U32 | Ty::U8 | Ty::F64 => (bare, name.clone()),
        Ty::List(inner) => {
            let inner = ty(inner);
            (quote!(impl IntoIterator<Item = impl Into<#inner>>), quote!(#name.into_iter().map(Into::into).collect()))
        }
        Ty::Map(inner) => {
            let inner = ty(inner);
            (
                quote!(impl IntoIterator<Item = (impl Into<String>, impl Into<#inner>)>),
                quote!(#name.into_iter().map(|(key, value)| (key.into(), value.into())).collect()),
            )
        }
        _ => (quote!(impl Into<#bare>), quote!(#name.into())),
    }
}

/// `new` and a setter for each field.
pub(super) fn methods(api: &Api, fields: &[Field]) -> TokenStream {
    let new = new(fields, &[]);
    let setters = setters(fields, &|field| docs::field(api, field, None));
    quote! { #new #(#setters)* }
}

/// A setter for each field, with these texts.
pub(super) fn setters(fields: &[Field], text: &dyn Fn(&Field) -> String) -> Vec<TokenStream> {
    settable(fields)
        .map(|field| {
            let doc = doc(&text(field));
            let name = ident(&field.rust);
            let (takes, becomes) = argument(&field.ty, &quote!(#name));
            quote! {
                #doc
                #[must_use]
                pub fn #name(mut self, #name: #takes) -> Self {
                    self.#name = Some(#becomes);
                    self
                }
            }
        })
        .collect()
}

/// The one required field, if there is exactly one.
pub(crate) fn only_required(fields: &[Field]) -> Option<&Field> {
    let mut required =
        settable(fields).filter(|field| field.presence == Presence::Required && field.default_from.is_none());
    required.next().filter(|_| required.next().is_none())
}

/// `new`; some fields may have a value, given by the Rust name.
pub(super) fn new(fields: &[Field], initial: &[(String, TokenStream)]) -> TokenStream {
    let one = only_required(fields);
    let values = settable(fields).map(|field| {
        let name = ident(&field.rust);
        if one.is_some_and(|one| one.rust == field.rust) {
            let (_, becomes) = argument(&field.ty, &quote!(#name));
            quote!(#name: Some(#becomes))
        } else if let Some((_, value)) = initial.iter().find(|(rust, _)| *rust == field.rust) {
            quote!(#name: Some(#value))
        } else {
            quote!(#name: None)
        }
    });
    let (text, argument) = match one {
        Some(field) => {
            let name = ident(&field.rust);
            let (takes, _) = argument(&field.ty, &quote!(#name));
            (format!("With the one field that is required, `{}`.", field.wire), quote!(#name: #takes))
        }
        None if initial.is_empty() => ("With no field set.".to_owned(), quote!()),
        None => ("With the values that every such reply begins with.".to_owned(), quote!()),
    };
    let doc = doc(&text);
    quote! {
        #doc
        #[must_use]
        pub fn new(#argument) -> Self {
            Self { #(#values),* }
        }
    }
}

/// `From` the one required field, so that the bare value will do.
pub(super) fn from_bare(name: &str, fields: &[Field]) -> Option<TokenStream> {
    let field = only_required(fields)?;
    let name = ident(name);
    let wire = &field.wire;
    let text = doc(&format!("With `{wire}`, the one field that is required."));
    let bare = ty(&field.ty);
    Some(match &field.ty {
        Ty::String | Ty::Secret | Ty::HostedFile | Ty::File | Ty::TemplateData => quote! {
            impl<T: Into<#bare>> From<T> for #name {
                #text
                fn from(value: T) -> Self {
                    Self::new(value)
                }
            }
        },
        _ => quote! {
            impl From<#bare> for #name {
                #text
                fn from(value: #bare) -> Self {
                    Self::new(value)
                }
            }
        },
    })
}

/// The line that reads a struct.
pub(super) fn decode(name: &str, fields: &[Field], side: Side) -> TokenStream {
    let name = ident(name);
    let lines = settable(fields).map(|field| {
        let (rust, wire) = (ident(&field.rust), &field.wire);
        let always = side == Side::Response && field.presence == Presence::Always;
        match (always, field.wire_form) {
            (true, Some(WireForm::Json)) => quote!(#rust: always(json #wire)),
            (true, _) => quote!(#rust: always(#wire)),
            (false, Some(WireForm::Json)) => quote!(#rust: json(#wire)),
            (false, _) => quote!(#rust: #wire),
        }
    });
    quote! { wire::decode!(#name { #(#lines),* }); }
}

/// The line that writes a struct.
pub(super) fn encode(name: &str, fields: &[Field]) -> TokenStream {
    let name = ident(name);
    let lines = fields.iter().map(|field| {
        let (rust, wire) = (ident(&field.rust), &field.wire);
        match (&field.presence, &field.yields_to) {
            (Presence::Fixed(value), _) => {
                let value = match value {
                    // Alone it would be an `i32`, which some are too large for.
                    Literal::Int(value) => quote!(#value),
                    value => literal(value),
                };
                quote!(#rust: fixed(#value, #wire))
            }
            (_, Some(other)) => {
                let other = ident(other);
                quote!(#rust: unless(#other, #wire))
            }
            _ => match field.wire_form.map(wire_form) {
                Some(form) => quote!(#rust: form(#form, #wire)),
                None => quote!(#rust: #wire),
            },
        }
    });
    quote! { wire::encode!(#name { #(#lines),* }); }
}

/// The function of the runtime's `wire` that writes a value so.
pub(super) fn wire_form(form: WireForm) -> TokenStream {
    match form {
        WireForm::Json => quote!(json_text),
        WireForm::Int => quote!(zero_or_one),
    }
}

/// A value that is always sent: its type and itself. Enums, secrets and times are sent as what they are on the wire.
pub(super) fn fixed(of: &Ty, value: &Literal) -> (TokenStream, TokenStream) {
    let ty = match (value, of) {
        (Literal::Text(_), _) => quote!(&str),
        (Literal::Int(_), Ty::Enum(_) | Ty::Timestamp | Ty::TimestampMs) => quote!(i64),
        _ => ty(of),
    };
    (ty, literal(value))
}

/// A literal of the spec as Rust; the type of a whole number is left to what stands around it.
pub(super) fn literal(value: &Literal) -> TokenStream {
    match value {
        Literal::Bool(value) => quote!(#value),
        Literal::Int(value) => {
            let value = proc_macro2::Literal::i64_unsuffixed(*value);
            quote!(#value)
        }
        Literal::Float(value) => quote!(#value),
        Literal::Text(value) => quote!(#value),
    }
}
