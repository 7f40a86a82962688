//! What is refused, and how.

use super::super::crypto::Misfit;
use super::*;

#[test]
fn every_kind_of_refusal_has_its_case() {
    let text = r#"{"MsgType":"text","Content":"planted content","FromUserName":"o1"}"#;
    let (query, body) = sealed(text);
    let receiver = receiver();
    let without = |name: &str| {
        let mut query = query.clone();
        match name {
            "timestamp" => query.timestamp = None,
            "nonce" => query.nonce = None,
            _ => query.msg_signature = None,
        }
        query
    };
    let strict = builder().max_body(64).max_age(Duration::from_secs(300)).build().unwrap();
    let mut late = plain_query();
    late.timestamp = Some("1714100000".into());
    let signature = crypto::signature([TOKEN, "1714100000", "77"]);
    late.signature = Some(String::from_utf8(signature.to_vec()).unwrap());
    let open = |(query, body): (Query, String)| receiver.open(&query, body).map(drop);
    let message = opened(text).unwrap();
    use ErrorKind as K;
    let cases: Vec<(K, Result<()>)> = vec![
        (K::Config, Receiver::plain("").map(drop)),
        (K::Config, Receiver::new("", KEY, APPID).map(drop)),
        (K::Config, Receiver::new(TOKEN, KEY, "").map(drop)),
        (K::Config, Receiver::new(TOKEN, &KEY[1..], APPID).map(drop)),
        (K::Config, Receiver::new(TOKEN, format!("{KEY}A"), APPID).map(drop)),
        (K::Config, Receiver::new(TOKEN, KEY.replace('m', "-"), APPID).map(drop)),
        (K::Config, Receiver::new(TOKEN, KEY.replace('m', "中"), APPID).map(drop)),
        (K::Config, Receiver::builder(TOKEN).previous_key(KEY).build().map(drop)),
        (K::Config, Receiver::builder(TOKEN).allow_plain().build().map(drop)),
        (K::Config, Receiver::builder(TOKEN).appid(APPID).build().map(drop)),
        (K::Config, Receiver::plain(" \n").map(drop)),
        (K::Config, builder().previous_token(" ").build().map(drop)),
        (K::Config, builder().previous_key("short").build().map(drop)),
        (K::Config, builder().cloud_hosted().build().map(drop)),
        (K::Config, Receiver::cloud_hosted().verify_url(&query).map(drop)),
        (K::Config, Receiver::plain(TOKEN).unwrap().open(&plain_query(), body.clone()).map(drop)),
        (K::Query, receiver.verify_url(&Query::parse("echostr=1")).map(drop)),
        (K::Query, receiver.verify_url(&plain_query()).map(drop)),
        (K::Query, receiver.open(&without("timestamp"), body.clone()).map(drop)),
        (K::Query, receiver.open(&without("nonce"), body.clone()).map(drop)),
        (K::Query, receiver.open(&without("msg_signature"), body.clone()).map(drop)),
        (K::Signature, Receiver::new("other", KEY, APPID).unwrap().open(&query, body.clone()).map(drop)),
        (K::Signature, receiver.open(&query, body.replace("\"Encrypt\":\"", "\"Encrypt\":\"A")).map(drop)),
        (K::Age, strict.verify_url(&late).map(drop)),
        (K::Unencrypted, receiver.open(&plain_query(), text).map(drop)),
        (K::Unencrypted, receiver.open(&query, text).map(drop)),
        (K::Decrypt, open(sealed_with(OTHER_KEY, APPID, text.as_bytes()))),
        (K::Decrypt, open(signed(""))),
        (K::Decrypt, open(signed("AAAA"))),
        (K::Decrypt, open(signed("no base64!"))),
        (K::AppId, open(sealed_with(KEY, "wx0000000000000000", text.as_bytes()))),
        (K::Source, Receiver::cloud_hosted().open(&query, text).map(drop)),
        (K::TooLarge, strict.open(&query, body.clone()).map(drop)),
        (K::Malformed, open((query.clone(), "hello".into()))),
        (K::Malformed, open((query.clone(), String::new()))),
        (K::Malformed, open((query.clone(), "[1]".into()))),
        (K::Malformed, open((query.clone(), "{\"Encrypt\":".into()))),
        (K::Malformed, open((query.clone(), "<xml><Encrypt>".into()))),
        (K::Malformed, open(sealed("planted text that is neither"))),
        (K::Malformed, open(sealed("[]"))),
        (K::Malformed, open(sealed(r#"{"MsgType":{"planted":1}}"#))),
        (K::OtherEvent, message.decode::<Verdict>().map(drop)),
        (K::Decode, opened(r#"{"MsgType":"text"}"#).unwrap().decode::<Words>().map(drop)),
        (K::Reply, message.reply(VerdictReply::default()).map(drop)),
    ];
    for (index, (expected, outcome)) in cases.into_iter().enumerate() {
        let error = outcome.expect_err(&format!("case {index}: {expected:?}"));
        assert_eq!(error.kind(), expected, "case {index}: {error}");
        assert_eq!(error.status(), expected.status());
        let status = error.status().as_u16();
        assert!((400..=500).contains(&status), "{status}");
        assert_ne!(error.remedy(), error.remedy_zh());
        let told = format!("{error} {error:?}");
        let told = format!("{told} {}", crate::Error::from(error));
        for secret in ["planted", TOKEN, KEY, &KEY[..20], OTHER_KEY, "o1"] {
            assert!(!told.contains(secret), "case {index}: {told}");
        }
    }
}

#[test]
fn errors_of_calls_take_these_in() {
    let crate_kind = |error: Error| crate::Error::from(error).kind();
    assert_eq!(crate_kind(Receiver::plain("").unwrap_err()), crate::ErrorKind::Config);
    let refused = receiver().open(&plain_query(), "{}").unwrap_err();
    let error = crate::Error::from(refused);
    assert_eq!(error.kind(), crate::ErrorKind::Crypto);
    assert!(!error.maybe_sent());
    assert!(std::error::Error::source(&error).unwrap().is::<Error>());
    let error = crate::Error::from(receiver().open(&plain_query(), "?").unwrap_err());
    assert_eq!((error.kind(), error.maybe_sent()), (crate::ErrorKind::Decode, false));
    assert!(error.to_string().contains("byte for byte"), "{error}");
}

/// Someone who may ask as often as they like learns from the answers whether a padding fits, and decrypts with that.
#[test]
fn what_failed_in_decryption_shows_nowhere() {
    let key = Key::parse(KEY).unwrap();
    let encrypt = |plain: &[u8]| {
        use aes::Aes256;
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        use cbc::cipher::block_padding::NoPadding;
        use cbc::cipher::{BlockModeEncrypt as _, KeyIvInit as _};
        let mut data = plain.to_vec();
        let length = data.len();
        let raw = crypto::decode(KEY).unwrap();
        let cipher = cbc::Encryptor::<Aes256>::new_from_slices(&raw, &raw[..16]).unwrap();
        STANDARD.encode(cipher.encrypt_padded::<NoPadding>(&mut data, length).unwrap())
    };
    let whole = |length: u32, appid: &[u8], padding: &[u8]| {
        let mut plain = b"0123456789abcdef".to_vec();
        plain.extend(length.to_be_bytes());
        plain.extend(b"{}");
        plain.extend(appid);
        plain.extend(padding);
        plain
    };
    let good = whole(2, APPID.as_bytes(), &[24; 24]);
    assert_eq!(good.len() % 32, 0);
    let (query, body) = signed(&encrypt(&good));
    assert_eq!(receiver().open(&query, body).unwrap().body(), "{}");
    let cases = [
        ("no padding", whole(2, APPID.as_bytes(), &[0; 24])),
        ("a padding beyond its block", whole(2, APPID.as_bytes(), &[33; 24])),
        ("a padding that differs", whole(2, APPID.as_bytes(), &[&[23][..], &[24; 23]].concat())),
        ("padding alone", vec![32; 32]),
        ("one block of padding", vec![16; 16]),
        ("shorter than its front", [vec![0; 15], vec![1]].concat()),
        ("a length beyond the end", whole(21, APPID.as_bytes(), &[24; 24])),
        ("the largest length", whole(u32::MAX, APPID.as_bytes(), &[24; 24])),
        ("a length that reaches into the appid", whole(20, APPID.as_bytes(), &[24; 24])),
        ("no text in the appid's place", whole(2, &[200; 18], &[24; 24])),
    ];
    for (what, plain) in cases {
        let (query, body) = signed(&encrypt(&plain));
        let error = receiver().open(&query, body).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decrypt, "{what}");
        let answer = Answer::from(&error);
        assert_eq!((answer.status.as_u16(), &*answer.body), (400, &b"failed"[..]), "{what}");
    }
    // Another app's message is told apart, but not to the sender.
    let (query, body) = sealed_with(KEY, "wx0000000000000000", b"{}");
    let other = receiver().open(&query, body).unwrap_err();
    assert_eq!((other.kind(), other.status().as_u16()), (ErrorKind::AppId, 400));
    assert_eq!(key.open(&mut [], APPID), Err(Misfit::Key));
}

#[test]
fn keys_end_in_loose_bits() {
    let (query, body) = sealed_with(KEY, APPID, b"{}");
    // The last character of a key counts for four of its six bits.
    for last in ["C", "D", "A=", "B"] {
        let key = format!("{}{last}", &KEY[..42]);
        let outcome = Receiver::new(TOKEN, format!(" {key}\n"), APPID).unwrap().open(&query, body.clone());
        assert!(outcome.is_ok(), "{last}");
    }
    let other = Receiver::new(TOKEN, format!("{}E", &KEY[..42]), APPID).unwrap().open(&query, body);
    assert_eq!(kind(other), Some(ErrorKind::Decrypt));
}

/// As they come out of a file.
#[test]
fn blanks_around_token_and_appid_do_not_count() {
    let receiver = Receiver::new(format!(" {TOKEN}\r\n"), KEY, format!("{APPID}\n")).unwrap();
    let (query, body) = sealed("{}");
    assert_eq!(receiver.open(&query, body).unwrap().body(), "{}");
}

#[test]
fn a_list_is_no_message() {
    let (query, _) = sealed("{}");
    let error = receiver().open(&query, "[1]").unwrap_err();
    assert!(error.to_string().starts_with("expected a JSON object or XML, got "), "{error}");
}

#[test]
fn the_former_key_serves_until_it_is_dropped() {
    let rotated = builder().encoding_aes_key(OTHER_KEY).previous_key(KEY).build().unwrap();
    for key in [KEY, OTHER_KEY] {
        let (query, body) = sealed_with(key, APPID, br#"{"MsgType":"text","Content":"hi"}"#);
        let message = rotated.open(&query, body.clone()).unwrap();
        assert_eq!(message.decode::<Words>().unwrap().content, "hi");
        // Answered under the key that WeChat used.
        let answer = message.reply(VerdictReply { code: Some(0) }).unwrap();
        let reply = replies::unseal(key, &answer.body);
        assert_eq!(serde_json::from_slice::<Value>(&reply).unwrap()["ResultCode"], 0);
        let current = builder().encoding_aes_key(OTHER_KEY).build().unwrap().open(&query, body);
        assert_eq!(kind(current), if key == KEY { Some(ErrorKind::Decrypt) } else { None });
    }
    let (query, body) = sealed_with(KEY, "wx0000000000000000", b"{}");
    assert_eq!(kind(rotated.open(&query, body)), Some(ErrorKind::AppId));
}

/// The console checks the URL with the new token while messages still come with the old one.
#[test]
fn the_former_token_serves_until_it_is_dropped() {
    let text = r#"{"MsgType":"text","Content":"hi"}"#;
    let changing = || Receiver::builder("new-token").previous_token(format!("{TOKEN}\n")).clock(Stopped);
    let plain = changing().build().unwrap();
    let sealing = changing().encoding_aes_key(KEY).appid(APPID).build().unwrap();
    let changed = Receiver::new("new-token", KEY, APPID).unwrap();
    let signature = crypto::signature(["new-token", &NOW.to_string(), "77"]);
    let mut new = plain_query();
    new.signature = Some(String::from_utf8(signature.to_vec()).unwrap());
    let mut forged = plain_query();
    forged.signature = new.signature.as_ref().map(|signature| signature.replace(|_| true, "0"));
    for (mut query, expected) in [(new, None), (plain_query(), None), (forged, Some(ErrorKind::Signature))] {
        query.echostr = Some("1".into());
        assert_eq!(kind(plain.verify_url(&query)), expected);
        assert_eq!(kind(plain.open(&query, text)), expected);
    }
    let (old, body) = sealed(text);
    let answer = sealing.open(&old, body.clone()).unwrap().reply(VerdictReply { code: Some(7) }).unwrap();
    // It is WeChat with the old token that reads the answer; `unseal` checks the signature.
    assert_eq!(serde_json::from_slice::<Value>(&replies::unseal(KEY, &answer.body)).unwrap()["ResultCode"], 7);
    assert_eq!(kind(changed.open(&old, body)), Some(ErrorKind::Signature));
}

#[test]
fn unencrypted_messages_are_refused_until_they_are_allowed() {
    let text = r#"{"MsgType":"text","Content":"hi"}"#;
    let open = builder().allow_plain().build().unwrap();
    assert!(!open.open(&plain_query(), text).unwrap().is_encrypted());
    assert_eq!(kind(open.open(&Query::default(), text)), Some(ErrorKind::Query));
    let mut forged = plain_query();
    forged.nonce = Some("78".into());
    assert_eq!(kind(open.open(&forged, text)), Some(ErrorKind::Signature));
    // An envelope that is empty is no way round.
    assert_eq!(kind(receiver().open(&plain_query(), r#"{"Encrypt":"","MsgType":"text"}"#)), Some(ErrorKind::Query));
    assert_eq!(
        kind(receiver().open(&plain_query(), r#"{"Encrypt":null,"MsgType":"text"}"#)),
        Some(ErrorKind::Unencrypted)
    );
    // One that does not fit is not passed over for what stands beside it, even where that would do.
    let (query, both) = signed("AAAA");
    let mut query = Query { msg_signature: None, ..query };
    let both = both.replace("{", r#"{"MsgType":"text","Content":"forged","#);
    query.signature = plain_query().signature;
    assert_eq!(kind(open.open(&query, both.clone())), Some(ErrorKind::Query));
    query.msg_signature = query.signature.clone();
    assert_eq!(kind(open.open(&query, both)), Some(ErrorKind::Signature));
    // In compatible mode a receiver without a key reads what is not encrypted.
    let both = r#"{"MsgType":"text","Content":"hi","Encrypt":"AAAA"}"#;
    let message = Receiver::plain(TOKEN).unwrap().open(&plain_query(), both).unwrap();
    assert_eq!(message.decode::<Words>().unwrap().content, "hi");
}

#[test]
fn ages_count_in_both_directions() {
    let (query, body) = sealed("{}");
    let made_at = |seconds: u64| {
        struct At(u64);
        impl Clock for At {
            fn elapsed(&self) -> Duration {
                Duration::ZERO
            }
            fn now(&self) -> SystemTime {
                UNIX_EPOCH + Duration::from_secs(self.0)
            }
        }
        builder().max_age(Duration::from_secs(60)).clock(At(seconds)).build().unwrap()
    };
    for (now, expected) in [
        (NOW, None),
        (NOW + 60, None),
        (NOW - 60, None),
        (NOW + 61, Some(ErrorKind::Age)),
        (NOW - 61, Some(ErrorKind::Age)),
        (0, Some(ErrorKind::Age)),
    ] {
        assert_eq!(kind(made_at(now).open(&query, body.clone())), expected, "{now}");
    }
    for timestamp in ["", "soon", "-9223372036854775808", "99999999999999999999"] {
        let signature = crypto::signature([TOKEN, timestamp, "77"]);
        let mut query = plain_query();
        query.timestamp = Some(timestamp.into());
        query.signature = Some(String::from_utf8(signature.to_vec()).unwrap());
        query.echostr = Some("1".into());
        assert_eq!(kind(made_at(NOW).verify_url(&query)), Some(ErrorKind::Age), "{timestamp}");
        assert_eq!(receiver().verify_url(&query).unwrap(), "1");
    }
}

#[test]
fn nothing_prints_what_is_secret_or_said() {
    let secret = "planted-content";
    let (query, body) = sealed(&format!(r#"{{"MsgType":"text","Content":"{secret}","FromUserName":"{secret}"}}"#));
    let message = receiver().open(&query, body).unwrap();
    let answer = message.reply_json(&serde_json::json!({ "a": secret })).unwrap();
    let plain = Answer::text(secret);
    for shown in [
        format!("{:?}", builder().previous_key(OTHER_KEY).previous_token(secret)),
        format!("{:?}", builder().previous_key(OTHER_KEY).previous_token(secret).build().unwrap()),
        format!("{:?}", Receiver::plain(TOKEN).unwrap()),
        format!("{query:?}"),
        format!("{message:#?}"),
        format!("{answer:?} {plain:?}"),
        format!("{:?}", Fill::new(Some(&message), Timestamp::new(1))),
    ] {
        for hidden in [secret, TOKEN, KEY, OTHER_KEY, query.msg_signature.as_deref().unwrap()] {
            assert!(!shown.contains(hidden), "{shown}");
        }
    }
}
