//! What is left of one limit.

use std::num::{NonZeroU32, NonZeroU64};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{InsufficientCapacity, Quota, RateLimiter};
use tokio::time::Instant;

/// tokio's clock, by which calls wait, too.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticks(Instant);

impl Ticks {
    pub(super) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for Ticks {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// What is asked of a bucket. A call may need several buckets, and takes from none before all have room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Ask {
    Whether,
    Take,
}

/// When the bucket will be full again, in nanoseconds of its clock; 0 before the first call.
#[derive(Default)]
struct Level(AtomicU64);

impl StateStore for Level {
    type Key = Ask;

    fn measure_and_replace<T, F, E>(&self, ask: &Ask, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let level = NonZeroU64::new(self.0.load(Ordering::Relaxed));
        let (answer, next) = decide(level.map(|level| level.get().into()))?;
        if *ask == Ask::Take {
            // Only who has the turn takes, so nothing came between.
            self.0.store(next.into(), Ordering::Relaxed);
        }
        Ok(answer)
    }
}

/// A limit of one app. Who takes from it must have the turn, see [`Lane`](super::lane::Lane).
pub(super) struct Bucket<C: Clock = Ticks> {
    level: RateLimiter<Ask, Level, C, NoOpMiddleware<C::Instant>>,
    quota: Quota,
    /// How many calls wait for it.
    pub(super) waiting: AtomicU32,
    /// The limit in words.
    pub(super) name: String,
}

impl<C: Clock> Bucket<C> {
    pub(super) fn new(quota: Quota, clock: C, name: String) -> Self {
        Self { level: RateLimiter::new(quota, Level::default(), clock), quota, waiting: AtomicU32::new(0), name }
    }

    /// How long until there is room for so many calls.
    pub(super) fn wait(&self, calls: NonZeroU32) -> Duration {
        let at_once = calls.min(self.quota.burst_size());
        let first = match self.level.check_key_n(&Ask::Whether, at_once) {
            Ok(Err(not_until)) => not_until.wait_time_from(self.level.clock().now()),
            // It is never asked for more than it can hold.
            Ok(Ok(())) | Err(InsufficientCapacity(_)) => Duration::ZERO,
        };
        first + self.quota.replenish_interval() * (calls.get() - at_once.get())
    }

    /// Whether there is room for one call.
    pub(super) fn has_room(&self) -> bool {
        self.level.check_key(&Ask::Whether).is_ok()
    }

