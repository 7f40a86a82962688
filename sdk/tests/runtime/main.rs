//! The runtime against the mock: tokens, repetition, answers, configuration.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod apps;
mod connections;
mod files;
mod hosts;
mod hygiene;
mod limits;
mod messages;
#[cfg(feature = "metrics")]
mod metrics;
mod middleware;
#[cfg(feature = "metrics")]
mod pushes;
mod raw;
mod repeats;
mod tokens;
mod universal;

use std::time::Duration;

use weapp::api::live_broadcast::GetLiveInfo;
use weapp::api::subscribe_message::SendMessage;
use weapp::mock::Mock;
use weapp::{Client, ClientBuilder, Retry};

/// A client of the mock that wastes no time between repetitions.
fn impatient(mock: &Mock) -> ClientBuilder {
    Client::builder()
        .apps(mock.apps().unwrap())
        .base_url(mock.url())
        .retry(Retry::default().pause(Duration::from_millis(1)))
}

/// A message that may not be sent twice.
fn message() -> SendMessage {
    SendMessage::new().touser("OPENID").template_id("TEMPLATE").data([("thing1", "hello")])
}

/// A question that may be asked as often as one likes.
fn question() -> GetLiveInfo {
    GetLiveInfo::new().page(1, 10)
}
