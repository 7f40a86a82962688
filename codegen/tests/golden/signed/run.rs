//! What is signed, in which form it travels, and how pages are turned.

mod server;

use golden_signed::api::pay::{
    Deliver, GetFileResponse, Invoke, Item, ListByCursor, ListByNumber, ListByPage, PayFixed, PayOrder, PayShop,
};
use golden_signed::api::types::Env;
use golden_signed::sign::{PaymentKeys, delivery_sign, pay_sig, session_signature};
use golden_signed::{BytesOr, Check, Client, Endpoint, ErrCode, ErrCodeKind, ErrorKind, Secret};
use serde_json::{Value, json};
use server::{Asked, TOKEN, serve};

const OK: &str = r#"{"errcode":0}"#;

fn client(address: &str) -> Client {
    let keys = PaymentKeys::new().virtual_payment("live").sandbox("play").b2b("shop");
    Client::builder().app("wx0123456789abcdef", "secret").base_url(address).payment_keys(keys).build().unwrap()
}

/// The value of a parameter in the query.
fn query<'a>(asked: &'a Asked, name: &str) -> Option<&'a str> {
    let (_, query) = asked.line.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn is_right(request: &impl Endpoint) -> bool {
    let mut check = Check::new();
    request.validate(&mut check);
    check.finish().is_ok()
}

#[tokio::test]
async fn payments_are_signed_over_what_is_sent() {
    let (address, asked) = serve(&[TOKEN, OK, OK, OK]);
    let client = client(&address);
    let item = Item::new("tea").gift(false).extra([("k", "v")]).phone("1").shop("s");
    let pay = |env: Env| PayOrder::new().env(env).items([item.clone()]).silent(true).session_key("session").note("n");
    client.pay().pay(pay(Env::Live)).await.unwrap();
    client.pay().pay(pay(Env::Sandbox)).await.unwrap();
    client.pay().pay(pay(Env::Sandbox).app_key("mine")).await.unwrap();
    let calls: Vec<Asked> = asked.iter().skip(1).collect();
    for (call, key) in calls.iter().zip(["live", "play", "mine"]) {
        let expected = pay_sig(&Secret::new(key), "/golden/pay", &call.body);
        assert_eq!(query(call, "pay_sig"), Some(&*expected), "{call:?}");
        assert_eq!(query(call, "signature"), Some(&*session_signature("session", &call.body)));
        assert!(!call.line.contains("_key") && !call.body.contains("_key"), "{call:?}");
    }
    let body: Value = serde_json::from_str(&calls[0].body).unwrap();
    let items = r#"[{"name":"tea","gift":0,"extra":"{\"k\":\"v\"}","phone":"1","shop":"s"}]"#;
    assert_eq!(body, json!({ "env": 0, "items": items, "silent": 1, "note": "n" }));
}

#[tokio::test]
async fn each_signature_has_its_key() {
    let (address, asked) = serve(&[TOKEN, OK, OK, OK, OK]);
    let client = client(&address);
    client.pay().pay_fixed(PayFixed::new()).await.unwrap();
    client.pay().pay_shop(PayShop::new().id("1")).await.unwrap();
    client.pay().check(golden_signed::api::pay::CheckKey::new().openid("o").session_key("s")).await.unwrap();
    client.pay().deliver(Deliver::new().shopid("a").shop_order_id("b").delivery_secret("c")).await.unwrap();
    let calls: Vec<Asked> = asked.iter().skip(1).collect();
    assert_eq!(query(&calls[0], "pay_sig"), Some(&*pay_sig(&"play".into(), "/golden/pay_fixed", &calls[0].body)));
    assert_eq!(query(&calls[1], "pay_sig"), Some(&*pay_sig(&"shop".into(), "/golden/pay_shop", &calls[1].body)));
    assert_eq!(query(&calls[2], "signature"), Some(&*session_signature("s", "")));
    assert!(calls[2].body.is_empty());
    let body: Value = serde_json::from_str(&calls[3].body).unwrap();
    assert_eq!(body["delivery_sign"], delivery_sign("a", "b", &"c".into()));
}

#[tokio::test]
async fn without_a_key_nothing_is_sent() {
    let client = Client::builder().app("wx0123456789abcdef", "secret").base_url("http://127.0.0.1:9").build().unwrap();
    let error = client.pay().pay_fixed(PayFixed::new()).await.unwrap_err();
    assert_eq!((error.kind(), error.violations()[0].field.as_str()), (ErrorKind::Invalid, "app_key"));
}

#[test]
fn sets_of_fields() {
    assert!(!is_right(&PayShop::new().app_key("k")));
    assert!(is_right(&PayShop::new().app_key("k").id("1").name("2")));
    let invoke = |item: Item| Invoke::new("f").filter(item);
    assert!(is_right(&invoke(Item::new("n").phone("1").mail("2").shop("s"))));
    assert!(!is_right(&invoke(Item::new("n").phone("1").shop("s").stall("t"))));
    assert!(!is_right(&invoke(Item::new("n").shop("s"))));
    let pay = PayOrder::new().app_key("k").session_key("s");
    assert!(!is_right(&pay.clone().env(Env::Sandbox)), "`note` is required with either value");
    assert!(is_right(&pay.env(Env::from(7))));
}

