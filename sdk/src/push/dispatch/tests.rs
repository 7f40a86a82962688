mod budget;
mod deliveries;
mod failures;
mod shared;
mod store;
mod told;

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;
use sha1::{Digest, Sha1};
use tokio::time::{advance, sleep};

use super::*;
use crate::endpoint::sealed::Sealed;
use crate::push::dedupe::{Claim, Deduping};
use crate::push::event::{EventMeta, Fill, PushReply, Success};
use crate::wire;

/// As the generator writes events: the verdict on a picture.
#[derive(Clone, Debug, PartialEq)]
struct Verdict {
    to_user_name: String,
    from_user_name: String,
    create_time: wire::Timestamp,
    event: String,
    trace_id: String,
}

wire::decode!(Verdict {
    to_user_name: always("ToUserName"),
    from_user_name: always("FromUserName"),
    create_time: always("CreateTime"),
    event: always("Event"),
    trace_id: always("trace_id"),
});
wire::encode!(Verdict {
    to_user_name: "ToUserName",
    from_user_name: "FromUserName",
    create_time: "CreateTime",
    event: "Event",
    trace_id: "trace_id",
});

impl Sealed for Verdict {}

impl PushEvent for Verdict {
    const META: &'static EventMeta =
        &EventMeta::event("verdicts").names(&["picture_verdict", "sound_verdict"]).distinct_by(&["trace_id"]);
    type Reply = Success;
}

/// An event that wants a structured reply, within four seconds.
#[derive(Clone, Debug, PartialEq)]
struct Question {
    from_user_name: String,
}

wire::decode!(Question { from_user_name: always("FromUserName") });
wire::encode!(Question { from_user_name: "FromUserName" });

impl Sealed for Question {}

impl PushEvent for Question {
    const META: &'static EventMeta = &EventMeta::event("question").answer_within(4);
    type Reply = Permission;
}

struct Permission(i64);

impl Sealed for Permission {}

impl PushReply for Permission {
    fn into_body(self, fill: &Fill<'_>) -> crate::push::Result<Option<Value>> {
        match self.0 {
            0 => Err(crate::push::Error::at(crate::push::ErrorKind::Reply, "permission", "must not be 0")),
            permission => Ok(Some(json!({"ToUserName": fill.text("FromUserName"), "permission": permission}))),
        }
    }
}

/// A payment, which WeChat delivers again until it is taken.
#[derive(Clone, Debug, PartialEq)]
struct Payment {
    order: String,
}

wire::decode!(Payment { order: always("OutTradeNo") });
wire::encode!(Payment { order: "OutTradeNo" });

impl Sealed for Payment {}

impl PushEvent for Payment {
    const META: &'static EventMeta = &EventMeta::event("payment").distinct_by(&["OutTradeNo"]).redeliveries(15);
    type Reply = Success;
}

/// A message to which either will do.
#[derive(Clone, Debug, PartialEq)]
struct Text {
    content: String,
}

wire::decode!(Text { content: always("Content") });
wire::encode!(Text { content: "Content" });

impl Sealed for Text {}

impl PushEvent for Text {
    const META: &'static EventMeta = &EventMeta::message("text");
    type Reply = ReplyOr<Permission>;
}

impl From<Permission> for ReplyOr<Permission> {
    fn from(permission: Permission) -> Self {
        Self::With(permission)
    }
}

const USER: &str = "oPlantedOpenid";

fn body(kind: &str, event: Option<&str>, more: Value) -> String {
    let mut body = json!({"ToUserName": "gh_1", "FromUserName": USER, "CreateTime": 1_700_000_000, "MsgType": kind});
    if let Some(event) = event {
        body["Event"] = event.into();
    }
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    body.to_string()
}

pub(super) fn verdict(trace_id: &str) -> String {
    body("event", Some("picture_verdict"), json!({"trace_id": trace_id}))
}

fn question() -> String {
    body("event", Some("question"), json!({}))
}

