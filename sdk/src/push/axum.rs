//! Messages as extractors, and answers as responses, of [axum](https://docs.rs/axum).
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use weapp::push::{self, Answer, Message, Receiver};
//!
//! async fn receive(message: Message) -> Answer {
//!     println!("{} {:?}", message.msg_type(), message.event_name());
//!     message.success()
//! }
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let receiver = Receiver::new("AAAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "wxba5fad812f8e6fb9")?;
//! let app: Router = Router::new()
//!     .route("/wechat", get(push::axum::verify_url).post(receive))
//!     .with_state(receiver);
//! # Ok(())
//! # }
//! ```
//!
//! A state of your own needs [`FromRef`] for [`Receiver`]. Rust does not let you write it for an `Arc` of your own type, so
//! put the `Arc` and the receiver, which is one as well, into a struct:
//!
//! ```
//! use std::sync::Arc;
//!
//! use axum::Router;
//! use axum::extract::{FromRef, State};
//! use axum::routing::post;
//! use weapp::push::{self, Answer, Message, Receiver};
//! # struct Database;
//!
//! #[derive(Clone)]
//! struct App {
//!     database: Arc<Database>,
//!     receiver: Receiver,
//! }
//!
//! impl FromRef<App> for Receiver {
//!     fn from_ref(app: &App) -> Self {
//!         app.receiver.clone()
//!     }
//! }
//!
//! async fn receive(State(app): State<App>, message: Message) -> Answer {
//!     message.success()
//! }
//!
//! fn router(app: App) -> Router {
//!     Router::new().route("/wechat", post(receive).get(push::axum::verify_url)).with_state(app)
//! }
//! ```
//!
//! What is refused is logged, here as by a dispatcher: [`PUSH_REFUSED`](crate::observe::events::PUSH_REFUSED).

use std::convert::Infallible;
use std::fmt;

use axum::extract::{FromRef, FromRequest, FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::request::Parts;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use super::answer::Answer;
use super::error::{Error, ErrorKind, Result};
use super::message::Message;
use super::query::Query;
use super::receiver::Receiver;
use crate::observe::push_refused;

/// The handler of the GET request by which the console verifies a URL.
///
/// # Errors
/// As [`Receiver::verify_url`].
pub async fn verify_url(State(receiver): State<Receiver>, query: Query) -> Result<Answer> {
    receiver.verify_url(&query).map(Answer::text)
}

/// Reads what [`Receiver::open`] takes out of a request, and of the body no more than `max_body` bytes.
///
/// # Errors
/// [`ErrorKind::TooLarge`], and [`ErrorKind::Malformed`] where the body breaks off.
pub async fn read(request: Request, max_body: usize) -> Result<(Query, Bytes)> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, max_body).collect().await.map_err(|error| {
        if error.is::<LengthLimitError>() {
            Error::new(ErrorKind::TooLarge, format!("the body has more than the {max_body} bytes that are allowed"))
        } else {
            Error::new(ErrorKind::Malformed, "the connection broke off before the body was complete")
                .with_remedy("WeChat sends the message again", "微信会重新推送该消息")
        }
    })?;
    Ok((query_of(&parts), body.to_bytes()))
}

fn query_of(parts: &Parts) -> Query {
    let query = Query::parse(parts.uri.query().unwrap_or_default());
    // WeChat's pages call it by either name.
    let source = parts.headers.get("x-wx-source").or_else(|| parts.headers.get("x-wx-sources"));
    match source {
        Some(source) => query.with_source(String::from_utf8_lossy(source.as_bytes())),
        None => query,
    }
}

/// The query, and the header `x-wx-source`.
impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(query_of(parts))
    }
}

/// A message, verified and decrypted. What is refused never reaches the handler, nor does the probe of Cloud Hosting; a
/// handler that takes `Result<Message, Rejection>` sees both.
impl<S: Send + Sync> FromRequest<S> for Message
where
    Receiver: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request(request: Request, state: &S) -> Result<Self, Rejection> {
        let receiver = Receiver::from_ref(state);
        let read = read(request, receiver.max_body()).await;
        let (query, body) = read.map_err(|error| error.of_app(receiver.appid()))?;
        let message = receiver.open(&query, body)?;
        if message.is_probe() { Err(Rejection::Probe) } else { Ok(message) }
    }
}

/// Why a request is answered without the handler.
#[derive(Debug)]
#[non_exhaustive]
pub enum Rejection {
    /// Cloud Hosting (微信云托管) checks the path: answered with `success`.
    Probe,
    /// The request is refused: answered with [`Error::status`] and the word `failed`, and logged.
    Refused(Error),
}

impl From<Error> for Rejection {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rejection::Probe => f.write_str("the probe of Cloud Hosting, which is no message"),
            Rejection::Refused(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Rejection {}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        match self {
            Rejection::Probe => Answer::success().into_response(),
            Rejection::Refused(error) => error.into_response(),
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let content_type = (CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        (self.status, [content_type], self.body).into_response()
    }
}

/// The status and `failed`. Why is logged, because nobody else learns it.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        push_refused(&self);
        Answer::from(self).into_response()
    }
}
