//! Signatures and digests over what the Mini Program hands over.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::SessionKey;
use crate::error::{Error, Result};

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
