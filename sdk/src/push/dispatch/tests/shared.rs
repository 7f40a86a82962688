//! Two processes with one store: two dispatchers that share nothing else.

use super::*;

fn two(plan: &Plan) -> (Dispatcher, Dispatcher, Arc<MemoryDedupe>) {
    let store = Arc::new(MemoryDedupe::new());
    let dispatcher = || plan.dispatcher().dedupe(Arc::clone(&store));
    (dispatcher(), dispatcher(), store)
}

/// Under what the store keeps a message.
fn key<E: PushEvent>(body: String) -> DedupeKey {
    DedupeKey::new(&receiver().open(&query(), body).unwrap().distinct(E::META))
}

#[tokio::test(start_paused = true)]
async fn a_delivery_waits_for_the_other_process_and_has_its_reply() {
    let plan = Plan::new([(3000, Does::Well)]);
    let (one, two, _) = two(&plan);
    let first = delivering(&one, question());
    sleep(seconds(1)).await;
    let (status, reply, after) = deliver(&two, question()).await;
    assert_eq!((status, &*reply), (200, r#"{"ToUserName":"oPlantedOpenid","permission":7}"#));
    assert!((2000..=2500).contains(&after), "{after}");
    assert_eq!(first.await.unwrap(), (status, reply, 3000));
    assert_eq!(plan.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_delivery_comes_again_while_the_other_process_is_at_it() {
    // Far longer than a claim lasts that is not renewed.
    let plan = Plan::new([(60_000, Does::Well)]);
    let (one, two, _) = two(&plan);
    assert_eq!(deliver(&one, verdict("1")).await, answered(200, "success", 4500));
    for _ in 0..10 {
        assert_eq!(deliver(&two, verdict("1")).await, answered(503, "failed", 4500));
    }
    sleep(seconds(11)).await;
    assert_eq!(deliver(&two, verdict("1")).await, answered(200, "success", 0));
    assert_eq!(plan.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn what_failed_in_one_process_runs_in_the_other() {
    let plan = Plan::new([(1000, Does::Fail)]);
    let (one, two, _) = two(&plan);
    let first = delivering(&one, verdict("1"));
    sleep(Duration::from_millis(10)).await;
    let (status, _, after) = deliver(&two, verdict("1")).await;
    assert_eq!(status, 200);
    assert!((990..=1500).contains(&after), "{after}");
    assert_eq!(first.await.unwrap(), answered(500, "failed", 1000));
    assert_eq!(plan.counts(), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn the_claim_of_a_process_that_died_is_taken_over() {
    let plan = Plan::default();
    let (one, _, store) = two(&plan);
    // Its runtime died with it: nobody renews.
    store.claim(&key::<Verdict>(verdict("1")), kept::LEASE).await.unwrap();
    sleep(seconds(1)).await;
    let (status, _, after) = deliver(&one, verdict("1")).await;
    assert_eq!(status, 200);
    assert!((4000..=4500).contains(&after), "{after}");
    assert_eq!(plan.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn two_deliveries_at_one_instant_are_handled_once() {
    let plan = Plan::new([(1000, Does::Well)]);
    let (one, two, _) = two(&plan);
    let deliveries = (0..16).map(|n| delivering(if n % 2 == 0 { &one } else { &two }, verdict("1")));
    for delivery in deliveries.collect::<Vec<_>>() {
        let (status, body, after) = delivery.await.unwrap();
        assert_eq!((status, &*body), (200, "success"));
        assert!(after <= 1500, "{after}");
    }
    assert_eq!(plan.counts(), (1, 1));
}
