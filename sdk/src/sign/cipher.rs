//! The encryption that the app and WeChat share: AES-256-GCM or SM4-GCM.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut as _, Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::form::{self, LENIENT};
use super::members::Members;
use crate::error::{Error, Result};

#[cfg(feature = "sm")]
type Sm4Gcm = aes_gcm::AesGcm<sm4::Sm4, aes_gcm::aead::consts::U12>;

pub(super) const IV: usize = 12;
pub(super) const TAG: usize = 16;

/// The cipher with its key, which is wiped when it is dropped.
pub(crate) struct Cipher {
    serial: Box<str>,
    kind: Kind,
}

/// Boxed: the expanded keys are large.
enum Kind {
    Aes(Box<Aes256Gcm>),
    #[cfg(feature = "sm")]
    Sm4(Box<Sm4Gcm>),
}

impl Cipher {
    /// Reads a key: base64 of 32 bytes (AES-256) or of 16 (SM4), or the JSON that holds it.
    pub(crate) fn read(serial: &str, text: &str) -> Result<Self> {
        let name = format!("the encryption key {serial}");
        let text = form::unwrapped(&name, serial, text, "Key")?;
        let key = LENIENT.decode(text.trim()).map(Zeroizing::new).map_err(|_| {
            Error::config(
                format!("{name} is not base64"),
                "copy the API symmetric key (API对称密钥) from the Mini Program's console as it stands",
            )
        })?;
        let kind = match key.len() {
            32 => Aes256Gcm::new_from_slice(&key).ok().map(|cipher| Kind::Aes(Box::new(cipher))),
            #[cfg(feature = "sm")]
            16 => Sm4Gcm::new_from_slice(&key).ok().map(|cipher| Kind::Sm4(Box::new(cipher))),
            #[cfg(not(feature = "sm"))]
            16 => return Err(form::needs_sm(&name, "SM4")),
            _ => None,
        };
        let kind = kind.ok_or_else(|| {
            Error::config(
                format!("{name} has {} bytes", key.len()),
                "AES256_GCM takes base64 of 32 bytes, SM4_GCM of 16; copy the whole key from the console",
            )
        })?;
        Ok(Self { serial: serial.into(), kind })
    }

    pub(crate) fn serial(&self) -> &str {
        &self.serial
    }

    /// What is authenticated beside the text.
    pub(crate) fn aad(&self, url: &str, appid: &str, timestamp: &str) -> String {
        format!("{url}|{appid}|{timestamp}|{}", self.serial)
    }

    /// The encrypted text as the JSON that travels: `{"iv":…,"data":…,"authtag":…}`.
    pub(crate) fn seal(&self, iv: [u8; IV], aad: &str, mut text: Vec<u8>) -> Result<Vec<u8>> {
        let buffer = InOutBuf::from(text.as_mut_slice());
        let sealed = match &self.kind {
            Kind::Aes(cipher) => cipher.encrypt_inout_detached(&iv.into(), aad.as_bytes(), buffer),
            #[cfg(feature = "sm")]
            Kind::Sm4(cipher) => cipher.encrypt_inout_detached(&iv.into(), aad.as_bytes(), buffer),
        };
        let tag = sealed
            .map_err(|_| Error::config("the call is too large to be encrypted", "send fewer bytes in one call"))?;
        let (iv, data, tag) = (STANDARD.encode(iv), STANDARD.encode(&text), STANDARD.encode(tag));
        Ok(format!(r#"{{"iv":"{iv}","data":"{data}","authtag":"{tag}"}}"#).into_bytes())
    }

    /// The text again; `None` where key, `aad` or data are other ones.
    pub(crate) fn open(&self, sealed: &Sealed, aad: &str) -> Option<Vec<u8>> {
        let Sealed { iv, data, tag } = sealed;
        let mut text = data.clone();
        let buffer = InOutBuf::from(text.as_mut_slice());
        match &self.kind {
            Kind::Aes(cipher) => cipher.decrypt_inout_detached(iv.into(), aad.as_bytes(), buffer, tag.into()),
            #[cfg(feature = "sm")]
            Kind::Sm4(cipher) => cipher.decrypt_inout_detached(iv.into(), aad.as_bytes(), buffer, tag.into()),
        }
        .ok()?;
        Some(text)
    }
}

/// Encrypted data as they came.
pub(crate) struct Sealed {
    iv: [u8; IV],
    data: Vec<u8>,
    tag: [u8; TAG],
}

impl Sealed {
    /// Reads `{"iv":…,"data":…,"authtag":…}`. `None` if it is something else, `Err` with the member that is damaged.
    pub(crate) fn read(body: &[u8]) -> Option<Result<Self, &'static str>> {
        let members = Members::read(body)?;
        let (iv, data, tag) = (members.text("iv")?, members.text("data")?, members.text("authtag")?);
        Some(Self::decode(&iv, &data, &tag))
    }

    fn decode(iv: &str, data: &str, tag: &str) -> Result<Self, &'static str> {
        let bytes = |text: &str, name| STANDARD.decode(text).map_err(|_| name);
        Ok(Self {
            iv: bytes(iv, "iv")?.try_into().map_err(|_| "iv")?,
            data: bytes(data, "data")?,
            tag: bytes(tag, "authtag")?.try_into().map_err(|_| "authtag")?,
        })
    }
}
