//! The cryptography of pushed messages: keys, signatures, AES-256-CBC.

use std::ops::Range;

use aes::Aes256;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, Engine as _};
use base64::{alphabet, decoded_len_estimate};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use cbc::{Decryptor, Encryptor};
use sha1::{Digest as _, Sha1};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::error::{Error, ErrorKind, Result};

/// The last of a key's 43 characters stands for two bits more than the key has, and WeChat's console leaves anything in
/// them.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What stands in front of a message: 16 random bytes and its length.
const FRONT: usize = 20;

/// WeChat pads to blocks of 32 bytes, though those of AES have 16.
const PADDED_TO: usize = 32;

/// What can be wrong with a message whose signature fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Misfit {
    /// It can not be decrypted. Which step failed is told to nobody.
    Key,
    /// It is for another app.
    App,
}

/// An EncodingAESKey.
pub(super) struct Key(Zeroizing<[u8; 32]>);

impl Key {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let wrong = |what: String| {
            Error::new(ErrorKind::Config, what).with_remedy(
                "copy the 43 characters of EncodingAESKey from 消息推送 in the console",
                "请从小程序后台「消息推送」中复制 43 位的 EncodingAESKey",
            )
        };
        let text = text.trim().trim_end_matches('=');
        let length = text.chars().count();
        if length != 43 {
            return Err(wrong(format!("EncodingAESKey has {length} characters, not 43")));
        }
        // Two more than a key has, because the decoder's estimate is rounded up.
        let mut bytes = Zeroizing::new([0; 34]);
        match BASE64.decode_slice(text, &mut *bytes) {
            Ok(32) => {}
            _ => return Err(wrong("EncodingAESKey holds a character other than A-Z, a-z and 0-9".to_owned())),
        }
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&bytes[..32]);
        Ok(Self(key))
    }

    /// The initialisation vector is the beginning of the key. No page says so; the published messages do.
    fn iv(&self) -> &[u8; 16] {
        self.0.first_chunk().expect("a key is longer than its half")
    }

    /// Decrypts in place, and tells where the message stands.
    ///
    /// Whatever is wrong, the same is answered, and the padding is looked at as a whole.
    pub(super) fn open(&self, data: &mut [u8], appid: &str) -> Result<Range<usize>, Misfit> {
        if data.is_empty() || !data.len().is_multiple_of(16) {
            return Err(Misfit::Key);
        }
        let cipher = Decryptor::<Aes256>::new((&*self.0).into(), self.iv().into());
        cipher.decrypt_padded::<NoPadding>(data).map_err(|_| Misfit::Key)?;
        let padding = usize::from(data[data.len() - 1]);
        let end = data.len().checked_sub(padding).filter(|_| (1..=PADDED_TO).contains(&padding)).ok_or(Misfit::Key)?;
        let differing = data[end..].iter().fold(0, |differing, byte| differing | (usize::from(*byte) ^ padding));
        let rest = data[..end].get(FRONT..).filter(|_| differing == 0).ok_or(Misfit::Key)?;
        let length = u32::from_be_bytes([data[16], data[17], data[18], data[19]]);
        let length = usize::try_from(length).map_err(|_| Misfit::Key)?;
        match rest.get(length..) {
            None => Err(Misfit::Key),
            Some(app) if app == appid.as_bytes() => Ok(FRONT..FRONT + length),
            // Chance makes a padding now and then, but no text in the place of an AppID.
            Some(app) if is_appid(app) => Err(Misfit::App),
            Some(_) => Err(Misfit::Key),
        }
    }

    /// Encrypts a message, and answers base64.
    pub(super) fn seal(&self, random: &[u8; 16], message: &[u8], appid: &str) -> Result<String> {
        let length =
            u32::try_from(message.len()).map_err(|_| Error::new(ErrorKind::Reply, "the reply is larger than 4 GiB"))?;
        let size = FRONT + message.len() + appid.len();
        let padding = PADDED_TO - size % PADDED_TO;
        let mut data = Vec::with_capacity(size + padding);
        data.extend_from_slice(random);
        data.extend_from_slice(&length.to_be_bytes());
        data.extend_from_slice(message);
        data.extend_from_slice(appid.as_bytes());
        // At most 32.
        data.resize(size + padding, padding as u8);
        let cipher = Encryptor::<Aes256>::new((&*self.0).into(), self.iv().into());
        let sealed = cipher.encrypt_padded::<NoPadding>(&mut data, size + padding);
        Ok(BASE64.encode(sealed.expect("it is padded to whole blocks")))
    }
}

/// Whether bytes can be an AppID, of whichever app.
fn is_appid(bytes: &[u8]) -> bool {
    (2..=64).contains(&bytes.len()) && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-@.".contains(byte))
}

/// The bytes of `Encrypt`.
pub(super) fn decode(encrypt: &str) -> Result<Vec<u8>, Misfit> {
    let mut data = vec![0; decoded_len_estimate(encrypt.len())];
    let length = BASE64.decode_slice(encrypt, &mut data).map_err(|_| Misfit::Key)?;
    data.truncate(length);
    Ok(data)
}

/// SHA-1 of the sorted texts, in lower-case hexadecimal.
pub(super) fn signature<const N: usize>(mut texts: [&str; N]) -> [u8; 40] {
    texts.sort_unstable();
    let mut digest = Sha1::new();
    for text in texts {
        digest.update(text);
    }
    let mut hex = [0; 40];
    for (pair, byte) in hex.chunks_exact_mut(2).zip(digest.finalize()) {
        pair[0] = digit(byte >> 4);
        pair[1] = digit(byte & 15);
    }
    hex
}

fn digit(value: u8) -> u8 {
    b"0123456789abcdef"[usize::from(value)]
}

/// Compares in the same time wherever the two differ.
pub(super) fn is_same(expected: &[u8], given: &str) -> bool {
    expected.ct_eq(given.as_bytes()).into()
}

/// Sixteen characters that nobody can foresee.
pub(super) fn random() -> Result<[u8; 16]> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| {
        Error::new(ErrorKind::Reply, "the system has no randomness to encrypt the reply with")
            .with_remedy("allow this process to read the system's random source", "请允许本进程读取系统的随机源")
    })?;
    Ok(bytes.map(|byte| LETTERS[usize::from(byte & 63)]))
}
