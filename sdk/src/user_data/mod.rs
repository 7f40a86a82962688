//! What the Mini Program hands over encrypted or signed with the user's session_key.
//!
//! ```no_run
//! # fn demo(encrypted_data: &str, iv: &str, session_key: &weapp::Secret) -> weapp::Result<()> {
//! use weapp::user_data::UserData;
//!
//! let phone = UserData::new("wx4f4bc4dec97d474b").phone_number(encrypted_data, iv, session_key)?;
//! println!("{}", phone.phone_number);
//! # Ok(())
//! # }
//! ```

mod signature;

use std::fmt;
use std::time::{Duration, SystemTime};

use aes::Aes128;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine as _};
use base64::{DecodeSliceError, alphabet, decoded_len_estimate};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use serde::de::{DeserializeOwned, IgnoredAny};
use zeroize::Zeroizing;

use crate::clock::Time;
use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::wire::{self, Timestamp};

pub(crate) use self::signature::hex;
pub use self::signature::{session_signature, sha256_hex, verify_raw_data};

/// Opens a user's `encryptedData`, and checks that the data are meant for this app and fresh.
///
/// WeChat puts a watermark into what it encrypts: the app, and the time. Data of another app, and data older than
/// [`max_age`](Self::max_age), are refused, so that nobody can hand in what was made elsewhere or long ago.
///
/// Official page: <https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html>
#[derive(Clone, Debug)]
pub struct UserData {
    appid: String,
    max_age: Option<Duration>,
    now: Option<SystemTime>,
    time: Time,
}

impl UserData {
    /// How old data may be unless [`max_age`](Self::max_age) says otherwise: 24 hours. The Mini Program sends them
    /// within seconds; a day leaves room for queues and for a user who was offline.
    pub const DEFAULT_MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

    /// Accepts data of this app, up to [`DEFAULT_MAX_AGE`](Self::DEFAULT_MAX_AGE) old.
    #[must_use]
    pub fn new(appid: impl Into<String>) -> Self {
        Self { appid: appid.into(), max_age: Some(Self::DEFAULT_MAX_AGE), now: None, time: Time::system() }
    }

    /// Sets how old data may be. `None` takes data of any time: for what was stored encrypted and is opened later.
    #[must_use]
    pub fn max_age(mut self, max_age: impl Into<Option<Duration>>) -> Self {
        self.max_age = max_age.into();
        self
    }

    /// Judges ages as of this moment instead of the system's clock: for tests with recorded data.
    #[must_use]
    pub fn now(mut self, now: SystemTime) -> Self {
        self.now = Some(now);
        self
    }

    pub(crate) fn clock(mut self, time: &Time) -> Self {
        self.time = time.clone();
        self
    }

    /// Opens what `<button open-type="getPhoneNumber">` hands over.
    ///
    /// All three arguments are base64 texts as the Mini Program and `code2Session` give them; `session_key` is a
    /// [`Secret`] or a text. Newer Mini Programs hand over a `code` instead: exchange it with `getPhoneNumber`.
    ///
    /// Official page:
    /// <https://developers.weixin.qq.com/miniprogram/dev/server/API/user-info/phone-number/api_getphonenumber>
    ///
    /// # Errors
    /// [`ErrorKind::Crypto`](crate::ErrorKind::Crypto) when an argument is damaged (each way has its own text and
    /// remedy), when `session_key` does not fit, when the watermark is missing or too old, or when the data
    /// belong to another app; [`ErrorKind::Decode`](crate::ErrorKind::Decode) when they hold no phone number.
    pub fn phone_number(&self, encrypted_data: &str, iv: &str, session_key: impl SessionKey) -> Result<PhoneNumber> {
        let phone: PhoneNumber = read(&open(encrypted_data, iv, session_key.text())?)?;
        self.check(&phone.watermark)?;
        if phone.phone_number.is_empty() {
            return Err(Error::decode("phoneNumber", "is empty"));
        }
        Ok(phone)
    }

    /// Opens what `wx.getUserInfo` and `wx.getUserProfile` hand over.
    ///
    /// # Errors
    /// As for [`phone_number`](Self::phone_number).
    pub fn user_info(&self, encrypted_data: &str, iv: &str, session_key: impl SessionKey) -> Result<UserInfo> {
        let user: UserInfo = read(&open(encrypted_data, iv, session_key.text())?)?;
        self.check(&user.watermark)?;
        Ok(user)
    }

