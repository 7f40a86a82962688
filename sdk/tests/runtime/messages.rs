//! Messages: their data, and what the configuration fills in.

#![allow(deprecated, reason = "the retired message must still build the right request")]

use serde_json::{Value, json};
use weapp::api::types::MiniProgramTarget;
use weapp::api::uniform_message::{MpTemplateMsg, SendUniformMessage};
use weapp::mock::Mock;
use weapp::{Client, ErrorKind, Nothing, Result, TemplateData};

use crate::message;

pub(crate) async fn uniform(client: &Client) -> Result<Nothing> {
    let mp = MpTemplateMsg::new()
        .template_id("TEMPLATE")
        .url("https://example.com")
        .miniprogram(MiniProgramTarget::new("wx1111111111111111").pagepath("pages/order/order?id=aaa"))
        .data([("keyword1", "巧克力")]);
    client.uniform_message().send(SendUniformMessage::new().touser("OPENID").mp_template_msg(mp)).await
}

#[tokio::test]
async fn the_configured_official_account_fills_in_and_the_mini_program_wins() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    uniform(&client).await.unwrap();
    let sent: Value = mock.requests_to("sendUniformMessage").unwrap()[0].json().unwrap();
    assert_eq!(
        sent,
        json!({
            "touser": "OPENID",
            "mp_template_msg": {
                "appid": Mock::OFFICIAL_ACCOUNT_APPID,
                "template_id": "TEMPLATE",
                "miniprogram": { "appid": "wx1111111111111111", "pagepath": "pages/order/order?id=aaa" },
                "data": { "keyword1": { "value": "巧克力" } },
            }
        })
    );
}

#[tokio::test]
async fn data_are_checked_by_keyword_before_they_are_sent() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    let data = TemplateData::from([("thing1", "一二三四五六七八九十一二三四五六七八九十一"), ("number2", "many")]);
    let error = client.subscribe_message().send(message().data(data)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let fields: Vec<_> = error.violations().iter().map(|violation| &*violation.field).collect();
    assert_eq!(fields, ["data.thing1", "data.number2"]);
    assert!(mock.requests().is_empty());
}

#[tokio::test]
async fn only_what_was_set_is_sent() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    client.subscribe_message().send(message()).await.unwrap();
    let sent: Value = mock.requests_to("sendMessage").unwrap()[0].json().unwrap();
    let expected = json!({ "touser": "OPENID", "template_id": "TEMPLATE", "data": { "thing1": { "value": "hello" } } });
    assert_eq!(sent, expected);
}
