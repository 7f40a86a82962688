//! The non-generic core of every call: the token, the exchange, and whether to try once more.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span};

use crate::call::Options;
use crate::client::Client;
use crate::endpoint::{Answer, Authorisation, Meta, Method, Received};
use crate::error::{Error, ErrorKind, Result};
use crate::parts::{Body, push_query};
use crate::retry::Retry;
use crate::token::Token;
use crate::transport::exchange;

pub(crate) type StepFuture = Pin<Box<dyn Future<Output = (Box<Attempts>, Result<Received>)> + Send>>;

enum Step {
    Running(StepFuture),
    Failed(Option<Error>),
}

/// The thin generic shell: all it adds to the attempts is the type that the answer is read as.
pub(crate) struct Running<T> {
    pub(crate) meta: &'static Meta,
    step: Step,
    result: PhantomData<fn() -> T>,
}

impl<T: Answer> Running<T> {
    pub(crate) fn start(attempts: Attempts) -> Self {
        Self { meta: attempts.meta, step: Step::Running(Box::new(attempts).next()), result: PhantomData }
    }

    /// Goes on from a future that ends with the first attempt.
    pub(crate) fn after(meta: &'static Meta, first: StepFuture) -> Self {
        Self { meta, step: Step::Running(first), result: PhantomData }
    }

    pub(crate) fn failed(meta: &'static Meta, error: Error) -> Self {
        let error = if meta.id.is_empty() { error } else { error.at(meta.id) };
        Self { meta, step: Step::Failed(Some(error)), result: PhantomData }
    }

    pub(crate) fn poll(&mut self, context: &mut Context<'_>) -> Poll<(Option<Received>, Result<T>)> {
        loop {
            let (attempts, outcome) = match &mut self.step {
                Step::Running(step) => ready!(step.as_mut().poll(context)),
                Step::Failed(error) => {
                    let error = error.take().unwrap_or_else(|| Error::config("polled after its end", "await it once"));
                    return Poll::Ready((None, Err(error)));
                }
            };
            self.step = Step::Failed(None);
            let (received, result) = match outcome {
                Ok(received) => {
                    let result = T::read(self.meta, &received);
                    (Some(received), result)
                }
                Err(error) => (None, Err(error)),
            };
            match result {
                Ok(value) => {
                    attempts.record(None);
                    return Poll::Ready((received, Ok(value)));
                }
                Err(error) => match attempts.after(error) {
                    After::Again(step) => self.step = Step::Running(step),
                    After::Failed(error) => return Poll::Ready((received, Err(error))),
                },
            }
        }
    }
}

enum After {
    Again(StepFuture),
    Failed(Error),
}

/// The non-generic core: everything about a call that does not depend on its types.
pub(crate) struct Attempts {
    client: Client,
    meta: &'static Meta,
    /// Where a universal request goes; the spec's path where there is none.
    pub(crate) path: Option<Box<str>>,
    pub(crate) method: Method,
    query: String,
    body: Body,
    retry: Retry,
    deadline: Instant,
    repetitions: u32,
    pause: Option<Duration>,
    token: Option<Arc<Token>>,
    /// Whether a rejected token has been replaced already.
    renewed: bool,
    /// WeChat's answer to the token that is being replaced.
    rejection: Option<Error>,
    span: Span,
    started: Instant,
}

impl Attempts {
    pub(crate) fn new(client: Client, meta: &'static Meta, options: Options, query: String, body: Body) -> Self {
        let shared = &client.bound().shared;
        let started = Instant::now();
        let span = tracing::debug_span!(
            target: "weapp", "call", endpoint = meta.id, app = client.appid(),
            attempts = tracing::field::Empty, errcode = tracing::field::Empty, rid = tracing::field::Empty,
            elapsed_ms = tracing::field::Empty,
        );
        Self {
            meta,
            path: None,
            method: meta.method,
            query,
            body,
            retry: options.retry.unwrap_or(shared.retry),
            deadline: started + options.timeout.unwrap_or(shared.timeout),
            repetitions: 0,
            pause: None,
            token: None,
            renewed: false,
            rejection: None,
            span,
            started,
            client,
        }
    }

    fn next(self: Box<Self>) -> StepFuture {
        if self.span.is_disabled() {
            return Box::pin(self.step());
        }
        let span = self.span.clone();
        Box::pin(self.step().instrument(span))
    }

