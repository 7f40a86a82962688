//! Writing: only the fields that were set.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::SerializeMap;

/// Whether a field has nothing to write.
#[doc(hidden)]
pub trait Skip {
    fn skip(&self) -> bool {
        false
    }
}

impl<T> Skip for Option<T> {
    fn skip(&self) -> bool {
        self.is_none()
    }
}

/// Lists in answers are bare, and empty when they were absent.
impl<T> Skip for Vec<T> {
    fn skip(&self) -> bool {
        self.is_empty()
    }
}

impl<K, V> Skip for BTreeMap<K, V> {
    fn skip(&self) -> bool {
        self.is_empty()
    }
}

macro_rules! never {
    ($($type:ty),*) => {$(impl Skip for $type {})*};
}

never!(&str, String, bool, i64, u64, u32, u8, f64, crate::secret::Secret, super::Timestamp, super::TimestampMs);

impl Skip for serde_json::Value {
    fn skip(&self) -> bool {
        self.is_null()
    }
}

/// Writes a field unless it has nothing to write.
#[doc(hidden)]
pub fn put<M: SerializeMap, T: Serialize + Skip>(map: &mut M, name: &'static str, value: &T) -> Result<(), M::Error> {
    if value.skip() { Ok(()) } else { map.serialize_entry(name, value) }
}
