//! What a generated request tells the runtime of itself.

use std::fmt;

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use serde::Serialize;

use crate::came;
use crate::check::Check;
use crate::client::App;
#[cfg(feature = "dynamic")]
use crate::dynamic::Output;
use crate::errcode::{self, ErrCodeInfo, Meaning};
use crate::error::{Error, Remedy, Result};
use crate::file::HostedFile;
use crate::image::Image;
use crate::limits::Limit;
pub(crate) use crate::parts::Parts;
#[cfg(feature = "dynamic")]
use crate::secret::revealing;
use crate::status;
use crate::wire::{Envelope, Nothing, Record, Unfit, any_json, is_cut_off, judge};

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// A request that the spec describes: send it with [`Client::send`](crate::Client::send) or through its group's method.
///
/// Sealed: the generator implements it for every request of [`api`](crate::api).
pub trait Endpoint: sealed::Sealed + Send + Sized + 'static {
    /// What the spec says of the endpoint.
    const META: &'static Meta;

    /// What success holds.
    type Response: Answer;

    /// Reports every missing field and every broken constraint to `check`.
    fn validate(&self, check: &mut Check);

    /// Puts each field where it travels.
    #[doc(hidden)]
    fn write(&self, parts: &mut Parts<'_>);

    /// Fills what the client's configuration knows and the caller left out.
    #[doc(hidden)]
    fn complete(&mut self, app: &App) {
        let _ = app;
    }

    /// The field whose bytes have to be hosted before the request can be written.
    #[doc(hidden)]
    fn hosted(&mut self) -> Option<&mut HostedFile> {
        None
    }
}

/// What an endpoint can answer: a generated struct, an [`Image`], [`Bytes`], [`Nothing`] or JSON of any shape.
pub trait Answer: sealed::Sealed + Send + Sized + 'static {
    /// Whether success is JSON.
    #[doc(hidden)]
    const JSON: bool = true;
    #[doc(hidden)]
    fn read(meta: &Meta, received: &Received) -> Result<Self>;
    #[doc(hidden)]
    #[cfg(feature = "dynamic")]
    fn into_output(self) -> Result<Output>;
}

/// The HTTP method of a call. WeChat's server API knows these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Parameters travel in the query string.
    Get,
    /// Parameters travel in the body.
    Post,
}

impl Method {
    /// `GET` or `POST`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What authorises a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Authorisation {
    /// The app's own access_token.
    AccessToken,
    /// AppID and AppSecret as parameters.
    AppSecret,
    /// A token that a third-party platform holds for a merchant; set it with [`Client::with_token`](crate::Client::with_token).
    Authorizer,
    /// The access_token of the linked official account.
    OfficialAccount,
    /// Nothing.
    None,
}

/// Whether WeChat takes a call signed and encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encryption {
    /// No.
    None,
    /// If the app has it switched on.
    Supported,
    /// Always.
    Required,
}

/// What the spec says of an endpoint.
#[derive(Debug)]
#[non_exhaustive]
pub struct Meta {
    /// The official English name.
    pub id: &'static str,
    /// The group and the method, `wxacode.get_unlimited`.
    pub name: &'static str,
    /// Other names it is known by.
    pub aliases: &'static [&'static str],
    /// The HTTP method.
    pub method: Method,
    /// The path on `api.weixin.qq.com`.
    pub path: &'static str,
    /// What authorises the call.
    pub authorisation: Authorisation,
    /// Whether repeating the call does no harm.
    pub retry_safe: bool,
    /// Whether it can be signed and encrypted.
    pub encryption: Encryption,
    /// The documented limits on the number of calls. [`Limits`](crate::Limits) has a client keep to them.
    pub limits: &'static [Limit],
    /// What this endpoint says of error codes, where that differs from what they mean elsewhere.
    pub remedies: &'static [Remedy],
    /// What codes mean in the whole group, sorted by code, where that differs from what they mean elsewhere.
    pub group_codes: &'static [ErrCodeInfo],
    /// The official page.
    pub docs: &'static str,
    pub(crate) envelope: Envelope,
}

