//! WeChat pushing: its signatures, its encryption and its XML, made anew with another implementation than the SDK's.

use aws_lc_rs::cipher::{
    AES_256, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::digest;
use aws_lc_rs::iv::FixedLength;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use md5::{Digest as _, Md5};
use serde_json::{Map, Value, json};
use weapp::push::{Message, Query, Receiver};

use crate::compare::read;

/// The token of the console.
pub const TOKEN: &str = "TokenOfTests";
/// The app that listens.
pub const APP: &str = "wx00000000000000a1";
/// What the console calls 数据格式.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Written {
    /// JSON.
    Json,
    /// XML.
    Xml,
}

/// Both.
pub const BOTH: [Written; 2] = [Written::Json, Written::Xml];

const KEY: [u8; 32] = *b"0123456789abcdef~!@#$%^&*()_+-=<";
const TIMESTAMP: &str = "1714112445";
const NONCE: &str = "415670741";

/// What the developer's server is: one that takes messages as they are, and one for those that come encrypted.
#[derive(Debug)]
pub struct Server {
    /// 明文模式.
    pub plain: Receiver,
    /// 安全模式.
    pub secure: Receiver,
}

impl Server {
    /// Both.
    pub fn new() -> Self {
        Self {
            plain: Receiver::plain(TOKEN).expect("a token"),
            secure: Receiver::new(TOKEN, STANDARD_NO_PAD.encode(KEY), APP).expect("a key"),
        }
    }

    /// Opens a message that comes as it is.
    pub fn open(&self, body: impl Into<Vec<u8>>) -> weapp::push::Result<Message> {
        self.plain.open(&plain_query(), body.into())
    }

    /// Opens a message that comes encrypted.
    pub fn open_sealed(&self, body: &[u8], written: Written) -> weapp::push::Result<Message> {
        let encrypt = sealed(body);
        let query = format!(
            "signature={}&timestamp={TIMESTAMP}&nonce={NONCE}&openid=o&encrypt_type=aes&msg_signature={}",
            signature(&[]),
            signature(&[&encrypt])
        );
        let envelope = fields(json!({ "ToUserName": "gh_1", "Encrypt": encrypt }));
        self.secure.open(&Query::parse(&query), document(&envelope, written).into_bytes())
    }
}

impl Default for Server {
    fn default() -> Self {
        Self::new()
    }
}

/// The members of a JSON object.
pub fn fields(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(fields) => fields,
        other => panic!("{other} is no object"),
    }
}

fn plain_query() -> Query {
    let signature = signature(&[]);
    Query::parse(&format!("signature={signature}&timestamp={TIMESTAMP}&nonce={NONCE}&openid=o"))
}

fn signature(more: &[&str]) -> String {
    signed_at(TIMESTAMP, more)
}

