//! The HTTP side: connections, requests, answers.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::Shared;
use super::body::query;
use super::record::RecordedRequest;
use super::rules::{Action, Plan};

/// No request may be larger. WeChat's own limits are far below.
const LARGEST: usize = 64 << 20;

/// Accepts connections until the task is aborted, which ends all connections too: they live in this task's set.
pub(super) async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    let shared = Arc::clone(&shared);
                    let service = service_fn(move |request| answer(Arc::clone(&shared), request));
                    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                    // An error here is a connection that broke, on purpose or not.
                    connections.spawn(async move { drop(connection.await) });
                }
                // Out of file descriptors, most likely: some will be free again.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

/// Tells hyper to close the connection without an answer.
#[derive(Debug)]
struct Dropped;

impl std::fmt::Display for Dropped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the mock was told to drop this connection")
    }
}

impl std::error::Error for Dropped {}

async fn answer(shared: Arc<Shared>, request: Request<Incoming>) -> Result<Response<Payload>, Dropped> {
    let (head, body) = request.into_parts();
    let chunked = head.headers.contains_key(header::TRANSFER_ENCODING);
    let (body, too_large) = match collect(body).await {
        Ok(Some(body)) => (body, false),
        Ok(None) => (Vec::new(), true),
        // The caller went away.
        Err(_) => return Err(Dropped),
    };
    let mut request = RecordedRequest {
        endpoint: None,
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: query(head.uri.query().unwrap_or_default()),
        headers: texts(&head.headers),
        body,
    };
    let endpoint = shared.endpoint(&request);
    request.endpoint = endpoint.map(|endpoint| endpoint.id.clone());

    let in_front = shared.state().rules.in_front(request.endpoint.as_deref(), &request.path);
    if let Some(Plan { action: Action::DropBefore, delay }) = &in_front {
        pause(*delay).await;
        return Err(Dropped);
    }
    shared.state().requests.push(request.clone());
    // WeChat's gateway takes no body of unknown length, and says so without a word.
    if chunked {
        return Ok(Reply::status(StatusCode::PRECONDITION_FAILED).into_response(None));
    }
    if too_large {
        return Ok(Reply::status(StatusCode::PAYLOAD_TOO_LARGE).into_response(None));
    }
    if let Some(Plan { action: Action::Reply { status, content_type, body }, delay }) = in_front {
        pause(delay).await;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        return Ok(Reply { status, content_type, body, used: None }.into_response(None));
    }

    let (reply, plan) = shared.process(endpoint, &request);
    let plan = plan.unwrap_or_default();
    pause(plan.delay).await;
    match plan.action {
        Action::DropAfter => Err(Dropped),
        Action::Truncate(length) => Ok(reply.into_response(Some(length))),
        _ => Ok(reply.into_response(None)),
    }
}

async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

/// The body, or `None` when it is too large.
async fn collect(mut body: Incoming) -> Result<Option<Vec<u8>>, hyper::Error> {
    let mut all = Vec::new();
    let mut too_large = false;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        if let Ok(data) = frame?.into_data() {
            too_large |= all.len() + data.len() > LARGEST;
            // It is read to its end all the same, so that the caller hears the answer.
            if !too_large {
                all.extend_from_slice(&data);
            }
        }
    }
    Ok((!too_large).then_some(all))
}

fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}

/// An answer before it is written.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) content_type: String,
    pub(super) body: Bytes,
    /// The header `Num-Used`.
    pub(super) used: Option<u64>,
}

impl Reply {
    pub(super) fn new(content_type: &str, body: impl Into<Bytes>) -> Self {
        Self { status: StatusCode::OK, content_type: content_type.to_owned(), body: body.into(), used: None }
    }

    fn status(status: StatusCode) -> Self {
        Self { status, ..Self::new("", Bytes::new()) }
    }

    fn into_response(self, cut: Option<usize>) -> Response<Payload> {
        let mut response = Response::new(Payload::new(self.body, cut));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if let Ok(content_type) = HeaderValue::try_from(self.content_type)
            && !content_type.is_empty()
        {
            headers.insert(header::CONTENT_TYPE, content_type);
        }
        if let Some(used) = self.used {
            headers.insert("num-used", used.into());
        }
        response
    }
}

/// A body that may break off before the length that it announces.
struct Payload {
    data: Option<Bytes>,
    /// What is announced and not sent yet.
    left: u64,
    cut: bool,
    paused: bool,
}

impl Payload {
    fn new(mut data: Bytes, cut: Option<usize>) -> Self {
        let left = data.len() as u64;
        let cut = cut.filter(|length| *length < data.len());
        if let Some(length) = cut {
            data.truncate(length);
        }
        Self { data: Some(data).filter(|data| !data.is_empty()), left, cut: cut.is_some(), paused: false }
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
        SizeHint::with_exact(self.left)
    }
}
