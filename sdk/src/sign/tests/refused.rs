//! Answers that must not count, each for its own reason.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, StatusCode};
use proptest::prelude::*;

use super::super::open::open;
use super::super::{ApiKeys, header};
use super::*;
use crate::api::risk_control::GetUserRiskRank;
use crate::endpoint::{Answer as _, BytesOr, Endpoint, Meta, Method};
use crate::error::{ErrorKind, Result};

const MEMBERS: &str = r#","errcode":0,"risk_rank":3"#;

fn opened_with(keys: &ApiKeys, came: Received) -> Result<Received> {
    open(keys, PATH, APPID, now(), GetUserRiskRank::META, came)
}

fn opened(came: Received) -> Result<Received> {
    opened_with(&keys(), came)
}

fn assert_refused(came: Received, expected: &str) {
    let error = opened(came).err().unwrap_or_else(|| panic!("taken, and {expected:?} was expected"));
    assert!(error.to_string().contains(expected), "{error}");
    assert_eq!(error.kind(), ErrorKind::Crypto);
    assert!(error.maybe_sent() && !error.is_retryable() && error.remedy().is_some());
    assert!(!format!("{error} {error:?}").contains("risk_rank"));
}

#[test]
fn an_answer_comes_as_if_it_had_been_plain() {
    let wechat = WeChat::new();
    assert_eq!(opened(wechat.answer(MEMBERS, NOW)).unwrap().body, r#"{"errcode":0,"risk_rank":3}"#);
    assert_eq!(opened(wechat.answer("", NOW)).unwrap().body, "{}");
    // Not a byte of a value changes, and what strict JSON would refuse is mended as ever.
    let odd = r#","a\u0062":1.50e3,"n":12345678901234567890123,"ctl":"a	b""#;
    let body = opened(wechat.answer(odd, NOW)).unwrap().body;
    assert_eq!(body, "{\"ab\":1.50e3,\"n\":12345678901234567890123,\"ctl\":\"a\\u0009b\"}");
}

#[test]
fn unsigned_success_and_unencrypted_errors() {
    let plain = |status: u16, body: &'static str| Received {
        status: StatusCode::from_u16(status).unwrap(),
        ..received(&[], body)
    };
    for body in [r#"{"errcode":0}"#, r#"{"risk_rank":1}"#, "{}", "[]", "", "<html></html>", "\u{89}PNG", "null"] {
        assert_refused(plain(200, body), "unsigned and unencrypted");
    }
    for body in [r#"{"errcode":40234,"errmsg":"invalid signature"}"#, r#"{"errcode":"-1"}"#] {
        assert_eq!(opened(plain(200, body)).unwrap().body, body);
    }
    // Reading it as JSON or as anything else gives the status.
    assert_eq!(opened(plain(502, "<html></html>")).unwrap().status, 502);
    // An error that names encrypted data is an answer like any other.
    assert_refused(plain(200, r#"{"errcode":1,"iv":"","data":"","authtag":""}"#), "without the header");
}

#[test]
fn headers_that_are_missing_or_wrong() {
    let wechat = WeChat::new();
    let good = wechat.answer(MEMBERS, NOW);
    for name in [header::APPID, header::TIMESTAMP, header::SERIAL, header::SIGNATURE] {
        let mut came = good.clone();
        came.headers.remove(&name);
        assert_refused(came, &format!("without the header `{name}`"));
    }
    let with = |name, value: &str| {
        let mut came = good.clone();
        came.headers.insert(name, value.parse().unwrap());
        came
    };
    assert_refused(with(header::APPID, "wx9"), "for another app");
    assert_refused(with(header::TIMESTAMP, "yesterday"), "time of the answer's signature is damaged");
    assert_refused(with(header::TIMESTAMP, "18446744073709551615"), "is damaged");
    assert_refused(with(header::TIMESTAMP, &(NOW + 1).to_string()), "does not fit the platform certificate platform1");
    assert_refused(with(header::SIGNATURE, "!"), "signature is damaged");
    assert_refused(with(header::SERIAL, "unheard0f"), "the platform certificate unheard0f, known is platform1");
    assert_refused(with(header::SERIAL, "<script>"), "of a damaged number, known is platform1");
}

#[test]
fn answers_of_other_times_and_apps() {
    let wechat = WeChat::new();
    for time in [NOW - 300, NOW + 300] {
        assert!(opened(wechat.answer(MEMBERS, time)).is_ok());
    }
    assert_refused(wechat.answer(MEMBERS, NOW - 301), "signed 301 seconds ago");
    assert_refused(wechat.answer(MEMBERS, NOW + 301), "signed 301 seconds ahead");
    let inside = |text: &str| wechat.answer_with(text, APPID, NOW, &wechat.platform);
    assert_refused(wechat.answer_with("{}", "wx9", NOW, &wechat.platform), "for another app");
    assert_refused(inside("{}"), "names another app, or none");
    assert_refused(inside(r#"{"_appid":"wx9","_timestamp":1700000000}"#), "names another app, or none");
    assert_refused(inside(&format!(r#"{{"_appid":"{APPID}"}}"#)), "of another time");
    assert_refused(inside(&format!(r#"{{"_appid":"{APPID}","_timestamp":1700000001}}"#)), "of another time");
    assert_refused(inside("[1]"), "is no JSON object: JSON (3 bytes)");
    assert_refused(inside("\u{89}PNG"), "is no JSON object");
}

#[test]
fn another_encryption_key_or_path() {
    let mut wechat = WeChat::new();
    let good = wechat.answer(MEMBERS, NOW);
    let elsewhere = open(&keys(), "/wxa/other", APPID, now(), GetUserRiskRank::META, good);
    assert!(elsewhere.is_err_and(|error| error.to_string().contains("does not fit")));
    wechat.cipher = Cipher::read("sym", &STANDARD.encode([7; 32])).unwrap();
    assert_refused(wechat.answer(MEMBERS, NOW), "can not be decrypted with the encryption key sym");
    wechat.cipher = Cipher::read("other", AES).unwrap();
    assert_refused(wechat.answer(MEMBERS, NOW), "can not be decrypted");
    // Signed by the app's own key, whose number the platform certificate was given.
    let own = PrivateKey::read("platform1", &PAIRS[0].0).unwrap();
    let text = format!(r#"{{"_appid":"{APPID}","_timestamp":{NOW}}}"#);
    assert_refused(wechat.answer_with(&text, APPID, NOW, &own), "does not fit the platform certificate platform1");
}

#[test]
fn certificates_are_replaced() {
    let wechat = WeChat::new();
    let text = format!(r#"{{"_appid":"{APPID}","_timestamp":{NOW},"a":1}}"#);
    // WeChat signs with the new one, and beside it with the old one.
    let mut both = wechat.answer_with(&text, APPID, NOW, &wechat.next);
    let old = wechat.answer_with(&text, APPID, NOW, &wechat.platform);
    both.headers.insert(header::OLD_SERIAL, "platform1".parse().unwrap());
    both.headers.insert(header::OLD_SIGNATURE, old.headers[header::SIGNATURE].clone());
    for known in [&[("platform1", 1)][..], &[("platform2", 2)], &[("platform1", 1), ("platform2", 2)]] {
        assert!(opened_with(&keys_with(known), both.clone()).is_ok(), "{known:?}");
    }
    // Before and behind the replacement.
    let both_known = keys_with(&[("platform1", 1), ("platform2", 2)]);
    assert!(opened_with(&both_known, old).is_ok());
    let new = wechat.answer_with(&text, APPID, NOW, &wechat.next);
    assert!(opened_with(&both_known, new.clone()).is_ok());
    assert_refused(new, "platform2, known is platform1");
    // Numbers that belong to other certificates.
    let crossed = keys_with(&[("platform1", 2)]);
    assert!(opened_with(&crossed, both.clone()).is_err_and(|error| error.to_string().contains("does not fit")));
    // A wrong signature of the new one is not made good by the old one's.
    let mut wrong = both.clone();
    wrong.headers.insert(header::SIGNATURE, both.headers[header::OLD_SIGNATURE].clone());
    assert!(opened_with(&both_known, wrong).is_err());
    let mut cut = both;
    cut.headers.remove(header::OLD_SIGNATURE);
    assert_refused(cut, "without the header `wechatmp-signature-deprecated`");
}

#[test]
fn a_replacement_is_told_once() {
    use std::io::Write;
    use std::sync::{Arc, Mutex};
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl Write for Log {
        fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (log, fmt) = (Log::default(), tracing_subscriber::fmt);
    let write = log.clone();
    // With a single subscriber, a thread that has none would decide for all whether an event is of interest.
    let _second = tracing::Dispatch::new(fmt().with_writer(std::io::sink).finish());
    let subscriber = fmt().without_time().with_ansi(false).with_writer(move || write.clone()).finish();
    let keys = keys_with(&[("platform1", 1)]);
    let both = |serial: &str, signature: HeaderValue| {
        let mut came = GOOD.clone();
        came.headers.insert(header::OLD_SERIAL, came.headers[header::SERIAL].clone());
        came.headers.insert(header::OLD_SIGNATURE, signature);
        came.headers.insert(header::SERIAL, serial.parse().unwrap());
        came
    };
    let signature = GOOD.headers[header::SIGNATURE].clone();
    tracing::subscriber::with_default(subscriber, || {
        // Whoever can not sign does not use it up.
        assert!(opened_with(&keys, both("forged", "AAAA".parse().unwrap())).is_err());
        assert!(opened_with(&keys, GOOD.clone()).is_ok());
        for _ in 0..2 {
            assert!(opened_with(&keys, both("platform2", signature.clone())).is_ok());
        }
    });
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let crate::observe::events::Event { message, level, .. } = crate::observe::events::CERTIFICATE_REPLACED;
    assert_eq!(text.trim(), format!("{level} weapp: {message} app=\"{APPID}\" serial=\"platform2\""));
}

static WECHAT: LazyLock<WeChat> = LazyLock::new(WeChat::new);

/// A good answer that is made once: making a signature takes longer than verifying many.
static GOOD: LazyLock<Received> = LazyLock::new(|| WECHAT.answer(MEMBERS, NOW));

/// Answers that look like errors, more or less.
fn nearly_errors() -> impl Strategy<Value = Vec<u8>> {
    let name =
        prop::sample::select(vec!["errcode", "errmsg", "resultcode", "resultmsg", "risk_rank", "x", "err\\u0063ode"]);
    let values: Vec<&[u8]> = vec![
        b"0",
        b"-0",
        b"1",
        b"-1",
        b"40001",
        b"1e3",
        b"0.0",
        b"0.5",
        b"\"0\"",
        b"\"1\"",
        b"\"\"",
        b"\" 1\"",
        b"null",
        b"true",
        b"[]",
        b"[1]",
        b"{}",
        b"{\"errcode\":1}",
        b"\"\xff\"",
        b"\"\t\"",
        b"\"ok\"",
        b"99999999999999999999",
        b"01",
    ];
    let member =
        (name, prop::sample::select(values)).prop_map(|(name, value)| [b"\"", name.as_bytes(), b"\":", value].concat());
    let around: Vec<&[u8]> =
        vec![b"", b" ", b"\xef\xbb\xbf", b"\0", b"[", b"]", b"}", b"{", b"\xff", b"\x89PNG", b"GIF89a"];
    let around = || prop::sample::select(around.clone());
    (around(), prop::collection::vec(member, 0..4), around(), any::<bool>()).prop_map(
        |(before, members, behind, whole)| {
            let end: &[u8] = if whole { b"}" } else { b"" };
            [before, b"{", &members.join(&b','), end, behind].concat()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_that_came_unsigned_is_read_as_success(
        body in nearly_errors(),
        status in prop::sample::select(vec![200, 204, 302, 502]),
        own in any::<bool>(),
    ) {
        use crate::image::Image;
        use crate::wire::Nothing;
        let usual = GetUserRiskRank::META;
        let other = Meta::new("other", "a.other", Method::Post, PATH).envelope("resultcode", "resultmsg", &[0, 1]);
        let meta = if own { &other } else { usual };
        let came = Received { status: StatusCode::from_u16(status).unwrap(), ..received(&[], body) };
        if let Ok(came) = open(&keys(), PATH, APPID, now(), meta, came) {
            prop_assert!(Nothing::read(meta, &came).is_err());
            prop_assert!(serde_json::Value::read(meta, &came).is_err());
            prop_assert!(<GetUserRiskRank as Endpoint>::Response::read(meta, &came).is_err());
            prop_assert!(Image::read(meta, &came).is_err());
            prop_assert!(Bytes::read(meta, &came).is_err());
            prop_assert!(String::read(meta, &came).is_err());
            prop_assert!(BytesOr::<<GetUserRiskRank as Endpoint>::Response>::read(meta, &came).is_err());
        }
    }

    #[test]
    fn any_flipped_bit_is_refused(place in any::<prop::sample::Index>(), bit in 0..8u8, part in 0..5usize) {
        let mut came = GOOD.clone();
        let flip = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            let at = place.index(bytes.len());
            bytes[at] ^= 1 << bit;
            bytes
        };
        let names = [header::APPID, header::TIMESTAMP, header::SERIAL, header::SIGNATURE];
        match names.get(part) {
            Some(name) => match http::HeaderValue::from_bytes(&flip(came.headers[name].as_bytes())) {
                Ok(value) => { came.headers.insert(name.clone(), value); }
                // HTTP does not carry it.
                Err(_) => return Ok(()),
            },
            None => came.body = flip(&came.body).into(),
        }
        prop_assert!(opened(came).is_err());
    }

    #[test]
    fn any_flipped_bit_is_refused_by_the_cipher(place in any::<prop::sample::Index>(), bit in 0..8u8, text in ".{0,64}") {
        let cipher = Cipher::read("sym", AES).unwrap();
        let sealed = cipher.seal([1; 12], "aad", text.clone().into()).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&sealed).unwrap();
        let read = |json: &serde_json::Value| {
            super::super::cipher::Sealed::read(json.to_string().as_bytes()).unwrap().unwrap()
        };
        prop_assert_eq!(cipher.open(&read(&json), "aad").unwrap(), text.as_bytes());
        prop_assert!(cipher.open(&read(&json), "aae").is_none());
        for member in ["iv", "data", "authtag"] {
            let mut bytes = STANDARD.decode(json[member].as_str().unwrap()).unwrap();
            if bytes.is_empty() {
                continue;
            }
            let at = place.index(bytes.len());
            bytes[at] ^= 1 << bit;
            let mut flipped = json.clone();
            flipped[member] = STANDARD.encode(bytes).into();
            prop_assert!(cipher.open(&read(&flipped), "aad").is_none());
        }
    }

    #[test]
    fn what_was_encrypted_is_taken_as_json_or_not_at_all(inside in ".{0,40}|\\PC*\"[:,]\\PC*", cut in 0..80usize) {
        let wechat = &*WECHAT;
        let whole = format!(r#"{{"_n":"n","_appid":"{APPID}","_timestamp":{NOW},"x":"{inside}"}}"#);
        let text = match whole.char_indices().nth(cut) {
            // Mostly whole.
            Some((at, _)) if cut < 20 => &whole[..at],
            _ => &whole,
        };
        match opened(wechat.answer_with(text, APPID, NOW, &wechat.platform)) {
            Ok(came) => {
                let said = serde_json::from_slice::<serde_json::Value>(&came.body).unwrap();
                prop_assert!(said.get("x").is_some() && said.get("_n").is_none(), "{}", said);
            }
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Crypto),
        }
    }

    #[test]
    fn nothing_that_comes_panics(body in prop::collection::vec(any::<u8>(), 0..200), text in ".{0,100}") {
        let mut came = GOOD.clone();
        came.body = body.into();
        prop_assert!(opened(came).is_err());
        let _ = PrivateKey::read("x", &text);
        let _ = PublicKey::read("the key", "x", &pem("CERTIFICATE", text.as_bytes()));
    }
}