#[tokio::test]
async fn forms_and_bodies() {
    let answer = r#"{"answer":"{\"a\":[1]}","tags":"[\"x\"]"}"#;
    let (address, asked) = serve(&[TOKEN, answer, r#"{"answer":{"a":1},"tags":["y"]}"#, r#"{"answer":"a bare text","tags":[]}"#, r#"{"tags":"{"}"#, "a,b\nc", r#"{"url":"u"}"#, "bytes"]);
    let client = client(&address);
    let filter = Item::new("n").phone("1").shop("s");
    let got = client.pay().invoke(Invoke::new("f").filter(filter).data(json!([1, 2]))).await.unwrap();
    assert_eq!((got.answer, got.tags), (Some(json!({ "a": [1] })), vec!["x".to_owned()]));
    let got = client.pay().invoke("f").await.unwrap();
    assert_eq!((got.answer, got.tags), (Some(json!({ "a": 1 })), vec!["y".to_owned()]));
    let got = client.pay().invoke("f").await.unwrap();
    assert_eq!(got.answer, Some(json!("a bare text")), "what may be anything may be no JSON at all");
    let error = client.pay().invoke("f").await.unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Decode, Some("tags")), "{error}");
    assert_eq!(client.pay().get_text().await.unwrap(), "a,b\nc");
    let BytesOr::Json(GetFileResponse { url, .. }) = client.pay().get_file().await.unwrap() else { panic!("bytes") };
    assert_eq!(url, "u");
    assert_eq!(client.pay().get_file().await.unwrap().bytes().unwrap(), "bytes");
    let calls: Vec<Asked> = asked.iter().skip(1).collect();
    assert_eq!(calls[0].body, "[1,2]");
    assert!(query(&calls[0], "filter").unwrap().starts_with("%7B%22name%22%3A%22n%22"), "{:?}", calls[0]);
    assert_eq!(calls[1].body, "{}");
}

#[tokio::test]
async fn pages_are_turned() {
    let page = |ids: &str| format!(r#"{{"around":{{"inner":"{{\"list\":[{ids}],\"count\":3}}"}},"page_count":2}}"#);
    let (one, two) = (page(r#"{\"id\":1},{\"id\":2}"#), page(r#"{\"id\":3}"#));
    let (address, asked) = serve(&[TOKEN, &one, &two]);
    let pages = client(&address).pay().list_by_page(ListByPage::new(2_u32));
    let rows: Vec<u64> = pages.items().collect().await.unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(rows, [1, 2, 3]);
    let bodies: Vec<String> = asked.iter().skip(1).map(|asked| asked.body).collect();
    assert_eq!(bodies, [r#"{"size":2}"#, r#"{"page":1,"size":2}"#]);
}

#[tokio::test]
async fn cursors_lead_on() {
    let page = |id: u64, next: &str| {
        format!(r#"{{"around":{{"inner":{{"list":[],"count":0}}}},"rows":[{{"id":{id}}}],"next":"{next}"}}"#)
    };
    let (address, asked) = serve(&[
        TOKEN,
        &page(1, "a"),
        &page(2, "a"),
        r#"{"rows":[{"id":5}],"last":5}"#,
        r#"{"rows":[],"last":0}"#,
    ]);
    let client = client(&address);
    let mut pages = client.pay().list_by_cursor(ListByCursor::new()).pages();
    let mut ids = Vec::new();
    while let Some(page) = pages.next().await {
        ids.extend(page.unwrap().rows.into_iter().map(|row| row.id));
    }
    assert_eq!(ids, [1, 2], "the same cursor twice ends the list");
    let rows = client.pay().list_by_number(ListByNumber::new()).items().collect().await.unwrap();
    assert_eq!(rows.len(), 1);
    let bodies: Vec<String> = asked.iter().skip(1).map(|asked| asked.body).collect();
    assert_eq!(bodies, [r#"{"after":""}"#, r#"{"after":"a"}"#, r#"{"last":0}"#, r#"{"last":5}"#]);
}

#[test]
fn a_code_means_what_the_nearest_one_says() {
    assert_eq!(ErrCode::PAY_BUSY, ErrCode::SIGNED_BUSY);
    assert_eq!(ErrCode::new(990001).info().unwrap().name, "SIGNED_BUSY");
    let names: Vec<_> = ErrCode::new(990001).infos().map(|info| info.name).collect();
    assert_eq!(names, ["SIGNED_BUSY", "PAY_BUSY"]);
    assert_eq!(ErrCode::new(990102).info().unwrap().kind, ErrCodeKind::User, "only one group knows it");
}

#[tokio::test]
async fn errors_say_what_the_code_means_here() {
    let busy = r#"{"errcode":990001,"errmsg":"busy"}"#;
    let (address, _asked) = serve(&[TOKEN, busy, busy, r#"{"errcode":990102}"#]);
    let client = client(&address);
    let never = golden_signed::Retry::never;
    let pay = PayOrder::new().env(Env::Live).session_key("s").note("n");
    let own = client.pay().pay(pay).retry(never()).await.unwrap_err();
    assert_eq!((own.code_kind(), own.is_retryable(), own.remedy()), (Some(ErrCodeKind::Busy), true, Some("Pay later.")));
    let group = client.pay().get_text().retry(never()).await.unwrap_err();
    assert_eq!((group.code_kind(), group.remedy_zh()), (Some(ErrCodeKind::Rate), Some("稍后再付。")));
    let poor = client.pay().get_text().retry(never()).await.unwrap_err();
    assert_eq!((poor.code_kind(), poor.code_about()), (Some(ErrCodeKind::User), Some("The user has no money.")));
}
