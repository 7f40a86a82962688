//! The non-generic core of every call: the token, the exchange, and whether to try once more.

use std::borrow::Cow;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::HeaderMap;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use crate::call::Options;
use crate::client::{Client, Holding};
use crate::endpoint::{Answer, Authorisation, Meta, Method, Received};
use crate::error::{Error, ErrorKind, Result};
use crate::middleware::{self, Changes};
use crate::observe::{CallWatch, call_refused};
use crate::parts::{Body, push_query};
use crate::retry::Retry;
use crate::sign;
use crate::token::Token;
use crate::transport::exchange;

pub(crate) type StepFuture = Pin<Box<dyn Future<Output = (Box<Attempts>, Result<Received>)> + Send>>;

enum Step {
    Running(StepFuture),
    Failed(Option<Error>),
}

/// The thin generic shell: all it adds to the attempts is the type that the answer is read as.
pub(crate) struct Running<T> {
    course: Course,
    result: PhantomData<fn() -> T>,
}

impl<T: Answer> Running<T> {
    pub(crate) fn start(attempts: Box<Attempts>) -> Self {
        Self::of(attempts.meta, Step::Running(attempts.next()))
    }

    /// Goes on from a future that ends with the first attempt.
    pub(crate) fn after(meta: &'static Meta, first: StepFuture) -> Self {
        Self::of(meta, Step::Running(first))
    }

    pub(crate) fn failed(meta: &'static Meta, error: Error) -> Self {
        Self::of(meta, Step::refused(meta, error))
    }

    fn of(meta: &'static Meta, step: Step) -> Self {
        Self { course: Course { meta, step }, result: PhantomData }
    }

    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<(Option<Received>, Result<T>)> {
        loop {
            let (attempts, received) = match ready!(self.course.received(context)) {
                Ok(received) => received,
                Err(error) => return Poll::Ready((None, Err(error))),
            };
            let failed = match T::read(self.course.meta, &received) {
                Ok(value) => {
                    attempts.end();
                    return Poll::Ready((Some(received), Ok(value)));
                }
                Err(error) => self.course.failed(attempts, error),
            };
            if let Some(error) = failed {
                return Poll::Ready((Some(received), Err(error)));
            }
        }
    }
}

impl<T> Running<T> {
    pub(crate) fn meta(&self) -> &'static Meta {
        self.course.meta
    }
}

impl Step {
    fn refused(meta: &'static Meta, error: Error) -> Self {
        let error = if meta.id.is_empty() { error } else { error.at(meta.id) };
        call_refused(meta, &error);
        Self::Failed(Some(error))
    }
}

/// How far a call has come.
struct Course {
    meta: &'static Meta,
    step: Step,
}

impl Course {
    /// The next answer, or the error with which the call ends without one.
    fn received(&mut self, context: &mut Context<'_>) -> Poll<Result<(Box<Attempts>, Received)>> {
        loop {
            let (attempts, outcome) = match &mut self.step {
                Step::Running(step) => ready!(step.as_mut().poll(context)),
                Step::Failed(error) => {
                    let error = error.take().unwrap_or_else(|| Error::config("polled after its end", "await it once"));
                    return Poll::Ready(Err(error));
                }
            };
            self.step = Step::Failed(None);
            match outcome {
                Ok(received) => return Poll::Ready(Ok((attempts, received))),
                Err(error) => {
                    if let Some(error) = self.failed(attempts, error) {
                        return Poll::Ready(Err(error));
                    }
                }
            }
        }
    }

    /// The error with which the call ends, unless it is made once more.
    fn failed(&mut self, attempts: Box<Attempts>, error: Error) -> Option<Error> {
        match attempts.after(error) {
            After::Again(step) => {
                self.step = Step::Running(step);
                None
            }
            After::Failed(error) => Some(error),
        }
    }
}

enum After {
    Again(StepFuture),
    Failed(Error),
}

