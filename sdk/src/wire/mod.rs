//! JSON in and out: what turns one generated line per struct into serde's traits.
//!
//! Reading is lenient where WeChat is sloppy. It takes
//!
//! - a number or a bool given as a string and the reverse, and a bool as 0 or 1 and the reverse,
//! - whole numbers as `90.0`, as long as a float surely tells them from their neighbours (below 2^52),
//! - `null`, `""` where no string was documented, and `[]` where no list was, as absent; in a list they are left out,
//! - one element where a list was documented,
//! - fields that a struct does not know, which are skipped (but refused in calls by name, where callers write them),
//!   and a key that stands twice: its last value counts.
//!
//! Everything else is refused, and the error names the path, never the value. A field of type JSON keeps what came,
//! `null` included.
//!
//! The traits serve formats that describe themselves (JSON, YAML, …), since leniency has to see what came.

mod de;
mod envelope;
mod form;
mod path;
mod scalar;
mod sent;
mod ser;

#[cfg(feature = "dynamic")]
pub(crate) use de::strictly;
pub use de::{AsIs, Form, Record, Seen, Slot, Wire, read_record, take, take_always};
pub use envelope::Nothing;
#[cfg(feature = "sign")]
pub(crate) use envelope::repair;
pub(crate) use envelope::{Envelope, Unfit, any_json, is_cut_off, judge};
pub use form::{JsonText, json_text, zero_or_one};
pub(crate) use path::split_path;
pub use scalar::{Scalar, Timestamp, TimestampMs, UnknownValue};
pub use ser::{Skip, put};

/// Reads a struct: `decode!(Name { field: "wire", other: always("wire") })`. `json("wire")` and `always(json "wire")`:
/// the value may come as JSON text in a string.
#[doc(hidden)]
#[macro_export]
macro_rules! __decode {
    ($name:ident { $($body:tt)* }) => {
        $crate::__decode!(@split $name [] [] $($body)*);
    };
    (@split $name:ident [$($opt:tt)*] [$($alw:tt)*] $field:ident : always($wire:literal) $(, $($rest:tt)*)?) => {
        $crate::__decode!(@split $name [$($opt)*] [$($alw)* ($field $wire AsIs)] $($($rest)*)?);
    };
    (@split $name:ident [$($opt:tt)*] [$($alw:tt)*] $field:ident : always(json $wire:literal) $(, $($rest:tt)*)?) => {
        $crate::__decode!(@split $name [$($opt)*] [$($alw)* ($field $wire JsonText)] $($($rest)*)?);
    };
    (@split $name:ident [$($opt:tt)*] [$($alw:tt)*] $field:ident : json($wire:literal) $(, $($rest:tt)*)?) => {
        $crate::__decode!(@split $name [$($opt)* ($field $wire JsonText)] [$($alw)*] $($($rest)*)?);
    };
    (@split $name:ident [$($opt:tt)*] [$($alw:tt)*] $field:ident : $wire:literal $(, $($rest:tt)*)?) => {
        $crate::__decode!(@split $name [$($opt)* ($field $wire AsIs)] [$($alw)*] $($($rest)*)?);
    };
    (@split $name:ident [$(($field:ident $wire:literal $form:ident))*] [$(($afield:ident $awire:literal $aform:ident))*]) => {
        impl $crate::wire::Record for $name {
            const NAME: &'static str = ::core::stringify!($name);
            const ALWAYS: &'static [&'static str] = &[$($awire),*];
            fn empty() -> Self {
                Self { $($field: $crate::wire::Slot::empty(),)* $($afield: $crate::wire::Slot::empty(),)* }
            }
            #[allow(unused_variables)]
            fn field<'de, A: $crate::__serde::de::MapAccess<'de>>(
                &mut self,
                key: &str,
                map: &mut A,
                seen: &mut $crate::wire::Seen,
            ) -> ::core::result::Result<bool, A::Error> {
                match key {
                    $($wire => $crate::wire::take::<$crate::wire::$form, _, _>(map, $wire, &mut self.$field),)*
                    $($awire => {
                        $crate::wire::take_always::<$crate::wire::$aform, Self, _, _>(map, $awire, &mut self.$afield, seen)
                    })*
                    _ => ::core::result::Result::Ok(false),
                }
            }
        }
        impl<'de> $crate::__serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $crate::wire::read_record(deserializer)
            }
        }
        $crate::__wire_for_record!($name);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __wire_for_record {
    ($name:ident) => {
        impl $crate::wire::Wire for $name {
            const EXPECTED: &'static str = "an object";
            fn read<'de, D: $crate::__serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<::core::option::Option<Self>, D::Error> {
                $crate::wire::Record::read_optional(deserializer)
            }
            fn from_map<'de, A: $crate::__serde::de::MapAccess<'de>>(
                map: A,
            ) -> ::core::result::Result<::core::option::Option<Self>, A::Error> {
                $crate::wire::Record::read_map(map).map(::core::option::Option::Some)
            }
        }
        $crate::__bare_slot!($name, $crate::wire::Record::empty());
        impl $crate::wire::Skip for $name {}
    };
}

/// A type that a struct keeps without an `Option` when it is always there.
#[doc(hidden)]
#[macro_export]
macro_rules! __bare_slot {
    ($name:ty, $empty:expr) => {
        impl $crate::wire::Slot for $name {
            type Value = Self;
            fn empty() -> Self {
                $empty
            }
            fn set(&mut self, value: ::core::option::Option<Self>) {
                if let ::core::option::Option::Some(value) = value {
                    *self = value;
                }
            }
        }
    };
}

