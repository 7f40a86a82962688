//! A service of axum, over HTTP.

use ::axum::Router;
use ::axum::extract::FromRef;
use ::axum::routing::{get, post};
use reqwest::{Client, Response};

use super::*;

async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { ::axum::serve(listener, app).await });
    format!("http://{address}/push")
}

async fn receive(message: Message) -> Result<Answer> {
    if message.is::<Verdict>() {
        return message.reply(VerdictReply { code: Some(0) });
    }
    message.decode::<Words>()?;
    Ok(message.success())
}

fn raw(query: &Query) -> String {
    let pairs = [
        ("signature", &query.signature),
        ("msg_signature", &query.msg_signature),
        ("timestamp", &query.timestamp),
        ("nonce", &query.nonce),
        ("echostr", &query.echostr),
    ];
    let mut text = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        if let Some(value) = value {
            text.append_pair(name, value);
        }
    }
    text.finish()
}

async fn send(url: &str, query: &Query, body: impl Into<reqwest::Body>) -> Response {
    Client::new().post(format!("{url}?{}", raw(query))).body(body).send().await.unwrap()
}

#[tokio::test]
async fn requests_are_verified_opened_and_answered() {
    let route = get(super::super::axum::verify_url).post(receive);
    let url = serve(Router::new().route("/push", route).with_state(builder().max_body(2000).build().unwrap())).await;

    let mut query = plain_query();
    query.echostr = Some("437+51".into());
    let answer = Client::new().get(format!("{url}?{}", raw(&query))).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "437+51"));
    query.nonce = Some("78".into());
    let answer = Client::new().get(format!("{url}?{}", raw(&query))).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (403, "failed"));

    let (query, body) = sealed(r#"{"MsgType":"text","Content":"hi"}"#);
    let answer = send(&url, &query, body.clone()).await;
    assert_eq!(answer.headers()["content-type"], "text/plain; charset=utf-8");
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "success"));

    let (verdict, sealed_verdict) = sealed(r#"{"MsgType":"event","Event":"verdict","FromUserName":"o1"}"#);
    let answer = send(&url, &verdict, sealed_verdict).await;
    assert_eq!(answer.headers()["content-type"], "application/json; charset=utf-8");
    let reply: Value = serde_json::from_slice(&replies::unseal(KEY, &answer.bytes().await.unwrap())).unwrap();
    assert_eq!(reply["ToUserName"], "o1");

    let (other, other_body) = sealed(r#"{"MsgType":"text"}"#);
    for (query, body, status) in [
        (&plain_query(), body.clone(), 400),
        (&plain_query(), r#"{"MsgType":"text"}"#.to_owned(), 403),
        (&query, body.replace("Encrypt\":\"", "Encrypt\":\"A"), 403),
        (&query, "x".repeat(2000), 400),
        (&query, "x".repeat(2001), 413),
        (&other, other_body, 500),
    ] {
        let answer = send(&url, query, body).await;
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (status, "failed"));
    }
}

/// A body whose length nobody announced is not read beyond the limit.
#[tokio::test]
async fn chunks_are_counted() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let app = Router::new().route("/push", post(receive)).with_state(builder().max_body(1000).build().unwrap());
    let url = serve(app).await;
    let address = url.trim_start_matches("http://").trim_end_matches("/push");
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(b"POST /push HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").await.unwrap();
    let chunk = format!("1f4\r\n{}\r\n", "x".repeat(500));
    for _ in 0..3 {
        stream.write_all(chunk.as_bytes()).await.unwrap();
    }
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 413");
}

/// A state of one's own, and Cloud Hosting.
#[tokio::test]
async fn cloud_hosting_shows_its_header() {
    #[derive(Clone)]
    struct Service {
        receiver: Receiver,
    }
    impl FromRef<Service> for Receiver {
        fn from_ref(service: &Service) -> Self {
            service.receiver.clone()
        }
    }
    let service = Service { receiver: Receiver::cloud_hosted() };
    let url = serve(Router::new().route("/push", post(receive)).with_state(service)).await;
    let text = r#"{"MsgType":"text","Content":"hi"}"#;
    for (header, body, status) in [
        (Some("x-wx-source"), text, 200),
        (Some("x-wx-sources"), text, 200),
        (None, text, 403),
        (None, r#"{ "action": "CheckContainerPath"}"#, 200),
    ] {
        let mut request = Client::new().post(&url).body(body);
        if let Some(name) = header {
            request = request.header(name, "wx_client");
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{header:?} {body}");
        assert_eq!(answer.text().await.unwrap(), if status == 200 { "success" } else { "failed" });
    }
}

/// Who looks for the reason of a status finds it.
#[test]
fn refusals_are_logged() {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use ::axum::response::IntoResponse as _;
    use tracing_subscriber::fmt;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let log = Log::default();
    let write = log.clone();
    // With a single subscriber, a thread that has none would decide for all whether an event is of interest.
    let _second = tracing::Dispatch::new(fmt().with_writer(std::io::sink).finish());
    let subscriber = fmt().with_max_level(tracing::Level::DEBUG).with_ansi(false).with_writer(move || write.clone());
    let rejection = super::super::axum::Rejection::from(receiver().open(&plain_query(), "{}").unwrap_err());
    let (query, body) = sealed_with(OTHER_KEY, APPID, b"{}");
    let error = receiver().open(&query, body).unwrap_err();
    tracing::subscriber::with_default(subscriber.finish(), || {
        assert_eq!(rejection.into_response().status().as_u16(), 403);
        assert_eq!(error.into_response().status().as_u16(), 400);
    });
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    // Whether it is a warning depends on what other tests were refused before.
    for line in [
        r#"message refused app="wx0123456789abcdef" status=403 error=the message came unencrypted"#,
        r#"message refused app="wx0123456789abcdef" status=400 error=the message can not be decrypted"#,
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}
