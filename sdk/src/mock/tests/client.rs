//! The mock and the crate's own client.

use serde_json::json;

use crate::client::Client;
use crate::mock::Mock;
use crate::user_data::UserData;

/// The environment's proxy must not come between.
fn client(mock: &Mock) -> Client {
    mock.client().unwrap()
}

#[tokio::test]
async fn they_understand_each_other() {
    let mock = Mock::start().await.unwrap();
    let client = client(&mock);
    assert_eq!(client.appid(), Mock::APPID);
    let session = client.auth().code2session("code").await.unwrap();
    assert_eq!((session.openid, session.session_key), (mock.openid("code"), mock.session_key("code")));
    let token = client.access_token().await.unwrap();
    assert_eq!(token.expose().len(), 512);
    assert_eq!(mock.token_fetches(), 1);
    let apps = Mock::builder().app("wx1", "s1").app("wx2", "s2").official_account("gh", "s3").start().await.unwrap();
    let several = apps.client().unwrap();
    assert_eq!((several.appid(), several.app("wx2").unwrap().appid()), ("wx1", "wx2"));
    several.app("gh").unwrap().access_token().await.unwrap();
    assert_eq!(
        apps.requests_to("getStableAccessToken").unwrap()[0].json::<serde_json::Value>().unwrap()["appid"],
        "gh"
    );
}

#[tokio::test]
async fn rejected_tokens_are_renewed() {
    let mock = Mock::start().await.unwrap();
    let client = client(&mock);
    for (end, code) in [(Mock::revoke_tokens as fn(&Mock), 40001), (Mock::expire_tokens, 42001)] {
        client.access_token().await.unwrap();
        end(&mock);
        mock.clear_requests();
        let answer = client.request("wxa/generatescheme").json(&json!({})).await;
        answer.unwrap_or_else(|error| panic!("after {code}: {error}"));
        let paths: Vec<_> = mock.requests().into_iter().map(|request| request.path).collect();
        assert_eq!(paths, ["/wxa/generatescheme", "/cgi-bin/stable_token", "/wxa/generatescheme"]);
    }
}

#[tokio::test]
async fn login_data_open() {
    let mock = Mock::start().await.unwrap();
    let key = mock.session_key("code");
    let sealed = mock.encrypted_phone_number(&key, "13800138000").unwrap();
    let phone = UserData::new(Mock::APPID).phone_number(&sealed.encrypted_data, &sealed.iv, &key).unwrap();
    assert_eq!(phone.phone_number, "13800138000");
    let sealed =
        mock.encrypt(&key, &json!({ "nickName": "Band", "watermark": { "appid": "wx-other", "timestamp": 1 } }));
    let sealed = sealed.unwrap();
    assert!(UserData::new(Mock::APPID).user_info(&sealed.encrypted_data, &sealed.iv, &key).is_err());
    assert!(mock.encrypt("no key", &json!({})).is_err());
}
