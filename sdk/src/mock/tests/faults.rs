use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::TcpStream;

use super::{Caller, raw, refused};
use crate::mock::Mock;

const SCHEME: &str = "/wxa/generatescheme";

async fn started() -> (Mock, Caller) {
    let mock = Mock::start().await.unwrap();
    let caller = Caller::new(&mock).await;
    (mock, caller)
}

#[tokio::test]
async fn error_codes_for_some_calls() {
    let (mock, caller) = started().await;
    mock.on("generateScheme").unwrap().times(2).errcode(-1);
    mock.on("urlscheme.generate").unwrap().times(1).error(45009, "enough for today");
    let call = async || caller.post(SCHEME, &json!({})).await;
    assert_eq!(refused(&call().await, "system error"), -1);
    // A call that WeChat would not take does not count.
    assert_eq!(refused(&caller.post(SCHEME, &json!({ "x": 1 })).await, "`x`"), 40097);
    assert_eq!(refused(&call().await, ""), -1);
    assert_eq!(refused(&call().await, "enough for today"), 45009);
    assert_eq!(call().await["errcode"], 0);
    mock.on(SCHEME).unwrap().errcode(123_456_789);
    assert_eq!(refused(&call().await, "error of the mock"), 123_456_789);
    mock.clear_rules();
    assert_eq!(call().await["errcode"], 0);
    assert_eq!(mock.requests_to("generateScheme").unwrap().len(), 7);
}

#[tokio::test]
async fn a_failed_call_takes_no_effect() {
    let (mock, caller) = started().await;
    mock.on("getPhoneNumber").unwrap().times(1).errcode(-1);
    let call = async || caller.post("/wxa/business/getuserphonenumber", &json!({ "code": "a" })).await;
    assert_eq!(refused(&call().await, ""), -1);
    assert_eq!(call().await["errcode"], 0);
}

#[tokio::test]
async fn canned_answers_also_for_paths_that_nobody_knows() {
    let (mock, caller) = started().await;
    mock.on("/wxa/new").unwrap().answer(json!({ "errcode": 0, "new": [1] }));
    assert_eq!(caller.get("/wxa/new?x=1").await, json!({ "errcode": 0, "new": [1] }));
    mock.on("generateScheme").unwrap().answer(json!({ "openlink": "weixin://x" }));
    assert_eq!(caller.post(SCHEME, &json!({})).await, json!({ "openlink": "weixin://x" }));
    assert_eq!(refused(&caller.post(SCHEME, &json!({ "x": 1 })).await, "`x`"), 40097);
    assert_eq!(mock.requests()[0].query_value("x"), Some("1"));
}

#[tokio::test]
async fn gateways() {
    let (mock, mut caller) = started().await;
    caller.token.clear();
    mock.on_all().times(1).status(502);
    let answer = caller.send(SCHEME, &json!({})).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["content-type"]), (502, &"text/html".parse().unwrap()));
    mock.on_all().times(1).body(200, "text/plain", "\u{feff}{}");
    assert_eq!(caller.send(SCHEME, &json!({})).await.bytes().await.unwrap(), "\u{feff}{}");
    mock.on_all().times(1).body(7, "no\nheader", vec![]);
    let answer = caller.send(SCHEME, &json!({})).await;
    assert_eq!((answer.status().as_u16(), answer.headers().get("content-type")), (500, None));
    assert_eq!(mock.requests().len(), 3);
    assert_eq!(refused(&caller.post(SCHEME, &json!({})).await, ""), 41001);
}

