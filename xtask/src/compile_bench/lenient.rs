//! The usual way to be lenient with serde's derive: an untagged value, and what it means for each type.
//!
//! This is a file of the crate `lenient` that `variants.rs` lays out, not of this one.

use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Scalar {
    Bool(bool),
    Int(i64),
    Uint(u64),
    Float(f64),
    Text(String),
}

pub(crate) trait FromScalar: Sized {
    fn from_scalar(scalar: Scalar) -> Option<Self>;
}

pub(crate) fn option<'de, D: Deserializer<'de>, T: FromScalar>(deserializer: D) -> Result<Option<T>, D::Error> {
    match Option::<Scalar>::deserialize(deserializer)? {
        None => Ok(None),
        Some(scalar) => match T::from_scalar(scalar) {
            Some(value) => Ok(Some(value)),
            None => Err(serde::de::Error::custom("a value that does not fit")),
        },
    }
}

pub(crate) fn always<'de, D: Deserializer<'de>, T: FromScalar>(deserializer: D) -> Result<T, D::Error> {
    option(deserializer)?.ok_or_else(|| serde::de::Error::custom("a value is missing"))
}

fn integer(scalar: Scalar) -> Option<i128> {
    match scalar {
        Scalar::Bool(value) => Some(value.into()),
        Scalar::Int(value) => Some(value.into()),
        Scalar::Uint(value) => Some(value.into()),
        Scalar::Float(value) => (value.fract() == 0.0).then_some(value as i128),
        Scalar::Text(text) => text.trim().parse().ok(),
    }
}

macro_rules! integers {
    ($($type:ty),*) => {$(
        impl FromScalar for $type {
            fn from_scalar(scalar: Scalar) -> Option<Self> {
                integer(scalar)?.try_into().ok()
            }
        }
    )*};
}

integers!(i64, u64, u32, u8);

impl FromScalar for bool {
    fn from_scalar(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Text(text) if text == "true" => Some(true),
            Scalar::Text(text) if text == "false" => Some(false),
            scalar => integer(scalar).map(|number| number != 0),
        }
    }
}

impl FromScalar for f64 {
    fn from_scalar(scalar: Scalar) -> Option<Self> {
        match scalar {
            Scalar::Float(value) => Some(value),
            Scalar::Text(text) => text.trim().parse().ok(),
            scalar => integer(scalar).map(|number| number as f64),
        }
    }
}

impl FromScalar for String {
    fn from_scalar(scalar: Scalar) -> Option<Self> {
        Some(match scalar {
            Scalar::Bool(value) => value.to_string(),
            Scalar::Int(value) => value.to_string(),
            Scalar::Uint(value) => value.to_string(),
            Scalar::Float(value) => value.to_string(),
            Scalar::Text(text) => text,
        })
    }
}
