//! The one error type: what went wrong, at which endpoint, whether a retry can help, and what to do.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use crate::errcode::{ErrCode, ErrCodeKind, Meaning, RetryHint};
use crate::secret::Secret;
use crate::status;

mod exchange;

/// What every fallible function of this crate answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed.
///
/// It never holds a secret, and never a URL: `access_token` and `secret` travel in the query string.
/// `Display` says what happened and what to do about it, in English; of error codes [`remedy_zh`](Self::remedy_zh) says it
/// in Chinese, too.
pub struct Error(Box<Inner>);

struct Inner {
    detail: Detail,
    endpoint: Option<Cow<'static, str>>,
    maybe_sent: bool,
    /// Whether a middleware got it from the attempt, and did not make it.
    handed_on: bool,
    /// Whether the same answer is unlikely to come again.
    passing: bool,
    /// What was said of when to come back.
    retry_after: Option<Duration>,
    /// Takes the place of what the kind of error advises.
    remedy: Option<&'static str>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

enum Detail {
    Api { code: ErrCode, message: String, own: Option<Meaning> },
    Invalid(Vec<Violation>),
    Transport { what: Cow<'static, str>, timeout: bool },
    Status { status: StatusCode, came: String },
    Decode { path: String, what: String },
    Token(Arc<Error>),
    Crypto { what: Cow<'static, str>, remedy: &'static str },
    Config { what: String, remedy: &'static str },
    Limit(String),
    Other(String),
}

/// What sort of failure an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// WeChat answered an error code: see [`Error::code`].
    Api,
    /// The request breaks a documented constraint; nothing was sent. See [`Error::violations`].
    Invalid,
    /// The connection failed, or no answer came in time.
    Transport,
    /// An HTTP status other than success, without an error code.
    Status,
    /// The answer is not what the endpoint documents: other types, a missing field, HTML instead of JSON.
    Decode,
    /// No access_token could be had; [`source`](StdError::source) says why.
    Token,
    /// Encrypted or signed data do not fit the key, or are damaged.
    Crypto,
    /// The client is not configured for this.
    Config,
    /// A client-side limit refused the call; nothing was sent.
    Limit,
    /// A token source, a token store or a middleware of yours failed: see [`Error::other`].
    Other,
}

/// One broken constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The wire name of the field, with its path: `jump_wxa.path`, `data.thing1`.
    pub field: String,
    /// What is wrong and what would be right. It quotes at most one character of the value.
    pub problem: String,
}

/// What one endpoint says of an error code, where that differs from what the code means elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remedy {
    /// The code.
    pub code: ErrCode,
    /// What sort of thing went wrong.
    pub kind: ErrCodeKind,
    /// Whether repeating the same call can help.
    pub retry: RetryHint,
    /// What it means at this endpoint.
    pub about: &'static str,
    /// What to do, in English.
    pub remedy: &'static str,
    /// What to do, in Chinese.
    pub remedy_zh: &'static str,
}

