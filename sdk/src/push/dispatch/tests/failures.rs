//! What could not be handled is told, and comes again.

use super::*;
use crate::events::{XpayCoinPayNotify, XpayReply};
use crate::push::{Error, ErrorKind};

#[tokio::test(start_paused = true)]
async fn a_failure_in_time_has_wechat_come_again() {
    for does in [Does::Fail, Does::Panic] {
        let plan = Plan::new([(1000, does), (0, does)]);
        let failures = Failures::default();
        let dispatcher = failures.of(plan.dispatcher());
        assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(500, "failed", 1000));
        assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(500, "failed", 0));
        assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 0));
        assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 0));
        assert_eq!(plan.counts(), (3, 1));
        assert_eq!(dispatcher.drain(seconds(1)).await, 0);
        let told = failures.take();
        assert_eq!(told.len(), 2);
        let (kind, text) = match does {
            Does::Fail => (FailureKind::Handler, "planted reason"),
            _ => (FailureKind::Panic, "the handler panicked: planned"),
        };
        for failure in told {
            assert_eq!((failure.event(), failure.kind(), failure.was_answered()), ("verdicts", kind, false));
            assert_eq!(failure.error().to_string(), text);
            assert_eq!(failure.message().body(), &verdict("1"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_the_answer_is_told_as_one() {
    let plan = Plan::new([(6000, Does::Fail), (5000, Does::Panic)]);
    let failures = Failures::default();
    let dispatcher = failures.of(plan.dispatcher());
    for kind in [FailureKind::Handler, FailureKind::Panic] {
        assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 4500));
        assert_eq!(dispatcher.drain(seconds(60)).await, 0);
        let told = failures.take();
        assert_eq!((told.len(), told[0].kind(), told[0].was_answered()), (1, kind, true));
    }
    // Should WeChat deliver it again, it is handled anew.
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 0));
    assert_eq!(plan.counts(), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn a_failure_after_503_is_none_after_an_answer() {
    let plan = Plan::new([(6000, Does::Fail)]);
    let failures = Failures::default();
    let dispatcher = failures.of(plan.dispatcher());
    assert_eq!(deliver(&dispatcher, question()).await, answered(503, "failed", 3500));
    assert_eq!(deliver(&dispatcher, question()).await, answered(500, "failed", 2500));
    assert_eq!(dispatcher.drain(seconds(1)).await, 0);
    assert!(!failures.take()[0].was_answered());
}

/// The handler fails in the very moment in which the budget ends. Whichever comes first, both know it.
#[tokio::test(start_paused = true)]
async fn answer_and_failure_agree_on_which_came_first() {
    for takes in 4490..4510 {
        let failures = Failures::default();
        let dispatcher = failures.of(Plan::new([(takes, Does::Fail)]).dispatcher());
        let (status, ..) = deliver(&dispatcher, verdict("1")).await;
        assert_eq!(dispatcher.drain(seconds(1)).await, 0);
        assert_eq!(failures.take()[0].was_answered(), status == 200, "{takes}");
        assert!(takes == 4500 || (status == 200) == (takes > 4500), "{takes}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_not_as_documented_is_told_with_its_field() {
    let plan = Plan::default();
    let failures = Failures::default();
    let dispatcher = failures.of(plan.dispatcher());
    let odd = body("event", Some("picture_verdict"), json!({"trace_id": {"planted": true}}));
    assert_eq!(deliver(&dispatcher, odd.clone()).await, answered(500, "failed", 0));
    assert_eq!(plan.counts(), (0, 0));
    assert_eq!(dispatcher.drain(seconds(1)).await, 0);
    let told = failures.take();
    assert_eq!((told.len(), told[0].kind(), told[0].was_answered()), (1, FailureKind::Decode, false));
    let error = told[0].error().downcast_ref::<Error>().unwrap();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Decode, Some("trace_id")));
    assert_eq!(told[0].message().body(), &odd);
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_can_not_be_written_is_a_failure() {
    let failures = Failures::default();
    let dispatcher = failures.of(Dispatcher::new(receiver()).on(|_: Arrived<Question>| async { Ok(Permission(0)) }));
    assert_eq!(deliver(&dispatcher, question()).await, answered(500, "failed", 0));
    assert_eq!(dispatcher.drain(seconds(1)).await, 0);
    let told = failures.take();
    assert_eq!((told.len(), told[0].kind()), (1, FailureKind::Reply));
    let error = told[0].error().downcast_ref::<Error>().unwrap();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Reply, Some("permission")));
}

