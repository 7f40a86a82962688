//! The mock over HTTP, as a program in any language would see it.

mod answers;
mod checks;
mod client;
mod delivery;
mod effects;
mod examples;
mod faults;
mod forms;
#[cfg(feature = "all-groups")]
mod paging;
#[cfg(feature = "sign")]
mod security;
mod seeded;
mod signatures;
mod tokens;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::catalogue::Catalogue;
use super::{Mock, MockBuilder};

/// A program that calls the mock.
struct Caller {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Caller {
    async fn new(mock: &Mock) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut caller = Self { http, url: mock.url(), token: String::new() };
        let answer = caller.post("/cgi-bin/stable_token", &credentials(Mock::APPID, Mock::SECRET)).await;
        caller.token = answer["access_token"].as_str().unwrap().to_owned();
        mock.clear_requests();
        caller
    }

    async fn get(&self, path: &str) -> Value {
        self.http.get(format!("{}{path}", self.url)).send().await.unwrap().json().await.unwrap()
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        serde_json::from_slice(&self.send(path, body).await.bytes().await.unwrap()).unwrap()
    }

    async fn send(&self, path: &str, body: &Value) -> reqwest::Response {
        self.try_send(path, body).await.unwrap()
    }

    /// The same as a text of HTTP, for [`ended`]; the connection is to be closed after the answer.
    fn request(&self, path: &str, body: &Value) -> String {
        let body = body.to_string();
        format!(
            "POST {path}?access_token={} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            self.token,
            body.len()
        )
    }

    /// With the token, if there is one.
    async fn try_send(&self, path: &str, body: &Value) -> reqwest::Result<reqwest::Response> {
        let token = if self.token.is_empty() { String::new() } else { format!("?access_token={}", self.token) };
        self.http.post(format!("{}{path}{token}", self.url)).body(body.to_string()).send().await
    }
}

fn credentials(appid: &str, secret: &str) -> Value {
    json!({ "grant_type": "client_credential", "appid": appid, "secret": secret })
}

/// A mock of a group `g` of your own, and someone who calls it. The two endpoints for tokens are there too.
async fn of_group(group: Value) -> (Mock, Caller) {
    of_group_with(group, Mock::builder()).await
}

async fn of_group_with(group: Value, mock: MockBuilder) -> (Mock, Caller) {
    let mut group = group;
    group["group"] = "g".into();
    let fields = json!({"access_token": {"type": "secret"}, "expires_in": {"type": "i64"}});
    let mut params = json!({"grant_type": {"type": "string"}, "force_refresh": {"type": "bool"}});
    params["appid"] = json!({"type": "string", "from": "appid"});
    params["secret"] = json!({"type": "secret", "from": "app_secret"});
    let token = json!({"method": "POST", "path": "/cgi-bin/stable_token", "token": "app_secret", "params": params,
        "response": {"fields": fields}});
    let auth = json!({"group": "auth", "endpoints": {"getStableAccessToken": token}});
    let spec = json!({"groups": [auth, group], "errcodes": {
        "40001": {"message": "invalid credential", "kind": "token", "about": "The token is wrong."},
        "40097": {"message": "invalid args", "kind": "parameter", "about": "A parameter is wrong."},
        "47001": {"message": "data format error", "kind": "parameter", "about": "The body is not JSON."},
    }});
    // A mock's catalogue lives as long as the process, and a test's is small.
    let mock = mock.catalogue(Box::leak(Box::new(Catalogue::read(&spec)))).start().await.unwrap();
    let caller = Caller::new(&mock).await;
    (mock, caller)
}

/// The error code of an answer; its message has to name the request and `about`.
#[track_caller]
fn refused(answer: &Value, about: &str) -> i64 {
    let message = answer["errmsg"].as_str().unwrap_or_else(|| panic!("no errmsg in {answer}"));
    let (text, rid) = message.split_once(" rid: ").unwrap_or_else(|| panic!("no rid in {message}"));
    assert!(text.contains(about), "{text} does not say {about}");
    assert_eq!(rid.len(), 26, "{rid}");
    answer["errcode"].as_i64().unwrap()
}

/// What comes back on a connection until it ends.
async fn raw(mock: &Mock, request: &str) -> Vec<u8> {
    ended(mock, request).await.0
}

/// How a connection ended.
#[derive(Debug, PartialEq)]
enum Ended {
    Closed,
    Reset,
}

async fn ended(mock: &Mock, request: &str) -> (Vec<u8>, Ended) {
    let mut stream = TcpStream::connect(mock.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut all = Vec::new();
    let end = match stream.read_to_end(&mut all).await {
        Ok(_) => Ended::Closed,
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Ended::Reset,
        Err(error) => panic!("{error}"),
    };
    (all, end)
}

/// Head and body of an answer.
#[track_caller]
fn parts(answer: &[u8]) -> (&str, &[u8]) {
    let head = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("no head");
    (std::str::from_utf8(&answer[..head]).unwrap(), &answer[head + 4..])
}
