//! Reading: one generic visitor for all structs, and what a field may hold.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::secret::Secret;

use super::path::{at, at_index};
use super::scalar::{PRIVATE_NUMBER, Scalar};

/// A type that a field can hold.
#[doc(hidden)]
pub trait Wire: Sized {
    /// What an error says was expected.
    const EXPECTED: &'static str;
    /// Whether `""` is a value, not an absence.
    const EMPTY_TEXT_IS_A_VALUE: bool = false;

    /// Reads a value; `None` is one that stands for "not there".
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        let scalar = Scalar::read(deserializer, Self::EXPECTED)?;
        Self::from_any_scalar(scalar)
    }

    /// Reads a value that has to be there.
    fn read_required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer)?
            .ok_or_else(|| D::Error::custom(format_args!("expected {}, got nothing", Self::EXPECTED)))
    }

    fn from_any_scalar<E: de::Error>(scalar: Scalar<'_>) -> Result<Option<Self>, E> {
        let text = matches!(scalar, Scalar::Text(_));
        if scalar.is_absent() && !(text && Self::EMPTY_TEXT_IS_A_VALUE) {
            return Ok(None);
        }
        let got = scalar.describe();
        match Self::from_scalar(scalar) {
            Some(value) => Ok(Some(value)),
            None => Err(E::custom(format_args!("expected {}, got {got}", Self::EXPECTED))),
        }
    }

    fn from_scalar(_: Scalar<'_>) -> Option<Self> {
        None
    }

    /// Reads a value from an object whose brace has been read: where one stands in a list's place.
    ///
    /// For a scalar that object can only be a number in serde_json's private form.
    fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        Self::from_any_scalar(Scalar::read_map(map, Self::EXPECTED)?)
    }
}

/// A struct that [`decode!`](super::decode) describes.
#[doc(hidden)]
pub trait Record: Sized {
    const NAME: &'static str;
    /// The wire names of the fields that WeChat always answers; at most 64.
    const ALWAYS: &'static [&'static str];

    /// All fields absent.
    fn empty() -> Self;

    /// Reads the value of `key` if the struct has such a field; `false` leaves it unread.
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A, seen: &mut Seen) -> Result<bool, A::Error>;

    fn read_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error> {
        let mut record = Self::empty();
        let mut seen = Seen::default();
        while let Some(key) = map.next_key::<Key<'de>>()? {
            if !record.field(&key.0, &mut map, &mut seen)? {
                skip(&key.0, &mut map)?;
            }
        }
        seen.all(Self::ALWAYS)?;
        Ok(record)
    }

    fn read_optional<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(RecordVisitor(PhantomData))
    }
}

/// Leaves out the value of a key that a struct does not have.
fn skip<'de, A: MapAccess<'de>>(key: &str, map: &mut A) -> Result<(), A::Error> {
    if key == PRIVATE_NUMBER {
        return Err(A::Error::custom(NOT_A_NUMBER));
    }
    if is_strict() {
        return Err(at(key, A::Error::custom("is no field of this")));
    }
    map.next_value::<IgnoredAny>().map(drop)
}

thread_local! {
    static STRICT: Cell<bool> = const { Cell::new(false) };
}

/// Whether what is read was written by a caller.
pub(super) fn is_strict() -> bool {
    STRICT.get()
}

/// Refuses fields that a struct does not have, while `read` runs on this thread: for what callers write, where an
/// unknown field is a slip of the pen and would be lost.
#[cfg(feature = "dynamic")]
pub(crate) fn strictly<T>(read: impl FnOnce() -> T) -> T {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            STRICT.set(self.0);
        }
    }
    let _restore = Restore(STRICT.replace(true));
    read()
}

pub(super) const MISSING: &str = "is missing, though WeChat documents that it is always there";

/// Which of the fields that are always there have come.
#[doc(hidden)]
#[derive(Debug, Default)]
pub struct Seen(u64);

impl Seen {
    pub(super) fn mark(&mut self, always: &[&str], name: &str) {
        if let Some(index) = always.iter().position(|other| *other == name) {
            self.0 |= 1 << index;
        }
    }