#[tokio::test(start_paused = true)]
async fn a_reply_without_a_form_in_xml_is_a_failure() {
    let failures = Failures::default();
    let dispatcher = failures.of(Dispatcher::new(receiver()).other(|_| async { Ok(json!({"1 2": "no name"})) }));
    let (status, reply, _) = deliver(&dispatcher, body("event", Some("news"), json!({}))).await;
    assert_eq!((status, &*reply), (200, r#"{"1 2":"no name"}"#));
    let xml = "<xml><MsgType>event</MsgType><Event>news</Event></xml>";
    for _ in 0..2 {
        assert_eq!(deliver(&dispatcher, xml).await, answered(500, "failed", 0));
    }
    assert_eq!(dispatcher.drain(seconds(1)).await, 0);
    let told = failures.take();
    assert_eq!((told.len(), told[0].kind()), (2, FailureKind::Reply));
}

#[tokio::test(start_paused = true)]
async fn an_on_failure_that_panics_does_no_harm() {
    let plan = Plan::new([(0, Does::Fail)]);
    let dispatcher = plan.dispatcher().on_failure(|_| panic!("planned"));
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(500, "failed", 0));
    assert_eq!(dispatcher.drain(seconds(1)).await, 0);
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 0));
}

fn coins() -> String {
    body("event", Some("xpay_coin_pay_notify"), json!({"OpenId": USER, "OutTradeNo": "1", "CoinInfo": {}}))
}

/// Pays out with these codes, each after so many milliseconds, and then with 0.
fn paying<const N: usize>(codes: [(u64, i64); N]) -> Dispatcher {
    let codes = Arc::new(Mutex::new(VecDeque::from(codes)));
    Dispatcher::new(receiver()).on(move |_: Arrived<XpayCoinPayNotify>| {
        let (takes, code) = codes.lock().unwrap().pop_front().unwrap_or((0, 0));
        async move {
            sleep(Duration::from_millis(takes)).await;
            Ok(XpayReply::new().err_code(code).err_msg(format!("after {takes}")))
        }
    })
}

/// WeChat's page: with any other `ErrCode` than 0 it delivers the event again, up to 15 times.
#[tokio::test(start_paused = true)]
async fn a_reply_that_has_wechat_come_again_is_not_what_it_gets_for_ever() {
    let failures = Failures::default();
    let dispatcher = failures.of(paying([(1000, -1), (2000, -1), (3000, 0)]));
    let said = |code: i64, takes: u64| format!(r#"{{"ErrCode":{code},"ErrMsg":"after {takes}"}}"#);
    assert_eq!(deliver(&dispatcher, coins()).await, answered(200, &said(-1, 1000), 1000));
    assert_eq!(deliver(&dispatcher, coins()).await, answered(200, &said(-1, 2000), 2000));
    assert_eq!(deliver(&dispatcher, coins()).await, answered(200, &said(0, 3000), 3000));
    assert_eq!(deliver(&dispatcher, coins()).await, answered(200, &said(0, 3000), 0));
    assert!(failures.take().is_empty(), "WeChat was told");
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_goes_nowhere_is_told() {
    // That of a payment goes out with the next delivery, or that one is handled anew.
    for (code, after) in [(-1, 0), (0, 6000)] {
        let failures = Failures::default();
        let dispatcher = failures.of(paying([(6000, code)]));
        assert_eq!(deliver(&dispatcher, coins()).await, answered(503, "failed", 4500));
        assert_eq!(dispatcher.drain(seconds(60)).await, 0);
        let said = format!(r#"{{"ErrCode":0,"ErrMsg":"after {after}"}}"#);
        assert_eq!(deliver(&dispatcher, coins()).await, answered(200, &said, 0));
        assert!(failures.take().is_empty());
    }
    // A customer whom nobody hands over.
    let failures = Failures::default();
    let dispatcher = failures.of(Dispatcher::new(receiver()).on(|_: Arrived<Text>| async {
        sleep(seconds(6)).await;
        Ok(Permission(7))
    }));
    assert_eq!(deliver(&dispatcher, text(1)).await, answered(200, "success", 4500));
    assert_eq!(dispatcher.drain(seconds(60)).await, 0);
    let late: Vec<_> = failures.take().iter().map(|late| (late.kind(), late.was_answered())).collect();
    assert_eq!(late, [(FailureKind::Late, true)]);
    // Should WeChat come again all the same, it is there.
    let (status, reply, _) = deliver(&dispatcher, text(1)).await;
    assert_eq!((status, &*reply), (200, r#"{"ToUserName":"oPlantedOpenid","permission":7}"#));
}