    /// Opens any other data: WeRun steps, group ids, and what WeChat adds tomorrow. The watermark is checked; `T` need
    /// not name it.
    ///
    /// # Errors
    /// As for [`phone_number`](Self::phone_number).
    pub fn decrypt<T: DeserializeOwned>(
        &self,
        encrypted_data: &str,
        iv: &str,
        session_key: impl SessionKey,
    ) -> Result<T> {
        let plain = open(encrypted_data, iv, session_key.text())?;
        // `T` may or may not hold the watermark, so it is read by itself.
        self.check(&watermark(&plain)?)?;
        read(&plain)
    }

    /// Opens data and answers them as they are, without looking at the watermark: whoever calls this has to.
    ///
    /// # Errors
    /// [`ErrorKind::Crypto`](crate::ErrorKind::Crypto) when an argument is damaged, or `session_key` does not fit.
    pub fn decrypt_raw(encrypted_data: &str, iv: &str, session_key: impl SessionKey) -> Result<Vec<u8>> {
        open(encrypted_data, iv, session_key.text())
    }

    fn check(&self, watermark: &Watermark) -> Result<()> {
        if watermark.appid != self.appid {
            let what = format!(
                "the data are of the app {}, but were opened as data of {}",
                watermark.appid.escape_debug(),
                self.appid.escape_debug()
            );
            return Err(Error::crypto(
                what,
                "open them with the app whose Mini Program sent them, or refuse the request",
            ));
        }
        let Some(max_age) = self.max_age else { return Ok(()) };
        let now = Timestamp::from(self.now.unwrap_or_else(|| self.time.now())).get();
        let made = watermark.timestamp.get();
        let age = now.saturating_sub(made);
        let wrong = if age < -CLOCK_SKEW {
            Error::crypto("the watermark's time lies in the future", "set this machine's clock: WeChat's time is right")
        } else if age > i64::try_from(max_age.as_secs()).unwrap_or(i64::MAX) {
            Error::crypto(
                "the watermark is too old: the data were made longer ago than `max_age` allows",
                "let the Mini Program fetch the data anew; for stored data, raise `max_age` or set it to `None`",
            )
        } else {
            return Ok(());
        };
        Err(wrong.with_source(format!("watermark.timestamp is {made}, the clock says {now}")))
    }
}

/// By how many seconds WeChat's clock may be ahead of ours before it is called the future.
const CLOCK_SKEW: i64 = 300;

/// A user's session_key: a [`Secret`] or a text, by value or by reference.
pub trait SessionKey: sealed::Sealed {
    #[doc(hidden)]
    fn text(&self) -> &str;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for str {}
    impl Sealed for String {}
    impl Sealed for crate::secret::Secret {}
    impl<T: Sealed + ?Sized> Sealed for &T {}
}

impl SessionKey for str {
    fn text(&self) -> &str {
        self
    }
}

impl SessionKey for String {
    fn text(&self) -> &str {
        self
    }
}

impl SessionKey for Secret {
    fn text(&self) -> &str {
        self.expose()
    }
}

impl<T: SessionKey + ?Sized> SessionKey for &T {
    fn text(&self) -> &str {
        (**self).text()
    }
}

/// A phone number as the user bound it to WeChat. `Debug` shows its last four digits only.
///
/// Official page:
/// <https://developers.weixin.qq.com/miniprogram/dev/server/API/user-info/phone-number/api_getphonenumber>
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct PhoneNumber {
    /// The number; one from abroad with its country code (`phoneNumber`).
    pub phone_number: String,
    /// The number without the country code (`purePhoneNumber`).
    pub pure_phone_number: Option<String>,
    /// The country code without `+`: `86` (`countryCode`).
    pub country_code: Option<String>,
    /// For which app the data were made, and when.
    pub watermark: Watermark,
}

/// What a user shows of themselves.
///
/// Since 2021 most of it is the same for every user ("微信用户", a grey picture), and `open_id` and `union_id` may be
/// missing: `code2Session` has them.
///
/// Official page: <https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html>
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct UserInfo {
    /// The user's id within this app (`openId`).
    pub open_id: Option<String>,
    /// The nickname (`nickName`).
    pub nick_name: Option<String>,
    /// 0 unknown, 1 male, 2 female.
    pub gender: Option<i64>,
    /// The language of `country`, `province` and `city`: `zh_CN`.
    pub language: Option<String>,
    /// The city.
    pub city: Option<String>,
    /// The province.
    pub province: Option<String>,
    /// The country: `CN`.
    pub country: Option<String>,
    /// Where the picture is; its last part is the width in pixels (0 is 640) (`avatarUrl`).
    pub avatar_url: Option<String>,
    /// The user's id among all apps of the same Open Platform account (`unionId`).
    pub union_id: Option<String>,
    /// For which app the data were made, and when.
    pub watermark: Watermark,
}

