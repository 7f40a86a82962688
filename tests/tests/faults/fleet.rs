//! Redis is healthy: one fetch per expiry.

use std::time::{Duration, Instant};

use contract_tests::worker::{Job, Order};
use tokio::time::sleep;

use crate::scene::{BUSY, Lives, Scene, alone, grouped, until};
use crate::workers::Fleet;
use crate::{FAST, FLEET, SLOW};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_that_expire_every_second_are_fetched_once_each() {
    let scene = Scene::new(FAST).await;
    let mut fleet = scene.working_fleet_at(BUSY).await;
    let started = Instant::now();
    sleep(Duration::from_secs(60)).await;
    let report = fleet.rest().await;
    let time = started.elapsed();

    let (issued, fetches) = (scene.mock.tokens_issued(), scene.mock.token_fetches());
    println!(
        "fleet: {FLEET} processes, {} s, {issued} tokens issued, {fetches} fetches at least {:.1} s apart, {} without Redis, {} \
         calls, {} failed, {} rejected; half within {} ms, all within {} ms; at most {} MiB in use",
        time.as_secs(),
        scene.least_gap().as_secs_f64(),
        alone(&report),
        grouped(report.calls),
        report.failed(),
        report.logged("access_token rejected"),
        report.within(0.5),
        report.slowest(),
        report.resident_kib / 1024,
    );
    scene.nothing_failed(&report);
    assert!(scene.shared_fetches(&report) <= issued, "one fetch for each token");
    if alone(&report) == 0 {
        assert!(scene.least_gap() > FAST.life / 4, "two fetches {:?} apart", scene.least_gap());
    }
    // A call may have come before the clock began, and each fetch takes its time.
    assert!((FAST.least(time) * 3 / 4..=FAST.most(time) + 2).contains(&issued), "{issued} tokens in {time:?}");
    assert!(report.calls > 20_000, "{} calls are no load", report.calls);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_first_calls_share_one_fetch() {
    let scene = Scene::new(SLOW).await;
    scene.mock.on("getStableAccessToken").unwrap().delay(Duration::from_millis(500));
    // Each task makes one call in the time that the test takes.
    let job = Job { tasks: 1000 / FLEET, pause: Duration::from_secs(60), ..scene.job() };
    let mut fleet = Fleet::start(vec![job; FLEET]).await;
    fleet.order(Order::Work).await;
    until("all calls are made", async || fleet.report().await.calls == 1000).await;
    let report = fleet.report().await;
    println!(
        "first calls: {FLEET} processes, 1,000 calls at once, {} fetch, {} failed, all within {} ms",
        scene.mock.token_fetches(),
        report.failed(),
        report.slowest(),
    );
    scene.nothing_failed(&report);
    assert!(scene.shared_fetches(&report) <= 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_revoked_is_replaced_once_for_all() {
    let scene = Scene::new(Lives::new(7_200_000, 300_000, 300_000)).await;
    // 64 calls are under way at any time, or nearly so.
    let job = Job { tasks: 8, pause: Duration::from_millis(1), ..scene.job() };
    let mut fleet = Fleet::start(vec![job; FLEET]).await;
    fleet.order(Order::Work).await;
    for revoked in 0..3 {
        let before = fleet.order(Order::Report).await;
        until("all work", async || {
            let reports = fleet.order(Order::Report).await;
            reports.iter().zip(&before).all(|(report, before)| report.ok > before.ok + 50)
        })
        .await;
        assert!(scene.shared_fetches(&fleet.report().await) <= revoked + 1);
        scene.mock.revoke_tokens();
    }
    sleep(Duration::from_secs(1)).await;
    let report = fleet.rest().await;
    println!(
        "revoked three times under load: {FLEET} processes, {} tasks, {} fetches, {} calls, {} failed, all within {} ms",
        8 * FLEET,
        scene.mock.token_fetches(),
        grouped(report.calls),
        report.failed(),
        report.slowest(),
    );
    scene.nothing_failed(&report);
    assert!(scene.shared_fetches(&report) <= 4, "the first one, and one for each that was revoked");
    assert_eq!(report.logged("access_token rejected"), 3 * FLEET as u64, "each process sees it once");
}