fn signed_at(timestamp: &str, more: &[&str]) -> String {
    let mut texts = [&[TOKEN, timestamp, NONCE], more].concat();
    texts.sort_unstable();
    hex(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, texts.concat().as_bytes()).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn iv() -> FixedLength<16> {
    FixedLength::from(<[u8; 16]>::try_from(&KEY[..16]).expect("half a key"))
}

fn key() -> UnboundCipherKey {
    UnboundCipherKey::new(&AES_256, &KEY).expect("a key")
}

fn sealed(body: &[u8]) -> String {
    let length = u32::try_from(body.len()).expect("a short message").to_be_bytes();
    let mut data = [b"sixteen letters.", &length[..], body, APP.as_bytes()].concat();
    let padding = 32 - data.len() % 32;
    data.resize(data.len() + padding, u8::try_from(padding).expect("at most 32"));
    let cipher = EncryptingKey::cbc(key()).expect("a key");
    cipher.less_safe_encrypt(&mut data, EncryptionContext::Iv128(iv())).expect("whole blocks");
    STANDARD.encode(data)
}

/// Verifies and decrypts an answer.
pub fn opened(answer: &[u8], written: Written) -> Vec<u8> {
    let envelope = parsed(answer, written);
    let text = |name: &str| match &envelope[name] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let encrypt = text("Encrypt");
    assert_eq!(text("Nonce"), NONCE);
    assert_eq!(text("MsgSignature"), signed_at(&text("TimeStamp"), &[&encrypt]));
    let mut data = STANDARD.decode(encrypt).expect("base64");
    let cipher = DecryptingKey::cbc(key()).expect("a key");
    let data = cipher.decrypt(&mut data, DecryptionContext::Iv128(iv())).expect("whole blocks");
    let padding = usize::from(*data.last().expect("a block"));
    assert!((1..=32).contains(&padding) && data.len().is_multiple_of(32), "padded to blocks of 32");
    let data = &data[..data.len() - padding];
    let length = u32::from_be_bytes(data[16..20].try_into().expect("four bytes")) as usize;
    assert_eq!(&data[20 + length..], APP.as_bytes());
    data[20..20 + length].to_vec()
}

/// Signs a callback of same-city deliveries.
pub fn sign_callback(fields: &mut Map<String, Value>) {
    fields.remove("sign");
    let mut pairs: Vec<String> = fields
        .iter()
        .map(|(name, value)| match value {
            Value::String(text) => format!("{name}={text}&"),
            value => format!("{name}={value}&"),
        })
        .collect();
    pairs.sort_unstable();
    let sign = hex(&Md5::digest(format!("{}token={TOKEN}", pairs.concat())));
    fields.insert("sign".to_owned(), json!(sign));
}

/// A message as it is sent.
pub fn document(fields: &Map<String, Value>, written: Written) -> String {
    match written {
        Written::Json => Value::Object(fields.clone()).to_string(),
        Written::Xml => {
            let mut out = "<xml>\n".to_owned();
            elements(&mut out, fields);
            out + "</xml>"
        }
    }
}

fn elements(out: &mut String, fields: &Map<String, Value>) {
    for (name, value) in fields {
        let list = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        for value in list.iter().filter(|value| !value.is_null()) {
            out.push_str(&format!("  <{name}>"));
            match value {
                Value::Object(fields) => elements(out, fields),
                Value::String(text) => out.push_str(&format!("<![CDATA[{text}]]>")),
                Value::Array(_) => panic!("{name}: a list in a list has no form in XML"),
                scalar => out.push_str(&scalar.to_string()),
            }
            out.push_str(&format!("</{name}>\n"));
        }
    }
}

/// A document in either form; texts stay texts in XML.
pub fn parsed(body: &[u8], written: Written) -> Value {
    match written {
        Written::Json => read(body).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(body))),
        Written::Xml => element(&mut std::str::from_utf8(body).expect("UTF-8")).1,
    }
}

/// Takes the next element: enough of XML for what WeChat shows and the SDK writes.
fn element<'a>(rest: &mut &'a str) -> (&'a str, Value) {
    let start = rest.find('<').expect("an element");
    let (name, after) = rest[start + 1..].split_once('>').expect("the end of a tag");
    *rest = after;
    let (mut children, mut text, mut is_verbatim) = (Map::new(), String::new(), false);
    loop {
        let (before, _) = rest.split_once('<').unwrap_or_else(|| panic!("{name} has no end"));
        if !is_verbatim {
            text.push_str(before.trim_matches(|c: char| c.is_whitespace() || c == '\u{200b}'));
        }
        *rest = &rest[before.len()..];
        if let Some(after) = rest.strip_prefix("<![CDATA[") {
            let (inside, after) = after.split_once("]]>").expect("the end of a section");
            text.push_str(inside);
            (*rest, is_verbatim) = (after, true);
        } else if let Some(after) = rest.strip_prefix("</") {
            let (end, after) = after.split_once('>').expect("the end of a tag");
            assert_eq!(end, name, "an element ends as it began");
            *rest = after;
            break;
        } else {
            let (name, value) = element(rest);
            match children.get_mut(name) {
                None => drop(children.insert(name.to_owned(), value)),
                Some(Value::Array(list)) => list.push(value),
                Some(first) => *first = Value::Array(vec![first.take(), value]),
            }
        }
    }
    (name, if children.is_empty() { Value::String(text) } else { Value::Object(children) })
}
