//! The envelope around every JSON answer: `errcode` and `errmsg`, read in the same pass as the rest.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::de::{Key, MISSING, Record, Seen, Wire, at, split_path};

/// How an endpoint spells its envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Envelope {
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
    pub(crate) ok: &'static [i64],
}

impl Envelope {
    pub(crate) const STANDARD: Self = Self { code: "errcode", message: "errmsg", ok: &[0] };
}

/// What an answer turned out to be.
pub(crate) enum Judged<T> {
    Success(T),
    /// WeChat answered an error code.
    Failure { code: i64, message: String },
    /// Not what the endpoint documents.
    Malformed { path: String, what: String },
}

/// Reads an answer: the envelope and the fields of `T` in one pass.
///
/// An error code wins over a field that does not fit, wherever the two stand in the body.
pub(crate) fn judge<T: Record>(body: &[u8], envelope: &Envelope) -> Judged<T> {
    let repaired;
    let (mut found, mut outcome) = parse::<T>(body, envelope);
    if let Err(error) = &outcome
        && (error.is_syntax() || error.is_eof())
        && let Some(better) = repair(body)
    {
        repaired = better;
        (found, outcome) = parse::<T>(&repaired, envelope);
    }
    if let Some(code) = found.code
        && !envelope.ok.contains(&code)
    {
        return Judged::Failure { code, message: found.message };
    }
    match outcome {
        Ok(value) => Judged::Success(value),
        Err(error) => {
            // The field that failed may stand before the code: read the envelope alone.
            let (found, _) = parse::<Nothing>(body, envelope);
            match found.code {
                Some(code) if !envelope.ok.contains(&code) => Judged::Failure { code, message: found.message },
                _ => {
                    let (path, what) = split_path(&error);
                    Judged::Malformed { path, what }
                }
            }
        }
    }
}

#[derive(Default)]
struct Found {
    code: Option<i64>,
    message: String,
}

fn parse<T: Record>(body: &[u8], envelope: &Envelope) -> (Found, Result<T, serde_json::Error>) {
    let mut found = Found::default();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let seed = Enveloped { envelope, found: &mut found, of: PhantomData };
    let outcome = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    (found, outcome)
}

struct Enveloped<'a, T> {
    envelope: &'a Envelope,
    found: &'a mut Found,
    of: PhantomData<T>,
}

impl<'de, T: Record> DeserializeSeed<'de> for Enveloped<'_, T> {
    type Value = T;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Record> Visitor<'de> for Enveloped<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let mut record = T::empty();
        let mut seen = Seen::default();
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            if key == self.envelope.code {
                self.found.code = map.next_value_seed(Lenient::<i64>(PhantomData)).map_err(|error| at(&key, error))?;
            } else if key == self.envelope.message {
                let message = map.next_value_seed(Lenient::<String>(PhantomData)).map_err(|error| at(&key, error))?;
                self.found.message = message.unwrap_or_default();
            } else if !record.field(&key, &mut map, &mut seen)? {
                map.next_value::<IgnoredAny>()?;
            }
        }
        match seen.missing(T::ALWAYS) {
            None => Ok(record),
            Some(name) => Err(at(name, A::Error::custom(MISSING))),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<T, A::Error> {
        Err(A::Error::custom("expected a JSON object, got a list"))
    }
    fn visit_str<E: de::Error>(self, _: &str) -> Result<T, E> {
        Err(E::custom("expected a JSON object, got a string"))
    }
}

struct Lenient<T>(PhantomData<T>);

impl<'de, T: Wire> DeserializeSeed<'de> for Lenient<T> {
    type Value = Option<T>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        T::read(deserializer)
    }
}

/// An answer of which only the envelope matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Nothing;

impl Record for Nothing {
    const NAME: &'static str = "Nothing";
    const ALWAYS: &'static [&'static str] = &[];
    fn empty() -> Self {
        Self
    }
    fn field<'de, A: MapAccess<'de>>(&mut self, _: &str, _: &mut A, _: &mut Seen) -> Result<bool, A::Error> {
        Ok(false)
    }
}

impl serde::Serialize for Nothing {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde::ser::SerializeMap::end(serializer.serialize_map(Some(0))?)
    }
}

/// Mends what strict parsing rejects and WeChat is known to send: a byte order mark, bytes that are not UTF-8, raw
/// control characters inside strings. `None` when there was nothing to mend.
fn repair(body: &[u8]) -> Option<Vec<u8>> {
    let rest = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = String::from_utf8_lossy(rest);
    let mut mended = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in text.chars() {
        if in_string && character < ' ' {
            mended.push_str(&format!("\\u{:04x}", character as u32));
            escaped = false;
            continue;
        }
        match character {
            '"' if !escaped => in_string = !in_string,
            _ => {}
        }
        escaped = in_string && character == '\\' && !escaped;
        mended.push(character);
    }
    (mended.as_bytes() != body).then(|| mended.into_bytes())
}
