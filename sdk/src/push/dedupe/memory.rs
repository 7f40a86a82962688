//! Handled messages in this process's memory.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::{Claim, Dedupe, DedupeKey, Deduping};

/// How many handled messages are remembered, unless told otherwise: some 20 MB at most.
const CAPACITY: usize = 100_000;

/// Adding a longer time to an instant could overflow. A hundred years.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Keeps in this process's memory which messages were handled: the default.
///
/// It remembers 100,000 of them, or [as many as you say](Self::with_capacity); when it is full, it forgets the one that
/// would end first. Dispatchers that are made apart have one each; give them the same one in an
/// [`Arc`](std::sync::Arc), and they share it. Where several processes receive messages, use
#[cfg_attr(feature = "redis", doc = "[`RedisDedupe`](super::RedisDedupe).")]
#[cfg_attr(not(feature = "redis"), doc = "`RedisDedupe` (feature `redis`).")]
pub struct MemoryDedupe {
    capacity: usize,
    slots: Mutex<Slots>,
}

#[derive(Default)]
struct Slots {
    by_key: HashMap<DedupeKey, Slot>,
    /// When what ends: the claims, and what is done.
    running: BTreeSet<(Instant, DedupeKey)>,
    done: BTreeSet<(Instant, DedupeKey)>,
    /// The latest fence that was given out.
    fence: u64,
}

struct Slot {
    until: Instant,
    held: Held,
}

enum Held {
    By(u64),
    Done(Option<Box<str>>),
}

impl MemoryDedupe {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    /// An empty one that remembers so many handled messages.
    #[must_use]
    pub fn with_capacity(messages: usize) -> Self {
        Self { capacity: messages, slots: Mutex::default() }
    }

    /// The reply to what is done.
    pub(in crate::push) fn done(&self, key: &DedupeKey) -> Option<Option<String>> {
        let mut slots = self.lock();
        slots.purge();
        match slots.by_key.get(key)?.held {
            Held::Done(ref reply) => Some(reply.as_deref().map(str::to_owned)),
            Held::By(_) => None,
        }
    }

    /// Does nothing before it is polled: an operation that is given up before it began must leave no claim behind.
    fn with<'a, T>(&'a self, work: impl FnOnce(&mut Slots) -> T + Send + 'a) -> Deduping<'a, T> {
        Box::pin(async move {
            let mut slots = self.lock();
            slots.purge();
            Ok(work(&mut slots))
        })
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryDedupe {
    fn default() -> Self {
        Self::new()
    }
}

impl Slots {
    /// Forgets what has ended.
    fn purge(&mut self) {
        let now = Instant::now();
        for ends in [&mut self.running, &mut self.done] {
            while let Some(first) = ends.first().filter(|(until, _)| *until <= now) {
                self.by_key.remove(&first.1);
                ends.pop_first();
            }
        }
    }

    fn set(&mut self, key: DedupeKey, held: Held, life: Duration) {
        self.remove(&key);
        let until = Instant::now() + life.min(LONGEST);
        self.ends(&held).insert((until, key));
        self.by_key.insert(key, Slot { until, held });
    }

    fn remove(&mut self, key: &DedupeKey) {
        if let Some(Slot { until, held }) = self.by_key.remove(key) {
            self.ends(&held).remove(&(until, *key));
        }
    }

    fn ends(&mut self, held: &Held) -> &mut BTreeSet<(Instant, DedupeKey)> {
        match held {
            Held::By(_) => &mut self.running,
            Held::Done(_) => &mut self.done,
        }
    }

    /// Whether nobody but the owner of this fence has it. A claim that ended, and that nobody took over, counts.
    fn is_own(&self, key: &DedupeKey, fence: u64) -> bool {
        match self.by_key.get(key) {
            None => true,
            Some(Slot { held: Held::By(owner), .. }) => *owner == fence,
            Some(_) => false,
        }
    }
}

impl Dedupe for MemoryDedupe {
    fn claim<'a>(&'a self, key: &'a DedupeKey, lease: Duration) -> Deduping<'a, Claim> {
        self.with(move |slots| match slots.by_key.get(key) {
            Some(Slot { held: Held::By(_), .. }) => Claim::Running,
            Some(Slot { held: Held::Done(reply), .. }) => Claim::Done { reply: reply.as_deref().map(str::to_owned) },
            None => {
                slots.fence += 1;
                let fence = slots.fence;
                slots.set(*key, Held::By(fence), lease);
                Claim::New { fence }
            }
        })
    }

    fn renew<'a>(&'a self, key: &'a DedupeKey, fence: u64, lease: Duration) -> Deduping<'a, bool> {
        self.with(move |slots| {
            let own = slots.is_own(key, fence);
            if own {
                slots.set(*key, Held::By(fence), lease);
            }
            own
        })
    }

    fn finish<'a>(
        &'a self,
        key: &'a DedupeKey,
        fence: u64,
        reply: Option<&'a str>,
        keep: Duration,
    ) -> Deduping<'a, bool> {
        self.with(move |slots| {
            let own = slots.is_own(key, fence);
            if own {
                slots.set(*key, Held::Done(reply.map(Box::from)), keep);
                while slots.done.len() > self.capacity
                    && let Some((_, oldest)) = slots.done.pop_first()
                {
                    slots.by_key.remove(&oldest);
                }
            }
            own
        })
    }

    fn release<'a>(&'a self, key: &'a DedupeKey, fence: u64) -> Deduping<'a, ()> {
        self.with(move |slots| {
            if slots.is_own(key, fence) {
                slots.remove(key);
            }
        })
    }
}

impl fmt::Debug for MemoryDedupe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots = self.lock();
        f.debug_struct("MemoryDedupe")
            .field("capacity", &self.capacity)
            .field("running", &slots.running.len())
            .field("done", &slots.done.len())
            .finish()
    }
}
