//! A signed call that arrived, and its answer.

use std::cell::Cell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::super::catalogue::{Endpoint, Place};
use super::super::check::Refusal;
use super::super::payload::Reply;
use super::super::record::RecordedRequest;
use super::super::{codes, random};
use super::{ApiSecurity, Certificates, Manners, Securities, Tampering};
use crate::sign::primitives::{Cipher, PrivateKey, Sealed};

/// How far the time of a call may be from now, in seconds.
const WINDOW: u64 = 300;

/// What was found out about a signed call.
pub(in super::super) struct Arrived {
    /// The keys of its app, and what it says; or why it is refused.
    verdict: Result<(ApiSecurity, RecordedRequest), Refusal>,
    manners: Manners,
    /// Whether it went on to be answered.
    passed: Cell<bool>,
}

impl Arrived {
    pub(super) fn read(securities: &Securities, request: &mut RecordedRequest) -> Option<Self> {
        if !request.headers.iter().any(|(name, _)| name.starts_with("wechatmp-")) {
            return None;
        }
        let verdict = verify(securities, request).map(|(security, body)| {
            // What the mock shows and looks at is what was said.
            request.body = body;
            request.signed = true;
            (security, request.clone())
        });
        Some(Self { verdict, manners: *securities.manners(), passed: Cell::new(false) })
    }

    /// The call as it would be plain, if the holder of its token may make it in this way.
    ///
    /// Nothing is known of the holder where no endpoint is.
    pub(in super::super) fn check(&self, called: Option<(&Endpoint, &str)>) -> Result<RecordedRequest, Refusal> {
        let (security, request) =
            self.verdict.as_ref().map_err(|refusal| Refusal::new(refusal.code, refusal.detail.as_str()))?;
        let Some((endpoint, appid)) = called else {
            self.passed.set(true);
            return Ok(request.clone());
        };
        if security.appid() != appid {
            return Err(Refusal::new(codes::API_APPID_MISMATCH, ""));
        }
        if !endpoint.may_be_signed {
            let detail = "the spec does not say that this endpoint takes encrypted calls";
            return Err(Refusal::new(codes::API_INVALID_CIPHERTEXT, detail));
        }
        self.passed.set(true);
        Ok(plain(endpoint, request.clone()))
    }

    /// The answer as WeChat signs and encrypts it, or as it was told to.
    pub(in super::super) fn seal(&self, reply: Reply) -> Reply {
        let Ok((security, _)) = &self.verdict else { return reply };
        if !self.passed.get() {
            return reply;
        }
        let Ok(Value::Object(members)) = serde_json::from_slice(&reply.body) else { return reply };
        let is_error = members.get("errcode").and_then(Value::as_i64).is_some_and(|code| code != 0);
        match self.manners.tampering {
            Some(Tampering::Unsigned) => return reply,
            Some(Tampering::PlainErrors) if is_error => return reply,
            _ => {}
        }
        self.signed(security, members, reply).unwrap_or_else(|| Reply::status(http::StatusCode::INTERNAL_SERVER_ERROR))
    }

    fn signed(&self, security: &ApiSecurity, mut members: Map<String, Value>, mut reply: Reply) -> Option<Reply> {
        let tampering = self.manners.tampering;
        let time = match tampering {
            Some(Tampering::Stale(age)) => random::unix_time().saturating_sub(age.as_secs()),
            _ => random::unix_time(),
        };
        let appid = match tampering {
            Some(Tampering::OtherApp) => "wx0000000000000000",
            _ => security.appid(),
        };
        members.insert("_n".to_owned(), STANDARD.encode(random::iv()).into());
        members.insert("_appid".to_owned(), appid.into());
        members.insert("_timestamp".to_owned(), time.into());
        let text = serde_json::to_vec(&Value::Object(members)).ok()?;
        let url = address(self.verdict.as_ref().ok()?.1.path.as_str());
        let aad = [&*url, appid, &time.to_string(), security.cipher().serial()].join("|");
        let iv = *random::iv().first_chunk()?;
        let body = match tampering {
            Some(Tampering::OtherKey) => {
                Cipher::read(security.cipher().serial(), &STANDARD.encode([0; 32])).ok()?.seal(iv, &aad, text)
            }
            _ => security.cipher().seal(iv, &aad, text),
        };
        let mut body = body.ok()?;
        let message = [url.as_bytes(), appid.as_bytes(), time.to_string().as_bytes(), &body].join(&b'\n');
        let sign = |key: &PrivateKey| Some(STANDARD.encode(key.sign(&message).ok()?));
        let (current, next) = (security.current(), security.next());
        let mut headers = vec![("wechatmp-appid", appid.to_owned()), ("wechatmp-timestamp", time.to_string())];
        let (signer, serial) = match self.manners.certificates {
            Certificates::Current => (current, current.serial()),
            Certificates::Both | Certificates::Next => (next, next.serial()),
        };
        let signer = match (tampering, self.manners.certificates) {
            (Some(Tampering::WrongSignature), Certificates::Current) => next,
            (Some(Tampering::WrongSignature), _) => current,
            _ => signer,
        };
        headers.push(("wechatmp-serial", serial.to_owned()));
        headers.push(("wechatmp-signature", sign(signer)?));
        if self.manners.certificates == Certificates::Both {
            let signer = if tampering == Some(Tampering::WrongSignature) { next } else { current };
            headers.push(("wechatmp-serial-deprecated", current.serial().to_owned()));
            headers.push(("wechatmp-signature-deprecated", sign(signer)?));
        }
        if tampering == Some(Tampering::ChangedBody) {
            // Another first character of the encrypted data.
            let at = body.windows(8).position(|window| window == b"\"data\":\"")? + 8;
            let character = body.get_mut(at)?;
            *character = if *character == b'A' { b'B' } else { b'A' };
        }
        if tampering != Some(Tampering::NoHeaders) {
            for (name, value) in headers {
                reply.headers.push((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?));
            }
        }
        reply.content_type = "application/json".into();
        reply.body = body.into();
        Some(reply)
    }
}

