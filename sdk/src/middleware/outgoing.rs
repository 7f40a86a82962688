//! A request on its way out.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use tokio::time::Instant;

use super::changes::{members, names};
use super::{Changes, Handling, Middleware, Reply};
use crate::attempts::Attempts;
use crate::endpoint::{Meta, Method, Received};
use crate::error::{Error, Result};
use crate::parts::{Body, FormValue, push_query};
use crate::secret::revealing;

/// One attempt of a call, before it is sent.
///
/// What a middleware adds counts for this attempt alone: a repetition begins with the request as it was.
pub struct Outgoing<'a> {
    attempts: &'a mut Attempts,
    rest: &'a [Arc<dyn Middleware>],
}

/// Parameters that say for whom a call is made. They are the client's affair.
const IDENTITY: [&str; 4] = ["access_token", "secret", "appid", "from_appid"];

/// Parameters of the query that sign the body.
const SIGNATURES: [&str; 2] = ["pay_sig", "signature"];

/// Headers on which the exchange itself depends.
const HEADERS: [HeaderName; 11] = [
    ACCEPT_ENCODING,
    CONNECTION,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    CONTENT_TYPE,
    EXPECT,
    HOST,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

impl<'a> Outgoing<'a> {
    pub(super) fn new(attempts: &'a mut Attempts, rest: &'a [Arc<dyn Middleware>]) -> Self {
        Self { attempts, rest }
    }

    pub(super) fn deadline(&self) -> Instant {
        self.attempts.deadline
    }

    /// The official id of the endpoint; the path of a universal request.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        self.attempts.path.as_deref().unwrap_or(self.attempts.meta.id)
    }

    /// What the spec says of the endpoint. A universal request has a `Meta` without a name.
    #[must_use]
    pub fn meta(&self) -> &'static Meta {
        self.attempts.meta
    }

    /// The app for which the call is made.
    #[must_use]
    pub fn appid(&self) -> &str {
        self.attempts.client.appid()
    }

    /// Which attempt of the call this is: 1, and more for a repetition.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.attempts.repetitions + 1
    }

    /// The HTTP method.
    #[must_use]
    pub fn method(&self) -> Method {
        self.attempts.method
    }

    /// The path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.attempts.path.as_deref().unwrap_or(self.attempts.meta.path)
    }

    /// How many bytes the body has, of a form those of its values. What was inserted does not count.
    #[must_use]
    pub fn body_len(&self) -> usize {
        match &self.attempts.body {
            Body::None => 0,
            Body::Json(json) => json.len(),
            Body::Form(parts) => {
                let length = |value: &FormValue| match value {
                    FormValue::Text(text) => text.len(),
                    FormValue::File(file) => file.bytes().len(),
                };
                parts.iter().map(|(_, value)| length(value)).sum()
            }
        }
    }

    /// How much of the call's time is left.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.deadline().saturating_duration_since(Instant::now())
    }

    /// The headers that middlewares inserted.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        static NONE: std::sync::LazyLock<HeaderMap> = std::sync::LazyLock::new(HeaderMap::new);
        self.attempts.changes.as_ref().map_or(&NONE, |changes| &changes.headers)
    }

    /// Adds a header, in place of one of the same name that a middleware inserted.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for a name or a value that HTTP does not allow, and for headers
    /// on which the exchange depends, such as `Host`, `Content-Type`, `Content-Length` or `Accept-Encoding`.
    pub fn insert_header(
        &mut self,
        name: impl TryInto<HeaderName>,
        value: impl TryInto<HeaderValue>,
    ) -> Result<&mut Self> {
        let name =
            name.try_into().map_err(|_| refused("a header's name is not one of HTTP", "use letters, digits and -"))?;
        if HEADERS.contains(&name) {
            return Err(refused(
                format!("the header `{name}` can not be set"),
                "leave it out: the exchange depends on it, and the client sets it where it is needed",
            ));
        }
        let value = value.try_into().map_err(|_| {
            refused(format!("the value of the header `{name}` is not one of HTTP"), "use visible ASCII characters")
        })?;
        self.changes().headers.insert(name, value);
        Ok(self)
    }

    /// Whether the query has a parameter of this name.
    #[must_use]
    pub fn has_query(&self, name: &str) -> bool {
        let added = self.attempts.changes.as_ref().is_some_and(|changes| names(&changes.query, name));
        added || names(&self.attempts.query, name)
    }

    /// Adds a parameter to the query: one that WeChat added yesterday.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the query has a parameter of this name, and for
    /// `access_token`, `secret`, `appid` and `from_appid`.
    pub fn insert_query(&mut self, name: &str, value: impl AsRef<str>) -> Result<&mut Self> {
        if self.has_query(name) {
            return Err(taken(name));
        }
        free(name)?;
        push_query(&mut self.changes().query, name, value.as_ref());
        Ok(self)
    }

    /// Whether the body is a JSON object with a member of this name.
    #[must_use]
    pub fn has_json(&self, name: &str) -> bool {
        let Body::Json(json) = &self.attempts.body else { return false };
        let added = |changes: &Changes| changes.json.iter().any(|(added, _)| added == name);
        self.attempts.changes.as_deref().is_some_and(added)
            || members(json).is_some_and(|members| members.contains_key(name))
    }

    /// Adds a member to the JSON object that is the body. [`Secret`](crate::Secret)s in it are written out.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the body has a member of this name or is no JSON object, if the
    /// query holds a signature of the body (`pay_sig`, `signature`), for a value that JSON can not hold, and for
    /// `access_token`, `secret`, `appid` and `from_appid`.
    pub fn insert_json<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<&mut Self> {
        if self.has_json(name) {
            return Err(taken(name));
        }
        free(name)?;
        if let Some(signature) = SIGNATURES.into_iter().find(|signature| self.has_query(signature)) {
            return Err(refused(
                format!("`{name}` can not be added: `{signature}` is made over the body as it is"),
                "set it in the request itself, which then is signed with it",
            ));
        }
        if !matches!(&self.attempts.body, Body::Json(json) if members(json).is_some()) {
            return Err(refused(
                format!("`{name}` can not be added: the body is no JSON object"),
                "look at `method` and `meta` before inserting",
            ));
        }
        let json = revealing(|| serde_json::to_vec(value)).map_err(|error| {
            refused(format!("`{name}` can not be written as JSON"), "see the source").with_source(error)
        })?;
        self.changes().json.push((name.to_owned(), json));
        Ok(self)
    }

    /// A reply of your own to this request, with the status 200: most likely JSON.
    #[must_use]
    pub fn answer(&self, body: impl Into<Bytes>) -> Reply {
        let received = Received { status: StatusCode::OK, headers: HeaderMap::new(), body: body.into() };
        Reply::new(self.attempts.meta, received, Duration::ZERO)
    }

    /// Hands the request on: to the next middleware and at last to WeChat, where it waits for its turn and a token
    /// first.
    ///
    /// # Errors
    /// What stopped the attempt. A reply is not read yet: one with an error code or an HTTP status of failure is no
    /// error here.
    #[must_use = "nothing is sent until it is awaited"]
    pub fn send(self) -> Handling<'a> {
        let Self { attempts, rest } = self;
        match rest.split_first() {
            Some((first, rest)) => first.handle(Outgoing { attempts, rest }),
            None => Box::pin(send(attempts)),
        }
    }

    fn changes(&mut self) -> &mut Changes {
        self.attempts.changes.get_or_insert_default()
    }
}

