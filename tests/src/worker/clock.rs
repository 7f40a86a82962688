//! A clock that is wrong.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use weapp::Clock;

use super::Skew;

/// Shows the time of day too late or too early, and goes too fast, too slow, or not at all.
pub(super) struct Skewed(Mutex<Face>);

struct Face {
    skew: Skew,
    /// What the clock showed at this moment.
    shown: Duration,
    since: Instant,
}

impl Face {
    fn elapsed(&self) -> Duration {
        self.shown + self.since.elapsed().mul_f64(self.skew.rate)
    }
}

impl Skewed {
    pub(super) fn new(skew: Skew) -> Self {
        Self(Mutex::new(Face { skew, shown: Duration::ZERO, since: Instant::now() }))
    }

    pub(super) fn set(&self, skew: Skew) {
        let mut face = self.face();
        *face = Face { skew, shown: face.elapsed(), since: Instant::now() };
    }

    pub(super) fn jump(&self, ahead: Duration) {
        self.face().shown += ahead;
    }

    fn face(&self) -> MutexGuard<'_, Face> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for Skewed {
    fn elapsed(&self) -> Duration {
        self.face().elapsed()
    }

    fn now(&self) -> SystemTime {
        let hours = Duration::from_secs(self.face().skew.wall_hours.unsigned_abs() * 3600);
        match self.face().skew.wall_hours >= 0 {
            true => SystemTime::now() + hours,
            false => SystemTime::now() - hours,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_as_it_is_told() {
        let clock = Skewed::new(Skew { wall_hours: -5, rate: 0.0 });
        assert_eq!(clock.elapsed(), Duration::ZERO);
        clock.jump(Duration::from_secs(3600));
        assert_eq!(clock.elapsed(), Duration::from_secs(3600));
        let behind = SystemTime::now().duration_since(clock.now()).unwrap();
        assert!(behind.as_secs().abs_diff(5 * 3600) < 60, "{behind:?}");
        clock.set(Skew { wall_hours: 5, rate: 100.0 });
        std::thread::sleep(Duration::from_millis(20));
        let gone = clock.elapsed() - Duration::from_secs(3600);
        assert!(gone >= Duration::from_secs(2), "{gone:?}");
        assert!(clock.now() > SystemTime::now() + Duration::from_secs(4 * 3600));
    }
}
