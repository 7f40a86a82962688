//! Reading what only requests hold: calls by name give them as JSON.
//!
//! serde's own refusals would print the value, which may be a signed URL or what a message says of a user.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess};

use super::de::{Record, Seen, Wire};
use super::scalar::Scalar;
use crate::file::{File, HostedFile};
use crate::template::TemplateData;

super::scalar_wire!(File, "a file in base64", |value| File::from_base64(&value.into_text()?).ok());

impl Wire for HostedFile {
    const EXPECTED: &'static str = "a URL";

    fn from_scalar(value: Scalar<'_>) -> Option<Self> {
        match value {
            Scalar::Text(url) => Some(HostedFile::url(url)),
            _ => None,
        }
    }
}

impl Wire for TemplateData {
    const EXPECTED: &'static str = "an object";

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
        Ok(Keywords::read_optional(deserializer)?.map(|keywords| keywords.0))
    }
}

/// [`TemplateData`], which reads itself once it is known to be an object.
struct Keywords(TemplateData);

impl Record for Keywords {
    const NAME: &'static str = "TemplateData";
    const ALWAYS: &'static [&'static str] = &[];

    fn empty() -> Self {
        Self(TemplateData::new())
    }
    fn field<'de, A: MapAccess<'de>>(&mut self, _: &str, _: &mut A, _: &mut Seen) -> Result<bool, A::Error> {
        Ok(false)
    }
    fn read_map<'de, A: MapAccess<'de>>(map: A) -> Result<Self, A::Error> {
        TemplateData::deserialize(MapAccessDeserializer::new(map)).map(Self)
    }
}
