//! What a typed event tells of itself, and what may be answered to it.

use std::cell::OnceCell;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::Result;
use super::message::Message;
use crate::endpoint::sealed::Sealed;
use crate::wire::Timestamp;

/// A message that the spec describes: [`Message::decode`] reads it.
///
/// Sealed: the generator implements it for every event of the spec.
pub trait PushEvent: Sealed + DeserializeOwned + Serialize + Clone + fmt::Debug + Send + Sync + 'static {
    /// What the spec says of the event.
    const META: &'static EventMeta;

    /// What may be answered to it.
    type Reply: PushReply;
}

/// How a message comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// `MsgType` is `event`, and `Event` names it.
    Event,
    /// `MsgType` names it: what a user wrote.
    Message,
    /// No push message but a signed callback of its own: [`Receiver::callback`](super::Receiver::callback) reads it.
    Callback,
}

/// What the spec says of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventMeta {
    /// Its key in the spec: WeChat's name of it, unless several names share one struct.
    pub id: &'static str,
    /// How it comes.
    pub kind: EventKind,
    /// All values of `Event` by which it comes, where they are several; otherwise it is `id` alone.
    pub names: &'static [&'static str],
    /// The object in which the event's own fields may stand.
    pub wrapper: Option<&'static str>,
    /// The fields that tell two events of one user and one second apart.
    pub distinct_by: &'static [&'static str],
    /// The calls whose outcome it tells, by their ids.
    pub answers: &'static [&'static str],
    /// The seconds within which WeChat wants an answer.
    pub answer_within: u8,
    /// How often WeChat delivers it again until it is taken; 0 where no page says so. While its handler is at work the
    /// dispatcher does not answer `success`: nothing would come again, should the handler fail.
    pub redeliveries: u8,
}

