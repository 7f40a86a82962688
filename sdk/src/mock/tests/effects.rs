//! What is counted, what is kept, and who may watch.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::Caller;
use crate::mock::{Mock, MockBuilder};

const SCHEME: &str = "/wxa/generatescheme";

#[tokio::test]
async fn effects_are_counted_by_endpoint() {
    let mock = Mock::start().await.unwrap();
    let caller = Caller::new(&mock).await;
    assert_eq!(mock.effects("getStableAccessToken").unwrap(), 1);
    let effect = async || {
        caller.post(SCHEME, &json!({})).await;
        let request = mock.requests().pop().unwrap();
        assert_eq!(request.endpoint.as_deref(), Some("generateScheme"));
        request.took_effect
    };
    assert!(effect().await);
    for (answer, wanted) in [
        (json!({ "errcode": 0 }), true),
        (json!({ "errcode": "0" }), true),
        (json!({}), true),
        (json!([1]), true),
        (json!({ "errcode": null }), true),
        (json!({ "errcode": 40003 }), false),
        (json!({ "errcode": "40003" }), false),
        (json!({ "errcode": {} }), false),
    ] {
        mock.on("generateScheme").unwrap().times(1).answer(answer.clone());
        assert_eq!(effect().await, wanted, "{answer}");
    }
    for code in [-1, 0] {
        mock.on("generateScheme").unwrap().times(1).errcode(code);
        assert!(!effect().await);
    }
    mock.on("generateScheme").unwrap().times(1).status(200);
    caller.send(SCHEME, &json!({})).await;
    assert!(!mock.requests().pop().unwrap().took_effect);
    for name in ["generateScheme", "urlscheme.generate", SCHEME] {
        assert_eq!(mock.effects(name).unwrap(), 6, "{name}");
    }

    // Two endpoints at one path.
    caller.post("/wxa/msg_sec_check", &json!({ "content": "x" })).await;
    let second = json!({ "content": "x", "version": 2, "scene": 1, "openid": "o1" });
    for _ in 0..2 {
        caller.post("/wxa/msg_sec_check", &second).await;
    }
    let effects = |name: &str| mock.effects(name).unwrap();
    assert_eq!((effects("msgSecCheck_v1"), effects("msgSecCheck"), effects("/wxa/msg_sec_check")), (1, 2, 3));

    // A path of one's own, and one that nobody has.
    caller.get("/wxa/new").await;
    mock.on("/wxa/new").unwrap().answer(json!({ "errcode": 0 }));
    caller.get("/wxa/new").await;
    assert_eq!((effects("/wxa/new"), effects("/wxa/other")), (1, 0));
    assert!(mock.effects("sendMesage").is_err());
    mock.clear_requests();
    assert_eq!(effects("/wxa/new"), 1);
}

#[tokio::test]
async fn the_last_requests_are_kept() {
    for (builder, wanted) in [
        (Mock::builder(), vec!["0", "1", "2", "3"]),
        (Mock::builder().keep_requests(2), vec!["2", "3"]),
        (Mock::builder().keep_requests(0), vec![]),
    ] {
        let mock = builder.start().await.unwrap();
        let caller = Caller::new(&mock).await;
        for number in 0..4 {
            caller.get(&format!("/wxa/nonsense?n={number}")).await;
        }
        let requests = mock.requests();
        assert_eq!(requests.iter().filter_map(|request| request.query_value("n")).collect::<Vec<_>>(), wanted);
        assert_eq!(mock.requests_to("/wxa/nonsense").unwrap(), requests);
    }
}

#[tokio::test]
async fn the_observer_sees_every_request_once_and_before_the_answer() {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let mock = Mock::builder()
        .observe(move |request| {
            if request.path == SCHEME {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        })
        .start()
        .await
        .unwrap();
    let caller = Caller::new(&mock).await;
    for number in 1..=3 {
        caller.post(SCHEME, &json!({})).await;
        assert_eq!(count.load(Ordering::SeqCst), number);
    }
    mock.on("generateScheme").unwrap().times(1).drop_before();
    assert!(caller.try_send(SCHEME, &json!({})).await.is_err());
    assert_eq!(count.load(Ordering::SeqCst), 4);
    assert_eq!(mock.requests_to("generateScheme").unwrap().len(), 3);
}

#[test]
fn a_builder_shows_no_secret() {
    let text = format!("{:?}", MockBuilder::default().app("wx1", "s3cr3t").observe(|_| {}).keep_requests(7));
    assert!(text.contains("wx1") && text.contains('7') && !text.contains("s3cr3t"), "{text}");
}
