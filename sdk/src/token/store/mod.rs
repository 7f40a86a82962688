//! Where access_tokens are kept, and who may fetch the next one.

mod file;
mod memory;
#[cfg(feature = "redis")]
pub(crate) mod redis;
mod sealed;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "redis")]
pub use self::redis::RedisStore;
pub use file::FileStore;
pub use memory::MemoryStore;
pub use sealed::{SealKey, SealedStore};

use crate::error::{Error, Result};
use crate::secret::Secret;

/// What counts as for ever: adding a longer time to a clock could overflow. A hundred years.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Why a store failed. Its text goes to logs: it must hold no password and no token.
pub type StoreError = Box<dyn StdError + Send + Sync>;

/// What the methods of a [`TokenStore`] answer with.
pub type Storing<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Keeps the access_tokens of apps, and lets one caller at a time fetch the next one.
///
/// [`MemoryStore`] is the default. A store that several processes share makes them fetch once for all. A store only
/// keeps: when to fetch, whom to wait for and what to do while the store is out of reach is the client's affair.
///
/// Who fetches holds a [`Lease`]. Its `fence` is larger than that of any lease given out before for the same key; the
/// token that is saved under it takes it over as its `generation`. So a caller who was held up for so long that its
/// lease ended and another one was given out can not overwrite the newer token.
///
/// An error is no catastrophe: the client goes on with what it has, and asks again later. An operation that takes
/// longer than three seconds counts as an error.
pub trait TokenStore: Send + Sync + 'static {
    /// The token under `key`, if one is kept whose life has not ended.
    fn load<'a>(&'a self, key: &'a TokenKey) -> Storing<'a, Option<StoredToken>>;

    /// Makes the caller the one who fetches, for the time `ttl` or until [`release`](Self::release). `None` if somebody
    /// else is at it.
    fn acquire<'a>(&'a self, key: &'a TokenKey, ttl: Duration) -> Storing<'a, Option<Lease>>;

    /// Prolongs a lease: it ends `ttl` from now. `false` if it has ended, or is not the latest one any more.
    fn renew<'a>(&'a self, key: &'a TokenKey, lease: &'a Lease, ttl: Duration) -> Storing<'a, bool>;

    /// Keeps a token that lives for `life` from now on, with the lease's fence as its generation. `false`, and nothing
    /// is kept, if a newer lease was given out meanwhile, or a token of a newer generation is kept.
    fn save<'a>(&'a self, key: &'a TokenKey, token: &'a Secret, life: Duration, lease: &'a Lease) -> Storing<'a, bool>;

    /// Ends a lease, if it has not ended.
    fn release<'a>(&'a self, key: &'a TokenKey, lease: Lease) -> Storing<'a, ()>;

    /// Drops the token under `key` if it still is that of this generation. `false` if it is not.
    fn expire<'a>(&'a self, key: &'a TokenKey, generation: u64) -> Storing<'a, bool>;
}

impl<S: TokenStore + ?Sized> TokenStore for Arc<S> {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Storing<'a, Option<StoredToken>> {
        (**self).load(key)
    }
    fn acquire<'a>(&'a self, key: &'a TokenKey, ttl: Duration) -> Storing<'a, Option<Lease>> {
        (**self).acquire(key, ttl)
    }
    fn renew<'a>(&'a self, key: &'a TokenKey, lease: &'a Lease, ttl: Duration) -> Storing<'a, bool> {
        (**self).renew(key, lease, ttl)
    }
    fn save<'a>(&'a self, key: &'a TokenKey, token: &'a Secret, life: Duration, lease: &'a Lease) -> Storing<'a, bool> {
        (**self).save(key, token, life, lease)
    }
    fn release<'a>(&'a self, key: &'a TokenKey, lease: Lease) -> Storing<'a, ()> {
        (**self).release(key, lease)
    }
    fn expire<'a>(&'a self, key: &'a TokenKey, generation: u64) -> Storing<'a, bool> {
        (**self).expire(key, generation)
    }
}

/// Under what a token is kept: the app it belongs to, and the source it came from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenKey {
    appid: Box<str>,
    kind: Box<str>,
}

impl TokenKey {
    /// The key of an app's token from the source of this kind.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when `kind` is not 1 to 32 of `[a-z0-9_-]`.
    pub fn new(appid: &str, kind: &str) -> Result<Self> {
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'_' | b'-');
        if !(1..=32).contains(&kind.len()) || !kind.bytes().all(plain) {
            return Err(Error::config(
                format!("the token source's kind {kind:?} can not be part of a key"),
                "name it with 1 to 32 of a to z, 0 to 9, `_` and `-`",
            ));
        }
        Ok(Self { appid: appid.into(), kind: kind.into() })
    }

    /// The AppID.
    #[must_use]
    pub fn appid(&self) -> &str {
        &self.appid
    }

    /// The kind of the source.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }
}

/// A token as a store gives it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct StoredToken {
    /// The token.
    pub token: Secret,
    /// How long it was to live when it was saved.
    pub life: Duration,
    /// How long it lives from now on, by the store's own clock if it has one.
    pub remaining: Duration,
    /// The fence of the lease under which it was saved.
    pub generation: u64,
}

impl StoredToken {
    /// A token of this life, of which so much remains.
    #[must_use]
    pub fn new(token: Secret, life: Duration, remaining: Duration, generation: u64) -> Self {
        Self { token, life, remaining, generation }
    }
}

/// The right to fetch the next token.
pub struct Lease {
    fence: u64,
    owner: Box<str>,
    guard: Option<Box<dyn Any + Send + Sync>>,
}

impl Lease {
    /// A lease with this fence, for whom the store knows as `owner`.
    pub fn new(fence: u64, owner: impl Into<Box<str>>) -> Self {
        Self { fence, owner: owner.into(), guard: None }
    }

    /// Keeps something alive until the lease is released or dropped, such as a locked file.
    #[must_use]
    pub fn with_guard(mut self, guard: impl Any + Send + Sync) -> Self {
        self.guard = Some(Box::new(guard));
        self
    }

    /// Larger than the fence of each earlier lease for the same key.
    #[must_use]
    pub fn fence(&self) -> u64 {
        self.fence
    }

    /// Who holds it.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// What [`with_guard`](Self::with_guard) gave, if it is of this type.
    #[must_use]
    pub fn guard<T: Any>(&self) -> Option<&T> {
        self.guard.as_ref()?.downcast_ref()
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease").field("fence", &self.fence).field("owner", &self.owner).finish_non_exhaustive()
    }
}
