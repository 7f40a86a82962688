//! Signed and encrypted calls, by the crate's client and by hand.

use std::sync::LazyLock;
use std::time::Duration;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Caller;
use crate::client::Client;
use crate::error::ErrorKind;
use crate::mock::{ApiSecurity, Certificates, Mock, Tampering};
use crate::sign::primitives::{Cipher, PrivateKey};

static SECURITY: LazyLock<ApiSecurity> = LazyLock::new(|| ApiSecurity::generate(Mock::APPID).unwrap());

const PATH: &str = "/wxa/business/getuserphonenumber";

async fn signing() -> (Mock, Client) {
    let mock = Mock::builder().api_security(SECURITY.clone()).start().await.unwrap();
    let client = mock.client().unwrap();
    (mock, client)
}

fn phone(client: &Client, code: &str) -> crate::Request {
    client.request(PATH).json(&json!({ "code": code })).signed()
}

#[tokio::test]
async fn they_understand_each_other() {
    let (mock, client) = signing().await;
    let answer = phone(&client, "x").await.unwrap();
    assert_eq!(answer["phone_info"]["purePhoneNumber"], "13800138000");
    assert!(answer.get("_n").is_none() && answer.get("_appid").is_none() && answer.get("_timestamp").is_none());
    let request = &mock.requests_to("getPhoneNumber").unwrap()[0];
    assert!(request.signed && request.took_effect);
    assert_eq!(request.json::<Value>().unwrap(), json!({ "code": "x" }));
    assert_eq!(request.query.len(), 1);
    // Parameters are checked as ever, and the refusal comes encrypted.
    let refused = client.request(PATH).json(&json!({ "code": 7 })).signed().raw().await.unwrap();
    assert_eq!(refused.result.unwrap_err().code(), Some(47001.into()));
    assert!(refused.headers.contains_key("wechatmp-signature"));
    assert_eq!(phone(&client, "x").await.unwrap_err().code(), Some(40029.into()));
    // A call that is plain all the same.
    client.request(PATH).json(&json!({ "code": "y" })).await.unwrap();
    assert!(!mock.requests_to("getPhoneNumber").unwrap().last().unwrap().signed);
    // A GET.
    let printers = client.request("cgi-bin/express/business/printer/getall").signed().await.unwrap();
    assert_eq!(printers["errcode"], 0);
    assert!(format!("{mock:?} {:?}", &*SECURITY).contains(SECURITY.private_key().0));
    assert!(!format!("{mock:?} {:?}", &*SECURITY).contains(SECURITY.encryption_key().1.expose()));
}

#[tokio::test]
async fn tokens_are_renewed_in_a_signed_call() {
    let (mock, client) = signing().await;
    phone(&client, "x").await.unwrap();
    mock.revoke_tokens();
    phone(&client, "y").await.unwrap();
    assert_eq!(mock.requests_to("getPhoneNumber").unwrap().len(), 3);
}

#[tokio::test]
async fn rules_speak_as_wechat_does_and_gateways_do_not() {
    let (mock, client) = signing().await;
    mock.on("getPhoneNumber").unwrap().times(1).errcode(-1);
    mock.on("getPhoneNumber").unwrap().times(1).answer(json!({ "errcode": 0, "own": 1 }));
    mock.on("getPhoneNumber").unwrap().times(1).status(502);
    mock.on("getPhoneNumber").unwrap().times(1).body(200, "text/html", "<html></html>");
    mock.on("/wxa/new").unwrap().answer(json!({ "new": true }));
    assert_eq!(phone(&client, "1").await.unwrap_err().code(), Some((-1).into()));
    assert_eq!(phone(&client, "2").await.unwrap()["own"], 1);
    assert_eq!(phone(&client, "3").await.unwrap_err().kind(), ErrorKind::Status);
    let page = phone(&client, "4").await.unwrap_err();
    assert!(page.kind() == ErrorKind::Crypto && page.to_string().contains("HTML page"), "{page}");
    assert_eq!(client.request("wxa/new").signed().await.unwrap(), json!({ "new": true }));
}