fn address(path: &str) -> String {
    format!("https://api.weixin.qq.com{path}")
}

/// The keys and the decrypted parameters, or what is wrong: first what is missing, then who it is, then the signature,
/// and the encryption last.
fn verify(securities: &Securities, request: &RecordedRequest) -> Result<(ApiSecurity, Vec<u8>), Refusal> {
    let header = |name: &str, code: i64| {
        let value = request.header(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| Refusal::new(code, ""))
    };
    let refused = |code: i64, detail: &str| Err(Refusal::new(code, detail));
    let serial = header("wechatmp-serial", codes::API_SERIAL_MISSING)?;
    let timestamp = header("wechatmp-timestamp", codes::API_TIMESTAMP_MISSING)?;
    let signature = header("wechatmp-signature", codes::API_SIGNATURE_MISSING)?;
    let appid = header("wechatmp-appid", codes::API_APPID_MISSING)?;
    let Some(security) = securities.of(appid) else {
        let detail = "the mock has no keys of this app: `api_security` of its builder gives them";
        return refused(if securities.apps.is_empty() { codes::API_NO_KEY } else { codes::API_INVALID_APPID }, detail);
    };
    let Ok(time) = timestamp.parse::<u64>() else {
        return refused(codes::API_EXPIRED, "the time is no number of seconds");
    };
    if time.abs_diff(random::unix_time()) > WINDOW {
        return refused(codes::API_EXPIRED, "the time is more than five minutes from now");
    }
    if serial != security.app().serial() {
        return refused(codes::API_INVALID_SIGNATURE, "the serial is not that of the app's asymmetric key");
    }
    let url = address(&request.path);
    let message = [url.as_bytes(), appid.as_bytes(), timestamp.as_bytes(), &request.body].join(&b'\n');
    let fits = STANDARD.decode(signature).is_ok_and(|signature| security.app().verify(&message, &signature));
    if !fits {
        let length = request.body.len();
        let detail = format!("it is not made of {url}, the appid, the time and the {length} bytes of the body");
        return refused(codes::API_INVALID_SIGNATURE, &detail);
    }
    let Some(Ok(sealed)) = Sealed::read(&request.body) else {
        return refused(codes::API_INVALID_CIPHERTEXT, "the body is not `iv`, `data` and `authtag` in base64");
    };
    let aad = [&*url, appid, timestamp, security.cipher().serial()].join("|");
    let Some(text) = security.cipher().open(&sealed, &aad) else {
        return refused(codes::API_INVALID_CIPHERTEXT, &format!("key or authenticated data differ from {aad}"));
    };
    let Ok(Value::Object(mut members)) = super::super::body::json(&text, true) else {
        return refused(codes::API_INVALID_CIPHERTEXT, "what was encrypted is no JSON object");
    };
    let nonce = members.remove("_n");
    if !nonce.as_ref().and_then(Value::as_str).is_some_and(|nonce| (16..=44).contains(&nonce.len())) {
        return refused(codes::API_INVALID_CIPHERTEXT, "`_n` is no text of 16 to 32 random bytes");
    }
    if members.remove("_appid") != Some(appid.into()) {
        return refused(codes::API_INVALID_CIPHERTEXT, "`_appid` is not the appid of the header");
    }
    if members.remove("_timestamp") != Some(time.into()) {
        return refused(codes::API_INVALID_CIPHERTEXT, "`_timestamp` is not the number of the header");
    }
    if members.contains_key("access_token") {
        return refused(codes::API_INVALID_CIPHERTEXT, "`access_token` belongs into the query");
    }
    if let Some((name, _)) = request.query.iter().find(|(name, _)| name != "access_token") {
        return refused(codes::API_INVALID_CIPHERTEXT, &format!("`{name}` is in the query, and not encrypted"));
    }
    let body = serde_json::to_vec(&Value::Object(members)).unwrap_or_default();
    Ok((security.clone(), body))
}

/// The call with its parameters where they travel when it is plain.
fn plain(endpoint: &Endpoint, mut request: RecordedRequest) -> RecordedRequest {
    let Ok(Value::Object(mut members)) = serde_json::from_slice(&request.body) else { return request };
    for field in endpoint.params.iter().filter(|field| field.place == Place::Query) {
        if let Some(value) = members.remove(&field.name) {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            request.query.push((field.name.clone(), text));
        }
    }
    if endpoint.post {
        request.body = serde_json::to_vec(&Value::Object(members)).unwrap_or_default();
    } else {
        "GET".clone_into(&mut request.method);
        request.body.clear();
        let rest = members.into_iter().map(|(name, value)| (name, value.as_str().unwrap_or_default().to_owned()));
        request.query.extend(rest);
    }
    request
}