    /// Takes one call: it had room, and time only brings more.
    pub(super) fn take(&self) {
        let taken = self.level.check_key(&Ask::Take);
        debug_assert!(taken.is_ok(), "{} had room", self.name);
    }
}

/// Three years: no call waits as long, and sums of it overflow nowhere.
const LONGEST: Duration = Duration::from_secs(100_000_000);

/// A part of a limit as a bucket: so much at once, and one more in each interval, that no window of the limit's length
/// (its end excluded) holds more than the part, wherever it begins.
///
/// With `burst` at once and one in each `interval`, such a window holds at most `burst + ceil(window / interval) - 1`.
/// A part of less than one call is one call in a window that is as much longer.
pub(super) fn quota(count: u32, window: Duration, share: f64) -> Quota {
    let part = f64::from(count) * share;
    // A millionth is what a product of such numbers may lack of a whole one, and far less than what clocks differ by.
    let (burst, interval) = match NonZeroU32::new((part + 1e-6) as u32) {
        Some(calls) => {
            let fraction = if window > Duration::from_secs(60) { 2 } else { 10 };
            let burst = NonZeroU32::new(calls.get() / fraction).unwrap_or(NonZeroU32::MIN);
            let intervals = u128::from(calls.get() - burst.get() + 1);
            let nanos = u64::try_from(window.as_nanos().div_ceil(intervals)).unwrap_or(u64::MAX);
            (burst, Duration::from_nanos(nanos))
        }
        None => {
            let longer = Duration::try_from_secs_f64(window.as_secs_f64() / part).unwrap_or(LONGEST);
            (NonZeroU32::MIN, longer.min(LONGEST))
        }
    };
    // An interval of zero is none: the window is divided and rounded up.
    Quota::with_period(interval).unwrap_or(Quota::per_hour(burst)).allow_burst(burst)
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;
    use proptest::prelude::*;

    use super::*;
    use crate::limits::Per;

    type Fake = (Bucket<FakeRelativeClock>, FakeRelativeClock);

    fn bucket(count: u32, window: Duration, share: f64) -> Fake {
        let clock = FakeRelativeClock::default();
        (Bucket::new(quota(count, window, share), clock.clone(), String::new()), clock)
    }

    /// Takes what there is room for, at most so many.
    fn take_all(bucket: &Bucket<FakeRelativeClock>, most: usize) -> usize {
        let mut taken = 0;
        while taken < most && bucket.has_room() {
            bucket.take();
            taken += 1;
        }
        taken
    }

    /// The most that any window holds, wherever it begins: no window holds more than the one that begins with a call.
    fn fullest(calls: &[u64], window: u64) -> usize {
        let mut end = 0;
        let ends = calls.iter().enumerate().map(|(start, from)| {
            while end < calls.len() && calls[end] < from + window {
                end += 1;
            }
            end - start
        });
        ends.max().unwrap_or(0)
    }

    const UNITS: [Per; 4] = [Per::Second, Per::Minute, Per::Hour, Per::Day];

    #[test]
    fn what_goes_out_at_once_and_what_comes_after() {
        for (count, per, share, at_once, interval) in [
            (1, Per::Second, 1.0, 1, 1_000_000_000),
            (10, Per::Second, 1.0, 1, 100_000_000),
            (100, Per::Second, 1.0, 10, 10_989_011),
            (100, Per::Second, 0.29, 2, 35_714_286),
            (10, Per::Second, 0.05, 1, 2_000_000_000),
            (5000, Per::Minute, 1.0, 500, 13_330_372),
            (3, Per::Hour, 1.0, 1, 1_200_000_000_000),
            (500_000, Per::Day, 1.0, 250_000, 345_598_618),
            (500_000, Per::Day, 0.25, 62_500, 1_382_377_882),
            (u32::MAX, Per::Second, 1.0, u32::MAX / 10, 1),
        ] {
            let quota = quota(count, per.duration().unwrap(), share);
            let shown = format!("{share} of {count}/{per}");
            assert_eq!(quota.burst_size().get(), at_once, "{shown}");
            assert_eq!(quota.replenish_interval(), Duration::from_nanos(interval), "{shown}");
        }
        // Next to nothing of a quota is very little, and overflows nowhere.
        let (bucket, _) = bucket(1, Duration::from_secs(86_400), f64::MIN_POSITIVE);
        bucket.take();
        assert_eq!(bucket.wait(NonZeroU32::MIN), LONGEST);
        assert!(bucket.wait(NonZeroU32::MAX) > LONGEST);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_window_holds_more_than_the_limit(
            count in prop_oneof![1..=40_u32, 1..=10_000_u32],
            share in prop_oneof![Just(1.0), 0.01..=1.0_f64],
            unit in 0..4_usize,
            steps in proptest::collection::vec((0.0..1.2_f64, 1..5_000_usize, any::<bool>()), 1..40),
        ) {
            let window = UNITS[unit].duration().unwrap();
            let (bucket, clock) = bucket(count, window, share);
            let part = f64::from(count) * share;
            let (mut now, mut calls) = (0_u64, Vec::new());
            for (pause, most, greedy) in steps {
                // As long as it likes, or to the nanosecond at which there is room again.
                let pause = if greedy { bucket.wait(NonZeroU32::MIN) } else { window.mul_f64(pause.powi(3)) };
                clock.advance(pause);
                now += pause.as_nanos() as u64;
                let taken = take_all(&bucket, most);
                prop_assert!(taken > 0 || !greedy, "after waiting there is room");
                calls.extend(std::iter::repeat_n(now, taken));
            }
            prop_assert!(fullest(&calls, window.as_nanos() as u64) as f64 <= part.max(1.0) + 1e-6);
            if part < 1.0 {
                let longer = window.div_f64(part).as_nanos() as u64;
                prop_assert!(fullest(&calls, longer.saturating_sub(1000)) <= 1);
            }
        }

        /// The other side: what may be used can be used.
        #[test]
        fn without_a_pause_most_of_the_limit_is_used(count in 1..=10_000_u32, unit in 0..4_usize) {
            let window = UNITS[unit].duration().unwrap();
            let (bucket, clock) = bucket(count, window, 1.0);
            let in_window = |windows: u32| {
                let (mut used, mut left) = (0, window * windows);
                loop {
                    used += take_all(&bucket, usize::MAX);
                    let wait = bucket.wait(NonZeroU32::MIN);
                    if wait > left {
                        clock.advance(left);
                        return used as f64 / f64::from(windows);
                    }
                    clock.advance(wait);
                    left -= wait;
                }
            };
            let count = f64::from(count);
            let first = in_window(1);
            // The end of the window may hold one more.
            prop_assert!(first >= count && first <= count + 1.0, "{first} of {count}");
            let steady = in_window(4);
            let least = if unit < 2 { 0.9 } else { 0.5 };
            prop_assert!(steady >= least * count - 1.0, "{steady} of {count}");
        }

        #[test]
        fn a_wait_for_many_is_as_long_as_it_takes(
            count in 1..=2_000_u32, unit in 0..4_usize, used in 0..3_000_usize, many in 1..3_000_u32,
        ) {
            let window = UNITS[unit].duration().unwrap();
            let (bucket, clock) = bucket(count, window, 1.0);
            take_all(&bucket, used);
            let told = bucket.wait(NonZeroU32::new(many).unwrap());
            let (mut waited, mut left) = (Duration::ZERO, many as usize);
            loop {
                left -= take_all(&bucket, left);
                if left == 0 {
                    break;
                }
                let wait = bucket.wait(NonZeroU32::MIN);
                clock.advance(wait);
                waited += wait;
            }
            prop_assert_eq!(told, waited);
        }
    }
}
