//! Every metric that this crate records.

/// What sort of metric it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How values are spread; here always seconds.
    Histogram,
}

/// A metric that this crate records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// The name in the exporter.
    pub name: &'static str,
    /// What sort it is.
    pub kind: MetricKind,
    /// Its labels; each series has all of them.
    pub labels: &'static [&'static str],
    /// What it counts or measures.
    pub about: &'static str,
}

macro_rules! metrics {
    ($($constant:ident: $kind:ident $name:literal [$($label:literal),*] $about:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $about)]
            pub const $constant: Metric =
                Metric { name: $name, kind: MetricKind::$kind, labels: &[$($label),*], about: $about };
        )*
        /// All metrics.
        pub const METRICS: &[Metric] = &[$($constant),*];
    };
}

metrics! {
    CALLS: Counter "weapp_calls_total" ["endpoint", "outcome", "errcode"]
        "Calls that ended.";
    CALL_DURATION: Histogram "weapp_call_duration_seconds" ["endpoint"]
        "How long calls took in all: waiting for limits and for a token, every attempt, and the pauses between.";
    CALLS_IN_FLIGHT: Gauge "weapp_calls_in_flight" []
        "Calls that began and have not ended.";
    EXCHANGE_DURATION: Histogram "weapp_exchange_duration_seconds" ["endpoint"]
        "How long each attempt was at HTTP, from connecting to the last byte of the answer; other hosts included.";
    RETRIES: Counter "weapp_retries_total" ["endpoint", "reason"]
        "Attempts that were made once more.";
    TOKEN_REFRESHES: Counter "weapp_token_refreshes_total" ["app", "kind", "reason", "outcome"]
        "Endeavours to get an access_token that was not at hand.";
    TOKEN_REFRESH_DURATION: Histogram "weapp_token_refresh_duration_seconds" ["app", "kind"]
        "How long it took to get an access_token, waiting for other processes included; failures count, too.";
    TOKEN_OBTAINED_AT: Gauge "weapp_token_obtained_timestamp_seconds" ["app", "kind"]
        "When the access_token that serves was fetched, in seconds since 1970. Its age is `time()` less this.";
    TOKEN_EXPIRES_AT: Gauge "weapp_token_expiry_timestamp_seconds" ["app", "kind"]
        "When the access_token that serves ends, in seconds since 1970. Its remaining life is this less `time()`.";
    TOKEN_REJECTIONS: Counter "weapp_token_rejections_total" ["app", "kind", "errcode"]
        "Access_tokens that WeChat did not accept before their time was over.";
    TOKEN_FAILURES_REMEMBERED: Counter "weapp_token_failures_remembered_total" ["app", "kind"]
        "Calls that failed by a failure to get an access_token a moment ago, without asking again.";
    STORE_FAILURES: Counter "weapp_token_store_failures_total" ["app", "kind", "operation"]
        "Operations of the token store that failed.";
    STORE_STALE: Counter "weapp_token_store_stale_total" ["app", "kind"]
        "Access_tokens that the store refused, because a newer lease was given out while this one was fetched.";
    LIMIT_WAITS: Counter "weapp_limit_waits_total" ["endpoint", "limit"]
        "Attempts that a client-side limit held up.";
    LIMIT_REFUSALS: Counter "weapp_limit_refusals_total" ["endpoint", "limit"]
        "Attempts that a client-side limit refused.";
    HOST_SWITCHES: Counter "weapp_host_switches_total" ["host"]
        "How often calls began to go to this host, because another one could not be reached, or could be again.";
    PUSH_MESSAGES: Counter "weapp_push_messages_total" ["event", "outcome"]
        "Messages from WeChat that were answered, each delivery for itself.";
    PUSH_HANDLING_DURATION: Histogram "weapp_push_handling_duration_seconds" ["event"]
        "How long handlers of messages ran, to their end; failures count, too.";
    PUSH_FAILURES: Counter "weapp_push_failures_total" ["event", "reason"]
        "Handlers of messages that failed, and messages that could not be read.";
    DEDUPE_FAILURES: Counter "weapp_push_dedupe_failures_total" ["operation"]
        "Operations of the deduplication store that failed.";
    DEDUPE_STALE: Counter "weapp_push_dedupe_stale_total" ["event"]
        "Messages that another process handled as well, because a claim had ended before its handler.";
}
