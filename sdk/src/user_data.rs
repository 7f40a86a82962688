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

use std::fmt;
use std::time::{Duration, SystemTime};

use aes::Aes128;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine as _};
use base64::{DecodeSliceError, alphabet, decoded_len_estimate};
use cbc::Decryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, KeyIvInit as _};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::de::{DeserializeOwned, IgnoredAny};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::wire::{self, Timestamp};

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
}

impl UserData {
    /// How old data may be unless [`max_age`](Self::max_age) says otherwise: 24 hours. The Mini Program sends them
    /// within seconds; a day leaves room for queues and for a user who was offline.
    pub const DEFAULT_MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

    /// Accepts data of this app, up to [`DEFAULT_MAX_AGE`](Self::DEFAULT_MAX_AGE) old.
    #[must_use]
    pub fn new(appid: impl Into<String>) -> Self {
        Self { appid: appid.into(), max_age: Some(Self::DEFAULT_MAX_AGE), now: None }
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
        let now = Timestamp::from(self.now.unwrap_or_else(SystemTime::now)).get();
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

/// Checks the `signature` that `wx.getUserInfo` gives for `rawData`, in constant time.
///
/// `raw_data` has to be the very text that the Mini Program received: parsed and written anew it no longer fits.
///
/// Official page: <https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html>
///
/// # Errors
/// [`ErrorKind::Crypto`](crate::ErrorKind::Crypto) when it is no signature, or does not fit.
pub fn verify_raw_data(raw_data: &str, signature: &str, session_key: impl SessionKey) -> Result<()> {
    if signature.len() != 40 || !signature.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Error::crypto(
            "the signature is not 40 hexadecimal digits",
            "hand over `signature` of wx.getUserInfo as it is",
        ));
    }
    let expected = hex(&Sha1::new().chain_update(raw_data).chain_update(session_key.text()).finalize());
    if bool::from(expected.as_bytes().ct_eq(signature.to_ascii_lowercase().as_bytes())) {
        Ok(())
    } else {
        Err(Error::crypto(
            "the signature does not fit rawData and session_key",
            "hand over rawData as it was received, byte for byte; a later wx.login may have replaced session_key: \
             log in again",
        ))
    }
}

/// The user's signature of a message, in lower-case hexadecimal: HMAC-SHA256 under the text of session_key.
///
/// `checkSessionKey` and `resetUserSessionKey` sign the empty message, payment endpoints their body.
///
/// Official page: <https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/signature.html>
#[must_use]
pub fn session_signature(session_key: impl SessionKey, message: impl AsRef<[u8]>) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(session_key.text().as_bytes());
    hex(&mac.expect("HMAC takes a key of any length").chain_update(message).finalize().into_bytes())
}

/// SHA-256 in lower-case hexadecimal: what `checkEncryptedData` asks for as `encrypted_msg_hash`.
///
/// Hand in `encryptedData` as the base64 text that the Mini Program received.
///
/// Official page:
/// <https://developers.weixin.qq.com/miniprogram/dev/server/API/user-info/basic-info/api_checkencrypteddata>
#[must_use]
pub fn sha256_hex(encrypted_data: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(encrypted_data))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
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
mod tests {
    use std::error::Error as _;

    use cbc::Encryptor;
    use cbc::cipher::BlockModeEncrypt as _;
    use serde_json::{Value, json};

    use super::*;
    use crate::error::ErrorKind;

