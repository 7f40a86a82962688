//! The service of `examples/service`, from the login to the verdict, with the mock as WeChat.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../examples/service/app.rs"]
mod app;

use std::time::Duration;

use app::{App, Config};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use weapp::mock::{Mock, PushFault, PushTarget, Pusher};

const TOKEN: &str = "AAAAA";
const KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE";
const PICTURE: &[u8] = b"\x89PNG\r\n\x1A\n, and so on";

/// WeChat, the service, and a program that talks to it.
struct Scene {
    mock: Mock,
    wechat: Pusher,
    url: String,
    http: reqwest::Client,
    stop: oneshot::Sender<()>,
    service: JoinHandle<std::io::Result<()>>,
}

impl Scene {
    async fn new() -> Self {
        let mock = Mock::start().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let config = Config { push_token: TOKEN.into(), encoding_aes_key: KEY.into(), public_url: format!("{url}/") };
        let (stop, stopped) = oneshot::channel::<()>();
        let app = App::new(mock.client().unwrap(), config).unwrap();
        let service = tokio::spawn(app::serve(app, listener, async { drop(stopped.await) }));
        let target = PushTarget::new(format!("{url}/push"), TOKEN, KEY).delay(Duration::from_millis(1));
        let wechat = mock.push_to(target).unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { mock, wechat, url, http, stop, service }
    }

    fn request(&self, method: Method, path: &str, session: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        if session.is_empty() { request } else { request.bearer_auth(session) }
    }

    async fn log_in(&self, code: &str) -> (u16, Value) {
        answer(self.request(Method::POST, "/login", "").json(&json!({ "code": code }))).await
    }

    async fn session(&self, code: &str) -> String {
        text(&self.log_in(code).await.1, "session")
    }

    async fn try_upload(&self, session: &str, body: impl Into<reqwest::Body>) -> (u16, Value) {
        answer(self.request(Method::POST, "/pictures", session).body(body)).await
    }

    /// The path of a picture that was uploaded.
    async fn upload(&self, session: &str) -> String {
        format!("/pictures/{}", text(&self.try_upload(session, PICTURE).await.1, "id"))
    }

    async fn verdict(&self, session: &str, picture: &str) -> String {
        let request = self.request(Method::GET, &format!("{picture}/verdict"), session);
        text(&answer(request).await.1, "verdict")
    }

    async fn status(&self, session: &str, path: &str) -> u16 {
        self.request(Method::GET, path, session).send().await.unwrap().status().as_u16()
    }
}

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let body = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

fn text(json: &Value, name: &str) -> String {
    json[name].as_str().unwrap_or_else(|| panic!("no {name} in {json}")).to_owned()
}

#[tokio::test]
async fn a_picture_is_hidden_until_it_has_passed() {
    let scene = Scene::new().await;
    scene.wechat.verify().await.unwrap();
    let (owner, other) = (scene.session("one").await, scene.session("another").await);
    scene.wechat.on_event("wxa_media_check").unwrap().delay(Duration::from_millis(300));
    let picture = scene.upload(&owner).await;
    assert_eq!(scene.verdict(&owner, &picture).await, "checking");
    assert_eq!((scene.status(&owner, &picture).await, scene.status(&other, &picture).await), (200, 404));
    assert_eq!((scene.status("", &picture).await, scene.status("", &format!("{picture}?key=x")).await), (404, 404));

    // WeChat can download it, and knows whose it is.
    let check: Value = scene.mock.requests_to("mediaCheckAsync").unwrap()[0].json().unwrap();
    assert_eq!(check["openid"], scene.mock.openid("one"));
    let downloaded = scene.http.get(text(&check, "media_url")).send().await.unwrap();
    assert_eq!(downloaded.headers()["content-type"], "image/png");
    assert_eq!(downloaded.bytes().await.unwrap(), PICTURE);

    scene.mock.pushes_settled().await;
    assert_eq!(scene.verdict(&owner, &picture).await, "passed");
    assert_eq!((scene.status(&other, &picture).await, scene.status("", &picture).await), (200, 200));
    // The verdict stays its owner's affair.
    assert_eq!(scene.status(&other, &format!("{picture}/verdict")).await, 404);
}

#[tokio::test]
async fn every_verdict_is_told() {
    let scene = Scene::new().await;
    let session = scene.session("one").await;
    for (field, value, verdict) in [
        ("result.suggest", json!("pass"), "passed"),
        ("result.suggest", json!("risky"), "refused"),
        ("result.suggest", json!("review"), "in_review"),
        ("result.suggest", json!("something new"), "in_review"),
        ("errcode", json!(-1008), "failed"),
    ] {
        scene.wechat.on_event("wxa_media_check").unwrap().usual().set(field, value);
        let picture = scene.upload(&session).await;
        scene.mock.pushes_settled().await;
        assert_eq!(scene.verdict(&session, &picture).await, verdict);
        assert_eq!(scene.status("", &picture).await, if verdict == "passed" { 200 } else { 404 });
    }
}

