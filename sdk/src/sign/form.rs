//! The forms in which keys come: PEM, base64 alone, and the JSON with a number that WeChat's guide prints.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// Keys are copied from consoles and through configurations: padding may be lost on the way.
pub(super) const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// DER, and what the armour around it called it; nothing where there was none.
pub(super) struct Der {
    pub(super) label: String,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

/// The key itself: `text`, unless that is JSON such as `{"Sn":…,"Key":…}` whose number is the one that was given.
pub(super) fn unwrapped(name: &str, serial: &str, text: &str, member: &str) -> Result<Zeroizing<String>> {
    if !text.trim_start().starts_with('{') {
        return Ok(Zeroizing::new(text.to_owned()));
    }
    let Ok(Value::Object(mut json)) = serde_json::from_str(text) else {
        return Err(Error::config(format!("{name} is damaged JSON"), "download it once more, or give the key alone"));
    };
    match json.get("Sn").and_then(Value::as_str) {
        Some(own) if own != serial => {
            return Err(Error::config(
                format!("{name} is that of another number, {own}"),
                "give each key with its own number, as the Mini Program's console shows it",
            ));
        }
        _ => {}
    }
    match json.remove(member) {
        Some(Value::String(key)) => Ok(Zeroizing::new(key)),
        _ => Err(Error::config(
            format!("{name} is JSON without `{member}`"),
            "look whether the keys were mixed up, or give the key alone",
        )),
    }
}

/// The first key or certificate of a text. Line breaks may have been lost, or have become `\n` in a configuration.
pub(super) fn der(name: &str, text: &str) -> Result<Der> {
    let damaged = |what: &str| {
        Error::config(
            format!("{name} {what}"),
            "give the PEM as it was downloaded, from the line BEGIN to the line END",
        )
    };
    if text.contains("ENCRYPTED") {
        return Err(Error::config(
            format!("{name} is encrypted with a passphrase"),
            "take the passphrase off with `openssl pkey -in key.pem -out plain.pem`, and keep the file where only the \
             program reads it",
        ));
    }
    let mut rest = text;
    while let Some((_, begun)) = rest.split_once("-----BEGIN ") {
        let Some((label, body)) = begun.split_once("-----") else { return Err(damaged("has a damaged line BEGIN")) };
        let Some((body, after)) = body.split_once("-----END ") else { return Err(damaged("has no line END")) };
        // `openssl ecparam` writes the curve in front of the key, as `EC PARAMETERS` or `SM2 PARAMETERS`.
        if !label.ends_with("PARAMETERS") {
            let bytes = decode(body).ok_or_else(|| damaged("is PEM with damaged base64 in it"))?;
            return Ok(Der { label: label.to_owned(), bytes });
        }
        rest = after;
    }
    if text.trim().is_empty() {
        return Err(damaged("is empty"));
    }
    let bytes = decode(text).ok_or_else(|| damaged("is neither PEM nor base64"))?;
    Ok(Der { label: String::new(), bytes })
}

fn decode(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut plain = Zeroizing::new(String::with_capacity(text.len()));
    let unescaped = text.split("\\n").flat_map(|line| line.split("\\r"));
    for character in unescaped.flat_map(str::chars).filter(|character| !character.is_whitespace()) {
        plain.push(character);
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(plain.len()));
    LENIENT.decode_vec(plain.as_bytes(), &mut bytes).ok()?;
    Some(bytes)
}

/// Whether a key or certificate is one of the curve of SM2.
pub(super) fn is_sm2(der: &[u8]) -> bool {
    /// 1.2.156.10197.1.301
    const CURVE: [u8; 10] = [0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF, 0x55, 0x01, 0x82, 0x2D];
    der.windows(CURVE.len()).any(|window| window == CURVE)
}

#[cfg(not(feature = "sm"))]
pub(super) fn needs_sm(name: &str, algorithm: &str) -> Error {
    Error::config(format!("{name} is one of {algorithm}"), "switch on the feature `sm` of the crate")
}
