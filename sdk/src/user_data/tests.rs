use std::error::Error as _;

use cbc::Encryptor;
use cbc::cipher::BlockModeEncrypt as _;
use serde_json::{Value, json};

use super::*;
use crate::error::ErrorKind;

// The published example.
const APPID: &str = "wx4f4bc4dec97d474b";
const KEY: &str = "tiihtNczf5v6AKRyjwEUhQ==";
const IV_TEXT: &str = "r7BXXKkLb8qrSNn05n0qiA==";
const MADE: u64 = 1_477_314_187;
const ENCRYPTED: &str = "\
    CiyLU1Aw2KjvrjMdj8YKliAjtP4gsMZMQmRzooG2xrDcvSnxIMXFufNstNGTyaGS9uT5geRa0W4oTOb1WT7fJlAC+oNPdbB+3hVb\
    JSRgv+4lGOETKUQz6OYStslQ142dNCuabNPGBzlooOmB231qMM85d2/fV6ChevvXvQP8Hkue1poOFtnEtpyxVLW1zAo6/1Xx1COx\
    Fvrc2d7UL/lmHInNlxuacJXwu0fjpXfz/YqYzBIBzD6WUfTIF9GRHpOn/Hz7saL8xz+W//FRAUid1OksQaQx4CMs8LOddcQhULW4\
    ucetDf96JcR3g0gfRK4PC7E/r7Z6xNrXd2UIeorGj5Ef7b1pJAYB6Y5anaHqZ9J6nKEBvB4DnNLIVWSgARns/8wR2SiRS7MNACwT\
    yrGvt9ts8p12PKFdlqYTopNHR1Vf7XjfhQlVsAJdNiKdYmYVoKlaRv85IfVunYzO0IKXsyl7JCUjCpoG20f0a04COwfneQAGGwd5\
    oa+T8yO5hzuyDb/XcxxmK01EpqOyuxINew==";
const PLAIN: &str = concat!(
    r#"{"openId":"oGZUI0egBJY1zhBYw2KhdUfwVJJE","nickName":"Band","gender":1,"language":"zh_CN","city""#,
    r#":"Guangzhou","province":"Guangdong","country":"CN","avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32"#,
    r#"/aSKcBBPpibyKNicHNTMM0qJVh8Kjgiak2AHWr8MHM4WgMEm7GFhsf8OYrySdbvAMvTsw3mo8ibKicsnfN5pRjl1p8HQ/0""#,
    r#","unionId":"ocMvos6NjeKLIBqg5Mr9QjxrP1FA","watermark":{"timestamp":1477314187,"appid":"wx4f4bc4"#,
    r#"dec97d474b"}}"#,
);

const SECRETS: [&str; 4] = [KEY, IV_TEXT, "13800001234", "oGZUI0egBJY1zhBYw2KhdUfwVJJE"];

fn data() -> UserData {
    UserData::new(APPID).now(SystemTime::UNIX_EPOCH + Duration::from_secs(MADE + 60))
}

fn encrypt(plain: &[u8]) -> String {
    let (key, iv) = (sixteen(KEY, SESSION_KEY).unwrap(), sixteen(IV_TEXT, IV).unwrap());
    let (key, iv) = (key.first_chunk::<16>().unwrap(), iv.first_chunk::<16>().unwrap());
    let mut buffer = plain.to_vec();
    buffer.resize(plain.len() + 16, 0);
    let cipher = Encryptor::<Aes128>::new(key.into(), iv.into());
    BASE64.encode(cipher.encrypt_padded::<Pkcs7>(&mut buffer, plain.len()).unwrap())
}

fn seal(value: &Value) -> String {
    encrypt(value.to_string().as_bytes())
}

fn phone() -> Value {
    json!({
        "phoneNumber": "+8613800001234", "purePhoneNumber": "13800001234", "countryCode": "86",
        "watermark": {"appid": APPID, "timestamp": MADE},
    })
}

fn crypto(error: &Error, text: &str) {
    assert_eq!(error.kind(), ErrorKind::Crypto, "{error:?}");
    says(error, text);
}

