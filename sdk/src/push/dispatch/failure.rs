//! Messages that could not be handled.

use std::error::Error as StdError;
use std::fmt;

use super::BoxError;
use crate::push::Message;

/// A message that could not be handled: what [`on_failure`](super::Dispatcher::on_failure) is told.
pub struct Failure {
    pub(super) message: Message,
    pub(super) event: &'static str,
    pub(super) kind: FailureKind,
    pub(super) error: BoxError,
    pub(super) was_answered: bool,
}

/// Why a message could not be handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FailureKind {
    /// It is not as documented, and was not read as its type. The error is a [`push::Error`](crate::push::Error), whose
    /// [`path`](crate::push::Error::path) names the field.
    Decode,
    /// The handler answered an error.
    Handler,
    /// The handler panicked.
    Panic,
    /// The handler's reply can not be written. The error is a [`push::Error`](crate::push::Error), whose
    /// [`path`](crate::push::Error::path) names the field.
    Reply,
    /// The handler ended well, but its structured reply came after WeChat had been told `success`, and goes nowhere: a
    /// customer is not handed over. Rarely, a later delivery has taken it.
    Late,
}

impl FailureKind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::Handler => "handler",
            Self::Panic => "panic",
            Self::Reply => "reply",
            Self::Late => "late",
        }
    }
}

impl Failure {
    /// The message, with its body as it came.
    #[must_use]
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// The event's id in the spec; `other` for what [`other`](super::Dispatcher::other) handles.
    #[must_use]
    pub fn event(&self) -> &'static str {
        self.event
    }

    /// Why it failed.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// What the handler answered, or what else went wrong.
    #[must_use]
    pub fn error(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.error
    }

    /// Whether WeChat was told `success` before the handler failed. Then it does not deliver the message again: whoever
    /// wants it handled has to see to that. Otherwise the next delivery is handled anew, should one come.
    #[must_use]
    pub fn was_answered(&self) -> bool {
        self.was_answered
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failure")
            .field("event", &self.event)
            .field("kind", &self.kind)
            .field("was_answered", &self.was_answered)
            .field("error", &self.error)
            .finish_non_exhaustive()
    }
}

/// Why a handler's future ended without a reply.
pub(super) struct Trouble {
    pub(super) kind: FailureKind,
    pub(super) error: BoxError,
}

impl Trouble {
    pub(super) fn new(kind: FailureKind, error: impl Into<BoxError>) -> Self {
        Self { kind, error: error.into() }
    }
}
