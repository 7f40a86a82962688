//! Signatures: of payment and delivery, and of calls that are signed and encrypted as a whole.
//!
//! # Payment and delivery
//!
//! The client signs the calls that need it by itself: configure [`PaymentKeys`], or set `app_key` of the request. What
//! is here as functions serves what the Mini Program sends, such as `wx.requestVirtualPayment`.
//!
//! # Signed and encrypted calls (features `sign` and `sm`)
//!
//! WeChat's 服务端 API 签名加密: request and answer are encrypted with a key that the app and WeChat share, and each side
//! signs what it sends. Set it up in the Mini Program's console (开发管理 → 开发设置 → API 安全) and give the client the
//! three keys and their numbers, as an `ApiKeys`. The feature `sign` brings AES-256-GCM and RSA (PSS with SHA-256), the
//! feature `sm` SM4-GCM and SM2 with SM3 as well. Which is used follows from the keys.
//!
//! ```no_run
//! # #[cfg(feature = "sign")] fn demo() -> weapp::Result<()> {
//! let keys = weapp::sign::ApiKeys::builder()
//!     .encryption_key("fa05fe1e5bcc79b81ad5ad4b58acf787", std::env::var("WEAPP_API_KEY").unwrap_or_default())
//!     .private_key_file("97845f6ed842ea860df6fdf65941ff56", "private_key.pem")
//!     .platform_certificate_file("79ba700ea147819f640941bceb38b1d1", "platform.pem")
//!     .build()?;
//! let client = weapp::Client::builder().app("wx0123456789abcdef", "secret").api_keys(keys).build()?;
//! # Ok(()) }
//! ```
//!
//! **Which calls.** A client with keys signs and encrypts what the spec marks ([`Meta::encryption`](crate::Meta)); one
//! without keys sends it plain, and refuses what WeChat takes only signed (same-city delivery) before anything is sent.
//! [`Call::unsigned`](crate::Call::unsigned) and [`ClientBuilder::unsigned`](crate::ClientBuilder::unsigned) leave it
//! out; [`Call::signed`](crate::Call::signed) and [`Request::signed`](crate::Request::signed) ask for it. Two sorts of
//! marked calls are sent plain unless asked: GETs (`getAllAccount`, `getAllDelivery`, `getPrinter`,
//! `getUserEncryptKey`), because WeChat describes only signed POSTs, and calls that answer a picture (`getQRCode`,
//! `getUnlimitedQRCode`, `createQRCode`), because it does not say in which form an encrypted picture comes. Asked for
//! all the same, a GET goes as a POST with its parameters inside. Uploads can not be signed.
//!
//! **What is sent.** All parameters of query and body but the access_token, encrypted as one JSON object. What a body
//! holds keeps its type; what travelled in a query is a text. Each attempt has a time and a nonce of its own. Signed
//! is `https://api.weixin.qq.com` and the path, whatever host is really called.
//!
//! **What is taken.** An answer counts when the signature of a known platform certificate fits, for this app, at a
//! time within five minutes of the client's clock, and it can be decrypted. Then it is read as ever; `raw()` and
//! middlewares see it decrypted, without `_n`, `_appid` and `_timestamp`, and with the headers that came. A middleware
//! sees the request before it is encrypted, and what it adds is signed with the rest. Errors may come unsigned, as
//! WeChat sends them when it can not read the call, and are understood; a success never. What is refused is an error
//! of the kind [`Crypto`](crate::ErrorKind::Crypto) whose [`maybe_sent`](crate::Error::maybe_sent) says the truth: the
//! call may have taken effect.
//!
//! **New certificates.** While WeChat replaces its certificate, answers bear the signatures of both. Add the new one
//! beside the old by another `platform_certificate`; the client uses whichever it knows, and logs a warning once when
//! it is the one that will end.
//!
//! Official page: <https://developers.weixin.qq.com/miniprogram/dev/server/getting_started/api_signature>

#[cfg_attr(not(feature = "sign"), path = "off.rs")]
mod calls;
mod choice;
#[cfg(feature = "sign")]
mod cipher;
#[cfg(feature = "sign")]
mod form;
#[cfg(feature = "sign")]
mod keys;
#[cfg(feature = "sign")]
mod members;
#[cfg(feature = "sign")]
mod open;
#[cfg(feature = "sign")]
mod pair;
mod payment;
#[cfg(feature = "sign")]
mod seal;
#[cfg(test)]
#[cfg(feature = "sign")]
mod tests;

pub(crate) use self::calls::{open, seal};
pub(crate) use self::choice::{is_signed, require_signable};
#[cfg(feature = "sign")]
pub use self::keys::{ApiKeys, ApiKeysBuilder};
pub(crate) use self::payment::signed;
pub use self::payment::{PaymentKeys, delivery_sign, pay_sig, session_signature};

/// How long ago, or how far ahead, a signed answer may have been made.
#[cfg(feature = "sign")]
const MAX_AGE: std::time::Duration = std::time::Duration::from_secs(300);

/// What the mock builds its own side of.
#[cfg(all(feature = "sign", feature = "mock"))]
pub(crate) mod primitives {
    pub(crate) use super::cipher::{Cipher, Sealed};
    pub(crate) use super::pair::{PrivateKey, PublicKey};
}

/// The names of the headers, which HTTP compares without regard to case.
#[cfg(feature = "sign")]
pub(crate) mod header {
    use http::HeaderName;

    pub(crate) const APPID: HeaderName = HeaderName::from_static("wechatmp-appid");
    pub(crate) const TIMESTAMP: HeaderName = HeaderName::from_static("wechatmp-timestamp");
    pub(crate) const SERIAL: HeaderName = HeaderName::from_static("wechatmp-serial");
    pub(crate) const SIGNATURE: HeaderName = HeaderName::from_static("wechatmp-signature");
    pub(crate) const OLD_SERIAL: HeaderName = HeaderName::from_static("wechatmp-serial-deprecated");
    pub(crate) const OLD_SIGNATURE: HeaderName = HeaderName::from_static("wechatmp-signature-deprecated");
}
