//! Tokens in this process's memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::{LONGEST, Lease, StoredToken, Storing, TokenKey, TokenStore};
use crate::secret::Secret;

/// Keeps tokens in this process's memory: the default.
///
/// Clients that are built apart have one each; give them the same store in an [`Arc`], and they share their tokens.
/// A lease that is dropped without being released ends at once.
#[derive(Default)]
pub struct MemoryStore(Mutex<HashMap<TokenKey, Slot>>);

#[derive(Default)]
struct Slot {
    token: Option<Kept>,
    /// The latest fence that was given out.
    fence: u64,
    lease: Option<Leased>,
}

struct Kept {
    token: Secret,
    life: Duration,
    saved: Instant,
    generation: u64,
}

/// The latest lease.
struct Leased {
    until: Instant,
    holder: Weak<()>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Does nothing before it is polled: an operation that is given up before it began must leave no lease behind.
    fn with<'a, T>(&'a self, key: &'a TokenKey, work: impl FnOnce(&mut Slot) -> T + Send + 'a) -> Storing<'a, T> {
        Box::pin(async move {
            let mut slots = self.lock();
            // Looked up first, because an entry needs a key of its own.
            Ok(match slots.get_mut(key) {
                Some(slot) => work(slot),
                None => work(slots.entry(key.clone()).or_default()),
            })
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TokenKey, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// The lease that has not ended, if there is one.
    fn running(&mut self) -> Option<&mut Leased> {
        self.lease.as_mut().filter(|lease| Instant::now() < lease.until && lease.holder.strong_count() > 0)
    }
}

fn after(ttl: Duration) -> Instant {
    // An instant can not be as far away as a duration can be long.
    Instant::now() + ttl.min(LONGEST)
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("keys", &self.lock().len()).finish()
    }
}

impl TokenStore for MemoryStore {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Storing<'a, Option<StoredToken>> {
        self.with(key, |slot| {
            let kept = slot.token.as_ref()?;
            let remaining = kept.life.checked_sub(kept.saved.elapsed()).filter(|remaining| !remaining.is_zero())?;
            Some(StoredToken::new(kept.token.clone(), kept.life, remaining, kept.generation))
        })
    }

    fn acquire<'a>(&'a self, key: &'a TokenKey, ttl: Duration) -> Storing<'a, Option<Lease>> {
        self.with(key, move |slot| {
            if slot.running().is_some() {
                return None;
            }
            let holder = Arc::new(());
            slot.lease = Some(Leased { until: after(ttl), holder: Arc::downgrade(&holder) });
            slot.fence += 1;
            Some(Lease::new(slot.fence, "").with_guard(holder))
        })
    }

    fn renew<'a>(&'a self, key: &'a TokenKey, lease: &'a Lease, ttl: Duration) -> Storing<'a, bool> {
        self.with(key, move |slot| {
            let latest = slot.fence == lease.fence();
            match slot.running() {
                Some(running) if latest => {
                    running.until = after(ttl);
                    true
                }
                _ => false,
            }
        })
    }

    fn save<'a>(&'a self, key: &'a TokenKey, token: &'a Secret, life: Duration, lease: &'a Lease) -> Storing<'a, bool> {
        self.with(key, move |slot| {
            let latest = slot.fence == lease.fence();
            if latest {
                let kept = Kept { token: token.clone(), life, saved: Instant::now(), generation: lease.fence() };
                slot.token = Some(kept);
            }
            latest
        })
    }

    fn release<'a>(&'a self, key: &'a TokenKey, lease: Lease) -> Storing<'a, ()> {
        self.with(key, move |slot| {
            if slot.fence == lease.fence() {
                slot.lease = None;
            }
        })
    }

    fn expire<'a>(&'a self, key: &'a TokenKey, generation: u64) -> Storing<'a, bool> {
        self.with(key, move |slot| {
            let same = slot.token.as_ref().is_some_and(|kept| kept.generation == generation);
            if same {
                slot.token = None;
            }
            same
        })
    }
}
