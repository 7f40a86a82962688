//! When a call is repeated.

use std::time::Duration;

/// How often and how soon a call is repeated.
///
/// Repeating is only ever done where it can do no harm: after a connection that failed before anything was sent, for
/// endpoints that the spec calls safe to repeat, and once after WeChat rejected the token (it rejects before it acts).
/// A message is never sent twice by this crate. The call's `timeout` bounds all attempts and pauses together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retry {
    pub(crate) retries: u32,
    pub(crate) pause: Duration,
}

impl Default for Retry {
    /// Two repetitions, after about 0.2 and 0.4 seconds.
    fn default() -> Self {
        Self { retries: 2, pause: Duration::from_millis(200) }
    }
}

impl Retry {
    /// No repetition, except with a new token after the old one was rejected.
    #[must_use]
    pub const fn never() -> Self {
        Self { retries: 0, pause: Duration::ZERO }
    }

    /// At most so many repetitions.
    #[must_use]
    pub const fn times(mut self, retries: u32) -> Self {
        self.retries = retries;
        self
    }

    /// The first pause; each further one is twice as long. The real pause varies by half, so that clients spread.
    #[must_use]
    pub const fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// The pause before the repetition with this number, from 0.
    pub(crate) fn delay(&self, repetition: u32) -> Duration {
        let full = self.pause.saturating_mul(1 << repetition.min(10));
        full.mul_f64(fastrand::f64().mul_add(0.5, 0.75))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_vary() {
        let retry = Retry::default().pause(Duration::from_millis(100));
        for (repetition, full) in [(0, 100.0), (1, 200.0), (2, 400.0), (30, 102_400.0)] {
            let delay = retry.delay(repetition).as_secs_f64() * 1000.0;
            assert!((full * 0.75..=full * 1.25).contains(&delay), "{repetition}: {delay}");
        }
    }
}
