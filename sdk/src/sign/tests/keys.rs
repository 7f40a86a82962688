//! Keys in all their forms, and what is said of those that can not be right.

use serde_json::json;

use super::super::ApiKeys;
use super::super::pair::{PrivateKey, PublicKey};
use super::{AES, PAIRS, keys, pem};
use crate::error::{Error, ErrorKind};

fn works(private: &str) -> bool {
    let key = PrivateKey::read("app", private).unwrap();
    PublicKey::read("the key", "app", &PAIRS[0].1).unwrap().verify(b"text", &key.sign(b"text").unwrap())
}

#[test]
fn private_keys_in_all_forms() {
    let pkcs8 = PAIRS[0].0.as_str();
    let base64 = pkcs8.lines().filter(|line| !line.starts_with('-')).collect::<String>();
    // PKCS#8 wraps PKCS#1 in 26 bytes here.
    let der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, &base64).unwrap();
    let pkcs1 = pem("RSA PRIVATE KEY", &der[26..]);
    let forms = [
        pkcs8.to_owned(),
        pkcs1.clone(),
        pkcs8.replace('\n', "\r\n"),
        pkcs8.replace('\n', "\\n"),
        pkcs1.replace('\n', " "),
        format!("  Bag Attributes\n{pkcs8}\nbehind it"),
        base64.clone(),
        json!({"Sn": "app", "PrivateKey": pkcs1}).to_string(),
        json!({"PrivateKey": base64}).to_string(),
    ];
    for form in forms {
        assert!(works(&form), "{}", &form[..40]);
    }
}

#[test]
fn keys_come_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let build = |key: &str| {
        ApiKeys::builder()
            .encryption_key_file("sym", file("key", key))
            .private_key_file("app", file("private.pem", &PAIRS[0].0))
            .platform_certificate_file("platform1", file("platform.pem", &PAIRS[1].1))
            .build()
    };
    assert!(build(&format!("{AES}\n")).is_ok());
    assert!(build(&json!({"Sn": "sym", "Key": AES}).to_string()).is_ok());
    assert!(build(&format!("\u{feff}{AES}\r\n")).is_ok(), "a byte order mark");
    let der = folder.path().join("platform.cer");
    std::fs::write(&der, [0x30, 0x82, 0x03, 0xd2]).unwrap();
    let binary = ApiKeys::builder()
        .encryption_key("sym", AES)
        .private_key("app", PAIRS[0].0.as_str())
        .platform_certificate_file("platform1", der);
    let error = binary.build().unwrap_err();
    assert!(error.to_string().contains("openssl x509 -inform der"), "{error}");
    let missing = ApiKeys::builder()
        .encryption_key_file("sym", folder.path().join("nowhere"))
        .private_key("app", PAIRS[0].0.as_str())
        .platform_certificate("platform1", PAIRS[1].1.as_str());
    let error = missing.build().unwrap_err();
    assert!(error.to_string().contains("nowhere of the encryption key sym"), "{error}");
}

#[test]
fn a_key_that_can_not_be_right_is_named() {
    let (private, public) = (PAIRS[0].0.as_str(), PAIRS[1].1.as_str());
    let with = |key: &str, private: &str, platform: &str| -> Error {
        let keys = ApiKeys::builder().encryption_key("sym", key).private_key("app", private);
        keys.platform_certificate("platform1", platform).build().unwrap_err()
    };
    let swapped = json!({"Sn": "other", "Key": AES}).to_string();
    let cut = &private[..200];
    let cases: Vec<(Error, &str)> = vec![
        (with("???", private, public), "the encryption key sym is not base64"),
        (with("AAAA", private, public), "the encryption key sym has 3 bytes"),
        (with(&swapped, private, public), "is that of another number, other"),
        (with("{", private, public), "the encryption key sym is damaged JSON"),
        (with(r#"{"Sn":"sym","PrivateKey":"x"}"#, private, public), "JSON without `Key`"),
        (with(AES, "", public), "the private key app is empty"),
        (with(AES, "not a key!", public), "the private key app is neither PEM nor base64"),
        (with(AES, "AAAA", public), "the private key app is no private key"),
        (with(AES, cut, public), "the private key app has no line END"),
        (with(AES, public, public), "the private key app is a public key"),
        (with(AES, &private.replace("PRIVATE", "ENCRYPTED PRIVATE"), public), "encrypted with a passphrase"),
        (with(AES, private, private), "the platform certificate platform1 is a private key"),
        (with(AES, private, &pem("CERTIFICATE", b"x")), "the platform certificate platform1 is no certificate"),
        (with(AES, private, &pem("PUBLIC KEY", b"x")), "the platform certificate platform1 is no certificate"),
        (ApiKeys::builder().build().unwrap_err(), "the encryption key is missing"),
        (ApiKeys::builder().encryption_key("s", AES).build().unwrap_err(), "the private key is missing"),
        (
            ApiKeys::builder().encryption_key("s", AES).private_key("p", private).build().unwrap_err(),
            "a platform certificate is missing",
        ),
        (
            ApiKeys::builder()
                .encryption_key("", AES)
                .private_key("p", private)
                .platform_certificate("a", public)
                .build()
                .unwrap_err(),
            "the number of the encryption key can not be right",
        ),
        (
            ApiKeys::builder()
                .encryption_key("s", AES)
                .private_key("p", private)
                .platform_certificate("a", public)
                .platform_certificate("a", public)
                .build()
                .unwrap_err(),
            "two platform certificates have the number a",
        ),
    ];
    for (error, expected) in cases {
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.remedy().is_some_and(|remedy| !remedy.is_empty()));
        let shown = format!("{error:?} {error}");
        for secret in [AES, &private[60..100]] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[cfg(not(feature = "sm"))]
#[test]
fn keys_of_sm_ask_for_the_feature() {
    let sm4 = ApiKeys::builder()
        .encryption_key("sym", "YXBwaWRkdXNlZm9ydGVzdA==")
        .private_key("app", PAIRS[0].0.as_str())
        .platform_certificate("platform1", PAIRS[1].1.as_str())
        .build();
    let vectors: serde_json::Value = serde_json::from_str(include_str!("vectors.json")).unwrap();
    let sm2 = PublicKey::read("the platform certificate", "x", vectors["sm"]["cert_pem"].as_str().unwrap());
    for error in [sm4.err(), sm2.err()] {
        assert!(error.unwrap().to_string().contains("the feature `sm`"));
    }
}

#[test]
fn only_numbers_are_shown() {
    let shown = format!("{:?} {:?}", keys(), ApiKeys::builder().private_key("app", PAIRS[0].0.as_str()));
    assert_eq!(
        shown,
        "ApiKeys { encryption_key: \"sym\", private_key: \"app\", platform_certificates: [\"platform1\"] } \
         ApiKeysBuilder { encryption_key: None, private_key: Some(\"app\"), platform_certificates: [] }"
    );
}
