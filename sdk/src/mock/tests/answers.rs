use serde_json::json;

use super::Caller;
use crate::mock::Mock;

#[tokio::test]
async fn a_login_code_stands_for_a_user_and_works_once() {
    let mock = Mock::start().await.unwrap();
    let caller = Caller::new(&mock).await;
    let login = async |code: &str| {
        let query = format!("appid={}&secret={}&grant_type=authorization_code", Mock::APPID, Mock::SECRET);
        caller.get(&format!("/sns/jscode2session?{query}&js_code={code}")).await
    };
    let (first, second) = (login("a").await, login("b").await);
    assert_eq!(first["session_key"], mock.session_key("a").expose());
    assert_eq!(first["openid"], mock.openid("a"));
    assert_ne!(first["openid"], second["openid"]);
    assert_eq!(super::refused(&login("a").await, "code been used"), 40163);
    let phone = async || caller.post("/wxa/business/getuserphonenumber", &json!({ "code": "a" })).await;
    assert_eq!(phone().await["phone_info"]["purePhoneNumber"], "13800138000");
    assert_eq!(super::refused(&phone().await, ""), 40029);
}

#[tokio::test]
async fn pictures() {
    let mock = Mock::start().await.unwrap();
    let caller = Caller::new(&mock).await;
    let code = async |body| caller.send("/wxa/getwxacodeunlimit", &body).await;
    let jpeg = code(json!({ "scene": "a" })).await;
    assert_eq!(jpeg.headers()["content-type"], "image/jpeg");
    assert!(jpeg.headers().get("num-used").is_none());
    assert!(jpeg.bytes().await.unwrap().starts_with(&[0xFF, 0xD8, 0xFF]));
    let png = code(json!({ "scene": "a", "is_hyaline": true, "width": 300 })).await;
    assert_eq!(png.headers()["content-type"], "image/png");
    let png = png.bytes().await.unwrap();
    let reader = png::Decoder::new(std::io::Cursor::new(png.as_ref())).read_info().unwrap();
    assert_eq!(reader.info().size(), (300, 300));
}

#[tokio::test]
async fn codes_of_a_limited_kind_are_counted_together() {
    let mock = Mock::start().await.unwrap();
    let caller = Caller::new(&mock).await;
    for (number, path) in ["/wxa/getwxacode", "/cgi-bin/wxaapp/createwxaqrcode"].into_iter().enumerate() {
        let answer = caller.send(path, &json!({ "path": "index" })).await;
        assert_eq!(answer.headers()["num-used"], (number + 1).to_string().as_str());
    }
}

#[tokio::test]
async fn pages() {
    let mock = Mock::start().await.unwrap();
    let caller = Caller::new(&mock).await;
    let page = async |start: u64, limit: u64| {
        caller.post("/wxa/business/getliveinfo", &json!({ "start": start, "limit": limit })).await
    };
    let last = page(20, 10).await;
    assert_eq!(last["room_info"].as_array().unwrap().len(), 5);
    assert_eq!((&last["total"], &last["errcode"]), (&json!(25), &json!(0)));
    assert_ne!(page(0, 1).await["room_info"][0], page(1, 1).await["room_info"][0]);
    let beyond = page(25, 10).await;
    assert_eq!((&beyond["room_info"], &beyond["errcode"]), (&json!([]), &json!(1)));
}

#[tokio::test]
async fn errors_are_plain_texts_with_the_status_of_success() {
    let mock = Mock::start().await.unwrap();
    let caller = Caller::new(&mock).await;
    let answer = caller.send("/wxa/getwxacodeunlimit", &json!({})).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["content-type"]), (200, &"text/plain".parse().unwrap()));
    let answer = caller.send("/wxa/generatescheme", &json!({})).await;
    assert_eq!(answer.headers()["content-type"], "application/json; encoding=utf-8");
}
