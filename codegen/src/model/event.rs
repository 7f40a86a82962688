//! What WeChat pushes to the developer's server, and what it wants to hear.

#[cfg(doc)]
use super::Ty;
use super::{Deprecated, Field, Literal, Presence, Type, TypeKind};

/// The seconds that WeChat waits for an answer, unless an event says otherwise.
pub const ANSWER_WITHIN: u8 = 5;

/// One file of `spec/events`: one Rust module below `weapp::events`.
#[derive(Clone, Debug, PartialEq)]
pub struct EventGroup {
    /// `snake_case`; the file's name and the module. Often that of a group of endpoints.
    pub name: String,
    /// The official category, in Chinese.
    pub title: String,
    /// What the events tell, in English.
    pub about: String,
    /// The types of this file only, in file order.
    pub types: Vec<Type>,
    /// The replies that its events want, each once: those that several events share, then those of one event.
    pub replies: Vec<Reply>,
    /// The events, in file order.
    pub events: Vec<Event>,
}

impl EventGroup {
    /// The reply that an event of this group wants; `None`: `success`.
    #[must_use]
    pub fn reply(&self, event: &Event) -> Option<&Reply> {
        let name = event.reply.as_ref()?;
        self.replies.iter().find(|reply| reply.name == *name)
    }
}

/// Something that WeChat pushes.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Unique in the whole spec. Where it has no `names`, it is what `Event` (of a message: `MsgType`) holds.
    pub id: String,
    /// The struct: `UpperCamelCase`, unique among all that `spec/events` defines.
    pub name: String,
    /// The official title, in Chinese.
    pub title: String,
    /// When it comes and what to do, in English.
    pub about: String,
    /// The official page, an `https` address.
    pub docs: String,
    /// What it is.
    pub kind: EventKind,
    /// Where several values of `Event` share the struct: the enum of them, which nothing but the struct's field
    /// `event` holds. A [`TypeKind::TextEnum`]. Only an [`EventKind::Event`] has one.
    pub names: Option<Type>,
    /// The calls whose outcome it tells.
    pub answers: Vec<Answers>,
    /// The object (in XML: the element) in which the own fields may stand; they may stand beside the head as well.
    pub wrapper: Option<String>,
    /// Wire names of own fields that tell two events of one user and second apart.
    pub distinct_by: Vec<String>,
    /// Seconds that WeChat waits for the answer.
    pub answer_within: u8,
    /// How often WeChat delivers it again until it is taken; `None` where no page says so.
    pub redeliveries: Option<u8>,
    /// What all events have, unless the event says otherwise: sender, receiver, time, and what selects the struct,
    /// which is [`Presence::Fixed`] where there is one value only. Empty for an [`EventKind::Callback`].
    pub head: Vec<Field>,
    /// What this event has beside that, in file order.
    pub fields: Vec<Field>,
    /// The name of the reply it wants, one of [`EventGroup::replies`]; `None`: `success`.
    pub reply: Option<String>,
    /// Marks the struct as deprecated.
    pub deprecated: Option<Deprecated>,
    /// A contradiction in the documentation, and what was decided.
    pub note: Option<String>,
    /// The own fields of one event as WeChat sends it in JSON; also `Event` where there are several names.
    pub example: serde_json::Value,
}

impl Event {
    /// All values of `Event` (of a message: `MsgType`) that mean this event; none for a callback.
    #[must_use]
    pub fn wire_names(&self) -> Vec<&str> {
        match (&self.names, self.kind) {
            (Some(Type { kind: TypeKind::TextEnum(variants), .. }), _) => {
                variants.iter().map(|variant| variant.value.as_str()).collect()
            }
            (_, EventKind::Callback) => Vec::new(),
            _ => vec![&self.id],
        }
    }

    /// One whole message as WeChat sends it in JSON: the example, and a head around it.
    #[must_use]
    pub fn sample(&self) -> serde_json::Value {
        let mut whole = serde_json::Map::new();
        let mut own = self.example.as_object().cloned().unwrap_or_default();
        for field in self.head.iter().filter(|_| self.kind != EventKind::Callback) {
            let first = self.wire_names().first().map_or("", |name| *name);
            let value = match (&*field.wire, &field.presence) {
                (wire, _) if own.contains_key(wire) => own.shift_remove(wire).unwrap_or_default(),
                (_, Presence::Fixed(value)) => value.to_string().into(),
                ("ToUserName", _) => "gh_0123456789ab".into(),
                ("FromUserName", _) => "oAbCdEfGhIjKlMnOpQrStUvWxYz0".into(),
                ("CreateTime", _) => 1_700_000_000.into(),
                _ => first.into(),
            };
            whole.insert(field.wire.clone(), value);
        }
        match &self.wrapper {
            Some(wrapper) => whole.insert(wrapper.clone(), own.into()).map_or((), drop),
            None => whole.extend(own),
        }
        whole.into()
    }

    /// The fields of the struct: the head, then its own.
    #[must_use]
    pub fn all_fields(&self) -> Vec<Field> {
        self.head.iter().chain(&self.fields).cloned().collect()
    }
}

/// How WeChat pushes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A push message whose `MsgType` is `event`; `Event` says which.
    Event,
    /// A push message that a user wrote; `MsgType` says which.
    Message,
    /// A signed HTTP callback that is no push message: it has no head.
    Callback,
}

/// A call whose outcome an event tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// The endpoint's id.
    pub call: String,
    /// The wire name of the field that the event shares with the call's response, or with its request.
    pub by: String,
}

/// What an event wants to be answered with.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The struct: `UpperCamelCase`, unique among all that `spec/events` defines.
    pub name: String,
    /// What it says, in English.
    pub about: Option<String>,
    /// Whether `success` will do as well.
    pub optional: bool,
    /// In file order. Only presence and constraints of a request's field occur.
    pub fields: Vec<Field>,
    /// Rust names of `fields` that are filled in when they are not set. Each event that wants the reply has the
    /// field.
    pub filled: Vec<(String, Fill)>,
    /// Rust names of `fields`, and the values that a new reply has.
    pub initial: Vec<(String, Literal)>,
}

/// What a reply's field is filled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fill {
    /// The time of the answer, for a [`Ty::Timestamp`].
    Now,
    /// The field of this wire name of the event, both a [`Ty::String`] or both a [`Ty::Secret`].
    Field(String),
}
