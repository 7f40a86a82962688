//! What comes back, in all its forms.

use weapp::api::wxacode::GetUnlimitedQrCode;
use weapp::mock::Mock;
use weapp::{ErrCode, ErrorKind, ImageFormat};

use crate::{impatient, message, question};

#[tokio::test]
async fn a_code_is_a_picture_and_nothing_else_is() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    let image = client.wxacode().get_unlimited("a=1").await.unwrap();
    assert_eq!(image.format(), ImageFormat::Jpeg);
    let clear = client.wxacode().get_unlimited(GetUnlimitedQrCode::new("a=1").is_hyaline(true)).await.unwrap();
    assert_eq!(clear.format(), ImageFormat::Png);
    let long = format!(r#"{{"errcode":40097,"errmsg":"{}"}}"#, "x".repeat(100_000));
    let cases: [(&str, Vec<u8>, ErrorKind); 6] = [
        ("image/jpeg", br#"{"errcode":40097,"errmsg":"invalid args"}"#.to_vec(), ErrorKind::Api),
        ("text/plain", br#"  {"errcode":40097,"errmsg":"invalid args"}"#.to_vec(), ErrorKind::Api),
        ("image/png", long.into_bytes(), ErrorKind::Api),
        ("image/jpeg", b"<html><body>502</body></html>".to_vec(), ErrorKind::Decode),
        ("image/jpeg", Vec::new(), ErrorKind::Decode),
        ("image/jpeg", br#"{"errcode":0,"errmsg":"ok"}"#.to_vec(), ErrorKind::Decode),
    ];
    for (content_type, body, kind) in cases {
        mock.clear_rules();
        mock.on("getUnlimitedQRCode").unwrap().body(200, content_type, body);
        let error = client.wxacode().get_unlimited("a=1").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{content_type}: {error}");
        assert_eq!(error.endpoint(), Some("getUnlimitedQRCode"));
    }
}

#[tokio::test]
async fn codes_that_count_say_how_many_there_are() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    let first = client.wxacode().get("pages/index/index").await.unwrap().used().unwrap();
    let second = client.wxacode().create_qrcode("pages/index/index").await.unwrap().used().unwrap();
    assert_eq!(second, first + 1);
}

#[tokio::test]
async fn an_error_says_all_there_is_to_say() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    mock.on("sendMessage").unwrap().error(43101, "user refuse to accept the msg rid: 63f1a2b3-0a1b2c3d-4e5f6071");
    let error = client.send(message()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert_eq!(error.code(), Some(ErrCode::NOT_SUBSCRIBED));
    assert!(error.rid().is_some());
    assert!(error.message().unwrap().starts_with("user refuse"));
    assert!(error.remedy().is_some() && error.remedy_zh().is_some());
    assert!(error.to_string().contains("43101") && error.to_string().contains("what to do"));
}

#[tokio::test]
async fn the_retired_message_explains_itself() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    mock.on("sendUniformMessage").unwrap().errcode(45109);
    let error = crate::messages::uniform(&client).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrCode::new(45109)));
    assert!(error.remedy().unwrap().contains("endTemplateMessage"), "{error}");
}

#[tokio::test]
async fn wrong_bodies_are_named() {
    let mock = Mock::start().await.unwrap();
    let client = impatient(&mock).max_body(1000).build().unwrap();
    let cases: [(&str, &[u8], &str); 5] = [
        ("text/html", b"<html>proxy</html>", "HTML"),
        ("application/json", b"", "empty"),
        ("application/json", b"not json at all", "text"),
        ("application/json", br#"{"total":"many"}"#, "total"),
        ("application/json", &[b' '; 2000], "1000"),
    ];
    for (content_type, body, named) in cases {
        mock.clear_rules();
        mock.on("getLiveInfo").unwrap().body(200, content_type, body.to_vec());
        let error = client.send(question()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{named}: {error}");
        assert!(error.to_string().contains(named), "{named}: {error}");
        assert!(error.maybe_sent());
    }
    mock.clear_rules();
    mock.on("getLiveInfo").unwrap().truncate(10);
    let client = impatient(&mock).build().unwrap();
    assert_eq!(client.send(question()).await.unwrap_err().kind(), ErrorKind::Transport);
}

#[tokio::test]
async fn a_missing_field_is_named() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    mock.on("code2Session").unwrap().answer(serde_json::json!({ "openid": "o" }));
    let error = client.auth().code2session("code").await.unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Decode, Some("session_key")));
}

#[tokio::test]
async fn success_by_another_code_is_success() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    mock.on("getLiveInfo").unwrap().answer(serde_json::json!({ "errcode": 1, "errmsg": "no room" }));
    let answer = client.live_broadcast().get_live_info(question()).await.unwrap();
    assert!(answer.room_info.is_empty());
}

#[tokio::test]
async fn raw_shows_what_came_also_when_it_failed() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    let raw = client.send(question()).raw().await.unwrap();
    assert!(raw.status.is_success() && raw.result.is_ok());
    assert!(raw.body.starts_with(b"{"));
    mock.on("getLiveInfo").unwrap().body(500, "text/html", "<html>");
    let raw = client.send(question()).retry(weapp::Retry::never()).raw().await.unwrap();
    assert_eq!(raw.status.as_u16(), 500);
    assert_eq!(raw.headers["content-type"], "text/html");
    assert_eq!(raw.result.unwrap_err().kind(), ErrorKind::Status);
}

#[tokio::test]
async fn constraints_refuse_before_anything_is_sent_unless_told_otherwise() {
    let mock = Mock::builder().lenient().start().await.unwrap();
    let client = mock.client().unwrap();
    let request = GetUnlimitedQrCode::new("中文").page("/pages/index?x=1").width(10);
    let error = client.wxacode().get_unlimited(request.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Invalid);
    let fields: Vec<_> = error.violations().iter().map(|violation| &*violation.field).collect();
    assert_eq!(fields, ["scene", "page", "page", "width"]);
    assert!(mock.requests().is_empty());
    // What WeChat makes of it is its own business; here the mock refuses it.
    let error = client.wxacode().get_unlimited(request.clone()).unchecked().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    let unchecked = impatient(&mock).unchecked().build().unwrap();
    assert_eq!(unchecked.wxacode().get_unlimited(request).await.unwrap_err().kind(), ErrorKind::Api);
}