#[tokio::test]
async fn a_verdict_may_overtake_the_answer() {
    let scene = Scene::new().await;
    let session = scene.session("one").await;
    scene.mock.on("mediaCheckAsync").unwrap().delay(Duration::from_millis(300));
    let picture = scene.upload(&session).await;
    assert!(scene.mock.deliveries()[0].is_accepted(), "the verdict was there first");
    assert_eq!(scene.verdict(&session, &picture).await, "passed");
}

#[tokio::test]
async fn forged_verdicts_change_nothing() {
    let scene = Scene::new().await;
    let session = scene.session("one").await;
    scene.wechat.on_event("wxa_media_check").unwrap().off();
    let picture = scene.upload(&session).await;
    let forged = scene.wechat.event("wxa_media_check").unwrap().set("trace_id", "trace_id-1");
    for fault in PushFault::ALL.iter().copied().filter(|fault| *fault != PushFault::Stale) {
        let delivery = forged.clone().fault(fault).send_once().await.unwrap();
        assert!(matches!(delivery.status(), Some(400 | 403)), "{delivery:?}");
    }
    assert_eq!(scene.verdict(&session, &picture).await, "checking");
    let [first, second] = forged.deliver_twice().await.unwrap();
    assert!(first.is_accepted() && second.is_accepted());
    assert_eq!(scene.verdict(&session, &picture).await, "passed");
}

#[tokio::test]
async fn customers_are_handed_over() {
    let scene = Scene::new().await;
    for message in ["text", "image", "miniprogrampage"] {
        let delivery = scene.wechat.event(message).unwrap().from_user("a user").send().await.unwrap();
        let reply = delivery.reply().unwrap();
        assert_eq!((&reply["MsgType"], &reply["ToUserName"]), (&json!("transfer_customer_service"), &json!("a user")));
    }
}

#[tokio::test]
async fn users_are_told_what_is_wrong() {
    let scene = Scene::new().await;
    let (status, answer) = scene.log_in("one").await;
    assert_eq!((status, answer.as_object().unwrap().len()), (200, 1), "the session and nothing else");
    let session = text(&answer, "session");
    assert_eq!(session.len(), 32);
    let (status, answer) = scene.log_in("one").await;
    assert_eq!((status, text(&answer, "error").contains("wx.login")), (401, true), "a code works once");
    for (session, body, wanted) in [("", PICTURE, 401), ("guessed", PICTURE, 401), (&*session, b"<html>", 415)] {
        assert_eq!(scene.try_upload(session, body).await.0, wanted);
    }
    assert_eq!(scene.try_upload(&session, vec![0; (10 << 20) + 1]).await.0, 413);
    assert_eq!(scene.mock.requests_to("mediaCheckAsync").unwrap().len(), 0);
    for (code, wanted) in [(61010, 401), (45009, 502)] {
        scene.mock.on("mediaCheckAsync").unwrap().times(1).errcode(code);
        let (status, answer) = scene.try_upload(&session, PICTURE).await;
        assert_eq!((status, answer["error"].is_string()), (wanted, true), "{code}");
    }
    assert_eq!(scene.status(&session, "/pictures/none").await, 404);
}

#[tokio::test]
async fn sessions_end() {
    let scene = Scene::new().await;
    let session = scene.session("one").await;
    let picture = scene.upload(&session).await;
    scene.mock.pushes_settled().await;
    let verdict = format!("{picture}/verdict");
    let after = async |hours: u64| {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(hours * 3600)).await;
        tokio::time::resume();
        scene.status(&session, &verdict).await
    };
    assert_eq!((after(23).await, after(1).await), (200, 401));
    let session = scene.session("two").await;
    assert_eq!(scene.try_upload(&session, PICTURE).await.0, 200);
}

#[tokio::test]
async fn it_stops_when_it_is_told_to() {
    let scene = Scene::new().await;
    scene.wechat.event("text").unwrap().send().await.unwrap();
    // An upload of which no more comes.
    let mut slow = TcpStream::connect(scene.url.trim_start_matches("http://")).await.unwrap();
    let session = scene.session("one").await;
    let head = format!("POST /pictures HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {session}\r\n");
    slow.write_all(format!("{head}content-length: 9\r\n\r\n").as_bytes()).await.unwrap();
    // It is at work on that when the next one is answered.
    scene.status("", "/pictures/none").await;
    scene.stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(9), scene.service).await;
    ended.unwrap().unwrap().unwrap();
    assert!(scene.http.get(&scene.url).send().await.is_err());
}
