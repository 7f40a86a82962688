//! The access_token: where it comes from, where it is kept, and when it is replaced.
//!
//! A [`TokenSource`] fetches, a [`TokenStore`] keeps, and the client does the rest: one fetch however many callers and,
//! with a shared store, processes wait; the next token while the old one still serves; a rejected token dropped only if
//! it is still the current one.

mod call;
mod keeper;
mod obtain;
mod source;
mod store;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

pub use call::{AccessTokenCall, AccessTokenFuture};
pub(crate) use keeper::{Keeper, Terms};
pub use source::{
    ClassicToken, FetchedToken, Fetching, StableToken, TokenSource, TokenSourceFn, Wish, token_source_fn,
};
#[cfg(feature = "redis")]
pub use store::RedisStore;
#[cfg(all(feature = "push", feature = "redis"))]
pub(crate) use store::redis;
pub use store::{
    FileStore, Lease, MemoryStore, SealKey, SealedStore, StoreError, StoredToken, Storing, TokenKey, TokenStore,
};

use crate::clock::{Moment, Time};
use crate::secret::Secret;

/// An access_token. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AccessToken(Arc<Token>);

impl AccessToken {
    /// The token's text; WeChat advises to reserve 512 characters for it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.secret.expose()
    }

    /// The token as a [`Secret`].
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.0.secret
    }

    /// How long WeChat accepts it from now on.
    #[must_use]
    pub fn expires_in(&self) -> Duration {
        self.0.expires_in()
    }
}

/// A token as the client holds it.
#[derive(Debug)]
pub(crate) struct Token {
    secret: Secret,
    generation: Generation,
    time: Time,
    /// When this process got it.
    since: Moment,
    /// How long it was to live when it was fetched.
    life: Duration,
    /// From when on something has to be done: its replacement or, where the store does not know it, another look at
    /// the store.
    due: Moment,
    /// From when on it is to be replaced.
    replace: Moment,
    /// From when on it is given to no call any more.
    end: Moment,
    /// When WeChat stops accepting it.
    expires: Moment,
}

/// Which token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Generation {
    /// As the store counts.
    Stored(u64),
    /// The store does not know it.
    Unstored,
}

/// How soon a store that was out of reach is asked again.
const COME_BACK: Duration = Duration::from_secs(10);

/// A token stops being used a little before its end: a call takes its time to arrive.
const TRAVEL: Duration = Duration::from_secs(10);

impl Token {
    /// A token of this whole life, of which so much remains; `margin` is how long before its end it is replaced.
    fn new(secret: Secret, generation: Generation, terms: &Terms, life: Duration, remaining: Duration) -> Self {
        // stable_token may answer a token in its last minutes: a fixed margin would have every call fetch again. And
        // processes that replace a token at the same instant would stand in each other's way.
        let margin = terms.margin.min(life / 2).mul_f64(fastrand::f64().mul_add(0.3, 0.6));
        // Far beyond any real one, and far from the end of the clock's numbers.
        let remaining = remaining.min(Duration::from_secs(10 * 365 * 86_400));
        let now = terms.time.moment();
        let at = |before_end: Duration| now + remaining.saturating_sub(before_end).into();
        let replace = at(margin);
        let due = match generation {
            Generation::Stored(_) => replace,
            Generation::Unstored => replace.min(now + jittered(terms.scaled(COME_BACK)).into()),
        };
        Self {
            secret,
            generation,
            time: terms.time.clone(),
            since: now,
            life,
            due,
            replace,
            end: at(TRAVEL.min(life / 20)),
            expires: at(Duration::ZERO),
        }
    }

    pub(crate) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Whether there is nothing to do but to use it.
    #[inline]
    fn is_fresh(&self) -> bool {
        self.time.moment() < self.due
    }

    fn is_to_be_replaced(&self) -> bool {
        self.time.moment() >= self.replace
    }

    /// Whether calls may use it.
    fn serves(&self) -> bool {
        self.time.moment() < self.end
    }

    fn age(&self) -> Duration {
        between(self.since, self.time.moment())
    }

    fn expires_in(&self) -> Duration {
        between(self.time.moment(), self.expires)
    }
}

/// Spreads processes that wait for the same thing.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(fastrand::f64().mul_add(0.5, 0.75))
}

/// Zero where `later` is not later.
fn between(earlier: Moment, later: Moment) -> Duration {
    if earlier < later { (later - earlier).into() } else { Duration::ZERO }
}

#[cfg(test)]
mod tests;
