//! Which handler has which message, and what is answered.

use std::time::SystemTime;

use super::*;
use crate::events::{TextMessage, TransferCustomerService};

#[tokio::test(start_paused = true)]
async fn each_message_goes_to_its_handler_and_reads_as_its_type() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let [verdicts, texts, others] = [(); 3].map(|()| Arc::clone(&seen));
    let dispatcher = Dispatcher::new(receiver())
        .on(move |event: Arrived<Verdict>| {
            let seen = Arc::clone(&verdicts);
            async move {
                assert_eq!(event.message().event_name(), Some(&*event.event));
                let Verdict { trace_id, from_user_name, .. } = event.into_inner();
                seen.lock().unwrap().push(format!("verdict {trace_id} {from_user_name}"));
                // What a handler calls may fail in any way.
                let _: i64 = "1".parse()?;
                Ok(())
            }
        })
        .on(move |text: Arrived<Text>| {
            let seen = Arc::clone(&texts);
            async move {
                seen.lock().unwrap().push(text.content.clone());
                Ok(Permission(3))
            }
        })
        .other(move |message: Message| {
            let seen = Arc::clone(&others);
            async move {
                seen.lock().unwrap().push(format!("other {}", message.event_name().unwrap_or("none")));
                Ok(json!({"own": true}))
            }
        });
    let sound = body("event", Some("sound_verdict"), json!({"trace_id": "2"}));
    for (body, expected) in [
        (verdict("1"), "success"),
        (sound, "success"),
        (text(1), r#"{"ToUserName":"oPlantedOpenid","permission":3}"#),
        (body("event", Some("news"), json!({})), r#"{"own":true}"#),
        (body("event", None, json!({})), r#"{"own":true}"#),
        // A message's type is no event's name.
        (body("picture_verdict", None, json!({})), r#"{"own":true}"#),
        (body("event", Some("text"), json!({})), r#"{"own":true}"#),
    ] {
        assert_eq!(deliver(&dispatcher, body.clone()).await, answered(200, expected, 0), "{body}");
    }
    let expected = [
        "verdict 1 oPlantedOpenid",
        "verdict 2 oPlantedOpenid",
        "planted content",
        "other news",
        "other none",
        "other none",
        "other text",
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
    let shown = format!("{dispatcher:?}");
    assert_eq!(
        shown,
        r#"Dispatcher { handlers: {"other", "picture_verdict", "sound_verdict", "text"}, in_flight: 0, .. }"#
    );
}

#[tokio::test(start_paused = true)]
async fn what_nobody_wants_is_received_and_what_is_not_wechats_is_refused() {
    let dispatcher = Dispatcher::new(receiver());
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 0));
    let answer = dispatcher.answer(&Query::parse("signature=00&timestamp=1&nonce=2"), verdict("1")).await;
    // An empty body would be `success` to some events, whatever the status.
    assert_eq!((answer.status, &answer.body[..]), (StatusCode::FORBIDDEN, &b"failed"[..]));
    let answer = dispatcher.answer(&query(), "no message").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(&dispatcher.verify(&query()).body[..], b"echo");
    assert_eq!(dispatcher.verify(&Query::parse("signature=00&timestamp=1&nonce=2")).status, StatusCode::FORBIDDEN);
    let probe = dispatcher.answer(&query(), r#"{"action":"CheckContainerPath"}"#).await;
    assert_eq!((probe.status, &probe.body[..]), (StatusCode::OK, &b"success"[..]));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_was_handled_is_not_handled_again() {
    let plan = Plan::default();
    let dispatcher = plan.dispatcher();
    for _ in 0..3 {
        assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 0));
        assert_eq!(deliver(&dispatcher, text(1)).await, answered(200, "success", 0));
        let (status, reply, _) = deliver(&dispatcher, question()).await;
        assert_eq!((status, &*reply), (200, r#"{"ToUserName":"oPlantedOpenid","permission":7}"#));
        advance(seconds(5)).await;
    }
    assert_eq!(plan.counts(), (3, 3));
    // The same second, the same user, another picture; and another message.
    deliver(&dispatcher, verdict("2")).await;
    deliver(&dispatcher, text(2)).await;
    assert_eq!(plan.counts(), (5, 5));
    // After a day nobody remembers.
    advance(KEEP).await;
    deliver(&dispatcher, verdict("1")).await;
    assert_eq!(plan.counts(), (6, 6));
    let brief = plan.dispatcher().keep(seconds(60));
    deliver(&brief, verdict("1")).await;
    advance(seconds(61)).await;
    deliver(&brief, verdict("1")).await;
    assert_eq!(plan.counts(), (8, 8));
}

#[tokio::test(start_paused = true)]
async fn the_later_handler_counts_and_clones_go_their_own_ways() {
    let (first, second) = (Plan::default(), Plan::default());
    let plan = second.clone();
    let dispatcher = first.dispatcher();
    let other = dispatcher.clone().on(move |_: Arrived<Verdict>| plan.clone().run());
    deliver(&other, verdict("1")).await;
    assert_eq!((first.counts(), second.counts()), ((0, 0), (1, 1)));
    // What was handled is known to both.
    deliver(&dispatcher, verdict("1")).await;
    deliver(&dispatcher, verdict("2")).await;
    assert_eq!((first.counts(), second.counts()), ((1, 1), (1, 1)));
}

#[tokio::test(start_paused = true)]
async fn no_more_handlers_run_than_may() {
    let plan = Plan::new([(3000, Does::Well), (0, Does::Fail)]);
    let dispatcher = plan.dispatcher().max_in_flight(1);
    let first = delivering(&dispatcher, verdict("1"));
    sleep(seconds(1)).await;
    assert_eq!(deliver(&dispatcher, verdict("2")).await, answered(503, "failed", 0));
    // To join takes no place.
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 2000));
    assert_eq!(first.await.unwrap(), answered(200, "success", 3000));
    assert_eq!(deliver(&dispatcher, verdict("2")).await, answered(500, "failed", 0));
    assert_eq!(dispatcher.drain(seconds(1)).await, 0);
    assert_eq!(deliver(&dispatcher, verdict("2")).await, answered(200, "success", 0));
}

/// What is known of an event counts for whoever handles it.
#[tokio::test(start_paused = true)]
async fn the_handler_of_the_rest_has_events_of_the_spec_once_and_in_time() {
    let plan = Plan::new([(0, Does::Well), (60_000, Does::Well)]);
    let dispatcher = plan.dispatcher();
    let refund =
        |times: u32| body("event", Some("xpay_refund_notify"), json!({"WxRefundId": "1", "RetryTimes": times}));
    for times in 0..3 {
        assert_eq!(deliver(&dispatcher, refund(times)).await, answered(200, "success", 0));
    }
    assert_eq!(plan.counts(), (1, 1));
    // WeChat waits three seconds.
    let question = body("event", Some("xpay_subscribe_ios_refund_query_notify"), json!({"pay_order_id": "1"}));
    assert_eq!(deliver(&dispatcher, question).await, answered(200, "success", 2500));
}

struct Fixed;

impl crate::Clock for Fixed {
    fn elapsed(&self) -> Duration {
        Duration::ZERO
    }
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + seconds(1_234_567_890)
    }
}

#[tokio::test(start_paused = true)]
async fn replies_have_the_time_of_the_receivers_clock() {
    let receiver = Receiver::builder("token").clock(Fixed).build().unwrap();
    let dispatcher = Dispatcher::new(receiver).on(async |_: Arrived<TextMessage>| Ok(TransferCustomerService::new()));
    let (_, reply, _) = deliver(&dispatcher, text(1)).await;
    assert_eq!(serde_json::from_str::<Value>(&reply).unwrap()["CreateTime"], 1_234_567_890);
}
