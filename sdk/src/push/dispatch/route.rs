//! Handlers, and which message goes to which.

use std::collections::HashMap;
use std::fmt;
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

use super::BoxError;
use super::failure::{FailureKind, Trouble};
use crate::events::Event;
use crate::push::event::{EventKind, EventMeta, Fill, IntoReply, PushEvent, PushReply, ReplyOr};
use crate::push::message::Message;

/// How handlers of messages without a type are called in logs and metrics.
const OTHER: &str = "other";

/// An event that came, and the message that it came in. It can be used like the event itself.
#[derive(Clone, Debug)]
pub struct Arrived<E> {
    event: E,
    message: Message,
}

impl<E: PushEvent> Arrived<E> {
    /// Reads a message as this event: what a dispatcher does before it calls a handler. To call one yourself, in a test:
    /// [`Message::unverified`] has an example.
    ///
    /// # Errors
    /// As [`Message::decode`].
    pub fn decode(message: Message) -> Result<Self, crate::push::Error> {
        Ok(Self { event: message.decode()?, message })
    }
}

impl<E> Arrived<E> {
    /// The message, with its body as it came.
    #[must_use]
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// The event alone.
    #[must_use]
    pub fn into_inner(self) -> E {
        self.event
    }
}

impl<E> Deref for Arrived<E> {
    type Target = E;

    fn deref(&self) -> &E {
        &self.event
    }
}

/// A reply of any shape, to what has no type.
impl From<Value> for ReplyOr<Value> {
    fn from(value: Value) -> Self {
        Self::With(value)
    }
}

pub(super) type Handling = Pin<Box<dyn Future<Output = Result<Option<Value>, Trouble>> + Send>>;

/// A handler.
pub(super) struct Route {
    /// Its event, in logs and metrics.
    pub(super) event: &'static str,
    /// Whether `success` will not do.
    must_reply: bool,
    meta: Option<&'static EventMeta>,
    handle: Box<dyn Fn(Message) -> Handling + Send + Sync>,
}

impl Route {
    fn typed<E, F, Fut, R>(handler: F) -> Self
    where
        E: PushEvent,
        F: Fn(Arrived<E>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, BoxError>> + Send + 'static,
        R: IntoReply<E::Reply>,
    {
        let handler = Arc::new(handler);
        let handle = move |message: Message| -> Handling {
            let handler = Arc::clone(&handler);
            Box::pin(async move {
                let event = message.decode::<E>().map_err(|error| Trouble::new(FailureKind::Decode, error))?;
                let reply = handler(Arrived { event, message: message.clone() }).await;
                let reply: E::Reply = reply.map_err(|error| Trouble::new(FailureKind::Handler, error))?.into_reply();
                let fill = Fill::new(Some(&message), message.now());
                reply.into_body(&fill).map_err(|error| Trouble::new(FailureKind::Reply, error))
            })
        };
        Self { event: E::META.id, must_reply: E::Reply::REQUIRED, meta: Some(E::META), handle: Box::new(handle) }
    }

    fn other<F, Fut, R>(handler: F) -> Self
    where
        F: Fn(Message) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, BoxError>> + Send + 'static,
        R: IntoReply<ReplyOr<Value>>,
    {
        let handler = Arc::new(handler);
        let handle = move |message: Message| -> Handling {
            let handler = Arc::clone(&handler);
            Box::pin(async move {
                let reply = handler(message).await.map_err(|error| Trouble::new(FailureKind::Handler, error))?;
                match reply.into_reply() {
                    ReplyOr::Success => Ok(None),
                    ReplyOr::With(value) => Ok(Some(value)),
                }
            })
        };
        Self { event: OTHER, must_reply: false, meta: None, handle: Box::new(handle) }
    }

    /// What is to be done with a message. Nothing happens before it is polled.
    pub(super) fn handle(&self, message: Message) -> Handling {
        (self.handle)(message)
    }

    /// Whether WeChat is told nothing good before the handler has ended: `success` will not do, or it would end what
    /// WeChat promises to deliver again until it is taken.
    pub(super) fn is_waited_for(&self, message: &Message) -> bool {
        self.must_reply || self.meta(message).is_some_and(|meta| meta.redeliveries > 0)
    }

    /// What the spec says of a message that goes this way; the handler of the rest may have any.
    pub(super) fn meta(&self, message: &Message) -> Option<&'static EventMeta> {
        self.meta.or_else(|| {
            let (msg_type, event) = message.selector();
            Event::ALL.iter().copied().find(|meta| meta.matches(msg_type, event))
        })
    }
}

/// All handlers.
#[derive(Clone, Default)]
pub(super) struct Routes {
    /// By name, in lower case.
    events: HashMap<String, Arc<Route>>,
    messages: HashMap<String, Arc<Route>>,
    other: Option<Arc<Route>>,
}

impl Routes {
    pub(super) fn add<E, F, Fut, R>(&mut self, handler: F)
    where
        E: PushEvent,
        F: Fn(Arrived<E>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, BoxError>> + Send + 'static,
        R: IntoReply<E::Reply>,
    {
        let route = Arc::new(Route::typed(handler));
        let EventMeta { id, kind, names, .. } = E::META;
        let names = if names.is_empty() { std::slice::from_ref(id) } else { names };
        let routes = if *kind == EventKind::Message { &mut self.messages } else { &mut self.events };
        for name in names {
            routes.insert(name.to_ascii_lowercase(), Arc::clone(&route));
        }
    }

    pub(super) fn set_other<F, Fut, R>(&mut self, handler: F)
    where
        F: Fn(Message) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, BoxError>> + Send + 'static,
        R: IntoReply<ReplyOr<Value>>,
    {
        self.other = Some(Arc::new(Route::other(handler)));
    }

    /// The handler for a message, if there is one.
    pub(super) fn find<'a>(&'a self, message: &'a Message) -> Option<&'a Arc<Route>> {
        let route = match message.selector() {
            ("event", name) => self.events.get(name.unwrap_or_default()),
            (kind, _) => self.messages.get(kind),
        };
        route.or(self.other.as_ref())
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = self.events.keys().chain(self.messages.keys()).map(String::as_str).collect::<Vec<_>>();
        names.extend(self.other.as_ref().map(|_| OTHER));
        names.sort_unstable();
        f.debug_set().entries(names).finish()
    }
}
