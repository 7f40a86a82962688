//! What verifies and opens requests.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use md5::{Digest as _, Md5};
use serde_json::{Value, json};

use super::builder::ReceiverBuilder;
use super::crypto::{self, Key, Misfit};
use super::error::{Error, ErrorKind, Result};
use super::event::{EventKind, PushEvent, text_of};
use super::message::{Format, Message, Read};
use super::query::Query;
use super::xml;
use crate::clock::Time;
use crate::secret::Secret;
use crate::user_data::hex;
use crate::wire::{Timestamp, any_json, split_path};

/// Verifies and decrypts what WeChat sends to one address.
///
/// Cloning one costs a reference count. The three ways in which the console can have messages sent (消息加解密方式):
///
/// - 安全模式, and 兼容模式 as well: [`Receiver::new`]. The signature covers the message, nothing unencrypted is accepted.
/// - 明文模式: [`Receiver::plain`]. The signature covers token, timestamp and nonce alone: whoever sees one request can send
///   messages of their own. Choose another mode where anything depends on what a message says.
/// - Cloud Hosting (微信云托管): [`Receiver::cloud_hosted`]. Nothing is signed; the network is trusted, and a header that the
///   users of the Mini Program can have as well.
///
/// One receiver serves one app, or one third-party platform with all its merchants. Several apps have a receiver and a URL
/// each, such as `/push/APPID`; one [`Dispatcher`](super::Dispatcher) takes the messages of all:
///
/// ```
/// use std::collections::HashMap;
/// use weapp::push::{Answer, Dispatcher, Query, Receiver};
///
/// async fn post(apps: &HashMap<String, Receiver>, to: &Dispatcher, appid: &str, query: &str, body: Vec<u8>) -> Answer {
///     let Some(receiver) = apps.get(appid) else { return Answer::failure(http::StatusCode::NOT_FOUND) };
///     match receiver.open(&Query::parse(query), body) {
///         Ok(message) => to.dispatch(message).await,
///         Err(error) => {
///             eprintln!("refused: {error}");
///             Answer::from(error)
///         }
///     }
/// }
/// ```
///
/// Token and key can be changed without losing a message: give this the new ones, and the old ones as
/// [`previous_token`](ReceiverBuilder::previous_token) and [`previous_key`](ReceiverBuilder::previous_key); then change the
/// console; then drop the old ones.
///
/// Official page: <https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html>
#[derive(Clone)]
pub struct Receiver(Arc<Inner>);

pub(super) struct Inner {
    /// The current token and the former one. In Cloud Hosting there may be none.
    pub(super) tokens: Vec<Secret>,
    pub(super) trust: Trust,
    pub(super) max_body: usize,
    pub(super) max_age: Option<Duration>,
    pub(super) time: Time,
}

/// What makes a message WeChat's.
pub(super) enum Trust {
    /// A signature with one of the tokens.
    Signed { encryption: Option<Encryption> },
    /// The network, and a header. Tokens serve nothing but callbacks.
    Network,
}

pub(super) struct Encryption {
    pub(super) appid: String,
    /// The current key and the former one.
    pub(super) keys: Vec<Key>,
    pub(super) allow_plain: bool,
}

impl From<Inner> for Receiver {
    fn from(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }
}

impl Receiver {
    /// The largest body that is read unless [`max_body`](ReceiverBuilder::max_body) says otherwise: 1 MiB. WeChat names no
    /// limit; the messages that it documents have a few kilobytes, and pictures come as links.
    pub const DEFAULT_MAX_BODY: usize = 1 << 20;

    /// Begins with the token of the console (消息推送).
    pub fn builder(token: impl Into<Secret>) -> ReceiverBuilder {
        ReceiverBuilder::new(token.into())
    }

    /// For messages that come encrypted (安全模式, 兼容模式), and of a third-party platform, whose own AppID `appid` is.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when one of the three is empty, or the key has not 43 characters.
    pub fn new(
        token: impl Into<Secret>,
        encoding_aes_key: impl Into<Secret>,
        appid: impl Into<String>,
    ) -> Result<Self> {
        Self::builder(token).encoding_aes_key(encoding_aes_key).appid(appid).build()
    }

    /// For messages that come unencrypted (明文模式).
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the token is empty.
    pub fn plain(token: impl Into<Secret>) -> Result<Self> {
        Self::builder(token).build()
    }

