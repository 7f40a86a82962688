//! A text that never prints.

use std::cell::Cell;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// A text that must not leak: an AppSecret, an access_token, a session_key, a login code.
///
/// It has no `Display`, its `Debug` is redacted, comparing two of them takes the same time wherever they differ,
/// and its memory is wiped when it is dropped. Take the text out with [`expose`](Self::expose), and mind where it goes.
///
/// Serialising a secret fails by design, so that no log or cache receives one by accident:
/// write `secret.expose()` where you do want it stored.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Keeps a text secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the text is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        use subtle::ConstantTimeEq;
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Secret {}

impl<T: Into<String>> From<T> for Secret {
    fn from(text: T) -> Self {
        Self::new(text)
    }
}

thread_local! {
    static REVEALING: Cell<bool> = const { Cell::new(false) };
}

/// Lets secrets be serialised while `write` runs on this thread: for a request's body, and for results by name.
pub(crate) fn revealing<T>(write: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            REVEALING.set(self.0);
        }
    }
    let _restore = Restore(REVEALING.replace(true));
    write()
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if REVEALING.get() {
            serializer.serialize_str(self.expose())
        } else {
            Err(serde::ser::Error::custom("a Secret is not serialised; store `secret.expose()` where you mean to"))
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_and_serialises_nothing() {
        let secret = Secret::new("tiihtNczf5v6AKRyjwEUhQ==");
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        let refused = serde_json::to_string(&secret).unwrap_err();
        assert!(refused.to_string().contains("expose()"), "{refused}");
        assert_eq!(revealing(|| serde_json::to_string(&secret)).unwrap(), r#""tiihtNczf5v6AKRyjwEUhQ==""#);
        assert!(serde_json::to_string(&secret).is_err(), "the reveal must end with its closure");
    }

    #[test]
    fn a_panic_ends_the_reveal() {
        let _ = std::panic::catch_unwind(|| revealing(|| panic!("in the middle")));
        assert!(serde_json::to_string(&Secret::new("x")).is_err());
    }

    #[test]
    fn equality_is_by_content() {
        assert_eq!(Secret::new("a"), Secret::new("a"));
        assert_ne!(Secret::new("a"), Secret::new("b"));
        assert_ne!(Secret::new("a"), Secret::new("ab"));
    }
}
