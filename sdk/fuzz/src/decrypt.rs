//! What the Mini Program hands over encrypted.

use std::fmt::Debug;
use std::time::Duration;

use aes::Aes128;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::Encryptor;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeEncrypt as _, KeyIvInit as _};
use serde::Serialize;
use weapp::UserData;

const APPID: &str = "wx4f4bc4dec97d474b";
const KEY: [u8; 16] = *b"0123456789abcdef";

/// Opens the input: `{…` as the plaintext, encrypted as WeChat does it; anything else as `encryptedData`, `iv` and
/// `session_key`, one on a line.
pub fn decrypt(input: &[u8]) {
    if input.trim_ascii_start().first() == Some(&b'{') {
        plaintext(input);
    }
    let Ok(text) = std::str::from_utf8(input) else { return };
    let mut lines = text.splitn(3, '\n');
    let (data, iv, key) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""), lines.next().unwrap_or(""));
    if let Ok(plain) = UserData::decrypt_raw(data, iv, key) {
        assert_eq!(plain.trim_ascii_start().first(), Some(&b'{'));
    }
    told(user_data().phone_number(data, iv, key));
    told(user_data().user_info(data, iv, key));
    told(user_data().decrypt::<serde_json::Value>(data, iv, key));
}

fn plaintext(plain: &[u8]) {
    let (data, iv, key) = encrypt(plain);
    assert_eq!(UserData::decrypt_raw(&data, &iv, &*key).expect("it was encrypted well"), plain);
    again(user_data().phone_number(&data, &iv, &*key), |data, iv, key| user_data().phone_number(data, iv, key));
    again(user_data().user_info(&data, &iv, &*key), |data, iv, key| user_data().user_info(data, iv, key));
    let json = user_data().decrypt::<serde_json::Value>(&data, &iv, &*key);
    if let Ok(json) = &json {
        assert_eq!(json["watermark"]["appid"], APPID, "data of another app were opened");
    }
    told(json);
}

/// What was read reads the same once it is written and encrypted again.
fn again<T: Serialize + PartialEq + Debug>(
    read: weapp::Result<T>,
    open: impl Fn(&str, &str, &str) -> weapp::Result<T>,
) {
    if let Ok(read) = &read {
        let (data, iv, key) = encrypt(&serde_json::to_vec(read).expect("it can be written"));
        assert_eq!(*read, open(&data, &iv, &key).expect("what was written can be read"));
    }
    told(read);
}

fn told<T>(result: weapp::Result<T>) {
    if let Err(error) = result {
        assert!(!error.to_string().is_empty());
    }
}

fn user_data() -> UserData {
    UserData::new(APPID).max_age(Duration::MAX)
}

/// `encryptedData`, `iv` and `session_key`.
fn encrypt(plain: &[u8]) -> (String, String, String) {
    let data = Encryptor::<Aes128>::new(&KEY.into(), &KEY.into()).encrypt_padded_vec::<Pkcs7>(plain);
    (STANDARD.encode(data), STANDARD.encode(KEY), STANDARD.encode(KEY))
}
