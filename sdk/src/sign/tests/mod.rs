//! What is signed and encrypted, against what WeChat published and against a WeChat made here.

mod calls;
mod keys;
mod refused;
#[cfg(feature = "sm")]
mod sm;
mod vectors;

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode};

use super::ApiKeys;
use super::cipher::Cipher;
use super::header;
use super::pair::{PrivateKey, PublicKey};
use super::seal::signed_text;
use crate::endpoint::Received;

const APPID: &str = "wx0123456789abcdef";
const PATH: &str = "/wxa/getuserriskrank";
const URL: &str = "https://api.weixin.qq.com/wxa/getuserriskrank";
const NOW: u64 = 1_700_000_000;
const AES: &str = "otUpngOjU+nVQaWJIC3D/yMLV17RKaP6t4Ot9tbnzLY=";

/// PEM of a new RSA key: the private and the public half.
fn pair() -> (String, String) {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    (pem("PRIVATE KEY", private.as_ref()), pem("PUBLIC KEY", public.as_ref()))
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect::<Vec<_>>();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

/// The app's pair, and two of WeChat.
static PAIRS: LazyLock<[(String, String); 3]> = LazyLock::new(|| [pair(), pair(), pair()]);

/// WeChat's side.
struct WeChat {
    cipher: Cipher,
    app: PublicKey,
    platform: PrivateKey,
    next: PrivateKey,
}

impl WeChat {
    fn new() -> Self {
        Self {
            cipher: Cipher::read("sym", AES).unwrap(),
            app: PublicKey::read("the app's key", "app", &PAIRS[0].1).unwrap(),
            platform: PrivateKey::read("platform1", &PAIRS[1].0).unwrap(),
            next: PrivateKey::read("platform2", &PAIRS[2].0).unwrap(),
        }
    }

    /// An encrypted and signed answer.
    fn answer(&self, members: &str, time: u64) -> Received {
        let text = format!(r#"{{"_n":"n","_appid":"{APPID}","_timestamp":{time}{members}}}"#);
        self.answer_with(&text, APPID, time, &self.platform)
    }

    fn answer_with(&self, text: &str, appid: &str, time: u64, platform: &PrivateKey) -> Received {
        let time = time.to_string();
        let aad = self.cipher.aad(URL, appid, &time);
        let body = self.cipher.seal(*b"twelve bytes", &aad, text.into()).unwrap();
        let signature = platform.sign(&signed_text(URL, appid, &time, &body)).unwrap();
        received(
            &[
                (header::APPID, appid),
                (header::TIMESTAMP, &time),
                (header::SERIAL, platform.serial()),
                (header::SIGNATURE, &STANDARD.encode(signature)),
            ],
            body,
        )
    }
}

fn received(headers: &[(HeaderName, &str)], body: impl Into<Bytes>) -> Received {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(name.clone(), value.parse().unwrap());
    }
    Received { status: StatusCode::OK, headers: map, body: body.into() }
}

/// The app's keys, with the first platform certificate.
fn keys() -> ApiKeys {
    static KEYS: LazyLock<ApiKeys> = LazyLock::new(|| keys_with(&[("platform1", 1)]));
    KEYS.clone()
}

fn keys_with(platform: &[(&str, usize)]) -> ApiKeys {
    let keys = ApiKeys::builder().encryption_key("sym", AES).private_key("app", PAIRS[0].0.as_str());
    let add = |keys: super::ApiKeysBuilder, &(serial, pair): &(&str, usize)| {
        keys.platform_certificate(serial, PAIRS[pair].1.as_str())
    };
    platform.iter().fold(keys, add).build().unwrap()
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}
