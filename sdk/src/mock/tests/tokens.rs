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

#[tokio::test]
async fn fetches_new_tokens_and_refusals_are_counted_apart() {
    let mock = Mock::start().await.unwrap();
    let mut caller = Caller::new(&mock).await;
    let first = std::mem::take(&mut caller.token);
    for _ in 0..4 {
        stable(&caller, Mock::APPID, Mock::SECRET, false).await;
    }
    assert_eq!((mock.token_fetches(), mock.tokens_issued(), mock.token_fetches_refused()), (5, 1, 0));
    mock.expire_tokens();
    let renewed = stable(&caller, Mock::APPID, Mock::SECRET, false).await;
    assert_ne!(renewed, first);
    assert_eq!((mock.token_fetches(), mock.tokens_issued()), (6, 2));

    let fetch = async |secret: &str| caller.post("/cgi-bin/stable_token", &credentials(Mock::APPID, secret)).await;
    assert_eq!(refused(&fetch("wrong").await, ""), 40125);
    let list = mock.on("getStableAccessToken").unwrap();
    let list = list.error(40164, "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist");
    assert_eq!(refused(&fetch(Mock::SECRET).await, "invalid ip 127.0.0.1"), 40164);
    list.end();
    assert!(fetch(Mock::SECRET).await.get("access_token").is_some());
    assert_eq!((mock.token_fetches(), mock.token_fetches_refused()), (7, 2));
    // What WeChat does not see counts nowhere; an answer that is lost counts.
    mock.on("getStableAccessToken").unwrap().times(1).status(502);
    mock.on("getStableAccessToken").unwrap().times(1).status_after(502);
    for _ in 0..2 {
        let answer = caller.send("/cgi-bin/stable_token", &credentials(Mock::APPID, Mock::SECRET)).await;
        assert_eq!(answer.status().as_u16(), 502);
    }
    assert_eq!((mock.token_fetches(), mock.token_fetches_refused()), (8, 2));
}

#[tokio::test]
async fn quotas_are_refused_when_used_up() {
    let mock = Mock::builder().app("wx1", "s1").app("wx2", "s2").token_quota(3).start().await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let caller = Caller { http, url: mock.url(), token: String::new() };
    for _ in 0..2 {
        stable(&caller, "wx1", "s1", false).await;
    }
    let classic = async || caller.get("/cgi-bin/token?appid=wx1&secret=s1&grant_type=client_credential").await;
    assert!(classic().await.get("access_token").is_some());
    assert_eq!(refused(&classic().await, "reach max api daily quota limit"), 45009);
    assert_eq!(refused(&caller.post("/cgi-bin/stable_token", &credentials("wx1", "s1")).await, ""), 45009);
    stable(&caller, "wx2", "s2", false).await;
    assert_eq!((mock.token_fetches(), mock.tokens_issued(), mock.token_fetches_refused()), (4, 3, 2));
}

#[tokio::test]
async fn the_rotation_can_be_set() {
    let builder = Mock::builder().token_rotation(Duration::from_secs(7200)).grace(Duration::ZERO);
    let mock = builder.start().await.unwrap();
    let mut caller = Caller::new(&mock).await;
    let first = caller.token.clone();
    let second = stable(&caller, Mock::APPID, Mock::SECRET, false).await;
    assert_ne!(first, second);
    assert_eq!(code(&mut caller, &first).await, 40001);
    assert_eq!(code(&mut caller, &second).await, 0);
    assert_eq!(mock.tokens_issued(), 2);
}
