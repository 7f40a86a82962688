//! What happens to messages from WeChat.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::StatusCode;
use tracing::Span;

use super::record::{count, measure};
use super::{metrics, millis};
use crate::push::{BoxError, Error, ErrorKind};

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

/// For how long a kind of refusal is warned of but once.
const QUIET: Duration = Duration::from_secs(60);

/// When each kind of refusal was last warned of, by app, and how many came since. Anybody can send what is refused, as fast
/// as they like, and must not fill the log with it. The apps are those of receivers, so that strangers add none.
#[derive(Default)]
struct Refusals(Mutex<BTreeMap<String, Vec<Warned>>>);

struct Warned {
    of: ErrorKind,
    at: Instant,
    unreported: u64,
}

static REFUSALS: Refusals = Refusals(Mutex::new(BTreeMap::new()));

impl Refusals {
    /// Whether to warn of one more, and how many there were since the last warning. Without an app it is none's.
    fn add(&self, app: Option<&str>, kind: ErrorKind, now: Instant) -> Option<u64> {
        let app = app.unwrap_or_default();
        let mut apps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kinds = match apps.get_mut(app) {
            Some(kinds) => kinds,
            None => apps.entry(app.to_owned()).or_default(),
        };
        let Some(warned) = kinds.iter_mut().find(|warned| warned.of == kind) else {
            kinds.push(Warned { of: kind, at: now, unreported: 0 });
            return Some(0);
        };
        if now.saturating_duration_since(warned.at) < QUIET {
            warned.unreported += 1;
            return None;
        }
        warned.at = now;
        Some(mem::take(&mut warned.unreported))
    }
}

/// A request was no message of WeChat's, or none that can be read, and is answered with an error's status.
pub(crate) fn push_refused(error: &Error) {
    let (app, status) = (error.appid(), error.status().as_u16());
    match REFUSALS.add(app, error.kind(), Instant::now()) {
        Some(unreported) => tracing::warn!(target: "weapp", app, status, error = %error, unreported, "message refused"),
        None => tracing::debug!(target: "weapp", app, status, error = %error, "another message refused"),
    }
    count(&metrics::PUSH_MESSAGES, || ["unknown".into(), "refused".into()]);
}

/// A handler ended well, after so long.
pub(crate) fn push_handled(event: &'static str, elapsed: Duration) {
    tracing::debug!(target: "weapp", event, elapsed_ms = millis(elapsed), "message handled");
    measure(&metrics::PUSH_HANDLING_DURATION, || [event.into()], elapsed);
}

/// A handler failed, after so long. `app` is known of encrypted messages alone. `answered` says whether WeChat was told
/// `success` before; `error` is left out where somebody else is told.
pub(crate) fn push_failed(
    app: Option<&str>,
    event: &'static str,
    reason: &'static str,
    answered: bool,
    error: Option<&BoxError>,
    elapsed: Duration,
) {
    tracing::warn!(
        target: "weapp", app, event, reason, answered, error = error.map(tracing::field::display),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_refusals_is_warned_of_once_a_minute() {
        let refusals = Refusals::default();
        let start = Instant::now();
        let of = |app, kind, second| refusals.add(app, kind, start + Duration::from_secs(second));
        let add = |kind, second| of(None, kind, second);
        assert_eq!(add(ErrorKind::Signature, 0), Some(0));
        assert_eq!((add(ErrorKind::Signature, 0), add(ErrorKind::Signature, 59)), (None, None));
        assert_eq!(add(ErrorKind::Decrypt, 59), Some(0), "strangers do not hide that the key is wrong");
        assert_eq!(of(Some("wx1"), ErrorKind::Signature, 59), Some(0), "nor does another app's token");
        assert_eq!(of(Some("wx2"), ErrorKind::Signature, 59), Some(0));
        assert_eq!(of(Some("wx1"), ErrorKind::Signature, 60), None);
        assert_eq!(add(ErrorKind::Signature, 60), Some(2));
        assert_eq!(add(ErrorKind::Signature, 61), None);
        assert_eq!(add(ErrorKind::Signature, 3600), Some(1));
        assert_eq!(add(ErrorKind::Signature, 3660), Some(0));
    }
}
