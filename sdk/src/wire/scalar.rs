//! The values that JSON writes without braces, read whatever way WeChat wrote them.

use std::borrow::Cow;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use crate::secret::Secret;

/// What stood where a value was expected.
#[doc(hidden)]
#[derive(Debug)]
pub enum Scalar<'de> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Text(Cow<'de, str>),
    /// An empty list: what PHP-minded services write for "nothing".
    EmptyList,
}

impl<'de> Scalar<'de> {
    pub(crate) fn read<D: Deserializer<'de>>(deserializer: D, expected: &'static str) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor { expected })
    }

    /// Reads a scalar where an object has begun, which only serde_json's private form of a number may do.
    pub(crate) fn read_map<A: MapAccess<'de>>(map: A, expected: &'static str) -> Result<Self, A::Error> {
        ScalarVisitor { expected }.visit_map(map)
    }

    /// What to call it in an error. Never its content: it may be a secret.
    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Scalar::Null => "null",
            Scalar::Bool(_) => "a boolean",
            Scalar::Int(_) | Scalar::Uint(_) | Scalar::Float(_) => "a number that does not fit",
            Scalar::Text(text) if text.is_empty() => "an empty string",
            Scalar::Text(_) => "a string",
            Scalar::EmptyList => "an empty list",
        }
    }

    /// Whether it stands for "not there" where anything but a string is documented.
    pub(crate) fn is_absent(&self) -> bool {
        match self {
            Scalar::Null | Scalar::EmptyList => true,
            Scalar::Text(text) => text.is_empty(),
            _ => false,
        }
    }

    #[doc(hidden)]
    pub fn into_text(self) -> Option<Cow<'de, str>> {
        match self {
            Scalar::Text(text) => Some(text),
            Scalar::Int(number) => Some(Cow::Owned(number.to_string())),
            Scalar::Uint(number) => Some(Cow::Owned(number.to_string())),
            // A longer number has lost digits by now: an id that silently became another is worse than an error.
            Scalar::Float(number) => (number.abs() < EXACT).then(|| Cow::Owned(number.to_string())),
            Scalar::Bool(value) => Some(Cow::Borrowed(if value { "true" } else { "false" })),
            Scalar::Null | Scalar::EmptyList => None,
        }
    }

    #[doc(hidden)]
    pub fn into_i64(self) -> Option<i64> {
        match self {
            Scalar::Int(number) => Some(number),
            Scalar::Uint(number) => number.try_into().ok(),
            Scalar::Float(number) => whole(number),
            Scalar::Bool(value) => Some(i64::from(value)),
            Scalar::Text(text) => {
                let text = text.trim();
                text.parse().ok().or_else(|| text.parse().ok().and_then(whole))
            }
            Scalar::Null | Scalar::EmptyList => None,
        }
    }

    fn into_u64(self) -> Option<u64> {
        match self {
            Scalar::Uint(number) => Some(number),
            Scalar::Text(text) if text.trim().parse::<u64>().is_ok() => text.trim().parse().ok(),
            other => other.into_i64().and_then(|number| number.try_into().ok()),
        }
    }

    fn into_f64(self) -> Option<f64> {
        let number = match self {
            Scalar::Int(number) => number as f64,
            Scalar::Uint(number) => number as f64,
            Scalar::Float(number) => number,
            Scalar::Text(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        number.is_finite().then_some(number)
    }

    fn into_bool(self) -> Option<bool> {
        match self {
            Scalar::Bool(value) => Some(value),
            Scalar::Int(0) | Scalar::Uint(0) => Some(false),
            Scalar::Int(1) | Scalar::Uint(1) => Some(true),
            Scalar::Float(0.0) => Some(false),
            Scalar::Float(1.0) => Some(true),
            Scalar::Text(text) => match text.trim() {
                "true" | "True" | "TRUE" | "1" => Some(true),
                "false" | "False" | "FALSE" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}

/// 2^52. A float names one integer up to 2^53, but serde_json's may be wrong by one in the last binary digit. Below 2^52
/// that digit is a fraction, so that a wrong number is refused and not taken for its neighbour.
const EXACT: f64 = 4_503_599_627_370_496.0;

/// `90.0` is 90; `90.5` is no whole number.
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && number.abs() < EXACT).then_some(number as i64)
}

struct ScalarVisitor {
    expected: &'static str,
}

/// The key under which serde_json, with the feature `arbitrary_precision` that any crate in a tree can turn on,
/// hands out numbers as maps.
pub(super) const PRIVATE_NUMBER: &str = "$serde_json::private::Number";

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Int(value))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).map_or(Scalar::Uint(value), Scalar::Int))
    }
    // Beyond 64 bits no value of WeChat's is known; serde's own refusal would print the number.
    fn visit_i128<E>(self, value: i128) -> Result<Self::Value, E> {
        Ok(Scalar::Float(value as f64))
    }
    fn visit_u128<E>(self, value: u128) -> Result<Self::Value, E> {
        Ok(Scalar::Float(value as f64))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Float(value))
    }
    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(value.to_owned())))
    }
    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(value)))
    }
    fn visit_string<E>(self, value: String) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(value)))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }
    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        match list.next_element::<de::IgnoredAny>()? {
            None => Ok(Scalar::EmptyList),
            Some(_) => Err(de::Error::custom(format_args!("expected {}, got a list", self.expected))),
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        match map.next_key::<String>()? {
            Some(key) if key == PRIVATE_NUMBER => {
                let text: String = map.next_value()?;
                let number = text.parse().map(Scalar::Int).or_else(|_| text.parse().map(Scalar::Uint));
                Ok(number.or_else(|_| text.parse().map(Scalar::Float)).unwrap_or(Scalar::Text(Cow::Owned(text))))
            }
            _ => Err(de::Error::custom(format_args!("expected {}, got an object", self.expected))),
        }
    }
}

