//! From a message to its handler, once, and to an answer in time.

#[cfg(feature = "axum")]
mod axum;
mod failure;
mod kept;
mod reply;
mod route;
mod run;
#[cfg(test)]
mod tests;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

pub use failure::{Failure, FailureKind};
pub use route::Arrived;

use self::failure::Trouble;
use self::kept::{Claimed, Kept};
use self::reply::Effect;
use self::route::{Route, Routes};
use self::run::{Outcome, Run, Runs, Work};
use super::answer::Answer;
use super::dedupe::{Dedupe, DedupeKey, MemoryDedupe};
use super::event::{EventKind, EventMeta, IntoReply, PushEvent, ReplyOr};
use super::message::Message;
use super::query::Query;
use super::receiver::Receiver;
use crate::observe::{push_answered, push_failed, push_handled, push_refused, push_span};

/// What a handler fails with. `?` makes one of any error, and `.into()` of a text.
///
/// A handler answers `Result<…, BoxError>`, so that a closure can end with a bare `Ok(())`. A function with an error of its
/// own is wrapped:
///
/// ```
/// use weapp::events::WxaMediaCheck;
/// use weapp::push::{Arrived, Dispatcher};
/// # type MyError = std::fmt::Error;
///
/// async fn checked(event: Arrived<WxaMediaCheck>) -> Result<(), MyError> {
///     // …
/// #   drop(event);
///     Ok(())
/// }
///
/// fn listen(dispatcher: Dispatcher) -> Dispatcher {
///     dispatcher.on(|event| async move { Ok(checked(event).await?) })
/// }
/// ```
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// How long WeChat waits for an answer, unless an event's page says otherwise.
const WITHIN: Duration = Duration::from_secs(5);

/// How much of that is left for the way back.
const MARGIN: Duration = Duration::from_millis(500);

/// How long handled messages are remembered: WeChat repeats some for 18 hours.
const KEEP: Duration = Duration::from_secs(24 * 60 * 60);

/// How soon a message that another process handles is asked after, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));

