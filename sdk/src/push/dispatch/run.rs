//! A handler at work, and those who wait for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::push::dedupe::DedupeKey;

/// What a delivery came to.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome {
    /// The handler ended well, with this structured reply.
    Handled(Option<Value>),
    /// It had ended well before this delivery.
    Repeated(Option<Value>),
    /// The handler goes on, and `success` will do.
    Late,
    /// WeChat has to come again: the reply is not there yet, or another process is at it.
    Pending,
    /// The handler failed.
    Failed,
    /// As many handlers run as may.
    Busy,
}

/// How far a handler is.
#[derive(Default)]
struct Progress {
    /// How it ended: with a structured reply, without one, or not well.
    ended: Option<Result<Option<Value>, ()>>,
    /// Whether WeChat was told `success` meanwhile.
    promised: bool,
}

/// A handler at work.
#[derive(Default)]
pub(super) struct Run(watch::Sender<Progress>);

impl Run {
    /// Waits until the handler has ended, or until the deadline.
    pub(super) async fn wait(&self, deadline: Instant, waited_for: bool) -> Outcome {
        // What came of it is looked at next, whichever it was.
        drop(timeout_at(deadline, self.0.subscribe().wait_for(|progress| progress.ended.is_some())).await);
        let mut outcome = Outcome::Pending;
        // Under the lock: a handler that fails at this moment must know whether `success` was promised.
        self.0.send_if_modified(|progress| {
            outcome = match &progress.ended {
                Some(Ok(reply)) => Outcome::Handled(reply.clone()),
                Some(Err(())) => Outcome::Failed,
                None if waited_for => Outcome::Pending,
                None => {
                    progress.promised = true;
                    Outcome::Late
                }
            };
            false
        });
        outcome
    }

    /// The handler has ended. Says whether WeChat was told `success` before.
    fn end(&self, how: Result<Option<Value>, ()>) -> bool {
        let mut promised = false;
        self.0.send_modify(|progress| {
            promised = progress.promised;
            progress.ended.get_or_insert(how);
        });
        promised
    }
}

/// All handlers at work in this process.
#[derive(Default)]
pub(super) struct Runs {
    by_key: Mutex<HashMap<DedupeKey, Arc<Run>>>,
    at_work: watch::Sender<usize>,
}

impl Runs {
    /// The handler that is at this message.
    pub(super) fn get(&self, key: &DedupeKey) -> Option<Arc<Run>> {
        self.lock().get(key).cloned()
    }

    /// A handler begins; an error has the one that began before.
    pub(super) fn begin(self: &Arc<Self>, key: DedupeKey) -> Result<Work, Arc<Run>> {
        let run = match self.lock().entry(key) {
            std::collections::hash_map::Entry::Occupied(before) => return Err(Arc::clone(before.get())),
            std::collections::hash_map::Entry::Vacant(free) => Arc::clone(free.insert(Arc::default())),
        };
        self.at_work.send_modify(|count| *count += 1);
        Ok(Work { key, run, runs: Arc::clone(self) })
    }

    /// How many handlers are at work.
    pub(super) fn count(&self) -> usize {
        *self.at_work.borrow()
    }

    /// Waits until no handler is at work.
    pub(super) async fn idle(&self) {
        // The sender is here.
        drop(self.at_work.subscribe().wait_for(|count| *count == 0).await);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<DedupeKey, Arc<Run>>> {
        self.by_key.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The side of a run that does the work. If it is dropped, so that the work never ends, it has failed.
pub(super) struct Work {
    pub(super) key: DedupeKey,
    pub(super) run: Arc<Run>,
    runs: Arc<Runs>,
}

impl Work {
    /// The handler ended well: whoever waits has the reply. Deliveries join it until this is dropped, or leaves. Says
    /// whether WeChat was told `success` before.
    pub(super) fn succeed(&self, reply: Option<Value>) -> bool {
        self.run.end(Ok(reply))
    }

    /// The handler failed. Later deliveries do not join it any more. Says whether WeChat was told `success` before.
    pub(super) fn fail(&self) -> bool {
        self.leave();
        self.run.end(Err(()))
    }

    /// Later deliveries do not join it any more.
    pub(super) fn leave(&self) {
        let mut runs = self.runs.lock();
        if runs.get(&self.key).is_some_and(|run| Arc::ptr_eq(run, &self.run)) {
            runs.remove(&self.key);
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.fail();
        self.runs.at_work.send_modify(|count| *count -= 1);
    }
}
