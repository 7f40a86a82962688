//! What goes back to WeChat.

use std::fmt;

use bytes::Bytes;
use http::StatusCode;

use super::error::{Error, Result};
use super::event::{Fill, PushReply};
use super::message::Format;
use crate::wire::Timestamp;

/// An HTTP answer, for any web framework: status, content type and body.
///
/// `status` is of the crate `http` 1, as in axum and hyper 1. Elsewhere (actix-web has `http` 0.2) its number goes over:
/// `status.as_u16()`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "WeChat repeats what is not answered"]
pub struct Answer {
    /// 200, unless the request is refused.
    pub status: StatusCode,
    /// The value of the header `Content-Type`.
    pub content_type: &'static str,
    /// What WeChat reads. An encrypted reply is encrypted already.
    pub body: Bytes,
}

const TEXT: &str = "text/plain; charset=utf-8";

impl Answer {
    /// The bare word `success`, which is never encrypted: the message was received.
    pub fn success() -> Self {
        Self { status: StatusCode::OK, content_type: TEXT, body: Bytes::from_static(b"success") }
    }

    /// A text as it is: the `echostr` of a URL that is being verified.
    pub fn text(text: impl Into<String>) -> Self {
        Self { body: text.into().into(), ..Self::success() }
    }

    /// A failure: for a request that is refused, or for WeChat to send the message once more.
    ///
    /// The body is the word `failed`: an empty one means success to some of WeChat's pages, and none says that the status
    /// counts.
    pub fn failure(status: StatusCode) -> Self {
        Self { status, ..Self::text("failed") }
    }

    /// The answer to a callback that [`Receiver::callback`](super::Receiver::callback) has read: JSON, unencrypted.
    ///
    /// # Errors
    /// [`ErrorKind::Reply`](super::ErrorKind::Reply) when a field of the reply is missing or breaks a constraint.
    pub fn callback(reply: impl PushReply) -> Result<Self> {
        let fill = Fill::new(None, Timestamp::from(std::time::SystemTime::now()));
        Ok(match reply.into_body(&fill)? {
            Some(value) => Self::written(Format::Json, value.to_string()),
            None => Self::success(),
        })
    }

    pub(super) fn written(format: Format, body: impl Into<Bytes>) -> Self {
        Self { content_type: format.content_type(), body: body.into(), ..Self::success() }
    }
}

/// The status that fits, and no reason: whoever could not prove to be WeChat learns nothing.
impl From<&Error> for Answer {
    fn from(error: &Error) -> Self {
        Self::failure(error.status())
    }
}

impl From<Error> for Answer {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

/// The body may hold what a message said.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .finish()
    }
}
