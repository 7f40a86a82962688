use std::time::Duration;

use serde_json::{Value, json};

use super::{Caller, credentials, refused};
use crate::mock::Mock;

const SCHEME: &str = "/wxa/generatescheme";
const TEMPLATE: &str = "/cgi-bin/message/template/send";

async fn stable(caller: &Caller, appid: &str, secret: &str, force: bool) -> String {
    let mut body = credentials(appid, secret);
    body["force_refresh"] = force.into();
    let url = format!("{}/cgi-bin/stable_token", caller.url);
    let answer: Value = caller.http.post(url).body(body.to_string()).send().await.unwrap().json().await.unwrap();
    assert_eq!(answer.as_object().unwrap().len(), 2, "no envelope: {answer}");
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn classic(caller: &Caller) -> String {
    let query = format!("appid={}&secret={}&grant_type=client_credential", Mock::APPID, Mock::SECRET);
    let answer = caller.get(&format!("/cgi-bin/token?{query}")).await;
    assert_eq!(answer["expires_in"], 7200);
    answer["access_token"].as_str().unwrap().to_owned()
}

/// What becomes of a call with this token.
async fn code(caller: &mut Caller, token: &str) -> i64 {
    caller.token = token.to_owned();
    caller.post(SCHEME, &json!({})).await["errcode"].as_i64().unwrap()
}

#[tokio::test]
async fn the_two_systems_are_apart() {
    let mock = Mock::builder().grace(Duration::ZERO).force_refresh_interval(Duration::ZERO).start().await.unwrap();
    let mut caller = Caller::new(&mock).await;
    let first = caller.token.clone();
    assert_eq!(stable(&caller, Mock::APPID, Mock::SECRET, false).await, first);
    let (old, new) = (classic(&caller).await, classic(&caller).await);
    assert_eq!(code(&mut caller, &old).await, 40001);
    assert_eq!(code(&mut caller, &new).await, 0);
    assert_eq!(code(&mut caller, &first).await, 0);
    let forced = stable(&caller, Mock::APPID, Mock::SECRET, true).await;
    assert_eq!(code(&mut caller, &first).await, 40001);
    assert_eq!(code(&mut caller, &forced).await, 0);
    assert_eq!(code(&mut caller, &new).await, 0);
    assert_eq!(mock.token_fetches(), 5);
}

#[tokio::test]
async fn replaced_tokens_live_on_for_a_while_and_force_has_an_interval() {
    let mock = Mock::start().await.unwrap();
    let mut caller = Caller::new(&mock).await;
    let first = caller.token.clone();
    let second = stable(&caller, Mock::APPID, Mock::SECRET, true).await;
    assert_ne!(first, second);
    assert_eq!(code(&mut caller, &first).await, 0);
    assert_eq!(stable(&caller, Mock::APPID, Mock::SECRET, true).await, second);
}

#[tokio::test]
async fn ends_by_decree_and_by_age() {
    let mock = Mock::start().await.unwrap();
    let mut caller = Caller::new(&mock).await;
    let token = caller.token.clone();
    mock.expire_tokens();
    assert_eq!(code(&mut caller, &token).await, 42001);
    mock.revoke_tokens();
    assert_eq!(code(&mut caller, &token).await, 40001);

    let mock = Mock::builder().token_lifetime(Duration::ZERO).start().await.unwrap();
    let mut caller = Caller::new(&mock).await;
    let token = caller.token.clone();
    assert_eq!(code(&mut caller, &token).await, 42001);
}

#[tokio::test]
async fn whose_token_it_is_matters() {
    let mock = Mock::builder().app("wx1", "s1").app("wx2", "s2").official_account("gh", "s3").start().await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut caller = Caller { http, url: mock.url(), token: String::new() };
    let (first, second) = (stable(&caller, "wx1", "s1", false).await, stable(&caller, "wx2", "s2", false).await);
    let official = stable(&caller, "gh", "s3", false).await;
    assert_ne!(first, second);
    assert_eq!(code(&mut caller, &second).await, 0);
    assert_eq!(code(&mut caller, &official).await, 48001);
    let message = json!({ "touser": "o1", "template_id": "t1", "data": {} });
    assert_eq!(caller.post(TEMPLATE, &message).await["errcode"], 0);
    caller.token = first;
    assert_eq!(refused(&caller.post(TEMPLATE, &message).await, "official account"), 48001);

    let platform = mock.platform_token("wx2");
    assert_eq!(code(&mut caller, platform.expose()).await, 0);
    let uniform = json!({ "touser": "o1", "mp_template_msg": { "template_id": "t1", "data": {} } });
    let answer = caller.post("/cgi-bin/message/wxopen/template/uniform_send", &uniform).await;
    assert_eq!(refused(&answer, ""), 61007, "no permission set has this endpoint");
}