/// For which app data were made, and when.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Watermark {
    /// The app.
    pub appid: String,
    /// When the data were made, in seconds.
    pub timestamp: Timestamp,
}

struct Marked {
    watermark: Watermark,
}

wire::decode!(Marked { watermark: always("watermark") });
wire::decode!(Watermark { appid: always("appid"), timestamp: always("timestamp") });
wire::encode!(Watermark { timestamp: "timestamp", appid: "appid" });
wire::decode!(PhoneNumber {
    phone_number: always("phoneNumber"),
    pure_phone_number: "purePhoneNumber",
    country_code: "countryCode",
    watermark: always("watermark"),
});
wire::encode!(PhoneNumber {
    phone_number: "phoneNumber",
    pure_phone_number: "purePhoneNumber",
    country_code: "countryCode",
    watermark: "watermark",
});
wire::decode!(UserInfo {
    open_id: "openId",
    nick_name: "nickName",
    gender: "gender",
    language: "language",
    city: "city",
    province: "province",
    country: "country",
    avatar_url: "avatarUrl",
    union_id: "unionId",
    watermark: always("watermark"),
});
wire::encode!(UserInfo {
    open_id: "openId",
    nick_name: "nickName",
    gender: "gender",
    language: "language",
    city: "city",
    province: "province",
    country: "country",
    avatar_url: "avatarUrl",
    union_id: "unionId",
    watermark: "watermark",
});

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PhoneNumber")
            .field("phone_number", &mask(&self.phone_number))
            .field("pure_phone_number", &self.pure_phone_number.as_deref().map(mask))
            .field("country_code", &self.country_code)
            .field("watermark", &self.watermark)
            .finish()
    }
}

/// All but the last four characters as `*`; a short number is hidden altogether.
fn mask(number: &str) -> String {
    let length = number.chars().count();
    let hidden = if length > 4 { length - 4 } else { length };
    number.chars().enumerate().map(|(index, c)| if index < hidden { '*' } else { c }).collect()
}

/// Padding or none, and leftover bits as WeChat's own encoders leave them.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Every way in which an argument can be damaged.
struct Faults {
    blank: &'static str,
    url_safe: &'static str,
    percent: &'static str,
    foreign: &'static str,
    length: &'static str,
}

macro_rules! faults {
    ($name:literal, $length:literal) => {
        &Faults {
            blank: concat!($name, " has a blank where a `+` was"),
            url_safe: concat!($name, " is in the URL-safe alphabet of base64"),
            percent: concat!($name, " is still percent-encoded"),
            foreign: concat!($name, " is not base64, or was cut off"),
            length: concat!($name, $length),
        }
    };
}

const SESSION_KEY: &Faults = faults!("session_key", " is not 16 bytes of base64");
const IV: &Faults = faults!("iv", " is not 16 bytes of base64");
const DATA: &Faults = faults!("encryptedData", " is not a multiple of 16 bytes");

/// What an argument that can not be decoded suffers from.
fn damage(text: &str, faults: &'static Faults, length: bool) -> Error {
    // The order matters: a blank or a `%` also changes the length.
    let has = |byte: u8| text.bytes().any(|other| other == byte);
    if has(b' ') {
        Error::crypto(
            faults.blank,
            "form decoding makes `+` a blank: send JSON, or percent-encode in the Mini Program (encodeURIComponent)",
        )
    } else if has(b'%') {
        Error::crypto(faults.percent, "decode it once more (%2B is `+`, %2F is `/`, %3D is `=`)")
    } else if has(b'-') || has(b'_') {
        Error::crypto(faults.url_safe, "write `+` for `-` and `/` for `_`, as WeChat gave it")
    } else if length {
        Error::crypto(faults.length, "hand it over whole, as WeChat gave it, and mind the order of the arguments")
    } else {
        Error::crypto(faults.foreign, "hand it over whole, as WeChat gave it")
    }
}

