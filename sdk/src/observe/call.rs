//! What happens to calls.

use std::time::Duration;

use tokio::time::Instant;
use tracing::Span;
use tracing::field::Empty;

#[cfg(feature = "metrics")]
use super::record::listens;
use super::record::{InFlight, count, errcode, in_flight, measure};
use super::{metrics, millis, outcome};
use crate::endpoint::Meta;
use crate::errcode::ErrCode;
use crate::error::{Error, ErrorKind};

/// Watches one call from its beginning to its end. Dropped before its end, it counts the call as cancelled.
pub(crate) struct CallWatch {
    meta: &'static Meta,
    span: Span,
    started: Instant,
    ended: bool,
    _in_flight: InFlight,
}

impl CallWatch {
    /// A call begins. `path` is that of a universal request.
    pub(crate) fn begin(meta: &'static Meta, path: Option<&str>, app: &str) -> Self {
        let span = tracing::debug_span!(
            target: "weapp", "call", endpoint = label(meta), path, app, attempts = Empty, outcome = Empty,
            errcode = Empty, rid = Empty, elapsed_ms = Empty,
        );
        Self { meta, span, started: Instant::now(), ended: false, _in_flight: in_flight() }
    }

    /// The span around everything that the call does.
    pub(crate) fn span(&self) -> &Span {
        &self.span
    }

    /// When the call began.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// An attempt failed, and the repetition with this number, from 1, follows after a pause.
    pub(crate) fn again(&self, path: Option<&str>, app: &str, error: &Error, repetition: u32, pause: Duration) {
        let reason = match error.kind() {
            ErrorKind::Api if error.code().is_some_and(ErrCode::is_token_rejected) => "token",
            ErrorKind::Api => "busy",
            _ => outcome(error),
        };
        tracing::warn!(
            target: "weapp", parent: &self.span, endpoint = label(self.meta), path, app, reason, repetition,
            errcode = error.code().map(ErrCode::get), rid = error.rid(), pause_ms = millis(pause), "trying again"
        );
        count(&metrics::RETRIES, || [label(self.meta).into(), reason.into()]);
    }

    /// Begins to measure an attempt's exchange.
    pub(crate) fn exchange(&self) -> ExchangeWatch {
        ExchangeWatch {
            #[cfg(feature = "metrics")]
            begun: listens().then(|| (self.meta, Instant::now())),
        }
    }

    /// The call ended, after so many attempts.
    pub(crate) fn end(&mut self, attempts: u32, error: Option<&Error>) {
        let elapsed = self.started.elapsed();
        let outcome = error.map_or("ok", outcome);
        if !self.span.is_disabled() {
            self.span.record("attempts", attempts);
            self.span.record("elapsed_ms", millis(elapsed));
        }
        self.finish(outcome, Some(attempts), elapsed, error);
        measure(&metrics::CALL_DURATION, || [label(self.meta).into()], elapsed);
    }

    fn finish(&mut self, outcome: &'static str, attempts: Option<u32>, elapsed: Duration, error: Option<&Error>) {
        self.ended = true;
        if !self.span.is_disabled() {
            self.span.record("outcome", outcome);
            if let Some(code) = error.and_then(Error::code) {
                self.span.record("errcode", code.get());
            }
            if let Some(rid) = error.and_then(Error::rid) {
                self.span.record("rid", rid);
            }
        }
        tell_end(self.meta, self.span.id(), outcome, attempts, elapsed, error);
    }
}

impl Drop for CallWatch {
    fn drop(&mut self) {
        if !self.ended {
            self.finish("cancelled", None, self.started.elapsed(), None);
        }
    }
}

/// A call failed before its first attempt.
pub(crate) fn call_refused(meta: &'static Meta, error: &Error) {
    tell_end(meta, None, outcome(error), Some(0), Duration::ZERO, Some(error));
}

fn tell_end(
    meta: &'static Meta,
    span: Option<tracing::Id>,
    outcome: &'static str,
    attempts: Option<u32>,
    elapsed: Duration,
    error: Option<&Error>,
) {
    tracing::debug!(
        target: "weapp", parent: span, endpoint = label(meta), outcome, attempts,
        errcode = error.and_then(Error::code).map(ErrCode::get), rid = error.and_then(Error::rid),
        maybe_sent = error.map(Error::maybe_sent), elapsed_ms = millis(elapsed), "call ended"
    );
    count(&metrics::CALLS, || [label(meta).into(), outcome.into(), errcode(error)]);
}

/// Measures one exchange.
#[must_use = "it measures until `end`"]
pub(crate) struct ExchangeWatch {
    #[cfg(feature = "metrics")]
    begun: Option<(&'static Meta, Instant)>,
}

impl ExchangeWatch {
    /// The answer is complete, or will not come.
    pub(crate) fn end(self) {
        #[cfg(feature = "metrics")]
        if let Some((meta, started)) = self.begun {
            measure(&metrics::EXCHANGE_DURATION, || [label(meta).into()], started.elapsed());
        }
    }
}

/// A limit on the rate holds a call up for so long.
pub(crate) fn limit_waits(meta: &Meta, app: &str, limit: &str, wait: Duration) {
    tracing::debug!(
        target: "weapp", endpoint = label(meta), app, limit, wait_ms = millis(wait), "waiting for a limit"
    );
    count(&metrics::LIMIT_WAITS, || [label(meta).into(), "rate".into()]);
}

/// A limit on the rate refused a call.
pub(crate) fn limit_refused(meta: &Meta, app: &str, limit: &str, retry_after: Duration) {
    tracing::debug!(
        target: "weapp", endpoint = label(meta), app, limit, retry_after_ms = millis(retry_after),
        "refused: a limit is used up"
    );
    count(&metrics::LIMIT_REFUSALS, || [label(meta).into(), "rate".into()]);
}

/// The limit on calls at once held a call up for so long.
pub(crate) fn slot_waited(meta: &Meta, app: &str, wait: Duration) {
    tracing::debug!(target: "weapp", endpoint = label(meta), app, wait_ms = millis(wait), "waited for a slot");
    count(&metrics::LIMIT_WAITS, || [label(meta).into(), "in_flight".into()]);
}

/// The limit on calls at once refused a call, after so long.
pub(crate) fn slot_refused(meta: &Meta, app: &str, max_in_flight: usize, wait: Duration) {
    tracing::debug!(
        target: "weapp", endpoint = label(meta), app, max_in_flight, wait_ms = millis(wait),
        "refused: too many calls are under way"
    );
    count(&metrics::LIMIT_REFUSALS, || [label(meta).into(), "in_flight".into()]);
}

/// Calls go to another host from now on. `home` says whether that is the main one.
pub(crate) fn host_switched(from: &str, to: &str, home: bool) {
    if home {
        tracing::info!(target: "weapp", from, to, "calls go to the main host again");
    } else {
        tracing::warn!(target: "weapp", from, to, "calls go to another host");
    }
    count(&metrics::HOST_SWITCHES, || [to.to_owned().into()]);
}

/// WeChat signs with a certificate that was not given, beside one that was and will end.
#[cfg(feature = "sign")]
pub(crate) fn certificate_replaced(app: &str, serial: &str) {
    tracing::warn!(target: "weapp", app, serial, "platform certificate is being replaced");
}

/// The endpoint as label and field. All universal requests are one: their paths can hold anything, and stand in spans
/// and events alone.
fn label(meta: &Meta) -> &'static str {
    if meta.id.is_empty() { "request" } else { meta.id }
}
