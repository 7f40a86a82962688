//! A process that makes calls: several of them are a fleet that shares a Redis.
//!
//! The test's side speaks [`Job`] and [`Order`], each a line of JSON on the process's standard input, and reads a
//! [`Report`] for each of them. The process ends with its input, so that none outlives its test.

mod clock;
mod load;
mod log;
mod planted;
mod process;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use self::process::main;

/// A part of the password of the tests' Redis that no log may show.
pub const REDIS_PASSWORD: &str = "planted-redis-password";

/// What a process is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    /// Where WeChat is.
    pub mock: String,
    /// The AppSecret of the mock's first app, or a wrong one.
    pub secret: String,
    /// The Redis that it shares.
    pub redis: String,
    /// Whether it fetches from `cgi-bin/token` instead of `cgi-bin/stable_token`.
    pub classic: bool,
    /// How long before its end a token is replaced.
    pub margin: Duration,
    /// How long a call may take.
    pub timeout: Duration,
    /// How many tasks make calls.
    pub tasks: usize,
    /// How long a task pauses between its calls, on an average.
    pub pause: Duration,
    /// A clock that is not the system's.
    pub clock: Option<Skew>,
}

/// How a clock goes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Skew {
    /// How far the time of day is off.
    pub wall_hours: i64,
    /// How fast the monotonic time passes; 0 stops it.
    pub rate: f64,
}

/// What a process is told. It answers each order with a [`Report`] when it has done it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub enum Order {
    /// Nothing but to report.
    Report,
    /// All tasks make calls from now on.
    Work,
    /// They stop; the calls under way are waited for.
    Rest,
    /// The counts begin anew.
    Forget,
    /// Reports the token that calls would use.
    Token,
    /// Makes one call, and gives it up so soon.
    GiveUp(Duration),
    /// The next fetch panics.
    Panic,
    /// The clock goes so from now on. Only for a [`Job`] with a clock.
    Clock(Skew),
    /// The clock's monotonic time jumps ahead. Only for a [`Job`] with a clock.
    Jump(Duration),
}

/// What a process has seen since its start, or since it was told to forget.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// How many calls ended.
    pub calls: u64,
    /// How many calls succeeded.
    pub ok: u64,
    /// The others: how many by kind and code, `Token 40164`.
    pub failures: BTreeMap<String, u64>,
    /// The first few errors, with their remedies.
    pub texts: Vec<String>,
    /// How many calls took so many milliseconds; all that took longer are counted at [`SLOWEST`].
    pub took: BTreeMap<u32, u64>,
    /// How often the client logged what, of the [`EVENTS`].
    pub events: BTreeMap<String, u64>,
    /// How many lines of the log held a secret.
    pub leaks: u64,
    /// The memory that the process has in use, where the system tells.
    pub resident_kib: u64,
    /// The last characters of the token, if that was asked for and one could be had.
    pub token: Option<String>,
}

/// How many errors are told in full.
const TOLD: usize = 3;

/// The longest time of a call that is told from longer ones, in milliseconds.
pub const SLOWEST: u32 = 60_000;

/// What the client logs of its tokens and its store.
pub const EVENTS: [&str; 9] = [
    "access_token fetched without the store",
    "access_token fetched",
    "access_token adopted",
    "access_token refreshed early",
    "access_token rejected",
    "access_token refused by the store",
    "no access_token",
    "token store out of reach",
    "token store back",
];

impl Report {
    /// The sum of several.
    pub fn sum<'a>(reports: impl IntoIterator<Item = &'a Self>) -> Self {
        reports.into_iter().fold(Self::default(), |mut sum, one| {
            sum.calls += one.calls;
            sum.ok += one.ok;
            add(&mut sum.failures, &one.failures);
            sum.texts.extend(one.texts.iter().take(TOLD - sum.texts.len().min(TOLD)).cloned());
            add(&mut sum.took, &one.took);
            add(&mut sum.events, &one.events);
            sum.leaks += one.leaks;
            sum.resident_kib = sum.resident_kib.max(one.resident_kib);
            sum
        })
    }

    /// How many calls failed.
    pub fn failed(&self) -> u64 {
        self.calls - self.ok
    }

    /// How often this was logged.
    ///
    /// # Panics
    /// If it is none of the [`EVENTS`].
    pub fn logged(&self, event: &str) -> u64 {
        assert!(EVENTS.contains(&event), "{event:?} is not counted");
        self.events.get(event).copied().unwrap_or_default()
    }

    /// Within how many milliseconds this share of the calls ended.
    pub fn within(&self, share: f64) -> u32 {
        let wanted = (self.calls as f64 * share).ceil() as u64;
        let mut ended = 0;
        let reached = |(_, count): &(&u32, &u64)| {
            ended += **count;
            ended >= wanted
        };
        self.took.iter().find(reached).map_or(0, |(took, _)| *took)
    }

    /// How long the slowest call took, in milliseconds.
    pub fn slowest(&self) -> u32 {
        self.took.keys().next_back().copied().unwrap_or_default()
    }
}

fn add<K: Clone + Ord>(sum: &mut BTreeMap<K, u64>, counts: &BTreeMap<K, u64>) {
    for (key, count) in counts {
        *sum.entry(key.clone()).or_default() += count;
    }
}

/// The part of a token by which tests tell it from others.
pub fn tail(token: &str) -> String {
    token.chars().skip(token.chars().count().saturating_sub(12)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_add_up() {
        let one = Report { calls: 3, ok: 2, took: [(1, 2), (9, 1)].into(), resident_kib: 7, ..Report::default() };
        let two = Report { calls: 1, ok: 1, took: [(1, 1)].into(), resident_kib: 5, ..Report::default() };
        let sum = Report::sum([&one, &two]);
        assert_eq!((sum.calls, sum.failed(), sum.resident_kib), (4, 1, 7));
        assert_eq!((sum.within(0.5), sum.within(0.75), sum.within(1.0), sum.slowest()), (1, 1, 9, 9));
        assert_eq!((Report::default().within(0.5), Report::default().slowest()), (0, 0));
    }

    #[test]
    fn a_report_survives_its_way() {
        let report = Report { calls: 3, took: [(1, 2)].into(), token: Some(tail("abc")), ..Report::default() };
        let line = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&line).unwrap(), report);
        assert_eq!(tail("0123456789abcdef"), "456789abcdef");
    }
}
