//! Several apps, and where their credentials come from.

use weapp::mock::Mock;
use weapp::{Apps, Client, ErrorKind};

use crate::question;

const SECOND: &str = "wx2222222222222222";
const SECOND_SECRET: &str = "2222222222222222222222222222222a";

#[tokio::test]
async fn the_users_configuration_loads_as_it_is() {
    let mock = Mock::start().await.unwrap();
    let text = format!(
        r#"{{
            // uni-id allows comments
            "app-plus": {{ "tokenExpiresIn": 604800, "oauth": {{ "weixin": {{ "appid": "", "appsecret": "" }} }} }},
            "mp-weixin": {{ "oauth": {{ "weixin": {{ "appid": "{}", "appsecret": "{}" }} }} }},
            "h5-weixin": {{ "oauth": {{ "weixin": {{ "appid": "{}", "appsecret": "{}" }} }} }},
        }}"#,
        Mock::APPID,
        Mock::SECRET,
        Mock::OFFICIAL_ACCOUNT_APPID,
        Mock::OFFICIAL_ACCOUNT_SECRET
    );
    let client = Client::builder().apps(Apps::from_uni_id_str(&text).unwrap()).base_url(mock.url()).build().unwrap();
    assert_eq!(client.appid(), Mock::APPID);
    client.send(question()).await.unwrap();
    crate::messages::uniform(&client).await.unwrap();
}

#[tokio::test]
async fn a_call_can_be_made_for_another_app() {
    let mock = Mock::builder().app(Mock::APPID, Mock::SECRET).app(SECOND, SECOND_SECRET).start().await.unwrap();
    let client = mock.client().unwrap();
    client.send(question()).await.unwrap();
    client.send(question()).app(SECOND).await.unwrap();
    client.app(SECOND).unwrap().send(question()).await.unwrap();
    assert_eq!(mock.token_fetches(), 2, "one token for each app, whoever asks");

    let alone = Client::builder().app(Mock::APPID, Mock::SECRET).base_url(mock.url()).build().unwrap();
    alone.send(question()).credentials(SECOND, SECOND_SECRET).await.unwrap();
    alone.app(SECOND).unwrap().send(question()).await.unwrap();
    assert_eq!(mock.token_fetches(), 3, "credentials given once are known from then on");
}

#[tokio::test]
async fn an_app_that_nobody_knows_fails_the_call() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    let error = client.send(question()).app("wx9999999999999999").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("wx9999999999999999"), "{error}");
    assert!(mock.requests().is_empty());
}

#[tokio::test]
async fn a_new_secret_for_an_app_replaces_the_old() {
    let mock = Mock::start().await.unwrap();
    let client =
        Client::builder().app("wx3333333333333333", "any-secret-will-do").base_url(mock.url()).build().unwrap();
    let wrong = client.credentials(Mock::APPID, "not-the-secret-0123456789abcdef").unwrap();
    wrong.send(question()).await.unwrap_err();
    client.credentials(Mock::APPID, Mock::SECRET).unwrap().send(question()).await.unwrap();
}

#[test]
fn what_can_not_be_right_is_refused_at_once() {
    for (appid, secret) in [("", "secret"), ("wx1", ""), ("wx 1", "secret"), (" wx1", "secret"), ("same", "same")] {
        let error = Client::new(appid, secret).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{appid:?}");
    }
    let error = Client::builder().build().unwrap_err();
    assert!(error.to_string().contains("no app"), "{error}");
    for url in ["", "api.weixin.qq.com", "ftp://host", "https://host?x=1"] {
        assert!(Client::builder().app("wx1", "secret").base_url(url).build().is_err(), "{url:?}");
    }
}

#[tokio::test]
async fn calls_and_clients_can_be_moved_to_tasks() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    let call = client.live_broadcast().get_live_info(question());
    tokio::spawn(call.into_future()).await.unwrap().unwrap();
    tokio::spawn(client.access_token().into_future()).await.unwrap().unwrap();
}
