//! Signatures, made by the client and by others.

use serde_json::{Value, json};

use super::{Caller, of_group_with, refused};
use crate::mock::Mock;
use crate::secret::Secret;
use crate::sign::{PaymentKeys, delivery_sign, pay_sig, session_signature};

fn keys() -> PaymentKeys {
    PaymentKeys::new().virtual_payment("live key").sandbox("sandbox key").b2b("b2b key")
}

async fn started() -> (Mock, Caller) {
    let mock = Mock::builder().payment_keys(keys()).delivery_secret("shop", "delivery secret").start().await.unwrap();
    let caller = Caller::new(&mock).await;
    (mock, caller)
}

async fn signed(caller: &Caller, path: &str, body: &str, signatures: &[(&str, &str)]) -> Value {
    let query: String = signatures.iter().map(|(name, value)| format!("&{name}={value}")).collect();
    let url = format!("{}{path}?access_token={}{query}", caller.url, caller.token);
    caller.http.post(url).body(body.to_owned()).send().await.unwrap().json().await.unwrap()
}

const BALANCE: &str = "/xpay/query_user_balance";

#[tokio::test]
async fn payment_and_user_signatures_are_made_anew() {
    let (mock, caller) = started().await;
    // The mock knows the session_key of whoever logged in.
    let login =
        format!("/sns/jscode2session?appid={}&secret={}&grant_type=authorization_code", Mock::APPID, Mock::SECRET);
    let user = caller.get(&format!("{login}&js_code=a")).await;
    // Blanks show that it is the bytes that count.
    let body = json!({ "openid": user["openid"], "env": 0, "user_ip": "127.0.0.1" }).to_string().replace(',', " , ");
    let live = pay_sig(&Secret::new("live key"), BALANCE, &body);
    let sandbox = pay_sig(&Secret::new("sandbox key"), BALANCE, &body);
    let elsewhere = pay_sig(&Secret::new("live key"), "/xpay/query_order", &body);
    let mine = session_signature(Secret::new(user["session_key"].as_str().unwrap()), &body);
    let not_mine = session_signature(mock.session_key("b"), &body);
    let (upper, short) = (live.to_uppercase(), &live[1..]);
    for (pay, user, code, about) in [
        (Some(&*live), Some(&*mine), 0, ""),
        (None, Some(&*mine), 268490003, "`pay_sig` is missing"),
        (Some(&upper), Some(&mine), 268490003, "`pay_sig` is not 64 lower-case hexadecimal digits"),
        (Some(short), Some(&mine), 268490003, "`pay_sig` is not 64"),
        (Some(&elsewhere), Some(&mine), 268490003, "`pay_sig` is not the HMAC-SHA256 of /xpay/query_user_balance, &"),
        (Some(&sandbox), Some(&mine), 268490003, "virtual payment's sandbox, and `env` is not 1"),
        (Some(&live), None, 268490003, "`signature` is missing"),
        (Some(&live), Some(&not_mine), 268490003, "with the user's last session_key"),
    ] {
        let signatures: Vec<_> = [("pay_sig", pay), ("signature", user)]
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        let answer = signed(&caller, BALANCE, &body, &signatures).await;
        if code == 0 {
            assert_eq!(answer["errcode"], 0, "{answer}");
        } else {
            assert_eq!(refused(&answer, about), code, "{answer}");
        }
    }
    let other = body.replace("127.0.0.1", "127.0.0.2");
    let answer = signed(&caller, BALANCE, &other, &[("pay_sig", &live), ("signature", &mine)]).await;
    assert_eq!(refused(&answer, "bytes of the body"), 268490003);
    let leak = body.replace("\"env\"", "\"app_key\":\"live key\",\"env\"");
    let answer = signed(&caller, BALANCE, &leak, &[("pay_sig", &live), ("signature", &mine)]).await;
    assert_eq!(refused(&answer, "`app_key` is the key of a signature, and must not be sent"), 268490002);
    assert!(!answer.to_string().contains("live key"), "{answer}");
}

#[tokio::test]
async fn keys_that_the_mock_does_not_know_are_not_asked_for() {
    let mock = Mock::builder().payment_keys(PaymentKeys::new().sandbox("sandbox key")).start().await.unwrap();
    let caller = Caller::new(&mock).await;
    let digits = "0123456789abcdef".repeat(4);
    for (env, code) in [(0, 0), (1, 268490003)] {
        let body = json!({ "openid": "somebody", "env": env, "user_ip": "127.0.0.1" }).to_string();
        let answer = signed(&caller, BALANCE, &body, &[("pay_sig", &digits), ("signature", &digits)]).await;
        assert_eq!(answer["errcode"], code, "{answer}");
    }
}

