//! What is kept, what can be opened, and how keys are read.

use std::sync::Arc;

use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE};
use proptest::prelude::*;
use tracing::instrument::WithSubscriber as _;

use super::super::tests::Log;
use super::super::{FileStore, MemoryStore};
use super::*;
use crate::error::ErrorKind;

const LONG: Duration = Duration::from_secs(60);

fn app() -> TokenKey {
    TokenKey::new("wx0123456789abcdef", "stable").unwrap()
}

fn seal_key(byte: u8) -> SealKey {
    SealKey::from_bytes([byte; KEY])
}

fn sealed(store: &Arc<MemoryStore>, byte: u8) -> SealedStore<Arc<MemoryStore>> {
    SealedStore::new(Arc::clone(store), seal_key(byte))
}

/// Saves under a lease of its own.
async fn save(store: &impl TokenStore, key: &TokenKey, token: &str) -> u64 {
    let lease = store.acquire(key, LONG).await.unwrap().unwrap();
    let fence = lease.fence();
    assert!(store.save(key, &token.into(), LONG, &lease).await.unwrap());
    store.release(key, lease).await.unwrap();
    fence
}

async fn loaded(store: &impl TokenStore, key: &TokenKey) -> Option<String> {
    store.load(key).await.unwrap().map(|stored| stored.token.expose().to_owned())
}

#[tokio::test]
async fn the_inner_store_never_sees_the_token() {
    let (inner, key) = (Arc::new(MemoryStore::new()), app());
    let store = sealed(&inner, 1);
    let token = "recognisable".repeat(50);
    let generation = save(&store, &key, &token).await;
    let kept = inner.load(&key).await.unwrap().unwrap();
    let text = kept.token.expose();
    assert!(text.starts_with("v1.") && !text.contains("recognisable"), "{text}");
    let bytes = URL_SAFE_NO_PAD.decode(&text[3..]).unwrap();
    assert_eq!(bytes.len(), NONCE + token.len() + 16);
    assert_eq!(loaded(&store, &key).await, Some(token.clone()));
    let stored = store.load(&key).await.unwrap().unwrap();
    assert_eq!((stored.generation, stored.life), (generation, LONG));
    // The same token never looks the same.
    save(&store, &key, &token).await;
    assert_ne!(inner.load(&key).await.unwrap().unwrap().token.expose(), text);
}

/// So that a value of today is opened tomorrow: sealed by Python's `cryptography`, AESGCM, with the key of 32 times
/// 0x07, the nonce of 12 times 0x09, and what it is bound to as `context` writes it.
#[test]
fn the_format_stays() {
    let bound = context(&app(), 1_767_225_599_123_456);
    assert_eq!(
        bound,
        b"weapp token v1\0\0\0\0\0\0\0\x12wx0123456789abcdef\0\0\0\0\0\0\0\x06stable\x00\x06\x47\x48\x46\x12\xe0\x00"
    );
    let text = "v1.CQkJCQkJCQkJCQkJRqXw-9WVr0HPBOsK1tiVqvsoarKJ0iQ-lRrKgrKPRQ";
    let store = SealedStore::new(MemoryStore::new(), seal_key(7));
    let stored = StoredToken::new(text.into(), LONG, LONG, 1_767_225_599_123_456);
    assert_eq!(store.open(&app(), &stored).unwrap().expose(), "a token of 2026");
}

#[tokio::test]
async fn what_can_not_be_opened_counts_as_none_and_is_replaced() {
    let (inner, key) = (Arc::new(MemoryStore::new()), app());
    // From before encryption was switched on.
    save(&inner, &key, "plain").await;
    let log = Log::default();
    let (store, other) = (sealed(&inner, 1), sealed(&inner, 2));
    async {
        for _ in 0..3 {
            assert_eq!(loaded(&store, &key).await, None);
        }
        assert_eq!(log.warnings().len(), 1, "once for each value: {log:?}");
        assert!(log.warnings()[0].contains("not encrypted"), "{log:?}");
        save(&store, &key, "sealed").await;
        assert_eq!(loaded(&store, &key).await.as_deref(), Some("sealed"));
        for _ in 0..3 {
            assert_eq!(loaded(&other, &key).await, None, "another key");
        }
        assert_eq!(log.warnings().len(), 2, "{log:?}");
        assert!(log.warnings()[1].contains("another key") && log.warnings()[1].contains(key.appid()), "{log:?}");
        for text in ["v1.", "v1.%%%", "v1.AAAA", "v2.AAAA", "", "v1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            save(&inner, &key, text).await;
            assert_eq!(loaded(&store, &key).await, None, "{text}");
        }
        save(&store, &key, "again").await;
        assert_eq!(loaded(&store, &key).await.as_deref(), Some("again"));
    }
    .with_subscriber(log.subscriber())
    .await;
    assert!(!log.text().contains("plain"), "{log:?}");
}

#[tokio::test]
async fn keys_are_rotated() {
    let (inner, key) = (Arc::new(MemoryStore::new()), app());
    save(&sealed(&inner, 1), &key, "old").await;
    let both = sealed(&inner, 2).also_open(seal_key(3)).also_open(seal_key(1));
    assert_eq!(loaded(&both, &key).await.as_deref(), Some("old"));
    save(&both, &key, "new").await;
    assert_eq!(loaded(&sealed(&inner, 1), &key).await, None, "written with the first");
    assert_eq!(loaded(&sealed(&inner, 2), &key).await.as_deref(), Some("new"));
}