async fn send(attempts: &mut Attempts) -> Result<Reply> {
    let outcome = attempts.attempt().await;
    let changes = attempts.changes.get_or_insert_default();
    match outcome {
        Ok(received) => {
            let elapsed = changes.sent_at.map_or(Duration::ZERO, |sent_at| sent_at.elapsed());
            Ok(Reply::new(attempts.meta, received, elapsed))
        }
        Err(mut error) => {
            changes.maybe_sent = error.maybe_sent();
            error.set_handed_on();
            Err(error)
        }
    }
}

fn free(name: &str) -> Result<()> {
    if IDENTITY.iter().any(|identity| identity.eq_ignore_ascii_case(name)) {
        return Err(refused(
            format!("`{name}` says for whom the call is made, and can not be added"),
            "make the call with a client of that app",
        ));
    }
    Ok(())
}

fn taken(name: &str) -> Error {
    refused(format!("the request has a parameter `{name}` already"), "set it in the request itself")
}

fn refused(what: impl Into<String>, remedy: &'static str) -> Error {
    Error::config(what, remedy)
}

/// Names only: values may be secret.
impl fmt::Debug for Outgoing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("endpoint", &self.endpoint())
            .field("app", &self.appid())
            .field("attempt", &self.attempt())
            .field("method", &self.method())
            .field("headers", &self.headers().keys().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
