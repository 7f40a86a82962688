//! An answer to a signed call: verified, decrypted, and as if it had come plain.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName};

use super::cipher::Sealed;
use super::keys::ApiKeys;
use super::members::Members;
use super::seal::{signed_text, url};
use super::{MAX_AGE, header};
use crate::came;
use crate::endpoint::{Meta, Received};
use crate::error::{Error, Result};
use crate::wire::{Nothing, Unfit, judge, repair};

/// The members that make an answer this one, and that no endpoint knows.
const SAFETY: [&str; 3] = ["_n", "_appid", "_timestamp"];

/// Takes an answer if it is WeChat's, for this app, and new; gives it back decrypted.
///
/// What is an error anyway goes through as it is: WeChat can not encrypt for whom it does not know.
pub(crate) fn open(
    keys: &ApiKeys,
    path: &str,
    appid: &str,
    now: SystemTime,
    meta: &Meta,
    received: Received,
) -> Result<Received> {
    let sealed = match Sealed::read(&received.body) {
        Some(sealed) => sealed,
        None if is_failure(meta, &received) => return Ok(received),
        None => {
            let came = came::describe(&received.body);
            return Err(refused(
                format!("the answer to a signed call came unsigned and unencrypted: {came}"),
                "do not trust it: look for a proxy or gateway on the way that answers by itself or takes signatures \
                 away; should WeChat answer this call plain, make it by `unsigned()`",
            ));
        }
    };
    let answer = Answer { keys, url: &url(path), appid, headers: &received.headers };
    let timestamp = answer.verify(&received.body, now)?;
    let sealed = sealed.map_err(|member| damaged(format!("`{member}` of the encrypted answer is damaged")))?;
    let body = answer.decrypt(&sealed, timestamp)?;
    Ok(Received { body: body.into(), ..received })
}

/// Whether reading it will give an error, whatever is expected.
fn is_failure(meta: &Meta, received: &Received) -> bool {
    !received.status.is_success()
        || came::is_json(&received.body)
            && matches!(judge::<Nothing>(&received.body, &meta.envelope), Err(Unfit::Failure { .. }))
}

struct Answer<'a> {
    keys: &'a ApiKeys,
    url: &'a str,
    appid: &'a str,
    headers: &'a HeaderMap,
}

impl<'a> Answer<'a> {
    fn header(&self, name: &HeaderName) -> Option<&'a str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn needed(&self, name: &HeaderName) -> Result<&'a str> {
        self.header(name).ok_or_else(|| {
            refused(
                format!("the encrypted answer came without the header `{name}`"),
                "do not trust it; look for a proxy or gateway on the way that takes headers away",
            )
        })
    }

    /// The time that was signed.
    fn verify(&self, body: &[u8], now: SystemTime) -> Result<&'a str> {
        let appid = self.needed(&header::APPID)?;
        if appid != self.appid {
            return Err(refused(
                "the answer was signed for another app",
                "do not trust it; look for a gateway on the way that mixes up answers",
            ));
        }
        let timestamp = self.needed(&header::TIMESTAMP)?;
        let signed_at = timestamp.parse().ok().and_then(|seconds| UNIX_EPOCH.checked_add(Duration::from_secs(seconds)));
        let signed_at = signed_at.ok_or_else(|| damaged("the time of the answer's signature is damaged"))?;
        let (key, signature) = self.signature()?;
        let signature = STANDARD.decode(signature).map_err(|_| damaged("the answer's signature is damaged"))?;
        if !key.verify(&signed_text(self.url, appid, timestamp, body), &signature) {
            return Err(refused(
                format!("the answer's signature does not fit the platform certificate {}", key.serial()),
                "do not trust it; check that this is the platform certificate of that number, not the app's own key, \
                 and that nothing changes answers on their way",
            ));
        }
        // Behind the signature: only what WeChat said can tell of a wrong clock.
        let apart = match now.duration_since(signed_at) {
            Ok(age) => age,
            Err(ahead) => ahead.duration(),
        };
        if apart > MAX_AGE {
            let direction = if now > signed_at { "ago" } else { "ahead" };
            return Err(refused(
                format!("the answer was signed {} seconds {direction}", apart.as_secs()),
                "set this machine's clock, which may be five minutes off at most; with a right clock, an old answer is \
                 repeated by somebody",
            ));
        }
        // Only here: whoever can not sign must not use up the one warning, nor write into the log.
        let current = self.needed(&header::SERIAL)?;
        if current != key.serial() {
            self.keys.warn_of_new_certificate(self.appid, shown(current));
        }
        Ok(timestamp)
    }

    /// The signature that can be verified, of one or two.
    fn signature(&self) -> Result<(&'a super::pair::PublicKey, &'a str)> {
        let serial = self.needed(&header::SERIAL)?;
        let known = |serial: &str| self.keys.platform().iter().find(|key| key.serial() == serial);
        if let Some(key) = known(serial) {
            return Ok((key, self.needed(&header::SIGNATURE)?));
        }
        let old = self.header(&header::OLD_SERIAL);
        if let Some(key) = old.and_then(known) {
            return Ok((key, self.needed(&header::OLD_SIGNATURE)?));
        }
        let known = self.keys.platform().iter().map(|key| key.serial()).collect::<Vec<_>>().join(", ");
        Err(refused(
            format!("the answer is signed by the platform certificate {}, known is {known}", shown(serial)),
            "download the platform certificate of that number from the Mini Program's console and give it beside the \
             others with `platform_certificate`; check that the numbers are those of the console, not the serial \
             numbers inside the certificates",
        ))
    }

    fn decrypt(&self, sealed: &Sealed, timestamp: &str) -> Result<Vec<u8>> {
        let cipher = self.keys.cipher();
        let text = cipher.open(sealed, &cipher.aad(self.url, self.appid, timestamp)).ok_or_else(|| {
            refused(
                format!("the answer can not be decrypted with the encryption key {}", cipher.serial()),
                "check the key and its number against the Mini Program's console: it may have been replaced",
            )
        })?;
        let repaired = match Members::read(&text) {
            Some(_) => None,
            None => repair(&text),
        };
        let text = repaired.unwrap_or(text);
        let members = Members::read(&text).ok_or_else(|| {
            refused(
                format!("the decrypted answer is no JSON object: {}", came::describe(&text)),
                "make this call by `unsigned()`, and please report it",
            )
        })?;
        if members.text("_appid").as_deref() != Some(self.appid) {
            return Err(refused(
                "the decrypted answer names another app, or none",
                "do not trust it; look for a gateway on the way that mixes up answers",
            ));
        }
        if members.get("_timestamp").map(|time| time.trim_matches('"')) != Some(timestamp) {
            return Err(refused(
                "the decrypted answer is of another time than its signature",
                "do not trust it: it was put together of several answers",
            ));
        }
        Ok(members.without(&SAFETY))
    }
}

/// Numbers of keys are short; whatever else stands in a header is not shown.
fn shown(serial: &str) -> &str {
    let plain = serial.len() <= 64 && serial.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if plain { serial } else { "of a damaged number" }
}

fn damaged(what: impl Into<String>) -> Error {
    refused(what, "look for what changes answers on their way; do not trust this one")
}

fn refused(what: impl Into<String>, remedy: &'static str) -> Error {
    let mut error = Error::crypto(what.into(), remedy);
    error.set_maybe_sent();
    error
}
