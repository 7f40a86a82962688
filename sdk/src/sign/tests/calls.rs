//! Calls through a client, over HTTP, to a WeChat that verifies, decrypts, and answers as it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::super::cipher::Sealed;
use super::*;
use crate::api::auth::Code2Session;
use crate::api::risk_control::GetUserRiskRank;
use crate::client::Client;
use crate::clock::Clock;
use crate::error::ErrorKind;
use crate::file::File;
use crate::middleware::middleware_fn;
use crate::sign::PaymentKeys;
use crate::token::StableToken;

/// A request as it arrived.
#[derive(Clone, Debug)]
struct Came {
    line: String,
    headers: BTreeMap<String, String>,
    body: String,
}

type Respond = Box<dyn Fn(&Came, usize) -> Received + Send + Sync>;

/// Answers one request on each connection.
struct Server {
    url: String,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Server {
    async fn start(respond: impl Fn(&Came, usize) -> Received + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (came, respond): (Arc<Mutex<Vec<Came>>>, Respond) = (Arc::default(), Box::new(respond));
        let (kept, respond) = (Arc::clone(&came), Arc::new(respond));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&kept), Arc::clone(&respond)));
            }
        });
        Self { url, came }
    }

    fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, came: Arc<Mutex<Vec<Came>>>, respond: Arc<Respond>) {
    let mut text = Vec::new();
    let request = loop {
        if stream.read_buf(&mut text).await.unwrap() == 0 {
            return;
        }
        let text = String::from_utf8_lossy(&text);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let (line, headers) = head.split_once("\r\n").unwrap();
        let headers: BTreeMap<String, String> = headers
            .lines()
            .filter_map(|line| line.split_once(": "))
            .map(|(n, v)| (n.to_lowercase(), v.into()))
            .collect();
        let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        if body.len() >= length {
            break Came { line: line.into(), headers, body: body.into() };
        }
    };
    let number = {
        let mut came = came.lock().unwrap();
        came.push(request.clone());
        came.len()
    };
    let Received { status, headers, body } = respond(&request, number);
    let mut answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in &headers {
        answer.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
    }
    answer.push_str("\r\n");
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.write_all(&body).await.unwrap();
}

/// What a request says, once WeChat has verified and decrypted it.
fn verified(wechat: &WeChat, path: &str, came: &Came) -> Value {
    let url = format!("https://api.weixin.qq.com{path}");
    let header = |name: HeaderName| came.headers.get(name.as_str()).unwrap().as_str();
    assert_eq!(came.headers["content-type"], "application/json");
    assert_eq!((header(header::APPID), header(header::SERIAL)), (APPID, "app"));
    let time = header(header::TIMESTAMP);
    let signature = STANDARD.decode(header(header::SIGNATURE)).unwrap();
    assert!(wechat.app.verify(&signed_text(&url, APPID, time, came.body.as_bytes()), &signature));
    let sealed = Sealed::read(came.body.as_bytes()).unwrap().unwrap();
    let text = wechat.cipher.open(&sealed, &wechat.cipher.aad(&url, APPID, time)).unwrap();
    let mut json: Value = serde_json::from_slice(&text).unwrap();
    let members = json.as_object_mut().unwrap();
    assert_eq!(members.remove("_appid").unwrap(), APPID);
    assert_eq!(members.remove("_timestamp").unwrap(), time.parse::<u64>().unwrap());
    let nonce = members.remove("_n").unwrap();
    assert!((16..=32).contains(&nonce.as_str().unwrap().len()), "{nonce}");
    json
}

struct Stopped;

impl Clock for Stopped {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
    fn now(&self) -> SystemTime {
        now()
    }
}

fn client(server: &Server) -> Client {
    let builder = Client::builder().app(APPID, "secret").base_url(format!("{}/gateway", server.url));
    builder.clock(Stopped).api_keys(keys()).build().unwrap().with_token(APPID, "TOKEN").with_api_keys(keys())
}

fn question() -> GetUserRiskRank {
    GetUserRiskRank::new().openid("o").scene(0i64).client_ip("127.0.0.1")
}

async fn echo(answer: &'static str) -> Server {
    let wechat = WeChat::new();
    Server::start(move |_, _| wechat.answer(answer, NOW)).await
}

