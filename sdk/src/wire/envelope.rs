//! The envelope around every JSON answer: `errcode` and `errmsg`, read in the same pass as the rest.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use serde_json::Value;

use super::de::{Key, Record, Seen, Wire};
use super::path::{at, split_path};
use super::scalar::PRIVATE_NUMBER;

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

/// Why an answer holds no success.
pub(crate) enum Unfit {
    /// WeChat answered an error code.
    Failure { code: i64, message: String },
    /// Not what the endpoint documents.
    Malformed { path: String, what: String },
}

/// Reads an answer: the envelope and the fields of `T` in one pass.
///
/// An error code wins over a field that does not fit, wherever the two stand in the body.
pub(crate) fn judge<T: Record>(body: &[u8], envelope: &Envelope) -> Result<T, Unfit> {
    let mut record = T::empty();
    weigh(body, envelope, &mut |body| {
        record = T::empty();
        parse(body, envelope, &mut record)
    })?;
    Ok(record)
}

/// [`judge`] without its type, so that it is compiled once and not for each endpoint.
fn weigh(body: &[u8], envelope: &Envelope, read: &mut dyn FnMut(&[u8]) -> Parsed) -> Result<(), Unfit> {
    let mut body = Cow::Borrowed(body);
    let (mut found, mut outcome) = read(&body);
    // Whatever the error: one of syntax that arose inside a field no longer looks like one.
    if outcome.is_err()
        && let Some(repaired) = repair(&body)
    {
        body = Cow::Owned(repaired);
        (found, outcome) = read(&body);
    }
    // The field that failed may stand before the code or the message: read the envelope alone.
    if outcome.is_err() && (found.code.is_none() || found.message.is_empty()) {
        let (whole, _) = parse(&body, envelope, &mut Nothing);
        if whole.code.is_some() {
            found = whole;
        }
    }
    if let Some(code) = found.usual.filter(|code| *code != 0 && found.code.is_none()) {
        return Err(Unfit::Failure { code, message: found.message });
    }
    let malformed = |error: &serde_json::Error| {
        let (path, what) = split_path(error);
        Unfit::Malformed { path, what }
    };
    match (found.code, outcome) {
        // A number with which a body that was cut off ends may be the beginning of another one.
        (Some(_), Err(error)) if found.ends_with_code && body.last().is_some_and(u8::is_ascii_digit) => {
            Err(malformed(&error))
        }
        (Some(code), _) if !envelope.ok.contains(&code) => Err(Unfit::Failure { code, message: found.message }),
        (_, outcome) => outcome.map_err(|error| malformed(&error)),
    }
}

/// Reads JSON, mended where it has to be.
pub(crate) fn any_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(body).or_else(|error| match repair(body) {
        Some(repaired) => serde_json::from_slice(&repaired),
        None => Err(error),
    })
}

/// Whether JSON ends before it is complete.
pub(crate) fn is_cut_off(body: &[u8]) -> bool {
    let ends_early = |body: &[u8]| serde_json::from_slice::<IgnoredAny>(body).is_err_and(|error| error.is_eof());
    ends_early(body) || repair(body).is_some_and(|repaired| ends_early(&repaired))
}

#[derive(Default)]
struct Found {
    code: Option<i64>,
    message: String,
    /// Whether nothing was read behind the code.
    ends_with_code: bool,
    /// The code of a failure that came in the usual envelope where the endpoint has another one: WeChat's gateway
    /// answers so, for example when the token is stale.
    usual: Option<i64>,
}

/// What the envelope said, and whether the rest was as it should be.
type Parsed = (Found, Result<(), serde_json::Error>);

fn parse<T: Record>(body: &[u8], envelope: &Envelope, record: &mut T) -> Parsed {
    let mut found = Found::default();
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let seed = Enveloped { envelope, found: &mut found, record };
    let outcome = seed.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    (found, outcome)
}

impl Found {
    /// Reads the value of `key` where it is the endpoint's own envelope; `false` leaves it unread.
    fn take_own<'de, A: MapAccess<'de>>(
        &mut self,
        envelope: &Envelope,
        key: &str,
        map: &mut A,
    ) -> Result<bool, A::Error> {
        self.ends_with_code = false;
        if key == envelope.code {
            let code = map.next_value_seed(Code).map_err(|error| at(key, error))?;
            self.code = code.or(self.code);
            self.ends_with_code = true;
        } else if key == envelope.message {
            self.message = message(map.next_value().map_err(|error| at(key, error))?);
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Reads or skips the value of a key that neither envelope nor record has.
    fn take_other<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        let usual = Envelope::STANDARD;
        if key == PRIVATE_NUMBER {
            return Err(A::Error::custom(NOT_A_NUMBER));
        } else if key == usual.code {
            self.usual = map.next_value_seed(Code).map_err(|error| at(key, error))?;
        } else if key == usual.message && self.message.is_empty() {
            self.message = message(map.next_value().map_err(|error| at(key, error))?);
        } else {
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

struct Enveloped<'a, T> {
    envelope: &'a Envelope,
    found: &'a mut Found,
    record: &'a mut T,
}

impl<'de, T: Record> DeserializeSeed<'de> for Enveloped<'_, T> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, T: Record> Visitor<'de> for Enveloped<'_, T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { envelope, found, record } = self;
        let mut seen = Seen::default();
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            if !found.take_own(envelope, &key, &mut map)? && !record.field(&key, &mut map, &mut seen)? {
                found.take_other(&key, &mut map)?;
            }
        }
        found.ends_with_code = false;
        seen.all(T::ALWAYS)
    }

    // serde's own refusals print the value.
    fn visit_seq<A: SeqAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom("expected a JSON object, got a list"))
    }
    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        Err(E::custom("expected a JSON object, got a string"))
    }
    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Err(E::custom("expected a JSON object, got null"))
    }
    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        Err(E::custom("expected a JSON object, got a boolean"))
    }
    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        Err(E::custom(NOT_A_NUMBER))
    }
    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        Err(E::custom(NOT_A_NUMBER))
    }
    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        Err(E::custom(NOT_A_NUMBER))
    }
}

const NOT_A_NUMBER: &str = "expected a JSON object, got a number";

struct Code;

impl<'de> DeserializeSeed<'de> for Code {
    type Value = Option<i64>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<i64>, D::Error> {
        i64::read(deserializer)
    }
}

/// The message as text. It explains and decides nothing: whatever form it has, the answer is still an answer.
fn message(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
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
pub(crate) fn repair(body: &[u8]) -> Option<Vec<u8>> {
    let rest = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = String::from_utf8_lossy(rest);
    let mut mended = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in text.chars() {
        if in_string && character < ' ' {
            // A `String` takes everything.
            let _ = write!(mended, "\\u{:04x}", character as u32);
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
