//! One fetch however many wait, and no token lost that still works.

use std::time::Duration;

use weapp::mock::Mock;
use weapp::{ClassicToken, ErrCode, ErrorKind};

use crate::{impatient, message, question};

#[tokio::test]
async fn a_thousand_first_calls_share_one_fetch() {
    let mock = Mock::start().await.unwrap();
    mock.on("getStableAccessToken").unwrap().delay(Duration::from_millis(50));
    let client = mock.client().unwrap();
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.access_token().await.map(|token| token.expose().to_owned()) })
        })
        .collect();
    let mut tokens = Vec::new();
    for call in calls {
        tokens.push(call.await.unwrap().unwrap());
    }
    tokens.dedup();
    assert_eq!(tokens.len(), 1, "all callers hold the same token");
    assert_eq!(mock.token_fetches(), 1);
}

#[tokio::test]
async fn a_first_caller_who_gives_up_strands_nobody() {
    let mock = Mock::start().await.unwrap();
    mock.on("getStableAccessToken").unwrap().delay(Duration::from_millis(80));
    let client = mock.client().unwrap();
    let first = client.clone();
    let first = tokio::spawn(async move { first.send(question()).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    let second = client.clone();
    let second = tokio::spawn(async move { second.send(question()).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    first.abort();
    second.await.unwrap().unwrap();
    assert_eq!(mock.token_fetches(), 1);
}

#[tokio::test]
async fn a_revoked_token_is_replaced_once_under_many_calls() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    client.send(question()).await.unwrap();
    mock.revoke_tokens();
    let calls: Vec<_> = (0..64)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.subscribe_message().send(message()).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(mock.token_fetches(), 2, "one at first, and one for all 64");
}

#[tokio::test]
async fn an_expired_token_is_replaced_and_the_call_repeated() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    client.send(question()).await.unwrap();
    mock.expire_tokens();
    client.send(message()).await.unwrap();
    assert_eq!(mock.token_fetches(), 2);
    // The message reached WeChat twice, and was refused the first time before anything was done.
    assert_eq!(mock.requests_to("sendMessage").unwrap().len(), 2);
}

#[tokio::test]
async fn a_rejection_that_stays_ends_soon() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    for code in [40001, 40014, 42001] {
        mock.clear_requests();
        mock.clear_rules();
        client.send(question()).await.unwrap();
        mock.on("sendMessage").unwrap().errcode(code);
        let fetches = mock.token_fetches();
        let error = client.send(message()).await.unwrap_err();
        assert_eq!(error.code(), Some(ErrCode::new(code)));
        assert!(mock.requests_to("sendMessage").unwrap().len() <= 2, "{code}");
        assert!(mock.token_fetches() - fetches <= 1, "{code}");
    }
}

#[tokio::test]
async fn a_late_rejection_does_not_drop_the_newer_token() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    client.send(question()).await.unwrap();
    // The slow call goes out with the old token and is rejected after the new one has come.
    mock.on("sendMessage").unwrap().times(1).delay(Duration::from_millis(150)).errcode(40001);
    let slow = client.clone();
    let slow = tokio::spawn(async move { slow.send(message()).await });
    tokio::time::sleep(Duration::from_millis(20)).await;
    mock.revoke_tokens();
    client.send(question()).await.unwrap();
    slow.await.unwrap().unwrap();
    client.send(question()).await.unwrap();
    assert_eq!(mock.token_fetches(), 2, "the late rejection fetched nothing");
}

#[tokio::test]
async fn a_wrong_secret_is_told_as_what_it_is() {
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).app(Mock::APPID, "not-the-secret-0123456789abcdef").build().unwrap();
    let error = client.send(question()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Token);
    assert_eq!(error.code(), Some(ErrCode::new(40125)));
    assert_eq!(error.endpoint(), Some("getLiveInfo"));
    assert!(error.remedy().is_some() && error.remedy_zh().is_some());
    assert!(!error.maybe_sent());
    assert!(mock.requests_to("getLiveInfo").unwrap().is_empty());
}

