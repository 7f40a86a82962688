//! When a call is repeated.

use std::time::Duration;

/// How often and how soon a call is repeated.
///
/// Repeating is only ever done where it can do no harm: after a connection that failed before anything was sent, for
/// endpoints that the spec calls safe to repeat, and once after WeChat rejected the token (it rejects before it acts).
/// A message is never sent twice by this crate. The call's `timeout` bounds all attempts and pauses together: a pause
/// that would not end in time is not begun, and the call fails at once with its error.
///
/// Where an answer says when to come back ([`Error::retry_after`](crate::Error::retry_after)), the pause is at least
/// that long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retry {
    pub(crate) retries: u32,
    pub(crate) pause: Duration,
    pub(crate) longest: Duration,
}

impl Default for Retry {
    /// Two repetitions, after about 0.2 and 0.4 seconds.
    fn default() -> Self {
        Self { retries: 2, pause: Duration::from_millis(200), longest: Duration::from_secs(10) }
    }
}

impl Retry {
    /// No repetition, except with a new token after the old one was rejected.
    #[must_use]
    pub const fn never() -> Self {
        Self { retries: 0, pause: Duration::ZERO, longest: Duration::ZERO }
    }

    /// At most so many repetitions.
    #[must_use]
    pub const fn times(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The first pause; each further one is twice as long. The real pause is up to a quarter longer or shorter, so that
    /// clients spread.
    #[must_use]
    pub const fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// The longest pause that doubling leads to; 10 seconds unless said otherwise. It does not shorten what an answer
    /// asks for.
    #[must_use]
    pub const fn max_pause(mut self, pause: Duration) -> Self {
        self.longest = pause;
        self
    }

    /// The pause before the repetition with this number, from 0. `None` when there is to be no repetition: their number
    /// is used up, or the pause would last longer than what is `left` of the call's time.
    ///
    /// `hint` is what the failed answer said of when to come back. Back-off comes on top of it, so that those who were
    /// told the same do not come back together.
    pub(crate) fn pause_before(&self, repetition: u32, hint: Option<Duration>, left: Duration) -> Option<Duration> {
        if repetition >= self.retries {
            return None;
        }
        let pause = hint.unwrap_or_default().saturating_add(self.delay(repetition));
        (pause < left).then_some(pause)
    }

    pub(crate) fn delay(&self, repetition: u32) -> Duration {
        let doubled = self.pause.saturating_mul(1 << repetition.min(16));
        // With the quarter that may be added it is the longest.
        let full = doubled.min(self.longest.mul_f64(0.8));
        full.mul_f64(fastrand::f64().mul_add(0.5, 0.75))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3600);

    #[test]
    fn pauses_double_vary_and_have_a_ceiling() {
        let retry = Retry::default().times(u32::MAX).pause(Duration::from_millis(100));
        for (repetition, full) in [(0, 100.0), (1, 200.0), (2, 400.0), (7, 8000.0), (30, 8000.0)] {
            for _ in 0..100 {
                let delay = retry.pause_before(repetition, None, LONG).unwrap().as_secs_f64() * 1000.0;
                assert!((full * 0.75..=f64::min(full * 1.25, 10_000.0)).contains(&delay), "{repetition}: {delay}");
            }
        }
        let capped = retry.max_pause(Duration::from_millis(250)).pause_before(9, None, LONG).unwrap();
        assert!((150..=250).contains(&capped.as_millis()), "{capped:?}");
    }

    #[test]
    fn repetitions_end_with_their_number() {
        let retry = Retry::default();
        assert!(retry.pause_before(1, None, LONG).is_some());
        assert_eq!(retry.pause_before(2, None, LONG), None);
        assert_eq!(Retry::never().pause_before(0, None, LONG), None);
    }

    #[test]
    fn no_pause_outlasts_the_call() {
        let retry = Retry::default();
        assert_eq!(retry.pause_before(0, None, Duration::from_millis(100)), None);
        assert_eq!(retry.pause_before(0, None, Duration::ZERO), None);
        assert_eq!(Retry::default().pause(Duration::ZERO).pause_before(0, None, Duration::ZERO), None);
    }

    #[test]
    fn a_hint_is_kept_or_the_call_fails_at_once() {
        let retry = Retry::default();
        let hint = Some(Duration::from_secs(20));
        let pause = retry.pause_before(0, hint, Duration::from_secs(30)).unwrap();
        assert!((20_150..=20_250).contains(&pause.as_millis()), "{pause:?}");
        assert_eq!(retry.pause_before(0, hint, Duration::from_secs(20)), None);
        assert_eq!(retry.pause_before(0, Some(Duration::MAX), Duration::from_secs(30)), None);
    }
}