/// Hands each message to the handler of its type, once, and answers WeChat in time.
///
/// ```no_run
/// use weapp::events::{UserEnterTempsession, WxaMediaCheck};
/// use weapp::push::{Answer, Arrived, Dispatcher, Message, Query, Receiver};
/// # use weapp::push::BoxError;
///
/// # async fn publish(trace_id: &str) -> Result<(), BoxError> { Ok(()) }
/// # async fn keep(message: &Message) -> Result<(), BoxError> { Ok(()) }
/// # fn run() -> weapp::push::Result<()> {
/// let receiver = Receiver::new("token", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "wx0123456789abcdef")?;
/// let dispatcher = Dispatcher::new(receiver)
///     .on(|event: Arrived<WxaMediaCheck>| async move {
///         publish(&event.trace_id).await?;
///         Ok(())
///     })
///     .on(welcome)
///     .other(|message: Message| async move {
///         keep(&message).await?;
///         Ok(())
///     })
///     .on_failure(|failure| eprintln!("not handled: {failure:?}"));
///
/// async fn welcome(event: Arrived<UserEnterTempsession>) -> Result<(), BoxError> {
///     println!("{} came", event.from_user_name);
///     Ok(())
/// }
///
/// /// What the web framework calls for POST; `verify` is for GET.
/// async fn post(dispatcher: &Dispatcher, query: &str, body: Vec<u8>) -> Answer {
///     dispatcher.answer(&Query::parse(query), body).await
/// }
/// # Ok(()) }
/// ```
///
/// A handler is an `async fn`, or a closure that answers a future. What else it needs is cloned into the closure, at each
/// message anew; `async |event| …` borrows what it captures, so that it does only where it captures nothing:
///
/// ```
/// use weapp::Client;
/// use weapp::events::UserEnterTempsession;
/// use weapp::push::{Arrived, BoxError, Dispatcher};
///
/// async fn welcome(client: Client, event: Arrived<UserEnterTempsession>) -> Result<(), BoxError> {
///     client.access_token().await?; // any error, by `?`
///     println!("{} came", event.from_user_name);
///     Ok(())
/// }
///
/// fn listen(dispatcher: Dispatcher, client: Client) -> Dispatcher {
///     dispatcher.on(move |event| welcome(client.clone(), event))
/// }
/// ```
///
/// Make one, and keep it: clones share the handlers at work and what was handled. It needs a tokio runtime.
///
/// # What WeChat is answered
///
/// WeChat waits five seconds, delivers a message that is not answered again (most of them twice, some for hours), and
/// does so to whichever process its request reaches. A handler may take as long as it needs: it runs in a task of its own,
/// and goes on when WeChat hangs up.
///
/// | what happens | answer |
/// | --- | --- |
/// | the handler ends well within the [`budget`](Self::budget) | its reply, or `success` |
/// | its reply has another `ErrCode` than 0 | that reply: WeChat delivers a payment again then, and the next delivery is handled anew |
/// | it fails or panics within the budget | 500: WeChat delivers again, and the next delivery is handled anew |
/// | it takes longer | `success`; the handler goes on. Should it reply then, [`on_failure`](Self::on_failure) is told that this goes nowhere |
/// | it takes longer, and the event wants a structured reply, or is one that WeChat delivers again until it is taken ([`EventMeta::redeliveries`]: payments) | 503: WeChat delivers again, and that delivery waits for the same handler and gets its reply |
/// | the message was handled before, here or in another process | the same reply once more, or `success` |
/// | another process is at it, until the budget ends | 503, so that nothing is lost should that process die |
/// | the message can not be read as its type | 500, and `on_failure` has it: WeChat repeats some messages for so long that a mended service can still take them |
/// | no handler wants it | `success` |
/// | [`max_in_flight`](Self::max_in_flight) handlers are at work | 503 |
/// | it is no message of WeChat's, or damaged | what [`push::Error::status`](super::Error::status) says |
///
/// The body of what is no success is the word `failed`.
///
/// A handler that fails after `success` was answered, or whose process dies then, is not run again: what must not be lost
/// it writes to a database or a queue before anything slow. Payments are safe from that: `success` is not answered before
/// their handler has ended. A handler that never ends keeps its message and its place for ever: what it waits for wants a
/// timeout.
///
/// # Once
///
/// A message is known by its `MsgId`, or by its head and the fields that tell two of its kind apart. [`MemoryDedupe`]
/// remembers what one process handled, for a day or until the process ends; several processes share a store, such as
#[cfg_attr(feature = "redis", doc = "[`RedisDedupe`](super::RedisDedupe).")]
#[cfg_attr(not(feature = "redis"), doc = "`RedisDedupe` (feature `redis`).")]
/// While the store is out of reach, messages are handled all the same, each process remembers its own, and a warning is
/// logged. In that time, and where a process dies between a handler's last step and the store, a message can be handled
/// twice: handlers of what must not happen twice (a delivery of goods) check their own records, too.
#[derive(Clone)]
pub struct Dispatcher {
    setup: Arc<Setup>,
    runs: Arc<Runs>,
}

/// What a dispatcher was told.
#[derive(Clone)]
struct Setup {
    receiver: Receiver,
    routes: Routes,
    kept: Kept,
    budget: Duration,
    slots: Option<Arc<Semaphore>>,
    on_failure: Option<Arc<dyn Fn(Failure) + Send + Sync>>,
}

impl Dispatcher {
    /// Without handlers: it answers everything that the receiver opens with `success`.
    #[must_use]
    pub fn new(receiver: Receiver) -> Self {
        let setup = Setup {
            receiver,
            routes: Routes::default(),
            kept: Kept::new(Arc::new(MemoryDedupe::new()), KEEP),
            budget: Duration::MAX,
            slots: None,
            on_failure: None,
        };
        Self { setup: Arc::new(setup), runs: Arc::default() }
    }