impl Remedy {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(code: i64, about: &'static str, remedy: &'static str, remedy_zh: &'static str) -> Self {
        let (kind, retry) = (ErrCodeKind::Other, RetryHint::Never);
        Self { code: ErrCode::new(code), kind, retry, about, remedy, remedy_zh }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn kind(mut self, kind: ErrCodeKind) -> Self {
        self.kind = kind;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn retry(mut self, retry: RetryHint) -> Self {
        self.retry = retry;
        self
    }
}

impl From<&Remedy> for Meaning {
    fn from(own: &Remedy) -> Self {
        let Remedy { kind, retry, about, remedy, remedy_zh, .. } = *own;
        Self { kind, retry, about, remedy, remedy_zh }
    }
}

impl Error {
    fn build(detail: Detail) -> Self {
        Self(Box::new(Inner {
            detail,
            endpoint: None,
            maybe_sent: false,
            handed_on: false,
            passing: false,
            retry_after: None,
            remedy: None,
            source: None,
        }))
    }

    /// WeChat answered `code`; `own` is what the endpoint says of it.
    pub(crate) fn api(code: i64, message: String, own: Option<Meaning>) -> Self {
        let mut error = Self::build(Detail::Api { code: ErrCode::new(code), message, own });
        error.0.maybe_sent = true;
        error
    }

    pub(crate) fn invalid(violations: Vec<Violation>) -> Self {
        Self::build(Detail::Invalid(violations))
    }

    pub(crate) fn timeout(maybe_sent: bool) -> Self {
        let what = if maybe_sent { "no answer in time" } else { "time ran out before anything was sent" };
        let mut error = Self::build(Detail::Transport { what: what.into(), timeout: true });
        error.0.maybe_sent = maybe_sent;
        error
    }

    /// A status other than success; `came` is what came with it, in words, and `retry_after` what it said of when to
    /// come back.
    pub(crate) fn status(status: StatusCode, came: String, retry_after: Option<Duration>) -> Self {
        let mut error = Self::build(Detail::Status { status, came });
        error.0.maybe_sent = true;
        error.0.retry_after = retry_after;
        error
    }

    pub(crate) fn decode(path: impl Into<String>, what: impl Into<String>) -> Self {
        let mut error = Self::build(Detail::Decode { path: path.into(), what: what.into() });
        error.0.maybe_sent = true;
        error
    }

    /// Marks an answer as one that is unlikely to come a second time: foreign or cut off.
    pub(crate) fn passing(mut self) -> Self {
        self.0.passing = true;
        self
    }

    pub(crate) fn with_remedy(mut self, remedy: &'static str) -> Self {
        self.0.remedy = Some(remedy);
        self
    }

    /// No token. The reason is shared by all callers who waited for the same fetch.
    pub(crate) fn token(source: Arc<Error>) -> Self {
        Self::build(Detail::Token(source))
    }

    /// Something else than an answer can not be read: no call was made.
    #[cfg(feature = "push")]
    pub(crate) fn unreadable(what: String, remedy: &'static str) -> Self {
        let mut error = Self::decode("", what);
        error.0.maybe_sent = false;
        error.with_remedy(remedy)
    }

    pub(crate) fn crypto(what: impl Into<Cow<'static, str>>, remedy: &'static str) -> Self {
        Self::build(Detail::Crypto { what: what.into(), remedy })
    }

    pub(crate) fn config(what: impl Into<String>, remedy: &'static str) -> Self {
        Self::build(Detail::Config { what: what.into(), remedy })
    }

    /// A client-side limit refused the call; it would be let through after `retry_after`.
    pub(crate) fn limited(what: impl Into<String>, retry_after: Option<Duration>) -> Self {
        let mut error = Self::build(Detail::Limit(what.into()));
        error.0.retry_after = retry_after;
        error
    }

    /// An error of your own, for a token source, a token store or a middleware: `what` went wrong, in a few words
    /// without a secret. It is of the kind [`ErrorKind::Other`], and counts as one that another attempt may mend.
    #[must_use]
    pub fn other(what: impl Into<String>) -> Self {
        Self::build(Detail::Other(what.into()))
    }

    /// Keeps the error that caused this one; [`source`](StdError::source) answers it.
    ///
    /// It takes the place of an earlier one. Errors of HTTP clients often print a URL: take it out where it holds a
    /// secret.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn at(mut self, endpoint: impl Into<Cow<'static, str>>) -> Self {
        self.0.endpoint.get_or_insert_with(|| endpoint.into());
        self
    }

    /// Blots out the secrets that a server, or an error of the user's, may have quoted.
    pub(crate) fn without_secrets<'a>(mut self, secrets: impl Iterator<Item = &'a Secret>) -> Self {
        if let Detail::Api { message, .. } | Detail::Other(message) = &mut self.0.detail {
            for secret in secrets.filter(|secret| secret.expose().len() >= 8) {
                if message.contains(secret.expose()) {
                    *message = message.replace(secret.expose(), "[redacted]");
                }
            }
        }
        self
    }

    pub(crate) fn set_maybe_sent(&mut self) {
        self.0.maybe_sent = true;
    }

    /// The attempt hands it to a middleware.
    pub(crate) fn set_handed_on(&mut self) {
        self.0.handed_on = true;
    }

    /// Whether the attempt handed it to a middleware; no more after this.
    pub(crate) fn take_handed_on(&mut self) -> bool {
        std::mem::take(&mut self.0.handed_on)
    }

