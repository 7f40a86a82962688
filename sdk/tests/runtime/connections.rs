//! Connections that fail: `maybe_sent` is false only where certainly nothing reached the other side, and there always
//! where that can be known.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use weapp::{Client, Error, ErrorKind, Retry};

use crate::raw::{Nobody, Raw, builder, client, post};

fn unsent(error: &Error, told: &str) {
    assert_eq!(error.kind(), ErrorKind::Transport, "{error:?}");
    assert!(!error.maybe_sent(), "{error:?}");
    assert!(error.is_retryable(), "{error:?}");
    assert!(error.to_string().contains(told), "{error}");
    assert!(!error.remedy().unwrap().contains("took effect"), "{error}");
}

#[tokio::test]
async fn nothing_is_sent_where_nobody_listens() {
    let nobody = Nobody::new();
    let error = post(&client(&nobody.url())).await.unwrap_err();
    unsent(&error, "could not connect; what to do");
    assert!(!error.is_timeout());
}

#[tokio::test]
async fn nothing_is_sent_to_a_name_without_an_address() {
    // A name that never exists, by RFC 6761.
    let error = post(&client("http://weapp.invalid")).await.unwrap_err();
    unsent(&error, "could not find the address of the host");
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test]
async fn nothing_is_sent_when_tls_fails() {
    // What answers is no TLS.
    let plain = Raw::start(|mut connection| async move {
        connection.stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await?;
        connection.stream.read_to_end(&mut Vec::new()).await.map(drop)
    })
    .await;
    let error = post(&client(&format!("https://{}", plain.address))).await.unwrap_err();
    unsent(&error, "could not connect");
    // The connection ends in the handshake.
    let silent = Raw::start(|mut connection| async move { connection.stream.read_u8().await.map(drop) }).await;
    let error = post(&client(&format!("https://{}", silent.address))).await.unwrap_err();
    unsent(&error, "could not connect");
}

#[cfg(any(feature = "rustls", feature = "native-tls"))]
#[tokio::test]
async fn nothing_is_sent_through_a_proxy_that_refuses() {
    for (status, told) in [("502 Bad Gateway", "connect"), ("407 Proxy Authentication Required", "connect")] {
        let proxy = Raw::answering(format!("HTTP/1.1 {status}\r\nContent-Length: 6\r\n\r\n<html>")).await;
        let client = builder("https://api.example.com").proxy(proxy.url()).retry(Retry::never()).build().unwrap();
        unsent(&post(&client).await.unwrap_err(), told);
        assert_eq!(proxy.requests(), 1, "CONNECT");
    }
    let nobody = Nobody::new();
    let client = builder("https://api.example.com").proxy(nobody.url()).build().unwrap();
    unsent(&post(&client).await.unwrap_err(), "could not connect");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn nothing_is_sent_when_connecting_takes_too_long() {
    // Linux drops what does not fit into the queue of connections, so that connecting gets no answer at all.
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    while let Ok(Ok(stream)) = tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(address)).await {
        queue.push(stream);
        assert!(queue.len() < 100, "the queue never fills");
    }
    let hurried = builder(&format!("http://{address}"))
        .connect_timeout(Duration::from_millis(100))
        .retry(Retry::never())
        .build()
        .unwrap();
    let error = post(&hurried).await.unwrap_err();
    unsent(&error, "could not connect in time");
    assert!(error.is_timeout());
    // Also when it is the call's own time that runs out.
    let patient = client(&format!("http://{address}"));
    let call = || patient.request("wxa/some/path").timeout(Duration::from_millis(100)).without_token();
    for call in [call(), call().method(weapp::Method::Get)] {
        let error = call.await.unwrap_err();
        unsent(&error, "time ran out before anything was sent");
        assert!(error.is_timeout());
    }
}

#[tokio::test]
async fn whoever_takes_a_request_may_have_understood_it() {
    // Closed and reset without an answer, after the request and in the middle of it.
    for (whole, reset) in [(true, false), (true, true), (false, false), (false, true)] {
        let server = Raw::start(move |mut connection| async move {
            if whole {
                connection.request().await?;
            } else {
                connection.stream.read_u8().await?;
            }
            if reset { connection.reset() } else { Ok(()) }
        })
        .await;
        let client = builder(&server.url()).build().unwrap();
        let error = post(&client).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Transport, "{error:?}");
        assert!(error.maybe_sent(), "{whole} {reset}: {error:?}");
        assert!(server.requests() <= 1, "it is not sent again");
    }
}