    /// Handles one type of event: its type is that of the handler's parameter. Where several events share a type, it
    /// handles all of them. Of two handlers for one event the later one counts.
    ///
    /// The handler answers `Ok(())` for `success`, or the event's structured reply: see [`IntoReply`]. Where either will do,
    /// it can decide each time, by [`ReplyOr`] or an `Option`. Its error is a [`BoxError`], which `?` makes of any other.
    ///
    /// ```
    /// use weapp::events::{TextMessage, TransferCustomerService, XpaySubscribePayFailNotify, XpaySubscriptionReply};
    /// use weapp::push::{Arrived, Dispatcher};
    ///
    /// fn listen(dispatcher: Dispatcher) -> Dispatcher {
    ///     dispatcher
    ///         // `success` will not do.
    ///         .on(async |_: Arrived<XpaySubscribePayFailNotify>| Ok(XpaySubscriptionReply::new()))
    ///         // Either will do.
    ///         .on(async |event: Arrived<TextMessage>| {
    ///             Ok((event.content == "人工").then(TransferCustomerService::new))
    ///         })
    /// }
    /// ```
    ///
    /// A required reply that is forgotten is a mistake that the compiler finds:
    ///
    /// ```compile_fail,E0277
    /// # use weapp::push::{Arrived, Dispatcher};
    /// # use weapp::events::XpaySubscribePayFailNotify;
    /// # fn listen(dispatcher: Dispatcher) -> Dispatcher {
    /// dispatcher.on(async |_: Arrived<XpaySubscribePayFailNotify>| Ok(()))
    /// # }
    /// ```
    ///
    /// So is an event that comes as a callback of its own ([`EventKind::Callback`]), which [`Receiver::callback`] reads.
    /// `cargo build` and `cargo test` find it; `cargo check` does not come so far:
    ///
    /// ```compile_fail,E0080
    /// # use weapp::push::{Arrived, Dispatcher, Receiver};
    /// use weapp::events::{IntracityOrderStatus, IntracityOrderStatusReply};
    ///
    /// # let dispatcher = Dispatcher::new(Receiver::plain("token").unwrap());
    /// dispatcher.on(async |_: Arrived<IntracityOrderStatus>| Ok(IntracityOrderStatusReply::new()));
    /// ```
    #[must_use]
    pub fn on<E, F, Fut, R>(mut self, handler: F) -> Self
    where
        E: PushEvent,
        F: Fn(Arrived<E>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, BoxError>> + Send + 'static,
        R: IntoReply<E::Reply>,
    {
        const {
            assert!(!matches!(E::META.kind, EventKind::Callback), "this is no push message: use `Receiver::callback`");
        }
        self.change().routes.add(handler);
        self
    }

    /// Handles all messages that no other handler is for, such as events that the spec does not know.
    ///
    /// The handler answers `Ok(())` for `success`, or a structured reply as a [`serde_json::Value`].
    #[must_use]
    pub fn other<F, Fut, R>(mut self, handler: F) -> Self
    where
        F: Fn(Message) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<R, BoxError>> + Send + 'static,
        R: IntoReply<ReplyOr<Value>>,
    {
        self.change().routes.set_other(handler);
        self
    }

    /// Where it is kept which messages were handled; a [`MemoryDedupe`] unless said otherwise.
    #[must_use]
    pub fn dedupe(mut self, store: impl Dedupe) -> Self {
        self.change().kept.set_store(Arc::new(store));
        self
    }

    /// How long handled messages are remembered; a day unless said otherwise, because WeChat repeats some for 18 hours.
    #[must_use]
    pub fn keep(mut self, time: Duration) -> Self {
        self.change().kept.keep = time;
        self
    }

    /// Answers after this time at the latest. Unless said otherwise, and never later, half a second before WeChat gives
    /// up: after 4.5 seconds, or sooner where an event's page says so. Only a store that keeps silent can make it later:
    /// its answer is waited for, two seconds at most.
    #[must_use]
    pub fn budget(mut self, time: Duration) -> Self {
        self.change().budget = time;
        self
    }

    /// At most so many handlers at once, so that a flood does not drown what they need. What does not fit is answered
    /// with 503, and WeChat delivers it again.
    #[must_use]
    pub fn max_in_flight(mut self, handlers: usize) -> Self {
        self.change().slots = Some(Arc::new(Semaphore::new(handlers.min(Semaphore::MAX_PERMITS))));
        self
    }

    /// Is told of every message that could not be handled, with the message: to keep it, or to raise an alarm. A later
    /// one takes the place of the one before.
    ///
    /// It is called among the handlers, so it must not block: what takes time goes to a channel or a task of yours, for
    /// which [`drain`](Self::drain) does not wait.
    ///
    /// Failures are logged all the same, but without the handler's error, which may say something of the message. Where
    /// no `on_failure` is set, it is logged, too.
    #[must_use]
    pub fn on_failure(mut self, told: impl Fn(Failure) + Send + Sync + 'static) -> Self {
        self.change().on_failure = Some(Arc::new(told));
        self
    }

    /// The receiver. Who reads the bodies of requests by hand reads no more than its
    /// [`max_body`](Receiver::max_body).
    #[must_use]
    pub fn receiver(&self) -> &Receiver {
        &self.setup.receiver
    }

    /// Answers the request (GET) by which the console verifies the URL.
    pub fn verify(&self, query: &Query) -> Answer {
        match self.setup.receiver.verify_url(query) {
            Ok(echo) => Answer::text(echo),
            Err(error) => refuse(&error),
        }
    }

    /// Answers a message (POST). It does not fail: what is refused is answered with an error status, and logged.
    pub async fn answer(&self, query: &Query, body: impl Into<Bytes>) -> Answer {
        match self.setup.receiver.open(query, body) {
            Ok(message) => self.dispatch(message).await,
            Err(error) => refuse(&error),
        }
    }

    /// Answers a message that was opened already.
    pub async fn dispatch(&self, message: Message) -> Answer {
        let started = Instant::now();
        if message.is_probe() {
            return message.success();
        }
        let Some(route) = self.setup.routes.find(&message) else {
            let answer = message.success();
            push_answered("other", "unhandled", answer.status, started.elapsed());
            return answer;
        };
        let meta = route.meta(&message);
        let key = DedupeKey::new(&meta.map_or_else(|| message.key(), |meta| message.distinct(meta)));
        let outcome = self.settle(key, &message, route, started + self.setup.budget_of(meta)).await;
        let (label, reply) = match outcome {
            Outcome::Handled(reply) => ("handled", Ok(reply)),
            Outcome::Repeated(reply) => ("repeated", Ok(reply)),
            Outcome::Late => ("late", Ok(None)),
            Outcome::Pending => ("pending", Err(StatusCode::SERVICE_UNAVAILABLE)),
            Outcome::Failed => ("failed", Err(StatusCode::INTERNAL_SERVER_ERROR)),
            Outcome::Busy => ("busy", Err(StatusCode::SERVICE_UNAVAILABLE)),
        };
        let answer = match reply {
            Ok(None) => message.success(),
            Ok(Some(reply)) => message.reply_json(&reply).unwrap_or_else(|error| Answer::from(&error)),
            Err(status) => Answer::failure(status),
        };
        push_answered(route.event, label, answer.status, started.elapsed());
        answer
    }

    /// How many handlers are at work.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.runs.count()
    }

