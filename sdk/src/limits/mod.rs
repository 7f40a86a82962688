//! Limits that a client keeps to by itself: how often an endpoint is called, and how many calls are under way at once.

mod bucket;
mod lane;
mod limit;
mod limiter;
#[cfg(test)]
mod tests;

use crate::api::IDS;
use crate::endpoint::Meta;
use crate::error::{Error, Result};

pub use limit::{Limit, Per};
pub(crate) use limiter::Limiter;

/// Limits that a client keeps to by itself, so that WeChat need not refuse: how often each endpoint is called, and how
/// many calls are under way at once.
///
/// Without them a client sends what it is told to, and WeChat refuses what is too much: 45009 and 45011, for links
/// 44990. Some endpoints count refused calls, too.
///
/// ```
/// use weapp::{Limits, Per};
///
/// // The documented limits, of which this process, one of four, may use a quarter. Calls wait for their turn.
/// let fleet = Limits::wait().share(0.25).max_in_flight(64);
/// // WeChat granted this app more; who is too fast is told so at once.
/// let large = Limits::refuse().set("sendMessage", 30_000_000, Per::Day);
/// // No more than 64 calls at once, and nothing else.
/// let few = Limits::none().max_in_flight(64);
/// # let _ = (fleet, large, few);
/// ```
///
/// # What is counted
///
/// - Each app and endpoint by itself; endpoints that share a documented limit are counted together.
/// - Each attempt, repetitions included. The universal request has no documented limits, so only `max_in_flight` counts
///   it.
/// - In the memory of this client and all clients made from it. Other processes are not seen: give each its
///   [`share`](Self::share). A process that starts anew has its quota whole.
/// - Limits per second, minute, hour and day. Those per month and for ever, and those that hold on a condition, are
///   documented only ([`Meta::limits`]): so `sendMessage` is held to 10,000,000 a day, and an app with payment, which
///   may send 30,000,000, says so by [`set`](Self::set).
///
/// # How it is spread
///
/// WeChat counts in windows of which nobody knows the beginning. So that none of them holds more than a limit, wherever
/// it begins, a part of the limit may go out at once and the rest comes evenly: a tenth at once of a limit per second
/// or minute, half of one per hour or day. Whoever calls without a pause is held to about nine tenths of the former (to
/// all of it below 20) and to half of the latter: who calls evenly all day long may [`set`](Self::set) twice the number.
///
/// # Waiting and refusing
///
/// With [`wait`](Self::wait) calls wait in the order in which they came, at most until their `timeout`; where that would
/// not be enough they are refused at once. With [`refuse`](Self::refuse) no call waits. A refusal is an error of the
/// kind [`ErrorKind::Limit`](crate::ErrorKind::Limit): nothing was sent, and
/// [`Error::retry_after`](crate::Error::retry_after) says when there is room again.
#[derive(Clone, Debug)]
#[must_use = "give them to `limits` of the client's builder"]
pub struct Limits {
    waits: bool,
    documented: bool,
    share: f64,
    own: Vec<Own>,
    max_in_flight: Option<usize>,
}

/// A limit that the user sets.
#[derive(Clone, Debug)]
struct Own {
    endpoint: String,
    count: u32,
    per: Per,
}

impl Limits {
    /// The documented limits; a call that would break one waits.
    pub const fn wait() -> Self {
        Self::with(true, true)
    }

    /// The documented limits; a call that would break one is refused.
    pub const fn refuse() -> Self {
        Self::with(false, true)
    }

    /// No limits but those that you [`set`](Self::set), and [`max_in_flight`](Self::max_in_flight). Calls wait.
    pub const fn none() -> Self {
        Self::with(true, false)
    }

    const fn with(waits: bool, documented: bool) -> Self {
        Self { waits, documented, share: 1.0, own: Vec::new(), max_in_flight: None }
    }

    /// The part of each quota that this process may use: more than 0, at most 1, which it is unless said otherwise.
    ///
    /// The same for documented limits and for those that you set. A part that comes to less than one call becomes one
    /// call in a longer time. `max_in_flight` is not shared.
    pub const fn share(mut self, part: f64) -> Self {
        self.share = part;
        self
    }

