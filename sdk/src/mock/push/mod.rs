//! The mock as the sender of messages: [`Mock::push_to`].
//!
//! It is written from WeChat's pages and shares no code with [`crate::push`], which users test by it.

mod answer;
mod crypto;
mod delivery;
mod follow;
mod kinds;
mod message;
mod pusher;
mod request;
mod target;
#[cfg(test)]
mod tests;
mod xml;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::task::JoinSet;

pub use self::delivery::{PushDelivery, PushFault, PushOutcome};
pub use self::follow::EventRule;
pub use self::message::Push;
pub use self::pusher::Pusher;
pub use self::target::PushTarget;

use self::delivery::Log;
pub(super) use self::kinds::{PushKind, kinds};
use super::Mock;
use crate::error::Result;

/// Where messages go, and which went there.
pub(super) struct Pushes {
    log: Arc<Log>,
    /// One for each app.
    pushers: Mutex<Vec<Pusher>>,
    /// Events that are still to come. They end with the mock.
    tasks: Mutex<JoinSet<()>>,
}

impl Pushes {
    /// That keep the last deliveries.
    pub(super) fn new(keep: usize) -> Self {
        Self { log: Arc::new(Log::new(keep)), pushers: Mutex::default(), tasks: Mutex::default() }
    }

    fn pushers(&self) -> MutexGuard<'_, Vec<Pusher>> {
        self.pushers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pusher(&self, appid: &str) -> Option<Pusher> {
        self.pushers().iter().find(|pusher| pusher.0.target.appid == appid).cloned()
    }
}

impl Mock {
    /// Pushes messages to an endpoint of yours, as if it had been entered under 消息推送 in the console. With the feature
    /// `push`.
    ///
    /// From now on calls of this app bring about the events that tell their outcomes, unless the target [says
    /// otherwise](PushTarget::only_by_hand). An app has one target: a later one takes the place of the earlier.
    ///
    /// ```
    /// # #[cfg(all(feature = "axum", feature = "security"))]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use weapp::api::security::{CheckMediaType, CheckScene, MediaCheckAsync};
    /// use weapp::events::WxaMediaCheck;
    /// use weapp::mock::{Mock, PushFault, PushTarget};
    /// use weapp::push::{Arrived, Dispatcher, Receiver};
    ///
    /// const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    /// let (verdicts, mut told) = tokio::sync::mpsc::unbounded_channel();
    /// let dispatcher = Dispatcher::new(Receiver::new("token", KEY, Mock::APPID)?)
    ///     .on(move |event: Arrived<WxaMediaCheck>| {
    ///         let verdicts = verdicts.clone();
    ///         async move { Ok(verdicts.send(event.trace_id.clone())?) }
    ///     });
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let url = format!("http://{}/push", listener.local_addr()?);
    /// let app = axum::Router::new().route("/push", dispatcher.into_route());
    /// tokio::spawn(async move { axum::serve(listener, app).await });
    ///
    /// let mock = Mock::start().await?;
    /// let wechat = mock.push_to(PushTarget::new(url, "token", KEY))?;
    /// wechat.verify().await?;
    ///
    /// // A call brings its event about …
    /// let request = MediaCheckAsync::new()
    ///     .media_url("https://example.com/1.jpg")
    ///     .media_type(CheckMediaType::Image)
    ///     .scene(CheckScene::Forum)
    ///     .openid("an openid");
    /// let check = mock.client()?.security().media_check_async(request).await?;
    /// mock.pushes_settled().await;
    /// assert_eq!(told.recv().await, Some(check.trace_id));
    ///
    /// // … any event can be pushed by hand, and a forged one must be refused.
    /// assert!(wechat.event("wxa_media_check")?.set("trace_id", "another").send().await?.is_accepted());
    /// let forged = wechat.event("wxa_media_check")?.fault(PushFault::Tampered).send_once().await?;
    /// assert_eq!(forged.status(), Some(403));
    /// # Ok(()) }
    /// # #[cfg(not(all(feature = "axum", feature = "security")))]
    /// # fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the URL is none, the token is empty, or the key has not 43
    /// letters and digits.
    pub fn push_to(&self, target: PushTarget) -> Result<Pusher> {
        let pushes = &self.shared.pushes;
        let default_appid = &self.shared.default_app().appid;
        let pusher = Pusher::new(target, default_appid, self.shared.catalogue, Arc::clone(&pushes.log))?;
        let mut pushers = pushes.pushers();
        pushers.retain(|other| other.0.target.appid != pusher.0.target.appid);
        pushers.push(pusher.clone());
        Ok(pusher)
    }

    /// All deliveries so far, in the order in which they ended: as many as [`MockBuilder::keep_requests`] says. With the
    /// feature `push`.
    ///
    /// [`MockBuilder::keep_requests`]: super::MockBuilder::keep_requests
    #[must_use]
    pub fn deliveries(&self) -> Vec<PushDelivery> {
        self.shared.pushes.log.kept().iter().cloned().collect()
    }

    /// Forgets the deliveries so far.
    pub fn clear_deliveries(&self) {
        self.shared.pushes.log.kept().clear();
    }

    /// Waits until no event is under way that a call has brought about, repeated deliveries included. With the feature
    /// `push`.
    pub async fn pushes_settled(&self) {
        self.shared.pushes.log.settled().await;
    }
}
