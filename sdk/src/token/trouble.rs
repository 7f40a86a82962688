//! What went wrong with an app's token lately, and for how long nothing is to be tried again.

use std::sync::Arc;
use std::time::Duration;

use super::between;
use crate::clock::Moment;
use crate::errcode::ErrCodeKind;
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;

/// How long a failure that time does not mend is remembered: a wrong secret, an address outside the whitelist, an
/// exhausted quota. Long enough not to be hammered, short enough that who mends it in the console need not wait.
const LASTING: Duration = Duration::from_secs(60);
/// How long a passing failure is remembered at first, and at most.
const PASSING: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(15));
/// How long a rejection is borne with at first, and at most, where another fetch did not help.
const REJECTED: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(60));
/// A token that is rejected before this age, or before an eighth of its life, was taken away by somebody.
const YOUNG: Duration = Duration::from_secs(60);
/// How many young tokens may be rejected one after the other before fetching more of them is put off.
const TAKEN_AWAY: u32 = 3;

/// The troubles of one app's token.
#[derive(Default)]
pub(super) struct Trouble {
    failure: Option<Failure>,
    failures: u32,
    rejected: Option<Secret>,
    replacing: bool,
    /// How many rejections another fetch did not cure, one after the other.
    in_vain: u32,
    young: u32,
    bear_until: Option<Moment>,
}

struct Failure {
    error: Arc<Error>,
    until: Moment,
}

impl Trouble {
    /// The failure that still counts, and for how long.
    pub(super) fn failure(&self, now: Moment) -> Option<(&Arc<Error>, Duration)> {
        let failure = self.failure.as_ref().filter(|failure| now < failure.until)?;
        Some((&failure.error, between(now, failure.until)))
    }

    /// A fetch failed.
    pub(super) fn failed(&mut self, error: &Arc<Error>, now: Moment) {
        let hold = match is_lasting(error) {
            true => LASTING,
            false => doubled(PASSING, self.failures),
        };
        self.failures = self.failures.saturating_add(1);
        self.failure = Some(Failure { error: Arc::clone(error), until: now + hold.into() });
    }

    /// A token has been had.
    pub(super) fn had(&mut self, token: &Secret, now: Moment) {
        self.failure = None;
        self.failures = 0;
        self.replacing = false;
        if self.is_rejected(token) {
            // Whoever gives tokens out stands by this one: fetching once more would change nothing.
            self.bear_until = Some(now + doubled(REJECTED, self.in_vain).into());
            self.in_vain = self.in_vain.saturating_add(1);
        }
    }

    /// WeChat rejected a token of this age and life. Says whether to fetch another one now.
    pub(super) fn rejected(&mut self, token: &Secret, age: Duration, life: Duration, now: Moment) -> bool {
        if self.bear_until.is_some_and(|until| now < until) {
            return false;
        }
        if !self.is_rejected(token) {
            self.in_vain = 0;
            self.young = if age < YOUNG.min(life / 8) { self.young.saturating_add(1) } else { 0 };
            self.rejected = Some(token.clone());
        }
        self.replacing = true;
        if self.young > TAKEN_AWAY {
            self.bear_until = Some(now + doubled(REJECTED, self.young - TAKEN_AWAY - 1).into());
        }
        true
    }

    /// Whether WeChat has rejected a token since the last one was had.
    pub(super) fn is_replacing(&self) -> bool {
        self.replacing
    }

    /// Whether it is the token that WeChat rejected last.
    pub(super) fn is_rejected(&self, token: &Secret) -> bool {
        self.rejected.as_ref() == Some(token)
    }
}

fn doubled((first, most): (Duration, Duration), times: u32) -> Duration {
    first.saturating_mul(1 << times.min(8)).min(most)
}

/// Whether waiting a little can not help.
fn is_lasting(error: &Error) -> bool {
    match (error.kind(), error.code()) {
        (ErrorKind::Config | ErrorKind::Invalid, _) => true,
        // Where a token is fetched, 40001 speaks of the AppSecret.
        (_, Some(code)) => !matches!(code.kind(), ErrCodeKind::Busy),
        _ => false,
    }
}