#[tokio::test]
async fn what_is_tampered_with_is_refused() {
    let (mock, client) = signing().await;
    let cases = [
        (Tampering::Unsigned, "unsigned and unencrypted"),
        (Tampering::WrongSignature, "does not fit the platform certificate"),
        (Tampering::ChangedBody, "does not fit the platform certificate"),
        (Tampering::Stale(Duration::from_secs(400)), "seconds ago"),
        (Tampering::OtherApp, "another app"),
        (Tampering::OtherKey, "can not be decrypted"),
        (Tampering::NoHeaders, "without the header"),
    ];
    for (number, (tampering, expected)) in cases.into_iter().enumerate() {
        mock.tamper(tampering);
        let error = phone(&client, &format!("code {number}")).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{tampering:?}: {error}");
        assert!(error.kind() == ErrorKind::Crypto && error.maybe_sent());
    }
    assert_eq!(mock.effects("getPhoneNumber").unwrap(), 7);
    mock.tamper(Tampering::PlainErrors);
    phone(&client, "new").await.unwrap();
    let plain = phone(&client, "new").raw().await.unwrap();
    assert_eq!(plain.result.unwrap_err().code(), Some(40029.into()));
    assert!(!plain.headers.contains_key("wechatmp-signature"));
    mock.tamper(None);
    phone(&client, "newer").await.unwrap();
}

#[tokio::test]
async fn certificates_are_replaced() {
    let (mock, client) = signing().await;
    let both = client.with_api_keys(SECURITY.keys_with_next().unwrap());
    for (certificates, old_works) in
        [(Certificates::Current, true), (Certificates::Both, true), (Certificates::Next, false)]
    {
        mock.certificates(certificates);
        phone(&both, &format!("both {certificates:?}")).await.unwrap();
        let old = phone(&client, &format!("old {certificates:?}")).await;
        assert_eq!(old.is_ok(), old_works, "{certificates:?}");
        if let Err(error) = old {
            let (known, next) = (SECURITY.platform_certificate().0, SECURITY.next_platform_certificate().0);
            assert!(error.to_string().contains(&format!("certificate {next}, known is {known}")), "{error}");
        }
    }
}