crate::wire::scalar_wire!(Timestamp, "a Unix time in seconds", |value| value.into_i64().map(Self));
crate::wire::scalar_wire!(TimestampMs, "a Unix time in milliseconds", |value| value.into_i64().map(Self));

macro_rules! plain {
    ($($type:ty, $expected:literal, $convert:expr;)*) => {$(
        impl super::Wire for $type {
            const EXPECTED: &'static str = $expected;
            fn from_scalar(value: Scalar<'_>) -> Option<Self> {
                #[allow(clippy::redundant_closure_call)]
                ($convert)(value)
            }
        }
    )*};
}

plain! {
    bool, "true or false", Scalar::into_bool;
    i64, "a whole number", Scalar::into_i64;
    u64, "a whole number from 0", Scalar::into_u64;
    u32, "a whole number from 0 to 4294967295", |value: Scalar<'_>| value.into_u64().and_then(|n| n.try_into().ok());
    u8, "a whole number from 0 to 255", |value: Scalar<'_>| value.into_u64().and_then(|n| n.try_into().ok());
    f64, "a number", Scalar::into_f64;
}

impl super::Wire for String {
    const EXPECTED: &'static str = "a string";
    const EMPTY_TEXT_IS_A_VALUE: bool = true;
    fn from_scalar(value: Scalar<'_>) -> Option<Self> {
        value.into_text().map(Cow::into_owned)
    }
}

impl super::Wire for Secret {
    const EXPECTED: &'static str = "a string";
    const EMPTY_TEXT_IS_A_VALUE: bool = true;
    fn from_scalar(value: Scalar<'_>) -> Option<Self> {
        value.into_text().map(Secret::new)
    }
}

macro_rules! timestamp {
    ($name:ident, $unit:literal, $from_duration:ident, $as:ident) => {
        #[doc = concat!("A point in time as WeChat writes it: ", $unit, " since 1970-01-01 UTC.")]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            #[doc = concat!("The time so many ", $unit, " after 1970-01-01 UTC.")]
            #[must_use]
            pub const fn new(value: i64) -> Self {
                Self(value)
            }

            #[doc = concat!("The ", $unit, " since 1970-01-01 UTC.")]
            #[must_use]
            pub const fn get(self) -> i64 {
                self.0
            }

            /// The same as a [`SystemTime`]. `None` where the system cannot express it.
            #[must_use]
            pub fn to_system_time(self) -> Option<SystemTime> {
                let distance = Duration::$from_duration(self.0.unsigned_abs());
                if self.0 < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) }
            }
        }

        impl From<i64> for $name {
            fn from(value: i64) -> Self {
                Self(value)
            }
        }

        impl From<SystemTime> for $name {
            fn from(time: SystemTime) -> Self {
                match time.duration_since(UNIX_EPOCH) {
                    Ok(after) => Self(after.$as().try_into().unwrap_or(i64::MAX)),
                    Err(before) => Self(i64::try_from(before.duration().$as()).map_or(i64::MIN, |n| -n)),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.0)
            }
        }
    };
}

timestamp!(Timestamp, "seconds", from_secs, as_secs);
timestamp!(TimestampMs, "milliseconds", from_millis, as_millis);

/// A value of an enum that this version of the crate does not know. It is kept, and can be sent.
///
/// It is opaque, so that naming the value later breaks nobody; `as_str` or `as_i64` of the enum shows it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UnknownValue(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Text(Box<str>),
    Number(i64),
}

impl UnknownValue {
    #[doc(hidden)]
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        Self(Repr::Text(text.into()))
    }

    #[doc(hidden)]
    #[must_use]
    pub fn from_number(number: i64) -> Self {
        Self(Repr::Number(number))
    }

    #[doc(hidden)]
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.0 {
            Repr::Text(text) => text,
            Repr::Number(_) => "",
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub fn number(&self) -> i64 {
        match &self.0 {
            Repr::Text(_) => 0,
            Repr::Number(number) => *number,
        }
    }
}

impl fmt::Debug for UnknownValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Text(text) => text.fmt(f),
            Repr::Number(number) => number.fmt(f),
        }
    }
}
