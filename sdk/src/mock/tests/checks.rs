use serde_json::{Value, json};

use super::{Caller, raw, refused};
use crate::mock::Mock;

async fn started() -> (Mock, Caller) {
    let mock = Mock::start().await.unwrap();
    let caller = Caller::new(&mock).await;
    (mock, caller)
}

fn message() -> Value {
    json!({ "touser": "o1", "template_id": "t1", "data": { "thing1": { "value": "x" } } })
}

const SEND: &str = "/cgi-bin/message/subscribe/send";
const CODE: &str = "/wxa/getwxacodeunlimit";

#[tokio::test]
async fn unknown_paths_and_wrong_methods() {
    let (mock, caller) = started().await;
    assert_eq!(refused(&caller.get("/wxa/nonsense").await, "404 not found"), 404);
    assert_eq!(refused(&caller.get("/").await, ""), 404);
    assert_eq!(refused(&caller.get(SEND).await, "require POST method"), 43002);
    assert_eq!(refused(&caller.post("/sns/jscode2session", &json!({})).await, "require GET method"), 43001);
    let endpoints: Vec<_> = mock.requests().into_iter().map(|request| request.endpoint).collect();
    assert_eq!(endpoints, [None, None, Some("sendMessage".into()), Some("code2Session".into())]);
}

#[tokio::test]
async fn tokens_are_looked_at_before_bodies() {
    let (_mock, mut caller) = started().await;
    caller.token.clear();
    assert_eq!(refused(&caller.post(SEND, &json!(5)).await, ""), 41001);
    caller.token = "unknown".to_owned();
    assert_eq!(refused(&caller.post(SEND, &json!(5)).await, "invalid credential"), 40001);
}

