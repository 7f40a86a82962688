//! What holds for any input.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::super::xml;
use super::*;

/// A key of any 32 bytes, in the form of the console.
fn key() -> impl Strategy<Value = String> {
    "[A-Za-z0-9+/]{43}"
}

/// JSON that has a form of its own in XML: texts, objects that are not empty, lists of two and more.
fn expressible() -> impl Strategy<Value = Value> {
    let text = "[^\\x00-\\x1F\\u{FFFE}\\u{FFFF}]{0,8}".prop_map(Value::String);
    let name = "[A-Za-z_][A-Za-z0-9_.-]{0,6}";
    let inner = text.prop_recursive(4, 40, 4, move |inner| {
        let list = vec(inner.clone(), 2..4)
            .prop_filter("a list in a list has no form of its own", |list| list.iter().all(|value| !value.is_array()));
        prop_oneof![
            list.prop_map(Value::Array),
            btree_map(name, inner, 1..4).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    });
    btree_map(name, inner, 1..5).prop_map(|fields| Value::Object(fields.into_iter().collect()))
}

/// Texts that look like a document.
fn markup() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("<xml>"),
        Just("</xml>"),
        Just("<a>"),
        Just("</a>"),
        Just("<b/>"),
        Just("<![CDATA["),
        Just("]]>"),
        Just("&"),
        Just(";"),
        Just("&#"),
        Just("x41"),
        Just("<!DOCTYPE"),
        Just("<!--"),
        Just("-->"),
        Just("<?xml"),
        Just("?>"),
        Just("\""),
        Just(" "),
        Just("\u{200b}"),
        Just("中"),
        Just("<MsgType>"),
        Just("</MsgType>"),
        Just("=")
    ];
    vec(pieces, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn encrypting_and_decrypting_changes_nothing(
        key in key(), message in vec(any::<u8>(), 0..300), appid in ".{0,30}", random in any::<[u8; 16]>()
    ) {
        let key = Key::parse(&key).unwrap();
        let mut data = crypto::decode(&key.seal(&random, &message, &appid).unwrap()).unwrap();
        prop_assert_eq!(data.len() % 32, 0);
        let range = key.open(&mut data, &appid).unwrap();
        prop_assert_eq!(&data[range], &message[..]);
    }

    #[test]
    fn any_flipped_bit_is_refused(plain in "\\{\"MsgType\":\"[a-z]{0,60}\"\\}", at in any::<prop::sample::Index>(), bit in 0..7_u32) {
        let encrypt = Key::parse(KEY).unwrap().seal(b"0123456789abcdef", plain.as_bytes(), APPID).unwrap();
        let (query, body) = signed(&encrypt);
        prop_assert!(receiver().open(&query, body.clone()).is_ok());

        // Of the message as it travels.
        let mut flipped = encrypt.clone().into_bytes();
        let index = at.index(flipped.len());
        flipped[index] ^= 1 << bit;
        let flipped = String::from_utf8(flipped).unwrap();
        let flipped = serde_json::json!({ "Encrypt": flipped }).to_string();
        prop_assert_eq!(kind(receiver().open(&query, flipped)), Some(ErrorKind::Signature));

        // Of the signature.
        let mut signature = query.msg_signature.clone().unwrap().into_bytes();
        let index = at.index(signature.len());
        signature[index] ^= 1 << bit;
        let mut forged = query.clone();
        forged.msg_signature = Some(String::from_utf8(signature).unwrap());
        prop_assert_eq!(kind(receiver().open(&forged, body.clone())), Some(ErrorKind::Signature));

        // Of the timestamp and the nonce.
        let mut forged = query.clone();
        forged.timestamp = Some((NOW ^ (1_u64 << bit)).to_string());
        prop_assert_eq!(kind(receiver().open(&forged, body.clone())), Some(ErrorKind::Signature));
        let mut forged = query.clone();
        forged.nonce = Some((77 ^ (1 << bit)).to_string());
        prop_assert_eq!(kind(receiver().open(&forged, body.clone())), Some(ErrorKind::Signature));

        // Of the key.
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD_NO_PAD;
        let mut key = crypto::decode(KEY).unwrap();
        key[at.index(32)] ^= 1 << bit;
        let other = Receiver::new(TOKEN, STANDARD_NO_PAD.encode(key), APPID).unwrap();
        prop_assert_eq!(kind(other.open(&query, body)), Some(ErrorKind::Decrypt));
    }

    #[test]
    fn no_ciphertext_panics(data in vec(any::<u8>(), 0..200), appid in ".{0,30}") {
        let _ = Key::parse(KEY).unwrap().open(&mut data.clone(), &appid);
        let (query, body) = signed(&String::from_utf8_lossy(&data).replace(['"', '\\'], ""));
        let _ = receiver().open(&query, body);
    }

    #[test]
    fn no_body_panics(body in vec(any::<u8>(), 0..200), first in prop_oneof![Just(b'<'), Just(b'{'), any::<u8>()]) {
        let body = [&[first][..], &body].concat();
        let _ = xml::read(&body);
        for receiver in [receiver(), Receiver::plain(TOKEN).unwrap(), Receiver::cloud_hosted()] {
            if let Ok(message) = receiver.open(&plain_query().with_source("wx"), body.clone()) {
                let _ = (message.json(), message.key(), message.distinct(Verdict::META));
                let _ = message.reply(VerdictReply { code: Some(1) });
            }
        }
    }

    #[test]
    fn no_markup_panics(text in markup()) {
        let _ = xml::read(text.as_bytes());
        if let Ok(message) = Receiver::plain(TOKEN).unwrap().open(&plain_query(), text) {
            let _ = (message.json(), message.decode::<Words>(), message.key());
        }
    }

    #[test]
    fn no_query_panics(query in ".{0,60}", body in ".{0,20}") {
        let query = Query::parse(&query);
        let _ = receiver().verify_url(&query);
        let _ = receiver().open(&query, body);
    }

    #[test]
    fn what_is_written_reads_as_it_was(value in expressible()) {
        let written = xml::write(&value).unwrap();
        prop_assert_eq!(xml::read(written.as_bytes()).unwrap(), value, "{}", written);
    }

    #[test]
    fn xml_messages_read_as_json_ones(content in "[^\\x00-\\x1F\\u{FFFE}\\u{FFFF}]{0,40}") {
        let fields = serde_json::json!({ "MsgType": "text", "Content": content });
        for text in [fields.to_string(), xml::write(&fields).unwrap()] {
            prop_assert_eq!(&opened(&text).unwrap().decode::<Words>().unwrap().content, &content);
        }
    }
}
