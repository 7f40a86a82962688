//! One call's life: complete, check, write, token, send, read, and perhaps once more.

use std::fmt;
use std::future::IntoFuture;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument, Span};

use crate::check::Check;
use crate::client::Client;
use crate::endpoint::{Answer, Authorisation, Body, Endpoint, Meta, Method, Parts, Received, push_query};
use crate::error::{Error, ErrorKind, Result};
use crate::file::{File, HostedFile};
use crate::retry::Retry;
use crate::secret::Secret;
use crate::token::Token;
use crate::transport::exchange;

/// A call that is ready to go; `.await` sends it.
#[derive(Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct Call<R> {
    client: Client,
    request: R,
    pub(crate) options: Options,
}

#[derive(Debug, Default)]
pub(crate) struct Options {
    pub(crate) timeout: Option<Duration>,
    pub(crate) retry: Option<Retry>,
    pub(crate) unchecked: bool,
    /// What went wrong before the call was sent.
    pub(crate) failure: Option<Error>,
}

impl<R: Endpoint> Call<R> {
    pub(crate) fn new(client: Client, request: R) -> Self {
        Self { client, request, options: Options::default() }
    }

    /// How long this call may take in all.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// How this call is repeated.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.options.retry = Some(retry);
        self
    }

    /// Sends the request without checking the documented constraints.
    pub fn unchecked(mut self) -> Self {
        self.options.unchecked = true;
        self
    }

    /// Makes the call for another app that the configuration knows. Not knowing it fails the call.
    pub fn app(mut self, appid: &str) -> Self {
        let other = self.client.app(appid);
        self.switch(other);
        self
    }

    /// Makes the call for the app with these credentials.
    pub fn credentials(mut self, appid: impl Into<String>, secret: impl Into<Secret>) -> Self {
        let other = self.client.credentials(appid, secret);
        self.switch(other);
        self
    }

    fn switch(&mut self, other: Result<Client>) {
        match other {
            Ok(client) => self.client = client,
            Err(error) => self.options.failure = Some(error),
        }
    }

    /// Gives status, headers and body beside the typed result.
    pub fn raw(self) -> RawCall<R> {
        RawCall(self)
    }

    /// The request as it will be sent.
    pub fn request(&self) -> &R {
        &self.request
    }

    fn start(self) -> Running<R::Response> {
        let Self { client, mut request, mut options } = self;
        let meta = R::META;
        let client = match (options.failure.take(), meta.authorisation) {
            (Some(error), _) => return Running::failed(meta, error),
            (None, Authorisation::OfficialAccount) => match client.official_account() {
                Ok(client) => client,
                Err(error) => return Running::failed(meta, error),
            },
            (None, _) => client,
        };
        // Before anything is hosted: what is wrong with a request must not cost an upload.
        if let Err(error) = complete(&client, &mut request, &options) {
            return Running::failed(meta, error);
        }
        let Some(file) = request.hosted().and_then(HostedFile::take_file) else {
            return match write(&client, request) {
                Ok((query, body)) => Running::start(Attempts::new(client, meta, options, query, body)),
                Err(error) => Running::failed(meta, error),
            };
        };
        let host_first = async move {
            let limit = options.timeout.unwrap_or(client.bound().shared.timeout);
            let hosted = tokio::time::timeout(limit, host(&client, file)).await;
            let prepared = hosted.unwrap_or_else(|_| Err(Error::timeout(false))).and_then(|url| {
                if let Some(field) = request.hosted() {
                    field.set_url(url);
                }
                complete(&client, &mut request, &options)?;
                write(&client, request)
            });
            let ((query, body), failure) = match prepared {
                Ok(written) => (written, None),
                Err(error) => ((String::new(), Body::None), Some(error)),
            };
            let attempts = Box::new(Attempts::new(client, meta, options, query, body));
            match failure {
                None => attempts.step().await,
                Some(error) => (attempts, Err(error)),
            }
        };
        Running { meta, step: Step::Running(Box::pin(host_first)), result: PhantomData }
    }
}

/// Fills in what the configuration knows, and checks the request.
fn complete<R: Endpoint>(client: &Client, request: &mut R, options: &Options) -> Result<()> {
    let bound = client.bound();
    request.complete(&bound.app);
    if options.unchecked || bound.shared.unchecked {
        return Ok(());
    }
    let mut check = Check::new();
    request.validate(&mut check);
    check.finish()
}