#[tokio::test]
async fn bodies() {
    let (_mock, caller) = started().await;
    let url = format!("{}{SEND}?access_token={}", caller.url, caller.token);
    let post = async |body: &str| -> Value {
        caller.http.post(&url).body(body.to_owned()).send().await.unwrap().json().await.unwrap()
    };
    assert_eq!(refused(&post("").await, "empty post data"), 44002);
    for broken in ["{", "[]", "touser=o1", "{\"touser\":\"\n\"}"] {
        assert_eq!(refused(&post(broken).await, "data format error"), 47001);
    }
    assert_eq!(refused(&post(r#"{"touser":"a","touser":"b"}"#).await, "`touser` is there twice"), 47001);
}

#[tokio::test]
async fn chunked_bodies_are_refused_by_the_gateway() {
    let (mock, caller) = started().await;
    let request = format!(
        "POST {SEND}?access_token={} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n",
        caller.token
    );
    let answer = String::from_utf8(raw(&mock, &request).await).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 412 "), "{head}");
    assert_eq!(body, "");
    assert_eq!(mock.requests_to("sendMessage").unwrap()[0].body, b"{}");
}

#[tokio::test]
async fn parameters_of_every_sort() {
    let (_mock, caller) = started().await;
    let with = |base: &Value, name: &str, value: Value| {
        let mut body = base.clone();
        body.as_object_mut().unwrap().insert(name.to_owned(), value);
        body
    };
    let code = json!({ "scene": "a=1" });
    let link = json!({ "query": "a=1" });
    let scheme = json!({});
    let send = message();
    let media =
        json!({ "media_url": "https://x.com/a.png", "media_type": 2, "version": 2, "scene": 1, "openid": "o1" });
    for (path, body, wanted, about) in [
        // Missing: with the endpoint's own code where it has one.
        (CODE, json!({}), 40169, "`scene` is missing"),
        (SEND, json!({}), 47003, "`data` is missing"),
        ("/wxa/business/getuserphonenumber", json!({}), 40097, "`code` is missing"),
        ("/wxa/media_check_async", json!({}), 40004, "`media_type`"),
        // Types.
        (CODE, json!({ "scene": 1 }), 47001, "`scene` is a number, and must be a text"),
        (CODE, with(&code, "width", json!("430")), 47001, "`width`"),
        (CODE, with(&code, "check_path", json!(0)), 47001, "`check_path`"),
        (CODE, with(&code, "env_version", json!(null)), 47001, "`env_version` is null"),
        (CODE, with(&code, "line_color", json!([])), 47001, "`line_color` is a list"),
        (CODE, with(&code, "line_color", json!({ "r": "1", "g": 2, "b": 3 })), 47001, "`line_color.r`"),
        (
            CODE,
            with(&code, "line_color", json!({ "r": 256, "g": 2, "b": 3 })),
            40097,
            "`line_color.r` is not from 0 to 255",
        ),
        (CODE, with(&code, "line_color", json!({ "r": 1, "g": 2 })), 40097, "`line_color.b` is missing"),
        (SEND, with(&send, "data", json!({ "thing1": "x" })), 47003, "`data.thing1`"),
        ("/wxa/generate_urllink", with(&link, "expire_time", json!("tomorrow")), 47001, "`expire_time`"),
        // Unknown ones, at each depth.
        (CODE, with(&code, "widht", json!(430)), 40097, "`widht` is no parameter of getUnlimitedQRCode"),
        (CODE, with(&code, "line_color", json!({ "r": 1, "g": 2, "b": 3, "a": 4 })), 40097, "`line_color.a`"),
        (SEND, with(&send, "access_token", json!("x")), 40097, "`access_token`"),
        // Constraints.
        (CODE, json!({ "scene": "" }), 40169, "`scene` has 0 characters, allowed: 1 to 32"),
        (CODE, json!({ "scene": "a".repeat(33) }), 40169, "33 characters"),
        (CODE, json!({ "scene": "我" }), 40129, "a character that is not allowed"),
        (CODE, json!({ "scene": "%" }), 40129, "`scene`"),
        (CODE, with(&code, "page", json!("/pages/index")), 41030, "begins with /"),
        (CODE, with(&code, "page", json!("pages/index?a=1")), 41030, "`page` has a query"),
        (CODE, with(&code, "width", json!(279)), 40097, "`width` is 279, allowed: 280 to 1280"),
        (CODE, with(&code, "env_version", json!("beta")), 40097, "`env_version` is none of \"develop\""),
        ("/wxa/generate_urllink", with(&link, "env_version", json!("beta")), 85402, "`env_version`"),
        (
            "/wxa/generate_urllink",
            json!({ "expire_type": 1 }),
            40097,
            "`expire_interval` is missing, `expire_type` being 1",
        ),
        ("/wxa/generatescheme", with(&scheme, "is_expire", json!(true)), 40097, "`expire_time` is missing"),
        ("/wxa/getwxacode", json!({ "path": "a".repeat(1025) }), 40159, "`path`"),
        ("/wxa/media_check_async", with(&media, "media_url", json!("a.png")), 40097, "no http or https URL"),
        ("/wxa/media_check_async", with(&media, "media_type", json!(3)), 40004, "`media_type` is none of 1, 2"),
        ("/wxa/media_check_async", with(&media, "version", json!(1)), 40097, "`version` must be 2"),
        (SEND, with(&send, "data", json!({ "thing1": { "value": "字".repeat(21) } })), 47003, "`data.thing1`"),
    ] {
        let answer = caller.post(path, &body).await;
        assert_eq!(refused(&answer, about), wanted, "{path} {body}: {answer}");
    }
    for (path, body) in
        [(CODE, &code), (SEND, &send), ("/wxa/media_check_async", &media), ("/wxa/generatescheme", &scheme)]
    {
        assert!(caller.send(path, body).await.status().is_success());
    }
    assert_eq!(caller.post("/wxa/generatescheme", &scheme).await["errcode"], 0);
}

#[tokio::test]
async fn queries() {
    let (_mock, caller) = started().await;
    let login =
        format!("/sns/jscode2session?appid={}&secret={}&grant_type=authorization_code", Mock::APPID, Mock::SECRET);
    for (more, code, about) in [
        ("", 40029, "`js_code` is missing"),
        ("&js_code=a&js_code=b", 40029, "twice"),
        ("&js_code=a&x=1", 40097, "`x` is no parameter of code2Session in the query"),
        ("&js_code=a&access_token=t", 40097, "`access_token`"),
    ] {
        assert_eq!(refused(&caller.get(&format!("{login}{more}")).await, about), code);
    }
    let answer = caller.post(&format!("{SEND}?touser=o1&x="), &message()).await;
    assert_eq!(refused(&answer, ""), 41001, "the token is behind a second question mark here: {answer}");
}

#[tokio::test]
async fn appids_and_secrets() {
    let (_mock, caller) = started().await;
    let (appid, secret) = (Mock::APPID, Mock::SECRET);
    for (appid, secret, grant_type, code) in [
        ("", secret, "client_credential", 41002),
        ("wx-unknown", secret, "client_credential", 40013),
        (appid, "", "client_credential", 41004),
        (appid, "wrong", "client_credential", 40125),
        (appid, secret, "password", 40002),
    ] {
        let path = format!("/cgi-bin/token?appid={appid}&secret={secret}&grant_type={grant_type}");
        assert_eq!(refused(&caller.get(&path).await, ""), code);
        let body = json!({ "appid": appid, "secret": secret, "grant_type": grant_type });
        let url = format!("{}/cgi-bin/stable_token", caller.url);
        let answer: Value = caller.http.post(url).body(body.to_string()).send().await.unwrap().json().await.unwrap();
        assert_eq!(refused(&answer, ""), code);
    }
}

#[tokio::test]
async fn forms() {
    let (mock, caller) = started().await;
    let url = format!("{}/wxa/img_sec_check?access_token={}", caller.url, caller.token);
    let file = |length: usize| reqwest::multipart::Part::bytes(vec![7; length]).file_name("a.png");
    let post = async |form: reqwest::multipart::Form| -> Value {
        caller.http.post(&url).multipart(form).send().await.unwrap().json().await.unwrap()
    };
    let form = reqwest::multipart::Form::new;
    assert_eq!(post(form().part("media", file(1 << 20))).await, json!({ "errcode": 0, "errmsg": "ok" }));
    assert_eq!(refused(&post(form().part("media", file((1 << 20) + 1))).await, "`media` has 1048577 bytes"), 40097);
    assert_eq!(refused(&post(form().part("file", file(1))).await, "`file` is no parameter"), 40097);
    assert_eq!(refused(&post(form().text("media", "x")).await, "without a file name"), 40097);
    assert_eq!(refused(&post(form().part("media", file(1)).part("media", file(1))).await, "twice"), 40097);
    let answer: Value = caller.http.post(&url).body("{}").send().await.unwrap().json().await.unwrap();
    assert_eq!(refused(&answer, "multipart/form-data"), 47001);
    assert!(mock.requests()[0].body.len() > 1 << 20);
}

#[tokio::test]
async fn a_lenient_mock_takes_what_it_does_not_know() {
    let mock = Mock::builder().lenient().start().await.unwrap();
    let caller = Caller::new(&mock).await;
    assert_eq!(
        caller.post(SEND, &json!({ "touser": "o1", "template_id": "t1", "data": {}, "x": 1 })).await["errcode"],
        0
    );
    let answer = caller.post(SEND, &json!({ "touser": 1, "template_id": "t1", "data": {} })).await;
    assert_eq!(refused(&answer, "`touser`"), 47001);
}

#[tokio::test]
async fn endpoints_at_one_address_are_told_apart_by_what_is_fixed() {
    let (mock, caller) = started().await;
    let path = "/wxa/msg_sec_check";
    assert_eq!(caller.post(path, &json!({ "content": "x" })).await, json!({ "errcode": 0, "errmsg": "ok" }));
    let second = json!({ "content": "x", "version": 2, "scene": 1, "openid": "o1" });
    assert_eq!(caller.post(path, &second).await["result"]["suggest"], "pass");
    assert_eq!(
        (mock.requests_to("msgSecCheck_v1").unwrap().len(), mock.requests_to("msgSecCheck").unwrap().len()),
        (1, 1)
    );
    assert_eq!(mock.requests_to(path).unwrap().len(), 2);
}
