//! Keys of both sides, made for a test.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::secret::Secret;
use crate::sign::ApiKeys;
use crate::sign::primitives::{Cipher, PrivateKey, PublicKey};

/// The keys of an app's signed and encrypted calls: those of the app, which [`keys`](Self::keys) gives to a client, and
/// those of WeChat, which [`MockBuilder::api_security`](super::super::MockBuilder::api_security) gives to a mock.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> weapp::Result<()> {
/// use weapp::mock::{ApiSecurity, Mock};
///
/// let mock = Mock::builder().api_security(ApiSecurity::generate(Mock::APPID)?).start().await?;
/// let client = mock.client()?; // with the keys that belong to it
/// client.request("wxa/business/getuserphonenumber").json(&serde_json::json!({ "code": "x" })).signed().await?;
/// assert!(mock.requests_to("getPhoneNumber")?[0].signed);
/// # Ok(()) }
/// ```
///
/// Another process gets them as texts: [`encryption_key`](Self::encryption_key), [`private_key`](Self::private_key),
/// [`platform_certificate`](Self::platform_certificate).
#[derive(Clone)]
pub struct ApiSecurity(Arc<Inner>);

struct Inner {
    appid: String,
    encryption: (String, Secret),
    private: (String, Secret),
    platform: [(String, String); 2],
    cipher: Cipher,
    app: PublicKey,
    /// The current one and the next.
    signing: [PrivateKey; 2],
}

/// The private and the public half of a key in PEM.
type Pair = (Secret, String);

impl ApiSecurity {
    /// New keys for an app: AES-256-GCM and RSA of 2048 bits. That takes a tenth of a second, or some more.
    ///
    /// # Errors
    /// [`ErrorKind::Crypto`](crate::ErrorKind::Crypto) when this system has no randomness.
    pub fn generate(appid: impl Into<String>) -> Result<Self> {
        Self::make(appid.into(), 32, rsa)
    }

    /// New keys for an app by the national algorithms: SM4-GCM and SM2.
    ///
    /// # Errors
    /// As for [`generate`](Self::generate).
    #[cfg(feature = "sm")]
    pub fn generate_sm(appid: impl Into<String>) -> Result<Self> {
        Self::make(appid.into(), 16, sm2)
    }

    fn make(appid: String, length: usize, pair: fn() -> Result<Pair>) -> Result<Self> {
        let mut key = Zeroizing::new(vec![0; length]);
        rand::fill(&mut key).map_err(|_| no_keys())?;
        let encryption = (serial()?, Secret::new(STANDARD.encode(&*key)));
        let [app, current, next] = [pair()?, pair()?, pair()?];
        let private = (serial()?, app.0);
        let platform = [(serial()?, current.1), (serial()?, next.1)];
        let signing =
            [PrivateKey::read(&platform[0].0, current.0.expose())?, PrivateKey::read(&platform[1].0, next.0.expose())?];
        Ok(Self(Arc::new(Inner {
            cipher: Cipher::read(&encryption.0, encryption.1.expose())?,
            app: PublicKey::read("the app's public key", &private.0, &app.1)?,
            appid,
            encryption,
            private,
            platform,
            signing,
        })))
    }

    /// The app that they are for.
    #[must_use]
    pub fn appid(&self) -> &str {
        &self.0.appid
    }

    /// What a client needs, with the current platform certificate.
    ///
    /// # Errors
    /// None that are known: these keys can be read.
    pub fn keys(&self) -> Result<ApiKeys> {
        self.keys_with(&self.0.platform[..1])
    }

    /// The same with the next platform certificate beside the current one.
    ///
    /// # Errors
    /// As for [`keys`](Self::keys).
    pub fn keys_with_next(&self) -> Result<ApiKeys> {
        self.keys_with(&self.0.platform)
    }

    fn keys_with(&self, platform: &[(String, String)]) -> Result<ApiKeys> {
        let Inner { encryption, private, .. } = &*self.0;
        let keys = ApiKeys::builder()
            .encryption_key(encryption.0.as_str(), encryption.1.clone())
            .private_key(private.0.as_str(), private.1.clone());
        let add = |keys: crate::sign::ApiKeysBuilder, (serial, pem): &(String, String)| {
            keys.platform_certificate(serial.as_str(), pem.as_str())
        };
        platform.iter().fold(keys, add).build()
    }

    /// The encryption key with its number, in base64.
    #[must_use]
    pub fn encryption_key(&self) -> (&str, &Secret) {
        (&self.0.encryption.0, &self.0.encryption.1)
    }

    /// The app's private key with its number, in PEM (PKCS#8).
    #[must_use]
    pub fn private_key(&self) -> (&str, &Secret) {
        (&self.0.private.0, &self.0.private.1)
    }

    /// The current platform certificate with its number: its public key in PEM.
    #[must_use]
    pub fn platform_certificate(&self) -> (&str, &str) {
        (&self.0.platform[0].0, &self.0.platform[0].1)
    }

    /// The platform certificate that will replace the current one.
    #[must_use]
    pub fn next_platform_certificate(&self) -> (&str, &str) {
        (&self.0.platform[1].0, &self.0.platform[1].1)
    }

    pub(super) fn cipher(&self) -> &Cipher {
        &self.0.cipher
    }

    pub(super) fn app(&self) -> &PublicKey {
        &self.0.app
    }

    pub(super) fn current(&self) -> &PrivateKey {
        &self.0.signing[0]
    }

    pub(super) fn next(&self) -> &PrivateKey {
        &self.0.signing[1]
    }
}

/// Numbers only.
impl fmt::Debug for ApiSecurity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiSecurity")
            .field("appid", &self.0.appid)
            .field("encryption_key", &self.0.encryption.0)
            .field("private_key", &self.0.private.0)
            .field("platform_certificates", &[&self.0.platform[0].0, &self.0.platform[1].0])
            .finish()
    }
}

fn no_keys() -> Error {
    Error::crypto("no keys could be made", "see that this system has randomness: getrandom or /dev/urandom")
}

/// A number as the console shows it.
fn serial() -> Result<String> {
    let mut random = [0; 16];
    rand::fill(&mut random).map_err(|_| no_keys())?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn rsa() -> Result<Pair> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| no_keys())?;
    let private: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| no_keys())?;
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| no_keys())?;
    Ok((Secret::new(pem("PRIVATE KEY", private.as_ref())), pem("PUBLIC KEY", public.as_ref())))
}

#[cfg(feature = "sm")]
fn sm2() -> Result<Pair> {
    use sm2::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _};
    let mut random = Zeroizing::new([0; 32]);
    rand::fill(&mut *random).map_err(|_| no_keys())?;
    // Out of range is one number in four thousand millions.
    random[0] &= 0x7f;
    let key = sm2::SecretKey::from_slice(&*random).map_err(|_| no_keys())?;
    let private = key.to_pkcs8_der().map_err(|_| no_keys())?;
    let public = key.public_key().to_public_key_der().map_err(|_| no_keys())?;
    Ok((Secret::new(pem("PRIVATE KEY", private.as_bytes())), pem("PUBLIC KEY", public.as_bytes())))
}

fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for (index, character) in STANDARD.encode(der).chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text + &format!("\n-----END {label}-----\n")
}
