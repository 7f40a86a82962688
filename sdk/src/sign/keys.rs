//! The keys of signed and encrypted calls.

use std::fmt;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::cipher::Cipher;
use super::pair::{PrivateKey, PublicKey};
use crate::error::{Error, Result};
use crate::observe::certificate_replaced;
use crate::secret::Secret;

/// The keys with which an app's calls are signed and encrypted, with their numbers: see the [module](super).
///
/// Cheap to clone. Its `Debug` shows the numbers alone, and its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct ApiKeys(Arc<Keys>);

struct Keys {
    cipher: Cipher,
    private: PrivateKey,
    platform: Vec<PublicKey>,
    /// Whether it was said that a certificate ends.
    warned: AtomicBool,
}

impl ApiKeys {
    /// Keys to be given one by one.
    pub fn builder() -> ApiKeysBuilder {
        ApiKeysBuilder::default()
    }

    pub(crate) fn cipher(&self) -> &Cipher {
        &self.0.cipher
    }

    pub(crate) fn private(&self) -> &PrivateKey {
        &self.0.private
    }

    /// Says once that WeChat signs with a certificate that is not here yet.
    pub(crate) fn warn_of_new_certificate(&self, appid: &str, serial: &str) {
        if !self.0.warned.swap(true, Ordering::Relaxed) {
            certificate_replaced(appid, serial);
        }
    }

    pub(crate) fn platform(&self) -> &[PublicKey] {
        &self.0.platform
    }
}

/// Numbers only.
impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeys")
            .field("encryption_key", &self.0.cipher.serial())
            .field("private_key", &self.0.private.serial())
            .field("platform_certificates", &self.0.platform.iter().map(PublicKey::serial).collect::<Vec<_>>())
            .finish()
    }
}

/// What [`ApiKeys`] are made of. The numbers (密钥编号, 证书编号) are those that the Mini Program's console shows beside the
/// keys; the serial number inside a certificate is another one.
///
/// A key can also be given as the JSON that WeChat's guide prints, `{"Sn":…,"Key":…}`, `{"Sn":…,"PrivateKey":…}` or
/// `{"Sn":…,"Certificate":…}`, whose number must be the one that is given. In PEM, line breaks may be written `\n`.
#[derive(Default)]
#[must_use = "it makes keys when `build` is called"]
pub struct ApiKeysBuilder {
    encryption: Option<Given>,
    private: Option<Given>,
    platform: Vec<Given>,
}

struct Given {
    serial: String,
    from: From,
}

enum From {
    Text(Secret),
    File(PathBuf),
}

impl ApiKeysBuilder {
    /// The API symmetric key (API对称密钥) with its number: base64 of 32 bytes for AES256_GCM, of 16 for SM4_GCM, which
    /// needs the feature `sm`.
    pub fn encryption_key(mut self, serial: impl Into<String>, key: impl Into<Secret>) -> Self {
        self.encryption = Some(Given::text(serial, key));
        self
    }

    /// The same from a file, which is read by [`build`](Self::build).
    pub fn encryption_key_file(mut self, serial: impl Into<String>, path: impl AsRef<Path>) -> Self {
        self.encryption = Some(Given::file(serial, path));
        self
    }

    /// The app's own private key (应用私钥) with the number of the API asymmetric key (API非对称密钥): PEM of PKCS#8, of
    /// PKCS#1 (RSA) or of SEC1 (SM2). RSA has 2048 bits or more; SM2 needs the feature `sm`.
    pub fn private_key(mut self, serial: impl Into<String>, pem: impl Into<Secret>) -> Self {
        self.private = Some(Given::text(serial, pem));
        self
    }

    /// The same from a file, which is read by [`build`](Self::build).
    pub fn private_key_file(mut self, serial: impl Into<String>, path: impl AsRef<Path>) -> Self {
        self.private = Some(Given::file(serial, path));
        self
    }

