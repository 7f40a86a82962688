//! What a Mini Program's front end would hand over: data that are encrypted with a user's session_key.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

use aes::Aes128;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt as _, KeyIvInit as _};
use serde_json::{Value, json};

use super::random;
use crate::error::{Error, Result};

/// Data of a user as `wx.getUserInfo`, `wx.getWeRunData` or the phone number button hand them over. Both texts are
/// base64. [`UserData`](crate::UserData) opens them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Encrypted {
    /// The data, `encryptedData` in the front end.
    pub encrypted_data: String,
    /// The initialisation vector.
    pub iv: String,
}

/// How many codes that were handed in, and how many session_keys, are remembered.
const REMEMBERED: usize = 1 << 16;

/// The codes that were handed in, by their hashes.
#[derive(Debug, Default)]
pub(super) struct UsedCodes {
    state: RandomState,
    hashes: HashSet<u64>,
    /// Oldest first.
    order: VecDeque<u64>,
}

impl UsedCodes {
    /// Takes a code, and says whether it was never taken before.
    pub(super) fn take(&mut self, endpoint: &str, code: &str) -> bool {
        let hash = self.state.hash_one((endpoint, code));
        if !self.hashes.insert(hash) {
            return false;
        }
        self.order.push_back(hash);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.hashes.remove(&oldest);
        }
        true
    }
}

/// The last session_key of each user whom the mock gave one.
#[derive(Debug, Default)]
pub(super) struct SessionKeys {
    /// By appid and openid.
    keys: HashMap<(String, String), String>,
    /// Oldest first.
    order: VecDeque<(String, String)>,
}

impl SessionKeys {
    pub(super) fn get(&self, appid: &str, openid: &str) -> Option<&str> {
        self.keys.get(&(appid.to_owned(), openid.to_owned())).map(String::as_str)
    }

    pub(super) fn set(&mut self, appid: &str, openid: String, session_key: String) {
        let user = (appid.to_owned(), openid);
        if self.keys.insert(user.clone(), session_key).is_some() {
            return;
        }
        self.order.push_back(user);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.keys.remove(&oldest);
        }
    }
}

/// Encrypts an object, to which the watermark is added where it has none.
pub(super) fn encrypt(appid: &str, session_key: &str, data: &Value) -> Result<Encrypted> {
    let mut data = data.clone();
    if let Some(members) = data.as_object_mut() {
        members.entry("watermark").or_insert_with(|| json!({ "timestamp": random::unix_time(), "appid": appid }));
    }
    let key = STANDARD.decode(session_key).ok().and_then(|key| <[u8; 16]>::try_from(key).ok()).ok_or_else(|| {
        Error::crypto("the session_key is not base64 of 16 bytes", "take the one that code2Session or the mock gave")
    })?;
    let iv = random::iv();
    let sealed =
        Encryptor::<Aes128>::new(&key.into(), &iv.into()).encrypt_padded_vec::<Pkcs7>(data.to_string().as_bytes());
    Ok(Encrypted { encrypted_data: STANDARD.encode(sealed), iv: STANDARD.encode(iv) })
}

/// What the phone number button hands over. A number without a country code is Chinese.
pub(super) fn phone_number(number: &str) -> Value {
    let (country, pure) = match number.strip_prefix('+') {
        Some(foreign) => foreign.split_once([' ', '-']).unwrap_or(("", foreign)),
        None => ("86", number),
    };
    let shown = if country == "86" { pure.to_owned() } else { format!("{country}{pure}") };
    json!({ "phoneNumber": shown, "purePhoneNumber": pure, "countryCode": country })
}

#[cfg(test)]
mod tests {
    use cbc::Decryptor;
    use cbc::cipher::BlockModeDecrypt as _;

    use super::*;

    const KEY: &str = "tiihtNczf5v6AKRyjwEUhQ==";

    fn open(encrypted: &Encrypted) -> Value {
        let decoded = |text: &str| STANDARD.decode(text).unwrap();
        let key: [u8; 16] = decoded(KEY).try_into().unwrap();
        let iv: [u8; 16] = decoded(&encrypted.iv).try_into().unwrap();
        let plain = Decryptor::<Aes128>::new(&key.into(), &iv.into())
            .decrypt_padded_vec::<Pkcs7>(&decoded(&encrypted.encrypted_data))
            .unwrap();
        serde_json::from_slice(&plain).unwrap()
    }

    #[test]
    fn codes_work_once_and_do_not_pile_up() {
        let mut used = UsedCodes::default();
        assert!(used.take("a", "code") && used.take("b", "code") && !used.take("a", "code"));
        for code in 0..REMEMBERED {
            assert!(used.take("a", &code.to_string()));
        }
        assert_eq!((used.hashes.len(), used.order.len()), (REMEMBERED, REMEMBERED));
        assert!(!used.take("a", &(REMEMBERED - 1).to_string()));
        assert!(used.take("a", "code"), "it was forgotten");
    }

    #[test]
    fn a_user_has_one_session_key_in_each_app_and_users_do_not_pile_up() {
        let mut keys = SessionKeys::default();
        for (appid, key) in [("wx1", "a"), ("wx2", "b"), ("wx1", "c")] {
            keys.set(appid, "user".to_owned(), key.to_owned());
        }
        assert_eq!(
            (keys.get("wx1", "user"), keys.get("wx2", "user"), keys.get("wx1", "x")),
            (Some("c"), Some("b"), None)
        );
        for user in 0..REMEMBERED {
            keys.set("wx3", user.to_string(), String::new());
        }
        assert_eq!((keys.keys.len(), keys.order.len()), (REMEMBERED, REMEMBERED));
        assert_eq!(keys.get("wx1", "user"), None, "it was forgotten");
    }

    #[test]
    fn data_get_a_watermark_unless_they_have_one() {
        let data = open(&encrypt("wx1", KEY, &json!({"nickName": "Band"})).unwrap());
        assert_eq!(data["nickName"], "Band");
        assert_eq!(data["watermark"]["appid"], "wx1");
        assert!(data["watermark"]["timestamp"].as_u64().unwrap() > 1_700_000_000);
        let own = json!({"watermark": {"appid": "wx2", "timestamp": 1}});
        assert_eq!(open(&encrypt("wx1", KEY, &own).unwrap()), own);
        assert_eq!(open(&encrypt("wx1", KEY, &json!([1])).unwrap()), json!([1]));
        assert_ne!(encrypt("wx1", KEY, &own).unwrap(), encrypt("wx1", KEY, &own).unwrap(), "each has its own iv");
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        for key in ["", "x", "AAAA", "tiihtNczf5v6AKRyjwEUhQ==\n"] {
            assert!(encrypt("wx1", key, &json!({})).is_err(), "{key:?}");
        }
    }

    #[test]
    fn phone_numbers() {
        for (number, shown, pure, country) in [
            ("13800138000", "13800138000", "13800138000", "86"),
            ("+86 13800138000", "13800138000", "13800138000", "86"),
            ("+1-2025550123", "12025550123", "2025550123", "1"),
            ("+12025550123", "12025550123", "12025550123", ""),
        ] {
            let wanted = json!({"phoneNumber": shown, "purePhoneNumber": pure, "countryCode": country});
            assert_eq!(phone_number(number), wanted);
        }
    }
}