fn says(error: &Error, text: &str) {
    let shown = format!("{error} {error:?} {:?}", error.source().map(ToString::to_string));
    assert!(error.to_string().starts_with(text), "{text:?}: {error}");
    for secret in SECRETS {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn the_published_example_opens() {
    let raw = UserData::decrypt_raw(ENCRYPTED, IV_TEXT, KEY).unwrap();
    assert_eq!(String::from_utf8(raw).unwrap(), PLAIN);

    let user = data().user_info(ENCRYPTED, IV_TEXT, KEY).unwrap();
    assert_eq!(user.open_id.as_deref(), Some("oGZUI0egBJY1zhBYw2KhdUfwVJJE"));
    assert_eq!(user.nick_name.as_deref(), Some("Band"));
    assert_eq!(user.gender, Some(1));
    assert_eq!(user.language.as_deref(), Some("zh_CN"));
    assert_eq!(user.city.as_deref(), Some("Guangzhou"));
    assert_eq!(user.province.as_deref(), Some("Guangdong"));
    assert_eq!(user.country.as_deref(), Some("CN"));
    assert!(user.avatar_url.as_deref().unwrap().ends_with("8HQ/0"));
    assert_eq!(user.union_id.as_deref(), Some("ocMvos6NjeKLIBqg5Mr9QjxrP1FA"));
    assert_eq!(user.watermark, Watermark { appid: APPID.into(), timestamp: Timestamp::new(MADE as i64) });
    assert_eq!(serde_json::to_value(&user).unwrap(), serde_json::from_str::<Value>(PLAIN).unwrap());

    let value: Value = data().decrypt(ENCRYPTED, IV_TEXT, KEY).unwrap();
    assert_eq!(value["nickName"], "Band");
}

#[test]
fn keys_come_as_secrets_and_as_texts() {
    let (secret, text) = (Secret::new(KEY), KEY.to_owned());
    for user in [
        data().user_info(ENCRYPTED, IV_TEXT, &secret),
        data().user_info(ENCRYPTED, IV_TEXT, secret.clone()),
        data().user_info(ENCRYPTED, IV_TEXT, text.clone()),
        data().user_info(ENCRYPTED, IV_TEXT, &text),
        data().user_info(ENCRYPTED, IV_TEXT, text.as_str()),
    ] {
        user.unwrap();
    }
}

#[test]
fn arguments_come_without_padding_and_with_line_ends() {
    let bare = |text: &str| format!("\r\n{}\n", text.trim_end_matches('='));
    data().user_info(&bare(ENCRYPTED), &bare(IV_TEXT), bare(KEY)).unwrap();
}

#[test]
fn a_phone_number_opens_and_hides_itself() {
    let found = data().phone_number(&seal(&phone()), IV_TEXT, KEY).unwrap();
    assert_eq!(found.phone_number, "+8613800001234");
    assert_eq!(found.pure_phone_number.as_deref(), Some("13800001234"));
    assert_eq!(found.country_code.as_deref(), Some("86"));
    let printed = format!("{found:?}");
    assert!(printed.contains("**********1234") && !printed.contains("0000"), "{printed}");
    assert_eq!(serde_json::to_value(&found).unwrap(), phone());
    assert_eq!((mask("1234").as_str(), mask("").as_str(), mask("12345").as_str()), ("****", "", "*2345"));
}

#[test]
fn numbers_and_texts_stand_in_for_each_other_and_new_fields_are_skipped() {
    let mut value = phone();
    value["countryCode"] = json!(86);
    value["watermark"]["timestamp"] = json!(MADE.to_string());
    value["watermark"]["new"] = json!({"a": [1]});
    value["new"] = json!([{"b": null}]);
    value.as_object_mut().unwrap().remove("purePhoneNumber");
    let found = data().phone_number(&seal(&value), IV_TEXT, KEY).unwrap();
    assert_eq!((found.country_code.as_deref(), found.pure_phone_number), (Some("86"), None));

    let value = json!({"gender": "2", "unionId": null, "watermark": phone()["watermark"]});
    let user = data().user_info(&seal(&value), IV_TEXT, KEY).unwrap();
    assert_eq!((user.gender, user.union_id, user.open_id), (Some(2), None, None));
}

#[test]
fn each_damage_has_its_own_text() {
    let user = |encrypted: &str, iv: &str, key: &str| data().user_info(encrypted, iv, key).unwrap_err();
    for (damaged, text) in [
        ("", " is not 16 bytes"),
        ("tiihtNczf5v6AKRyjwEU", " is not 16 bytes"),
        ("tiihtNczf5v6AKRyjwEUhQAAAAAA", " is not 16 bytes"),
        (ENCRYPTED, " is not 16 bytes"),
        ("tiihtNczf5v6AKRyjwEU*Q==", " is not base64"),
        ("tiihtNczf5v6AKRyjwEUh", " is not base64"),
        ("tiihtNczf5v6AKRyjw小==", " is not base64"),
        ("tiihtNczf5v6 KRyjwEUhQ==", " has a blank where a `+` was"),
        (" iihtNczf5v6AKRyjwEUhQ==", " has a blank where a `+` was"),
        ("tiihtNczf5v6-KRyjwEUhQ==", " is in the URL-safe alphabet"),
        ("tiihtNczf5v6AKRyjwEUhQ%3D%3D", " is still percent-encoded"),
    ] {
        crypto(&user(ENCRYPTED, IV_TEXT, damaged), &format!("session_key{text}"));
        crypto(&user(ENCRYPTED, damaged, KEY), &format!("iv{text}"));
    }
    for (damaged, text) in [
        (String::new(), "encryptedData is empty"),
        ("\n".to_owned(), "encryptedData is empty"),
        (ENCRYPTED[..400].to_owned(), "encryptedData is not a multiple of 16 bytes"),
        (ENCRYPTED.replace('+', " "), "encryptedData has a blank where a `+` was"),
        (ENCRYPTED[1..].replace('+', " "), "encryptedData has a blank where a `+` was"),
        (ENCRYPTED.replace('+', "-").replace('/', "_"), "encryptedData is in the URL-safe alphabet"),
        (ENCRYPTED.replace('+', "%2B"), "encryptedData is still percent-encoded"),
        (ENCRYPTED.replace('+', "*"), "encryptedData is not base64"),
        (ENCRYPTED[..401].to_owned(), "encryptedData is not base64"),
    ] {
        crypto(&user(&damaged, IV_TEXT, KEY), text);
    }
    let blank = user(&ENCRYPTED.replace('+', " "), IV_TEXT, KEY);
    assert!(blank.remedy().unwrap().contains("form decoding"), "{blank}");
}

#[test]
fn another_key_is_called_a_replaced_session_key() {
    let mismatch = "session_key does not fit the data: most likely a later wx.login has replaced it";
    // Padding that does not fit, padding that fits by chance, swapped arguments, a number that is JSON.
    let other = data().user_info(ENCRYPTED, IV_TEXT, "HyVFkGl5F5OQWJZZaNzBBg==").unwrap_err();
    crypto(&other, mismatch);
    assert!(other.remedy().unwrap().contains("log in again"), "{other}");
    crypto(&data().user_info(ENCRYPTED, KEY, IV_TEXT).unwrap_err(), mismatch);
    for plain in [&b"\xF3 by chance"[..], b"", b"123", b"{\xFF", b"{\"openId\":", b"{} and more"] {
        crypto(&data().user_info(&encrypt(plain), IV_TEXT, KEY).unwrap_err(), mismatch);
        crypto(&data().decrypt::<Value>(&encrypt(plain), IV_TEXT, KEY).unwrap_err(), mismatch);
    }
    // A wrong iv damages the first sixteen bytes only.
    crypto(&data().user_info(ENCRYPTED, "AAAAAAAAAAAAAAAAAAAAAA==", KEY).unwrap_err(), mismatch);
}

#[test]
fn data_without_a_watermark_are_refused() {
    for mark in [
        json!(null),
        json!("text"),
        json!(7),
        json!({}),
        json!({"appid": APPID}),
        json!({"timestamp": MADE}),
        json!({"appid": APPID, "timestamp": "soon"}),
    ] {
        let mut value = phone();
        value["watermark"] = mark;
        let sealed = seal(&value);
        crypto(&data().phone_number(&sealed, IV_TEXT, KEY).unwrap_err(), "the decrypted data have no watermark");
        crypto(&data().user_info(&sealed, IV_TEXT, KEY).unwrap_err(), "the decrypted data have no watermark");
        crypto(&data().decrypt::<Value>(&sealed, IV_TEXT, KEY).unwrap_err(), "the decrypted data have no watermark");
    }
    let sealed = seal(&json!({"phoneNumber": "13800001234"}));
    crypto(&data().phone_number(&sealed, IV_TEXT, KEY).unwrap_err(), "the decrypted data have no watermark");
}

#[test]
fn the_watermark_is_that_of_the_whole_wherever_it_stands() {
    let ours = format!(r#"{{"appid":"{APPID}","timestamp":{MADE}}}"#);
    let other = r#"{"appid":"wxother","timestamp":1477314187}"#;
    for plain in [
        format!(r#"{{"a":1,"watermark":{ours}}}"#),
        format!(r#"{{"watermark" : {ours} , "a":{{"watermark":{other}}}}}"#),
        format!(r#"{{"a":[{{"watermark":{other}}}],"watermark":{ours},"b":2}}"#),
        format!(r#"{{"a":{{"watermark":{other}}},"water\u006dark":{ours}}}"#),
        format!(r#"{{"watermark":{ours},"a":"\"watermark\":{{\"appid\":\"wxother\",\"timestamp\":1}}"}}"#),
        format!("{{\"watermark\":\n{ours}\n}}\n"),
    ] {
        data().decrypt::<Value>(&encrypt(plain.as_bytes()), IV_TEXT, KEY).unwrap_or_else(|e| panic!("{e}: {plain}"));
        let swapped = plain.replace(&ours, "#").replace(other, &ours).replace('#', other);
        let error = data().decrypt::<Value>(&encrypt(swapped.as_bytes()), IV_TEXT, KEY).unwrap_err();
        says(&error, "the data are of the app wxother");
    }
}

#[test]
fn data_of_another_app_are_refused_by_name() {
    let other = UserData::new("wxother").max_age(None);
    for error in [
        other.user_info(ENCRYPTED, IV_TEXT, KEY).unwrap_err(),
        other.decrypt::<Value>(ENCRYPTED, IV_TEXT, KEY).unwrap_err(),
    ] {
        says(&error, "the data are of the app wx4f4bc4dec97d474b, but were opened as data of wxother");
    }
}

#[test]
fn stale_data_and_data_from_the_future_are_refused() {
    let at = |seconds: i64| {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(MADE.checked_add_signed(seconds).unwrap());
        UserData::new(APPID).now(now)
    };
    let day = 24 * 60 * 60;
    for fresh in [at(0), at(day), at(-300), at(day + 1).max_age(None), at(-day).max_age(None)] {
        fresh.user_info(ENCRYPTED, IV_TEXT, KEY).unwrap();
    }
    for stale in [at(day + 1), at(11).max_age(Duration::from_secs(10)), UserData::new(APPID)] {
        let error = stale.user_info(ENCRYPTED, IV_TEXT, KEY).unwrap_err();
        crypto(&error, "the watermark is too old");
        assert!(error.source().unwrap().to_string().contains("1477314187"));
        crypto(&stale.decrypt::<Value>(ENCRYPTED, IV_TEXT, KEY).unwrap_err(), "the watermark is too old");
    }
    crypto(&at(-301).user_info(ENCRYPTED, IV_TEXT, KEY).unwrap_err(), "the watermark's time lies in the future");
}

#[test]
fn data_of_another_shape_are_named_but_not_quoted() {
    let error = data().phone_number(ENCRYPTED, IV_TEXT, KEY).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Decode, Some("phoneNumber")));
    let mut value = phone();
    value["phoneNumber"] = json!("");
    let error = data().phone_number(&seal(&value), IV_TEXT, KEY).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Decode, Some("phoneNumber")));
    value["phoneNumber"] = json!(["13800001234"]);
    let error = data().phone_number(&seal(&value), IV_TEXT, KEY).unwrap_err();
    assert_eq!(error.path(), Some("phoneNumber"));
    says(&error, "the answer's `phoneNumber`");

    let strange = data().decrypt::<std::collections::BTreeMap<String, u64>>(&seal(&phone()), IV_TEXT, KEY);
    let error = strange.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    says(&error, "the decrypted data do not fit the type: expected u64");
    assert_eq!(unquoted("unknown variant `13800001234`, there are no variants"), "a value is not as expected");
    assert_eq!(unquoted("missing field `steps` at line 1"), "missing field `steps` at line 1");
}

#[test]
fn the_published_signature_of_raw_data_verifies() {
    let raw = concat!(
        r#"{"nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou","province":"Guangdong","cou"#,
        r#"ntry":"CN","avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/1vZvI39NWFQ9XM4LtQpFrQJ1xlgZxx3w7bQxKAR"#,
        r#"ol6503Iuswjjn6nIGBiaycAjAtpujxyzYsrztuuICqIM5ibXQ/0"}"#,
    );
    let (key, signature) = ("HyVFkGl5F5OQWJZZaNzBBg==", "75e81ceda165f4ffa64f4068af58c64b8f54b88c");
    verify_raw_data(raw, signature, key).unwrap();
    verify_raw_data(raw, &signature.to_uppercase(), Secret::new(key)).unwrap();
    let misfit = "the signature does not fit rawData and session_key";
    crypto(&verify_raw_data(&raw.replace("Band", "Bund"), signature, key).unwrap_err(), misfit);
    crypto(&verify_raw_data(raw, signature, KEY).unwrap_err(), misfit);
    crypto(&verify_raw_data(raw, &signature.replace('7', "8"), key).unwrap_err(), misfit);
    for bad in ["", "75e8", &signature.replace('7', "g"), &"码".repeat(20)] {
        crypto(&verify_raw_data(raw, bad, key).unwrap_err(), "the signature is not 40 hexadecimal digits");
    }
}

#[test]
fn the_published_user_signatures_come_out() {
    for (key, message, expected) in [
        (
            "o0q0otL8aEzpcZL/FT9WsQ==",
            r#"{"foo":"bar"}"#,
            "654571f79995b2ce1e149e53c0a33dc39c0a74090db514261454e8dbe432aa0b",
        ),
        ("tiihtNczf5v6AKRyjwEUhQ==", r#""#, "7154f9f8b4b76b92f541cbf0e37d48840fa06e5e42da92a6f80168a1516a4735"),
        ("HyVFkGl5F5OQWJZZaNzBBg==", r#""#, "252b75c92698025afe925b29cca5517fdf9ee67aae072cf3225ebf3a53783058"),
        (
            "9hAb/NEYUlkaMBEsmFgzig==",
            r#"{"openid": "xxx", "user_ip": "127.0.0.1", "env": 0}"#,
            "089d9e8dc5d308977360c4b79ec600a93d736802802a807d634192328032f6c7",
        ),
        (
            "9hAb/NEYUlkaMBEsmFgzig==",
            r#"{"mchid": "1230000109","out_trade_no": "1217752501201407033233368018"}"#,
            "47784191c740b0522d39d0a3926a19aa0e30c77975f689a9739c9553ffac2d9d",
        ),
    ] {
        assert_eq!(session_signature(key, message), expected);
        assert_eq!(session_signature(Secret::new(key), message.as_bytes()), expected);
    }
}

#[test]
fn sha256_is_sha256() {
    // FIPS 180-2, appendix B.1.
    assert_eq!(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
