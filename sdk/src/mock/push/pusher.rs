//! WeChat's side of the message push, for one endpoint.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::answer::judge;
use super::delivery::{Log, PushDelivery, PushFault, PushOutcome};
use super::follow::{EventRule, Following};
use super::kinds::{Form, PushKind};
use super::message::Push;
use super::request::{Request, signed};
use super::target::{PushTarget, Target};
use crate::error::{Error, Result};
use crate::mock::catalogue::Catalogue;
use crate::mock::random;

/// Pushes messages to your endpoint as WeChat does: [`Mock::push_to`](crate::mock::Mock::push_to) makes one.
///
/// Cloning one costs a reference count.
#[derive(Clone)]
pub struct Pusher(pub(super) Arc<Inner>);

pub(super) struct Inner {
    pub(super) target: Target,
    pub(super) catalogue: &'static Catalogue,
    http: reqwest::Client,
    log: Arc<Log>,
    /// What the events hold that calls bring about, by their ids.
    following: Mutex<HashMap<String, Following>>,
}

impl Pusher {
    pub(super) fn new(
        target: PushTarget,
        default_appid: &str,
        catalogue: &'static Catalogue,
        log: Arc<Log>,
    ) -> Result<Self> {
        let target = target.checked(default_appid)?;
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
        let http = http.map_err(|error| {
            Error::config("the mock can not make an HTTP client", "see the source").with_source(error.without_url())
        })?;
        Ok(Self(Arc::new(Inner { target, catalogue, http, log, following: Mutex::default() })))
    }

    /// Checks the URL, as the console does when it is saved there: GET with an `echostr` that must come back.
    ///
    /// ```no_run
    /// # async fn demo(mock: &weapp::mock::Mock, key: &str) -> weapp::Result<()> {
    /// use weapp::mock::PushTarget;
    ///
    /// mock.push_to(PushTarget::new("http://127.0.0.1:8080/push", "token", key))?.verify().await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the endpoint did not pass; it says why.
    pub async fn verify(&self) -> Result<()> {
        let echo = random::number().to_string();
        let mut query = signed(&self.0.target, None);
        query.push(("echostr", echo.clone()));
        let mut url = self.0.target.url.clone();
        url.query_pairs_mut().extend_pairs(query);
        let failed =
            |what: String, remedy| Err(Error::config(format!("the URL did not pass the check: {what}"), remedy));
        match self.exchange(self.0.http.get(url)).await {
            Ok((200, body)) if body == echo.as_bytes() => Ok(()),
            Ok((200, body)) if body.trim_ascii() == echo.as_bytes() => {
                failed("there is white space around `echostr`".to_owned(), "answer `echostr` byte for byte")
            }
            Ok((200, body)) if String::from_utf8_lossy(&body).contains(&echo) => failed(
                "there is more in the answer than `echostr`".to_owned(),
                "answer `echostr` as plain text, without quotes",
            ),
            Ok((200, _)) => failed(
                "the answer is not `echostr`".to_owned(),
                "answer GET with `Receiver::verify_url`, or with `Dispatcher::verify`",
            ),
            Ok((status @ (401 | 403), _)) => failed(
                format!("the endpoint answered {status}"),
                "compare the endpoint's token with that of the `PushTarget`",
            ),
            Ok((status @ (404 | 405), _)) => failed(
                format!("the endpoint answered {status}"),
                "compare the path with the route of your service, which must take GET and POST",
            ),
            Ok((status, _)) => failed(format!("the endpoint answered {status}"), "look at the log of your service"),
            Err(PushOutcome::Unreachable(how)) => failed(how, "see that the service listens there"),
            Err(_) => failed(
                format!("there was no answer within {:?}", self.0.target.patience),
                "see that the service is not stuck",
            ),
        }
    }

    /// A message or an event of the spec, named by the value of `Event` (`wxa_media_check`) or of `MsgType` (`text`).
    ///
    /// It holds what the spec gives as an example, from a made-up user and of this moment.
    ///
    /// Each one is a new one to your service: a message of a user has a new `MsgId`, an event another id of what it is
    /// about, such as `trace_id`; where it has none, its `CreateTime` is a second later than that of the one before. What
    /// you [`set`](Push::set) counts. To have one come twice, use [`deliver_twice`](Push::deliver_twice), or `clone` it.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the spec has no event of this name, or when it is no push
    /// message but a callback of its own.
    pub fn event(&self, name: &str) -> Result<Push> {
        let kind = self.kind(name)?;
        let mut own = kind.example.clone();
        // One name of several may have been asked for; by the id of them all, it is that of the example, or the first.
        let example = own.remove("Event");
        let example = example.as_ref().and_then(Value::as_str).or(kind.names.first().map(String::as_str));
        let named = kind.names.iter().map(String::as_str).find(|own| *own == name).or(example).unwrap_or(name);
        let mut head = self.head();
        match kind.form {
            Form::Message => {
                head.insert("MsgType".to_owned(), named.into());
            }
            _ => {
                head.insert("MsgType".to_owned(), "event".into());
                head.insert("Event".to_owned(), named.into());
            }
        }
        own.retain(|field, _| !head.contains_key(field));
        kind.renew(&mut head, &mut own);
        Ok(Push::new(self.clone(), Some(kind), head, own))
    }