#[tokio::test]
async fn without_the_cache_wechat_is_asked_again() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    let first = client.access_token().await.unwrap();
    let again = client.access_token().cache(false).await.unwrap();
    assert_eq!(first.expose(), again.expose(), "stable_token answers the current token");
    assert_eq!(mock.token_fetches(), 2);
    let cached = client.auth().get_access_token().await.unwrap();
    assert_eq!(cached.expose(), first.expose());
    assert_eq!(mock.token_fetches(), 2);
    let sent = mock.requests_to("getStableAccessToken").unwrap();
    assert!(sent.iter().all(|request| !String::from_utf8_lossy(&request.body).contains("force_refresh")));
}

#[tokio::test]
async fn the_classic_source_gets_a_new_token_each_time() {
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).token_source(ClassicToken).build().unwrap();
    let first = client.access_token().await.unwrap();
    let again = client.access_token().cache(false).await.unwrap();
    assert_ne!(first.expose(), again.expose());
    assert_eq!(mock.requests_to("getAccessToken").unwrap().len(), 2);
    client.send(question()).await.unwrap();
    assert_eq!(mock.token_fetches(), 2, "the newer token is the one that is kept");
}

#[tokio::test]
async fn a_forced_refresh_is_a_call_of_its_own() {
    let mock = Mock::builder().force_refresh_interval(Duration::ZERO).start().await.unwrap();
    let client = mock.client().unwrap();
    let first = client.access_token().await.unwrap();
    let forced = client.access_token().force_refresh().await.unwrap();
    assert_ne!(first.expose(), forced.expose());
    let cached = client.access_token().await.unwrap();
    assert_eq!(cached.expose(), forced.expose());
}

#[tokio::test]
async fn a_token_in_its_last_minutes_is_used_all_the_same() {
    // stable_token may answer a token with little life left; a fixed margin would fetch for every call.
    let mock = Mock::start().await.unwrap();
    mock.on("getStableAccessToken")
        .unwrap()
        .answer(serde_json::json!({ "access_token": "last-minutes", "expires_in": 200 }));
    let client = mock.client().unwrap();
    for _ in 0..5 {
        client.access_token().await.unwrap();
    }
    assert_eq!(mock.requests_to("getStableAccessToken").unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_is_replaced_when_it_ages_and_nobody_waits_for_it() {
    let mock = Mock::builder().token_lifetime(Duration::from_secs(2)).start().await.unwrap();
    let client = mock.client().unwrap();
    client.access_token().await.unwrap();
    // At the latest now it is to be replaced, and it serves a little longer.
    tokio::time::sleep(Duration::from_millis(1450)).await;
    mock.on("getStableAccessToken").unwrap().delay(Duration::from_millis(100));
    let asked = std::time::Instant::now();
    client.access_token().await.unwrap();
    assert!(asked.elapsed() < Duration::from_millis(80), "{:?}", asked.elapsed());
    while mock.token_fetches() < 2 {
        assert!(asked.elapsed() < Duration::from_secs(5), "nobody fetched");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn the_official_account_has_its_own_token() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    let message = weapp::api::template_message::SendTemplateMessage::new()
        .touser("OPENID")
        .template_id("TEMPLATE")
        .data([("keyword1", "巧克力")]);
    client.template_message().send(message.clone()).await.unwrap();
    let fetched = mock.requests_to("getStableAccessToken").unwrap();
    assert!(String::from_utf8_lossy(&fetched[0].body).contains(Mock::OFFICIAL_ACCOUNT_APPID));
    let alone = weapp::Client::builder().app(Mock::APPID, Mock::SECRET).base_url(mock.url()).build().unwrap();
    let error = alone.template_message().send(message).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("official_account"), "{error}");
}

#[tokio::test]
async fn a_supplied_token_is_used_and_left_alone() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap().with_token(Mock::APPID, mock.platform_token(Mock::APPID));
    client.send(question()).await.unwrap();
    assert_eq!(mock.token_fetches(), 0);
    mock.on("sendMessage").unwrap().errcode(42001);
    assert_eq!(client.send(message()).await.unwrap_err().code(), Some(ErrCode::new(42001)));
    assert_eq!(mock.requests_to("sendMessage").unwrap().len(), 1, "there is nothing to renew it with");
    assert_eq!(mock.token_fetches(), 0);
}
