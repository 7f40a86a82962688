//! A server that records what it is sent and answers what a test wants. It gives out access_tokens, too.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use crate::message::{Message, find};

/// Where the SDK fetches tokens unless told otherwise.
const TOKEN_PATH: &str = "/cgi-bin/stable_token";

/// What the server answers.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content type, if any.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// JSON with status 200.
    pub fn json(value: &Value) -> Self {
        Self {
            status: 200,
            content_type: Some("application/json; charset=utf-8"),
            body: value.to_string().into_bytes(),
        }
    }

    /// Any body with status 200.
    pub fn body(body: impl Into<Vec<u8>>, content_type: &'static str) -> Self {
        Self { status: 200, content_type: Some(content_type), body: body.into() }
    }

    /// The same with another status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }
}

/// How the server gives out tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Issue {
    /// A new one each time.
    Fresh,
    /// The same one each time.
    Same,
    /// Not at all: the path is one like any other.
    Off,
}

/// Where answers come from.
enum Script {
    /// Always this one.
    Always(Answer),
    /// Made for each request.
    Made(Box<dyn Fn(&Message) -> Answer + Send>),
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always(answer) => answer.fmt(f),
            Self::Made(_) => f.write_str("made for each request"),
        }
    }
}

#[derive(Debug)]
struct State {
    script: Script,
    issue: Issue,
    issued: usize,
    tokens: HashMap<String, String>,
    secrets: HashMap<String, String>,
    calls: Vec<Message>,
    fetches: Vec<Message>,
}

/// The server. It stops when it is dropped.
#[derive(Debug)]
pub struct Server {
    state: Arc<Mutex<State>>,
    url: String,
    task: AbortHandle,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Starts on a free port of the loopback, for apps with these secrets.
    pub async fn start(secrets: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State {
            script: Script::Always(Answer::json(&json!({ "errcode": 0, "errmsg": "ok" }))),
            issue: Issue::Fresh,
            issued: 0,
            tokens: HashMap::new(),
            secrets: secrets.iter().map(|(appid, secret)| ((*appid).to_owned(), (*secret).to_owned())).collect(),
            calls: Vec::new(),
            fetches: Vec::new(),
        }));
        let shared = Arc::clone(&state);
        let accept = async move {
            // Dropped with this task, which ends the connections too.
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                connections.spawn(serve(stream, Arc::clone(&shared)));
            }
        };
        Self { state, url, task: tokio::spawn(accept).abort_handle() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Its address.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it answers from now on.
    pub fn answer(&self, answer: Answer) {
        self.state().script = Script::Always(answer);
    }

    /// How it makes its answers from now on.
    pub fn answer_with(&self, make: impl Fn(&Message) -> Answer + Send + 'static) {
        self.state().script = Script::Made(Box::new(make));
    }

    /// How it gives out tokens from now on.
    pub fn issue(&self, issue: Issue) {
        self.state().issue = issue;
    }

    /// The token that an app was last given.
    pub fn token_of(&self, appid: &str) -> Option<String> {
        self.state().tokens.get(appid).cloned()
    }

    /// The calls since the last time, without those that fetched a token.
    pub fn take_calls(&self) -> Vec<Message> {
        std::mem::take(&mut self.state().calls)
    }

    /// The requests for a token since the last time.
    pub fn take_fetches(&self) -> Vec<Message> {
        std::mem::take(&mut self.state().fetches)
    }
}

impl State {
    fn reply(&mut self, message: Message) -> Answer {
        if self.issue == Issue::Off || message.path != TOKEN_PATH {
            let answer = match &self.script {
                Script::Always(answer) => answer.clone(),
                Script::Made(make) => make(&message),
            };
            self.calls.push(message);
            return answer;
        }
        let body: Value = serde_json::from_slice(&message.body).unwrap_or_default();
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        let (appid, secret) = (text("appid").to_owned(), text("secret"));
        let known = self.secrets.get(&appid).is_some_and(|known| known == secret);
        let asked_well = message.method == "POST" && text("grant_type") == "client_credential";
        self.fetches.push(message);
        if !known || !asked_well {
            return Answer::json(&json!({ "errcode": 40125, "errmsg": "invalid appsecret" }));
        }
        if self.issue == Issue::Fresh || !self.tokens.contains_key(&appid) {
            self.issued += 1;
            // Characters that must be escaped in a query.
            self.tokens.insert(appid.clone(), format!("{appid}+/=&%{}_TOKEN", self.issued));
        }
        Answer::json(&json!({ "access_token": self.tokens[&appid], "expires_in": 7200 }))
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) -> io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(message) = receive(&mut stream, &mut buffer).await? {
        let answer = state.lock().unwrap().reply(message);
        let mut out = format!("HTTP/1.1 {} Answer\r\nContent-Length: {}\r\n", answer.status, answer.body.len());
        if let Some(content_type) = answer.content_type {
            out.push_str(&format!("Content-Type: {content_type}\r\n"));
        }
        out.push_str("\r\n");
        let out = [out.as_bytes(), &answer.body].concat();
        stream.write_all(&out).await?;
    }
    Ok(())
}

/// One more request from a connection; `None` at its end.
async fn receive(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<Option<Message>> {
    let end = loop {
        if let Some(end) = find(buffer, b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let Some(mut message) = Message::parse_head(&buffer[..end]) else {
        return Err(io::Error::other("this is no HTTP"));
    };
    buffer.drain(..end + 4);
    let header = |name| message.header(name).ok().flatten().map(str::to_owned);
    let (coding, length) = (header("transfer-encoding"), header("content-length"));
    message.chunked = coding.is_some();
    if message.chunked {
        // Only that it came so matters: WeChat reads no such body.
        while find(buffer, b"0\r\n\r\n").is_none() && stream.read_buf(buffer).await? > 0 {}
        message.body = std::mem::take(buffer);
        return Ok(Some(message));
    }
    let length = length.and_then(|length| length.parse().ok()).unwrap_or(0);
    while buffer.len() < length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    let rest = buffer.split_off(length);
    message.body = std::mem::replace(buffer, rest);
    Ok(Some(message))
}
