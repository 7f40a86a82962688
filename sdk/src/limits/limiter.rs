//! Holds calls to the limits.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::bucket::{Bucket, Ticks, quota};
use super::lane::{Lane, Pool};
use super::{Counted, Limits, Pooled};
use crate::endpoint::Meta;
use crate::error::{Error, Result};
use crate::observe::{limit_refused, limit_waits, slot_refused, slot_waited};

/// What all clients of one configuration have called lately.
pub(crate) struct Limiter {
    limits: Limits,
    /// By AppID. It holds a lane for each endpoint of each app that was called, and is locked only to look one up.
    apps: RwLock<HashMap<Box<str>, App>>,
    slots: Option<Arc<Semaphore>>,
    clock: Ticks,
}

#[derive(Default)]
struct App {
    /// By the endpoint's id: the addresses of two equal `META` may differ.
    lanes: HashMap<&'static str, Arc<Lane>>,
    pools: HashMap<Pooled, Arc<Pool>>,
}

impl Limiter {
    /// Holds to limits that have been checked.
    pub(crate) fn new(limits: Limits) -> Self {
        let slots = limits.max_in_flight.map(|calls| Arc::new(Semaphore::new(calls.min(Semaphore::MAX_PERMITS))));
        Self { limits, apps: RwLock::default(), slots, clock: Ticks::start() }
    }

    /// Waits until an attempt of an app at an endpoint is within the limits on the number of calls, and counts it.
    ///
    /// What is cancelled while it waits is not counted. Where no limit applies it only looks at the endpoint's list.
    pub(crate) async fn admit(&self, meta: &'static Meta, appid: &str, deadline: Instant) -> Result<()> {
        let Some(lane) = self.lane(meta, appid) else { return Ok(()) };
        if lane.pass_at_once() {
            return Ok(());
        }
        Box::pin(self.queue(lane, meta, appid, deadline)).await
    }

    async fn queue(&self, lane: Arc<Lane>, meta: &Meta, appid: &str, deadline: Instant) -> Result<()> {
        let place = lane.join();
        let patience =
            if self.limits.waits { deadline.saturating_duration_since(Instant::now()) } else { Duration::ZERO };
        if place.wait > patience {
            return Err(refused(meta, appid, place.limit, place.wait));
        }
        if !place.wait.is_zero() {
            limit_waits(meta, appid, place.limit, place.wait);
        }
        let passed = place.pass(self.limits.waits, deadline).await;
        passed.map_err(|refusal| refused(meta, appid, refusal.limit, refusal.after))
    }

    /// Waits until fewer than `max_in_flight` exchanges are under way. The exchange is over when what this answers is
    /// dropped; nothing, where their number is not limited.
    ///
    /// A call that has to fetch a token, or to wait for anything else, must not hold one meanwhile.
    pub(crate) async fn slot(
        &self,
        meta: &'static Meta,
        appid: &str,
        deadline: Instant,
    ) -> Result<Option<OwnedSemaphorePermit>> {
        let Some(slots) = &self.slots else { return Ok(None) };
        match Arc::clone(slots).try_acquire_owned() {
            Ok(slot) => Ok(Some(slot)),
            Err(_) => Box::pin(self.next_slot(Arc::clone(slots), meta, appid, deadline)).await.map(Some),
        }
    }

    async fn next_slot(
        &self,
        slots: Arc<Semaphore>,
        meta: &Meta,
        appid: &str,
        deadline: Instant,
    ) -> Result<OwnedSemaphorePermit> {
        let started = Instant::now();
        if self.limits.waits
            && let Ok(Ok(slot)) = timeout_at(deadline, slots.acquire_owned()).await
        {
            slot_waited(meta, appid, started.elapsed());
            return Ok(slot);
        }
        let most = self.limits.max_in_flight.unwrap_or_default();
        slot_refused(meta, appid, most, started.elapsed());
        Err(Error::limited(format!("{most} calls are under way, as many as may be"), None))
    }

    /// The way of an app's calls to an endpoint, if any limit applies.
    fn lane(&self, meta: &'static Meta, appid: &str) -> Option<Arc<Lane>> {
        if !self.limits.concern(meta) {
            return None;
        }
        let apps = self.apps.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = apps.get(appid).and_then(|app| app.lanes.get(meta.id)) {
            return Some(Arc::clone(lane));
        }
        drop(apps);
        let mut apps = self.apps.write().unwrap_or_else(PoisonError::into_inner);
        let App { lanes, pools } = apps.entry(appid.into()).or_default();
        let lane = lanes.entry(meta.id).or_insert_with(|| Arc::new(self.new_lane(meta, pools)));
        Some(Arc::clone(lane))
    }

    fn new_lane(&self, meta: &Meta, pools: &mut HashMap<Pooled, Arc<Pool>>) -> Lane {
        let mut own = Vec::new();
        let mut shared = Vec::new();
        for Counted { count, per, pool, name } in self.limits.of(meta) {
            let Some(window) = per.duration() else { continue };
            let bucket = Bucket::new(quota(count, window, self.limits.share), self.clock, name);
            match pool {
                None => own.push(bucket),
                Some(pooled) => {
                    let pool = pools.entry(pooled.clone()).or_insert_with(|| Arc::new(Pool::new(bucket)));
                    shared.push((pooled, Arc::clone(pool)));
                }
            }
        }
        // All lanes take their turns in this order, or two could wait for each other; and none twice.
        shared.sort_by(|(a, _), (b, _)| a.cmp(b));
        shared.dedup_by(|(a, _), (b, _)| a == b);
        Lane::new(own, shared.into_iter().map(|(_, pool)| pool).collect())
    }
}

fn refused(meta: &Meta, appid: &str, limit: &str, after: Duration) -> Error {
    limit_refused(meta, appid, limit, after);
    Error::limited(format!("the limit of {limit} is used up"), Some(after))
}