    pub(crate) fn missing(&self, always: &'static [&'static str]) -> Option<&'static str> {
        always.iter().enumerate().find(|(index, _)| self.0 & (1 << index) == 0).map(|(_, name)| *name)
    }

    /// Fails where one of them has not come.
    pub(super) fn all<E: de::Error>(&self, always: &'static [&'static str]) -> Result<(), E> {
        match self.missing(always) {
            None => Ok(()),
            Some(name) => Err(at(name, E::custom(MISSING))),
        }
    }
}

/// Reads a struct.
#[doc(hidden)]
pub fn read_record<'de, T: Record, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    T::read_optional(deserializer)?.ok_or_else(|| D::Error::custom("expected an object, got nothing"))
}

struct RecordVisitor<T>(PhantomData<T>);

impl<'de, T: Record> Visitor<'de> for RecordVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::read_map(map).map(Some)
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.is_empty() { Ok(None) } else { Err(E::custom("expected an object, got a string")) }
    }
    fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
        Err(E::custom("expected an object, got a boolean"))
    }
    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
        Err(E::custom(NOT_A_NUMBER))
    }
    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
        Err(E::custom(NOT_A_NUMBER))
    }
    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
        Err(E::custom(NOT_A_NUMBER))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        end_of_empty(list).map(|()| None)
    }
}

/// An empty list stands for an object that is not there.
fn end_of_empty<'de, A: SeqAccess<'de>>(mut list: A) -> Result<(), A::Error> {
    match list.next_element::<IgnoredAny>()? {
        None => Ok(()),
        Some(_) => Err(A::Error::custom("expected an object, got a list")),
    }
}

const NOT_A_NUMBER: &str = "expected an object, got a number";

/// A key, borrowed where it has no escapes.
pub(super) struct Key<'de>(pub(super) Cow<'de, str>);

impl<'de> de::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_string<E>(self, text: String) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text)))
            }
        }
        deserializer.deserialize_str(KeyVisitor)
    }
}

/// What a struct keeps a field's value in.
#[doc(hidden)]
pub trait Slot: Sized {
    type Value: Wire;
    fn empty() -> Self;
    fn set(&mut self, value: Option<Self::Value>);
}

impl<T: Wire> Slot for Option<T> {
    type Value = T;
    fn empty() -> Self {
        None
    }
    fn set(&mut self, value: Option<T>) {
        *self = value;
    }
}

/// How a field's value travels.
#[doc(hidden)]
pub trait Form {
    fn read<'de, T: Wire, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error>;
}

/// As the type says.
#[doc(hidden)]
#[derive(Debug)]
pub struct AsIs;

impl Form for AsIs {
    fn read<'de, T: Wire, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        T::read(deserializer)
    }
}

/// Reads the value of a field that may be absent. `true`, because the key was one of the struct's.
#[doc(hidden)]
pub fn take<'de, F: Form, A: MapAccess<'de>, S: Slot>(
    map: &mut A,
    name: &'static str,
    slot: &mut S,
) -> Result<bool, A::Error> {
    let value = map.next_value_seed(Seed::<_, F>(PhantomData)).map_err(|error| at(name, error))?;
    // Where a key stands twice the last value counts, and what is absent is no value.
    if value.is_some() {
        slot.set(value);
    }
    Ok(true)
}

/// Reads the value of a field that WeChat always answers.
#[doc(hidden)]
pub fn take_always<'de, F: Form, R: Record, A: MapAccess<'de>, S: Slot>(
    map: &mut A,
    name: &'static str,
    slot: &mut S,
    seen: &mut Seen,
) -> Result<bool, A::Error> {
    const { assert!(R::ALWAYS.len() <= 64, "`Seen` has 64 bits") };
    let value = map.next_value_seed(Seed::<_, F>(PhantomData)).map_err(|error| at(name, error))?;
    if value.is_some() {
        seen.mark(R::ALWAYS, name);
        slot.set(value);
    }
    Ok(true)
}

/// Fields that are always there are kept bare.
macro_rules! bare {
    ($($type:ty: $empty:expr;)*) => {$(super::bare_slot!($type, $empty);)*};
}

bare! {
    String: String::new();
    bool: false;
    i64: 0;
    u64: 0;
    u32: 0;
    u8: 0;
    f64: 0.0;
    super::Timestamp: super::Timestamp::new(0);
    super::TimestampMs: super::TimestampMs::new(0);
    serde_json::Value: serde_json::Value::Null;
}

