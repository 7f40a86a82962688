//! The members of a JSON object in their order, each as it is written: what is taken apart here is put together again
//! without a byte of a value changed.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

pub(crate) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// `None` if it is no JSON object.
    pub(crate) fn read(json: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.get())
    }

    /// A member that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.get(name)?).ok()
    }

    /// The object without these members.
    pub(crate) fn without(&self, names: &[&str]) -> Vec<u8> {
        let mut json = b"{".to_vec();
        for (name, value) in self.0.iter().filter(|(name, _)| !names.contains(&&**name)) {
            if json.len() > 1 {
                json.push(b',');
            }
            push_member(&mut json, name, value.get().as_bytes());
        }
        json.push(b'}');
        json
    }
}

/// Adds `"name":value`; the value is JSON already.
pub(crate) fn push_member(json: &mut Vec<u8>, name: &str, value: &[u8]) {
    push_text(json, name);
    json.push(b':');
    json.extend_from_slice(value);
}

/// Adds a text as JSON.
pub(crate) fn push_text(json: &mut Vec<u8>, text: &str) {
    // A text can always be written, and a vector takes all that is written.
    let _ = serde_json::to_writer(json, text);
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, map.next_value()?));
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Reader).map(Self)
    }
}

/// A name, borrowed where it holds no escape.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
                Ok(name.into())
            }
            fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
                Ok(name.to_owned().into())
            }
        }
        deserializer.deserialize_str(Reader).map(Self)
    }
}