    /// Waits until no handler is at work, for so long at most, and answers how many still are. For the end of a program,
    /// after its server has stopped: handlers go on when their messages have been answered.
    pub async fn drain(&self, patience: Duration) -> usize {
        // What matters is how many are left.
        drop(timeout(patience, self.runs.idle()).await);
        self.in_flight()
    }

    fn change(&mut self) -> &mut Setup {
        Arc::make_mut(&mut self.setup)
    }

    /// Sees to it that a message is handled, by this delivery or another one.
    async fn settle(&self, key: DedupeKey, message: &Message, route: &Arc<Route>, deadline: Instant) -> Outcome {
        let waited_for = route.is_waited_for(message);
        let mut pause = PAUSES.0;
        let mut elsewhere = false;
        loop {
            if let Some(run) = self.runs.get(&key) {
                return run.wait(deadline, waited_for).await;
            }
            let Ok(slot) = self.setup.slot() else { return Outcome::Busy };
            let claim = match self.setup.kept.claim(&key).await {
                Ok(Claimed::Done(reply)) => return Outcome::Repeated(reply),
                Ok(Claimed::New(fence)) => Some(Some(fence)),
                // Without the store it is handled all the same, unless somebody was at it a moment ago.
                Err(_) if !elsewhere => Some(None),
                Ok(Claimed::Running) | Err(_) => None,
            };
            if let Some(claim) = claim {
                let run = self.begin(key, message, route, claim, slot).await;
                return run.wait(deadline, waited_for).await;
            }
            elsewhere = true;
            drop(slot);
            let now = Instant::now();
            if now >= deadline {
                return Outcome::Pending;
            }
            sleep_until(deadline.min(now + pause)).await;
            pause = PAUSES.1.min(pause * 2);
        }
    }