    // The published example.
    const APPID: &str = "wx4f4bc4dec97d474b";
    const KEY: &str = "tiihtNczf5v6AKRyjwEUhQ==";
    const IV_TEXT: &str = "r7BXXKkLb8qrSNn05n0qiA==";
    const MADE: u64 = 1_477_314_187;
    const ENCRYPTED: &str = "\
        CiyLU1Aw2KjvrjMdj8YKliAjtP4gsMZMQmRzooG2xrDcvSnxIMXFufNstNGTyaGS9uT5geRa0W4oTOb1WT7fJlAC+oNPdbB+3hVb\
        JSRgv+4lGOETKUQz6OYStslQ142dNCuabNPGBzlooOmB231qMM85d2/fV6ChevvXvQP8Hkue1poOFtnEtpyxVLW1zAo6/1Xx1COx\
        Fvrc2d7UL/lmHInNlxuacJXwu0fjpXfz/YqYzBIBzD6WUfTIF9GRHpOn/Hz7saL8xz+W//FRAUid1OksQaQx4CMs8LOddcQhULW4\
        ucetDf96JcR3g0gfRK4PC7E/r7Z6xNrXd2UIeorGj5Ef7b1pJAYB6Y5anaHqZ9J6nKEBvB4DnNLIVWSgARns/8wR2SiRS7MNACwT\
        yrGvt9ts8p12PKFdlqYTopNHR1Vf7XjfhQlVsAJdNiKdYmYVoKlaRv85IfVunYzO0IKXsyl7JCUjCpoG20f0a04COwfneQAGGwd5\
        oa+T8yO5hzuyDb/XcxxmK01EpqOyuxINew==";
    const PLAIN: &str = concat!(
        r#"{"openId":"oGZUI0egBJY1zhBYw2KhdUfwVJJE","nickName":"Band","gender":1,"language":"zh_CN","city""#,
        r#":"Guangzhou","province":"Guangdong","country":"CN","avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32"#,
        r#"/aSKcBBPpibyKNicHNTMM0qJVh8Kjgiak2AHWr8MHM4WgMEm7GFhsf8OYrySdbvAMvTsw3mo8ibKicsnfN5pRjl1p8HQ/0""#,
        r#","unionId":"ocMvos6NjeKLIBqg5Mr9QjxrP1FA","watermark":{"timestamp":1477314187,"appid":"wx4f4bc4"#,
        r#"dec97d474b"}}"#,
    );

    const SECRETS: [&str; 4] = [KEY, IV_TEXT, "13800001234", "oGZUI0egBJY1zhBYw2KhdUfwVJJE"];

    fn data() -> UserData {
        UserData::new(APPID).now(SystemTime::UNIX_EPOCH + Duration::from_secs(MADE + 60))
    }

    fn encrypt(plain: &[u8]) -> String {
        let (key, iv) = (sixteen(KEY, SESSION_KEY).unwrap(), sixteen(IV_TEXT, IV).unwrap());
        let (key, iv) = (key.first_chunk::<16>().unwrap(), iv.first_chunk::<16>().unwrap());
        let mut buffer = plain.to_vec();
        buffer.resize(plain.len() + 16, 0);
        let cipher = Encryptor::<Aes128>::new(key.into(), iv.into());
        BASE64.encode(cipher.encrypt_padded::<Pkcs7>(&mut buffer, plain.len()).unwrap())
    }

    fn seal(value: &Value) -> String {
        encrypt(value.to_string().as_bytes())
    }

    fn phone() -> Value {
        json!({
            "phoneNumber": "+8613800001234", "purePhoneNumber": "13800001234", "countryCode": "86",
            "watermark": {"appid": APPID, "timestamp": MADE},
        })
    }

    fn crypto(error: &Error, text: &str) {
        assert_eq!(error.kind(), ErrorKind::Crypto, "{error:?}");
        says(error, text);
    }

