//! A request and its response.

use proc_macro2::TokenStream;
use quote::quote;

use super::fields::{self, Side};
use super::text::{doc, ident};
use super::{complete, docs, errcodes, paging, validate};
use crate::model::{
    Api, Deprecated, Encryption, Endpoint, Envelope, Field, Group, Limit, Per, Place, Presence, Response, Retry,
    Signature, Source, Texts, Token, Ty, Verb,
};

/// The items of one endpoint.
pub(super) fn items(api: &Api, group: &Group, endpoint: &Endpoint) -> Vec<TokenStream> {
    let name = ident(&endpoint.request_name);
    let page = doc(&docs::request(api, group, endpoint));
    let declarations = fields::declarations(api, &endpoint.params, Side::Request);
    let methods = fields::methods(api, &endpoint.params);
    let page_method = paging::page_method(endpoint);
    let deprecated = deprecated(endpoint.deprecated.as_ref());
    let mut out = vec![
        quote! {
            #page
            #deprecated
            #[derive(Clone, Debug, PartialEq)]
            #[non_exhaustive]
            pub struct #name { #(#declarations),* }
        },
        quote! { impl #name { #methods #page_method } },
    ];
    out.extend(fields::from_bare(&endpoint.request_name, &endpoint.params));
    out.push(quote! { impl Sealed for #name {} });
    out.push(implementation(api, group, endpoint));
    out.push(fields::decode(&endpoint.request_name, &endpoint.params, Side::Request));
    out.extend(paging::implementation(api, endpoint));
    if let Response::Fields(answered) | Response::BytesOr(answered) = &endpoint.response {
        let response = ident(&endpoint.response_name);
        let text = doc(&format!("What [`{}`] answers.", endpoint.request_name));
        let declarations = fields::declarations(api, answered, Side::Response);
        out.push(quote! {
            #text
            #deprecated
            #[derive(Clone, Debug, PartialEq)]
            #[non_exhaustive]
            pub struct #response { #(#declarations),* }
        });
        out.push(quote! { impl Sealed for #response {} });
        out.push(fields::decode(&endpoint.response_name, answered, Side::Response));
        out.push(fields::encode(&endpoint.response_name, answered));
    }
    out
}

/// The attribute of whatever an outdated endpoint or event generates.
pub(super) fn deprecated(deprecated: Option<&Deprecated>) -> Option<TokenStream> {
    let deprecated = deprecated?;
    let note = format!("since {}; instead: {}", deprecated.since, deprecated.instead);
    Some(quote! { #[deprecated(note = #note)] })
}

fn implementation(api: &Api, group: &Group, endpoint: &Endpoint) -> TokenStream {
    let name = ident(&endpoint.request_name);
    let meta = meta(group, endpoint);
    let response = match &endpoint.response {
        Response::Nothing => quote!(Nothing),
        Response::Image => quote!(Image),
        Response::Bytes => quote!(Bytes),
        Response::Text => quote!(String),
        Response::Json => quote!(Value),
        Response::Fields(_) => {
            let response = ident(&endpoint.response_name);
            quote!(#response)
        }
        Response::BytesOr(_) => {
            let response = ident(&endpoint.response_name);
            quote!(BytesOr<#response>)
        }
    };
    let mut checks = validate::lines(api, &endpoint.params);
    checks.extend(validate::exclusive(&endpoint.params, &endpoint.exclusive));
    checks.extend(validate::any_of(&endpoint.params, &endpoint.any_of));
    let check = if checks.is_empty() { ident("_check") } else { ident("check") };
    let mut writes: Vec<_> = endpoint.params.iter().filter_map(write).collect();
    writes.extend(endpoint.sign.iter().filter_map(|signature| sign(endpoint, *signature)));
    let parts = if writes.is_empty() { ident("_parts") } else { ident("parts") };
    let completes = complete::statements(api, &endpoint.params);
    let complete = (!completes.is_empty()).then(|| {
        quote! {
            fn complete(&mut self, app: &App) { #(#completes)* }
        }
    });
    let hosted = endpoint.params.iter().find(|field| field.ty == Ty::HostedFile).map(|field| {
        let field = ident(&field.rust);
        quote! {
            fn hosted(&mut self) -> Option<&mut HostedFile> {
                self.#field.as_mut()
            }
        }
    });
    quote! {
        impl Endpoint for #name {
            const META: &'static Meta = &#meta;
            type Response = #response;

            fn validate(&self, #check: &mut Check) { #(#checks)* }

            fn write(&self, #parts: &mut Parts<'_>) { #(#writes)* }

            #complete
            #hosted
        }
    }
}

fn meta(group: &Group, endpoint: &Endpoint) -> TokenStream {
    let (id, path, page) = (&endpoint.id, &endpoint.path, &endpoint.docs);
    let name = format!("{}.{}", group.name, endpoint.method_name);
    let method = match endpoint.method {
        Verb::Get => quote!(Method::Get),
        Verb::Post => quote!(Method::Post),
    };
    let mut out = quote! { Meta::new(#id, #name, #method, #path).docs(#page) };
    let aliases = &endpoint.aliases;
    if !aliases.is_empty() {
        out = quote! { #out.aliases(&[#(#aliases),*]) };
    }
    let auth = match endpoint.token {
        Token::AccessToken => None,
        Token::AppSecret => Some(quote!(Authorisation::AppSecret)),
        Token::Authorizer => Some(quote!(Authorisation::Authorizer)),
        Token::OfficialAccount => Some(quote!(Authorisation::OfficialAccount)),
        Token::None => Some(quote!(Authorisation::None)),
    };
    if let Some(auth) = auth {
        out = quote! { #out.authorisation(#auth) };
    }
    if endpoint.retry_safe {
        out = quote! { #out.retry_safe() };
    }
    let encryption = match endpoint.encryption {
        Encryption::None => None,
        Encryption::Supported => Some(quote!(Encryption::Supported)),
        Encryption::Required => Some(quote!(Encryption::Required)),
    };
    if let Some(encryption) = encryption {
        out = quote! { #out.encryption(#encryption) };
    }
    let limits: Vec<_> = endpoint.limits.iter().map(limit).collect();
    if !limits.is_empty() {
        out = quote! { #out.limits(&[#(#limits),*]) };
    }
    if endpoint.envelope != Envelope::default() {
        let Envelope { code, message, ok } = &endpoint.envelope;
        let ok = ok.iter().map(|code| proc_macro2::Literal::i64_unsuffixed(*code));
        out = quote! { #out.envelope(#code, #message, &[#(#ok),*]) };
    }
    if !group.errcodes.is_empty() {
        let table = ident(&errcodes::table(&group.name));
        out = quote! { #out.group_codes(errcodes::#table) };
    }
    let remedies: Vec<_> =
        endpoint.errcodes.iter().filter_map(|each| Some(remedy(each.code, each.own.as_ref()?))).collect();
    if !remedies.is_empty() {
        out = quote! { #out.remedies(&[#(#remedies),*]) };
    }
    out
}

/// What an endpoint itself says of a code.
fn remedy(code: i64, own: &Texts) -> TokenStream {
    let code = proc_macro2::Literal::i64_unsuffixed(code);
    let (about, remedy, zh) = (&own.about, &own.remedy, &own.zh);
    let mut out = quote!(Remedy::new(#code, #about, #remedy, #zh));
    if let Some(kind) = own.kind {
        let kind = errcodes::kind(kind);
        out = quote!(#out.kind(#kind));
    }
    if own.retry != Retry::Never {
        let retry = errcodes::retry(own.retry);
        out = quote!(#out.retry(#retry));
    }
    out
}

fn limit(limit: &Limit) -> TokenStream {
    let count = proc_macro2::Literal::u32_unsuffixed(limit.count);
    let per = match limit.per {
        Per::Second => quote!(Per::Second),
        Per::Minute => quote!(Per::Minute),
        Per::Hour => quote!(Per::Hour),
        Per::Day => quote!(Per::Day),
        Per::Month => quote!(Per::Month),
        Per::Total => quote!(Per::Total),
    };
    let mut out = quote! { Limit::new(#count, #per) };
    let ids = &limit.shared_with;
    if !ids.is_empty() {
        out = quote! { #out.shared_with(&[#(#ids),*]) };
    }
    if let Some(also) = &limit.also {
        out = quote! { #out.also(#also) };
    }
    if let Some(condition) = &limit.condition {
        out = quote! { #out.condition(#condition) };
    }
    out
}

/// The statement that puts a parameter where it travels.
fn write(field: &Field) -> Option<TokenStream> {
    let wire = &field.wire;
    let name = ident(&field.rust);
    let place = match (field.place, &field.ty) {
        (Place::Query, _) => ident("query"),
        (Place::Body, _) => ident("body"),
        (Place::Form, Ty::File) => ident("file"),
        (Place::Form, _) => ident("form"),
        (Place::WholeBody, _) => return Some(quote! { parts.whole_body(&self.#name); }),
        (Place::Sign, _) => return None,
    };
    let form = field.wire_form.map(fields::wire_form);
    let write = match &field.presence {
        Presence::Fixed(value) => {
            let (ty, value) = fields::fixed(&field.ty, value);
            quote! { parts.#place::<#ty>(#wire, &#value); }
        }
        Presence::From(Source::AppSecret) => quote! {
            let secret = parts.app_secret();
            parts.#place(#wire, &secret);
        },
        Presence::From(_) => quote! {
            let appid = parts.appid();
            parts.#place(#wire, &appid);
        },
        _ => match form {
            Some(form) => quote! { parts.#place(#wire, &wire::#form(&self.#name)); },
            None => quote! { parts.#place(#wire, &self.#name); },
        },
    };
    Some(match &field.yields_to {
        Some(other) => {
            let other = ident(other);
            quote! { if self.#other.is_none() { #write } }
        }
        None => write,
    })
}

/// The statement that signs what was written so far.
fn sign(endpoint: &Endpoint, signature: Signature) -> Option<TokenStream> {
    let rust = |wire: &str| Some(ident(&endpoint.params.iter().find(|field| field.wire == wire)?.rust));
    let key = rust(signature.key())?;
    Some(match signature {
        Signature::Delivery => {
            let (shop, order) = (rust("shopid")?, rust("shop_order_id")?);
            quote! { parts.delivery_sign(&self.#shop, &self.#order, &self.#key); }
        }
        Signature::Pay => {
            let path = &endpoint.path;
            quote! { parts.pay_sig(#path, &self.#key); }
        }
        Signature::User => quote! { parts.signature(&self.#key); },
    })
}
