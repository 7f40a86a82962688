//! Filling in what the client's configuration knows and the caller left out.

use proc_macro2::TokenStream;
use quote::quote;

use super::text::ident;
use crate::model::{Api, Field, Literal, Presence, Source, Ty, TypeKind};

/// The body of a request's or a struct's `complete`; empty where there is nothing to fill in.
pub(super) fn statements(api: &Api, fields: &[Field]) -> Vec<TokenStream> {
    fields.iter().filter_map(|field| statement(api, field, fields)).collect()
}

/// The method that completes a struct within a request.
pub(super) fn inherent(api: &Api, fields: &[Field]) -> Option<TokenStream> {
    let statements = statements(api, fields);
    (!statements.is_empty()).then(|| {
        quote! {
            pub(crate) fn complete(&mut self, app: &App) { #(#statements)* }
        }
    })
}

fn statement(api: &Api, field: &Field, siblings: &[Field]) -> Option<TokenStream> {
    let name = ident(&field.rust);
    if let Some(source) = field.default_from {
        let value = match source {
            Source::OfficialAccountAppid => quote!(app.official_account_appid()),
            Source::VirtualPaymentKey => {
                let sandbox = sandbox(siblings);
                quote!(app.virtual_payment_key(#sandbox))
            }
            Source::B2bPaymentKey => quote!(app.b2b_payment_key()),
            Source::Appid | Source::AppSecret => quote!(Some(app.appid().to_owned())),
        };
        return Some(quote! {
            if self.#name.is_none() {
                self.#name = #value;
            }
        });
    }
    let Ty::Struct(reference) = &field.ty else { return None };
    let TypeKind::Struct { fields, .. } = &api.find(reference)?.kind else { return None };
    // Not named like the field, which may be called `app`.
    api.completes(fields).then(|| {
        quote! {
            if let Some(inner) = &mut self.#name {
                inner.complete(app);
            }
        }
    })
}

/// Whether the call goes to the sandbox: its `env` is 1.
fn sandbox(siblings: &[Field]) -> TokenStream {
    let Some(env) = siblings.iter().find(|field| field.wire == "env") else { return quote!(false) };
    if let Presence::Fixed(value) = &env.presence {
        let sandbox = *value == Literal::Int(1);
        return quote!(#sandbox);
    }
    let name = ident(&env.rust);
    match &env.ty {
        Ty::Enum(_) => quote!(self.#name.as_ref().is_some_and(|env| env.as_i64() == 1)),
        _ => quote!(self.#name == Some(1)),
    }
}
