//! Pushed messages as they come: encrypted and signed, or by somebody who can do neither.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbc::Encryptor;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeEncrypt as _, KeyIvInit as _};
use md5::Md5;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};
use weapp::events::IntracityOrderStatus;
use weapp::push::{Answer, ErrorKind, Message, Query, Receiver, Result};

use crate::push;

// Those of the published messages, so that these can be in the corpus.
const TOKEN: &str = "AAAAA";
const APPID: &str = "wxba5fad812f8e6fb9";
const KEY: [u8; 32] = [0; 32];

static RECEIVER: LazyLock<Receiver> =
    LazyLock::new(|| Receiver::new(TOKEN, "A".repeat(43), APPID).expect("a receiver"));

/// Opens the input as what its first byte says: `{` or `<` a message, encrypted and signed here; `b` blocks, encrypted
/// and signed here as they are; `e` the text of `Encrypt`, signed here; `q` a query and a body, one on a line; `c` a
/// callback in JSON, as it is and signed here.
pub fn push_decrypt(input: &[u8]) {
    match input.split_first() {
        Some((b'{' | b'<', _)) => message(input),
        Some((b'b', plain)) => blocks(plain),
        Some((b'e', text)) => encrypt_text(text),
        Some((b'q', rest)) => stranger(rest),
        Some((b'c', body)) => callback(body),
        _ => {}
    }
}

/// A message that WeChat could send opens encrypted as it does unencrypted, and so does the answer.
fn message(plain: &[u8]) {
    let encrypted = receive(&seal(plain));
    let message = match (push::open(plain), encrypted) {
        (Ok(plain), Ok(encrypted)) => {
            push::same_head(&plain, &encrypted);
            encrypted
        }
        (Err(one), Err(other)) => return assert_eq!(one.kind(), other.kind()),
        (one, other) => panic!("unencrypted {one:?}, encrypted {other:?}"),
    };
    assert_eq!(message.body(), plain);
    assert!(message.is_encrypted());
    let reply = json!({ "MsgType": "reply", "Content": String::from_utf8_lossy(&plain[..plain.len().min(64)]) });
    match message.reply_json(&reply) {
        Ok(answer) => {
            let reply_again = answered(&answer).json().expect("a reply can be read");
            assert_eq!(reply_again, reply);
        }
        Err(error) => assert_eq!(error.kind(), ErrorKind::Reply),
    }
}

/// Opens an answer, as WeChat does.
fn answered(answer: &Answer) -> Message {
    let fields = push::open(&answer.body).expect("an envelope").json().expect("its fields");
    let text = |name: &str| match &fields[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut query = Query::default();
    query.timestamp = Some(text("TimeStamp"));
    query.nonce = Some(text("Nonce"));
    query.msg_signature = Some(text("MsgSignature"));
    RECEIVER.open(&query, answer.body.clone()).expect("an answer opens as a message does")
}

/// What decrypts is looked at: padding, length and app.
fn blocks(plain: &[u8]) {
    let whole = &plain[..plain.len() / 16 * 16];
    match (expected(whole), receive(&cipher(whole))) {
        (Some(at), Ok(message)) => assert_eq!(message.body(), &whole[at]),
        (Some(at), Err(error)) => {
            assert_eq!(push::open(&whole[at]).err().map(|error| error.kind()), Some(error.kind()))
        }
        (None, Ok(_)) => panic!("opens, and has no sound padding, length and app"),
        (None, Err(error)) => {
            assert!([ErrorKind::Decrypt, ErrorKind::AppId].contains(&error.kind()), "{error:?}");
        }
    }
}

/// Where the message stands in what was decrypted, if it is sound. Written past the SDK.
fn expected(plain: &[u8]) -> Option<Range<usize>> {
    let padding = usize::from(*plain.last()?);
    let rest = plain.strip_suffix(&*vec![padding as u8; padding]).filter(|_| (1..=32).contains(&padding))?;
    let front = rest.strip_suffix(APPID.as_bytes())?;
    let length = front.get(16..20)?.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
    (front.len() == 20 + length).then_some(20..20 + length)
}

fn encrypt_text(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    if let Err(error) = receive(text) {
        assert_ne!(error.kind(), ErrorKind::Signature, "it was signed well");
    }
}

/// Nobody without the token gets in.
fn stranger(rest: &[u8]) {
    let mut lines = rest.splitn(2, |byte| *byte == b'\n');
    let query = Query::parse(&String::from_utf8_lossy(lines.next().unwrap_or_default()));
    let body = lines.next().unwrap_or_default();
    let opened = RECEIVER.open(&query, body.to_vec());
    let published = query.msg_signature.as_deref() == Some("046e02f8204d34f8ba5fa3b1db94908f3df2e9b3");
    assert!(opened.is_err() || published, "opened without a signature");
}

/// What is signed in itself.
fn callback(body: &[u8]) {
    let read = |body: Vec<u8>| RECEIVER.callback::<IntracityOrderStatus>(body);
    let as_it_is = read(body.to_vec());
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(body) else { return };
    let given = fields.remove("sign");
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let sorted: BTreeMap<_, _> = fields.iter().collect();
    let signed: String = sorted.iter().map(|(name, value)| format!("{name}={}&", text(value))).collect();
    let digest = Md5::digest(format!("{signed}token={TOKEN}"));
    let sign: Value = digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
    assert!(as_it_is.is_err() || given.as_ref() == Some(&sign), "read without a signature");
    fields.insert("sign".to_owned(), sign);
    let written = Value::Object(fields.clone()).to_string();
    // A float may read a little different from what was written, and signs differently then.
    if serde_json::from_str::<Value>(&written).ok() != Some(Value::Object(fields)) {
        return;
    }
    if let Err(error) = read(written.into()) {
        assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    }
}

fn receive(encrypt: &str) -> Result<Message> {
    let mut query = Query::default();
    query.timestamp = Some("1714112445".to_owned());
    query.nonce = Some("415670741".to_owned());
    query.encrypt_type = Some("aes".to_owned());
    query.msg_signature = Some(sign([TOKEN, "1714112445", "415670741", encrypt]));
    RECEIVER.open(&query, json!({ "ToUserName": "gh_97417a04a28d", "Encrypt": encrypt }).to_string())
}

fn sign(mut texts: [&str; 4]) -> String {
    texts.sort_unstable();
    Sha1::digest(texts.concat()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn seal(message: &[u8]) -> String {
    let mut plain = b"0123456789abcdef".to_vec();
    plain.extend((message.len() as u32).to_be_bytes());
    plain.extend(message);
    plain.extend(APPID.as_bytes());
    let padding = 32 - plain.len() % 32;
    plain.extend(vec![padding as u8; padding]);
    cipher(&plain)
}

fn cipher(plain: &[u8]) -> String {
    let iv = [0; 16];
    STANDARD.encode(Encryptor::<Aes256>::new(&KEY.into(), &iv.into()).encrypt_padded_vec::<NoPadding>(plain))
}
