//! What a receiver is told before it is made.

use std::fmt;
use std::time::Duration;

use super::crypto::Key;
use super::error::{Error, ErrorKind, Result};
use super::receiver::{Encryption, Inner, Receiver, Trust};
use crate::clock::{Clock, Time};
use crate::secret::Secret;

/// Collects what a [`Receiver`] needs.
///
/// ```
/// # fn main() -> weapp::push::Result<()> {
/// let receiver = weapp::push::Receiver::builder("AAAAA")
///     .encoding_aes_key("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
///     .appid("wxba5fad812f8e6fb9")
///     .max_age(std::time::Duration::from_secs(300))
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "`build` makes the receiver"]
pub struct ReceiverBuilder {
    token: Secret,
    previous_token: Option<Secret>,
    appid: String,
    key: Option<Secret>,
    previous_key: Option<Secret>,
    allow_plain: bool,
    cloud_hosted: bool,
    max_body: usize,
    max_age: Option<Duration>,
    time: Time,
}

impl ReceiverBuilder {
    pub(super) fn new(token: Secret) -> Self {
        Self {
            token: trimmed(&token),
            previous_token: None,
            appid: String::new(),
            key: None,
            previous_key: None,
            allow_plain: false,
            cloud_hosted: false,
            max_body: Receiver::DEFAULT_MAX_BODY,
            max_age: None,
            time: Time::system(),
        }
    }

    /// The token that was valid until lately: what is still signed with it is accepted, and answered with it. The console
    /// checks the URL with the new token before it changes over, so that a service needs both for a while.
    pub fn previous_token(mut self, token: impl Into<Secret>) -> Self {
        self.previous_token = Some(trimmed(&token.into()));
        self
    }

    /// `EncodingAESKey` of the console, 43 characters. Without one, messages are accepted unencrypted only.
    pub fn encoding_aes_key(mut self, key: impl Into<Secret>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The app for which messages are encrypted: its AppID; on a third-party platform the platform's, `component_appid`.
    pub fn appid(mut self, appid: impl Into<String>) -> Self {
        self.appid = appid.into().trim().to_owned();
        self
    }

    /// The key that was valid until lately: messages that are still sent under it are opened, and answered under it.
    pub fn previous_key(mut self, key: impl Into<Secret>) -> Self {
        self.previous_key = Some(key.into());
        self
    }

    /// Accepts messages that came unencrypted, too, though there is a key: while the console is being changed over.
    /// Otherwise they are refused, because anybody could leave the encryption out.
    pub fn allow_plain(mut self) -> Self {
        self.allow_plain = true;
        self
    }

    /// Receives in Cloud Hosting (微信云托管): see [`Receiver::cloud_hosted`]. The token, which may be empty then, serves
    /// [`callback`](Receiver::callback) alone.
    pub fn cloud_hosted(mut self) -> Self {
        self.cloud_hosted = true;
        self
    }

    /// The largest body that is read, in bytes: 1 MiB unless set.
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// How far the timestamp of a request may be from now; any time unless set. It limits for how long a request that
    /// somebody has recorded can be sent again, and costs messages where this machine's clock is wrong. No page says
    /// whether WeChat signs anew what it repeats, and some events are repeated for hours: deduplication protects from
    /// recorded messages as well. Nor is it a proof: WeChat signs timestamp and nonce sorted, so that the two can be swapped,
    /// and a nonce that looks like a time to come makes a recorded request good for once more then.
    pub fn max_age(mut self, max_age: Duration) -> Self {
        self.max_age = Some(max_age);
        self
    }

    /// Takes the time from another clock than the system's: for ages, and for the time of replies.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.time = Time::of(clock);
        self
    }

    /// Makes the receiver.
    ///
    /// # Errors
    /// [`ErrorKind::Config`] when the token is empty, a key has not 43 characters, or there is a key without an appid or an
    /// appid without a key: where a setting was lost, messages must not be taken unencrypted for that.
    pub fn build(self) -> Result<Receiver> {
        let wrong = |what| Err(Error::new(ErrorKind::Config, what));
        if self.cloud_hosted {
            if self.key.is_some() || self.previous_key.is_some() {
                return wrong("there is an EncodingAESKey, and Cloud Hosting sends nothing encrypted");
            }
            return Ok(self.receiver_in_cloud());
        }
        if self.token.is_empty() || self.previous_token.as_ref().is_some_and(Secret::is_empty) {
            return wrong("a token is empty, so that anybody could sign");
        }
        let encryption = match (&self.key, &self.previous_key) {
            (None, None) if self.allow_plain => return wrong("`allow_plain` has no meaning without an EncodingAESKey"),
            (None, None) if !self.appid.is_empty() => {
                return Err(Error::new(ErrorKind::Config, "there is an appid, and no EncodingAESKey").with_remedy(
                    "give the key as well; for 明文模式, which knows no appid, leave the appid out",
                    "请同时配置 EncodingAESKey；明文模式不使用 AppID，请勿配置",
                ));
            }
            (None, None) => None,
            (None, Some(_)) => return wrong("there is a previous EncodingAESKey, and no current one"),
            (Some(_), _) if self.appid.is_empty() => return wrong("there is an EncodingAESKey, and no appid"),
            (Some(key), previous) => {
                let keys = std::iter::once(key).chain(previous);
                let keys = keys.map(|key| Key::parse(key.expose())).collect::<Result<_>>()?;
                Some(Encryption { appid: self.appid, keys, allow_plain: self.allow_plain })
            }
        };
        let Self { token, previous_token, max_body, max_age, time, .. } = self;
        let tokens = std::iter::once(token).chain(previous_token).collect();
        Ok(Receiver::from(Inner { tokens, trust: Trust::Signed { encryption }, max_body, max_age, time }))
    }

    pub(super) fn receiver_in_cloud(self) -> Receiver {
        let Self { token, previous_token, max_body, max_age, time, .. } = self;
        let tokens = std::iter::once(token).chain(previous_token).filter(|token| !token.is_empty()).collect();
        Receiver::from(Inner { tokens, trust: Trust::Network, max_body, max_age, time })
    }
}

/// A token has no blanks. Where it is read from a file there may be some around it.
fn trimmed(token: &Secret) -> Secret {
    Secret::new(token.expose().trim())
}

/// What was set so far, without token and keys.
impl fmt::Debug for ReceiverBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceiverBuilder")
            .field("previous_token", &self.previous_token.is_some())
            .field("appid", &self.appid)
            .field("key", &self.key.is_some())
            .field("previous_key", &self.previous_key.is_some())
            .field("allow_plain", &self.allow_plain)
            .field("cloud_hosted", &self.cloud_hosted)
            .field("max_body", &self.max_body)
            .field("max_age", &self.max_age)
            .finish()
    }
}
