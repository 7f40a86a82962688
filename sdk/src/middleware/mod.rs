//! Code of yours around each attempt of each call: to see or change the request and what came of it, or to answer in
//! WeChat's place.
//!
//! A [`Middleware`] is given to [`ClientBuilder::middleware`](crate::ClientBuilder::middleware). It gets each attempt
//! as an [`Outgoing`], hands it on with [`Outgoing::send`], and answers with the [`Reply`] that came, with another one,
//! or with an error. The first one that was given is the outermost: it sees the request first, and the reply last.
//!
//! - A repetition passes through again, with its number; so does the fetch of an access_token, which is a call like any
//!   other. Requests that are refused before they are sent, because they break a documented constraint, do not pass.
//! - The access_token, the AppSecret and the body are not shown. Limits and the access_token are seen to behind the
//!   last middleware, and the address is put together there: who answers without [`Outgoing::send`] uses up no quota.
//! - A request can be sent once, and [`Outgoing::send`] takes it. Repeating is the client's affair, which knows what
//!   may be repeated. It goes by what the outermost middleware answers, and takes a reply that was made up for
//!   WeChat's: who turns a success into 40001 has the call made once more.
//! - An error that a middleware makes is never a reason to repeat the call; an error that `send` gave it, and that it
//!   hands on, counts as if the middleware were not there. Make your own with [`Error::other`]; whatever it is,
//!   [`Error::maybe_sent`] tells the caller the truth of the attempt.
//! - The call's timeout bounds all of it: a middleware that has not answered by then is dropped. A panic is the
//!   caller's.
//!
//! # Examples
//!
//! A header of its own on every request:
//!
//! ```
//! use weapp::middleware::middleware_fn;
//!
//! # fn traceparent() -> String { "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".into() }
//! # fn main() -> weapp::Result<()> {
//! let traced = middleware_fn(|mut request| {
//!     Box::pin(async move {
//!         request.insert_header("traceparent", traceparent())?;
//!         request.send().await
//!     })
//! });
//! let client = weapp::Client::builder().app("wx0123456789abcdef", "your-appsecret").middleware(traced).build()?;
//! # Ok(()) }
//! ```
//!
//! A log of WeChat's error codes:
//!
//! ```
//! # use weapp::middleware::middleware_fn;
//! let logged = middleware_fn(|request| {
//!     Box::pin(async move {
//!         let endpoint = request.endpoint().to_owned();
//!         let outcome = request.send().await;
//!         if let Ok(reply) = &outcome && let Some(code) = reply.errcode() {
//!             println!("{endpoint} answered {code} after {:?}", reply.elapsed());
//!         }
//!         outcome
//!     })
//! });
//! # weapp::Client::builder().middleware(logged);
//! ```
//!
//! Chaos, to see how a program takes it. A made-up answer is treated as WeChat's: this one has the calls repeated that
//! may be.
//!
//! ```
//! # use weapp::middleware::middleware_fn;
//! use std::sync::atomic::{AtomicU32, Ordering};
//!
//! let calls = AtomicU32::new(0);
//! let chaos = middleware_fn(move |request| {
//!     if calls.fetch_add(1, Ordering::Relaxed) % 10 == 9 {
//!         let busy = request.answer(r#"{"errcode":-1,"errmsg":"system error"}"#);
//!         return Box::pin(async move { Ok(busy) });
//!     }
//!     request.send()
//! });
//! # weapp::Client::builder().middleware(chaos);
//! ```
//!
//! Answers from a cache, here one for each app of an endpoint that takes no parameters:
//!
//! ```
//! use std::collections::HashMap;
//! use std::sync::Mutex;
//!
//! use weapp::middleware::{Handling, Middleware, Outgoing, Reply};
//!
//! #[derive(Default)]
//! struct Categories(Mutex<HashMap<String, Reply>>);
//!
//! impl Middleware for Categories {
//!     fn handle<'a>(&'a self, request: Outgoing<'a>) -> Handling<'a> {
//!         Box::pin(async move {
//!             if request.endpoint() != "getCategory" {
//!                 return request.send().await;
//!             }
//!             let app = request.appid().to_owned();
//!             let kept = self.0.lock().ok().and_then(|kept| kept.get(&app).cloned());
//!             if let Some(reply) = kept {
//!                 return Ok(reply);
//!             }
//!             let reply = request.send().await?;
//!             if reply.status().is_success() && reply.errcode().is_none() && let Ok(mut kept) = self.0.lock() {
//!                 kept.insert(app, reply.clone());
//!             }
//!             Ok(reply)
//!         })
//!     }
//! }
//! ```