    fn says(error: &Error, text: &str) {
        let shown = format!("{error} {error:?} {:?}", error.source().map(ToString::to_string));
        assert!(error.to_string().starts_with(text), "{text:?}: {error}");
        for secret in SECRETS {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn the_published_example_opens() {
        let raw = UserData::decrypt_raw(ENCRYPTED, IV_TEXT, KEY).unwrap();
        assert_eq!(String::from_utf8(raw).unwrap(), PLAIN);

        let user = data().user_info(ENCRYPTED, IV_TEXT, KEY).unwrap();
        assert_eq!(user.open_id.as_deref(), Some("oGZUI0egBJY1zhBYw2KhdUfwVJJE"));
        assert_eq!(user.nick_name.as_deref(), Some("Band"));
        assert_eq!(user.gender, Some(1));
        assert_eq!(user.language.as_deref(), Some("zh_CN"));
        assert_eq!(user.city.as_deref(), Some("Guangzhou"));
        assert_eq!(user.province.as_deref(), Some("Guangdong"));
        assert_eq!(user.country.as_deref(), Some("CN"));
        assert!(user.avatar_url.as_deref().unwrap().ends_with("8HQ/0"));
        assert_eq!(user.union_id.as_deref(), Some("ocMvos6NjeKLIBqg5Mr9QjxrP1FA"));
        assert_eq!(user.watermark, Watermark { appid: APPID.into(), timestamp: Timestamp::new(MADE as i64) });
        assert_eq!(serde_json::to_value(&user).unwrap(), serde_json::from_str::<Value>(PLAIN).unwrap());

        let value: Value = data().decrypt(ENCRYPTED, IV_TEXT, KEY).unwrap();
        assert_eq!(value["nickName"], "Band");
    }

    #[test]
    fn keys_come_as_secrets_and_as_texts() {
        let (secret, text) = (Secret::new(KEY), KEY.to_owned());
        for user in [
            data().user_info(ENCRYPTED, IV_TEXT, &secret),
            data().user_info(ENCRYPTED, IV_TEXT, secret.clone()),
            data().user_info(ENCRYPTED, IV_TEXT, text.clone()),
            data().user_info(ENCRYPTED, IV_TEXT, &text),
            data().user_info(ENCRYPTED, IV_TEXT, text.as_str()),
        ] {
            user.unwrap();
        }
    }

    #[test]
    fn arguments_come_without_padding_and_with_line_ends() {
        let bare = |text: &str| format!("\r\n{}\n", text.trim_end_matches('='));
        data().user_info(&bare(ENCRYPTED), &bare(IV_TEXT), bare(KEY)).unwrap();
    }

    #[test]
    fn a_phone_number_opens_and_hides_itself() {
        let found = data().phone_number(&seal(&phone()), IV_TEXT, KEY).unwrap();
        assert_eq!(found.phone_number, "+8613800001234");
        assert_eq!(found.pure_phone_number.as_deref(), Some("13800001234"));
        assert_eq!(found.country_code.as_deref(), Some("86"));
        let printed = format!("{found:?}");
        assert!(printed.contains("**********1234") && !printed.contains("0000"), "{printed}");
        assert_eq!(serde_json::to_value(&found).unwrap(), phone());
        assert_eq!((mask("1234").as_str(), mask("").as_str(), mask("12345").as_str()), ("****", "", "*2345"));
    }

    #[test]
    fn numbers_and_texts_stand_in_for_each_other_and_new_fields_are_skipped() {
        let mut value = phone();
        value["countryCode"] = json!(86);
        value["watermark"]["timestamp"] = json!(MADE.to_string());
        value["watermark"]["new"] = json!({"a": [1]});
        value["new"] = json!([{"b": null}]);
        value.as_object_mut().unwrap().remove("purePhoneNumber");
        let found = data().phone_number(&seal(&value), IV_TEXT, KEY).unwrap();
        assert_eq!((found.country_code.as_deref(), found.pure_phone_number), (Some("86"), None));

        let value = json!({"gender": "2", "unionId": null, "watermark": phone()["watermark"]});
        let user = data().user_info(&seal(&value), IV_TEXT, KEY).unwrap();
        assert_eq!((user.gender, user.union_id, user.open_id), (Some(2), None, None));
    }

    #[test]
    fn each_damage_has_its_own_text() {
        let user = |encrypted: &str, iv: &str, key: &str| data().user_info(encrypted, iv, key).unwrap_err();
        for (damaged, text) in [
            ("", " is not 16 bytes"),
            ("tiihtNczf5v6AKRyjwEU", " is not 16 bytes"),
            ("tiihtNczf5v6AKRyjwEUhQAAAAAA", " is not 16 bytes"),
            (ENCRYPTED, " is not 16 bytes"),
            ("tiihtNczf5v6AKRyjwEU*Q==", " is not base64"),
            ("tiihtNczf5v6AKRyjwEUh", " is not base64"),
            ("tiihtNczf5v6AKRyjw小==", " is not base64"),
            ("tiihtNczf5v6 KRyjwEUhQ==", " has a blank where a `+` was"),
            (" iihtNczf5v6AKRyjwEUhQ==", " has a blank where a `+` was"),
            ("tiihtNczf5v6-KRyjwEUhQ==", " is in the URL-safe alphabet"),
            ("tiihtNczf5v6AKRyjwEUhQ%3D%3D", " is still percent-encoded"),
        ] {
            crypto(&user(ENCRYPTED, IV_TEXT, damaged), &format!("session_key{text}"));
            crypto(&user(ENCRYPTED, damaged, KEY), &format!("iv{text}"));
        }
        for (damaged, text) in [
            (String::new(), "encryptedData is empty"),
            ("\n".to_owned(), "encryptedData is empty"),
            (ENCRYPTED[..400].to_owned(), "encryptedData is not a multiple of 16 bytes"),
            (ENCRYPTED.replace('+', " "), "encryptedData has a blank where a `+` was"),
            (ENCRYPTED[1..].replace('+', " "), "encryptedData has a blank where a `+` was"),
            (ENCRYPTED.replace('+', "-").replace('/', "_"), "encryptedData is in the URL-safe alphabet"),
            (ENCRYPTED.replace('+', "%2B"), "encryptedData is still percent-encoded"),
            (ENCRYPTED.replace('+', "*"), "encryptedData is not base64"),
            (ENCRYPTED[..401].to_owned(), "encryptedData is not base64"),
        ] {
            crypto(&user(&damaged, IV_TEXT, KEY), text);
        }
        let blank = user(&ENCRYPTED.replace('+', " "), IV_TEXT, KEY);
        assert!(blank.remedy().unwrap().contains("form decoding"), "{blank}");
    }

    #[test]
    fn another_key_is_called_a_replaced_session_key() {
        let mismatch = "session_key does not fit the data: most likely a later wx.login has replaced it";
        // Padding that does not fit, padding that fits by chance, swapped arguments, a number that is JSON.
        let other = data().user_info(ENCRYPTED, IV_TEXT, "HyVFkGl5F5OQWJZZaNzBBg==").unwrap_err();
        crypto(&other, mismatch);
        assert!(other.remedy().unwrap().contains("log in again"), "{other}");
        crypto(&data().user_info(ENCRYPTED, KEY, IV_TEXT).unwrap_err(), mismatch);
        for plain in [&b"\xF3 by chance"[..], b"", b"123", b"{\xFF", b"{\"openId\":", b"{} and more"] {
            crypto(&data().user_info(&encrypt(plain), IV_TEXT, KEY).unwrap_err(), mismatch);
            crypto(&data().decrypt::<Value>(&encrypt(plain), IV_TEXT, KEY).unwrap_err(), mismatch);
        }
        // A wrong iv damages the first sixteen bytes only.
        crypto(&data().user_info(ENCRYPTED, "AAAAAAAAAAAAAAAAAAAAAA==", KEY).unwrap_err(), mismatch);
    }

    #[test]
    fn data_without_a_watermark_are_refused() {
        for mark in [
            json!(null),
            json!("text"),
            json!(7),
            json!({}),
            json!({"appid": APPID}),
            json!({"timestamp": MADE}),
            json!({"appid": APPID, "timestamp": "soon"}),
        ] {
            let mut value = phone();
            value["watermark"] = mark;
            let sealed = seal(&value);
            crypto(&data().phone_number(&sealed, IV_TEXT, KEY).unwrap_err(), "the decrypted data have no watermark");
            crypto(&data().user_info(&sealed, IV_TEXT, KEY).unwrap_err(), "the decrypted data have no watermark");
            crypto(
                &data().decrypt::<Value>(&sealed, IV_TEXT, KEY).unwrap_err(),
                "the decrypted data have no watermark",
            );
        }
        let sealed = seal(&json!({"phoneNumber": "13800001234"}));
        crypto(&data().phone_number(&sealed, IV_TEXT, KEY).unwrap_err(), "the decrypted data have no watermark");
    }

    #[test]
    fn the_watermark_is_that_of_the_whole_wherever_it_stands() {
        let ours = format!(r#"{{"appid":"{APPID}","timestamp":{MADE}}}"#);
        let other = r#"{"appid":"wxother","timestamp":1477314187}"#;
        for plain in [
            format!(r#"{{"a":1,"watermark":{ours}}}"#),
            format!(r#"{{"watermark" : {ours} , "a":{{"watermark":{other}}}}}"#),
            format!(r#"{{"a":[{{"watermark":{other}}}],"watermark":{ours},"b":2}}"#),
            format!(r#"{{"a":{{"watermark":{other}}},"water\u006dark":{ours}}}"#),
            format!(r#"{{"watermark":{ours},"a":"\"watermark\":{{\"appid\":\"wxother\",\"timestamp\":1}}"}}"#),
            format!("{{\"watermark\":\n{ours}\n}}\n"),
        ] {
            data()
                .decrypt::<Value>(&encrypt(plain.as_bytes()), IV_TEXT, KEY)
                .unwrap_or_else(|e| panic!("{e}: {plain}"));
            let swapped = plain.replace(&ours, "#").replace(other, &ours).replace('#', other);
            let error = data().decrypt::<Value>(&encrypt(swapped.as_bytes()), IV_TEXT, KEY).unwrap_err();
            says(&error, "the data are of the app wxother");
        }
    }

    #[test]
    fn data_of_another_app_are_refused_by_name() {
        let other = UserData::new("wxother").max_age(None);
        for error in [
            other.user_info(ENCRYPTED, IV_TEXT, KEY).unwrap_err(),
            other.decrypt::<Value>(ENCRYPTED, IV_TEXT, KEY).unwrap_err(),
        ] {
            says(&error, "the data are of the app wx4f4bc4dec97d474b, but were opened as data of wxother");
        }
    }

    #[test]
    fn stale_data_and_data_from_the_future_are_refused() {
        let at = |seconds: i64| {
            let now = SystemTime::UNIX_EPOCH + Duration::from_secs(MADE.checked_add_signed(seconds).unwrap());
            UserData::new(APPID).now(now)
        };
        let day = 24 * 60 * 60;
        for fresh in [at(0), at(day), at(-300), at(day + 1).max_age(None), at(-day).max_age(None)] {
            fresh.user_info(ENCRYPTED, IV_TEXT, KEY).unwrap();
        }
        for stale in [at(day + 1), at(11).max_age(Duration::from_secs(10)), UserData::new(APPID)] {
            let error = stale.user_info(ENCRYPTED, IV_TEXT, KEY).unwrap_err();
            crypto(&error, "the watermark is too old");
            assert!(error.source().unwrap().to_string().contains("1477314187"));
            crypto(&stale.decrypt::<Value>(ENCRYPTED, IV_TEXT, KEY).unwrap_err(), "the watermark is too old");
        }
        crypto(&at(-301).user_info(ENCRYPTED, IV_TEXT, KEY).unwrap_err(), "the watermark's time lies in the future");
    }

    #[test]
    fn data_of_another_shape_are_named_but_not_quoted() {
        let error = data().phone_number(ENCRYPTED, IV_TEXT, KEY).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Decode, Some("phoneNumber")));
        let mut value = phone();
        value["phoneNumber"] = json!("");
        let error = data().phone_number(&seal(&value), IV_TEXT, KEY).unwrap_err();
        assert_eq!((error.kind(), error.path()), (ErrorKind::Decode, Some("phoneNumber")));
        value["phoneNumber"] = json!(["13800001234"]);
        let error = data().phone_number(&seal(&value), IV_TEXT, KEY).unwrap_err();
        assert_eq!(error.path(), Some("phoneNumber"));
        says(&error, "the answer's `phoneNumber`");

        let strange = data().decrypt::<std::collections::BTreeMap<String, u64>>(&seal(&phone()), IV_TEXT, KEY);
        let error = strange.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        says(&error, "the decrypted data do not fit the type: expected u64");
        assert_eq!(unquoted("unknown variant `13800001234`, there are no variants"), "a value is not as expected");
        assert_eq!(unquoted("missing field `steps` at line 1"), "missing field `steps` at line 1");
    }

    #[test]
    fn the_published_signature_of_raw_data_verifies() {
        let raw = concat!(
            r#"{"nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou","province":"Guangdong","cou"#,
            r#"ntry":"CN","avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/1vZvI39NWFQ9XM4LtQpFrQJ1xlgZxx3w7bQxKAR"#,
            r#"ol6503Iuswjjn6nIGBiaycAjAtpujxyzYsrztuuICqIM5ibXQ/0"}"#,
        );
        let (key, signature) = ("HyVFkGl5F5OQWJZZaNzBBg==", "75e81ceda165f4ffa64f4068af58c64b8f54b88c");
        verify_raw_data(raw, signature, key).unwrap();
        verify_raw_data(raw, &signature.to_uppercase(), Secret::new(key)).unwrap();
        let misfit = "the signature does not fit rawData and session_key";
        crypto(&verify_raw_data(&raw.replace("Band", "Bund"), signature, key).unwrap_err(), misfit);
        crypto(&verify_raw_data(raw, signature, KEY).unwrap_err(), misfit);
        crypto(&verify_raw_data(raw, &signature.replace('7', "8"), key).unwrap_err(), misfit);
        for bad in ["", "75e8", &signature.replace('7', "g"), &"码".repeat(20)] {
            crypto(&verify_raw_data(raw, bad, key).unwrap_err(), "the signature is not 40 hexadecimal digits");
        }
    }

    #[test]
    fn the_published_user_signatures_come_out() {
        for (key, message, expected) in [
            (
                "o0q0otL8aEzpcZL/FT9WsQ==",
                r#"{"foo":"bar"}"#,
                "654571f79995b2ce1e149e53c0a33dc39c0a74090db514261454e8dbe432aa0b",
            ),
            ("tiihtNczf5v6AKRyjwEUhQ==", r#""#, "7154f9f8b4b76b92f541cbf0e37d48840fa06e5e42da92a6f80168a1516a4735"),
            ("HyVFkGl5F5OQWJZZaNzBBg==", r#""#, "252b75c92698025afe925b29cca5517fdf9ee67aae072cf3225ebf3a53783058"),
            (
                "9hAb/NEYUlkaMBEsmFgzig==",
                r#"{"openid": "xxx", "user_ip": "127.0.0.1", "env": 0}"#,
                "089d9e8dc5d308977360c4b79ec600a93d736802802a807d634192328032f6c7",
            ),
            (
                "9hAb/NEYUlkaMBEsmFgzig==",
                r#"{"mchid": "1230000109","out_trade_no": "1217752501201407033233368018"}"#,
                "47784191c740b0522d39d0a3926a19aa0e30c77975f689a9739c9553ffac2d9d",
            ),
        ] {
            assert_eq!(session_signature(key, message), expected);
            assert_eq!(session_signature(Secret::new(key), message.as_bytes()), expected);
        }
    }

    #[test]
    fn sha256_is_sha256() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
