//! What happens to access_tokens.

use std::time::{Duration, SystemTime};

use super::record::{count, errcode, measure, set};
use super::{Value, metrics, millis, outcome};
use crate::error::Error;
use crate::token::{StoreError, TokenKey};

/// Why an access_token was sought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// None was at hand, or its time was over.
    Missing,
    /// The one at hand nears its end.
    Early,
    /// WeChat rejected the one at hand.
    Rejected,
    /// The user asked for what WeChat has to say now (`cache(false)`).
    Asked,
    /// The user asked for a new one (`force_refresh`).
    Forced,
}

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Early => "early",
            Self::Rejected => "rejected",
            Self::Asked => "asked",
            Self::Forced => "forced",
        }
    }
}

/// Where an access_token was had from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The source.
    Source,
    /// The store: another process fetched it.
    Store,
    /// The source, or the one in its place, while the store is out of reach.
    Fallback,
}

/// An access_token that was had.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Obtained {
    pub(crate) reason: Reason,
    pub(crate) origin: Origin,
    /// How long it took to get it.
    pub(crate) elapsed: Duration,
    /// How long it has lived.
    pub(crate) age: Duration,
    /// How long it will live.
    pub(crate) left: Duration,
    /// The time of day, by the client's clock.
    pub(crate) now: SystemTime,
}

/// An operation of the token store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoreOperation {
    Load,
    Acquire,
    Renew,
    Save,
    Release,
    Expire,
}

impl StoreOperation {
    fn as_str(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Acquire => "acquire",
            Self::Renew => "renew",
            Self::Save => "save",
            Self::Release => "release",
            Self::Expire => "expire",
        }
    }
}

/// An access_token was had that was not at hand.
pub(crate) fn token_obtained(key: &TokenKey, obtained: Obtained) {
    let Obtained { reason, origin, elapsed, age, left, now } = obtained;
    let reason = reason.as_str();
    macro_rules! tell {
        ($level:ident, $message:literal) => {
            tracing::$level!(
                target: "weapp", app = key.appid(), kind = key.kind(), reason, life_s = left.as_secs(),
                elapsed_ms = millis(elapsed), $message
            )
        };
    }
    let outcome = match origin {
        Origin::Source => {
            tell!(info, "access_token fetched");
            "fetched"
        }
        Origin::Store => {
            tell!(debug, "access_token adopted");
            "adopted"
        }
        Origin::Fallback => {
            tell!(warn, "access_token fetched without the store");
            "fallback"
        }
    };
    refreshed(key, reason, outcome, elapsed);
    set(&metrics::TOKEN_OBTAINED_AT, || owner(key), || since_1970(now) - age.as_secs_f64());
    set(&metrics::TOKEN_EXPIRES_AT, || owner(key), || since_1970(now) + left.as_secs_f64());
}

/// No access_token could be had.
pub(crate) fn token_failed(key: &TokenKey, reason: Reason, elapsed: Duration, error: &Error) {
    tracing::warn!(
        target: "weapp", app = key.appid(), kind = key.kind(), reason = reason.as_str(), outcome = outcome(error),
        errcode = error.code().map(|code| code.get()), rid = error.rid(), elapsed_ms = millis(elapsed),
        "no access_token"
    );
    refreshed(key, reason.as_str(), "failed", elapsed);
}

/// A call failed by a failure that is remembered for so much longer.
pub(crate) fn token_failure_remembered(key: &TokenKey, error: &Error, left: Duration) {
    tracing::debug!(
        target: "weapp", app = key.appid(), kind = key.kind(), outcome = outcome(error),
        errcode = error.code().map(|code| code.get()), left_ms = millis(left), "no access_token, as before"
    );
    count(&metrics::TOKEN_FAILURES_REMEMBERED, || owner(key));
}

/// The next access_token is fetched in the background; the current one serves for so much longer.
pub(crate) fn token_refreshing(key: &TokenKey, left: Duration) {
    tracing::debug!(
        target: "weapp", app = key.appid(), kind = key.kind(), left_s = left.as_secs(), "access_token refreshed early"
    );
}

/// WeChat did not accept an access_token. `dropped` says whether another one is to be had for that.
pub(crate) fn token_rejected(key: &TokenKey, error: &Error, dropped: bool) {
    tracing::warn!(
        target: "weapp", app = key.appid(), kind = key.kind(), errcode = error.code().map(|code| code.get()),
        rid = error.rid(), dropped, "access_token rejected"
    );
    count(&metrics::TOKEN_REJECTIONS, || {
        let [app, kind] = owner(key);
        [app, kind, errcode(Some(error))]
    });
}

/// An operation of the token store failed. `lost` says whether it is the first one that did.
pub(crate) fn store_failed(key: &TokenKey, operation: StoreOperation, error: &StoreError, lost: bool) {
    macro_rules! tell {
        ($level:ident, $message:literal) => {
            tracing::$level!(
                target: "weapp", app = key.appid(), kind = key.kind(), operation = operation.as_str(),
                error = %error, $message
            )
        };
    }
    if lost {
        tell!(warn, "token store out of reach");
    } else {
        tell!(debug, "token store failed");
    }
    count(&metrics::STORE_FAILURES, || {
        let [app, kind] = owner(key);
        [app, kind, operation.as_str().into()]
    });
}

/// The token store answers again, after so long.
pub(crate) fn store_back(key: &TokenKey, after: Duration) {
    tracing::info!(
        target: "weapp", app = key.appid(), kind = key.kind(), after_ms = millis(after), "token store back"
    );
}

/// The store refused the access_token that was fetched under the lease with this fence: a newer one was given out.
pub(crate) fn store_stale_owner(key: &TokenKey, fence: u64) {
    tracing::warn!(
        target: "weapp", app = key.appid(), kind = key.kind(), fence, "access_token refused by the store"
    );
    count(&metrics::STORE_STALE, || owner(key));
}

fn refreshed(key: &TokenKey, reason: &'static str, outcome: &'static str, elapsed: Duration) {
    count(&metrics::TOKEN_REFRESHES, || {
        let [app, kind] = owner(key);
        [app, kind, reason.into(), outcome.into()]
    });
    measure(&metrics::TOKEN_REFRESH_DURATION, || owner(key), elapsed);
}

fn owner(key: &TokenKey) -> [Value; 2] {
    [key.appid().to_owned().into(), key.kind().to_owned().into()]
}

fn since_1970(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}