    /// Any message. What it lacks of `ToUserName`, `FromUserName` and `CreateTime` is filled in.
    ///
    /// What is no object is sent as an object without members of its own.
    pub fn message(&self, json: impl Into<Value>) -> Push {
        let mut head = self.head();
        let own = match json.into() {
            Value::Object(own) => own,
            _ => Map::new(),
        };
        head.retain(|name, _| !own.contains_key(name));
        let text = |name: &str| own.get(name).and_then(Value::as_str);
        let name = if text("MsgType") == Some("event") { text("Event") } else { text("MsgType") };
        let kind = name.and_then(|name| self.kind(name).ok());
        Push::new(self.clone(), kind, head, own)
    }

    /// Changes the event that comes when a call took effect whose outcome it tells, `wxa_media_check` after
    /// `mediaCheckAsync`.
    ///
    /// ```no_run
    /// # fn demo(pusher: &weapp::mock::Pusher) -> weapp::Result<()> {
    /// pusher.on_event("wxa_media_check")?.set("result.suggest", "risky").set("result.label", 20002);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the spec has no event of this name, or no call brings it
    /// about.
    pub fn on_event(&self, name: &str) -> Result<EventRule<'_>> {
        let kind = self.kind(name)?;
        if kind.answers.is_empty() {
            return Err(Error::config(
                format!("no call brings `{name}` about"),
                "push it yourself: `pusher.event(…)?.send().await`",
            ));
        }
        Ok(EventRule::new(self, &kind.id))
    }

    fn kind(&self, name: &str) -> Result<&'static PushKind> {
        let catalogue = self.0.catalogue;
        match catalogue.push_kind(name) {
            Some(kind) if kind.form == Form::Callback => Err(Error::config(
                format!("{name:?} is no push message but a callback of its own, which the mock does not send"),
                "send it yourself, signed as `Receiver::callback` says",
            )),
            Some(kind) => Ok(kind),
            None => {
                let candidates = catalogue.push_candidates(name);
                let hint = match &candidates[..] {
                    [] => String::new(),
                    candidates => format!("; there are: {}", candidates.join(", ")),
                };
                Err(Error::config(
                    format!("the spec has no event of the name {name:?}{hint}"),
                    "give the value of `Event` or `MsgType`, or push any message by `Pusher::message`",
                ))
            }
        }
    }

    /// What all messages have. The app's original id is made up, and so is the user.
    fn head(&self) -> Map<String, Value> {
        let appid = &self.0.target.appid;
        let digits: String = random::digest(&["original id", appid])[..6].iter().map(|b| format!("{b:02x}")).collect();
        let head = json!({
            "ToUserName": format!("gh_{digits}"),
            "FromUserName": random::openid(appid, "a user who pushes"),
            "CreateTime": random::unix_time(),
        });
        head.as_object().cloned().unwrap_or_default()
    }

    pub(super) fn following(&self) -> MutexGuard<'_, HashMap<String, Following>> {
        self.0.following.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Delivers a message once.
    pub(super) async fn deliver(&self, push: &Push, attempt: u32) -> PushDelivery {
        let message = push.written(attempt);
        let request = Request::new(&self.0.target, &message, push.fault);
        let mut url = self.0.target.url.clone();
        url.query_pairs_mut().extend_pairs(&request.query);
        let started = Instant::now();
        let post = self.0.http.post(url).header(http::header::CONTENT_TYPE, request.content_type).body(request.body);
        let (outcome, body) = match self.exchange(post).await {
            Ok((status, body)) => (judge(&self.0.target, push.kind, status, &body), body),
            Err(outcome) => (outcome, Bytes::new()),
        };
        let delivery = PushDelivery {
            name: name_of(&message),
            message: Value::Object(message),
            attempt,
            fault: push.fault,
            answers: push.answers.clone(),
            outcome,
            body,
            took: started.elapsed(),
        };
        self.0.log.keep(delivery.clone());
        delivery
    }

    async fn exchange(&self, request: reqwest::RequestBuilder) -> Result<(u16, Bytes), PushOutcome> {
        let failed = |error: reqwest::Error| {
            if error.is_timeout() {
                return PushOutcome::TimedOut;
            }
            let error = error.without_url();
            // What went wrong stands at the end of the chain.
            let mut cause: &dyn std::error::Error = &error;
            while let Some(inner) = cause.source() {
                cause = inner;
            }
            PushOutcome::Unreachable(format!("{error}: {cause}"))
        };
        let response = request.timeout(self.0.target.patience).send().await.map_err(failed)?;
        let status = response.status().as_u16();
        Ok((status, response.bytes().await.map_err(failed)?))
    }

    pub(super) fn check_fault(&self, fault: Option<PushFault>) -> Result<()> {
        match fault {
            Some(fault) if self.0.target.key.is_none() && !fault.suits_plain() => Err(Error::config(
                format!("{fault:?} is a fault of encryption, and this target has none"),
                "give the target an EncodingAESKey: `PushTarget::new`",
            )),
            _ => Ok(()),
        }
    }
}

fn name_of(message: &Map<String, Value>) -> String {
    let text = |name: &str| message.get(name).and_then(Value::as_str);
    text("Event").or(text("MsgType")).unwrap_or_default().to_owned()
}

impl fmt::Debug for Pusher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pusher")
            .field("url", &self.0.target.url.as_str())
            .field("appid", &self.0.target.appid)
            .finish_non_exhaustive()
    }
}