impl Slot for Secret {
    type Value = Self;
    fn empty() -> Self {
        Secret::new("")
    }
    fn set(&mut self, value: Option<Self>) {
        if let Some(value) = value {
            let placeholder = std::mem::replace(self, value);
            // It owns no memory, and to wipe none takes a quarter of the time that a login's answer takes to read.
            if placeholder.is_empty() {
                std::mem::forget(placeholder);
            }
        }
    }
}

struct Seed<T, F = AsIs>(PhantomData<(T, F)>);

impl<'de, T: Wire, F: Form> DeserializeSeed<'de> for Seed<T, F> {
    type Value = Option<T>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        F::read(deserializer)
    }
}

impl<T: Wire> Slot for Vec<T> {
    type Value = Self;
    fn empty() -> Self {
        Vec::new()
    }
    fn set(&mut self, value: Option<Self>) {
        *self = value.unwrap_or_default();
    }
}

impl<T: Wire> Slot for BTreeMap<String, T> {
    type Value = Self;
    fn empty() -> Self {
        BTreeMap::new()
    }
    fn set(&mut self, value: Option<Self>) {
        *self = value.unwrap_or_default();
    }
}

impl<T: Wire> Wire for Vec<T> {
    const EXPECTED: &'static str = "a list";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

/// Takes a list, or one element in a list's place.
struct ListVisitor<T>(PhantomData<T>);

impl<T: Wire> ListVisitor<T> {
    fn one<E: de::Error>(scalar: Scalar<'_>) -> Result<Option<Vec<T>>, E> {
        if scalar.is_absent() {
            return Ok(None);
        }
        let got = scalar.describe();
        match T::from_scalar(scalar) {
            Some(value) => Ok(Some(vec![value])),
            None => Err(E::custom(format_args!("expected a list, got {got}"))),
        }
    }
}

impl<'de, T: Wire> Visitor<'de> for ListVisitor<T> {
    type Value = Option<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        let mut index = 0;
        while let Some(value) =
            list.next_element_seed(Seed::<_>(PhantomData)).map_err(|error| at_index(index, error))?
        {
            // A null among the elements holds nothing that could be kept.
            values.extend(value);
            index += 1;
        }
        Ok(Some(values))
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(T::from_map(map)?.map(|value| vec![value]))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Self::one(Scalar::Text(Cow::Borrowed(text)))
    }
    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Self::one(Scalar::Bool(value))
    }
    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Self::one(Scalar::Int(value))
    }
    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Self::one(Scalar::Uint(value))
    }
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Self::one(Scalar::Float(value))
    }
}

impl<T: Wire> Wire for BTreeMap<String, T> {
    const EXPECTED: &'static str = "an object";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(Table::read_optional(deserializer)?.map(|table: Table<T>| table.0))
    }

    fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        Table::read_map(map).map(|table| Some(table.0))
    }
}

/// An object with free keys, read by the same visitor as a struct.
struct Table<T>(BTreeMap<String, T>);

impl<T: Wire> Record for Table<T> {
    const NAME: &'static str = "map";
    const ALWAYS: &'static [&'static str] = &[];
    fn empty() -> Self {
        Table(BTreeMap::new())
    }
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A, _: &mut Seen) -> Result<bool, A::Error> {
        if key == PRIVATE_NUMBER {
            return Ok(false);
        }
        let value = map.next_value_seed(Seed::<_>(PhantomData)).map_err(|error| at(key, error))?;
        if let Some(value) = value {
            self.0.insert(key.to_owned(), value);
        }
        Ok(true)
    }
}

impl Wire for serde_json::Value {
    const EXPECTED: &'static str = "JSON";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        de::Deserialize::deserialize(deserializer).map(Some)
    }

    fn from_scalar(value: Scalar<'_>) -> Option<Self> {
        Some(match value {
            Scalar::Null => Self::Null,
            Scalar::Bool(value) => value.into(),
            Scalar::Int(number) => number.into(),
            Scalar::Uint(number) => number.into(),
            Scalar::Float(number) => number.into(),
            Scalar::Text(text) => text.into_owned().into(),
            Scalar::EmptyList => Self::Array(Vec::new()),
        })
    }

    fn from_map<'de, A: MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
        de::Deserialize::deserialize(de::value::MapAccessDeserializer::new(map)).map(Some)
    }
}