    /// For a service in WeChat Cloud Hosting (微信云托管), to which WeChat sends unencrypted and unsigned on the internal
    /// network. What comes without the header `x-wx-source` ([`Query::with_source`]) is refused: by WeChat's page, nothing
    /// from the internet has it. Do not use this elsewhere, where anybody can set a header.
    ///
    /// The header does not keep the users of your Mini Program out. By another of WeChat's pages (容器内微信信息), what they
    /// send with `wx.cloud.callContainer` has it as well, and so reaches any path of the service. Let the console push to a
    /// path that nobody can guess, and ask WeChat before you act on a message that says that something was paid.
    ///
    /// Official page: <https://developers.weixin.qq.com/miniprogram/dev/wxcloudservice/wxcloudrun/src/guide/weixin/push>
    #[must_use]
    pub fn cloud_hosted() -> Self {
        Self::builder("").receiver_in_cloud()
    }

    /// The largest body that is read, in bytes.
    #[must_use]
    pub fn max_body(&self) -> usize {
        self.0.max_body
    }

    /// Checks the GET request by which the console verifies a URL, and answers the text to send back.
    ///
    /// # Errors
    /// [`ErrorKind::Query`] when a parameter is missing; [`ErrorKind::Signature`] when it is not from WeChat;
    /// [`ErrorKind::Age`] when it is too old.
    pub fn verify_url(&self, query: &Query) -> Result<String> {
        let echo = || {
            self.0.need_token()?;
            self.0.verify_plain(query)?;
            need(&query.echostr, "echostr").map(str::to_owned)
        };
        echo().map_err(|error| error.of_app(self.appid()))
    }

    /// The app whose messages it opens: none where they come unencrypted, because nothing says whose they are then.
    pub(super) fn appid(&self) -> Option<&str> {
        match &self.0.trust {
            Trust::Signed { encryption: Some(encryption) } => Some(&encryption.appid),
            Trust::Signed { encryption: None } | Trust::Network => None,
        }
    }

    /// Verifies, decrypts and opens a POST request.
    ///
    /// The message itself is read later, when its type is known. In 兼容模式, which sends a message encrypted and
    /// unencrypted at once, the unencrypted one is not looked at.
    ///
    /// # Errors
    /// Every [`ErrorKind`] but [`OtherEvent`](ErrorKind::OtherEvent), [`Decode`](ErrorKind::Decode) and
    /// [`Reply`](ErrorKind::Reply).
    pub fn open(&self, query: &Query, body: impl Into<Bytes>) -> Result<Message> {
        self.opened(query, body.into()).map_err(|error| error.of_app(self.appid()))
    }

    fn opened(&self, query: &Query, body: Bytes) -> Result<Message> {
        let inner = &self.0;
        inner.check_size(&body)?;
        match &inner.trust {
            Trust::Network => {
                let read = Read::new(&body)?;
                if query.source.as_deref().is_none_or(str::is_empty) && !read.head.is_probe() {
                    return Err(Error::new(ErrorKind::Source, "the request has no header `x-wx-source`"));
                }
                Ok(Message::new(read, body, None, inner.time.clone()))
            }
            Trust::Signed { encryption: None } => {
                inner.verify_plain(query)?;
                Message::unsealed(body, inner.time.clone())
            }
            Trust::Signed { encryption: Some(encryption) } => {
                let read = Read::new(&body)?;
                match &read.head.encrypt {
                    Some(encrypt) => self.decrypt(encryption, query, encrypt),
                    None if encryption.allow_plain => {
                        inner.verify_plain(query)?;
                        Ok(Message::new(read, body, None, inner.time.clone()))
                    }
                    None => Err(Error::new(ErrorKind::Unencrypted, "the message came unencrypted")),
                }
            }
        }
    }

