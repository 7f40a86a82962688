//! Who calls next: the calls of one app to one endpoint, in the order in which they came.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, sleep, timeout_at};

use super::bucket::Bucket;

/// A limit that several endpoints share.
pub(super) struct Pool {
    turn: Mutex<()>,
    bucket: Bucket,
}

impl Pool {
    pub(super) fn new(bucket: Bucket) -> Self {
        Self { turn: Mutex::default(), bucket }
    }
}

/// The way of one app's calls to one endpoint.
///
/// tokio's mutexes are queues: who came first has the turn first, and who gives up leaves the queue. Only the one at the
/// head sleeps until there is room; the others wake when it is their turn, and no sooner. It takes nothing before all
/// buckets have room: what was taken early would be missing in one window and sent in another.
pub(super) struct Lane {
    turn: Mutex<()>,
    /// The endpoint's own limits.
    own: Box<[Bucket]>,
    /// Limits shared with others, in an order that is the same for all lanes: the turns are taken in that order.
    pools: Box<[Arc<Pool>]>,
}

/// Why a call cannot go on: a limit in words, and when it has room again.
pub(super) struct Refusal<'a> {
    pub(super) limit: &'a str,
    pub(super) after: Duration,
}

impl Lane {
    pub(super) fn new(own: Vec<Bucket>, pools: Vec<Arc<Pool>>) -> Self {
        Self { turn: Mutex::default(), own: own.into(), pools: pools.into() }
    }

    fn buckets(&self) -> impl Iterator<Item = &Bucket> {
        self.own.iter().chain(self.pools.iter().map(|pool| &pool.bucket))
    }

    /// Lets a call through if nobody waits and there is room.
    pub(super) fn pass_at_once(&self) -> bool {
        let Ok(_turn) = self.turn.try_lock() else { return false };
        self.pass_through(&self.pools)
    }

    /// With the turn in all pools but these.
    fn pass_through(&self, pools: &[Arc<Pool>]) -> bool {
        let Some((pool, rest)) = pools.split_first() else {
            let room = self.buckets().all(Bucket::has_room);
            if room {
                self.take();
            }
            return room;
        };
        let Ok(_turn) = pool.turn.try_lock() else { return false };
        self.pass_through(rest)
    }

    fn take(&self) {
        self.buckets().for_each(Bucket::take);
    }

    /// Puts a call at the end of the queues.
    pub(super) fn join(&self) -> Place<'_> {
        let mut place = Place { lane: self, limit: "", wait: Duration::ZERO };
        for bucket in self.buckets() {
            let ahead = bucket.waiting.fetch_add(1, Ordering::Relaxed);
            let wait = bucket.wait(NonZeroU32::MIN.saturating_add(ahead));
            if place.limit.is_empty() || wait > place.wait {
                (place.limit, place.wait) = (&bucket.name, wait);
            }
        }
        place
    }
}

/// A call's place in the queues of a lane, which it leaves when this is dropped.
pub(super) struct Place<'a> {
    lane: &'a Lane,
    /// The limit that it has to wait for longest.
    pub(super) limit: &'a str,
    /// How long, if all that are ahead stay.
    pub(super) wait: Duration,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        for bucket in self.lane.buckets() {
            bucket.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl<'a> Place<'a> {
    /// Lets the call through when it is its turn and all limits have room.
    ///
    /// It queues until the deadline, and sleeps for room only if it `waits`.
    pub(super) async fn pass(self, waits: bool, deadline: Instant) -> Result<(), Refusal<'a>> {
        let lane = self.lane;
        let _turn = self.turn(&lane.turn, deadline).await?;
        for bucket in &lane.own {
            room(bucket, waits, deadline).await?;
        }
        // A pool is entered last, so that whoever waits for a limit of its own does not stand in the way of others.
        let mut turns = Vec::with_capacity(lane.pools.len());
        for pool in &lane.pools {
            turns.push(self.turn(&pool.turn, deadline).await?);
            room(&pool.bucket, waits, deadline).await?;
        }
        // No longer one of those who wait, before it is one of those who took.
        drop(self);
        lane.take();
        Ok(())
    }

    async fn turn(&self, turn: &'a Mutex<()>, deadline: Instant) -> Result<MutexGuard<'a, ()>, Refusal<'a>> {
        timeout_at(deadline, turn.lock()).await.map_err(|_| Refusal { limit: self.limit, after: self.wait })
    }
}

/// Waits until a bucket has room. Only for who has the turn, so that what room there is stays.
async fn room(bucket: &Bucket, waits: bool, deadline: Instant) -> Result<(), Refusal<'_>> {
    while !bucket.has_room() {
        let wait = bucket.wait(NonZeroU32::MIN);
        if !waits || wait > deadline.saturating_duration_since(Instant::now()) {
            return Err(Refusal { limit: &bucket.name, after: wait });
        }
        sleep(wait).await;
    }
    Ok(())
}
