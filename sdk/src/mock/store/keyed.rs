//! The operations of a store on one key, each with its time limit.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::secret::Secret;
use crate::token::{Lease, StoredToken, Storing, TokenKey, TokenStore};

/// How long an operation may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// How late a life or a lease may end: there are databases that count in seconds.
pub(super) const LATE: Duration = Duration::from_millis(1200);
/// How early, for clocks that are read to the millisecond.
const EARLY: Duration = Duration::from_millis(50);

/// What a step came to, or the violation after which its section can not go on.
pub(super) type Step<T = ()> = Result<T, String>;

/// A store, and the key that is worked with.
#[derive(Clone)]
pub(super) struct Keyed {
    store: Arc<dyn TokenStore>,
    key: TokenKey,
}

/// A key of texts that are known to make one.
pub(super) fn key(appid: &str, kind: &str) -> TokenKey {
    match TokenKey::new(appid, kind) {
        Ok(key) => key,
        Err(_) => unreachable!("{kind} can be part of a key"),
    }
}

impl Keyed {
    pub(super) fn new(store: Arc<dyn TokenStore>, key: TokenKey) -> Self {
        Self { store, key }
    }

    /// The same store with another key.
    pub(super) fn with_key(&self, key: TokenKey) -> Self {
        Self { store: Arc::clone(&self.store), key }
    }

    pub(super) fn appid(&self) -> &str {
        self.key.appid()
    }

    pub(super) fn kind(&self) -> &str {
        self.key.kind()
    }

    pub(super) async fn load(&self) -> Step<Option<StoredToken>> {
        ask("load", self.store.load(&self.key)).await
    }

    pub(super) async fn acquire(&self, ttl: Duration) -> Step<Option<Lease>> {
        ask("acquire", self.store.acquire(&self.key, ttl)).await
    }

    /// The lease, of a key that nobody holds.
    pub(super) async fn lease(&self, ttl: Duration) -> Step<Lease> {
        self.acquire(ttl).await?.ok_or_else(|| "`acquire` gave no lease for a key that nobody holds".to_owned())
    }

    pub(super) async fn renew(&self, lease: &Lease, ttl: Duration) -> Step<bool> {
        ask("renew", self.store.renew(&self.key, lease, ttl)).await
    }

    pub(super) async fn save(&self, token: &Secret, life: Duration, lease: &Lease) -> Step<bool> {
        ask("save", self.store.save(&self.key, token, life, lease)).await
    }

    /// Saves what must not be refused.
    pub(super) async fn keep(&self, token: &Secret, life: Duration, lease: &Lease) -> Step {
        match self.save(token, life, lease).await? {
            true => Ok(()),
            false => Err("`save` refused a token though its lease is the latest one".to_owned()),
        }
    }

    pub(super) async fn release(&self, lease: Lease) -> Step {
        ask("release", self.store.release(&self.key, lease)).await
    }

    pub(super) async fn expire(&self, generation: u64) -> Step<bool> {
        ask("expire", self.store.expire(&self.key, generation)).await
    }

    /// Removes the token, if there is one.
    pub(super) async fn tidy(&self) {
        if let Ok(Some(left)) = self.load().await {
            let _ = self.expire(left.generation).await;
        }
    }
}

async fn ask<T>(what: &str, operation: Storing<'_, T>) -> Step<T> {
    match timeout(PATIENCE, operation).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(format!("`{what}` failed: {error}")),
        Err(_) => Err(format!("`{what}` took longer than three seconds, which counts as an error")),
    }
}

/// When something has to end.
pub(super) struct End {
    earliest: Instant,
    latest: Instant,
}

/// What a look says of an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    NotYet,
    InTime,
    TooEarly,
    TooLate,
}

impl End {
    /// Of what lasts for `span`, and began between `before` and now.
    pub(super) fn of(span: Duration, before: Instant) -> Self {
        Self { earliest: before + span.saturating_sub(EARLY), latest: Instant::now() + span + LATE }
    }

    /// Judges a look that began at `before`, is over now, and found that it ended, or not.
    pub(super) fn judge(&self, before: Instant, ended: bool) -> Ended {
        match ended {
            true if Instant::now() < self.earliest => Ended::TooEarly,
            true => Ended::InTime,
            false if before > self.latest => Ended::TooLate,
            false => Ended::NotYet,
        }
    }

    /// Whether it certainly has not ended yet.
    pub(super) fn is_ahead(&self) -> bool {
        Instant::now() < self.earliest
    }
}