/// The query and the body of a request.
fn write<R: Endpoint>(client: &Client, request: R) -> Result<(String, Body)> {
    let mut parts = Parts::new(&client.bound().app);
    request.write(&mut parts);
    parts.finish(R::META.method)
}

async fn host(client: &Client, file: File) -> Result<String> {
    let Some(host) = &client.bound().shared.media_host else {
        return Err(Error::config(
            "this endpoint takes a URL, and was given bytes",
            "give the URL of the file, or tell the client with `media_host` how to host one",
        ));
    };
    host.host(file).await.map_err(|source| {
        Error::config("the file could not be hosted", "see the source; it is what your `media_host` answered")
            .with_source(source)
    })
}

impl<R: Endpoint> IntoFuture for Call<R> {
    type Output = Result<R::Response>;
    type IntoFuture = CallFuture<R::Response>;

    fn into_future(self) -> Self::IntoFuture {
        CallFuture(self.start())
    }
}

/// A call under way.
#[must_use = "futures do nothing unless they are awaited"]
pub struct CallFuture<T>(pub(crate) Running<T>);

impl<T: Answer> Future for CallFuture<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.poll(context).map(|(_, result)| result)
    }
}

impl<T> fmt::Debug for CallFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallFuture").field("endpoint", &self.0.meta.id).finish_non_exhaustive()
    }
}

/// A call that gives status, headers and body beside the typed result.
#[derive(Debug)]
#[must_use = "nothing is sent until it is awaited"]
pub struct RawCall<R>(Call<R>);

/// What came back, and what it means.
#[non_exhaustive]
pub struct Raw<T> {
    /// The HTTP status.
    pub status: StatusCode,
    /// The HTTP headers.
    pub headers: HeaderMap,
    /// The body as it came. It may hold secrets.
    pub body: Bytes,
    /// The typed result.
    pub result: Result<T>,
}

/// Without the body's content: it may hold secrets.
impl<T: fmt::Debug> fmt::Debug for Raw<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Raw")
            .field("status", &self.status)
            .field("headers", &self.headers)
            .field("body", &format_args!("{} bytes", self.body.len()))
            .field("result", &self.result)
            .finish()
    }
}

impl<R: Endpoint> IntoFuture for RawCall<R> {
    type Output = Result<Raw<R::Response>>;
    type IntoFuture = RawFuture<R::Response>;

    fn into_future(self) -> Self::IntoFuture {
        RawFuture(self.0.start())
    }
}

/// A raw call under way. It fails only where nothing was received.
#[must_use = "futures do nothing unless they are awaited"]
pub struct RawFuture<T>(pub(crate) Running<T>);

impl<T: Answer> Future for RawFuture<T> {
    type Output = Result<Raw<T>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match ready!(self.0.poll(context)) {
            (Some(Received { status, headers, body }), result) => Ok(Raw { status, headers, body, result }),
            (None, Err(error)) => Err(error),
            (None, Ok(_)) => unreachable!("a result is read from what was received"),
        })
    }
}

impl<T> fmt::Debug for RawFuture<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawFuture").field("endpoint", &self.0.meta.id).finish_non_exhaustive()
    }
}

type StepFuture = Pin<Box<dyn Future<Output = (Box<Attempts>, Result<Received>)> + Send>>;

enum Step {
    Running(StepFuture),
    Failed(Option<Error>),
}

/// The thin generic shell: all it adds to the attempts is the type that the answer is read as.
pub(crate) struct Running<T> {
    meta: &'static Meta,
    step: Step,
    result: PhantomData<fn() -> T>,
}

impl<T: Answer> Running<T> {
    pub(crate) fn start(attempts: Attempts) -> Self {
        Self { meta: attempts.meta, step: Step::Running(Box::new(attempts).next()), result: PhantomData }
    }

    pub(crate) fn failed(meta: &'static Meta, error: Error) -> Self {
        let error = if meta.id.is_empty() { error } else { error.at(meta.id) };
        Self { meta, step: Step::Failed(Some(error)), result: PhantomData }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<(Option<Received>, Result<T>)> {
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
    async fn step(mut self: Box<Self>) -> (Box<Self>, Result<Received>) {
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

    #[test]
    fn an_attempt_stays_small() {
        // Each call allocates it once and touches all of it: at twice this size a call took 5 % longer.
        let client = Client::new("wx0123456789abcdef", "secret").unwrap();
        let attempts = Attempts::new(client, GetAccessToken::META, Options::default(), String::new(), Body::None);
        let size = size_of_val(&Box::new(attempts).step());
        assert!(size <= 640, "{size} bytes");
    }
}
