//! Tokens encrypted at rest.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aes_gcm::aead::common::Generate as _;
use aes_gcm::{AeadInOut as _, Aes256Gcm, KeyInit as _};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use zeroize::{Zeroize as _, Zeroizing};

use super::{Lease, StoreError, StoredToken, Storing, TokenKey, TokenStore};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// How long a key is, in bytes.
const KEY: usize = 32;
const NONCE: usize = 12;
const VERSION: &str = "v1.";

/// A key for [`SealedStore`]: 32 bytes that nobody else knows. `openssl rand -base64 32` makes one.
///
/// `Debug` shows nothing of it, and its memory is wiped when it is dropped.
#[derive(Clone)]
pub struct SealKey(Box<Aes256Gcm>);

impl SealKey {
    /// The key with these bytes.
    #[must_use]
    pub fn from_bytes(mut bytes: [u8; KEY]) -> Self {
        let key = Self::of(&bytes);
        bytes.zeroize();
        key
    }

    /// Reads a key from its text: base64 (either alphabet, with or without padding) or 64 hexadecimal digits. White
    /// space around it is ignored, such as the line's end in a file.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when that does not make 32 bytes.
    pub fn parse(text: impl Into<Secret>) -> Result<Self> {
        const REMEDY: &str = "make a key with `openssl rand -base64 32`, and give what it prints";
        let secret = text.into();
        let text = secret.expose().trim();
        let bytes = if text.len() == 2 * KEY && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            text.as_bytes().as_chunks().0.iter().map(|&[high, low]| 16 * hex(high) + hex(low)).collect()
        } else {
            let alphabet = if text.contains(['-', '_']) { &alphabet::URL_SAFE } else { &alphabet::STANDARD };
            let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
            GeneralPurpose::new(alphabet, config).decode(text).map_err(|_| {
                Error::config("the key for tokens at rest is neither base64 nor 64 hexadecimal digits", REMEDY)
            })?
        };
        let bytes = Zeroizing::new(bytes);
        match <&[u8; KEY]>::try_from(bytes.as_slice()) {
            Ok(key) => Ok(Self::of(key)),
            Err(_) => {
                let what = format!("the key for tokens at rest has {} bytes instead of {KEY}", bytes.len());
                Err(Error::config(what, REMEDY))
            }
        }
    }

    fn of(bytes: &[u8; KEY]) -> Self {
        Self(Box::new(Aes256Gcm::new(bytes.into())))
    }

    fn seal(&self, token: &Secret, context: &[u8]) -> Result<Secret, StoreError> {
        let nonce = <[u8; NONCE]>::try_generate()
            .map_err(|error| format!("the operating system gives no random numbers: {error}"))?;
        // Room for the tag: growing would leave a copy of the token behind.
        let mut sealed = Zeroizing::new(Vec::with_capacity(token.expose().len() + 16));
        sealed.extend_from_slice(token.expose().as_bytes());
        self.0
            .encrypt_in_place(&nonce.into(), context, &mut *sealed)
            .map_err(|_| "the token is too long to encrypt")?;
        Ok(format!("{VERSION}{}", URL_SAFE_NO_PAD.encode([&nonce, sealed.as_slice()].concat())).into())
    }

    fn open(&self, nonce: [u8; NONCE], sealed: &[u8], context: &[u8]) -> Option<Secret> {
        let mut token = Zeroizing::new(sealed.to_vec());
        self.0.decrypt_in_place(&nonce.into(), context, &mut *token).ok()?;
        Some(Secret::new(std::str::from_utf8(&token).ok()?))
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(..)")
    }
}

