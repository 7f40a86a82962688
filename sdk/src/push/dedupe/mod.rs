//! Which messages were handled: WeChat delivers a message again until it has an answer.

mod memory;
#[cfg(feature = "redis")]
mod redis;
#[cfg(test)]
mod tests;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

#[cfg(feature = "redis")]
pub use self::redis::RedisDedupe;
pub use memory::MemoryDedupe;

use super::BoxError;

/// What the methods of a [`Dedupe`] answer with. The text of an error goes to logs: it must hold no password.
pub type Deduping<'a, T> = Pin<Box<dyn Future<Output = Result<T, BoxError>> + Send + 'a>>;

/// Keeps which messages are being handled and which have been, for a [`Dispatcher`](super::Dispatcher).
///
/// [`MemoryDedupe`] is the default. One that several processes share keeps them from handling a message twice, whichever
/// of them WeChat delivers it to. A store only keeps; whom to wait for, and what to do while it is out of reach, is the
/// dispatcher's affair.
///
/// Who handles a message holds a claim, which ends by itself unless it is renewed: a process that died keeps nobody out
/// for long. Each claim has a fence of its own. So an owner who was held up for so long that its claim ended, and
/// another one was given out, can neither end that one nor overwrite what came of it.
///
/// An error is no catastrophe: the dispatcher handles the message without the store. An operation that takes longer than
/// two seconds counts as an error. An operation that is given up before it is polled must do nothing.
pub trait Dedupe: Send + Sync + 'static {
    /// Makes the caller the one who handles this message, for the time `lease`, unless somebody is at it or has done it.
    fn claim<'a>(&'a self, key: &'a DedupeKey, lease: Duration) -> Deduping<'a, Claim>;

    /// Prolongs a claim: it ends `lease` from now. `false` if another one was given out, or the message is done. One
    /// that ended, and that nobody took over, is taken again.
    fn renew<'a>(&'a self, key: &'a DedupeKey, fence: u64, lease: Duration) -> Deduping<'a, bool>;

    /// Remembers for the time `keep` that the message is done, with its structured reply as JSON if it has one. `false`,
    /// and nothing is kept, if another claim was given out meanwhile.
    fn finish<'a>(
        &'a self,
        key: &'a DedupeKey,
        fence: u64,
        reply: Option<&'a str>,
        keep: Duration,
    ) -> Deduping<'a, bool>;

    /// Gives a claim back, so that the next delivery is handled. Nothing happens if another one was given out.
    fn release<'a>(&'a self, key: &'a DedupeKey, fence: u64) -> Deduping<'a, ()>;
}

impl<D: Dedupe + ?Sized> Dedupe for Arc<D> {
    fn claim<'a>(&'a self, key: &'a DedupeKey, lease: Duration) -> Deduping<'a, Claim> {
        (**self).claim(key, lease)
    }
    fn renew<'a>(&'a self, key: &'a DedupeKey, fence: u64, lease: Duration) -> Deduping<'a, bool> {
        (**self).renew(key, fence, lease)
    }
    fn finish<'a>(
        &'a self,
        key: &'a DedupeKey,
        fence: u64,
        reply: Option<&'a str>,
        keep: Duration,
    ) -> Deduping<'a, bool> {
        (**self).finish(key, fence, reply, keep)
    }
    fn release<'a>(&'a self, key: &'a DedupeKey, fence: u64) -> Deduping<'a, ()> {
        (**self).release(key, fence)
    }
}

/// What came of asking to handle a message.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// The caller handles it.
    New {
        /// Unlike that of any other claim for the same key.
        fence: u64,
    },
    /// Somebody handles it at the moment.
    Running,
    /// It has been handled.
    Done {
        /// The structured reply, as JSON, if it had one.
        reply: Option<String>,
    },
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A reply may name a user.
        match self {
            Self::New { fence } => f.debug_struct("New").field("fence", fence).finish(),
            Self::Running => f.write_str("Running"),
            Self::Done { .. } => f.debug_struct("Done").finish_non_exhaustive(),
        }
    }
}

/// Under what a message is kept: a digest (SHA-256) of what all deliveries of it share. Shown as 64 hexadecimal digits.
///
/// What it is made of names users, which no store has to know.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DedupeKey([u8; 32]);

impl DedupeKey {
    /// The key of what is known by this text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// The digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for DedupeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for DedupeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DedupeKey({self})")
    }
}