/// Writes a struct: `encode!(Name { field: "wire", other: unless(field, "wire") })`.
/// `unless(field, …)`: not written when `field` is set. `form(function, …)`: written in that form.
#[doc(hidden)]
#[macro_export]
macro_rules! __encode {
    ($name:ident { $($body:tt)* }) => {
        impl $crate::__serde::Serialize for $name {
            fn serialize<S: $crate::__serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                use $crate::__serde::ser::SerializeMap as _;
                #[allow(unused_mut)]
                let mut map = serializer.serialize_map(::core::option::Option::None)?;
                $crate::__encode!(@each self map $($body)*);
                map.end()
            }
        }
    };
    (@each $self:ident $map:ident) => {};
    (@each $self:ident $map:ident $field:ident : $wire:literal $(, $($rest:tt)*)?) => {
        $crate::wire::put(&mut $map, $wire, &$self.$field)?;
        $crate::__encode!(@each $self $map $($($rest)*)?);
    };
    (@each $self:ident $map:ident $field:ident : unless($other:ident, $wire:literal) $(, $($rest:tt)*)?) => {
        if $self.$other.is_none() {
            $crate::wire::put(&mut $map, $wire, &$self.$field)?;
        }
        $crate::__encode!(@each $self $map $($($rest)*)?);
    };
    (@each $self:ident $map:ident $field:ident : form($form:ident, $wire:literal) $(, $($rest:tt)*)?) => {
        $crate::wire::put(&mut $map, $wire, &$crate::wire::$form(&$self.$field))?;
        $crate::__encode!(@each $self $map $($($rest)*)?);
    };
    (@each $self:ident $map:ident $field:ident : fixed($value:expr, $wire:literal) $(, $($rest:tt)*)?) => {
        $map.serialize_entry($wire, &$value)?;
        $crate::__encode!(@each $self $map $($($rest)*)?);
    };
}

/// An open enum that travels as a string: `text_enum!(Name { Variant: "wire" })`.
#[doc(hidden)]
#[macro_export]
macro_rules! __text_enum {
    ($name:ident { $($variant:ident : $wire:literal),* $(,)? }) => {
        impl $name {
            /// The value as WeChat writes it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::Unknown(value) => value.text(),
                }
            }
        }
        impl ::core::convert::From<&str> for $name {
            fn from(value: &str) -> Self {
                match value {
                    $($wire => Self::$variant,)*
                    _ => Self::Unknown($crate::wire::UnknownValue::from_text(value)),
                }
            }
        }
        impl ::core::convert::From<::std::string::String> for $name {
            fn from(value: ::std::string::String) -> Self {
                Self::from(value.as_str())
            }
        }
        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
        impl $crate::__serde::Serialize for $name {
            fn serialize<S: $crate::__serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
        $crate::__scalar_wire!($name, "a string", |value| {
            ::core::option::Option::Some(Self::from(&*value.into_text()?))
        });
        $crate::__bare_slot!($name, Self::Unknown($crate::wire::UnknownValue::from_text("")));
        impl $crate::wire::Skip for $name {}
        impl $crate::parts::Text for $name {
            fn text(&self) -> ::std::borrow::Cow<'_, str> {
                ::std::borrow::Cow::Borrowed(self.as_str())
            }
        }
    };
}

/// An open enum that travels as a number: `int_enum!(Name { Variant: 1 })`.
#[doc(hidden)]
#[macro_export]
macro_rules! __int_enum {
    ($name:ident { $($variant:ident : $wire:literal),* $(,)? }) => {
        impl $name {
            /// The number as WeChat writes it.
            #[must_use]
            pub fn as_i64(&self) -> i64 {
                match self {
                    $(Self::$variant => $wire,)*
                    Self::Unknown(value) => value.number(),
                }
            }
        }
        impl ::core::convert::From<i64> for $name {
            fn from(value: i64) -> Self {
                match value {
                    $($wire => Self::$variant,)*
                    _ => Self::Unknown($crate::wire::UnknownValue::from_number(value)),
                }
            }
        }
        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.as_i64(), f)
            }
        }
        impl $crate::__serde::Serialize for $name {
            fn serialize<S: $crate::__serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.as_i64())
            }
        }
        $crate::__scalar_wire!($name, "a whole number", |value| {
            ::core::option::Option::Some(Self::from(value.into_i64()?))
        });
        $crate::__bare_slot!($name, Self::Unknown($crate::wire::UnknownValue::from_number(0)));
        impl $crate::wire::Skip for $name {}
        impl $crate::parts::Text for $name {
            fn text(&self) -> ::std::borrow::Cow<'_, str> {
                ::std::borrow::Cow::Owned(self.as_i64().to_string())
            }
        }
    };
}

/// `Wire` and `Deserialize` for a type that is read from one scalar.
#[doc(hidden)]
#[macro_export]
macro_rules! __scalar_wire {
    ($name:ty, $expected:literal, |$value:ident| $convert:expr) => {
        impl $crate::wire::Wire for $name {
            const EXPECTED: &'static str = $expected;
            fn from_scalar($value: $crate::wire::Scalar<'_>) -> ::core::option::Option<Self> {
                $convert
            }
        }
        impl<'de> $crate::__serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::__serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $crate::wire::Wire::read_required(deserializer)
            }
        }
    };
}

#[doc(inline)]
pub use crate::{
    __bare_slot as bare_slot, __decode as decode, __encode as encode, __int_enum as int_enum,
    __scalar_wire as scalar_wire, __text_enum as text_enum,
};

#[cfg(test)]
mod tests;