    /// Has the handler begin, in a task of its own.
    async fn begin(
        &self,
        key: DedupeKey,
        message: &Message,
        route: &Arc<Route>,
        claim: Option<u64>,
        slot: Option<OwnedSemaphorePermit>,
    ) -> Arc<Run> {
        let work = match self.runs.begin(key) {
            Ok(work) => work,
            Err(before) => {
                // It began without the store, which is back.
                self.setup.kept.release(&key, claim).await;
                return before;
            }
        };
        let run = Arc::clone(&work.run);
        let (setup, message, route) = (Arc::clone(&self.setup), message.clone(), Arc::clone(route));
        let span = push_span(route.event);
        let task = async move {
            setup.handle(&work, message, &route, claim).await;
            drop((slot, work));
        };
        tokio::spawn(task.instrument(span).with_current_subscriber());
        run
    }
}

impl Setup {
    fn budget_of(&self, meta: Option<&EventMeta>) -> Duration {
        let within = meta.map_or(WITHIN, |meta| Duration::from_secs(meta.answer_within.into()));
        self.budget.min(within.saturating_sub(MARGIN))
    }

    fn slot(&self) -> Result<Option<OwnedSemaphorePermit>, tokio::sync::TryAcquireError> {
        self.slots.as_ref().map(|slots| Arc::clone(slots).try_acquire_owned()).transpose()
    }

    /// Handles a message, and tells everybody what came of it.
    async fn handle(&self, work: &Work, message: Message, route: &Route, claim: Option<u64>) {
        let started = Instant::now();
        // In one more task, so that neither a panic nor a handler that blocks its thread keeps the claim from being kept.
        let handler = tokio::spawn(route.handle(message.clone()).in_current_span().with_current_subscriber());
        let ended = tokio::select! {
            ended = handler => ended,
            never = self.kept.hold(&work.key, claim) => match never {},
        };
        let ended = ended.unwrap_or_else(|error| Err(Trouble::new(FailureKind::Panic, fell(error))));
        // What has no form in which this message could be answered is the handler's mistake, and not yet done.
        let ended = ended.and_then(|reply| match reply.as_ref().map(|reply| message.reply_json(reply)).transpose() {
            Ok(_) => Ok(reply),
            Err(error) => Err(Trouble::new(FailureKind::Reply, error)),
        });
        let elapsed = started.elapsed();
        let (trouble, was_answered) = match ended {
            Ok(reply) => {
                let (effect, text) = (Effect::of(reply.as_ref()), reply.as_ref().map(Value::to_string));
                let was_answered;
                if effect == Effect::Again {
                    // It is not done: the next delivery is to be handled.
                    work.leave();
                    was_answered = work.succeed(reply);
                    self.kept.release(&work.key, claim).await;
                } else {
                    was_answered = work.succeed(reply);
                    self.kept.finish(route.event, &work.key, claim, text.as_deref()).await;
                }
                if effect == Effect::Success || !was_answered {
                    return push_handled(route.event, elapsed);
                }
                (Trouble::new(FailureKind::Late, "the reply came after WeChat had been told `success`"), true)
            }
            Err(trouble) => {
                let was_answered = work.fail();
                self.kept.release(&work.key, claim).await;
                (trouble, was_answered)
            }
        };
        let Trouble { kind, error } = trouble;
        let own = !matches!(kind, FailureKind::Handler | FailureKind::Panic);
        let told = (own || self.on_failure.is_none()).then_some(&error);
        push_failed(message.appid(), route.event, kind.as_str(), was_answered, told, elapsed);
        if let Some(on_failure) = &self.on_failure {
            on_failure(Failure { message, event: route.event, kind, error, was_answered });
        }
    }
}

/// How a handler fell.
fn fell(error: tokio::task::JoinError) -> BoxError {
    if error.is_cancelled() {
        return "the runtime of the handler was shut down".into();
    }
    let panic = error.into_panic();
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the handler panicked: {}", text.unwrap_or("for no reason given")).into()
}

fn refuse(error: &super::Error) -> Answer {
    push_refused(error);
    Answer::from(error)
}

impl fmt::Debug for Dispatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatcher")
            .field("handlers", &self.setup.routes)
            .field("in_flight", &self.in_flight())
            .finish_non_exhaustive()
    }
}
