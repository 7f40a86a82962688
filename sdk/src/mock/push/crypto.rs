//! WeChat's side of the cryptography, written from its pages and not from [`crate::push`], so that a mistake there shows.

use aes::Aes256;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::engine::{DecodePaddingMode, Engine as _};
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use cbc::{Decryptor, Encryptor};
use sha1::{Digest as _, Sha1};

/// The last character of a key may hold bits that the key has no room for.
const LOOSE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// The parts in the order of their bytes, one behind the other, as the hexadecimal digits of their SHA-1.
pub(super) fn signature<const N: usize>(mut parts: [&str; N]) -> String {
    parts.sort_unstable();
    let mut hash = Sha1::new();
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An EncodingAESKey.
#[derive(Clone)]
pub(super) struct AesKey([u8; 32]);

impl AesKey {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let bytes = LOOSE.decode(format!("{text}=")).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    pub(super) fn random(seed: [u8; 16]) -> Self {
        let mut key = [0; 32];
        key[..16].copy_from_slice(&seed);
        Self(key)
    }

    /// What comes before the base64: `random`, the length, the message, the app, and the padding, encrypted.
    pub(super) fn seal(&self, random: [u8; 16], message: &str, appid: &str) -> Vec<u8> {
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        let mut plain = random.to_vec();
        plain.extend(length.to_be_bytes());
        plain.extend(message.bytes());
        plain.extend(appid.bytes());
        // One to 32 bytes, each of which says how many they are.
        let missing = 32 - plain.len() % 32;
        plain.extend(vec![missing as u8; missing]);
        let (key, iv) = self.halves();
        Encryptor::<Aes256>::new(&key.into(), &iv.into()).encrypt_padded_vec::<NoPadding>(&plain)
    }

    /// The message and the app of what a developer has encrypted; or what is wrong with it.
    pub(super) fn open(&self, encrypt: &str) -> Result<(String, String), &'static str> {
        let sealed = STANDARD.decode(encrypt).map_err(|_| "is not base64")?;
        let (key, iv) = self.halves();
        let plain = Decryptor::<Aes256>::new(&key.into(), &iv.into())
            .decrypt_padded_vec::<NoPadding>(&sealed)
            .map_err(|_| "is not made of whole blocks of 16 bytes")?;
        let last = plain.last().copied().ok_or("is empty")?;
        let padding = usize::from(last);
        if !(1..=32).contains(&padding) || padding > plain.len() || plain.len() % 32 != 0 {
            return Err("is not padded to a multiple of 32 bytes, or encrypted under another key");
        }
        let (content, padding) = plain.split_at(plain.len() - padding);
        if padding.iter().any(|byte| *byte != last) {
            return Err("is padded with bytes that differ");
        }
        let too_short = "is shorter than its length says";
        let (front, rest) = content.split_at_checked(20).ok_or(too_short)?;
        let length = front[16..].iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        let (message, appid) = rest.split_at_checked(length).ok_or(too_short)?;
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).map_err(|_| "holds what is not UTF-8");
        Ok((text(message)?, text(appid)?))
    }

    /// The key, and the initialisation vector, which is its first half.
    fn halves(&self) -> ([u8; 32], [u8; 16]) {
        let mut iv = [0; 16];
        iv.copy_from_slice(&self.0[..16]);
        (self.0, iv)
    }
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    const APPID: &str = "wxba5fad812f8e6fb9";

    #[test]
    fn signatures_are_those_of_the_page() {
        let url = signature(["AAAAA", "1714036504", "1514711492"]);
        assert_eq!(url, "f464b24fc39322e44b38aa78f5edd27bd1441696");
        let reply = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==";
        let signed = signature(["AAAAA", "1713424427", "415670741", reply]);
        assert_eq!(signed, "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1");
    }

    #[test]
    fn the_messages_of_the_page_come_out() {
        let key = AesKey::parse(KEY).unwrap();
        // A message that WeChat sent: sealed with its 16 random bytes it is the same again.
        let message = r#"{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY","CreateTime":1714112445,"MsgType":"event","Event":"debug_demo","debug_str":"hello world"}"#;
        let encrypt = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=";
        assert_eq!(base64(&key.seal(*b"a8eedb185eb2fecf", message, APPID)), encrypt);
        assert_eq!(key.open(encrypt), Ok((message.to_owned(), APPID.to_owned())));
        // And the reply to it.
        let reply = key.seal(*b"707722b803182950", r#"{"demo_resp":"good luck"}"#, APPID);
        let encrypt = "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==";
        assert_eq!(base64(&reply), encrypt);
    }

    #[test]
    fn keys_may_have_loose_bits() {
        let loose = format!("{}B", &KEY[..42]);
        assert_eq!(AesKey::parse(&loose).unwrap().0, [0; 32]);
        for wrong in ["", &KEY[..42], &format!("{KEY}A"), &format!("{}!", &KEY[..42])] {
            assert!(AesKey::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_reply_is_told() {
        let key = AesKey::parse(KEY).unwrap();
        for length in 0..70 {
            let message = "x".repeat(length);
            let sealed = base64(&key.seal([7; 16], &message, APPID));
            assert_eq!(key.open(&sealed), Ok((message, APPID.to_owned())));
        }
        for wrong in ["", "!", "AAAA", &base64(&[0; 15]), &base64(&[0; 16]), &base64(&[0; 64])] {
            assert!(key.open(wrong).is_err(), "{wrong}");
        }
        assert!(AesKey::random([1; 16]).open(&base64(&key.seal([7; 16], "x", APPID))).is_err());
    }
}