    /// What sort of failure this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match &self.0.detail {
            Detail::Api { .. } => ErrorKind::Api,
            Detail::Invalid(_) => ErrorKind::Invalid,
            Detail::Transport { .. } => ErrorKind::Transport,
            Detail::Status { .. } => ErrorKind::Status,
            Detail::Decode { .. } => ErrorKind::Decode,
            Detail::Token(_) => ErrorKind::Token,
            Detail::Crypto { .. } => ErrorKind::Crypto,
            Detail::Config { .. } => ErrorKind::Config,
            Detail::Limit(_) => ErrorKind::Limit,
            Detail::Other(_) => ErrorKind::Other,
        }
    }

    /// The official id of the endpoint that was called, or the path of a universal request.
    #[must_use]
    pub fn endpoint(&self) -> Option<&str> {
        self.0.endpoint.as_deref()
    }

    /// The error that stopped the token from being fetched, when this is [`ErrorKind::Token`].
    fn token_source(&self) -> Option<&Error> {
        match &self.0.detail {
            Detail::Token(source) => Some(source),
            _ => None,
        }
    }

    /// The code that WeChat answered; for [`ErrorKind::Token`], what it answered when the token was fetched.
    #[must_use]
    pub fn code(&self) -> Option<ErrCode> {
        match &self.0.detail {
            Detail::Api { code, .. } => Some(*code),
            _ => self.token_source()?.code(),
        }
    }

    /// What the code means where it came: at this endpoint, else in its group, else everywhere.
    fn meaning(&self) -> Option<Meaning> {
        match &self.0.detail {
            Detail::Api { own: Some(own), .. } => Some(*own),
            Detail::Api { code, .. } => code.info().map(Meaning::from),
            _ => self.token_source()?.meaning(),
        }
    }

    /// What sort of thing the code reports where it came, which [`ErrCode::kind`] can not always know.
    #[must_use]
    pub fn code_kind(&self) -> Option<ErrCodeKind> {
        self.code().map(|_| self.meaning().map_or(ErrCodeKind::Other, |meaning| meaning.kind))
    }

    /// What the code means where it came, in English.
    #[must_use]
    pub fn code_about(&self) -> Option<&'static str> {
        self.meaning().map(|meaning| meaning.about)
    }

    /// WeChat's own message (`errmsg`). Should it quote a secret of ours, the secret is blotted out.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match &self.0.detail {
            Detail::Api { message, .. } => Some(message),
            _ => self.token_source()?.message(),
        }
    }

    /// WeChat's id of the request (`rid`), which its support asks for.
    #[must_use]
    pub fn rid(&self) -> Option<&str> {
        let message = self.message()?;
        let (_, rest) = message.rsplit_once("rid:")?;
        let rid = rest.trim_start();
        let end = rid.find(|c: char| !(c.is_ascii_hexdigit() || c == '-')).unwrap_or(rid.len());
        (end > 0).then_some(&rid[..end])
    }

    /// The HTTP status, when it was not a success and no error code came with it.
    #[must_use]
    pub fn status_code(&self) -> Option<StatusCode> {
        match &self.0.detail {
            Detail::Status { status, .. } => Some(*status),
            _ => self.token_source()?.status_code(),
        }
    }

    /// The broken constraints, when this is [`ErrorKind::Invalid`]: all of them at once.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        match &self.0.detail {
            Detail::Invalid(violations) => violations,
            _ => &[],
        }
    }

    /// Where in the answer decoding failed (`detail[2].label`), when this is [`ErrorKind::Decode`].
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        match &self.0.detail {
            Detail::Decode { path, .. } => Some(path),
            _ => None,
        }
    }

    /// What to do about it, in English.
    #[must_use]
    pub fn remedy(&self) -> Option<&'static str> {
        self.0.remedy.or_else(|| self.usual_remedy())
    }

    fn usual_remedy(&self) -> Option<&'static str> {
        Some(match &self.0.detail {
            Detail::Api { .. } => self.meaning()?.remedy,
            Detail::Invalid(_) if self.0.endpoint.is_none() => "correct what is named",
            Detail::Invalid(_) => "correct the fields that are named; `unchecked()` sends the request all the same",
            Detail::Transport { timeout: true, .. } if self.0.maybe_sent => {
                "find out whether the call took effect before repeating it; a longer time is set by `timeout`"
            }
            Detail::Transport { .. } => "check the network, the proxy and DNS of this machine",
            Detail::Status { status, .. } => status::remedy(*status),
            Detail::Decode { .. } if self.0.passing => {
                "a proxy or gateway may have answered in WeChat's place; `raw()` shows the answer"
            }
            Detail::Decode { .. } => "`raw()` shows the answer; if WeChat changed the endpoint, please report it",
            Detail::Token(source) => return source.remedy(),
            Detail::Crypto { remedy, .. } | Detail::Config { remedy, .. } => remedy,
            Detail::Limit(_) => "call less often, or have the limit wait instead of refusing",
            Detail::Other(_) => return None,
        })
    }

    /// What to do about an error code, in Chinese.
    #[must_use]
    pub fn remedy_zh(&self) -> Option<&'static str> {
        match &self.0.detail {
            Detail::Api { .. } => Some(self.meaning()?.remedy_zh),
            _ => self.token_source()?.remedy_zh(),
        }
    }

    /// Whether the same call, made again later, may succeed without any change.
    ///
    /// This says nothing about whether repeating it is harmless: see [`maybe_sent`](Self::maybe_sent).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match &self.0.detail {
            Detail::Api { .. } => self.meaning().is_some_and(|meaning| meaning.retry != RetryHint::Never),
            Detail::Transport { .. } | Detail::Limit(_) | Detail::Other(_) => true,
            Detail::Status { status, .. } => status::is_passing(*status),
            Detail::Decode { .. } => self.0.passing,
            Detail::Token(source) => source.is_retryable(),
            _ => false,
        }
    }

    /// How long to wait before the same call has a chance, where that is known.
    ///
    /// A gateway said so (`Retry-After`), or a client-side limit did. WeChat itself never says; for its codes of too many
    /// calls in a second or a minute this is the length of that window, which is no promise. Nothing for daily quotas.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after.or_else(|| match &self.0.detail {
            Detail::Api { .. } => window(self.meaning()?),
            _ => self.token_source()?.retry_after(),
        })
    }

    /// Whether time ran out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        match &self.0.detail {
            Detail::Transport { timeout, .. } => *timeout,
            _ => self.token_source().is_some_and(Error::is_timeout),
        }
    }

    /// Whether no host was reached, so that the call can go to another one.
    pub(crate) fn is_unreached(&self) -> bool {
        matches!(self.0.detail, Detail::Transport { .. }) && !self.0.maybe_sent
    }

    /// Whether WeChat may have received the call. `false` means that it certainly did not.
    #[must_use]
    pub fn maybe_sent(&self) -> bool {
        self.0.maybe_sent
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(endpoint) = &self.0.endpoint {
            write!(f, "{endpoint}: ")?;
        }
        match &self.0.detail {
            Detail::Api { code, message, .. } => {
                write!(f, "WeChat answered {code}")?;
                if let Some(info) = code.info() {
                    write!(f, " ({})", info.name)?;
                }
                if !message.is_empty() {
                    write!(f, ": {message}")?;
                }
            }
            Detail::Invalid(violations) => {
                f.write_str("not sent: ")?;
                for (index, violation) in violations.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}`{}` {}", violation.field, violation.problem)?;
                }
            }
            Detail::Transport { what, .. } => f.write_str(what)?,
            Detail::Status { status, came } => write!(f, "HTTP status {status} with {came}")?,
            Detail::Decode { path, what } if path.is_empty() => f.write_str(what)?,
            Detail::Decode { path, what } => write!(f, "the answer's `{path}`: {what}")?,
            // The source's own text holds the remedy.
            Detail::Token(source) => return write!(f, "no access_token: {source}"),
            Detail::Crypto { what, .. } => f.write_str(what)?,
            Detail::Config { what, .. } => f.write_str(what)?,
            Detail::Limit(what) => write!(f, "not sent: {what}")?,
            Detail::Other(what) => f.write_str(what)?,
        }
        match self.remedy() {
            Some(remedy) => write!(f, "; what to do: {remedy}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", &self.kind()).field("endpoint", &self.0.endpoint);
        match &self.0.detail {
            Detail::Api { code, message, .. } => out.field("code", &code.get()).field("message", message),
            Detail::Invalid(violations) => out.field("violations", violations),
            Detail::Transport { what, .. } => out.field("what", what),
            Detail::Status { status, came } => out.field("status", status).field("came", came),
            Detail::Decode { path, what } => out.field("path", path).field("what", what),
            Detail::Token(source) => out.field("because", source),
            Detail::Crypto { what, .. } => out.field("what", what),
            Detail::Config { what, .. } => out.field("what", what),
            Detail::Limit(what) | Detail::Other(what) => out.field("what", what),
        };
        // `fn main() -> weapp::Result<()>` prints this.
        out.field("remedy", &self.remedy());
        out.field("maybe_sent", &self.0.maybe_sent).field("source", &self.0.source).finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &self.0.detail {
            Detail::Token(source) => Some(&**source),
            _ => self.0.source.as_deref().map(|source| source as _),
        }
    }
}

/// The window of a limit on the rate. The codes that tell of one are about seconds, and can be tried soon, or minutes.
fn window(meaning: Meaning) -> Option<Duration> {
    match (meaning.kind, meaning.retry) {
        (ErrCodeKind::Rate, RetryHint::Soon) => Some(Duration::from_secs(1)),
        (ErrCodeKind::Rate, _) => Some(Duration::from_secs(60)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