    fn decrypt(&self, encryption: &Encryption, query: &Query, encrypt: &str) -> Result<Message> {
        let (timestamp, nonce) = (need(&query.timestamp, "timestamp")?, need(&query.nonce, "nonce")?);
        let given = need(&query.msg_signature, "msg_signature")?;
        let signed =
            |token: &Secret| crypto::is_same(&crypto::signature([token.expose(), timestamp, nonce, encrypt]), given);
        let Some(token) = self.0.tokens.iter().position(signed) else {
            return Err(Error::new(ErrorKind::Signature, "`msg_signature` does not fit"));
        };
        self.0.check_age(timestamp)?;
        let mut misfit = Misfit::Key;
        for (index, key) in encryption.keys.iter().enumerate() {
            let opened = crypto::decode(encrypt).and_then(|mut data| {
                let range = key.open(&mut data, &encryption.appid)?;
                Ok(Bytes::from(data).slice(range))
            });
            match opened {
                Ok(body) => {
                    let read = Read::new(&body)?;
                    let seal = Seal { receiver: self.clone(), token, key: index, nonce: nonce.to_owned() };
                    return Ok(Message::new(read, body, Some(seal), self.0.time.clone()));
                }
                Err(Misfit::App) => misfit = Misfit::App,
                Err(Misfit::Key) => {}
            }
        }
        Err(match misfit {
            Misfit::Key => Error::new(ErrorKind::Decrypt, "the message can not be decrypted with EncodingAESKey"),
            Misfit::App => {
                let what = format!("the message is not for the app {}", encryption.appid.escape_debug());
                Error::new(ErrorKind::AppId, what)
            }
        })
    }

    /// Verifies and reads a signed callback that is no push message: what same-city deliveries (同城配送) send to the
    /// `callback_url` of an order. [`Answer::callback`](super::Answer::callback) writes the answer.
    ///
    /// Its `sign` is the MD5 of its other fields and of the token of the console's 消息推送. The digest that WeChat's page
    /// shows can not be reproduced: it was made of a text in which HTML had replaced a part (`×tamp`).
    ///
    /// Official page: <https://developers.weixin.qq.com/miniprogram/dev/server/API/weixin-express/same_city_distribution/api_intracity_mocknotify>
    ///
    /// # Errors
    /// [`ErrorKind::Malformed`] when it is no JSON object; [`ErrorKind::Signature`] when it has no signature, or one that
    /// does not fit; [`ErrorKind::Age`], [`ErrorKind::TooLarge`]; [`ErrorKind::Decode`] when a field is not as documented;
    /// [`ErrorKind::OtherEvent`] when `E` is no callback; [`ErrorKind::Config`] when the receiver has no token.
    pub fn callback<E: PushEvent>(&self, body: impl Into<Bytes>) -> Result<E> {
        if E::META.kind != EventKind::Callback {
            return Err(Error::new(ErrorKind::OtherEvent, format!("`{}` is no callback", E::META.id))
                .with_remedy("`open` reads push messages", "推送消息请用 `open` 读取"));
        }
        self.0.need_token()?;
        let body = body.into();
        self.0.check_size(&body)?;
        let value: Value = any_json(&body)
            .map_err(|error| Error::new(ErrorKind::Malformed, format!("the callback is no JSON: {error}")))?;
        let Some(fields) = value.as_object() else {
            return Err(Error::new(ErrorKind::Malformed, "the callback is no JSON object"));
        };
        let signed = fields.get("sign").and_then(Value::as_str).unwrap_or_default();
        let fits = |token: &Secret| crypto::is_same(callback_signature(fields, token).as_bytes(), signed);
        if !self.0.tokens.iter().any(fits) {
            return Err(Error::new(ErrorKind::Signature, "the callback's `sign` does not fit"));
        }
        self.0.check_age(&fields.get("timestamp").and_then(text_of).unwrap_or_default())?;
        E::deserialize(&value).map_err(|error| {
            let (path, what) = split_path(&error);
            Error::at(ErrorKind::Decode, path, what)
        })
    }
}

/// The MD5 of all fields but the signature, sorted by their names, and of the token.
pub(crate) fn callback_signature(fields: &serde_json::Map<String, Value>, token: &Secret) -> String {
    let mut fields: Vec<_> = fields.iter().filter(|(name, _)| *name != "sign").collect();
    fields.sort_unstable_by_key(|(name, _)| *name);
    let mut digest = Md5::new();
    for (name, value) in fields {
        digest.update(name);
        digest.update("=");
        match value {
            Value::String(text) => digest.update(text),
            value => digest.update(value.to_string()),
        }
        digest.update("&");
    }
    hex(&digest.chain_update("token=").chain_update(token.expose()).finalize())
}

