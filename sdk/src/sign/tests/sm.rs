//! The same by the national algorithms: SM4-GCM, and SM2 with SM3.

use proptest::prelude::*;
use serde_json::Value;
use sm2::SecretKey;
use sm2::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _};

use super::super::cipher::Sealed;
use super::super::open::open;
use super::super::seal::seal;
use super::*;
use crate::api::risk_control::GetUserRiskRank;
use crate::endpoint::Endpoint as _;
use crate::parts::Body;

const SM4: &str = "YXBwaWRkdXNlZm9ydGVzdA==";

/// A private key as PKCS#8 and as SEC1, and its public key.
fn pair_of_sm2(seed: u8) -> [String; 3] {
    let key = SecretKey::from_slice(&[seed; 32]).unwrap();
    [
        pem("PRIVATE KEY", key.to_pkcs8_der().unwrap().as_bytes()),
        format!("{}{}", pem("EC PARAMETERS", b"curve"), pem("EC PRIVATE KEY", &key.to_sec1_der().unwrap())),
        pem("PUBLIC KEY", key.public_key().to_public_key_der().unwrap().as_bytes()),
    ]
}

static APP: LazyLock<[String; 3]> = LazyLock::new(|| pair_of_sm2(7));
static PLATFORM: LazyLock<[String; 3]> = LazyLock::new(|| pair_of_sm2(8));

fn keys_of(private: &str) -> ApiKeys {
    let keys = ApiKeys::builder().encryption_key("sym", SM4).private_key("app", private);
    keys.platform_certificate("platform1", PLATFORM[2].as_str()).build().unwrap()
}

fn wechat() -> WeChat {
    WeChat {
        cipher: Cipher::read("sym", SM4).unwrap(),
        app: PublicKey::read("the app's key", "app", &APP[2]).unwrap(),
        platform: PrivateKey::read("platform1", &PLATFORM[0]).unwrap(),
        next: PrivateKey::read("platform2", &PLATFORM[1]).unwrap(),
    }
}

#[test]
fn a_call_and_its_answer() {
    for private in [&APP[0], &APP[1]] {
        let (keys, wechat) = (keys_of(private), wechat());
        let body = Body::Json(Bytes::from_static(br#"{"scene":0}"#));
        let (headers, body) = seal(&keys, PATH, APPID, now(), &["q=1"], &body).unwrap();
        let time = NOW.to_string();
        let signed = signed_text(URL, APPID, &time, &body);
        let signature = STANDARD.decode(headers[header::SIGNATURE].as_bytes()).unwrap();
        // DER: a sequence of two numbers.
        assert_eq!((signature[0], usize::from(signature[1])), (0x30, signature.len() - 2));
        assert!(wechat.app.verify(&signed, &signature));
        assert!(!PublicKey::read("the app's key", "other", &APP[2]).unwrap().verify(&signed, &signature));
        let sealed = Sealed::read(&body).unwrap().unwrap();
        let text = wechat.cipher.open(&sealed, &wechat.cipher.aad(URL, APPID, &time)).unwrap();
        let said: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!((&said["scene"], &said["q"], &said["_timestamp"]), (&0.into(), &"1".into(), &NOW.into()));

        let came = wechat.answer(r#","risk_rank":3"#, NOW);
        let open = |came| open(&keys, PATH, APPID, now(), GetUserRiskRank::META, came);
        assert_eq!(open(came).unwrap().body, r#"{"risk_rank":3}"#);
        assert!(open(wechat.answer_with("{}", APPID, NOW, &wechat.next)).is_err());
        assert!(!format!("{keys:?}").contains(SM4));
    }
}

#[test]
fn openssl_names_the_curve_in_front_of_the_key() {
    for label in ["EC PARAMETERS", "SM2 PARAMETERS"] {
        let text = format!("{}{}", pem(label, b"curve"), APP[0]);
        assert!(
            ApiKeys::builder()
                .encryption_key("sym", SM4)
                .private_key("app", text)
                .platform_certificate("p", PLATFORM[2].as_str())
                .build()
                .is_ok(),
            "{label}"
        );
    }
}

#[test]
fn keys_that_are_mixed_up_are_named() {
    let build = |private: &str, platform: &str| {
        let keys = ApiKeys::builder().encryption_key("sym", SM4).private_key("app", private);
        keys.platform_certificate("platform1", platform).build().unwrap_err().to_string()
    };
    assert!(build(&APP[2], &PLATFORM[2]).contains("the private key app is a public key"));
    assert!(build(&APP[0], &PLATFORM[0]).contains("the platform certificate platform1 is a private key"));
    let cut = pem("PUBLIC KEY", &STANDARD.decode(PLATFORM[2].lines().nth(1).unwrap()).unwrap());
    assert!(build(&APP[0], &cut).contains("the platform certificate platform1 is no certificate"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_flipped_bit_is_refused(place in any::<prop::sample::Index>(), bit in 0..8u8, sealed in any::<bool>()) {
        static GOOD: LazyLock<Received> = LazyLock::new(|| wechat().answer(r#","risk_rank":3"#, NOW));
        static KEYS: LazyLock<ApiKeys> = LazyLock::new(|| keys_of(&APP[0]));
        let mut came = GOOD.clone();
        let mut bytes = match sealed {
            true => came.body.to_vec(),
            false => STANDARD.decode(came.headers[header::SIGNATURE].as_bytes()).unwrap(),
        };
        let at = place.index(bytes.len());
        bytes[at] ^= 1 << bit;
        match sealed {
            true => came.body = bytes.into(),
            false => { came.headers.insert(header::SIGNATURE, STANDARD.encode(bytes).parse().unwrap()); }
        }
        prop_assert!(open(&KEYS, PATH, APPID, now(), GetUserRiskRank::META, came).is_err());
    }
}