/// The non-generic core: everything about a call that does not depend on its types.
pub(crate) struct Attempts {
    pub(crate) client: Client,
    pub(crate) meta: &'static Meta,
    /// Where a universal request goes; the spec's path where there is none.
    pub(crate) path: Option<Box<str>>,
    pub(crate) method: Method,
    pub(crate) query: String,
    pub(crate) body: Body,
    retry: Retry,
    pub(crate) deadline: Instant,
    pub(crate) repetitions: u32,
    pause: Option<Duration>,
    token: Option<Arc<Token>>,
    /// Whether the call was repeated for a rejected token already.
    renewed: bool,
    /// Whether this attempt is that repetition.
    renewing: bool,
    /// The last failure that reached WeChat.
    original: Option<Error>,
    /// What middlewares add to this attempt.
    pub(crate) changes: Option<Box<Changes>>,
    /// Whether a middleware failed: its error is no reason to repeat the call.
    pub(crate) stopped: bool,
    /// Whether it takes no slot: who waits for a token may hold them all.
    exempt: bool,
    /// Whether it is signed and encrypted.
    signed: bool,
    watch: CallWatch,
}

impl Attempts {
    /// `path` is that of a universal request.
    pub(crate) fn new(
        client: Client,
        meta: &'static Meta,
        path: Option<Box<str>>,
        options: Options,
        query: String,
        body: Body,
    ) -> Self {
        let shared = &client.bound().shared;
        let watch = CallWatch::begin(meta, path.as_deref(), client.appid());
        Self {
            meta,
            path,
            method: meta.method,
            query,
            body,
            retry: options.retry.unwrap_or(shared.retry),
            deadline: watch.started() + options.timeout.unwrap_or(shared.timeout),
            repetitions: 0,
            pause: None,
            token: None,
            renewed: false,
            renewing: false,
            original: None,
            changes: None,
            stopped: false,
            exempt: options.exempt,
            signed: options.signed == Some(true),
            watch,
            client,
        }
    }

    fn next(self: Box<Self>) -> StepFuture {
        if self.watch.span().is_disabled() {
            return Box::pin(self.step());
        }
        let span = self.watch.span().clone();
        Box::pin(self.step().instrument(span))
    }

