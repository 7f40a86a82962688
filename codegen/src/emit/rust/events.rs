//! What WeChat pushes: a module per group, and the enum of all.

use proc_macro2::TokenStream;
use quote::quote;

use super::fields::{self, Side};
use super::text::{doc, ident, inner_doc, markdown, sentence};
use super::{event_docs, imports, reply, request, types};
use crate::model::{Api, Event, EventGroup, EventKind};

/// `mod.rs`.
pub(super) fn module(api: &Api) -> Vec<TokenStream> {
    let allowed = deprecated(api.events.iter());
    let mut out = vec![quote! {
        #![doc = " What WeChat pushes, one module per group: each event's page says what there is to know of it."]
        #![doc = ""]
        #![doc = " [`Message::event`] and [`Message::decode`] read one, and the dispatcher hands them to whom they concern."]
        #![allow(
            clippy::new_without_default,
            clippy::doc_markdown,
            reason = "these structs are non-exhaustive: `..Default::default()` could not be written anyway"
        )]
        #allowed
    }];
    let modules = api.events.iter().map(|group| ident(&group.name));
    out.push(quote! { #(pub mod #modules;)* });
    let event = (!api.events.is_empty()).then(|| quote!(PushEvent,));
    let replies = api.events.iter().any(|group| !group.replies.is_empty());
    out.push(if replies {
        quote! {
            use crate::check::Check;
            use crate::push::{Error, ErrorKind, EventMeta, Message, #event Result};
            use crate::secret::revealing;
            use serde::Serialize;
            use serde_json::Value;
        }
    } else {
        quote! { use crate::push::{EventMeta, Message, #event Result}; }
    });
    let published = api.events.iter().map(|group| {
        let module = ident(&group.name);
        let names = published(group).into_iter().map(ident);
        quote! { pub use #module::{#(#names),*}; }
    });
    out.push(quote! { #(#published)* });
    out.push(enumeration(api));
    out.push(methods(api));
    if replies {
        out.push(quote! {
            #[doc = " What a reply says, where nothing is wrong with it."]
            fn body<T: Serialize>(reply: &T, check: Check) -> Result<Option<Value>> {
                check.finish().map_err(|error| Error::of_reply(&error))?;
                match revealing(|| serde_json::to_value(reply)) {
                    Ok(value) => Ok(Some(value)),
                    Err(_) => Err(Error::new(ErrorKind::Reply, "the reply can not be written as JSON")),
                }
            }
        });
    }
    out
}

/// Whether what a group defines for users may be named here though it is outdated.
fn deprecated<'a>(mut groups: impl Iterator<Item = &'a EventGroup>) -> Option<TokenStream> {
    groups
        .any(|group| group.events.iter().any(|event| event.deprecated.is_some()))
        .then(|| quote!(#![allow(deprecated, reason = "what is deprecated for users is still defined here")]))
}

/// The events, their names and their replies.
fn published(group: &EventGroup) -> Vec<&str> {
    let enums = group.events.iter().filter_map(|event| event.names.as_ref()).map(|names| &*names.name);
    let mut names: Vec<_> = group
        .events
        .iter()
        .map(|event| &*event.name)
        .chain(enums)
        .chain(group.replies.iter().map(|reply| &*reply.name))
        .collect();
    names.sort_unstable();
    names
}

/// The events that come as push messages.
fn messages(api: &Api) -> impl Iterator<Item = &Event> {
    api.events.iter().flat_map(|group| &group.events).filter(|event| event.kind != EventKind::Callback)
}

fn enumeration(api: &Api) -> TokenStream {
    let variants = messages(api).map(|event| {
        let name = ident(&event.name);
        let text = doc(&format!("{}: {}", event.title, markdown(&sentence(&event.about))));
        quote! { #text #name(Box<#name>) }
    });
    quote! {
        #[doc = " Any push message: an event, or what a user wrote."]
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum Event {
            #(#variants,)*
            #[doc = " A message that this version of the crate does not know."]
            Other(Message),
        }
    }
}

fn methods(api: &Api) -> TokenStream {
    let all = api.events.iter().flat_map(|group| &group.events).map(|event| {
        let name = ident(&event.name);
        quote!(#name::META)
    });
    let arms: Vec<_> = messages(api)
        .map(|event| {
            // Messages tell what they are in lower case, however it came.
            let names = event.wire_names().into_iter().map(str::to_ascii_lowercase);
            let name = ident(&event.name);
            let pattern = match event.kind {
                EventKind::Message => quote!((#(#names)|*, _)),
                _ => quote!(("event", Some(#(#names)|*))),
            };
            quote! { #pattern => Self::#name(Box::new(message.decode()?)), }
        })
        .collect();
    let other = quote!(Self::Other(message.clone()));
    let read = if arms.is_empty() {
        other
    } else {
        quote! {
            match message.selector() {
                #(#arms)*
                _ => #other,
            }
        }
    };
    quote! {
        impl Event {
            #[doc = " What the spec says of every event, message and callback, by group and in the order of the spec."]
            pub const ALL: &'static [&'static EventMeta] = &[#(#all),*];

            pub(crate) fn read(message: &Message) -> Result<Self> {
                Ok(#read)
            }
        }
    }
}

/// `<group>.rs`.
pub(super) fn group(api: &Api, group: &EventGroup) -> Vec<TokenStream> {
    let mut items: Vec<_> = group.events.iter().flat_map(|event| event_items(api, group, event)).collect();
    items.extend(group.replies.iter().flat_map(|each| reply::items(api, group, each)));
    items.extend(group.types.iter().flat_map(|ty| types::items(api, ty)));
    let about = inner_doc(&format!("{}: {}", group.title, markdown(&sentence(&group.about))));
    let allowed = deprecated(std::iter::once(group));
    let mut out = vec![quote! { #about #allowed }, imports::of_events(api, &items, group)];
    out.extend(items);
    out
}

/// The items of one event.
fn event_items(api: &Api, group: &EventGroup, event: &Event) -> Vec<TokenStream> {
    let name = ident(&event.name);
    let page = doc(&event_docs::event(api, group, event));
    let deprecated = request::deprecated(event.deprecated.as_ref());
    let all = event.all_fields();
    let declarations = fields::declarations(api, &all, Side::Response);
    let meta = meta(event);
    let reply = match group.reply(event) {
        None => quote!(Success),
        Some(reply) => {
            let name = ident(&reply.name);
            if reply.optional { quote!(ReplyOr<#name>) } else { quote!(#name) }
        }
    };
    let mut out = vec![
        quote! {
            #page
            #deprecated
            #[derive(Clone, Debug, PartialEq)]
            #[non_exhaustive]
            pub struct #name { #(#declarations),* }
        },
        quote! { impl Sealed for #name {} },
        quote! {
            impl PushEvent for #name {
                const META: &'static EventMeta = &#meta;
                type Reply = #reply;
            }
        },
        fields::decode(&event.name, &all, Side::Response),
        fields::encode(&event.name, &all),
    ];
    out.extend(event.names.iter().flat_map(|names| types::items(api, names)));
    out
}

fn meta(event: &Event) -> TokenStream {
    let id = &event.id;
    let mut out = match event.kind {
        EventKind::Event => quote!(EventMeta::event(#id)),
        EventKind::Message => quote!(EventMeta::message(#id)),
        EventKind::Callback => quote!(EventMeta::callback(#id)),
    };
    if event.names.is_some() {
        let names = event.wire_names();
        out = quote!(#out.names(&[#(#names),*]));
    }
    if let Some(wrapper) = &event.wrapper {
        out = quote!(#out.wrapper(#wrapper));
    }
    let fields = &event.distinct_by;
    if !fields.is_empty() {
        out = quote!(#out.distinct_by(&[#(#fields),*]));
    }
    if !event.answers.is_empty() {
        let calls = event.answers.iter().map(|answers| &answers.call);
        out = quote!(#out.answers(&[#(#calls),*]));
    }
    if event.answer_within != crate::model::ANSWER_WITHIN {
        let seconds = proc_macro2::Literal::u8_unsuffixed(event.answer_within);
        out = quote!(#out.answer_within(#seconds));
    }
    if let Some(times) = event.redeliveries {
        let times = proc_macro2::Literal::u8_unsuffixed(times);
        out = quote!(#out.redeliveries(#times));
    }
    out
}
