//! Whether a token store keeps its contract.

mod keyed;
mod sections;
#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use tokio::task::JoinSet;

use self::keyed::Keyed;
use self::sections::SECTIONS;
use crate::token::{TokenKey, TokenStore};

/// Checks that a token store of your own keeps the contract of [`TokenStore`]: in a test, with the real database.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = weapp::token::MemoryStore::new();
/// weapp::mock::check_token_store(store).await?;
/// # Ok(()) }
/// ```
///
/// It takes about five seconds, because it waits for lives and leases to end, and needs tokio with its clock running
/// (not `start_paused`). It works with random AppIDs of its own, and removes the tokens that it saved; the store may be
/// in use. An [`Arc`] of a store is a store, for a test that goes on with it.
///
/// What it asks for:
///
/// - A token comes back as it was saved, whatever its characters (but NUL, which databases refuse) and up to 2048 of
///   them, with its life and generation, while what remains shrinks.
/// - Lives and leases end by themselves, never early, at most a second late. A life or a `ttl` of zero is over at once;
///   one of [`Duration::MAX`](std::time::Duration::MAX) is no error.
/// - One caller at a time has the lease, also of 32 that ask at the same time. Only releasing it or its time ends it.
/// - Fences rise for ever: after a release, after a lease ran out, after a token was expired.
/// - An owner whose lease ran out can save as long as nobody else got one; after that it can neither save, nor renew,
///   nor release what is not its own.
/// - `expire` drops the token of that generation and no other.
/// - Keys are separate, also where they differ in one character or in case.
/// - Each operation takes less than three seconds.
///
/// # Errors
/// All violations that were found, in words.
pub async fn check_token_store(store: impl TokenStore) -> Result<(), StoreViolations> {
    let store: Arc<dyn TokenStore> = Arc::new(store);
    let mut running = JoinSet::new();
    for (index, section) in SECTIONS.into_iter().enumerate() {
        let mut trial = Trial { at: Keyed::new(Arc::clone(&store), key()), found: Vec::new() };
        running.spawn(async move {
            if let Err(violation) = section(&mut trial).await {
                trial.found.push(violation);
            }
            trial.at.tidy().await;
            (index, trial.found)
        });
    }
    let mut sections = Vec::new();
    while let Some(section) = running.join_next().await {
        // A section has a task of its own, so that a store that panics is told like any other.
        sections.push(section.unwrap_or_else(|_| (SECTIONS.len(), vec!["the store panicked".to_owned()])));
    }
    sections.sort();
    let mut found = Vec::new();
    for violation in sections.into_iter().flat_map(|(_, found)| found) {
        // A store that is out of reach fails everywhere alike.
        if !found.contains(&violation) {
            found.push(violation);
        }
    }
    if found.is_empty() { Ok(()) } else { Err(StoreViolations(found)) }
}

/// What [`check_token_store`] found. `Debug` prints it in lines, so that `unwrap` in a test shows it well.
pub struct StoreViolations(Vec<String>);

impl StoreViolations {
    /// One sentence for each violation.
    #[must_use]
    pub fn violations(&self) -> &[String] {
        &self.0
    }
}

impl fmt::Display for StoreViolations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the token store breaks its contract:")?;
        self.0.iter().try_for_each(|violation| write!(f, "\n- {violation}"))
    }
}

impl fmt::Debug for StoreViolations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl StdError for StoreViolations {}

/// One section: its key, and what it found.
struct Trial {
    at: Keyed,
    found: Vec<String>,
}

impl Trial {
    fn require(&mut self, holds: bool, violation: impl Into<String>) {
        if !holds {
            self.found.push(violation.into());
        }
    }
}

/// A key that no app has.
fn key() -> TokenKey {
    keyed::key(&format!("wx{:016x}", fastrand::u64(..)), "check")
}
