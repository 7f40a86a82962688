//! What the client logs: counted, and searched for secrets.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use weapp::mock::Mock;

use super::{EVENTS, REDIS_PASSWORD};

/// What every token of the mock begins with.
const TOKEN: &str = "mock_";

#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Counts>>);

#[derive(Default)]
pub(super) struct Counts {
    pub(super) events: BTreeMap<String, u64>,
    pub(super) leaks: u64,
    pub(super) leak: Option<String>,
}

impl Log {
    /// Receives what all crates of this process log.
    pub(super) fn install() -> Self {
        let log = Self::default();
        let lines = tracing_subscriber::fmt().with_ansi(false).with_max_level(LevelFilter::DEBUG);
        lines.with_writer(log.clone()).init();
        log
    }

    pub(super) fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { log: self.clone(), text: Vec::new() }
    }
}

/// One line of the log.
pub(super) struct Line {
    log: Log,
    text: Vec<u8>,
}

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.text);
        let mut counts = self.log.counts();
        if has_secret(&text) {
            counts.leaks += 1;
            counts.leak.get_or_insert_with(|| text.clone().into_owned());
        }
        // Of two that begin alike the longer one comes first.
        if let Some(event) = EVENTS.iter().find(|event| text.contains(**event)) {
            *counts.events.entry((*event).to_owned()).or_default() += 1;
        }
    }
}

/// Whether a text shows an AppSecret, a token of the mock, or the password of Redis.
pub(super) fn has_secret(text: &str) -> bool {
    [TOKEN, Mock::SECRET, REDIS_PASSWORD].iter().any(|secret| text.contains(secret))
}
