//! The universal request.

use serde::Deserialize;
use serde_json::{Value, json};
use weapp::mock::Mock;
use weapp::{ErrCode, ErrorKind, File, Method};

#[tokio::test]
async fn a_post_unless_said_otherwise() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    let body = json!({ "path": "pages/index/index" });
    for path in ["wxa/generate_urllink", "/wxa/generate_urllink", &format!("{}/wxa/generate_urllink", mock.url())] {
        let answer = client.request(path).json(&body).await.unwrap();
        assert!(answer["url_link"].is_string(), "{answer}");
    }
    let sent = &mock.requests_to("generateUrlLink").unwrap()[0];
    assert_eq!(sent.json::<Value>().unwrap(), body);
    let templates = client.request("wxaapi/newtmpl/gettemplate").method(Method::Get).await.unwrap();
    assert!(templates["data"].is_array());
}

#[tokio::test]
async fn an_empty_post_still_has_a_body() {
    let mock = Mock::start().await.unwrap();
    mock.on("/wxa/a/new/path").unwrap().answer(json!({ "errcode": 0 }));
    let client = mock.client().unwrap();
    client.request("wxa/a/new/path?a=1").query("b", "x y").await.unwrap();
    let sent = &mock.requests().pop().unwrap();
    assert_eq!((&*sent.body, sent.query_value("a"), sent.query_value("b")), (&b"{}"[..], Some("1"), Some("x y")));
    assert!(sent.query_value("access_token").is_some());
}

#[tokio::test]
async fn answers_come_in_the_form_that_is_asked_for() {
    #[derive(Deserialize)]
    struct Link {
        url_link: String,
    }
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    let link: Link = client.request("wxa/generate_urllink").json(&json!({})).decode().await.unwrap();
    assert!(!link.url_link.is_empty());
    let image = client.request("wxa/getwxacodeunlimit").json(&json!({ "scene": "a=1" })).image().await.unwrap();
    assert!(!image.bytes().is_empty());
    let bytes = client.request("wxa/getwxacodeunlimit").json(&json!({ "scene": "a=1" })).bytes().await.unwrap();
    assert_eq!(&bytes, image.bytes());
    let raw = client.request("wxa/generate_urllink").json(&json!({})).raw().await.unwrap();
    assert!(raw.status.is_success());
    client.request("wxa/img_sec_check").file("media", File::new(&b"GIF89a"[..])).await.unwrap();
    let misfit = client.request("wxa/generate_urllink").json(&json!({})).decode::<Vec<u8>>().await.unwrap_err();
    assert_eq!(misfit.kind(), ErrorKind::Decode);
}

#[tokio::test]
async fn errors_and_tokens_are_handled_as_ever() {
    let mock = Mock::builder().lenient().start().await.unwrap();
    let client = mock.client().unwrap();
    client.access_token().await.unwrap();
    mock.revoke_tokens();
    client.request("wxa/generate_urllink").json(&json!({})).await.unwrap();
    mock.on("generateUrlLink").unwrap().errcode(44990);
    let error = client.request("wxa/generate_urllink?secret=x").json(&json!({})).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrCode::new(44990)));
    assert_eq!(error.endpoint(), Some("/wxa/generate_urllink"));
    assert!(error.remedy().is_some());
}

#[tokio::test]
async fn a_sloppy_answer_is_mended() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    mock.on("/wxa/new").unwrap().body(200, "text/plain", &b"\xef\xbb\xbf{\"errcode\":0,\"text\":\"a\nb\"}"[..]);
    assert_eq!(client.request("wxa/new").await.unwrap()["text"], "a\nb");
}

#[tokio::test]
async fn a_query_that_no_server_would_take_is_told_as_such() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    let error = client.auth().code2session("x".repeat(100_000)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(!error.is_retryable() && !error.maybe_sent());
}

#[tokio::test]
async fn what_would_leak_or_lose_something_is_refused() {
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    let calls = [
        client.request("https://elsewhere.example.com/wxa/x"),
        client.request(format!("{}.elsewhere.example.com/wxa/x", mock.url())),
        client.request("wxa/x?access_token=mine"),
        client.request("wxa/x").json(&json!({})).form("a", "b"),
    ];
    for call in calls {
        let shown = format!("{call:?}");
        assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Config, "{shown}");
    }
    assert!(mock.requests().is_empty());
}

#[cfg(feature = "dynamic")]
#[tokio::test]
async fn calls_by_name_refuse_what_would_be_lost() {
    use weapp::dynamic::{Output, call, endpoints};
    let mock = Mock::start().await.unwrap();
    let client = mock.client().unwrap();
    for name in ["getUnlimitedQRCode", "wxacode.getUnlimited", "wxacode.get_unlimited"] {
        let output = call(&client, name, br#"{"scene":"a=1","line_color":{"r":0,"g":0,"b":0}}"#).await.unwrap();
        assert!(matches!(output, Output::Image(_)), "{name}: {output:?}");
    }
    for (body, named) in [
        (&br#"{"scene":"a=1","sceen":"b"}"#[..], "`sceen`"),
        (br#"{"scene":"a=1","line_color":{"red":0}}"#, "`line_color.red`"),
        (br#"{"scene":"#, "request"),
        (br#"[]"#, "request"),
    ] {
        let error = call(&client, "getUnlimitedQRCode", body).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(named), "{error}");
    }
    let error = call(&client, "getUnlimitedQrcode", b"{}").await.unwrap_err();
    assert!(error.to_string().contains("getUnlimitedQrcode"), "{error}");
    assert!(endpoints().any(|meta| meta.id == "getUnlimitedQRCode"));
    // Answers are read as leniently as ever.
    mock.on("generateUrlLink").unwrap().answer(json!({ "errcode": 0, "url_link": "x", "new_field": 1 }));
    call(&client, "generateUrlLink", b"{}").await.unwrap();
}
