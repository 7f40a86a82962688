//! Events that tell the outcome of a call, and come when it took effect.

use std::sync::PoisonError;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::Pushes;
use super::kinds::{Form, PushKind};
use super::pusher::Pusher;
use crate::mock::Shared;
use crate::mock::catalogue::Endpoint;

/// What was told of an event that calls bring about.
#[derive(Clone, Default)]
pub(super) struct Following {
    set: Vec<(String, Value)>,
    is_off: bool,
    delay: Option<Duration>,
    /// How many calls brought it about.
    count: u64,
}

/// Changes an event that calls bring about: [`Pusher::on_event`] makes one. Each method takes effect at once, for all
/// calls from now on.
#[derive(Debug)]
pub struct EventRule<'a> {
    pusher: &'a Pusher,
    id: String,
}

impl<'a> EventRule<'a> {
    pub(super) fn new(pusher: &'a Pusher, id: &str) -> Self {
        Self { pusher, id: id.to_owned() }
    }

    fn change(self, change: impl FnOnce(&mut Following)) -> Self {
        change(self.pusher.following().entry(self.id.clone()).or_default());
        self
    }

    /// Gives a field a value, as [`Push::set`](super::Push::set) does.
    pub fn set(self, field: &str, value: impl Into<Value>) -> Self {
        let (field, value) = (field.to_owned(), value.into());
        self.change(|rule| {
            rule.set.retain(|(known, _)| *known != field);
            rule.set.push((field, value));
        })
    }

    /// How soon after the call it comes, in place of what [`PushTarget::delay`](super::PushTarget::delay) says.
    pub fn delay(self, delay: Duration) -> Self {
        self.change(|rule| rule.delay = Some(delay))
    }

    /// It does not come any more.
    pub fn off(self) -> Self {
        self.change(|rule| rule.is_off = true)
    }

    /// It comes as usual: what these methods have changed is forgotten.
    pub fn usual(self) -> Self {
        self.change(|rule| *rule = Following { count: rule.count, ..Following::default() })
    }
}

impl Shared {
    /// Lets the events come that tell the outcome of a call which was answered so. Where that answer is the mock's own,
    /// what the event and the answer have in common is made another one each time, so that two outcomes can be told
    /// apart: then this is the answer to give.
    pub(in crate::mock) fn follow_up(
        &self,
        endpoint: &Endpoint,
        appid: &str,
        params: &Map<String, Value>,
        answer: &Bytes,
        is_own: bool,
    ) -> Option<Bytes> {
        let answering = |kind: &'static PushKind| {
            let by = kind.answers.iter().find(|(call, _)| *call == endpoint.id).map(|(_, by)| by.as_str());
            by.filter(|_| kind.form != Form::Callback).map(|by| (kind, by))
        };
        let mut kinds = self.catalogue.pushes.iter().filter_map(answering).peekable();
        kinds.peek()?;
        let pusher = self.pushes.pusher(appid).filter(|pusher| pusher.0.target.follows)?;
        let mut answer: Value = serde_json::from_slice(answer).ok()?;
        for (kind, by) in kinds {
            let rule = {
                let mut following = pusher.following();
                let rule = following.entry(kind.id.clone()).or_default();
                rule.count += 1;
                rule.clone()
            };
            let common = match (params.get(by), answer.get_mut(by)) {
                (Some(given), _) => Some(given.clone()),
                (None, Some(answered)) => {
                    if is_own {
                        *answered = numbered(answered, by, rule.count);
                    }
                    Some(answered.clone())
                }
                (None, None) => None,
            };
            if !rule.is_off {
                self.pushes.follow(&pusher, kind, &endpoint.id, params, common.map(|value| (by, value)), rule);
            }
        }
        is_own.then(|| answer.to_string().into())
    }
}

/// The value of the nth call: the first one is that which the mock answers to anybody.
fn numbered(first: &Value, name: &str, count: u64) -> Value {
    match first {
        Value::Number(number) => number.as_u64().map_or(first.clone(), |number| (number + count - 1).into()),
        Value::String(text) if text.parse::<u64>().is_ok_and(|number| number.to_string() == *text) => {
            text.parse::<u64>().map_or(first.clone(), |number| (number + count - 1).to_string().into())
        }
        Value::String(_) => format!("{name}-{count}").into(),
        other => other.clone(),
    }
}

impl Pushes {
    fn follow(
        &self,
        pusher: &Pusher,
        kind: &'static PushKind,
        call: &str,
        params: &Map<String, Value>,
        common: Option<(&str, Value)>,
        rule: Following,
    ) {
        let Some(name) = kind.names.first() else { return };
        let Ok(mut push) = pusher.event(name) else { return };
        push.answers = Some(call.to_owned());
        // What the request says of itself, the event repeats.
        for field in &kind.fields {
            if let Some(value @ (Value::String(_) | Value::Number(_))) = params.get(field) {
                push.put(field, value.clone());
            }
        }
        if kind.fields.iter().any(|field| field == "appid") {
            push.put("appid", pusher.0.target.appid.clone().into());
        }
        if let Some(Value::String(openid)) = params.get("openid") {
            push = push.from_user(openid.clone());
        }
        if let Some((by, value)) = common {
            push.put(by, value);
        }
        for (field, value) in rule.set {
            push.put(&field, value);
        }
        let under_way = self.log.begin();
        let delay = rule.delay.unwrap_or(pusher.0.target.delay);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            let _under_way = under_way;
            tokio::time::sleep(delay).await;
            // It has no fault, so that nothing keeps it from being sent.
            let _ = push.send().await;
        });
    }
}
