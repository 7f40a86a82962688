//! The universal request: any path that the spec does not know yet, with the same token, retry and errors.

use std::fmt;
use std::future::IntoFuture;

use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::attempts::{Attempts, Running};
use crate::call::{CallFuture, Options, RawFuture};
use crate::client::Client;
use crate::endpoint::{Answer, Authorisation, Meta, Method};
use crate::error::{Error, Result};
use crate::file::File;
use crate::image::Image;
use crate::parts::{Body, FormValue, push_query};
use crate::retry::Retry;
use crate::secret::revealing;
use crate::sign::{is_signed, require_signable};

/// A call of any path. A POST with an empty JSON object, unless said otherwise.
///
/// ```no_run
/// # async fn run(client: weapp::Client) -> weapp::Result<()> {
/// let link = client
///     .request("wxa/generate_urllink")
///     .json(&serde_json::json!({ "path": "pages/index/index" }))
///     .await?;
/// println!("{}", link["url_link"]);
/// # Ok(()) }
/// ```
#[must_use = "nothing is sent until it is awaited"]
pub struct Request {
    client: Client,
    path: String,
    method: Method,
    query: String,
    json: Option<Bytes>,
    form: Vec<(String, FormValue)>,
    with_token: bool,
    options: Options,
}

/// Nothing is known of the endpoint: repeating it may do harm.
static WITH_TOKEN: Meta = Meta::new("", "", Method::Post, "/");
static WITHOUT_TOKEN: Meta = Meta::new("", "", Method::Post, "/").authorisation(Authorisation::None);

impl Client {
    /// Calls any path of WeChat's API with this client's token: `wxa/generate_urllink`, with or without a slash in
    /// front, or the whole address on this client's host. A POST unless [`method`](Request::method) says otherwise.
    pub fn request(&self, path: impl Into<String>) -> Request {
        Request {
            client: self.clone(),
            path: path.into(),
            method: Method::Post,
            query: String::new(),
            json: None,
            form: Vec::new(),
            with_token: true,
            options: Options::default(),
        }
    }
}

impl Request {
    /// The HTTP method; POST unless said otherwise.
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Adds a query parameter.
    pub fn query(mut self, name: &str, value: impl AsRef<str>) -> Self {
        push_query(&mut self.query, name, value.as_ref());
        self
    }

    /// The JSON body. [`Secret`](crate::Secret)s in it are written out. A value that JSON can not hold fails the call.
    pub fn json<T: Serialize + ?Sized>(mut self, body: &T) -> Self {
        match revealing(|| serde_json::to_vec(body)) {
            Ok(json) => self.json = Some(json.into()),
            Err(error) => {
                let error = Error::config("the body can not be written as JSON", "see the source").with_source(error);
                self.options.failure = Some(error);
            }
        }
        self
    }

    /// Adds a file to a multipart form, which then is the body.
    pub fn file(mut self, name: impl Into<String>, file: impl Into<File>) -> Self {
        self.form.push((name.into(), FormValue::File(file.into())));
        self
    }

    /// Adds a text to a multipart form, which then is the body.
    pub fn form(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.form.push((name.into(), FormValue::Text(text.into())));
        self
    }

    /// Sends no access_token.
    pub fn without_token(mut self) -> Self {
        self.with_token = false;
        self
    }

    /// Signs and encrypts the call: see [`sign`](crate::sign). The parameters must be one JSON object, or query
    /// parameters, which travel in it as texts. It is sent as a POST.
    pub fn signed(mut self) -> Self {
        self.options.signed = Some(true);
        self
    }

