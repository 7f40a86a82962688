//! The deduplication store, and what to do while it is out of reach.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use super::BoxError;
use crate::observe::{DedupeOperation, dedupe_back, dedupe_failed, dedupe_stale};
use crate::push::dedupe::{Claim, Dedupe, DedupeKey, Deduping, MemoryDedupe};

/// How long a claim lasts from its last renewal. It is shorter than WeChat's patience: a delivery that comes while a
/// dead process holds the claim waits for its end.
pub(super) const LEASE: Duration = Duration::from_secs(5);

/// How long an operation may take. More than the second that a `RedisStore` allows itself: it tells more about a failure.
const PATIENCE: Duration = Duration::from_secs(2);

/// The store of a dispatcher.
#[derive(Clone)]
pub(super) struct Kept {
    store: Arc<dyn Dedupe>,
    pub(super) keep: Duration,
    own: Arc<Own>,
}

#[derive(Default)]
struct Own {
    /// What the store could not be told.
    untold: MemoryDedupe,
    /// Since when the store has been out of reach.
    lost: Mutex<Option<Instant>>,
}

/// The store did not answer.
pub(super) struct OutOfReach;

/// What came of asking to handle a message.
pub(super) enum Claimed {
    /// It is to be handled under this fence.
    New(u64),
    Running,
    /// It was handled, with this structured reply.
    Done(Option<Value>),
}

fn read(claim: Claim) -> Result<Claimed, BoxError> {
    Ok(match claim {
        Claim::New { fence } => Claimed::New(fence),
        Claim::Running => Claimed::Running,
        Claim::Done { reply } => {
            let reply = reply.as_deref().map(serde_json::from_str).transpose();
            Claimed::Done(reply.map_err(|_| "the store gives a reply that is no JSON")?)
        }
    })
}

impl Kept {
    pub(super) fn new(store: Arc<dyn Dedupe>, keep: Duration) -> Self {
        Self { store, keep, own: Arc::default() }
    }

    pub(super) fn set_store(&mut self, store: Arc<dyn Dedupe>) {
        self.store = store;
    }

    pub(super) async fn claim(&self, key: &DedupeKey) -> Result<Claimed, OutOfReach> {
        let claim = Box::pin(async { read(self.store.claim(key, LEASE).await?) });
        let claim = self.ask(DedupeOperation::Claim, claim).await;
        let Some(untold) = self.own.untold.done(key) else { return claim };
        if let Ok(Claimed::New(fence)) = claim {
            // The store is back, and can be told now.
            let told = self.store.finish(key, fence, untold.as_deref(), self.keep);
            drop(self.ask(DedupeOperation::Finish, told).await);
        }
        read(Claim::Done { reply: untold }).map_err(|_| OutOfReach)
    }

    /// Keeps a claim for as long as it is polled.
    pub(super) async fn hold(&self, key: &DedupeKey, claim: Option<u64>) -> Infallible {
        if let Some(fence) = claim {
            loop {
                sleep(LEASE / 3).await;
                if let Ok(false) = self.ask(DedupeOperation::Renew, self.store.renew(key, fence, LEASE)).await {
                    // Somebody else is at it, which can not be undone; `finish` tells.
                    break;
                }
            }
        }
        std::future::pending().await
    }

    pub(super) async fn finish(&self, event: &'static str, key: &DedupeKey, claim: Option<u64>, reply: Option<&str>) {
        if let Some(fence) = claim {
            match self.ask(DedupeOperation::Finish, self.store.finish(key, fence, reply, self.keep)).await {
                Ok(true) => return,
                Ok(false) => return dedupe_stale(event),
                Err(OutOfReach) => {}
            }
        }
        // Memory does not fail.
        drop(self.own.untold.finish(key, 0, reply, self.keep).await);
    }

    pub(super) async fn release(&self, key: &DedupeKey, claim: Option<u64>) {
        if let Some(fence) = claim {
            // If that fails, the claim ends by itself.
            drop(self.ask(DedupeOperation::Release, self.store.release(key, fence)).await);
        }
    }

    async fn ask<T>(&self, operation: DedupeOperation, answer: Deduping<'_, T>) -> Result<T, OutOfReach> {
        let failure = match timeout(PATIENCE, answer).await {
            Ok(Ok(answer)) => {
                if let Some(lost) = self.lost(Option::take) {
                    dedupe_back(lost.elapsed());
                }
                return Ok(answer);
            }
            Ok(Err(failure)) => failure,
            Err(_) => format!("no answer within {} s", PATIENCE.as_secs()).into(),
        };
        let first = self.lost(|lost| lost.replace(lost.unwrap_or_else(Instant::now)).is_none());
        dedupe_failed(operation, &failure, first);
        Err(OutOfReach)
    }

    fn lost<T>(&self, work: impl FnOnce(&mut Option<Instant>) -> T) -> T {
        work(&mut self.own.lost.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
