//! Values that travel in another form than their type's: JSON text in a string, and bools as numbers.

use std::borrow::Cow;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::Value;

use super::de::{Form, Wire, is_strict};
use super::ser::Skip;
use crate::parts::Text;

/// As JSON text in a string, or as it is.
#[doc(hidden)]
#[derive(Debug)]
pub struct JsonText;

impl Form for JsonText {
    fn read<'de, T: Wire, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        let value = match Value::deserialize(deserializer)? {
            Value::String(text) if text.trim().is_empty() => return Ok(None),
            Value::String(text) => match serde_json::from_str(&text) {
                Ok(value) => value,
                // Whoever may answer anything may answer a bare text; what a caller writes is a slip of the pen.
                Err(_) if T::EXPECTED == Value::EXPECTED && !is_strict() => Value::String(text),
                Err(_) => {
                    return Err(D::Error::custom(format_args!("expected {} as JSON in a string", T::EXPECTED)));
                }
            },
            value => value,
        };
        T::read(value).map_err(D::Error::custom)
    }
}

/// Writes a value as JSON text in a string.
#[doc(hidden)]
pub fn json_text<T: Serialize + Skip>(value: &T) -> AsJsonText<'_, T> {
    AsJsonText(value)
}

#[doc(hidden)]
#[derive(Debug)]
pub struct AsJsonText<'a, T>(&'a T);

impl<T: Skip> Skip for AsJsonText<'_, T> {
    fn skip(&self) -> bool {
        self.0.skip()
    }
}

impl<T: Serialize> Serialize for AsJsonText<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&serde_json::to_string(self.0).map_err(S::Error::custom)?)
    }
}

impl<T: Serialize + Skip> Text for AsJsonText<'_, T> {
    fn text(&self) -> Cow<'_, str> {
        // What a struct of the spec holds can always be written.
        serde_json::to_string(self.0).unwrap_or_default().into()
    }
    fn given(&self) -> Option<Cow<'_, str>> {
        (!self.0.skip()).then(|| self.text())
    }
}

/// Writes a bool as 0 or 1.
#[doc(hidden)]
pub fn zero_or_one<T: Copy + Into<Option<bool>>>(value: &T) -> Option<u8> {
    (*value).into().map(u8::from)
}
