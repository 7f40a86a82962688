//! A log, and whatever else is shown, that is searched for secrets while it is written, and kept nowhere.

use std::collections::BTreeSet;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// Looks for planted secrets in all that is shown to it.
#[derive(Clone, Default)]
pub(crate) struct Search(Arc<State>);

#[derive(Default)]
struct State {
    secrets: Mutex<BTreeSet<String>>,
    found: Mutex<Option<String>>,
    bytes: AtomicU64,
}

impl Search {
    pub(crate) fn plant(&self, secret: &str) {
        assert!(secret.len() >= 8, "too short to be recognised");
        let mut secrets = self.0.secrets.lock().unwrap();
        if !secrets.contains(secret) {
            secrets.insert(secret.to_owned());
        }
    }

    pub(crate) fn planted(&self) -> usize {
        self.0.secrets.lock().unwrap().len()
    }

    pub(crate) fn show(&self, text: &str) {
        self.0.bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
        let secrets = self.0.secrets.lock().unwrap();
        if secrets.iter().any(|secret| text.contains(secret)) {
            self.0.found.lock().unwrap().get_or_insert_with(|| text.to_owned());
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    /// The first text that held a secret.
    pub(crate) fn found(&self) -> Option<String> {
        self.0.found.lock().unwrap().clone()
    }
}

/// One event of tracing-subscriber is one write.
impl Write for Search {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.show(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn it_finds_what_was_planted() {
    let search = Search::default();
    search.plant("planted-secret");
    search.show("nothing here");
    assert_eq!(search.found(), None);
    search.show("and here: planted-secret.");
    assert!(search.found().is_some_and(|text| text.contains("here")));
}