fn payment(order: &str) -> String {
    body("event", Some("payment"), json!({"OutTradeNo": order}))
}

fn text(id: u64) -> String {
    body("text", None, json!({"MsgId": id, "Content": "planted content"}))
}

fn receiver() -> Receiver {
    Receiver::plain("token").unwrap()
}

pub(super) fn query_text() -> String {
    let mut parts = ["token", "1700000000", "42"];
    parts.sort_unstable();
    let signature = Sha1::digest(parts.concat());
    let hex = signature.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    format!("signature={hex}&timestamp=1700000000&nonce=42&echostr=echo")
}

fn query() -> Query {
    Query::parse(&query_text())
}

/// What WeChat is answered, and after how long.
async fn deliver(dispatcher: &Dispatcher, body: impl Into<Bytes>) -> (u16, String, u128) {
    let started = Instant::now();
    let answer = dispatcher.answer(&query(), body).await;
    (answer.status.as_u16(), String::from_utf8(answer.body.to_vec()).unwrap(), started.elapsed().as_millis())
}

/// Another delivery, in a task.
fn delivering(dispatcher: &Dispatcher, body: String) -> tokio::task::JoinHandle<(u16, String, u128)> {
    let dispatcher = dispatcher.clone();
    tokio::spawn(async move { deliver(&dispatcher, body).await })
}

fn answered(status: u16, body: &str, after: u128) -> (u16, String, u128) {
    (status, body.to_owned(), after)
}

/// A handler of which each run goes as planned; and how many began and ended.
#[derive(Clone, Default)]
pub(super) struct Plan(Arc<Planned>);

#[derive(Default)]
struct Planned {
    runs: Mutex<VecDeque<(u64, Does)>>,
    begun: AtomicUsize,
    ended: AtomicUsize,
}

#[derive(Clone, Copy)]
enum Does {
    Well,
    Fail,
    Panic,
}

impl Plan {
    /// Each run takes so many milliseconds; more runs than planned go well at once.
    fn new<const N: usize>(runs: [(u64, Does); N]) -> Self {
        let plan = Self::default();
        plan.0.runs.lock().unwrap().extend(runs);
        plan
    }

    async fn run(self) -> Result<(), BoxError> {
        self.0.begun.fetch_add(1, Ordering::Relaxed);
        let (takes, does) = self.0.runs.lock().unwrap().pop_front().unwrap_or((0, Does::Well));
        sleep(Duration::from_millis(takes)).await;
        match does {
            Does::Well => {}
            Does::Fail => Err("planted reason")?,
            Does::Panic => panic!("planned"),
        }
        self.0.ended.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// How many runs began, and how many ended well.
    pub(super) fn counts(&self) -> (usize, usize) {
        (self.0.begun.load(Ordering::Relaxed), self.0.ended.load(Ordering::Relaxed))
    }

    /// A dispatcher whose handlers of all types go by it.
    pub(super) fn dispatcher(&self) -> Dispatcher {
        let plans = [(); 5].map(|()| self.clone());
        let [verdicts, questions, payments, texts, others] = plans;
        Dispatcher::new(receiver())
            .on(move |_: Arrived<Verdict>| verdicts.clone().run())
            .on(move |_: Arrived<Question>| {
                let plan = questions.clone();
                async move {
                    plan.run().await?;
                    Ok(Permission(7))
                }
            })
            .on(move |_: Arrived<Payment>| payments.clone().run())
            .on(move |_: Arrived<Text>| texts.clone().run())
            .other(move |_| others.clone().run())
    }
}

/// What `on_failure` was told.
#[derive(Clone, Default)]
struct Failures(Arc<Mutex<Vec<Failure>>>);

impl Failures {
    fn of(&self, dispatcher: Dispatcher) -> Dispatcher {
        let told = self.clone();
        dispatcher.on_failure(move |failure| told.0.lock().unwrap().push(failure))
    }

    fn take(&self) -> Vec<Failure> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
