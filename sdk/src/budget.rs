//! How much repetition all calls of a client together may cause.

use std::sync::atomic::{AtomicU32, Ordering};

/// What a repetition takes from the bucket. A call that succeeds at once pays back 1: so in the long run at most every
/// fifth call is repeated, which adds 20 % to the load of whoever is in trouble already, where three attempts each
/// would add 200 %. The AWS SDKs have used the same numbers for years.
const PRICE: u32 = 5;

/// A bucket that all calls of a client share. Repetitions empty it, successes fill it: while most calls succeed, it is
/// full and nobody notices it; when WeChat, or the way to it, is down, the client soon stops repeating and each call is
/// one attempt, until calls succeed again.
#[derive(Debug)]
pub(crate) struct Budget {
    full: u32,
    left: AtomicU32,
}

impl Default for Budget {
    /// A hundred repetitions without a success in between.
    fn default() -> Self {
        Self::new(100)
    }
}

impl Budget {
    /// So many repetitions without a success in between.
    pub(crate) fn new(repetitions: u32) -> Self {
        let full = repetitions.saturating_mul(PRICE);
        Self { full, left: AtomicU32::new(full) }
    }

    /// Pays for a repetition. `false` when the bucket does not hold enough: then there is to be none.
    pub(crate) fn withdraw(&self) -> bool {
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(PRICE)).is_ok()
    }

    /// A call was answered by a WeChat that is well. Where that took a repetition, its price is paid back.
    pub(crate) fn deposit(&self, repeated: bool) {
        // Nearly always it is full: then nothing is written, and no two cores contend for it.
        let back = if repeated { PRICE } else { 1 };
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            (left < self.full).then(|| left.saturating_add(back).min(self.full))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_empties_it_and_successes_fill_it() {
        let budget = Budget::new(3);
        assert_eq!([0; 5].map(|_| budget.withdraw()), [true, true, true, false, false]);
        for _ in 0..4 {
            budget.deposit(false);
        }
        assert!(!budget.withdraw(), "four successes do not pay for a repetition");
        budget.deposit(false);
        assert!(budget.withdraw());
        assert!(!budget.withdraw());
        budget.deposit(true);
        assert!(budget.withdraw(), "a repetition that helped costs nothing");
    }

    #[test]
    fn it_never_holds_more_than_at_first() {
        let budget = Budget::new(1);
        for _ in 0..100 {
            budget.deposit(true);
        }
        assert_eq!([0; 2].map(|_| budget.withdraw()), [true, false]);
        assert!(Budget::new(u32::MAX).withdraw());
        assert!(!Budget::new(0).withdraw());
    }

    #[test]
    fn few_failures_never_exhaust_it() {
        // One attempt in ten fails, as do the repetitions; at one in two, repeating stops to be of use.
        let mut random = fastrand::Rng::with_seed(1);
        let mut refused = |share: f64| {
            let budget = Budget::default();
            let mut refused = 0;
            'calls: for _ in 0..100_000 {
                let mut repetitions = 0;
                while random.f64() < share {
                    if repetitions == 2 || !budget.withdraw() {
                        refused += u32::from(repetitions < 2);
                        continue 'calls;
                    }
                    repetitions += 1;
                }
                budget.deposit(repetitions > 0);
            }
            refused
        };
        assert_eq!(refused(0.1), 0);
        assert!(refused(0.9) > 50_000);
    }

    #[test]
    fn it_is_exact_under_contention() {
        let budget = Budget::new(1000);
        let paid: usize = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| (0..1000).filter(|_| budget.withdraw()).count())).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(paid, 1000);
    }
}