    /// How long this call may take in all.
    pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// How this call is repeated. Nothing is known of what it does, so only a failed connection and a rejected token
    /// lead to a repetition.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.options.retry = Some(retry);
        self
    }

    /// Reads the answer as a type of yours. WeChat's error codes are errors as ever.
    ///
    /// # Errors
    /// As every call, and [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the answer does not fit the type.
    pub async fn decode<T: DeserializeOwned>(self) -> Result<T> {
        let path = self.label();
        let value = self.await?;
        T::deserialize(value).map_err(|error| {
            // The text of a foreign type's error may quote values, which may be secret: it stays in the source.
            Error::decode("", "the answer does not fit the type it was to be read as").with_source(error).at(path)
        })
    }

    /// Takes the answer as a picture; JSON is an error.
    ///
    /// # Errors
    /// As every call, and [`ErrorKind::Decode`](crate::ErrorKind::Decode) when the answer is no picture.
    pub async fn image(self) -> Result<Image> {
        CallFuture(self.start()).await
    }

    /// Takes the answer as it is; JSON with an error code is an error.
    ///
    /// # Errors
    /// As every call.
    pub async fn bytes(self) -> Result<Bytes> {
        CallFuture(self.start()).await
    }

    /// Gives status, headers and body beside the result.
    ///
    /// # Errors
    /// Only where nothing was received.
    pub async fn raw(self) -> Result<crate::Raw<serde_json::Value>> {
        RawFuture(self.start()).await
    }

    fn label(&self) -> String {
        self.path.split('?').next().unwrap_or_default().to_owned()
    }

    fn start<T: Answer>(mut self) -> Running<T> {
        let meta = if self.with_token { &WITH_TOKEN } else { &WITHOUT_TOKEN };
        let label = self.label();
        let parts = self.parts().and_then(|parts| {
            let signed = is_signed(&self.client, meta, self.options.signed, T::JSON)?;
            self.options.signed = Some(signed);
            if signed {
                require_signable(&parts.2)?;
            }
            Ok(parts)
        });
        match parts {
            Ok((path, query, body)) => {
                let mut attempts = Attempts::new(self.client, meta, Some(path.into()), self.options, query, body);
                attempts.method = self.method;
                Running::start(Box::new(attempts))
            }
            Err(error) => Running::failed(meta, error.at(label)),
        }
    }

    fn parts(&mut self) -> Result<(String, String, Body)> {
        if let Some(error) = self.options.failure.take() {
            return Err(error);
        }
        let base = self.client.bound().shared.route.main().as_str().trim_end_matches('/');
        let path = match self.path.strip_prefix(base).filter(|rest| rest.starts_with('/')) {
            Some(rest) => rest,
            // Any other host would be handed the token.
            None if self.path.contains("://") => {
                return Err(Error::config("the address is on another host than this client's", "give the path alone"));
            }
            None => &self.path,
        };
        let (path, in_path) = path.split_once('?').unwrap_or((path, ""));
        let mut query = in_path.to_owned();
        if !query.is_empty() && !self.query.is_empty() {
            query.push('&');
        }
        query.push_str(&self.query);
        if self.with_token && query.split('&').any(|pair| pair.starts_with("access_token=")) {
            return Err(Error::config("the query names an access_token", "leave it out: the client adds its own"));
        }
        let form = std::mem::take(&mut self.form);
        let body = match (self.json.take(), form.is_empty()) {
            (Some(_), false) => {
                return Err(Error::config("both JSON and a form are given", "a call has one body: give one of them"));
            }
            (Some(json), true) => Body::Json(json),
            (None, false) => Body::Form(form.into_iter().map(|(name, value)| (name.into(), value)).collect()),
            (None, true) => Body::empty(self.method),
        };
        Ok((format!("/{}", path.trim_start_matches('/')), query, body))
    }
}

/// Without query and body: they may hold secrets.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("app", &self.client.appid())
            .field("method", &self.method)
            .field("path", &self.label())
            .finish_non_exhaustive()
    }
}

impl IntoFuture for Request {
    type Output = Result<serde_json::Value>;
    type IntoFuture = CallFuture<serde_json::Value>;

    fn into_future(self) -> Self::IntoFuture {
        CallFuture(self.start())
    }
}