mod changes;
mod outgoing;
mod reply;
#[cfg(test)]
mod tests;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use tokio::time::timeout_at;

pub(crate) use changes::Changes;
pub use outgoing::Outgoing;
pub use reply::Reply;

use crate::attempts::Attempts;
use crate::endpoint::Received;
use crate::error::{Error, Result};

/// What [`Middleware::handle`] and [`Outgoing::send`] answer with.
pub type Handling<'a> = Pin<Box<dyn Future<Output = Result<Reply>> + Send + 'a>>;

/// Sees or changes each attempt of each call: see the [module's page](self).
///
/// For a closure there is [`middleware_fn`].
pub trait Middleware: Send + Sync + 'static {
    /// Handles one attempt: hands `request` on by [`Outgoing::send`], or answers by itself.
    ///
    /// # Errors
    /// What stopped it: what `send` answered, or an error of its own, made by [`Error::other`].
    fn handle<'a>(&'a self, request: Outgoing<'a>) -> Handling<'a>;
}

impl<M: Middleware + ?Sized> Middleware for Arc<M> {
    fn handle<'a>(&'a self, request: Outgoing<'a>) -> Handling<'a> {
        (**self).handle(request)
    }
}

/// A [`Middleware`] that is a closure: see [`middleware_fn`].
pub struct MiddlewareFn<F>(F);

/// Makes a [`Middleware`] of a closure.
///
/// ```
/// use weapp::middleware::middleware_fn;
///
/// let denied = middleware_fn(|request| {
///     if request.endpoint() == "sendMessage" {
///         return Box::pin(async { Err(weapp::Error::other("no messages from the staging system")) });
///     }
///     request.send()
/// });
/// # weapp::Client::builder().middleware(denied);
/// ```
pub fn middleware_fn<F>(handle: F) -> MiddlewareFn<F>
where
    F: for<'a> Fn(Outgoing<'a>) -> Handling<'a> + Send + Sync + 'static,
{
    MiddlewareFn(handle)
}

impl<F> Middleware for MiddlewareFn<F>
where
    F: for<'a> Fn(Outgoing<'a>) -> Handling<'a> + Send + Sync + 'static,
{
    fn handle<'a>(&'a self, request: Outgoing<'a>) -> Handling<'a> {
        (self.0)(request)
    }
}

impl<F> fmt::Debug for MiddlewareFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MiddlewareFn")
    }
}

/// Leads one attempt through the middlewares. Boxed, so that calls without any carry nothing of it.
pub(crate) fn pass(attempts: &mut Attempts) -> Pin<Box<dyn Future<Output = Result<Received>> + Send + '_>> {
    Box::pin(async move {
        let client = attempts.client.clone();
        attempts.changes = Some(Box::default());
        let request = Outgoing::new(attempts, &client.bound().shared.middlewares);
        let deadline = request.deadline();
        let outcome = timeout_at(deadline, request.send()).await;
        let maybe_sent = attempts.changes.take().is_some_and(|changes| changes.maybe_sent);
        match outcome {
            Ok(Ok(reply)) => Ok(reply.received),
            Ok(Err(mut error)) => {
                attempts.stopped = !error.take_handed_on();
                if maybe_sent {
                    error.set_maybe_sent();
                }
                Err(error)
            }
            Err(_) => Err(Error::timeout(maybe_sent)),
        }
    })
}