impl Meta {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(id: &'static str, name: &'static str, method: Method, path: &'static str) -> Self {
        Self {
            id,
            name,
            aliases: &[],
            method,
            path,
            authorisation: Authorisation::AccessToken,
            retry_safe: false,
            encryption: Encryption::None,
            limits: &[],
            remedies: &[],
            group_codes: &[],
            docs: "",
            envelope: Envelope::STANDARD,
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn authorisation(mut self, authorisation: Authorisation) -> Self {
        self.authorisation = authorisation;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn retry_safe(mut self) -> Self {
        self.retry_safe = true;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn encryption(mut self, encryption: Encryption) -> Self {
        self.encryption = encryption;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn limits(mut self, limits: &'static [Limit]) -> Self {
        self.limits = limits;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn remedies(mut self, remedies: &'static [Remedy]) -> Self {
        self.remedies = remedies;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn group_codes(mut self, codes: &'static [ErrCodeInfo]) -> Self {
        self.group_codes = codes;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn envelope(mut self, code: &'static str, message: &'static str, ok: &'static [i64]) -> Self {
        self.envelope = Envelope { code, message, ok };
        self
    }

    pub(crate) fn failure(&self, code: i64, message: String) -> Error {
        let own = self.remedies.iter().find(|own| own.code == code).map(Meaning::from);
        Error::api(code, message, own.or_else(|| errcode::find(self.group_codes, code.into()).map(Meaning::from)))
    }
}

/// What came back, before it is read.
#[doc(hidden)]
#[derive(Clone)]
#[allow(missing_debug_implementations, reason = "the body may hold secrets, and nobody but the runtime sees it")]
pub struct Received {
    pub(crate) status: http::StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    /// Reads JSON, or says why this is none: the status, or what stands in its place.
    pub(crate) fn json<T: Record>(&self, meta: &Meta) -> Result<T> {
        match judge(&self.body, &meta.envelope) {
            Ok(value) if self.status.is_success() => Ok(value),
            outcome => Err(self.unfit(meta, outcome.err())),
        }
    }

    /// What is wrong with an answer that should have been JSON.
    fn unfit(&self, meta: &Meta, unfit: Option<Unfit>) -> Error {
        match unfit {
            // An error code explains more than a status does, whichever status came with it.
            Some(Unfit::Failure { code, message }) => meta.failure(code, message),
            Some(_) | None if !self.status.is_success() => self.refused(),
            Some(Unfit::Malformed { .. }) if is_cut_off(&self.body) && came::is_json(&self.body) => self.cut_off(),
            Some(Unfit::Malformed { path, what }) if came::is_json(&self.body) => Error::decode(path, what),
            Some(Unfit::Malformed { .. }) | None => self.foreign("JSON"),
        }
    }

    /// A status other than success, and what came with it.
    fn refused(&self) -> Error {
        let mut came = match self.encoding() {
            Some(name) if !came::is_json(&self.body) => format!("{} bytes, compressed ({name})", self.body.len()),
            _ => came::describe(&self.body),
        };
        if let Some(redirect) = status::redirect(self.status, &self.headers) {
            came = format!("{came}, {redirect}");
        }
        Error::status(self.status, came, status::retry_after(&self.headers))
    }

    /// Something other than `expected` came, as a proxy or a gateway on the way would answer.
    fn foreign(&self, expected: &str) -> Error {
        let Some(name) = self.encoding() else {
            let came = came::describe(&self.body);
            return Error::decode("", format!("expected {expected}, got {came}")).passing();
        };
        let remedy = match name {
            "gzip" if !cfg!(feature = "gzip") => {
                "switch on the feature `gzip`, or have the proxy or gateway on the way not compress answers"
            }
            _ => "have the proxy or gateway on the way not compress answers: they were not asked for in this form",
        };
        let came = self.body.len();
        Error::decode("", format!("expected {expected}, got {came} bytes, compressed ({name})")).with_remedy(remedy)
    }

    fn cut_off(&self) -> Error {
        Error::decode("", format!("the JSON ends in the middle (after {} bytes)", self.body.len())).passing()
    }

    /// How the body is compressed. reqwest takes the header away where it has decompressed the body.
    fn encoding(&self) -> Option<&'static str> {
        let value = self.headers.get(CONTENT_ENCODING)?.to_str().ok()?;
        // The last one was applied last.
        match value.rsplit(',').next()?.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Some("gzip"),
            "deflate" => Some("deflate"),
            "br" => Some("br"),
            "zstd" => Some("zstd"),
            "compress" | "x-compress" => Some("compress"),
            _ => None,
        }
    }
}

impl<T: Record + Serialize + sealed::Sealed + Send + 'static> Answer for T {
    fn read(meta: &Meta, received: &Received) -> Result<Self> {
        received.json(meta)
    }
    #[cfg(feature = "dynamic")]
    fn into_output(self) -> Result<Output> {
        revealing(|| serde_json::to_value(&self)).map(Output::Json).map_err(unwritable)
    }
}

#[cfg(feature = "dynamic")]
fn unwritable(error: serde_json::Error) -> Error {
    Error::config("the answer can not be written as JSON", "see the source").with_source(error)
}

impl sealed::Sealed for Nothing {}
impl sealed::Sealed for Image {}
impl sealed::Sealed for Bytes {}
impl sealed::Sealed for String {}
impl<T> sealed::Sealed for BytesOr<T> {}
impl sealed::Sealed for serde_json::Value {}

impl Answer for Image {
    const JSON: bool = false;
    fn read(meta: &Meta, received: &Received) -> Result<Self> {
        reject_errors(meta, received, "a picture")?;
        let used = received.headers.get("num-used").and_then(|used| used.to_str().ok()?.trim().parse().ok());
        let image = Image::from_bytes(received.body.clone());
        // JSON in place of a picture is WeChat's own doing; anything else happened on the way.
        let image = image.map_err(|error| if came::is_json(&received.body) { error } else { error.passing() })?;
        Ok(image.with_used(used))
    }
    #[cfg(feature = "dynamic")]
    fn into_output(self) -> Result<Output> {
        Ok(Output::Image(self))
    }
}

impl Answer for Bytes {
    const JSON: bool = false;
    fn read(meta: &Meta, received: &Received) -> Result<Self> {
        reject_errors(meta, received, "data")?;
        if received.body.is_empty() || came::is_html(&received.body) {
            return Err(received.foreign("data"));
        }
        Ok(received.body.clone())
    }
    #[cfg(feature = "dynamic")]
    fn into_output(self) -> Result<Output> {
        Ok(Output::Bytes(self))
    }
}

/// A file of text, which is UTF-8.
impl Answer for String {
    const JSON: bool = false;
    fn read(meta: &Meta, received: &Received) -> Result<Self> {
        let bytes = Bytes::read(meta, received)?;
        String::from_utf8(bytes.into()).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            Error::decode("", format!("expected text in UTF-8, and byte {at} is none"))
        })
    }
    #[cfg(feature = "dynamic")]
    fn into_output(self) -> Result<Output> {
        Ok(Output::Bytes(self.into()))
    }
}

/// What an endpoint answers that gives some things as bytes and others as JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum BytesOr<T> {
    /// The file itself.
    Bytes(Bytes),
    /// JSON in its place, such as the address of a video.
    Json(T),
}

impl<T> BytesOr<T> {
    /// The bytes, where it is bytes.
    #[must_use]
    pub fn bytes(&self) -> Option<&Bytes> {
        match self {
            BytesOr::Bytes(bytes) => Some(bytes),
            BytesOr::Json(_) => None,
        }
    }

    /// The JSON, where it is JSON.
    #[must_use]
    pub fn json(&self) -> Option<&T> {
        match self {
            BytesOr::Json(value) => Some(value),
            BytesOr::Bytes(_) => None,
        }
    }
}

impl<T: Record + Answer> Answer for BytesOr<T> {
    const JSON: bool = false;
    fn read(meta: &Meta, received: &Received) -> Result<Self> {
        if came::is_json(&received.body) {
            received.json(meta).map(BytesOr::Json)
        } else {
            Bytes::read(meta, received).map(BytesOr::Bytes)
        }
    }
    #[cfg(feature = "dynamic")]
    fn into_output(self) -> Result<Output> {
        match self {
            BytesOr::Bytes(bytes) => bytes.into_output(),
            BytesOr::Json(value) => value.into_output(),
        }
    }
}

/// Where success is binary, JSON with an error code is a failure whatever its content type and status say.
fn reject_errors(meta: &Meta, received: &Received, expected: &str) -> Result<()> {
    let json = came::is_json(&received.body);
    let judged = if json { judge::<Nothing>(&received.body, &meta.envelope) } else { Ok(Nothing) };
    match judged {
        Err(Unfit::Failure { code, message }) => Err(meta.failure(code, message)),
        _ if !received.status.is_success() => Err(received.refused()),
        Err(Unfit::Malformed { .. }) if is_cut_off(&received.body) => Err(received.cut_off()),
        _ if !json && received.encoding().is_some() => Err(received.foreign(expected)),
        _ => Ok(()),
    }
}

impl Answer for serde_json::Value {
    fn read(meta: &Meta, received: &Received) -> Result<Self> {
        match received.json::<Nothing>(meta) {
            Ok(Nothing) => {
                any_json(&received.body).map_err(|error| Error::decode("", "the answer is not JSON").with_source(error))
            }
            Err(error) => Err(error),
        }
    }
    #[cfg(feature = "dynamic")]
    fn into_output(self) -> Result<Output> {
        Ok(Output::Json(self))
    }
}