/// What a hand-made request differs in.
#[derive(Default)]
struct Odd {
    without: &'static str,
    header: Option<(&'static str, String)>,
    member: Option<(&'static str, Value)>,
    shift: i64,
    change_body: bool,
    query: &'static str,
}

async fn by_hand(caller: &Caller, security: &ApiSecurity, odd: Odd) -> Value {
    let time = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs().saturating_add_signed(odd.shift);
    let mut random = [0; 12];
    rand::fill(&mut random).unwrap();
    let mut json =
        json!({ "_n": "0123456789abcdef", "_appid": Mock::APPID, "_timestamp": time, "code": STANDARD.encode(random) });
    if let Some((name, value)) = odd.member {
        match value {
            Value::Null => drop(json.as_object_mut().unwrap().remove(name)),
            value => json[name] = value,
        }
    }
    let (serial, key) = security.encryption_key();
    let cipher = Cipher::read(serial, key.expose()).unwrap();
    let aad = format!("https://api.weixin.qq.com{PATH}|{}|{time}|{serial}", Mock::APPID);
    let mut body = cipher.seal(random, &aad, json.to_string().into()).unwrap();
    let (own, pem) = security.private_key();
    let message = format!(
        "https://api.weixin.qq.com{PATH}\n{}\n{time}\n{}",
        Mock::APPID,
        String::from_utf8(body.clone()).unwrap()
    );
    let signature = PrivateKey::read(own, pem.expose()).unwrap().sign(message.as_bytes()).unwrap();
    if odd.change_body {
        body.push(b' ');
    }
    let mut request = caller.http.post(format!("{}{PATH}?access_token={}{}", caller.url, caller.token, odd.query));
    let headers = [
        ("wechatmp-appid", Mock::APPID.to_owned()),
        ("wechatmp-timestamp", time.to_string()),
        ("wechatmp-serial", own.to_owned()),
        ("wechatmp-signature", STANDARD.encode(signature)),
    ];
    for (name, value) in headers {
        let other = odd.header.clone().filter(|(other, _)| *other == name).map(|(_, value)| value);
        if name != odd.without {
            request = request.header(name, other.unwrap_or(value));
        }
    }
    serde_json::from_slice(&request.body(body).send().await.unwrap().bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn what_is_wrong_with_a_signed_call_is_told_by_its_code() {
    let mock = Mock::builder().api_security(SECURITY.clone()).app("wx1", "s").app(Mock::APPID, Mock::SECRET);
    let mock = mock.start().await.unwrap();
    let caller = Caller::new(&mock).await;
    let header = |name, value: &str| Odd { header: Some((name, value.to_owned())), ..Odd::default() };
    let member = |name, value| Odd { member: Some((name, value)), ..Odd::default() };
    let without = |without| Odd { without, ..Odd::default() };
    let shifted = |shift| Odd { shift, ..Odd::default() };
    let cases = [
        (without("wechatmp-serial"), 40230),
        (without("wechatmp-timestamp"), 40231),
        (without("wechatmp-signature"), 40232),
        (without("wechatmp-appid"), 40233),
        (header("wechatmp-signature", "AAAA"), 40234),
        (header("wechatmp-serial", "another"), 40234),
        (Odd { change_body: true, ..Odd::default() }, 40234),
        (member("_n", Value::Null), 40235),
        (member("_n", "short".into()), 40235),
        (member("_appid", "wx9".into()), 40235),
        (member("_timestamp", 1.into()), 40235),
        (member("_timestamp", Value::Null), 40235),
        (member("access_token", "t".into()), 40235),
        (Odd { query: "&code=x", ..Odd::default() }, 40235),
        (header("wechatmp-appid", "wx9"), 40236),
        (shifted(-310), 40240),
        (shifted(310), 40240),
        (header("wechatmp-timestamp", "now"), 40240),
        (member("code", 7.into()), 0),
    ];
    for (number, (odd, code)) in cases.into_iter().enumerate() {
        let answer = by_hand(&caller, &SECURITY, odd).await;
        match code {
            // Taken, and answered encrypted.
            0 => assert!(answer.get("authtag").is_some(), "{answer}"),
            code => assert_eq!(answer["errcode"], code, "{number}: {answer}"),
        }
    }
    assert!(by_hand(&caller, &SECURITY, Odd::default()).await.get("authtag").is_some());
    // The token of another app.
    let nobody = Caller { token: String::new(), ..Caller::new(&mock).await };
    let answer = nobody.post("/cgi-bin/stable_token", &super::credentials("wx1", "s")).await;
    let other = Caller { token: answer["access_token"].as_str().unwrap().to_owned(), ..Caller::new(&mock).await };
    assert_eq!(by_hand(&other, &SECURITY, Odd::default()).await["errcode"], 40237);
    // No token comes first; and a mock without keys says so.
    let other = Caller { token: "none".to_owned(), ..Caller::new(&mock).await };
    assert_eq!(by_hand(&other, &SECURITY, Odd::default()).await["errcode"], 40001);
    let bare = Mock::start().await.unwrap();
    assert_eq!(by_hand(&Caller::new(&bare).await, &SECURITY, Odd::default()).await["errcode"], 40238);
}

#[tokio::test]
async fn same_city_delivery_must_be_signed() {
    let (mock, client) = signing().await;
    let path = "cgi-bin/express/intracity/getpaymode";
    let plain = client.request(path).await.unwrap_err();
    assert_eq!(plain.code(), Some(934_011.into()));
    client.request(path).json(&json!({ "appid": Mock::APPID })).signed().await.unwrap();
    // Without keys the mock takes what the spec says of the parameters.
    let bare = Mock::start().await.unwrap();
    bare.client().unwrap().request(path).json(&json!({ "appid": Mock::APPID })).await.unwrap();
    drop(mock);
}

#[tokio::test]
async fn what_the_spec_does_not_mark_is_refused() {
    let (_mock, client) = signing().await;
    let error = client.request("wxa/generatescheme").signed().await.unwrap_err();
    assert_eq!(error.code(), Some(40235.into()));
}

#[cfg(feature = "sm")]
#[tokio::test]
async fn the_national_algorithms_do_as_well() {
    let security = ApiSecurity::generate_sm(Mock::APPID).unwrap();
    let mock = Mock::builder().api_security(security.clone()).start().await.unwrap();
    let client = mock.client().unwrap();
    phone(&client, "x").await.unwrap();
    mock.certificates(Certificates::Both);
    phone(&client, "y").await.unwrap();
    mock.certificates(Certificates::Next);
    assert!(phone(&client, "z").await.is_err());
    phone(&client.with_api_keys(security.keys_with_next().unwrap()), "a").await.unwrap();
    mock.tamper(Tampering::ChangedBody);
    assert!(phone(&client, "b").await.is_err());
}

#[cfg(feature = "intracity")]
#[tokio::test]
async fn typed_calls_are_signed_by_themselves() {
    let (mock, client) = signing().await;
    client.send(crate::api::intracity::IntracityGetpaymode::new(Mock::APPID)).await.unwrap();
    assert!(mock.requests_to("intracity_getpaymode").unwrap()[0].signed);
    // Left out, it is WeChat that refuses.
    let plain = client.send(crate::api::intracity::IntracityGetpaymode::new(Mock::APPID)).unsigned().await;
    assert_eq!(plain.unwrap_err().code(), Some(934_011.into()));
}
