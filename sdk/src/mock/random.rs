//! Texts that must differ, and texts that must come out the same again.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

/// The same for the same parts, in every run.
pub(super) fn digest(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Different whenever it is called, and in every process.
fn fresh() -> [u8; 32] {
    static SEED: OnceLock<u64> = OnceLock::new();
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let seed = SEED.get_or_init(|| RandomState::new().hash_one(SystemTime::now()));
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    digest(&[&seed.to_string(), &count.to_string()])
}

/// An access token as long as WeChat asks its callers to make room for: 512 characters.
pub(super) fn token() -> String {
    let mut token = String::from("mock_");
    while token.len() < 512 {
        URL_SAFE_NO_PAD.encode_string(fresh(), &mut token);
    }
    token.truncate(512);
    token
}

/// An initialisation vector.
pub(super) fn iv() -> [u8; 16] {
    first_16(fresh())
}

/// `8hex-8hex-8hex`, of which the first is the time, as in WeChat's own.
pub(super) fn rid() -> String {
    let [a, b, c, d, e, f, g, h, ..] = fresh();
    let (second, third) = (u32::from_be_bytes([a, b, c, d]), u32::from_be_bytes([e, f, g, h]));
    format!("{:08x}-{second:08x}-{third:08x}", unix_time() & 0xffff_ffff)
}

/// The time in seconds.
pub(super) fn unix_time() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

/// A login's session_key.
pub(super) fn session_key(js_code: &str) -> String {
    STANDARD.encode(first_16(digest(&["session_key", js_code])))
}

/// 28 characters, the first of them `o`, as in WeChat's own openids.
pub(super) fn openid(scope: &str, user: &str) -> String {
    let mut openid = format!("o{}", URL_SAFE_NO_PAD.encode(digest(&["openid", scope, user])));
    openid.truncate(28);
    openid
}

fn first_16(bytes: [u8; 32]) -> [u8; 16] {
    let mut first = [0; 16];
    first.copy_from_slice(&bytes[..16]);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        assert_eq!(STANDARD.decode(session_key("code")).unwrap().len(), 16);
        assert_eq!(session_key("code"), session_key("code"));
        assert_ne!(session_key("code"), session_key("another"));
        assert_eq!(openid("wx1", "a").len(), 28);
        assert_ne!(openid("wx1", "a"), openid("wx2", "a"));
        assert_ne!(token(), token());
        assert_eq!(token().len(), 512);
        let rid = rid();
        let parts: Vec<_> = rid.split('-').collect();
        assert_eq!(parts.len(), 3);
        assert!(parts.iter().all(|part| part.len() == 8 && part.chars().all(|c| c.is_ascii_hexdigit())), "{rid}");
    }
}
