//! A request on its way to HTTP: query, body, and how values travel as text.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Serialize;

use crate::client::App;
use crate::endpoint::Method;
use crate::error::{Error, Result};
use crate::file::File;
use crate::secret::Secret;
use crate::sign::{delivery_sign, signed};
use crate::wire::{Timestamp, TimestampMs};

/// The pieces of an HTTP request that a generated request fills.
#[doc(hidden)]
#[allow(missing_debug_implementations, reason = "it holds secrets, and nobody but generated code sees it")]
pub struct Parts<'a> {
    app: &'a App,
    method: Method,
    query: String,
    /// Without its last brace, unless it is whole.
    json: Vec<u8>,
    whole: bool,
    form: Vec<(Cow<'static, str>, FormValue)>,
    failure: Option<Error>,
}

/// A body that can be sent again: cloning it copies no bytes.
#[derive(Clone)]
pub(crate) enum Body {
    None,
    Json(Bytes),
    Form(Vec<(Cow<'static, str>, FormValue)>),
}

#[derive(Clone)]
pub(crate) enum FormValue {
    Text(String),
    File(File),
}

impl<'a> Parts<'a> {
    pub(crate) fn new(app: &'a App, method: Method) -> Self {
        Self { app, method, query: String::new(), json: Vec::new(), whole: false, form: Vec::new(), failure: None }
    }

    /// Adds a query parameter if it is set.
    pub fn query<T: Text>(&mut self, name: &'static str, value: &T) {
        if let Some(text) = value.given() {
            if self.query.is_empty() {
                self.query.reserve(192);
            }
            push_query(&mut self.query, name, &text);
        }
    }

    /// Adds a member to the JSON body if it is set. Secrets are written while the caller reveals them.
    pub fn body<T: Serialize + crate::wire::Skip>(&mut self, name: &'static str, value: &T) {
        if value.skip() {
            return;
        }
        let out = &mut self.json;
        if out.is_empty() {
            out.reserve(192);
        }
        out.push(if out.is_empty() { b'{' } else { b',' });
        out.push(b'"');
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        if let Err(error) = serde_json::to_writer(out, value) {
            let error =
                Error::config(format!("`{name}` can not be written as JSON"), "see the source").with_source(error);
            self.failure = Some(error);
        }
    }

    /// Makes a value the JSON body if it is set.
    pub fn whole_body<T: Serialize + crate::wire::Skip>(&mut self, value: &T) {
        if value.skip() {
            return;
        }
        self.json.clear();
        self.whole = true;
        if let Err(error) = serde_json::to_writer(&mut self.json, value) {
            self.failure =
                Some(Error::config("the body can not be written as JSON", "see the source").with_source(error));
        }
    }

    /// Adds the payment signature of what was written so far. Without a key, which the check has told, there is none.
    pub fn pay_sig(&mut self, path: &str, key: &Option<Secret>) {
        if let Some(key) = key {
            let signature = signed(key, &[path.as_bytes(), b"&", &self.json, self.end()]);
            push_query(&mut self.query, "pay_sig", &signature);
        }
    }

    /// Adds the user's signature of the body as written so far.
    pub fn signature(&mut self, key: &Option<Secret>) {
        if let Some(key) = key {
            let signature = signed(key, &[&self.json, self.end()]);
            push_query(&mut self.query, "signature", &signature);
        }
    }

    /// Adds the signature of an immediate delivery to the body.
    pub fn delivery_sign(&mut self, shop: &Option<String>, order: &Option<String>, key: &Option<Secret>) {
        if let Some(key) = key {
            let text = |field: &Option<String>| field.clone().unwrap_or_default();
            self.body("delivery_sign", &delivery_sign(&text(shop), &text(order), key));
        }
    }

    /// What the body that was written so far still lacks: all of it where nothing was written.
    fn end(&self) -> &'static [u8] {
        match (self.whole, self.json.is_empty()) {
            (true, _) => b"",
            (false, false) => b"}",
            (false, true) => empty(self.method),
        }
    }

    /// Adds a file to the multipart form if it is set.
    pub fn file(&mut self, name: &'static str, value: &Option<File>) {
        if let Some(file) = value {
            self.form.push((name.into(), FormValue::File(file.clone())));
        }
    }

    /// Adds a text to the multipart form if it is set.
    pub fn form<T: Text>(&mut self, name: &'static str, value: &T) {
        if let Some(text) = value.given() {
            self.form.push((name.into(), FormValue::Text(text.into_owned())));
        }
    }

    /// The configured AppID.
    #[must_use]
    pub fn appid(&self) -> &'a str {
        self.app.appid()
    }

    /// The configured AppSecret. Without one the call is not sent.
    pub fn app_secret(&mut self) -> &'a str {
        match self.app.secret() {
            Ok(secret) => secret.expose(),
            Err(error) => {
                self.failure = Some(error);
                ""
            }
        }
    }

    /// The query and the finished body.
    pub(crate) fn finish(mut self) -> Result<(String, Body)> {
        if let Some(error) = self.failure {
            return Err(error);
        }
        let body = if !self.form.is_empty() {
            Body::Form(self.form)
        } else if !self.json.is_empty() {
            self.json.extend_from_slice(self.end());
            Body::Json(self.json.into())
        } else {
            Body::empty(self.method)
        };
        Ok((self.query, body))
    }
}

impl Body {
    /// What a call without a body sends: WeChat answers an empty POST with 44002.
    pub(crate) fn empty(method: Method) -> Self {
        match method {
            Method::Get => Body::None,
            Method::Post => Body::Json(Bytes::from_static(empty(method))),
        }
    }
}

/// The bytes of a body without anything in it.
fn empty(method: Method) -> &'static [u8] {
    match method {
        Method::Get => b"",
        Method::Post => b"{}",
    }
}

/// Adds `name=value`, percent-encoded, to a query string.
pub(crate) fn push_query(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    push_encoded(query, name);
    query.push('=');
    push_encoded(query, value);
}

/// Names, tokens and openids need no encoding, and are told apart in a fraction of the time that encoding takes.
fn push_encoded(query: &mut String, text: &str) {
    if text.bytes().all(|byte| PLAIN[usize::from(byte)]) {
        query.push_str(text);
    } else {
        query.extend(form_urlencoded::byte_serialize(text.as_bytes()));
    }
}

/// The bytes that stand for themselves in a query string.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        plain[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'-' | b'_' | b'.');
        byte += 1;
    }
    plain
};

/// A value that can travel as text: in a query string or a form.
#[doc(hidden)]
pub trait Text {
    fn text(&self) -> Cow<'_, str>;
    fn given(&self) -> Option<Cow<'_, str>> {
        Some(self.text())
    }
}

impl<T: Text> Text for Option<T> {
    fn text(&self) -> Cow<'_, str> {
        self.as_ref().map_or(Cow::Borrowed(""), Text::text)
    }
    fn given(&self) -> Option<Cow<'_, str>> {
        self.as_ref().map(Text::text)
    }
}

impl Text for String {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Text for &str {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }
}

impl Text for Secret {
    fn text(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.expose())
    }
}

macro_rules! shown {
    ($($type:ty),*) => {$(
        impl Text for $type {
            fn text(&self) -> Cow<'_, str> {
                Cow::Owned(self.to_string())
            }
        }
    )*};
}

shown!(bool, i64, u64, u32, u8, f64, Timestamp, TimestampMs);