    /// A platform certificate (平台证书) with its number: PEM of the certificate, or of its public key alone. Give several
    /// where WeChat replaces one by another.
    ///
    /// The certificate counts as it stands: its validity and its issuer are not checked, for it was got from the console.
    pub fn platform_certificate(mut self, serial: impl Into<String>, pem: impl Into<Secret>) -> Self {
        self.platform.push(Given::text(serial, pem));
        self
    }

    /// The same from a file, which is read by [`build`](Self::build).
    pub fn platform_certificate_file(mut self, serial: impl Into<String>, path: impl AsRef<Path>) -> Self {
        self.platform.push(Given::file(serial, path));
        self
    }

    /// Reads the keys.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) that names the key which is missing or can not be right, and
    /// says why.
    pub fn build(self) -> Result<ApiKeys> {
        let missing = |what: &str| {
            Error::config(
                format!("{what} is missing"),
                "signed calls need the encryption key, the private key and a platform certificate, each with its number",
            )
        };
        let encryption = self.encryption.ok_or_else(|| missing("the encryption key"))?;
        let private = self.private.ok_or_else(|| missing("the private key"))?;
        if self.platform.is_empty() {
            return Err(missing("a platform certificate"));
        }
        let cipher = encryption.read("the encryption key", Cipher::read)?;
        let private = private.read("the private key", PrivateKey::read)?;
        let mut platform: Vec<PublicKey> = Vec::new();
        for given in self.platform {
            let name = "the platform certificate";
            let key = given.read(name, |serial, text| PublicKey::read(name, serial, text))?;
            if platform.iter().any(|other| other.serial() == key.serial()) {
                return Err(Error::config(
                    format!("two platform certificates have the number {}", key.serial()),
                    "give each one with its own number, as the Mini Program's console shows it",
                ));
            }
            platform.push(key);
        }
        Ok(ApiKeys(Arc::new(Keys { cipher, private, platform, warned: AtomicBool::new(false) })))
    }
}

impl Given {
    fn text(serial: impl Into<String>, text: impl Into<Secret>) -> Self {
        Self { serial: serial.into(), from: From::Text(text.into()) }
    }

    fn file(serial: impl Into<String>, path: impl AsRef<Path>) -> Self {
        Self { serial: serial.into(), from: From::File(path.as_ref().to_owned()) }
    }

    fn read<T>(self, name: &str, read: impl FnOnce(&str, &str) -> Result<T>) -> Result<T> {
        let serial = self.serial.trim();
        // It travels in a header.
        if serial.is_empty() || !serial.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::config(
                format!("the number of {name} can not be right"),
                "copy the number (编号) that the Mini Program's console shows beside the key: hexadecimal digits",
            ));
        }
        let text = match self.from {
            From::Text(text) => text,
            From::File(path) => std::fs::read_to_string(&path).map(Secret::from).map_err(|error| {
                let remedy = match error.kind() {
                    ErrorKind::InvalidData => {
                        "the file is no text: if it is DER, make PEM of it with `openssl x509 -inform der` (a \
                         certificate) or `openssl pkey -inform der` (a key)"
                    }
                    _ => "check the path and who may read the file",
                };
                Error::config(format!("the file {} of {name} {serial} can not be read", path.display()), remedy)
                    .with_source(error)
            })?,
        };
        // Some editors write a byte order mark.
        read(serial, text.expose().trim_start_matches('\u{feff}'))
    }
}

/// Numbers only.
impl fmt::Debug for ApiKeysBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let serial = |given: &Option<Given>| given.as_ref().map(|given| given.serial.clone());
        f.debug_struct("ApiKeysBuilder")
            .field("encryption_key", &serial(&self.encryption))
            .field("private_key", &serial(&self.private))
            .field("platform_certificates", &self.platform.iter().map(|given| &given.serial).collect::<Vec<_>>())
            .finish()
    }
}