#[tokio::test]
async fn a_value_is_bound_to_its_place() {
    let inner = Arc::new(MemoryStore::new());
    let store = sealed(&inner, 1);
    let key = app();
    save(&store, &key, "mine").await;
    let value = inner.load(&key).await.unwrap().unwrap().token.expose().to_owned();
    // A later generation of the same key.
    save(&inner, &key, &value).await;
    assert_eq!(loaded(&store, &key).await, None);
    for (appid, kind) in [("wx0123456789abcdee", "stable"), ("wx0123456789abcdef", "classic")] {
        let other = TokenKey::new(appid, kind).unwrap();
        // The same generation as that of the value.
        assert_eq!(save(&inner, &other, &value).await, 1);
        assert_eq!(loaded(&store, &other).await, None, "{appid} {kind}");
    }
}

#[tokio::test]
async fn an_error_of_the_inner_store_stays_one() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let store = SealedStore::new(FileStore::new(file), seal_key(1));
    assert!(store.load(&app()).await.is_err());
}

#[test]
fn keys_are_read_in_all_their_spellings() {
    // All values of six bits, so that both alphabets show their difference.
    let bytes: [u8; KEY] = std::array::from_fn(|index| (index * 37 + 251) as u8);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(STANDARD.encode(bytes).contains(['+', '/']));
    let spellings = [
        STANDARD.encode(bytes),
        STANDARD_NO_PAD.encode(bytes),
        URL_SAFE.encode(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
        format!("  {}\r\n", STANDARD.encode(bytes)),
        hex.clone(),
        hex.to_uppercase(),
    ];
    let (token, nonce) = (Secret::new("a token"), [3; NONCE]);
    let sealed = SealKey::from_bytes(bytes).seal(&token, b"here").unwrap();
    let value = URL_SAFE_NO_PAD.decode(&sealed.expose()[3..]).unwrap();
    for spelling in spellings {
        let key = SealKey::parse(spelling.as_str()).unwrap();
        assert!(key.open(value[..NONCE].try_into().unwrap(), &value[NONCE..], b"here").is_some(), "{spelling}");
        assert!(key.open(nonce, &value[NONCE..], b"here").is_none());
    }
}

#[test]
fn what_is_no_key_says_how_to_make_one() {
    for (text, says) in [
        ("", "0 bytes"),
        ("c2hvcnQ=", "5 bytes"),
        (&"ab".repeat(16), "24 bytes"),
        (&"AAAA".repeat(11), "33 bytes"),
        ("hunter2 hunter2", "neither base64"),
        ("密钥", "neither base64"),
    ] {
        let error = SealKey::parse(text).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        let told = error.to_string();
        assert!(told.contains(says) && told.contains("openssl rand -base64 32"), "{told}");
        assert!(!told.contains("hunter2"), "{told}");
    }
}

#[test]
fn keys_are_wiped_and_never_shown() {
    fn wiped<T: zeroize::ZeroizeOnDrop>() {}
    wiped::<Aes256Gcm>();
    let key = SealKey::from_bytes([0x41; KEY]);
    assert_eq!(format!("{key:?}"), "SealKey(..)");
    let store = SealedStore::new(MemoryStore::new(), key.clone()).also_open(key);
    assert_eq!(format!("{store:?}"), "SealedStore { keys: 2, .. }");
}

proptest! {
    #[test]
    fn what_is_sealed_is_opened_and_nothing_else(
        token in any::<String>(), bytes in any::<[u8; KEY]>(), other in any::<[u8; KEY]>(), generation in any::<u64>(),
        appid in "[a-zA-Z0-9]{0,20}", kind in "[a-z0-9_-]{1,32}", flip in any::<prop::sample::Index>(),
    ) {
        prop_assume!(bytes != other);
        let key = TokenKey::new(&appid, &kind).unwrap();
        let store = SealedStore::new(MemoryStore::new(), SealKey::from_bytes(bytes));
        let sealed = store.key.seal(&Secret::new(token.clone()), &context(&key, generation)).unwrap();
        let stored = |text: &str, generation| StoredToken::new(text.into(), LONG, LONG, generation);
        let whole = stored(sealed.expose(), generation);
        let opened = store.open(&key, &whole).unwrap();
        prop_assert_eq!(opened.expose(), &token);

        // One bit of the nonce, of the token or of the tag.
        let mut value = URL_SAFE_NO_PAD.decode(&sealed.expose()[3..]).unwrap();
        let bit = flip.index(value.len() * 8);
        value[bit / 8] ^= 1 << (bit % 8);
        let flipped = format!("v1.{}", URL_SAFE_NO_PAD.encode(&value));
        prop_assert!(store.open(&key, &stored(&flipped, generation)).is_err());
        // One character of the text.
        let mut text = sealed.expose().to_owned().into_bytes();
        let at = flip.index(text.len());
        text[at] ^= 1;
        prop_assert!(store.open(&key, &stored(std::str::from_utf8(&text).unwrap(), generation)).is_err());
        // Cut short.
        prop_assert!(store.open(&key, &stored(&sealed.expose()[..at], generation)).is_err());

        let stranger = SealedStore::new(MemoryStore::new(), SealKey::from_bytes(other));
        prop_assert!(stranger.open(&key, &whole).is_err());
        prop_assert!(store.open(&key, &stored(sealed.expose(), generation.wrapping_add(1))).is_err());
        let moved = TokenKey::new(&format!("{appid}x"), &kind).unwrap();
        prop_assert!(store.open(&moved, &whole).is_err());
        // The same characters, divided otherwise.
        let (first, rest) = kind.split_at(1);
        if !rest.is_empty() {
            let divided = TokenKey::new(&format!("{appid}{first}"), rest).unwrap();
            prop_assert!(store.open(&divided, &whole).is_err());
        }
        let other_kind = TokenKey::new(&appid, if kind == "stable" { "classic" } else { "stable" }).unwrap();
        prop_assert!(store.open(&other_kind, &whole).is_err());
    }
}
