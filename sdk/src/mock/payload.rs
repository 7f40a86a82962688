//! Answers on their way to HTTP.

use std::borrow::Cow;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use hyper::body::{Body, Frame, SizeHint};

use super::rules::{Canned, Manner};
use super::server::Dropped;

/// An answer before it is written.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) content_type: Cow<'static, str>,
    pub(super) body: Bytes,
    /// The header `Num-Used`.
    pub(super) used: Option<u64>,
    /// Those of a signature.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
}

impl Reply {
    pub(super) fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            status: StatusCode::OK,
            content_type: content_type.into(),
            body: body.into(),
            used: None,
            headers: Vec::new(),
        }
    }

    pub(super) fn status(status: StatusCode) -> Self {
        Self { status, ..Self::new("", Bytes::new()) }
    }

    /// `cut` is how much of the body is sent before the connection ends.
    pub(super) fn into_response(self, manner: &Manner, cut: Option<usize>) -> Response<Payload> {
        let mut response = Response::new(Payload::new(self.body, cut, manner.chunked));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Ok(content_type) = HeaderValue::from_str(&self.content_type)
            && !content_type.is_empty()
        {
            headers.insert(header::CONTENT_TYPE, content_type);
        }
        if let Some(used) = self.used {
            headers.insert("num-used", used.into());
        }
        headers.extend(self.headers);
        for (name, value) in &manner.headers {
            if *name == header::CONTENT_TYPE {
                headers.insert(name, value.clone());
            } else {
                headers.append(name, value.clone());
            }
        }
        response
    }
}

impl From<Canned> for Reply {
    fn from(canned: Canned) -> Self {
        let Canned { status, content_type, body } = canned;
        Self { status, content_type: content_type.into(), body, used: None, headers: Vec::new() }
    }
}

/// A body that may break off before the length that it announces.
pub(super) struct Payload {
    data: Option<Bytes>,
    /// What is announced and not sent yet.
    left: u64,
    cut: bool,
    /// Whether the length is announced.
    sized: bool,
    paused: bool,
}

impl Payload {
    fn new(mut data: Bytes, cut: Option<usize>, chunked: bool) -> Self {
        let left = data.len() as u64;
        let cut = cut.filter(|length| *length < data.len());
        if let Some(length) = cut {
            data.truncate(length);
        }
        let data = Some(data).filter(|data| !data.is_empty());
        Self { data, left, cut: cut.is_some(), sized: !chunked, paused: false }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Some(data) = self.data.take() {
            self.left = self.left.saturating_sub(data.len() as u64);
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        if !self.cut {
            return Poll::Ready(None);
        }
        // hyper writes out what it has when a body has nothing for the moment. The error then ends the connection.
        if !self.paused {
            self.paused = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(io::Error::other(Dropped))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && !self.cut
    }

    fn size_hint(&self) -> SizeHint {
        if self.sized { SizeHint::with_exact(self.left) } else { SizeHint::default() }
    }
}
