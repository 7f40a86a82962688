//! WeChat's published examples.

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::super::cipher::{Cipher, Sealed};
use super::super::open::open;
use super::super::pair::PublicKey;
use super::super::seal::{Fresh, seal_as, signed_text};
use super::super::{ApiKeys, header};
use super::{PAIRS, PATH, received};
use crate::api::risk_control::GetUserRiskRank;
use crate::endpoint::Endpoint as _;
use crate::parts::Body;
use crate::user_data::hex;

fn vectors(which: &str) -> Value {
    serde_json::from_str::<Value>(include_str!("vectors.json")).unwrap()[which].take()
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_else(|| panic!("no {name}"))
}

fn opened(cipher: &Cipher, vector: &Value) -> String {
    let sealed = Sealed::read(text(vector, "body").as_bytes()).unwrap().unwrap();
    String::from_utf8(cipher.open(&sealed, text(vector, "aad")).unwrap()).unwrap()
}

fn digest(message: &[u8]) -> String {
    hex(&Sha256::digest(message))
}

#[test]
fn the_request_is_the_published_one_byte_for_byte() {
    let v = vectors("rsa_aes");
    let request = &v["request"];
    let keys = ApiKeys::builder()
        .encryption_key(text(&v, "sym_sn"), text(&v, "sym_key"))
        .private_key("97845f6ed842ea860df6fdf65941ff56", PAIRS[0].0.as_str())
        .platform_certificate(text(&v, "platform_cert_sn"), text(&v, "platform_cert_pem"))
        .build()
        .unwrap();
    let plain: Value = serde_json::from_str(text(request, "plaintext")).unwrap();
    let body =
        r#"{"appid":"wxba6223c06417af7b","openid":"oEWzBfmdLqhFS2mTXCo2E4Y9gJAM","scene":0,"client_ip":"127.0.0.1"}"#;
    let published: Value = serde_json::from_str(text(request, "body")).unwrap();
    let iv = STANDARD.decode(text(&published, "iv")).unwrap().try_into().unwrap();
    let fresh = Fresh { nonce: text(&plain, "_n").to_owned(), iv };
    let time = request["timestamp"].as_u64().unwrap();
    let (headers, sent) =
        seal_as(&keys, PATH, text(&v, "appid"), time, &[""], &Body::Json(Bytes::from_static(body.as_bytes())), fresh)
            .unwrap();
    assert_eq!(sent, text(request, "body"));
    assert_eq!(keys.cipher().aad(text(&v, "url"), text(&v, "appid"), &time.to_string()), text(request, "aad"));
    let signed = signed_text(text(&v, "url"), text(&v, "appid"), &time.to_string(), &sent);
    assert_eq!(digest(&signed), text(request, "sign_payload_sha256"));
    assert_eq!(headers[header::APPID], text(&v, "appid"));
    assert_eq!(headers[header::TIMESTAMP], time.to_string());
    assert_eq!(headers[header::SERIAL], "97845f6ed842ea860df6fdf65941ff56");
    // PSS is salted: what can be shown is that the published signature and ours are those of the published text.
    let theirs = PublicKey::read("the app's key", "x", text(&v, "app_public_key_pem")).unwrap();
    assert!(theirs.verify(&signed, &STANDARD.decode(text(request, "signature")).unwrap()));
    let ours = PublicKey::read("the app's key", "x", &PAIRS[0].1).unwrap();
    let signature = STANDARD.decode(headers[header::SIGNATURE].as_bytes()).unwrap();
    assert!(ours.verify(&signed, &signature) && !theirs.verify(&signed, &signature));
    assert_eq!(GetUserRiskRank::META.path, PATH);
}

#[test]
fn the_published_response_is_taken_as_it_came() {
    let v = vectors("rsa_aes");
    let response = &v["response"];
    let keys = ApiKeys::builder()
        .encryption_key(text(&v, "sym_sn"), text(&v, "sym_key"))
        .private_key("own", PAIRS[0].0.as_str())
        .platform_certificate(text(&v, "platform_cert_sn"), text(&v, "platform_cert_pem"))
        .build()
        .unwrap();
    let time = response["timestamp"].as_u64().unwrap();
    let came = || {
        let time = time.to_string();
        let headers = [
            (header::APPID, text(&v, "appid")),
            (header::TIMESTAMP, time.as_str()),
            (header::SERIAL, text(&v, "platform_cert_sn")),
            (header::SIGNATURE, text(response, "signature")),
        ];
        received(&headers, text(response, "body").to_owned())
    };
    let open_at = |seconds: u64| {
        let now = UNIX_EPOCH + Duration::from_secs(seconds);
        open(&keys, PATH, text(&v, "appid"), now, GetUserRiskRank::META, came())
    };
    let plain = r#"{"errcode":0,"errmsg":"getuserriskrank succ","risk_rank":0,"unoin_id":2258658297}"#;
    for at in [time - 300, time, time + 300] {
        assert_eq!(open_at(at).unwrap().body, plain);
    }
    for at in [time - 301, time + 301] {
        assert!(open_at(at).is_err_and(|error| error.to_string().contains("301 seconds")));
    }
    let signed = signed_text(text(&v, "url"), text(&v, "appid"), &time.to_string(), &came().body);
    assert_eq!(digest(&signed), text(response, "sign_payload_sha256"));
    assert_eq!(opened(keys.cipher(), response), text(response, "plaintext"));
}

#[cfg(feature = "sm")]
#[test]
fn the_published_example_of_sm_is_decrypted_and_verified() {
    let v = vectors("sm");
    let cipher = Cipher::read(text(&v, "sym_sn"), text(&v, "sym_key")).unwrap();
    assert_eq!(cipher.aad(text(&v, "url"), text(&v, "appid"), &v["timestamp"].to_string()), text(&v, "aad"));
    assert_eq!(opened(&cipher, &v), text(&v, "plaintext"));
    let published: Value = serde_json::from_str(text(&v, "body")).unwrap();
    let iv = STANDARD.decode(text(&published, "iv")).unwrap().try_into().unwrap();
    let sealed = cipher.seal(iv, text(&v, "aad"), text(&v, "plaintext").into()).unwrap();
    assert_eq!(String::from_utf8(sealed).unwrap(), text(&v, "body"));
    let (url, appid) = (text(&v, "url"), text(&v, "appid"));
    let signed = signed_text(url, appid, &v["timestamp"].to_string(), text(&v, "body").as_bytes());
    assert_eq!(signed, text(&v, "sign_payload").as_bytes());
    let signature = STANDARD.decode(text(&v, "signature_der")).unwrap();
    let verifies = |serial: &str| {
        PublicKey::read("the platform certificate", serial, text(&v, "cert_pem")).unwrap().verify(&signed, &signature)
    };
    assert!(verifies(text(&v, "sm2_id")));
    assert!(!verifies("1234567812345678"), "the number of the key is a part of what is signed");
}
