//! Where the client takes the time from.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A clock of your own: for tests, and for hosts that know the time better than their system does.
///
/// [`ClientBuilder::clock`](crate::ClientBuilder::clock) takes it. Pauses and timeouts of calls run on tokio's clock
/// all the same.
pub trait Clock: Send + Sync + 'static {
    /// The time since a moment of the clock's choice. It must never go back: the lives of tokens are measured with it.
    fn elapsed(&self) -> Duration;

    /// The time of day: for the age of what WeChat signed or encrypted.
    fn now(&self) -> SystemTime;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn elapsed(&self) -> Duration {
        (**self).elapsed()
    }
    fn now(&self) -> SystemTime {
        (**self).now()
    }
}

/// A moment of the client's monotonic clock.
pub(crate) type Moment = coarsetime::Duration;

/// The client's clock: the system's, unless another one was given.
#[derive(Clone)]
pub(crate) struct Time {
    /// Every call asks whether its token is fresh: the coarse clock answers in a fifth of the time, and a tick of some
    /// milliseconds is nothing beside the margin.
    origin: coarsetime::Instant,
    own: Option<Arc<dyn Clock>>,
}

impl Time {
    pub(crate) fn system() -> Self {
        Self { origin: coarsetime::Instant::now(), own: None }
    }

    pub(crate) fn of(clock: impl Clock) -> Self {
        Self { own: Some(Arc::new(clock)), ..Self::system() }
    }

    #[inline]
    pub(crate) fn moment(&self) -> Moment {
        match &self.own {
            None => coarsetime::Instant::now().duration_since(self.origin),
            Some(clock) => clock.elapsed().into(),
        }
    }

    /// The time of day.
    pub(crate) fn now(&self) -> SystemTime {
        self.own.as_ref().map_or_else(SystemTime::now, |clock| clock.now())
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.own.is_some() { "Time(own)" } else { "Time(system)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stopped;

    impl Clock for Stopped {
        fn elapsed(&self) -> Duration {
            Duration::from_millis(1500)
        }
        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }
    }

    #[test]
    fn the_system_goes_on_and_another_clock_is_believed() {
        let system = Time::system();
        let before = system.moment();
        std::thread::sleep(Duration::from_millis(20));
        assert!(system.moment() > before);
        assert!(system.now() > SystemTime::UNIX_EPOCH);
        let stopped = Time::of(Arc::new(Stopped));
        assert_eq!(Duration::from(stopped.moment()).as_millis(), 1500);
        assert_eq!(stopped.now(), SystemTime::UNIX_EPOCH);
    }
}
