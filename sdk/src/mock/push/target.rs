//! Where messages are pushed to, and how.

use std::fmt;
use std::time::Duration;

use super::crypto::AesKey;
use crate::error::{Error, Result};
use crate::push::Format;
use crate::secret::Secret;

/// What stands under 消息推送 in the console: the URL of your endpoint, and how messages come to it.
///
/// ```
/// use weapp::mock::PushTarget;
///
/// // 安全模式, JSON: what WeChat recommends.
/// let target = PushTarget::new("http://127.0.0.1:8080/push", "token", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
/// // 明文模式, XML.
/// let target = PushTarget::plain("http://127.0.0.1:8080/push", "token").xml();
/// ```
#[derive(Clone)]
#[must_use = "nothing is pushed until `Mock::push_to` is called"]
pub struct PushTarget {
    url: String,
    token: Secret,
    key: Option<Secret>,
    appid: Option<String>,
    compatible: bool,
    format: Format,
    patience: Duration,
    attempts: u32,
    pause: Duration,
    delay: Duration,
    follows: bool,
}

impl PushTarget {
    /// Messages come encrypted (安全模式), as JSON. The key has 43 characters.
    pub fn new(url: impl Into<String>, token: impl Into<Secret>, encoding_aes_key: impl Into<Secret>) -> Self {
        Self { key: Some(encoding_aes_key.into()), ..Self::plain(url, token) }
    }

    /// Messages come as they are (明文模式), as JSON.
    pub fn plain(url: impl Into<String>, token: impl Into<Secret>) -> Self {
        Self {
            url: url.into(),
            token: token.into(),
            key: None,
            appid: None,
            compatible: false,
            format: Format::Json,
            patience: Duration::from_secs(5),
            attempts: 3,
            pause: Duration::ZERO,
            delay: Duration::from_millis(50),
            follows: true,
        }
    }

    /// Messages come encrypted and as they are at once (兼容模式).
    pub fn compatible(mut self) -> Self {
        self.compatible = true;
        self
    }

    /// Messages come as XML.
    pub fn xml(mut self) -> Self {
        self.format = Format::Xml;
        self
    }

    /// The app that the messages are for: the mock's first Mini Program unless said otherwise. Of a third-party platform
    /// it is the platform's own (`component_appid`). For that reason it may be one that the mock does not know: no call
    /// brings an event about there.
    pub fn appid(mut self, appid: impl Into<String>) -> Self {
        self.appid = Some(appid.into());
        self
    }

    /// How long the mock waits for an answer: five seconds, as WeChat does, unless said otherwise.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How often a message is delivered that is not answered with status 200 in time: three times in all, which is what
    /// WeChat does with most messages, unless said otherwise. At least once.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// How long the mock waits between two deliveries of a message: not at all unless said otherwise.
    pub fn pause(mut self, pause: Duration) -> Self {
        self.pause = pause;
        self
    }

    /// How soon the event comes that tells the outcome of a call: 50 ms after the call unless said otherwise.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Calls bring no events about: only what you push yourself arrives.
    pub fn only_by_hand(mut self) -> Self {
        self.follows = false;
        self
    }

    pub(super) fn checked(self, default_appid: &str) -> Result<Target> {
        let console = "give what the receiver is given: it stands under 消息推送 in the console";
        let url = reqwest::Url::parse(&self.url)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| {
                let remedy = "give the whole address of the endpoint: http://127.0.0.1:8080/push";
                Error::config("the URL to push to is none", remedy)
            })?;
        if self.token.is_empty() {
            return Err(Error::config("the token for pushing is empty", console));
        }
        let key = |key: &Secret| {
            AesKey::parse(key.expose())
                .ok_or_else(|| Error::config("the EncodingAESKey for pushing is not 43 letters and digits", console))
        };
        let key = self.key.as_ref().map(key).transpose()?;
        if key.is_none() && self.compatible {
            return Err(Error::config("兼容模式 wants an EncodingAESKey", "use `PushTarget::new`"));
        }
        Ok(Target {
            url,
            token: self.token,
            appid: self.appid.unwrap_or_else(|| default_appid.to_owned()),
            key,
            compatible: self.compatible,
            format: self.format,
            patience: self.patience,
            attempts: self.attempts,
            pause: self.pause,
            delay: self.delay,
            follows: self.follows,
        })
    }
}

/// A [`PushTarget`] that has been checked.
pub(super) struct Target {
    pub(super) url: reqwest::Url,
    pub(super) token: Secret,
    pub(super) appid: String,
    /// Messages come encrypted if there is one.
    pub(super) key: Option<AesKey>,
    pub(super) compatible: bool,
    pub(super) format: Format,
    pub(super) patience: Duration,
    pub(super) attempts: u32,
    pub(super) pause: Duration,
    pub(super) delay: Duration,
    pub(super) follows: bool,
}

impl fmt::Debug for PushTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PushTarget")
            .field("url", &self.url)
            .field("encrypted", &self.key.is_some())
            .field("compatible", &self.compatible)
            .field("format", &self.format)
            .field("patience", &self.patience)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