    /// So many calls of an endpoint in a second, minute, hour or day, where WeChat grants another quota than it
    /// documents.
    ///
    /// `endpoint` is the official English name, as [`Meta::id`] has it. It takes the place of the documented limit of
    /// the same unit, for all endpoints that share it; the endpoint's other limits stay. The last one counts.
    pub fn set(mut self, endpoint: impl Into<String>, count: u32, per: Per) -> Self {
        self.own.push(Own { endpoint: endpoint.into(), count, per });
        self
    }

    /// So many calls under way at once, over all apps and endpoints of the client: from sending to the whole answer.
    /// Fetching a token counts for nothing, and calls that wait for a token or for a limit do not count yet.
    pub const fn max_in_flight(mut self, calls: usize) -> Self {
        self.max_in_flight = Some(calls);
        self
    }

    /// What is wrong with them, told when the client is built.
    pub(crate) fn check(&self) -> Result<()> {
        if !(self.share > 0.0 && self.share <= 1.0) {
            return Err(Error::config(
                format!("the limits have a `share` of {}", self.share),
                "give the part of each quota that this process may use: more than 0, at most 1",
            ));
        }
        if self.max_in_flight == Some(0) {
            return Err(Error::config(
                "the limits have a `max_in_flight` of 0, with which no call could be made",
                "give at least 1, or leave it out",
            ));
        }
        for Own { endpoint, count, per } in &self.own {
            if IDS.binary_search(&endpoint.as_str()).is_err() {
                return Err(Error::config(
                    format!("the limits name the endpoint `{endpoint}`, which nobody knows"),
                    "give the official English name as `Meta::id` of the request has it, such as `getUnlimitedQRCode`",
                ));
            }
            if *count == 0 {
                return Err(Error::config(
                    format!("the limits allow `{endpoint}` 0 calls"),
                    "give at least 1, or do not make the call",
                ));
            }
            if per.duration().is_none() {
                return Err(Error::config(
                    format!("the limits count `{endpoint}` per `{per}`, which no client can keep to by itself"),
                    "give the calls of a second, a minute, an hour or a day",
                ));
            }
        }
        Ok(())
    }

    /// Whether calls of an endpoint are counted at all.
    fn concern(&self, meta: &Meta) -> bool {
        meta.limits.iter().any(|limit| self.count_of(meta, limit).is_some())
            || self.own.iter().any(|own| own.endpoint == meta.id)
    }

    /// What to count of an endpoint.
    fn of(&self, meta: &Meta) -> Vec<Counted> {
        let mut all: Vec<Counted> = meta
            .limits
            .iter()
            .filter_map(|limit| {
                let count = self.count_of(meta, limit)?;
                let mut members: Vec<_> = limit.shared_with.iter().copied().chain([meta.id]).collect();
                members.sort_unstable();
                let pool = (members.len() > 1).then_some(Pooled { members, per: limit.per, documented: limit.count });
                let name = if count == limit.count { limit.to_string() } else { format!("{count}/{}", limit.per) };
                Some(Counted { count, per: limit.per, pool, name })
            })
            .collect();
        for own in self.own.iter().rev().filter(|own| own.endpoint == meta.id) {
            if all.iter().all(|counted| counted.per != own.per) {
                let name = format!("{}/{}", own.count, own.per);
                all.push(Counted { count: own.count, per: own.per, pool: None, name });
            }
        }
        if self.share < 1.0 {
            for counted in &mut all {
                counted.name += &format!(", of which this process may use the part {},", self.share);
            }
        }
        all
    }

    /// The number that counts for a documented limit; none where it is not kept to.
    fn count_of(&self, meta: &Meta, limit: &Limit) -> Option<u32> {
        if limit.condition.is_some() || limit.per.duration().is_none() {
            return None;
        }
        let shares = |id: &str| id == meta.id || limit.shared_with.contains(&id);
        let own = self.own.iter().rev().find(|own| own.per == limit.per && shares(&own.endpoint));
        own.map(|own| own.count).or(self.documented.then_some(limit.count))
    }
}

/// A limit that is kept to.
#[derive(Debug)]
struct Counted {
    count: u32,
    per: Per,
    /// Who else is counted.
    pool: Option<Pooled>,
    /// In words.
    name: String,
}

/// Which limit several endpoints share: all of them make the same of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Pooled {
    /// Sorted.
    members: Vec<&'static str>,
    per: Per,
    documented: u32,
}