#[tokio::test]
async fn delivery_signatures() {
    let (_mock, caller) = started().await;
    let path = "/cgi-bin/express/local/business/order/get";
    let sign = |shop: &str, secret: &str| delivery_sign(shop, "1", &Secret::new(secret));
    for (shop, signature, about) in [
        ("shop", Some(sign("shop", "delivery secret")), None),
        // The mock does not know this shop's.
        ("another shop", Some(sign("shop", "another secret")), None),
        ("shop", Some(sign("shop", "another secret")), Some("`delivery_sign` is not the SHA-1")),
        ("another shop", Some("0".repeat(64)), Some("`delivery_sign` is not 40 lower-case")),
        ("shop", None, Some("`delivery_sign` is missing")),
    ] {
        let mut body = json!({ "shopid": shop, "shop_order_id": "1", "shop_no": "1" });
        if let Some(signature) = signature {
            body["delivery_sign"] = signature.into();
        }
        let answer = caller.post(path, &body).await;
        // A parameter that is wrong, in the words of these endpoints.
        let message = answer["resultmsg"].as_str().unwrap();
        match about {
            Some(about) => assert!(answer["resultcode"] == 930561 && message.contains(about), "{answer}"),
            None => assert_eq!(answer["resultcode"], 0, "{answer}"),
        }
    }
}

#[tokio::test]
async fn b2b_calls_are_signed_with_the_merchants_key() {
    let endpoint = json!({
        "name": "get_order", "method": "POST", "path": "/retail/B2b/getorder", "sign": ["pay_sig"],
        "params": {
            "mchid": {"type": "string", "required": true},
            "app_key": {"type": "secret", "in": "sign", "default_from": "b2b_payment_key"},
        },
        "errcodes": {"9403200": {"kind": "parameter", "about": "A parameter is missing, or `pay_sig` is wrong."}},
    });
    let (_mock, caller) =
        of_group_with(json!({"endpoints": {"getOrder": endpoint}}), Mock::builder().payment_keys(keys())).await;
    let path = "/retail/B2b/getorder";
    let body = r#"{"mchid":"1"}"#;
    let right = pay_sig(&Secret::new("b2b key"), path, body);
    let wrong = pay_sig(&Secret::new("live key"), path, body);
    assert_eq!(signed(&caller, path, body, &[("pay_sig", &right)]).await["errcode"], 0);
    let answer = signed(&caller, path, body, &[("pay_sig", &wrong)]).await;
    assert_eq!(refused(&answer, "with the AppKey of the B2b merchant"), 9403200);
}

#[cfg(feature = "all-groups")]
mod through_the_client {
    use super::*;
    use crate::api::auth::{CheckSessionKey, ResetUserSessionKey};
    use crate::api::immediate_delivery::GetLocalOrder;
    use crate::api::xpay::{PaymentEnv, QueryPunishmentReasons, QueryUserBalance};

    #[tokio::test]
    async fn payments() {
        let (mock, _) = started().await;
        let client = mock.client().unwrap();
        let user = client.auth().code2session("a").await.unwrap();
        let request = |env| {
            let request = QueryUserBalance::new().openid(user.openid.clone()).env(env).user_ip("127.0.0.1");
            request.session_key(user.session_key.clone())
        };
        for env in [PaymentEnv::Live, PaymentEnv::Sandbox] {
            client.xpay().get_user_balance(request(env)).await.unwrap();
        }
        let own = request(PaymentEnv::Sandbox).app_key("sandbox key");
        client.with_payment_keys(PaymentKeys::new()).xpay().get_user_balance(own).await.unwrap();
        for wrong in [
            request(PaymentEnv::Live).app_key("sandbox key"),
            request(PaymentEnv::Live).session_key(mock.session_key("b")),
        ] {
            let error = client.xpay().get_user_balance(wrong).await.unwrap_err();
            assert_eq!(error.code(), Some(268490003.into()), "{error}");
        }
    }

    #[tokio::test]
    async fn a_call_without_parameters_signs_the_body_that_it_sends() {
        let (mock, _) = started().await;
        let client = mock.client().unwrap();
        client.xpay().get_punishment_reasons(QueryPunishmentReasons::new()).await.unwrap();
        assert_eq!(mock.requests_to("query_punishment_reasons").unwrap()[0].body, b"{}");
    }

    #[tokio::test]
    async fn session_keys_end_with_the_next_one() {
        let (mock, _) = started().await;
        let client = mock.client().unwrap();
        let user = client.auth().code2session("a").await.unwrap();
        let check = |key: &Secret| CheckSessionKey::new().openid(user.openid.clone()).session_key(key.clone());
        client.auth().check_session_key(check(&user.session_key)).await.unwrap();
        let reset = ResetUserSessionKey::new().openid(user.openid.clone()).session_key(user.session_key.clone());
        let next = client.auth().reset_session_key(reset.clone()).await.unwrap().session_key;
        assert_ne!(next, user.session_key);
        client.auth().check_session_key(check(&next)).await.unwrap();
        let error = client.auth().check_session_key(check(&user.session_key)).await.unwrap_err();
        assert_eq!(error.code(), Some(87009.into()), "{error}");
        let error = client.auth().reset_session_key(reset).await.unwrap_err();
        assert_eq!(error.code(), Some(87009.into()), "{error}");
    }

    #[tokio::test]
    async fn deliveries() {
        let (mock, _) = started().await;
        let client = mock.client().unwrap();
        let order = GetLocalOrder::new().shopid("shop").shop_order_id("1").shop_no("1");
        let get = |secret: &str| client.immediate_delivery().get_order(order.clone().delivery_secret(secret));
        get("delivery secret").await.unwrap();
        assert_eq!(get("another secret").await.unwrap_err().code(), Some(930561.into()));
    }
}