/// Line ends that a form or a file added. A blank is none: it may have been a `+`.
fn trim(text: &str) -> &str {
    text.trim_matches(['\r', '\n', '\t'])
}

/// Sixteen bytes, and room for the two more that the decoder asks for.
fn sixteen(text: &str, faults: &'static Faults) -> Result<Zeroizing<[u8; 18]>> {
    let mut bytes = Zeroizing::new([0; 18]);
    match BASE64.decode_slice(trim(text), &mut *bytes) {
        Ok(16) => Ok(bytes),
        Ok(_) | Err(DecodeSliceError::OutputSliceTooSmall) => Err(damage(text, faults, true)),
        Err(DecodeSliceError::DecodeError(_)) => Err(damage(text, faults, text.is_empty())),
    }
}

fn open(encrypted_data: &str, iv: &str, session_key: &str) -> Result<Vec<u8>> {
    let key = sixteen(session_key, SESSION_KEY)?;
    let iv = sixteen(iv, IV)?;
    let (Some(key), Some(iv)) = (key.first_chunk::<16>(), iv.first_chunk::<16>()) else {
        unreachable!("eighteen bytes begin with sixteen")
    };

    let text = trim(encrypted_data);
    let mut data = vec![0; decoded_len_estimate(text.len())];
    let length = BASE64.decode_slice(text, &mut data).map_err(|_| damage(encrypted_data, DATA, false))?;
    if length == 0 {
        return Err(Error::crypto(
            "encryptedData is empty",
            "the user may have refused: look at `errMsg` in the Mini Program before sending",
        ));
    }
    if length % 16 != 0 {
        return Err(damage(encrypted_data, DATA, true));
    }
    data.truncate(length);
    let plain = Decryptor::<Aes128>::new(key.into(), iv.into()).decrypt_padded::<Pkcs7>(&mut data);
    let length = plain.map_err(|_| misfit())?.len();
    data.truncate(length);
    // Padding fits by chance for one wrong key in 256. The same error for both: it must not tell them apart.
    if data.trim_ascii_start().first() != Some(&b'{') {
        return Err(misfit());
    }
    Ok(data)
}

/// The watermark alone. WeChat writes it last, so the rest need not be read for it.
fn watermark(plain: &[u8]) -> Result<Watermark> {
    // Within a JSON string a quote is escaped, so this is nothing but a key. That one brace is all that follows its
    // object proves that it is not a key further inside.
    const KEY: &[u8] = br#""watermark":"#;
    if let Some(at) = plain.windows(KEY.len()).rposition(|window| window == KEY) {
        let rest = &plain[at + KEY.len()..];
        let mut objects = serde_json::Deserializer::from_slice(rest).into_iter::<Watermark>();
        if let Some(Ok(watermark)) = objects.next()
            && rest[objects.byte_offset()..].trim_ascii() == b"}"
        {
            return Ok(watermark);
        }
    }
    read::<Marked>(plain).map(|marked| marked.watermark)
}

fn misfit() -> Error {
    Error::crypto(
        "session_key does not fit the data: most likely a later wx.login has replaced it",
        "log in again (wx.login, then code2Session) and fetch the data after that, not before; \
         iv and session_key must not be swapped",
    )
}

fn read<T: DeserializeOwned>(plain: &[u8]) -> Result<T> {
    serde_json::from_slice(plain).map_err(|error| {
        // Asked again, because an error from within a field no longer says whether it was the syntax.
        if std::str::from_utf8(plain).is_err() || serde_json::from_slice::<IgnoredAny>(plain).is_err() {
            return misfit();
        }
        let (path, what) = wire::split_path(&error);
        match path.as_str() {
            // The place of whoever wrote `T`: what serde says may quote personal data.
            "" => Error::decode("", format!("the decrypted data do not fit the type: {}", unquoted(&what))),
            "watermark" | "watermark.appid" | "watermark.timestamp" => Error::crypto(
                "the decrypted data have no watermark, so nothing says for which app and when they were made",
                "refuse them: WeChat always writes one",
            )
            .with_source(format!("{path} {what}")),
            _ => Error::decode(path, what),
        }
    })
}

/// The part of serde's message that comes from the type, not from the data.
fn unquoted(message: &str) -> &str {
    match message.rfind(", expected ") {
        Some(at) => &message[at + 2..],
        None if message.starts_with("missing field ") => message,
        None => "a value is not as expected",
    }
}

#[cfg(test)]
mod tests;
