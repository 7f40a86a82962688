//! What WeChat did with each message, counted on its side.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use weapp::mock::RecordedRequest;

/// How often each message took effect.
#[derive(Clone)]
pub(crate) struct Deliveries(Arc<[AtomicU8]>);

impl Deliveries {
    pub(crate) fn of(messages: usize) -> Self {
        Self((0..messages).map(|_| AtomicU8::new(0)).collect())
    }

    /// The recipient that stands for a message.
    pub(crate) fn recipient(message: usize) -> String {
        format!("recipient-{message}")
    }

    pub(crate) fn record(&self, request: &RecordedRequest) {
        if !request.took_effect || request.endpoint.as_deref() != Some("sendMessage") {
            return;
        }
        let body: serde_json::Value = request.json().unwrap();
        let message: usize = body["touser"].as_str().unwrap().strip_prefix("recipient-").unwrap().parse().unwrap();
        self.0[message].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn times(&self, message: usize) -> u8 {
        self.0[message].load(Ordering::Relaxed)
    }

    pub(crate) fn most(&self) -> u8 {
        self.0.iter().map(|times| times.load(Ordering::Relaxed)).max().unwrap_or_default()
    }
}
