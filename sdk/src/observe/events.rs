//! Every event that this crate logs, all under the target `weapp`.

use tracing::Level;

/// An event that this crate logs, by its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The message, always the same.
    pub message: &'static str,
    /// The level.
    pub level: Level,
    /// The fields that it can have; a field without a value is left out.
    pub fields: &'static [&'static str],
    /// When it comes.
    pub about: &'static str,
}

macro_rules! events {
    ($($constant:ident: $level:ident $message:literal [$($field:literal),*] $about:literal;)*) => {
        $(
            #[doc = concat!("`", stringify!($level), "` \"", $message, "\": ", $about)]
            pub const $constant: Event = Event {
                message: $message,
                level: Level::$level,
                fields: &[$($field),*],
                about: $about,
            };
        )*
        /// All events.
        pub const EVENTS: &[Event] = &[$($constant),*];
    };
}

events! {
    CALL_ENDED: DEBUG "call ended"
        ["endpoint", "outcome", "attempts", "errcode", "rid", "maybe_sent", "elapsed_ms"]
        "A call ended, well or not; its span has more. The caller has the error, so that no more is made of it here.";
    TRYING_AGAIN: WARN "trying again"
        ["endpoint", "path", "app", "reason", "repetition", "errcode", "rid", "pause_ms"]
        "An attempt failed, and another one follows after a pause.";
    TOKEN_FETCHED: INFO "access_token fetched" ["app", "kind", "reason", "life_s", "elapsed_ms"]
        "The source gave an access_token.";
    TOKEN_ADOPTED: DEBUG "access_token adopted" ["app", "kind", "reason", "life_s", "elapsed_ms"]
        "The store had an access_token that another process fetched.";
    TOKEN_FALLBACK: WARN "access_token fetched without the store" ["app", "kind", "reason", "life_s", "elapsed_ms"]
        "The store is out of reach, and this process fetched an access_token for itself.";
    TOKEN_REFRESHING: DEBUG "access_token refreshed early" ["app", "kind", "left_s"]
        "The access_token still serves, and the next one is fetched in the background.";
    TOKEN_FAILED: WARN "no access_token" ["app", "kind", "reason", "outcome", "errcode", "rid", "elapsed_ms"]
        "No access_token could be had.";
    TOKEN_FAILURE_REMEMBERED: DEBUG "no access_token, as before" ["app", "kind", "outcome", "errcode", "left_ms"]
        "A call failed by a failure that is remembered, without asking again.";
    TOKEN_REJECTED: WARN "access_token rejected" ["app", "kind", "errcode", "rid", "dropped"]
        "WeChat did not accept an access_token before its time was over.";
    STORE_FAILED: DEBUG "token store failed" ["app", "kind", "operation", "error"]
        "An operation of the token store failed.";
    STORE_LOST: WARN "token store out of reach" ["app", "kind", "operation", "error"]
        "The token store began to fail; this process goes on without it.";
    STORE_BACK: INFO "token store back" ["app", "kind", "after_ms"]
        "The token store answers again.";
    STORE_STALE_OWNER: WARN "access_token refused by the store" ["app", "kind", "fence"]
        "A newer lease was given out while this process fetched: its access_token is not kept.";
    LIMIT_WAITS: DEBUG "waiting for a limit" ["endpoint", "app", "limit", "wait_ms"]
        "A limit on the rate holds an attempt up.";
    LIMIT_REFUSED: DEBUG "refused: a limit is used up" ["endpoint", "app", "limit", "retry_after_ms"]
        "A limit on the rate refused an attempt; the caller has the error.";
    SLOT_WAITED: DEBUG "waited for a slot" ["endpoint", "app", "wait_ms"]
        "The limit on calls at once held an attempt up.";
    SLOT_REFUSED: DEBUG "refused: too many calls are under way" ["endpoint", "app", "max_in_flight", "wait_ms"]
        "The limit on calls at once refused an attempt; the caller has the error.";
    HOST_LEFT: WARN "calls go to another host" ["from", "to"]
        "A host could not be reached, another one was, and calls begin there from now on.";
    HOST_HOME: INFO "calls go to the main host again" ["from", "to"]
        "The main host can be reached again.";
    PUSH_ANSWERED: DEBUG "message answered" ["event", "outcome", "status", "elapsed_ms"]
        "A message from WeChat was answered.";
    PUSH_REFUSED: WARN "message refused" ["app", "status", "error", "unreported"]
        "A request was no message of WeChat's, or none that can be read: a wrong token or key, or a stranger. For each app and \
         kind of refusal once a minute at most, because anybody can send requests; `unreported` counts those since the \
         last. `app` is there where the receiver has an AppID.";
    PUSH_REFUSED_TOO: DEBUG "another message refused" ["app", "status", "error"]
        "A request was refused as another one was within the last minute.";
    PUSH_HANDLED: DEBUG "message handled" ["event", "elapsed_ms"]
        "A handler ended well.";
    PUSH_FAILED: WARN "message not handled" ["app", "event", "reason", "answered", "error", "elapsed_ms"]
        "A handler failed, or a message could not be read as its type. Where `on_failure` is set, it has the \
         handler's error. `app` is there where the message came encrypted.";
    DEDUPE_FAILED: DEBUG "deduplication store failed" ["operation", "error"]
        "An operation of the deduplication store failed.";
    DEDUPE_LOST: WARN "deduplication store out of reach" ["operation", "error"]
        "The deduplication store began to fail; messages are handled without it.";
    DEDUPE_BACK: INFO "deduplication store back" ["after_ms"]
        "The deduplication store answers again.";
    DEDUPE_STALE: WARN "message handled twice" ["event"]
        "Another process took a message over while this one's handler was at it.";
    CERTIFICATE_REPLACED: WARN "platform certificate is being replaced" ["app", "serial"]
        "WeChat signs with a certificate, the one of `serial`, that was not given; the one that was will end. Once for \
         each set of keys.";
}
