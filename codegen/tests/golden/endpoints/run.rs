//! What an endpoint's words make of a call.

mod server;

use golden_endpoints::api::calls::{ListPages, ListRows, LoginCalls, UploadThing};
use golden_endpoints::dynamic::{Output, call, endpoints};
use golden_endpoints::{Authorisation, Check, Client, Encryption, Endpoint, ErrCode, ErrCodeKind, Per, RetryHint};
use serde_json::{Value, json};
use server::{TOKEN, serve};

fn client(address: &str) -> Client {
    Client::builder().app("wx0123456789abcdef", "secret").base_url(address).build().unwrap()
}

fn is_right(request: &impl Endpoint) -> bool {
    let mut check = Check::new();
    request.validate(&mut check);
    check.finish().is_ok()
}

#[test]
fn the_meta_says_what_the_spec_says() {
    let meta = ListRows::META;
    assert_eq!((meta.id, meta.name, meta.path), ("listRows", "calls.list_rows", "/golden/list"));
    assert_eq!((meta.aliases, meta.docs), (&["calls.list", "calls.getRows"][..], "https://example.com/list"));
    assert_eq!((meta.authorisation, meta.encryption), (Authorisation::AccessToken, Encryption::Supported));
    assert!(meta.retry_safe);
    assert!(!ListPages::META.retry_safe);
    // Three are the group `auth`'s.
    assert_eq!(endpoints().filter(|meta| meta.path.starts_with("/golden/")).count(), 12);
}

#[test]
fn limits_know_their_parts() {
    let limits = ListRows::META.limits;
    let shown: Vec<_> = limits.iter().map(ToString::to_string).collect();
    let plain = ["1/s", "2/min", "3/h", "4/day", "5/month", "6/total", "100/s shared with getPicture"];
    assert_eq!(shown[..7], plain);
    assert_eq!(shown[7], "500/day shared with getPicture, getRecording and pictures made by hand");
    assert_eq!((limits[7].count, limits[7].per), (500, Per::Day));
    assert_eq!(
        (limits[7].shared_with, limits[7].also),
        (&["getPicture", "getRecording"][..], Some("pictures made by hand"))
    );
    assert_eq!((limits[8].to_string().as_str(), limits[8].condition), ("20/day with force", Some("with force")));
    assert_eq!(limits.len(), 9);
}

#[test]
fn codes_have_names_and_kinds() {
    let info = ErrCode::GOLDEN_QUOTA.info().unwrap();
    assert_eq!((info.code, info.name), (ErrCode::new(990005), "GOLDEN_QUOTA"));
    assert_eq!((info.kind, info.retry), (ErrCodeKind::Quota, RetryHint::Later));
    assert_eq!(ErrCode::new(990011).kind(), ErrCodeKind::NotFound);
}

#[test]
fn pages_are_counted_from_one() {
    let request = ListRows::new().page(3, 20);
    assert_eq!((request.offset, request.count), (Some(40), Some(20)));
    assert_eq!(ListPages::new().page(0, 20).begin, Some(0));
    assert_eq!(ListPages::new().page(2, u64::MAX).begin, Some(i64::MAX));
}

#[test]
fn exactly_one_set_is_given() {
    assert!(!is_right(&UploadThing::new()));
    assert!(is_right(&UploadThing::new().media(b"1")));
    assert!(is_right(&UploadThing::new().media_id("1").version(2)));
    assert!(!is_right(&UploadThing::new().media_id("1")));
    assert!(!is_right(&UploadThing::new().media(b"1").version(2)));
}

#[tokio::test]
async fn the_envelope_and_the_own_codes() {
    let answers = [
        TOKEN,
        r#"{"ret":-2,"rows":[{"id":1}],"total":1}"#,
        r#"{"ret":990001,"msg":"busy","total":0}"#,
        r#"{"code":990100,"errmsg":"x"}"#,
    ];
    let (address, _asked) = serve(&answers);
    let client = client(&address);
    let answer = client.calls().list_rows(ListRows::new().page(1, 10)).await.unwrap();
    assert_eq!((answer.rows[0].id, answer.total), (1, 1));
    let no_retries = golden_endpoints::Retry::never();
    let error = client.calls().list_rows(ListRows::new().page(1, 10)).retry(no_retries).await.unwrap_err();
    assert_eq!((error.code(), error.remedy()), (Some(ErrCode::GOLDEN_BUSY), Some("Try again.")));
    let error = client.calls().list_pages(ListPages::new()).await.unwrap_err();
    assert_eq!(error.code(), Some(ErrCode::new(990100)));
}

#[tokio::test]
async fn the_secret_travels_where_the_spec_says() {
    let (address, asked) = serve(&[r#"{"errcode":0}"#]);
    client(&address).calls().login("the code").await.unwrap();
    let asked = asked.recv().unwrap();
    assert_eq!(asked.line, "POST /golden/login?appid=wx0123456789abcdef");
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(body, json!({ "component": "wx0123456789abcdef", "secret": "secret", "code": "the code" }));
    assert_eq!(LoginCalls::META.authorisation, Authorisation::AppSecret);
}

#[tokio::test]
async fn calls_by_name() {
    let (address, asked) = serve(&[TOKEN, r#"{"errcode":0}"#, r#"{"ret":1,"total":"5"}"#]);
    let client = client(&address);
    call(&client, "renameThing", br#"{"name":"n"}"#).await.unwrap();
    let answer = call(&client, "calls.getRows", br#"{"offset":"1","count":2}"#).await.unwrap();
    assert_eq!(answer, Output::Json(json!({ "total": 5 })));
    let bodies: Vec<Value> = asked.iter().skip(1).map(|asked| serde_json::from_str(&asked.body).unwrap()).collect();
    assert_eq!(bodies, [json!({ "action": "rename", "name": "n" }), json!({ "offset": 1, "count": 2 })]);
}
