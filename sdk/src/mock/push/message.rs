//! A message before it is pushed.

use std::fmt;

use serde_json::{Map, Value};

use super::delivery::{PushDelivery, PushFault};
use super::kinds::PushKind;
use super::pusher::Pusher;
use crate::error::Result;
use crate::push::Format;

/// The fields that stand beside those of an event.
const HEAD: [&str; 5] = ["ToUserName", "FromUserName", "CreateTime", "MsgType", "Event"];

/// A message to be pushed: [`Pusher::event`] and [`Pusher::message`] make one.
///
/// ```no_run
/// # async fn demo(pusher: &weapp::mock::Pusher) -> weapp::Result<()> {
/// let delivery = pusher
///     .event("wxa_media_check")?
///     .from_user("an openid")
///     .set("trace_id", "60f96f1d-3845297a-1976a3ae")
///     .set("result.suggest", "risky")
///     .send()
///     .await?;
/// assert!(delivery.is_accepted(), "{delivery:?}");
/// # Ok(()) }
/// ```
#[derive(Clone)]
#[must_use = "nothing is pushed until `send` is awaited"]
pub struct Push {
    pusher: Pusher,
    pub(super) kind: Option<&'static PushKind>,
    head: Map<String, Value>,
    own: Map<String, Value>,
    pub(super) fault: Option<PushFault>,
    /// The call that brought it about.
    pub(super) answers: Option<String>,
}

impl Push {
    pub(super) fn new(
        pusher: Pusher,
        kind: Option<&'static PushKind>,
        head: Map<String, Value>,
        own: Map<String, Value>,
    ) -> Self {
        Self { pusher, kind, head, own, fault: None, answers: None }
    }

    /// Gives a field a value. Dots lead into objects: `result.suggest`. `null` leaves the field out.
    pub fn set(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.put(field, value.into());
        self
    }

    pub(super) fn put(&mut self, field: &str, value: Value) {
        let (first, mut rest) = field.split_once('.').map_or((field, None), |(first, rest)| (first, Some(rest)));
        let is_head = HEAD.contains(&first) && !self.own.contains_key(first);
        let fields = if is_head { &mut self.head } else { &mut self.own };
        if rest.is_none() && value.is_null() {
            fields.remove(first);
            return;
        }
        let mut place = fields.entry(first).or_insert(Value::Null);
        while let Some(way) = rest {
            let (next, more) = way.split_once('.').map_or((way, None), |(next, more)| (next, Some(more)));
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = &mut place[next];
            rest = more;
        }
        *place = value;
    }

    /// The user from whom it comes or whom it is about: `FromUserName`.
    pub fn from_user(self, openid: impl Into<String>) -> Self {
        self.set("FromUserName", openid.into())
    }

    /// Makes something wrong with it.
    pub fn fault(mut self, fault: PushFault) -> Self {
        self.fault = Some(fault);
        self
    }

    /// Pushes it, and once more while no answer with status 200 comes in time, as often as
    /// [`PushTarget::attempts`](super::PushTarget::attempts) says; payments, unless `ErrCode` is 0, too.
    /// Each delivery is signed anew, and counted in `RetryTimes` where the message has it. This is the last one;
    /// [`Mock::deliveries`](crate::mock::Mock::deliveries) knows all.
    ///
    /// WeChat goes on for hours with some events, such as those of payments.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when its [`fault`](Self::fault) is one of encryption, and the
    /// target has none. What the endpoint does is no error but an [`outcome`](PushDelivery::outcome).
    pub async fn send(self) -> Result<PushDelivery> {
        let target = &self.pusher.0.target;
        let insists = self.kind.is_some_and(|kind| kind.insists);
        self.pusher.check_fault(self.fault)?;
        let mut attempt = 1;
        loop {
            let delivery = self.pusher.deliver(&self, attempt).await;
            if delivery.outcome.is_final(insists) || attempt >= target.attempts {
                return Ok(delivery);
            }
            if !target.pause.is_zero() {
                tokio::time::sleep(target.pause).await;
            }
            attempt += 1;
        }
    }

    /// Pushes it once, whatever comes of it.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn send_once(self) -> Result<PushDelivery> {
        self.pusher.check_fault(self.fault)?;
        Ok(self.pusher.deliver(&self, 1).await)
    }

    /// Pushes it twice, as WeChat does when an answer is lost on its way: a service must act on it once.
    ///
    /// # Errors
    /// As for [`send`](Self::send).
    pub async fn deliver_twice(self) -> Result<[PushDelivery; 2]> {
        self.pusher.check_fault(self.fault)?;
        Ok([self.pusher.deliver(&self, 1).await, self.pusher.deliver(&self, 2).await])
    }

    /// The whole message. In XML the fields of some events stand in an element of their own; in JSON they stand beside
    /// the head.
    pub(super) fn written(&self, attempt: u32) -> Map<String, Value> {
        let mut message = self.head.clone();
        let wrapper = self.kind.map(|kind| kind.wrapper.as_str()).filter(|wrapper| !wrapper.is_empty());
        match wrapper.filter(|_| self.pusher.0.target.format == Format::Xml && !self.own.contains_key("MsgType")) {
            Some(wrapper) => drop(message.insert(wrapper.to_owned(), Value::Object(self.own.clone()))),
            None => message.extend(self.own.clone()),
        }
        if let Some(times) = message.get_mut("RetryTimes")
            && let Some(first) = times.as_u64()
        {
            *times = (first + u64::from(attempt - 1)).into();
        }
        message
    }
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push")
            .field("kind", &self.kind.map(|kind| &kind.id))
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}