#[tokio::test]
async fn half_an_upload_may_have_been_sent() {
    let server = Raw::start(|mut connection| async move {
        connection.stream.read_exact(&mut [0; 1000]).await?;
        connection.reset()
    })
    .await;
    let file = weapp::File::new(vec![7; 16 << 20]);
    let error = client(&server.url()).request("wxa/some/path").without_token().file("media", file).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(error.maybe_sent(), "{error:?}");
}

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/// A server that closes each connection after one answer, though it does not announce it, once told to.
async fn closing(reset: bool, close: Arc<tokio::sync::Semaphore>) -> Raw {
    Raw::start(move |mut connection| {
        let close = Arc::clone(&close);
        async move {
            connection.request().await?;
            connection.stream.write_all(ANSWER).await?;
            let _told = close.acquire().await;
            if reset { connection.reset() } else { Ok(()) }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_was_closed_while_idle_is_not_used() {
    for reset in [false, true] {
        let close = Arc::new(tokio::sync::Semaphore::new(0));
        let server = closing(reset, Arc::clone(&close)).await;
        let client = client(&server.url());
        post(&client).await.unwrap();
        close.add_permits(10);
        // The runtime sees the end of the connection when it looks at its sockets.
        tokio::time::sleep(Duration::from_millis(100)).await;
        post(&client).await.unwrap();
        assert_eq!(server.requests(), 2);
    }
}

/// The hardest case: the server closes a connection in the very moment in which the next request is sent on it. Whatever
/// the outcome, an error that claims that nothing was sent is true, and nothing arrives twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_closes_under_a_request_never_doubles_it() {
    for reset in [false, true] {
        let server = closing(reset, Arc::new(tokio::sync::Semaphore::new(10_000))).await;
        let client = builder(&server.url()).retry(Retry::default().times(5).pause(Duration::ZERO)).build().unwrap();
        let (mut answered, mut unknown, mut unsent) = (0, 0, 0);
        for _ in 0..500 {
            match post(&client).await {
                Ok(_) => answered += 1,
                Err(error) if error.maybe_sent() => unknown += 1,
                Err(error) => {
                    println!("{error:?}");
                    unsent += 1;
                }
            }
        }
        println!("reset: {reset}, answered: {answered}, unknown: {unknown}, unsent: {unsent}");
        let arrived = server.requests();
        assert!((answered..=answered + unknown).contains(&arrived), "{arrived} of {answered} and {unknown}");
        assert_eq!(unsent, 0, "what was not sent is sent on another connection");
        assert!(answered > 0);
    }
}

/// A busy runtime has not seen yet that the connection was closed: what it writes goes nowhere, and nobody can know.
#[test]
fn a_busy_runtime_does_not_lie() {
    for reset in [false, true] {
        let (url, requests) = closing_thread(reset);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let client: Client = builder(&url).build().unwrap();
            post(&client).await.unwrap();
            // Nothing else runs meanwhile.
            std::thread::sleep(Duration::from_millis(100));
            let outcome = post(&client).await;
            println!("reset: {reset}, {outcome:?}");
            match outcome {
                Ok(_) => assert_eq!(requests.load(Ordering::SeqCst), 2),
                Err(error) => assert!(error.maybe_sent() && requests.load(Ordering::SeqCst) == 1, "{error:?}"),
            }
        });
    }
}

/// As [`closing`], on a thread of its own.
fn closing_thread(reset: bool) -> (String, Arc<AtomicUsize>) {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&requests);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            listener.set_nonblocking(true).unwrap();
            let listener = TcpListener::from_std(listener).unwrap();
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = vec![0; 4096];
                let mut length = 0;
                while !head[..length].ends_with(br#"{"a":1}"#) {
                    length += stream.read(&mut head[length..]).await.unwrap();
                }
                counted.fetch_add(1, Ordering::SeqCst);
                stream.write_all(ANSWER).await.unwrap();
                // The answer is read before the connection ends.
                tokio::time::sleep(Duration::from_millis(30)).await;
                if reset {
                    stream.set_zero_linger().unwrap();
                }
            }
        });
    });
    (url, requests)
}