    /// One attempt: the pause before it, the token, the exchange.
    pub(crate) async fn step(mut self: Box<Self>) -> (Box<Self>, Result<Received>) {
        if let Some(pause) = self.pause.take() {
            Box::pin(tokio::time::sleep(pause)).await;
        }
        let outcome = match self.client.bound().shared.middlewares.is_empty() {
            true => self.attempt().await,
            false => middleware::pass(&mut self).await,
        };
        (self, outcome)
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn needs_token(&self) -> bool {
        matches!(
            self.meta.authorisation,
            Authorisation::AccessToken | Authorisation::Authorizer | Authorisation::OfficialAccount
        )
    }

    /// Waits for a token and for its turn, and makes the exchange.
    pub(crate) async fn attempt(&mut self) -> Result<Received> {
        if self.needs_token() && !self.takes_cached_token() {
            Box::pin(self.wait_for_token()).await?;
        }
        let shared = &self.client.bound().shared;
        // Last of all: calls that had waited for a token after their turn would go out all at once, and who waits for
        // anything must not keep others from a slot.
        let _slot = match &shared.limiter {
            None => None,
            Some(limiter) => {
                limiter.admit(self.meta, self.client.appid(), self.deadline).await?;
                match self.exempt {
                    true => None,
                    false => limiter.slot(self.meta, self.client.appid(), self.deadline).await?,
                }
            }
        };
        if let Some(changes) = &mut self.changes {
            changes.leave();
        }
        let watch = self.watch.exchange();
        let received = self.exchange().await;
        watch.end();
        received
    }

    /// Whether there is nothing to wait for.
    fn takes_cached_token(&mut self) -> bool {
        let Holding::Kept(keeper) = &self.client.bound().app.token else { return true };
        if self.renewing || self.meta.authorisation == Authorisation::Authorizer {
            return false;
        }
        self.token = keeper.cached();
        self.token.is_some()
    }

    async fn wait_for_token(&mut self) -> Result<()> {
        let Holding::Kept(keeper) = &self.client.bound().app.token else { return Ok(()) };
        if self.meta.authorisation == Authorisation::Authorizer && keeper.fetches_own() {
            return Err(Error::config(
                "only a third-party platform may make this call, with its token for the merchant",
                "give the authorizer_access_token by `with_token` or `with_token_source` of the client",
            ));
        }
        let token = timeout_at(self.deadline, keeper.get(&self.client)).await;
        let token = token.unwrap_or_else(|_| Err(Error::timeout(false)))?;
        let same = self.token.as_ref().is_some_and(|before| before.secret() == token.secret());
        self.token = Some(token);
        if std::mem::take(&mut self.renewing) && same {
            // Whoever gives the tokens out stands by this one; perhaps WeChat knows it a moment later.
            match (self.retry.pause_before(0, None, self.left()), self.original.take()) {
                (None, Some(rejection)) => return Err(rejection),
                (pause, rejection) => {
                    self.original = rejection;
                    tokio::time::sleep(pause.unwrap_or_default()).await;
                }
            }
        }
        Ok(())
    }

    /// At the next host, where one can not be reached.
    async fn exchange(&self) -> Result<Received> {
        let shared = &self.client.bound().shared;
        let route = match &shared.hosting {
            Some((_, hosted)) if self.needs_token() => hosted,
            _ => &shared.route,
        };
        let mut way = route.begin();
        loop {
            // A block, so that nothing of the request is kept while the answer is waited for.
            let outcome = {
                let (method, headers, body) = self.outgoing()?;
                let url = self.url(route.base(way));
                exchange(&shared.http, method, url, headers.as_deref(), body, self.deadline, shared.max_body)
            }
            .await;
            let unreached = matches!(&outcome, Err(error) if error.is_unreached());
            if unreached && !self.left().is_zero() && route.failed(&mut way) {
                continue;
            }
            if !unreached {
                route.answered(way);
            }
            return match self.signed {
                false => outcome,
                true => sign::open(&self.client, self.path(), self.meta, outcome?),
            };
        }
    }

    /// The request with what middlewares added, signed and encrypted where it has to be.
    fn outgoing(&self) -> Result<(Method, Option<Cow<'_, HeaderMap>>, Body)> {
        let (headers, body) = match &self.changes {
            None => (None, self.body.clone()),
            Some(changes) => (Some(&changes.headers), changes.extended(&self.body)),
        };
        if !self.signed {
            return Ok((self.method, headers.map(Cow::Borrowed), body));
        }
        let added = self.changes.as_ref().map_or("", |changes| &changes.query);
        let (sealed, body) = sign::seal(&self.client, self.path(), &[&self.query, added], &body)?;
        let mut headers = headers.cloned().unwrap_or_default();
        headers.extend(sealed);
        // WeChat describes signed POSTs and nothing else.
        Ok((Method::Post, Some(Cow::Owned(headers)), Body::Json(body)))
    }

    fn path(&self) -> &str {
        self.path.as_deref().unwrap_or(self.meta.path)
    }

    fn url(&self, base: &reqwest::Url) -> reqwest::Url {
        let bound = self.client.bound();
        let token = self.token.as_ref().map(|token| token.secret()).or(match self.needs_token() {
            true => bound.app.given_token(),
            false => None,
        });
        let mut query = String::with_capacity(self.query.len() + 192);
        if let Some(token) = token {
            push_query(&mut query, "access_token", token.expose());
        }
        if self.needs_token() && bound.shared.hosting.as_ref().is_some_and(|(hosting, _)| hosting.names_app()) {
            push_query(&mut query, "from_appid", bound.app.appid());
        }
        // Signed, parameters travel in the encrypted body.
        if !self.query.is_empty() && !self.signed {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(&self.query);
        }
        if let Some(changes) = &self.changes
            && !changes.query.is_empty()
            && !self.signed
        {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(&changes.query);
        }
        let path = self.path();
        let mut url = base.clone();
        if base.path() == "/" {
            url.set_path(path);
        } else {
            url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
        }
        url.set_query((!query.is_empty()).then_some(&query));
        url
    }

    /// Whether to try once more after a failed attempt.
    fn after(mut self: Box<Self>, error: Error) -> After {
        if self.stopped {
            return After::Failed(self.fail(error));
        }
        let rejected = self.rejects_token(&error);
        let pause = if rejected {
            // Once is enough: 40001 may have other reasons than an old token.
            (!std::mem::replace(&mut self.renewed, true)).then_some(Duration::ZERO)
        } else {
            self.pause_before_next(&error)
        };
        let Some(pause) = pause else {
            return After::Failed(self.fail(error));
        };
        self.repetitions += 1;
        self.watch.again(self.path.as_deref(), self.client.appid(), &error, self.repetitions, pause);
        self.pause = (!pause.is_zero()).then_some(pause);
        self.renewing = rejected;
        if error.maybe_sent() {
            self.original = Some(error);
        }
        After::Again(self.next())
    }

    /// Whether WeChat did not accept the token; it is then dropped, if it is still the current one.
    fn rejects_token(&self, error: &Error) -> bool {
        let (Some(token), Holding::Kept(keeper)) = (&self.token, &self.client.bound().app.token) else { return false };
        let rejected = error.kind() == ErrorKind::Api && error.code().is_some_and(|code| code.is_token_rejected());
        if rejected {
            keeper.reject(token, error);
        }
        rejected
    }

    fn pause_before_next(&self, error: &Error) -> Option<Duration> {
        let busy = error.code().is_some_and(|code| code == -1);
        let worth_it = match error.kind() {
            ErrorKind::Transport => !error.maybe_sent() || self.meta.retry_safe,
            ErrorKind::Api => busy && self.meta.retry_safe,
            ErrorKind::Status => error.is_retryable() && self.meta.retry_safe,
            _ => false,
        };
        if !worth_it {
            return None;
        }
        let pause = self.retry.pause_before(self.repetitions, error.retry_after(), self.left())?;
        self.client.bound().shared.budget.withdraw().then_some(pause)
    }

    fn end(mut self: Box<Self>) {
        self.client.bound().shared.budget.deposit(self.repetitions > 0);
        self.watch.end(self.repetitions + 1, None);
    }

    /// The failure that the caller sees. A repetition that did not reach WeChat is no news beside one that did.
    fn fail(&mut self, error: Error) -> Error {
        let error = match self.original.take() {
            Some(original) if !error.maybe_sent() => original,
            _ => error,
        };
        // WeChat is well when it says no.
        if error.kind() == ErrorKind::Api && error.code().is_some_and(|code| code != -1) {
            self.client.bound().shared.budget.deposit(false);
        }
        let error = self.sign(error);
        self.watch.end(self.repetitions + 1, Some(&error));
        error
    }

    /// Says in the error where it happened, and blots out what must not be read there.
    fn sign(&self, error: Error) -> Error {
        let app = &self.client.bound().app;
        let secrets = [self.token.as_ref().map(|token| token.secret()), app.secret().ok(), app.given_token()];
        let error = error.without_secrets(secrets.into_iter().flatten());
        match &self.path {
            Some(path) => error.at(path.to_string()),
            None => error.at(self.meta.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::auth::GetAccessToken;
    use crate::endpoint::Endpoint as _;

    #[test]
    fn an_attempt_stays_small() {
        // Each call allocates it once and touches all of it: at twice this size a call took 5 % longer.
        let client = Client::new("wx0123456789abcdef", "secret").unwrap();
        let attempts = Attempts::new(client, GetAccessToken::META, None, Options::default(), String::new(), Body::None);
        let size = size_of_val(&Box::new(attempts).step());
        assert!(size <= 704, "{size} bytes");
    }
}