impl Inner {
    fn need_token(&self) -> Result<()> {
        if !self.tokens.is_empty() {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Config, "the receiver is for Cloud Hosting and has no token").with_remedy(
            "give it the token: `Receiver::builder(token).cloud_hosted()`",
            "请配置 Token：`Receiver::builder(token).cloud_hosted()`",
        ))
    }

    fn check_size(&self, body: &Bytes) -> Result<()> {
        if body.len() <= self.max_body {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::TooLarge,
            format!("the body has {} bytes, {} are allowed", body.len(), self.max_body),
        ))
    }

    fn verify_plain(&self, query: &Query) -> Result<()> {
        let (timestamp, nonce) = (need(&query.timestamp, "timestamp")?, need(&query.nonce, "nonce")?);
        let given = need(&query.signature, "signature")?;
        let fits = |token: &Secret| crypto::is_same(&crypto::signature([token.expose(), timestamp, nonce]), given);
        if !self.tokens.iter().any(fits) {
            return Err(Error::new(ErrorKind::Signature, "`signature` does not fit"));
        }
        self.check_age(timestamp)
    }

    fn check_age(&self, timestamp: &str) -> Result<()> {
        let Some(max_age) = self.max_age else { return Ok(()) };
        let now = Timestamp::from(self.time.now()).get();
        let age = timestamp.parse::<i64>().ok().and_then(|made| now.checked_sub(made)).map(i64::unsigned_abs);
        match age {
            Some(age) if age <= max_age.as_secs() => Ok(()),
            Some(age) => {
                let what =
                    format!("the request's timestamp is {age} seconds from now, {} are allowed", max_age.as_secs());
                Err(Error::new(ErrorKind::Age, what))
            }
            None => Err(Error::new(ErrorKind::Age, "the request's timestamp is no number of seconds")),
        }
    }
}

fn need<'a>(value: &'a Option<String>, name: &str) -> Result<&'a str> {
    value.as_deref().ok_or_else(|| Error::new(ErrorKind::Query, format!("the query has no `{name}`")))
}

/// How the answer to an encrypted message is encrypted.
pub(super) struct Seal {
    pub(super) receiver: Receiver,
    /// Which of the tokens the message was signed with.
    pub(super) token: usize,
    /// Which of the keys it came under.
    pub(super) key: usize,
    pub(super) nonce: String,
}

impl Seal {
    /// Encrypts an answer and signs it. The nonce is the request's, as WeChat's page has it.
    pub(super) fn envelope(&self, format: Format, plain: &[u8], now: Timestamp) -> Result<String> {
        self.envelope_with(format, plain, now, &crypto::random()?)
    }

    pub(super) fn envelope_with(
        &self,
        format: Format,
        plain: &[u8],
        now: Timestamp,
        random: &[u8; 16],
    ) -> Result<String> {
        let Inner { tokens, trust: Trust::Signed { encryption: Some(encryption) }, .. } = &*self.receiver.0 else {
            unreachable!("what came encrypted was opened with a key")
        };
        let encrypt = encryption.keys[self.key].seal(random, plain, &encryption.appid)?;
        let signature = crypto::signature([tokens[self.token].expose(), &now.to_string(), &self.nonce, &encrypt]);
        let signature = String::from_utf8_lossy(&signature);
        let fields = json!({
            "Encrypt": encrypt,
            "MsgSignature": signature,
            "TimeStamp": now.get(),
            "Nonce": self.nonce,
        });
        match format {
            Format::Json => Ok(fields.to_string()),
            Format::Xml => xml::write(&fields),
        }
    }
}

/// How it is configured, without token and keys.
impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (appid, keys, allow_plain) = match &self.0.trust {
            Trust::Signed { encryption: Some(encryption) } => {
                (Some(encryption.appid.as_str()), encryption.keys.len(), encryption.allow_plain)
            }
            Trust::Signed { encryption: None } | Trust::Network => (None, 0, true),
        };
        f.debug_struct("Receiver")
            .field("cloud_hosted", &matches!(self.0.trust, Trust::Network))
            .field("appid", &appid)
            .field("tokens", &self.0.tokens.len())
            .field("keys", &keys)
            .field("allow_plain", &allow_plain)
            .field("max_body", &self.0.max_body)
            .field("max_age", &self.0.max_age)
            .finish()
    }
}