#[tokio::test]
async fn a_marked_call_is_signed_and_its_answer_read() {
    let server = echo(r#","errcode":0,"risk_rank":3,"unoin_id":1"#).await;
    let raw = client(&server).send(question()).raw().await.unwrap();
    assert_eq!(raw.result.unwrap().risk_rank, 3);
    assert_eq!(raw.body, r#"{"errcode":0,"risk_rank":3,"unoin_id":1}"#);
    assert_eq!(raw.headers[header::SERIAL], "platform1");
    let came = &server.came()[0];
    assert_eq!(came.line, format!("POST /gateway{PATH}?access_token=TOKEN HTTP/1.1"));
    let said = verified(&WeChat::new(), PATH, came);
    assert_eq!(said, json!({"appid": APPID, "openid": "o", "scene": 0, "client_ip": "127.0.0.1"}));
}

#[tokio::test]
async fn who_asks_for_it_plain_gets_it_plain() {
    let server = Server::start(|_, _| received(&[], r#"{"errcode":0,"risk_rank":1}"#)).await;
    let signing = client(&server);
    signing.send(question()).unsigned().await.unwrap();
    let without_keys = Client::builder().app(APPID, "secret").base_url(server.url.as_str()).build().unwrap();
    without_keys.with_token(APPID, "TOKEN").send(question()).await.unwrap();
    let gateway = Client::builder().app(APPID, "secret").base_url(server.url.as_str()).unsigned().build().unwrap();
    gateway.with_token(APPID, "TOKEN").with_api_keys(keys()).send(question()).await.unwrap();
    signing.request("wxa/any").await.unwrap();
    for came in server.came() {
        assert!(!came.headers.keys().any(|name| name.starts_with("wechatmp")), "{came:?}");
        assert!(!came.body.contains("authtag"));
    }
    // An unmarked call, by its answer: signed it would not be.
    let error = signing.send(question()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Crypto);
    assert!(error.maybe_sent() && error.to_string().starts_with("getUserRiskRank: the answer"), "{error}");
}

#[test]
fn keys_stay_with_their_app() {
    let builder = Client::builder().app(APPID, "secret").payment_keys(PaymentKeys::new().b2b("key"));
    let client = builder.api_keys(keys()).build().unwrap();
    let stranger = client.credentials("wx9", "secret").unwrap();
    let late =
        Client::new(APPID, "secret").unwrap().with_api_keys(keys()).with_payment_keys(PaymentKeys::new().b2b("k"));
    for (client, kept) in [
        (client.with_token(APPID, "TOKEN"), true),
        (client.with_token_source(APPID, StableToken).unwrap(), true),
        (client.credentials(APPID, "secret").unwrap(), true),
        // The secret was replaced, the keys were not.
        (client.credentials(APPID, "another").unwrap(), true),
        (stranger.app(APPID).unwrap(), true),
        (stranger.with_token(APPID, "TOKEN"), true),
        (stranger.credentials(APPID, "third").unwrap(), true),
        (late.credentials(APPID, "secret").unwrap(), true),
        (late.credentials(APPID, "another").unwrap(), true),
        (late.with_token(APPID, "TOKEN").credentials(APPID, "another").unwrap(), true),
        (late.credentials("wx9", "secret").unwrap().app(APPID).unwrap(), false),
        (client.with_token("wx9", "TOKEN"), false),
        (client.with_token_source("wx9", StableToken).unwrap(), false),
        (stranger, false),
    ] {
        let app = &client.bound().app;
        assert_eq!((app.has_api_keys(), app.b2b_payment_key().is_some()), (kept, kept), "{client:?}");
    }
}

#[tokio::test]
async fn without_keys_nothing_is_sent_that_must_be_signed() {
    let server = echo("").await;
    let plain = Client::builder().app(APPID, "secret").base_url(server.url.as_str()).build().unwrap();
    let plain = plain.with_token(APPID, "TOKEN");
    let refused = [
        plain.send(question()).signed().await.map(|_| ()),
        plain.request("wxa/any").signed().await.map(|_| ()),
        client(&server).request("wxa/any").form("a", "b").signed().await.map(|_| ()),
        client(&server).request("wxa/any").json(&[1]).signed().await.map(|_| ()),
        client(&server).request("wxa/any").file("f", File::new("x")).signed().await.map(|_| ()),
        #[cfg(feature = "intracity")]
        plain.send(crate::api::intracity::IntracityGetpaymode::new(APPID)).await.map(|_| ()),
    ];
    for outcome in refused {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(
            !error.maybe_sent() && error.endpoint().is_some() && error.to_string().contains("unsigned()"),
            "{error}"
        );
    }
    assert!(server.came().is_empty());
}

#[tokio::test]
async fn the_universal_request_is_signed_when_asked() {
    let server = echo(r#","errcode":0,"big":12345678901234567"#).await;
    let call = client(&server).request(PATH);
    assert_eq!(call.signed().await.unwrap(), json!({"errcode": 0, "big": 12345678901234567_i64}));
}

#[tokio::test]
async fn parameters_of_a_query_travel_inside() {
    let wechat = WeChat::new();
    let server = Server::start(|_, _| received(&[], r#"{"errcode":40001}"#)).await;
    let call = || client(&server).request("wxa/any?a=1&b=%E4%BD%A0").query("c", "x y");
    call().json(&json!({"d": 2, "e": {}})).signed().await.unwrap_err();
    call().method(crate::Method::Get).signed().await.unwrap_err();
    let came = server.came();
    assert_eq!(came[0].line, "POST /gateway/wxa/any?access_token=TOKEN HTTP/1.1");
    assert_eq!(came[1].line, came[0].line);
    let said = verified(&wechat, "/wxa/any", &came[0]);
    assert_eq!(said, json!({"a": "1", "b": "你", "c": "x y", "d": 2, "e": {}}));
    assert_eq!(verified(&wechat, "/wxa/any", &came[1]), json!({"a": "1", "b": "你", "c": "x y"}));
}

#[tokio::test]
async fn each_attempt_is_signed_anew() {
    let wechat = WeChat::new();
    let server = Server::start(move |_, number| match number {
        1 => received(&[], r#"{"errcode":-1,"errmsg":"system error"}"#),
        _ => wechat.answer(r#","risk_rank":1"#, NOW),
    })
    .await;
    client(&server).send(question()).await.unwrap();
    let came = server.came();
    assert_eq!(came.len(), 2);
    assert_ne!(came[0].body, came[1].body);
    for came in &came {
        verified(&WeChat::new(), PATH, came);
    }
}

#[tokio::test]
async fn what_middlewares_add_is_signed_and_what_they_see_is_plain() {
    let server = echo(r#","errcode":0,"risk_rank":3"#).await;
    let adding = middleware_fn(|mut request| {
        Box::pin(async move {
            request.insert_json("added", &7)?.insert_query("q", "x")?.insert_header("traceparent", "00")?;
            request.insert_header("wechatmp-appid", "wx9")?;
            let reply = request.send().await?;
            assert_eq!(reply.expose_body(), r#"{"errcode":0,"risk_rank":3}"#);
            Ok(reply)
        })
    });
    let builder = Client::builder().app(APPID, "secret").base_url(server.url.as_str()).clock(Stopped);
    let client = builder.middleware(adding).build().unwrap().with_token(APPID, "TOKEN").with_api_keys(keys());
    client.send(question()).await.unwrap();
    let came = &server.came()[0];
    assert_eq!(came.headers["traceparent"], "00");
    let said = verified(&WeChat::new(), PATH, came);
    assert_eq!((&said["added"], &said["q"], &said["openid"]), (&json!(7), &json!("x"), &json!("o")));
}

#[tokio::test]
async fn errors_are_understood_however_they_come() {
    let wechat = WeChat::new();
    let server = Server::start(move |_, number| match number {
        1 => wechat.answer(r#","errcode":61010,"errmsg":"code is expired""#, NOW),
        2 => received(&[], r#"{"errcode":40240,"errmsg":"expired"}"#),
        3 => Received { status: StatusCode::BAD_GATEWAY, ..received(&[], "<html></html>") },
        _ => wechat.answer(r#","risk_rank":1"#, NOW - 301),
    })
    .await;
    let client = client(&server);
    let mut errors = Vec::new();
    for _ in 0..4 {
        errors.push(client.send(question()).retry(crate::Retry::never()).await.unwrap_err());
    }
    assert_eq!(errors[0].code(), Some(61010.into()));
    assert_eq!(errors[1].code(), Some(40240.into()));
    assert_eq!(errors[2].kind(), ErrorKind::Status);
    assert!(errors[3].to_string().contains("set this machine's clock"), "{}", errors[3]);
    assert!(errors.iter().all(|error| error.maybe_sent()));
}

#[tokio::test]
async fn other_calls_stay_as_they_are() {
    let server = Server::start(|_, _| received(&[], r#"{"openid":"o","session_key":"k"}"#)).await;
    let session =
        Client::builder().app(APPID, "secret").base_url(server.url.as_str()).api_keys(keys()).build().unwrap();
    session.send(Code2Session::new("x")).await.unwrap();
    assert!(server.came()[0].line.starts_with("GET /sns/jscode2session?"));
}
