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

/// Numbers that follow from a seed and from the number of a request, and look like chance.
#[derive(Debug)]
pub(super) struct Draws(u64);

impl Draws {
    pub(super) fn new(seed: u64, number: u64) -> Self {
        Self(mixed(mixed(seed).wrapping_add(number)))
    }

    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// From 0 to 1, which is never reached.
    pub(super) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number below `end`; none is below 0.
    pub(super) fn below(&mut self, end: u64) -> Option<u64> {
        self.next().checked_rem(end)
    }
}

fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
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

/// A number of up to 15 digits, such as a nonce or the id of a message.
#[cfg(feature = "push")]
pub(super) fn number() -> u64 {
    let [a, b, c, d, e, f, ..] = fresh();
    u64::from_be_bytes([0, 0, a, b, c, d, e, f])
}

/// The same text with other digits: an id that looks like another one.
#[cfg(feature = "push")]
pub(super) fn with_digits(text: &str) -> String {
    let mut draws = fresh().into_iter().cycle();
    // Neither a first 0 nor a last one, which some fields do not take.
    let digit = |draw: u8| char::from(b'1' + draw % 9);
    text.chars().map(|c| if c.is_ascii_digit() { draws.next().map_or(c, digit) } else { c }).collect()
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
    fn draws_look_like_chance_and_come_out_the_same_again() {
        let shares = |seed: u64| (0..10_000).map(move |number| Draws::new(seed, number).share());
        assert!(shares(7).eq(shares(7)) && !shares(7).eq(shares(8)));
        for tenth in 0..10 {
            let range = f64::from(tenth) / 10.0..f64::from(tenth + 1) / 10.0;
            let count = shares(7).filter(|share| range.contains(share)).count();
            assert!((880..1120).contains(&count), "{count} in {range:?}");
        }
        // Neither do the numbers of one request tell those of the next.
        let (mut first, mut second) = (Draws::new(7, 1), Draws::new(7, 2));
        first.next();
        assert_ne!(first.next(), second.next());
        assert_eq!(first.below(0), None);
        assert!((0..100).all(|_| first.below(3).is_some_and(|number| number < 3)));
    }

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