impl EventMeta {
    const fn new(id: &'static str, kind: EventKind) -> Self {
        Self { id, kind, names: &[], wrapper: None, distinct_by: &[], answers: &[], answer_within: 5, redeliveries: 0 }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn event(id: &'static str) -> Self {
        Self::new(id, EventKind::Event)
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn message(id: &'static str) -> Self {
        Self::new(id, EventKind::Message)
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn callback(id: &'static str) -> Self {
        Self::new(id, EventKind::Callback)
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn names(mut self, names: &'static [&'static str]) -> Self {
        self.names = names;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn wrapper(mut self, wrapper: &'static str) -> Self {
        self.wrapper = Some(wrapper);
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn distinct_by(mut self, fields: &'static [&'static str]) -> Self {
        self.distinct_by = fields;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn answers(mut self, calls: &'static [&'static str]) -> Self {
        self.answers = calls;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn answer_within(mut self, seconds: u8) -> Self {
        self.answer_within = seconds;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn redeliveries(mut self, times: u8) -> Self {
        self.redeliveries = times;
        self
    }

    /// Whether a message with this `MsgType` and this `Event` is one of these.
    #[must_use]
    pub fn matches(&self, msg_type: &str, event_name: Option<&str>) -> bool {
        let names = if self.names.is_empty() { std::slice::from_ref(&self.id) } else { self.names };
        let named = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        match self.kind {
            EventKind::Event => msg_type.eq_ignore_ascii_case("event") && event_name.is_some_and(named),
            EventKind::Message => named(msg_type),
            EventKind::Callback => false,
        }
    }
}

/// What may be answered to an event.
///
/// Sealed: [`Success`], [`ReplyOr`] and the replies that the generator makes implement it.
pub trait PushReply: Sealed + Send + 'static {
    /// Whether `success` will not do.
    #[doc(hidden)]
    const REQUIRED: bool = true;

    /// The fields of the answer; `None` is the bare word `success`.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`](super::ErrorKind::Reply) when a field is missing or breaks a constraint.
    #[doc(hidden)]
    fn into_body(self, fill: &Fill<'_>) -> Result<Option<Value>>;
}

/// The message was received: what WeChat wants to hear unless an event asks for more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Success;

impl From<()> for Success {
    fn from((): ()) -> Self {
        Self
    }
}

impl Sealed for Success {}

impl PushReply for Success {
    const REQUIRED: bool = false;

    fn into_body(self, _: &Fill<'_>) -> Result<Option<Value>> {
        Ok(None)
    }
}

/// `success`, or a structured reply: to events that take either.
///
/// A handler that always does the same need not name it: it answers `Ok(())`, or the reply. One that decides each time
/// answers an `Option` of the reply, or this:
///
/// ```
/// use weapp::events::{TextMessage, TransferCustomerService};
/// use weapp::push::{Arrived, BoxError, ReplyOr};
///
/// async fn desk(event: Arrived<TextMessage>) -> Result<ReplyOr<TransferCustomerService>, BoxError> {
///     if event.content != "人工" {
///         return Ok(ReplyOr::Success);
///     }
///     Ok(ReplyOr::With(TransferCustomerService::new()))
/// }
///
/// async fn the_same(event: Arrived<TextMessage>) -> Result<Option<TransferCustomerService>, BoxError> {
///     Ok((event.content == "人工").then(TransferCustomerService::new))
/// }
/// # fn listen(dispatcher: weapp::push::Dispatcher) -> weapp::push::Dispatcher {
/// # dispatcher.on(desk).on(the_same)
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReplyOr<T> {
    /// The bare word.
    #[default]
    Success,
    /// The reply.
    With(T),
}

impl<T> From<()> for ReplyOr<T> {
    fn from((): ()) -> Self {
        Self::Success
    }
}

impl<T> Sealed for ReplyOr<T> {}

impl<T: PushReply> PushReply for ReplyOr<T> {
    const REQUIRED: bool = false;

    fn into_body(self, fill: &Fill<'_>) -> Result<Option<Value>> {
        match self {
            ReplyOr::Success => Ok(None),
            ReplyOr::With(reply) => reply.into_body(fill),
        }
    }
}

/// `Some` is the reply, `None` is `success`.
impl<T> From<Option<T>> for ReplyOr<T> {
    fn from(reply: Option<T>) -> Self {
        reply.map_or(Self::Success, Self::With)
    }
}

/// What a handler may answer to an event with this [`Reply`](PushEvent::Reply): all that is `Into` it.
///
/// | reply of the event | the handler answers |
/// | --- | --- |
/// | [`Success`] | `Ok(())` |
/// | [`ReplyOr<T>`] | `Ok(())`, a `T`, an `Option<T>`, or a [`ReplyOr`] |
/// | any other | that reply |
#[diagnostic::on_unimplemented(
    message = "this event wants `{T}` for an answer, and its handler answers `{Self}`",
    label = "the handler has to answer `Ok(…)` with what becomes a `{T}`",
    note = "`Success` is answered by `Ok(())`, `ReplyOr<T>` by `Ok(())`, a `T` or an `Option<T>`",
    note = "any other reply is required, because WeChat delivers the event again until it has one: make it by its `new`, \
            as in `Ok(XpaySubscriptionReply::new())`"
)]
pub trait IntoReply<T> {
    /// The reply.
    #[doc(hidden)]
    fn into_reply(self) -> T;
}

// Else the compiler would say that `From` is not implemented, and not why it should be.
#[diagnostic::do_not_recommend]
impl<R: Into<T>, T> IntoReply<T> for R {
    fn into_reply(self) -> T {
        self.into()
    }
}

/// What a reply takes from the message that it answers.
#[derive(Debug)]
pub struct Fill<'a> {
    message: Option<&'a Message>,
    now: Timestamp,
    json: OnceCell<Option<Value>>,
}

impl<'a> Fill<'a> {
    pub(crate) fn new(message: Option<&'a Message>, now: Timestamp) -> Self {
        Self { message, now, json: OnceCell::new() }
    }

    /// A field of the message: of its head, or one of its own. `None` where it holds no text and no number.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<String> {
        let message = self.message?;
        let head = match field {
            "ToUserName" => message.to_user_name(),
            "FromUserName" => message.from_user_name(),
            "MsgType" => message.msg_type(),
            "Event" => message.event_name().unwrap_or_default(),
            _ => "",
        };
        if !head.is_empty() {
            return Some(head.to_owned());
        }
        let fields = self.json.get_or_init(|| message.json().ok()).as_ref()?.as_object()?;
        // Some events have their fields in an object of their own.
        let wrapped = || fields.values().find_map(|value| text_of(value.get(field)?));
        fields.get(field).and_then(text_of).or_else(wrapped)
    }

    /// When the reply is written.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }
}

pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
