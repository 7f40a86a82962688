//! Whether a request was handed over to a connection.
//!
//! Whoever repeats a message has to know whether the first one may have been sent, and an error says too little: a
//! deadline that passes while a connection is being made looks like one that passes while WeChat thinks. So the body
//! tells: a connection asks it whether it is empty before it writes the first byte of the head.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use reqwest::Request;

const WAITING: u8 = 0;
const TAKEN: u8 = 1;
const WITHDRAWN: u8 = 2;

/// The other end of a request that is under way.
#[derive(Debug)]
pub(crate) struct Handover(Arc<AtomicU8>);

impl Handover {
    /// Has the request tell when a connection takes it.
    pub(crate) fn watch(request: &mut Request) -> Self {
        let state = Arc::new(AtomicU8::new(WAITING));
        let body = request.body_mut().take().unwrap_or_default();
        *request.body_mut() = Some(reqwest::Body::wrap(Watched { body, state: Arc::clone(&state) }));
        Self(state)
    }

    /// Takes the request back, if no connection has taken it. `true` means that not a byte of it was written, nor will
    /// be: a connection that takes it in the same moment gets an error for a body, and closes.
    pub(crate) fn withdraw(&self) -> bool {
        leave(&self.0, WITHDRAWN)
    }
}

/// Leaves the state of waiting for `state`, or says whether it was left for the same before.
fn leave(from: &AtomicU8, state: u8) -> bool {
    match from.compare_exchange(WAITING, state, Ordering::AcqRel, Ordering::Acquire) {
        Ok(_) => true,
        Err(before) => before == state,
    }
}

struct Watched {
    body: reqwest::Body,
    state: Arc<AtomicU8>,
}

impl Body for Watched {
    type Data = Bytes;
    type Error = Box<dyn StdError + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if !leave(&self.state, TAKEN) {
            return Poll::Ready(Some(Err("the request was withdrawn".into())));
        }
        Pin::new(&mut self.body).poll_frame(context).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        leave(&self.state, TAKEN) && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.state.load(Ordering::Acquire) {
            // So that it is asked for a body, which it does not give.
            WITHDRAWN => SizeHint::with_exact(1),
            _ => self.body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::{Client, Method};
    use tokio::io::AsyncReadExt as _;
    use tokio::net::TcpListener;

    use super::*;

    fn request(method: &Method, address: std::net::SocketAddr) -> Request {
        let mut request = Request::new(method.clone(), format!("http://{address}/path").parse().unwrap());
        if method == Method::POST {
            *request.body_mut() = Some("the body".into());
        }
        request
    }

    fn client() -> Client {
        Client::builder().no_proxy().build().unwrap()
    }

    /// What the other side gets of a request.
    async fn received(listener: &TcpListener) -> String {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut text = vec![0; 4096];
        let length = stream.read(&mut text).await.unwrap();
        String::from_utf8_lossy(&text[..length]).into_owned()
    }

    #[tokio::test]
    async fn a_request_that_was_sent_can_not_be_withdrawn() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        for method in [Method::GET, Method::POST] {
            let mut request = request(&method, listener.local_addr().unwrap());
            let handover = Handover::watch(&mut request);
            let (outcome, text) = tokio::join!(client().execute(request), received(&listener));
            outcome.unwrap_err();
            assert!(!handover.withdraw());
            assert!(text.starts_with(&format!("{method} /path")), "{text}");
            // As without it: a length where there is a body, and never in chunks.
            assert_eq!(text.contains("content-length: 8\r\n"), method == Method::POST, "{text}");
            assert!(!text.contains("chunked"), "{text}");
        }
    }

    #[tokio::test]
    async fn nothing_is_written_of_a_request_that_was_withdrawn() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        for method in [Method::GET, Method::POST] {
            let mut request = request(&method, listener.local_addr().unwrap());
            let handover = Handover::watch(&mut request);
            assert!(handover.withdraw());
            let (outcome, text) = tokio::join!(client().execute(request), received(&listener));
            outcome.unwrap_err();
            assert_eq!(text, "");
            assert!(handover.withdraw(), "it stays withdrawn");
        }
    }

    #[tokio::test]
    async fn a_request_that_found_no_connection_can_be_withdrawn() {
        let address = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap();
        let mut request = request(&Method::POST, address);
        let handover = Handover::watch(&mut request);
        client().execute(request).await.unwrap_err();
        assert!(handover.withdraw());
    }

    /// However the two meet: what is withdrawn is not received.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_withdrawal_is_true_in_any_moment() {
        let client = client();
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..300 {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let mut request = request(&Method::POST, listener.local_addr().unwrap());
            let handover = Handover::watch(&mut request);
            let sending = tokio::spawn(client.execute(request));
            let withdrawing = async {
                tokio::time::sleep(Duration::from_micros(random.u64(0..1000))).await;
                let withdrawn = handover.withdraw();
                sending.abort();
                withdrawn
            };
            let receiving = tokio::time::timeout(Duration::from_millis(20), received(&listener));
            let (text, withdrawn) = tokio::join!(receiving, withdrawing);
            assert!(!withdrawn || text.is_err() || text.as_deref() == Ok(""), "{text:?}");
        }
    }
}