/// Encrypts the tokens that another store keeps, with AES-256-GCM.
///
/// ```no_run
/// use weapp::token::{FileStore, SealKey, SealedStore};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let key = SealKey::parse(std::env::var("TOKEN_KEY")?)?;
/// let store = SealedStore::new(FileStore::new("/var/lib/my-service/weapp"), key);
/// let client = weapp::Client::builder().token_store(store).build()?;
/// # Ok(()) }
/// ```
///
/// # What is kept
///
/// In the token's place the text `v1.` and, in URL-safe base64 without padding, a nonce of 12 bytes, the encrypted
/// token, and the tag of 16 bytes. The nonce is random, from the operating system. The AppID, the source's kind and the
/// generation are bound to it: a value that was put in the place of another one is refused. Lives, leases and
/// generations are not hidden.
///
/// # What can not be opened
///
/// A value that was sealed with another key, was changed, or is from the time before encryption was switched on counts
/// as no token: a token can always be fetched again, and the new one replaces the value. An error instead would come
/// back with every call until somebody deletes the value by hand. There is one `tracing` warning for each such value.
///
/// # Changing the key
///
/// Give the new key first and the old one to [`also_open`](Self::also_open). After two hours, the longest life of a
/// token, nothing is left that the old one sealed. Where several processes share the store, let all of them know the
/// new key by `also_open` before the first of them seals with it: a process without it can not read the others' tokens,
/// and fetches its own.
pub struct SealedStore<S> {
    store: S,
    key: SealKey,
    others: Vec<SealKey>,
    /// The generation that was warned of last.
    warned: Mutex<HashMap<TokenKey, u64>>,
}

impl<S: TokenStore> SealedStore<S> {
    /// Encrypts what `store` keeps with this key.
    #[must_use]
    pub fn new(store: S, key: SealKey) -> Self {
        Self { store, key, others: Vec::new(), warned: Mutex::default() }
    }

    /// Opens what this key sealed, too. Nothing is sealed with it.
    #[must_use]
    pub fn also_open(mut self, key: SealKey) -> Self {
        self.others.push(key);
        self
    }

    fn open(&self, key: &TokenKey, stored: &StoredToken) -> Result<Secret, &'static str> {
        let text = stored.token.expose();
        let Some(encoded) = text.strip_prefix(VERSION) else {
            return Err("it is not encrypted, or by a newer version of weapp");
        };
        let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| "it is damaged")?;
        let (nonce, sealed) = bytes.split_first_chunk().ok_or("it is damaged")?;
        let context = context(key, stored.generation);
        std::iter::once(&self.key)
            .chain(&self.others)
            .find_map(|key| key.open(*nonce, sealed, &context))
            .ok_or("it was encrypted with another key or for another app, or was changed")
    }

    fn warn(&self, key: &TokenKey, generation: u64, why: &str) {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.insert(key.clone(), generation) != Some(generation) {
            tracing::warn!(
                target: "weapp",
                app = key.appid(),
                kind = key.kind(),
                why,
                "the token in the store can not be opened and counts as none; if that happens again, see that all \
                 processes that share the store have the same keys"
            );
        }
    }
}

/// What a sealed token is bound to.
fn context(key: &TokenKey, generation: u64) -> Vec<u8> {
    let mut context = b"weapp token v1".to_vec();
    for part in [key.appid(), key.kind()] {
        context.extend_from_slice(&(part.len() as u64).to_be_bytes());
        context.extend_from_slice(part.as_bytes());
    }
    context.extend_from_slice(&generation.to_be_bytes());
    context
}

impl<S> fmt::Debug for SealedStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedStore").field("keys", &(1 + self.others.len())).finish_non_exhaustive()
    }
}

impl<S: TokenStore> TokenStore for SealedStore<S> {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Storing<'a, Option<StoredToken>> {
        Box::pin(async move {
            let Some(stored) = self.store.load(key).await? else { return Ok(None) };
            Ok(match self.open(key, &stored) {
                Ok(token) => Some(StoredToken { token, ..stored }),
                Err(why) => {
                    self.warn(key, stored.generation, why);
                    None
                }
            })
        })
    }

    fn acquire<'a>(&'a self, key: &'a TokenKey, ttl: Duration) -> Storing<'a, Option<Lease>> {
        self.store.acquire(key, ttl)
    }

    fn renew<'a>(&'a self, key: &'a TokenKey, lease: &'a Lease, ttl: Duration) -> Storing<'a, bool> {
        self.store.renew(key, lease, ttl)
    }

    fn save<'a>(&'a self, key: &'a TokenKey, token: &'a Secret, life: Duration, lease: &'a Lease) -> Storing<'a, bool> {
        Box::pin(async move {
            let sealed = self.key.seal(token, &context(key, lease.fence()))?;
            self.store.save(key, &sealed, life, lease).await
        })
    }

    fn release<'a>(&'a self, key: &'a TokenKey, lease: Lease) -> Storing<'a, ()> {
        self.store.release(key, lease)
    }

    fn expire<'a>(&'a self, key: &'a TokenKey, generation: u64) -> Storing<'a, bool> {
        self.store.expire(key, generation)
    }
}