    /// One attempt: the pause before it, the token, the exchange.
    pub(crate) async fn step(mut self: Box<Self>) -> (Box<Self>, Result<Received>) {
        if let Some(pause) = self.pause.take() {
            Box::pin(tokio::time::sleep(pause)).await;
        }
        let outcome = self.attempt().await;
        (self, outcome)
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    async fn attempt(&mut self) -> Result<Received> {
        let needs_token = matches!(
            self.meta.authorisation,
            Authorisation::AccessToken | Authorisation::Authorizer | Authorisation::OfficialAccount
        );
        if needs_token && self.client.bound().app.supplied.is_none() {
            if self.meta.authorisation == Authorisation::Authorizer {
                return Err(Error::config(
                    "only a third-party platform may make this call, with its token for the merchant",
                    "give the authorizer_access_token by `with_token` of the client",
                ));
            }
            let rejected = self.token.take();
            let cache = &self.client.bound().app.token;
            let token = match cache.cached() {
                Some(token) => token,
                None => Box::pin(timeout_at(self.deadline, cache.get(&self.client)))
                    .await
                    .unwrap_or_else(|_| Err(Error::timeout(false)))?,
            };
            // Where WeChat still gives out the token that it rejects, asking once more would change nothing.
            if let Some(error) = self.rejection.take()
                && rejected.is_some_and(|rejected| rejected.secret() == token.secret())
            {
                return Err(error);
            }
            self.token = Some(token);
        }
        let bound = self.client.bound();
        let url = self.url(&bound.shared.base);
        exchange(&bound.shared.http, self.method, url, self.body.clone(), self.deadline, bound.shared.max_body).await
    }

    fn url(&self, base: &reqwest::Url) -> reqwest::Url {
        let path = self.path.as_deref().unwrap_or(self.meta.path);
        let app = &self.client.bound().app;
        let token = self.token.as_ref().map(|token| token.secret()).or(match self.meta.authorisation {
            Authorisation::AppSecret | Authorisation::None => None,
            _ => app.supplied.as_ref(),
        });
        let mut query = String::with_capacity(self.query.len() + 192);
        if let Some(token) = token {
            push_query(&mut query, "access_token", token.expose());
        }
        if !self.query.is_empty() {
            if !query.is_empty() {
                query.push('&');
            }
            query.push_str(&self.query);
        }
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
        let rejected = self.rejects_token(&error);
        let pause = if rejected {
            // Once is enough: 40001 may have other reasons than an old token.
            (!std::mem::replace(&mut self.renewed, true)).then_some(Duration::ZERO)
        } else {
            self.pause_before_next(&error)
        };
        let Some(pause) = pause else {
            self.record(Some(&error));
            return After::Failed(self.sign(error));
        };
        self.repetitions += 1;
        tracing::warn!(
            target: "weapp", parent: &self.span, endpoint = self.meta.id, repetition = self.repetitions,
            errcode = error.code().map(|code| code.get()), kind = ?error.kind(), pause_ms = pause.as_millis() as u64,
            "trying again"
        );
        self.pause = (!pause.is_zero()).then_some(pause);
        self.rejection = rejected.then_some(error);
        After::Again(self.next())
    }

    /// Whether WeChat did not accept the token; it is then dropped from the cache, if it is still there.
    fn rejects_token(&self, error: &Error) -> bool {
        let Some(token) = &self.token else { return false };
        let rejected = error.kind() == ErrorKind::Api && error.code().is_some_and(|code| code.is_token_rejected());
        if rejected {
            self.client.bound().app.token.expire(token.secret());
        }
        rejected
    }

    fn pause_before_next(&self, error: &Error) -> Option<Duration> {
        if self.repetitions >= self.retry.retries {
            return None;
        }
        let busy = error.code().is_some_and(|code| code == -1);
        let worth_it = match error.kind() {
            ErrorKind::Transport => !error.maybe_sent() || self.meta.retry_safe,
            ErrorKind::Api => busy && self.meta.retry_safe,
            ErrorKind::Status => error.is_retryable() && self.meta.retry_safe,
            _ => false,
        };
        let pause = self.retry.delay(self.repetitions);
        (worth_it && pause < self.left()).then_some(pause)
    }

    fn record(&self, error: Option<&Error>) {
        if self.span.is_disabled() {
            return;
        }
        self.span.record("attempts", self.repetitions + 1);
        self.span.record("elapsed_ms", self.started.elapsed().as_millis() as u64);
        if let Some(error) = error {
            if let Some(code) = error.code() {
                self.span.record("errcode", code.get());
            }
            if let Some(rid) = error.rid() {
                self.span.record("rid", rid);
            }
            tracing::debug!(target: "weapp", parent: &self.span, kind = ?error.kind(), "failed");
        }
    }

    /// Says in the error where it happened, and blots out what must not be read there.
    fn sign(&self, error: Error) -> Error {
        let app = &self.client.bound().app;
        let secrets = [self.token.as_ref().map(|token| token.secret()), app.secret().ok(), app.supplied.as_ref()];
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
        let attempts = Attempts::new(client, GetAccessToken::META, Options::default(), String::new(), Body::None);
        let size = size_of_val(&Box::new(attempts).step());
        assert!(size <= 640, "{size} bytes");
    }
}
