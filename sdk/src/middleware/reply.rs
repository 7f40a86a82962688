//! What came back.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::came::is_json;
use crate::endpoint::{Meta, Received};
use crate::errcode::ErrCode;
use crate::wire::{Envelope, Nothing, Unfit, judge};

/// What came back of an attempt, from WeChat or from a middleware in its place, before it is read.
#[derive(Clone)]
pub struct Reply {
    pub(super) received: Received,
    envelope: Envelope,
    elapsed: Duration,
}

impl Reply {
    pub(super) fn new(meta: &Meta, received: Received, elapsed: Duration) -> Self {
        Self { received, envelope: meta.envelope, elapsed }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.received.status
    }

    /// The HTTP headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.received.headers
    }

    /// How many bytes the body has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.received.body.len()
    }

    /// Whether there is no body.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.received.body.is_empty()
    }

    /// The error code in the body, read as the endpoint spells it. `None` for a success, and for what is not JSON.
    ///
    /// The body is read anew each time.
    #[must_use]
    pub fn errcode(&self) -> Option<ErrCode> {
        let body = &self.received.body;
        if !is_json(body) {
            return None;
        }
        match judge::<Nothing>(body, &self.envelope) {
            Err(Unfit::Failure { code, .. }) => Some(ErrCode::new(code)),
            _ => None,
        }
    }

    /// How long it took from handing the request to the HTTP client until the answer was complete, without limits,
    /// the access_token and middlewares. Zero for an answer that a middleware made up.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.elapsed
    }

    /// The body. It may hold secrets: `code2Session` answers a session_key, and the fetch of a token answers a token.
    /// Keep it out of logs.
    #[must_use]
    pub fn expose_body(&self) -> &Bytes {
        &self.received.body
    }

    /// The same with another body: what a gateway wraps around WeChat's answers can be taken off here.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.received.body = body.into();
        self
    }

    /// The same with another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.received.status = status;
        self
    }
}

/// Without headers and body: they may hold secrets.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.received.status)
            .field("body", &format_args!("{} bytes", self.received.body.len()))
            .field("elapsed", &self.elapsed)
            .finish_non_exhaustive()
    }
}
