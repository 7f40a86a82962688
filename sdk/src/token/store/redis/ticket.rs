//! Owners of leases, and what became of them.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::fault::Fault;

/// How many lost owners are remembered. Should there be more, their leases end by themselves.
const REMEMBERED: usize = 16;

/// The owners of this process under which Redis may hold a lock, though nobody here holds the lease.
#[derive(Default)]
pub(super) struct Lost(Mutex<VecDeque<Arc<str>>>);

impl Lost {
    pub(super) fn owners(&self) -> Vec<Arc<str>> {
        self.lock().iter().cloned().collect()
    }

    /// Remembers an owner for good: the lock may yet come, of a request that is still on its way.
    fn add(&self, owner: Arc<str>) {
        let mut owners = self.lock();
        if owners.len() == REMEMBERED {
            owners.pop_front();
        }
        owners.push_back(owner);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<str>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One owner: made before a lease is asked for, kept in the lease. If it is dropped while a lock of its own may be left
/// in Redis, the owner is lost.
pub(super) struct Ticket {
    owner: Arc<str>,
    lost: Arc<Lost>,
    settled: AtomicBool,
}

impl Ticket {
    pub(super) fn new(lost: &Arc<Lost>) -> Result<Self, Fault> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| Fault::random())?;
        let owner = format!("{:032x}", u128::from_le_bytes(random)).into();
        Ok(Self { owner, lost: Arc::clone(lost), settled: AtomicBool::new(false) })
    }

    pub(super) fn owner(&self) -> &str {
        &self.owner
    }

    /// No lock of this owner is left.
    pub(super) fn settle(&self) {
        self.settled.store(true, Ordering::Relaxed);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !*self.settled.get_mut() {
            self.lost.add(Arc::clone(&self.owner));
        }
    }
}
