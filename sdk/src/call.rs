//! One call's life: complete, check, write, token, send, read, and perhaps once more.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::attempts::{Attempts, Running, StepFuture};
use crate::check::Check;
use crate::client::{App, Client};
use crate::endpoint::{Answer, Authorisation, Endpoint, Meta, Received};
use crate::error::{Error, Result};
use crate::file::{File, HostedFile};
use crate::parts::{Body, Parts};
use crate::retry::Retry;
use crate::secret::{Secret, revealing};
use crate::sign::{is_signed, require_signable};

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
    /// Whether the call is signed and encrypted: first as the caller wishes, then as it was decided.
    pub(crate) signed: Option<bool>,
    /// Whether it takes no slot of `max_in_flight`.
    pub(crate) exempt: bool,
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

    /// Signs and encrypts the call even where the spec does not say that WeChat takes it so: see
    /// [`sign`](crate::sign). Without keys, and for uploads, the call fails before anything is sent.
    pub fn signed(mut self) -> Self {
        self.options.signed = Some(true);
        self
    }

    /// Sends the call neither signed nor encrypted, whatever keys the client has.
    pub fn unsigned(mut self) -> Self {
        self.options.signed = Some(false);
        self
    }

    /// Takes no slot of `max_in_flight`: calls that have one may be waiting for this.
    pub(crate) fn exempt(mut self) -> Self {
        self.options.exempt = true;
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

    pub(crate) fn request_mut(&mut self) -> &mut R {
        &mut self.request
    }

    /// The same call twice, the first one without what went wrong before it was sent.
    pub(crate) fn twice(self) -> (Self, Self)
    where
        R: Clone,
    {
        let Options { timeout, retry, unchecked, signed, exempt, failure: _ } = &self.options;
        let options = Options {
            timeout: *timeout,
            retry: *retry,
            unchecked: *unchecked,
            signed: *signed,
            exempt: *exempt,
            failure: None,
        };
        (Self { client: self.client.clone(), request: self.request.clone(), options }, self)
    }

    fn start(self) -> Running<R::Response> {
        let Self { client, mut request, options } = self;
        match prepare(client, R::META, R::Response::JSON, options, &mut request) {
            Ok(Prepared::Written(attempts)) => Running::start(attempts),
            Ok(Prepared::Unhosted(unhosted)) => Running::after(R::META, unhosted.host(Box::new(request))),
            Err(error) => Running::failed(R::META, error),
        }
    }
}

/// A request without its type: what is done with it is compiled once and not for each endpoint.
trait Sendable: Send {
    fn complete(&mut self, app: &App);
    fn validate(&self, check: &mut Check);
    fn write(&self, parts: &mut Parts<'_>);
    fn hosted(&mut self) -> Option<&mut HostedFile>;
}

impl<R: Endpoint> Sendable for R {
    fn complete(&mut self, app: &App) {
        Endpoint::complete(self, app);
    }
    fn validate(&self, check: &mut Check) {
        Endpoint::validate(self, check);
    }
    fn write(&self, parts: &mut Parts<'_>) {
        Endpoint::write(self, parts);
    }
    fn hosted(&mut self) -> Option<&mut HostedFile> {
        Endpoint::hosted(self)
    }
}

/// A request that was checked.
enum Prepared {
    Written(Box<Attempts>),
    Unhosted(Box<Unhosted>),
}

/// A call whose file has to be hosted before its request can be written.
struct Unhosted {
    client: Client,
    meta: &'static Meta,
    options: Options,
    signed: bool,
    file: File,
}

fn prepare(
    client: Client,
    meta: &'static Meta,
    readable: bool,
    mut options: Options,
    request: &mut dyn Sendable,
) -> Result<Prepared> {
    if let Some(error) = options.failure.take() {
        return Err(error);
    }
    let client = match meta.authorisation {
        Authorisation::OfficialAccount => client.official_account()?,
        _ => client,
    };
    let signed = is_signed(&client, meta, options.signed, readable)?;
    options.signed = Some(signed);
    // Before anything is hosted: what is wrong with a request must not cost an upload.
    complete(&client, request, &options)?;
    if let Some(file) = request.hosted().and_then(HostedFile::take_file) {
        return Ok(Prepared::Unhosted(Box::new(Unhosted { client, meta, options, signed, file })));
    }
    let (query, body) = write(&client, meta, request, signed)?;
    Ok(Prepared::Written(Box::new(Attempts::new(client, meta, None, options, query, body))))
}

impl Unhosted {
    /// Hosts the file, and makes the first attempt.
    fn host(self: Box<Self>, mut request: Box<dyn Sendable>) -> StepFuture {
        Box::pin(async move {
            let Self { client, meta, options, signed, file } = *self;
            let limit = options.timeout.unwrap_or(client.bound().shared.timeout);
            let hosted = tokio::time::timeout(limit, host(&client, file)).await;
            let prepared = hosted.unwrap_or_else(|_| Err(Error::timeout(false))).and_then(|url| {
                if let Some(field) = request.hosted() {
                    field.set_url(url);
                }
                complete(&client, &mut *request, &options)?;
                write(&client, meta, &*request, signed)
            });
            let ((query, body), failure) = match prepared {
                Ok(written) => (written, None),
                Err(error) => ((String::new(), Body::None), Some(error)),
            };
            let attempts = Box::new(Attempts::new(client, meta, None, options, query, body));
            match failure {
                None => attempts.step().await,
                Some(error) => (attempts, Err(error)),
            }
        })
    }
}

/// Fills in what the configuration knows, and checks the request.
fn complete(client: &Client, request: &mut dyn Sendable, options: &Options) -> Result<()> {
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
fn write(client: &Client, meta: &Meta, request: &dyn Sendable, signed: bool) -> Result<(String, Body)> {
    let mut parts = Parts::new(&client.bound().app, meta.method);
    revealing(|| request.write(&mut parts));
    let (query, body) = parts.finish()?;
    if signed {
        require_signable(&body)?;
    }
    Ok((query, body))
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
        f.debug_struct("CallFuture").field("endpoint", &self.0.meta().id).finish_non_exhaustive()
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
    /// The body as it came; decrypted where the call was signed and encrypted. It may hold secrets.
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
        f.debug_struct("RawFuture").field("endpoint", &self.0.meta().id).finish_non_exhaustive()
    }
}
