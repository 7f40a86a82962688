//! Servers that speak bytes: for what the mock, which speaks proper HTTP, can not do.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use weapp::{Client, ClientBuilder, Retry};

/// A server that treats each connection as it was told to. Dropping it stops it.
pub(crate) struct Raw {
    pub(crate) address: String,
    requests: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Raw {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection, and the count of all requests.
pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    requests: Arc<AtomicUsize>,
}

impl Raw {
    pub(crate) async fn start<F>(serve: impl Fn(Connection) -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let requests = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&requests);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(Connection { stream, requests: Arc::clone(&counted) }));
            }
        });
        Self { address, requests, task }
    }

    /// Answers each request with these bytes and closes the connection.
    pub(crate) async fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = Arc::new(bytes.into());
        Self::start(move |mut connection| {
            let bytes = Arc::clone(&bytes);
            async move {
                connection.request().await?;
                connection.stream.write_all(&bytes).await?;
                connection.stream.shutdown().await
            }
        })
        .await
    }

    /// Answers 200 with these headers and this body.
    pub(crate) async fn body(headers: &str, body: &[u8]) -> Self {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
        Self::answering([head.as_bytes(), body].concat()).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests came whole.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }
}

impl Connection {
    /// Reads one request to its end. An error when the connection ends before.
    pub(crate) async fn request(&mut self) -> io::Result<String> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.stream.read_u8().await?);
        }
        let head = String::from_utf8_lossy(&head).to_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        self.stream.read_exact(&mut body).await?;
        self.requests.fetch_add(1, Ordering::SeqCst);
        Ok(head)
    }

    /// Closes the connection by a reset.
    pub(crate) fn reset(self) -> io::Result<()> {
        self.stream.set_zero_linger()
    }
}

/// An address that is taken, so that nobody else gets it, and at which nobody listens.
pub(crate) struct Nobody {
    pub(crate) address: String,
    _socket: TcpSocket,
}

impl Nobody {
    pub(crate) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self { address: socket.local_addr().unwrap().to_string(), _socket: socket }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

pub(crate) fn builder(url: &str) -> ClientBuilder {
    Client::builder()
        .app("wx0123456789abcdef", "secret-secret")
        .base_url(url)
        .retry(Retry::default().pause(Duration::from_millis(1)))
}

/// A client that repeats nothing.
pub(crate) fn client(url: &str) -> Client {
    builder(url).retry(Retry::never()).build().unwrap()
}

/// A POST that may not be sent twice, and needs no token.
pub(crate) async fn post(client: &Client) -> weapp::Result<serde_json::Value> {
    client.request("wxa/some/path").without_token().json(&serde_json::json!({ "a": 1 })).await
}