#[tokio::test]
async fn delays() {
    let (mock, caller) = started().await;
    mock.on("generateScheme").unwrap().times(1).delay(Duration::from_millis(60));
    let start = Instant::now();
    assert_eq!(caller.post(SCHEME, &json!({})).await["errcode"], 0);
    assert!(start.elapsed() >= Duration::from_millis(60));
    // A caller who gives up has had the effect.
    mock.on("getPhoneNumber").unwrap().times(1).delay(Duration::from_secs(60));
    let url = format!("{}/wxa/business/getuserphonenumber?access_token={}", mock.url(), caller.token);
    let impatient = caller.http.post(url).timeout(Duration::from_millis(80)).body(r#"{"code":"a"}"#).send().await;
    assert!(impatient.unwrap_err().is_timeout());
    let answer = caller.post("/wxa/business/getuserphonenumber", &json!({ "code": "a" })).await;
    assert_eq!(refused(&answer, ""), 40029);
}

#[tokio::test]
async fn a_connection_dropped_before_the_call() {
    let (mock, caller) = started().await;
    mock.on("generateScheme").unwrap().times(1).drop_before();
    let error = caller.try_send(SCHEME, &json!({})).await.unwrap_err();
    assert!(!error.is_connect() && !error.is_timeout(), "{error:?}");
    assert!(mock.requests().is_empty());
    assert_eq!(caller.post(SCHEME, &json!({})).await["errcode"], 0);

    mock.on_all().times(1).drop_before();
    assert_eq!(raw(&mock, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await, b"");
}

#[tokio::test]
async fn a_connection_dropped_after_the_call() {
    let (mock, caller) = started().await;
    let path = "/wxa/business/getuserphonenumber";
    mock.on("getPhoneNumber").unwrap().times(1).drop_after();
    assert!(caller.try_send(path, &json!({ "code": "a" })).await.is_err());
    assert_eq!(mock.requests_to("getPhoneNumber").unwrap().len(), 1);
    assert_eq!(refused(&caller.post(path, &json!({ "code": "a" })).await, ""), 40029, "it took effect");
}

#[tokio::test]
async fn truncated_answers() {
    let (mock, caller) = started().await;
    let whole = caller.send("/wxa/getwxacode", &json!({ "path": "index" })).await.bytes().await.unwrap();
    for length in [0, 1, 1000] {
        mock.on("getQRCode").unwrap().times(2).truncate(length);
        let answer = caller.send("/wxa/getwxacode", &json!({ "path": "index" })).await;
        assert_eq!(answer.content_length(), Some(whole.len() as u64));
        assert!(answer.bytes().await.is_err());

        let body = r#"{"path":"index"}"#;
        let request = format!(
            "POST /wxa/getwxacode?access_token={} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n{body}",
            caller.token,
            body.len()
        );
        let answer = raw(&mock, &request).await;
        let head = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        assert_eq!(&answer[head..], &whole[..length]);
    }
    mock.on("getQRCode").unwrap().times(1).truncate(usize::MAX);
    let answer = caller.send("/wxa/getwxacode", &json!({ "path": "index" })).await;
    assert_eq!(answer.bytes().await.unwrap(), whole);
}

#[tokio::test]
async fn names_that_nobody_has_are_an_error() {
    let mock = Mock::start().await.unwrap();
    let error = mock.on("wxacode.getunlimited").unwrap_err();
    assert!(error.to_string().contains("getUnlimitedQRCode"), "{error}");
    assert!(mock.requests_to("sendMesage").is_err());
    for name in ["sendMessage", "subscribeMessage.send", "subscribe_message.send", "/any/path"] {
        mock.on(name).unwrap();
    }
}

#[tokio::test]
async fn nothing_is_left_of_a_dropped_mock() {
    let (mock, caller) = started().await;
    let address = mock.address;
    mock.on_all().delay(Duration::from_secs(3600));
    let waiting = tokio::spawn(async move { caller.try_send(SCHEME, &json!({})).await.is_err() });
    while mock.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    let shared = std::sync::Arc::downgrade(&mock.shared);
    drop(mock);
    assert!(waiting.await.unwrap(), "an open connection is closed");
    let end = Instant::now() + Duration::from_secs(5);
    while shared.upgrade().is_some() && Instant::now() < end {
        tokio::task::yield_now().await;
    }
    assert!(shared.upgrade().is_none(), "some task holds on to it");
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn garbage_does_no_harm() {
    let (mock, caller) = started().await;
    for request in
        ["\0\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "GET /%ff?%zz=%&&==& HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"]
    {
        raw(&mock, request).await;
    }
    assert_eq!(caller.post(SCHEME, &json!({})).await["errcode"], 0);
}
