//! Events that come because of a call.

use serde_json::json;

use super::*;
use crate::client::Client;

async fn check(client: &Client, openid: &str) -> Value {
    try_check(client, openid).await.unwrap()
}

async fn try_check(client: &Client, openid: &str) -> crate::Result<Value> {
    let request = json!({
        "media_url": "https://example.com/1.jpg", "media_type": 2, "version": 2, "scene": 1, "openid": openid,
    });
    client.request("wxa/media_check_async").json(&request).await
}

fn traces(mock: &Mock) -> Vec<String> {
    mock.deliveries().iter().map(|delivery| field(&delivery.message, "trace_id").to_owned()).collect()
}

#[tokio::test]
async fn a_check_brings_its_verdict_about() {
    let script = Script::default();
    let url = script.serve().await;
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    // Nobody is told.
    let before = check(&client, "oA").await;
    let pusher = mock.push_to(secure(&url).delay(millis(1))).unwrap();
    let answers = [check(&client, "oA").await, check(&client, "oB").await];
    mock.pushes_settled().await;
    assert_eq!(traces(&mock), answers.each_ref().map(|answer| field(answer, "trace_id").to_owned()));
    assert_ne!(answers[0]["trace_id"], answers[1]["trace_id"]);
    assert_eq!(before["trace_id"], answers[0]["trace_id"]);
    for (delivery, openid) in mock.deliveries().iter().zip(["oA", "oB"]) {
        assert_eq!((delivery.name.as_str(), delivery.answers.as_deref()), ("wxa_media_check", Some("mediaCheckAsync")));
        assert_eq!(field(&delivery.message, "FromUserName"), openid);
        assert_eq!(field(&delivery.message, "appid"), Mock::APPID);
    }

    // It holds what it is told to hold.
    let rule = || pusher.on_event("wxa_media_check").unwrap();
    rule().set("result.suggest", "review").set("result.suggest", "risky").set("errcode", -1008);
    mock.clear_deliveries();
    check(&client, "oA").await;
    mock.pushes_settled().await;
    let message = mock.deliveries()[0].message.clone();
    assert_eq!((field(&message["result"], "suggest"), &message["errcode"]), ("risky", &json!(-1008)));
    rule().usual().delay(millis(80));
    mock.clear_deliveries();
    check(&client, "oA").await;
    assert!(mock.deliveries().is_empty());
    mock.pushes_settled().await;
    assert_eq!(field(&mock.deliveries()[0].message["result"], "suggest"), "pass");
    rule().off();
    check(&client, "oA").await;
    mock.pushes_settled().await;
    assert_eq!((mock.deliveries().len(), script.count()), (1, 4));
}

#[tokio::test]
async fn a_lost_answer_does_not_keep_the_verdict_back() {
    let script = Script::new([(500, ""), (500, "")]);
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    mock.push_to(secure(&script.serve().await).delay(millis(1))).unwrap();
    mock.on("mediaCheckAsync").unwrap().times(1).answer(json!({"errcode": 0, "trace_id": "of mine"}));
    mock.on("mediaCheckAsync").unwrap().times(1).errcode(-1);
    mock.on("mediaCheckAsync").unwrap().times(1).drop_after();
    assert_eq!(field(&check(&client, "oA").await, "trace_id"), "of mine");
    mock.pushes_settled().await;
    // Delivered until it was taken.
    assert_eq!(traces(&mock), ["of mine"; 3]);
    mock.clear_deliveries();
    for _ in 0..2 {
        try_check(&client, "oA").await.unwrap_err();
    }
    mock.pushes_settled().await;
    assert_eq!(mock.deliveries().len(), 1);
}

#[tokio::test]
async fn calls_of_other_apps_and_by_hand_alone() {
    let script = Script::default();
    let url = script.serve().await;
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    for target in [secure(&url).appid("wx1111111111111111"), secure(&url).only_by_hand()] {
        mock.push_to(target).unwrap();
        check(&client, "oA").await;
    }
    mock.pushes_settled().await;
    assert_eq!(script.count(), 0);
}
