//! A request, signed and encrypted.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};

use super::choice::require_signable;
use super::cipher::IV;
use super::header;
use super::keys::ApiKeys;
use super::members::push_text;
use crate::error::{Error, Result};
use crate::parts::Body;

/// What is signed over, whatever host is called.
const HOST: &str = "https://api.weixin.qq.com";

/// What is different for every request.
pub(super) struct Fresh {
    pub(super) nonce: String,
    pub(super) iv: [u8; IV],
}

impl Fresh {
    fn new() -> Result<Self> {
        let mut random = [0; 25];
        let mut iv = [0; IV];
        rand::fill(&mut random)
            .and_then(|()| rand::fill(&mut iv))
            .map_err(|_| Error::config("this system has no randomness", "see that getrandom or /dev/urandom works"))?;
        // 16 to 24 bytes, so that the text has 22 to 32: WeChat wants 16 to 32, and does not say of which.
        let length = 16 + usize::from(random[24] % 9);
        Ok(Self { nonce: STANDARD_NO_PAD.encode(&random[..length]), iv })
    }
}

/// The URL that is signed and authenticated.
pub(super) fn url(path: &str) -> String {
    format!("{HOST}{path}")
}

/// What is signed. WeChat signs its answers over the same.
pub(super) fn signed_text(url: &str, appid: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    let mut text = format!("{url}\n{appid}\n{timestamp}\n").into_bytes();
    text.extend_from_slice(body);
    text
}

/// The headers and the body to be sent: all parameters of `queries` and `body`, encrypted, and signed.
pub(crate) fn seal(
    keys: &ApiKeys,
    path: &str,
    appid: &str,
    now: SystemTime,
    queries: &[&str],
    body: &Body,
) -> Result<(HeaderMap, Bytes)> {
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    seal_as(keys, path, appid, seconds, queries, body, Fresh::new()?)
}

pub(super) fn seal_as(
    keys: &ApiKeys,
    path: &str,
    appid: &str,
    seconds: u64,
    queries: &[&str],
    body: &Body,
    fresh: Fresh,
) -> Result<(HeaderMap, Bytes)> {
    let (url, timestamp) = (url(path), seconds.to_string());
    let text = payload(appid, &timestamp, &fresh.nonce, queries, body)?;
    let cipher = keys.cipher();
    let body = cipher.seal(fresh.iv, &cipher.aad(&url, appid, &timestamp), text)?;
    let signature = keys.private().sign(&signed_text(&url, appid, &timestamp, &body))?;
    let mut headers = HeaderMap::with_capacity(4);
    let pairs = [
        (header::APPID, appid),
        (header::TIMESTAMP, &timestamp),
        (header::SERIAL, keys.private().serial()),
        (header::SIGNATURE, &STANDARD.encode(signature)),
    ];
    for (name, text) in pairs {
        let value = HeaderValue::from_str(text).map_err(|_| {
            Error::config(format!("`{name}` can not travel in a header"), "check the AppID and the number of the key")
        })?;
        headers.insert(name, value);
    }
    Ok((headers, body.into()))
}

/// The object that is encrypted.
fn payload(appid: &str, timestamp: &str, nonce: &str, queries: &[&str], body: &Body) -> Result<Vec<u8>> {
    require_signable(body)?;
    let mut json = Vec::with_capacity(192);
    json.extend_from_slice(b"{\"_n\":");
    push_text(&mut json, nonce);
    json.extend_from_slice(b",\"_appid\":");
    push_text(&mut json, appid);
    json.extend_from_slice(b",\"_timestamp\":");
    json.extend_from_slice(timestamp.as_bytes());
    for (name, value) in queries.iter().flat_map(|query| form_urlencoded::parse(query.as_bytes())) {
        json.push(b',');
        push_text(&mut json, &name);
        json.push(b':');
        push_text(&mut json, &value);
    }
    if let Body::Json(object) = body {
        let members = object.trim_ascii();
        let members = members.strip_prefix(b"{").unwrap_or(members).strip_suffix(b"}").unwrap_or(members).trim_ascii();
        if !members.is_empty() {
            json.push(b',');
            json.extend_from_slice(members);
        }
    }
    json.push(b'}');
    Ok(json)
}
