//! Answers go out in time, whatever the handlers do.

use super::*;

const REPLY: &str = r#"{"ToUserName":"oPlantedOpenid","permission":7}"#;

#[tokio::test(start_paused = true)]
async fn a_slow_handler_goes_on_after_the_answer() {
    let plan = Plan::new([(60_000, Does::Well)]);
    let dispatcher = plan.dispatcher();
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 4500));
    assert_eq!((plan.counts(), dispatcher.in_flight()), ((1, 0), 1));
    // A delivery that comes all the same joins it.
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 4500));
    sleep(seconds(49)).await;
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 2000));
    assert_eq!(dispatcher.drain(seconds(1)).await, 0);
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 0));
    assert_eq!(plan.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_structured_reply_that_is_late_goes_out_with_the_next_delivery() {
    let plan = Plan::new([(6000, Does::Well)]);
    let dispatcher = plan.dispatcher();
    // This event is waited for four seconds.
    assert_eq!(deliver(&dispatcher, question()).await, answered(503, "failed", 3500));
    assert_eq!(deliver(&dispatcher, question()).await, answered(200, REPLY, 2500));
    assert_eq!(deliver(&dispatcher, question()).await, answered(200, REPLY, 0));
    assert_eq!(plan.counts(), (1, 1));
    // Where either will do, `success` does.
    let plan = Plan::new([(6000, Does::Well)]);
    assert_eq!(deliver(&plan.dispatcher(), text(1)).await, answered(200, "success", 4500));
}

/// `success` would end what WeChat promises to deliver again, and a handler that fails then would lose a payment.
#[tokio::test(start_paused = true)]
async fn a_payment_is_not_taken_before_its_handler_has_ended() {
    let plan = Plan::new([(6000, Does::Fail), (6000, Does::Well)]);
    let dispatcher = plan.dispatcher();
    assert_eq!(deliver(&dispatcher, payment("1")).await, answered(503, "failed", 4500));
    assert_eq!(deliver(&dispatcher, payment("1")).await, answered(500, "failed", 1500));
    assert_eq!(deliver(&dispatcher, payment("1")).await, answered(503, "failed", 4500));
    assert_eq!(deliver(&dispatcher, payment("1")).await, answered(200, "success", 1500));
    assert_eq!(deliver(&dispatcher, payment("1")).await, answered(200, "success", 0));
    assert_eq!(plan.counts(), (2, 1));
    // The handler of the rest is waited for, too, where the spec knows such an event.
    let plan = Plan::new([(6000, Does::Well)]);
    let event =
        || body("event", Some("xpay_coin_pay_notify"), json!({"OpenId": USER, "OutTradeNo": "1", "CoinInfo": {}}));
    let dispatcher = plan.dispatcher();
    assert_eq!(deliver(&dispatcher, event()).await, answered(503, "failed", 4500));
    assert_eq!(deliver(&dispatcher, event()).await, answered(200, "success", 1500));
}

#[tokio::test(start_paused = true)]
async fn the_budget_can_be_shorter_but_not_longer_than_wechats_patience() {
    let dispatcher = |budget: Duration| Plan::new([(60_000, Does::Well)]).dispatcher().budget(budget);
    let brief = dispatcher(Duration::from_millis(800));
    assert_eq!(deliver(&brief, verdict("1")).await, answered(200, "success", 800));
    assert_eq!(deliver(&dispatcher(seconds(20)), verdict("1")).await, answered(200, "success", 4500));
    assert_eq!(deliver(&dispatcher(seconds(20)), question()).await, answered(503, "failed", 3500));
    assert_eq!(deliver(&dispatcher(Duration::ZERO), verdict("1")).await, answered(200, "success", 0));
}

#[tokio::test(start_paused = true)]
async fn a_handler_goes_on_when_wechat_hangs_up() {
    let plan = Plan::new([(2000, Does::Well)]);
    let dispatcher = plan.dispatcher();
    timeout(seconds(1), deliver(&dispatcher, verdict("1"))).await.unwrap_err();
    assert_eq!((plan.counts(), dispatcher.in_flight()), ((1, 0), 1));
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 1000));
    assert_eq!(plan.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn at_the_end_of_a_program_handlers_are_waited_for() {
    let plan = Plan::new([(10_000, Does::Well), (12_000, Does::Panic)]);
    let dispatcher = plan.dispatcher();
    assert_eq!(dispatcher.drain(seconds(1)).await, 0);
    let deliveries = [delivering(&dispatcher, verdict("1")), delivering(&dispatcher, verdict("2"))];
    for delivery in deliveries {
        assert_eq!(delivery.await.unwrap(), answered(200, "success", 4500));
    }
    let started = Instant::now();
    assert_eq!(dispatcher.drain(seconds(1)).await, 2);
    assert_eq!(started.elapsed(), seconds(1));
    assert_eq!(dispatcher.drain(seconds(60)).await, 0);
    // The first ones began at zero, and 4.5 seconds went by before.
    assert_eq!(started.elapsed(), Duration::from_millis(7500));
    assert_eq!(plan.counts(), (2, 1));
}

/// Work that never gets to its end.
#[test]
fn a_handler_whose_runtime_ends_has_failed() {
    let plan = Plan::new([(60_000, Does::Well)]);
    let dispatcher = plan.dispatcher();
    let build = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let runtime = build();
    assert_eq!(runtime.block_on(deliver(&dispatcher, verdict("1"))), answered(200, "success", 4500));
    assert_eq!(dispatcher.in_flight(), 1);
    drop(runtime);
    assert_eq!(dispatcher.in_flight(), 0);
}
