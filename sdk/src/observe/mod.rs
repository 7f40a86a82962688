//! What a client does, as `tracing` spans and events, and as metrics through the [`metrics`](https://docs.rs/metrics)
//! facade (feature `metrics`).
//!
//! The names are stable, and listed: [`metrics`] and [`events`]. Neither events nor labels hold a secret, an openid, a
//! URL, or anything of a request's or an answer's content, except WeChat's error codes and its ids of requests (`rid`).
//!
//! # Events
//!
//! All have the target `weapp`. Each call has a span `call` (level debug) with the fields `endpoint`, `path` (of a
//! universal request), `app`, and, when it has ended, `attempts`, `outcome`, `errcode`, `rid` and `elapsed_ms`. A call
//! that goes well logs nothing above debug; nor does one that fails, because the caller has the error. What a caller
//! does not see is logged as a warning: repetitions, access_tokens that can not be had or were rejected, a store or a
//! host out of reach, messages that were refused (each kind of refusal of an app once a minute) or not handled. A message's
//! handler runs in a span `message` (level debug) with the field `event`.
//!
//! ```
//! // RUST_LOG=weapp=debug, or in code:
//! tracing_subscriber::fmt().with_max_level(tracing::Level::INFO).init();
//! ```
//!
//! # Metrics
//!
//! Install any recorder for the facade, such as `metrics-exporter-prometheus`, and they are there. Without one a call
//! spends some 20 nanoseconds on them.
//!
//! The labels are few and have few values:
//!
//! - `endpoint`: the official id, such as `sendMessage`; `request` for all universal requests, whose paths can hold
//!   anything.
//! - `outcome` of a call: `ok`, or why it failed: `api` (WeChat answered an error code), `transport`, `timeout`,
//!   `status`, `decode`, `token`, `limit`, `invalid`, `config`, `crypto`, `other`; or `cancelled`, if it was dropped
//!   before its end.
//! - `errcode`: the code that WeChat answered, to the call or to the fetch of its access_token, else `none`. Codes that
//!   the spec does not know are shown up to the 64th different one in a process; all others are `other`.
//! - `app`: the AppID; `kind`: the kind of the token source. Only tokens are counted by app: who serves thousands of
//!   them has the exporter leave the label out.
//! - `reason` of a retry: `busy`, `token`, or an outcome. Of a refresh: `missing`, `early`, `rejected`, `asked`
//!   (`cache(false)`), `forced`. `outcome` of a refresh: `fetched`, `adopted` (from the store), `fallback` (fetched
//!   while the store is out of reach), `failed`.
//! - `operation` of a store: `load`, `acquire`, `renew`, `save`, `release`, `expire`.
//! - `event` of a message: the spec's id, such as `wxa_media_check`; `other` for those without a typed handler, `unknown`
//!   for what was refused. `outcome` of a message: `handled`, `repeated` (it had been handled before), `late` (`success`
//!   was answered, and the handler went on), `pending` (WeChat is to come again, because a structured reply was not ready
//!   or another process was at it), `failed`, `busy` (too many handlers), `unhandled` (nobody wants it), `refused`.
//!   `reason` of a failure: `decode`, `handler`, `panic`, `reply`, `late`.
//! - `operation` of a deduplication store: `claim`, `renew`, `finish`, `release`.
//! - `limit`: `rate` or `in_flight`. `host`: its name.
//!
//! The age of a token and what remains of its life are given as points in time, which stay right while nothing happens:
//! `time() - weapp_token_obtained_timestamp_seconds` and `weapp_token_expiry_timestamp_seconds - time()`.

mod call;
pub mod events;
pub mod metrics;
#[cfg(feature = "push")]
mod push;
#[cfg_attr(not(feature = "metrics"), path = "mute.rs")]
mod record;
#[cfg(test)]
mod tests;
mod token;

use std::borrow::Cow;
use std::time::Duration;

#[cfg(feature = "sign")]
pub(crate) use call::certificate_replaced;
pub(crate) use call::{CallWatch, call_refused, host_switched, limit_refused, limit_waits, slot_refused, slot_waited};
#[cfg(feature = "push")]
pub(crate) use push::{
    DedupeOperation, dedupe_back, dedupe_failed, dedupe_stale, push_answered, push_failed, push_handled, push_refused,
    push_span,
};
#[cfg(feature = "metrics")]
pub use record::describe;
pub(crate) use token::{
    Obtained, Origin, Reason, StoreOperation, store_back, store_failed, store_stale_owner, token_failed,
    token_failure_remembered, token_obtained, token_refreshing, token_rejected,
};

use crate::error::{Error, ErrorKind};

/// The value of a label. Never a secret, an openid or a URL, and never one of endlessly many.
type Value = Cow<'static, str>;

/// Rounded up: a wait is not over before its end.
fn millis(duration: Duration) -> u64 {
    duration.as_nanos().div_ceil(1_000_000).try_into().unwrap_or(u64::MAX)
}

/// Why it failed, as label and field.
fn outcome(error: &Error) -> &'static str {
    match error.kind() {
        ErrorKind::Transport if error.is_timeout() => "timeout",
        ErrorKind::Api => "api",
        ErrorKind::Invalid => "invalid",
        ErrorKind::Transport => "transport",
        ErrorKind::Status => "status",
        ErrorKind::Decode => "decode",
        ErrorKind::Token => "token",
        ErrorKind::Crypto => "crypto",
        ErrorKind::Config => "config",
        ErrorKind::Limit => "limit",
        ErrorKind::Other => "other",
    }
}
