//! What happens to messages from WeChat.

use std::time::Duration;

use http::StatusCode;
use tracing::Span;

use super::record::{count, measure};
use super::{metrics, millis};
use crate::push::{BoxError, Error};

/// An operation of the deduplication store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DedupeOperation {
    Claim,
    Renew,
    Finish,
    Release,
}

impl DedupeOperation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Renew => "renew",
            Self::Finish => "finish",
            Self::Release => "release",
        }
    }
}

/// The span around a handler.
pub(crate) fn push_span(event: &'static str) -> Span {
    tracing::debug_span!(target: "weapp", "message", event)
}

/// A message was answered, after so long.
pub(crate) fn push_answered(event: &'static str, outcome: &'static str, status: StatusCode, elapsed: Duration) {
    tracing::debug!(
        target: "weapp", event, outcome, status = status.as_u16(), elapsed_ms = millis(elapsed), "message answered"
    );
    count(&metrics::PUSH_MESSAGES, || [event.into(), outcome.into()]);
}

/// A request was no message of WeChat's, or none that can be read.
pub(crate) fn push_refused(error: &Error) {
    tracing::warn!(target: "weapp", status = error.status().as_u16(), error = %error, "message refused");
    count(&metrics::PUSH_MESSAGES, || ["unknown".into(), "refused".into()]);
}

/// A handler ended well, after so long.
pub(crate) fn push_handled(event: &'static str, elapsed: Duration) {
    tracing::debug!(target: "weapp", event, elapsed_ms = millis(elapsed), "message handled");
    measure(&metrics::PUSH_HANDLING_DURATION, || [event.into()], elapsed);
}

/// A handler failed, after so long. `answered` says whether WeChat was told `success` before; `error` is left out where
/// somebody else is told.
pub(crate) fn push_failed(
    event: &'static str,
    reason: &'static str,
    answered: bool,
    error: Option<&BoxError>,
    elapsed: Duration,
) {
    tracing::warn!(
        target: "weapp", event, reason, answered, error = error.map(tracing::field::display),
        elapsed_ms = millis(elapsed), "message not handled"
    );
    count(&metrics::PUSH_FAILURES, || [event.into(), reason.into()]);
    measure(&metrics::PUSH_HANDLING_DURATION, || [event.into()], elapsed);
}

/// An operation of the deduplication store failed. `lost` says whether it is the first one that did.
pub(crate) fn dedupe_failed(operation: DedupeOperation, error: &BoxError, lost: bool) {
    macro_rules! tell {
        ($level:ident, $message:literal) => {
            tracing::$level!(target: "weapp", operation = operation.as_str(), error = %error, $message)
        };
    }
    if lost {
        tell!(warn, "deduplication store out of reach");
    } else {
        tell!(debug, "deduplication store failed");
    }
    count(&metrics::DEDUPE_FAILURES, || [operation.as_str().into()]);
}

/// The deduplication store answers again, after so long.
pub(crate) fn dedupe_back(after: Duration) {
    tracing::info!(target: "weapp", after_ms = millis(after), "deduplication store back");
}

/// A message was handled under a claim that had ended, and somebody else took it over meanwhile.
pub(crate) fn dedupe_stale(event: &'static str) {
    tracing::warn!(target: "weapp", event, "message handled twice");
    count(&metrics::DEDUPE_STALE, || [event.into()]);
}
