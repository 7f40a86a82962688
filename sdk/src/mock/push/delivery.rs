//! What became of what was pushed.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::watch;

use crate::mock::catalogue;
use crate::mock::record::redacted;

/// One delivery of a message to your endpoint, and what that answered.
///
/// `Debug` blots out the message's secrets.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct PushDelivery {
    /// The value of `Event`, or of `MsgType` where a user wrote. Empty where the message has neither.
    pub name: String,
    /// The message before it was encrypted, as JSON even where it was sent as XML.
    pub message: Value,
    /// Which delivery of the message it is, counted from 1.
    pub attempt: u32,
    /// What was wrong with it on purpose.
    pub fault: Option<PushFault>,
    /// The id of the call whose outcome it tells, where that brought it about.
    pub answers: Option<String>,
    /// What came of it.
    pub outcome: PushOutcome,
    /// The body of the answer as it came.
    pub body: Bytes,
    /// How long the answer took.
    pub took: Duration,
}

impl PushDelivery {
    /// Whether WeChat would count it as delivered.
    #[must_use]
    pub fn is_accepted(&self) -> bool {
        matches!(self.outcome, PushOutcome::Success | PushOutcome::Reply(_))
    }

    /// Whether the endpoint took it for no message of WeChat's: it answered with a status from 400 to 499. A 500 is none:
    /// an endpoint that fails has refused nothing.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(self.outcome, PushOutcome::Refused(400..=499))
    }

    /// The structured reply, verified and decrypted.
    #[must_use]
    pub fn reply(&self) -> Option<&Value> {
        match &self.outcome {
            PushOutcome::Reply(reply) | PushOutcome::Declined(reply) => Some(reply),
            _ => None,
        }
    }

    /// The HTTP status, where an answer came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match &self.outcome {
            PushOutcome::Refused(status) => Some(*status),
            PushOutcome::TimedOut | PushOutcome::Unreachable(_) => None,
            _ => Some(200),
        }
    }
}

/// What came of a delivery.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PushOutcome {
    /// `success`, or nothing, with status 200.
    Success,
    /// A structured reply, verified and decrypted, as JSON. Of XML all values are texts.
    Reply(Value),
    /// A structured reply that has WeChat deliver the message again: to a payment, one whose `ErrCode`
    /// is not 0.
    Declined(Value),
    /// Another status than 200. WeChat delivers the message again.
    Refused(u16),
    /// Status 200, and a body with which WeChat could do nothing: this says why. It does not deliver again, except for
    /// payments, which come until they are taken.
    Unreadable(String),
    /// No answer in time. WeChat delivers the message again.
    TimedOut,
    /// No connection, or one that broke: this says how. WeChat delivers the message again.
    Unreachable(String),
}

impl PushOutcome {
    /// Whether WeChat leaves it at that. `insists`: the event is one that is delivered until it has been understood.
    pub(super) fn is_final(&self, insists: bool) -> bool {
        match self {
            Self::Success | Self::Reply(_) => true,
            Self::Unreadable(_) => !insists,
            Self::Declined(_) | Self::Refused(_) | Self::TimedOut | Self::Unreachable(_) => false,
        }
    }
}

/// What is wrong with a message on purpose: an endpoint must refuse it ([`PushDelivery::is_refused`]).
///
/// The statuses are those with which [`push`](crate::push) answers; why is in
/// [`ErrorKind::status`](crate::push::ErrorKind::status).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PushFault {
    /// Signed with another token: 403.
    WrongSignature,
    /// One bit of the encrypted message was changed on the way, so that the signature does not fit: 403.
    Tampered,
    /// Signed with the right token, and encrypted under another EncodingAESKey: 400.
    OtherKey,
    /// Rightly signed and encrypted, for another app: 400.
    OtherApp,
    /// Rightly signed, and not encrypted although the endpoint expects it: 403.
    Unencrypted,
    /// Rightly signed an hour ago: 403, where the endpoint limits the age
    /// ([`ReceiverBuilder::max_age`](crate::push::ReceiverBuilder::max_age)); others take it.
    Stale,
}

impl PushFault {
    /// All faults.
    pub const ALL: &'static [Self] =
        &[Self::WrongSignature, Self::Tampered, Self::OtherKey, Self::OtherApp, Self::Unencrypted, Self::Stale];

    /// Whether it can happen to a message that comes unencrypted anyway.
    pub(super) fn suits_plain(self) -> bool {
        matches!(self, Self::WrongSignature | Self::Stale)
    }
}

/// All deliveries of a mock, and how many are under way by themselves.
pub(super) struct Log {
    kept: Mutex<VecDeque<PushDelivery>>,
    most: usize,
    under_way: watch::Sender<usize>,
}

impl Log {
    pub(super) fn new(most: usize) -> Self {
        Self { kept: Mutex::default(), most, under_way: watch::Sender::new(0) }
    }

    pub(super) fn kept(&self) -> MutexGuard<'_, VecDeque<PushDelivery>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn keep(&self, delivery: PushDelivery) {
        let mut kept = self.kept();
        while kept.len() >= self.most.max(1) {
            kept.pop_front();
        }
        if self.most > 0 {
            kept.push_back(delivery);
        }
    }

    /// Counts as under way until it is dropped.
    pub(super) fn begin(self: &std::sync::Arc<Self>) -> UnderWay {
        self.under_way.send_modify(|count| *count += 1);
        UnderWay(std::sync::Arc::clone(self))
    }

    pub(super) async fn settled(&self) {
        // The sender lives as long as this.
        let _ = self.under_way.subscribe().wait_for(|count| *count == 0).await;
    }
}

pub(super) struct UnderWay(std::sync::Arc<Log>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.send_modify(|count| *count -= 1);
    }
}

impl fmt::Debug for PushDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = catalogue::built_in().ok();
        let is_secret = |name: &str| known.is_none_or(|catalogue| catalogue.is_secret(name));
        let message = redacted(self.message.clone(), &is_secret);
        f.debug_struct("PushDelivery")
            .field("name", &self.name)
            .field("message", &format_args!("{message}"))
            .field("attempt", &self.attempt)
            .field("fault", &self.fault)
            .field("answers", &self.answers)
            .field("outcome", &self.outcome)
            .field("took", &self.took)
            .finish_non_exhaustive()
    }
}
