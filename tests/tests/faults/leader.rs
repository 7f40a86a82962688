//! The leader goes while it holds the lock.

use std::time::{Duration, Instant};

use contract_tests::worker::{Order, Report};

use crate::scene::{Lives, Scene, until};
use crate::workers::{Fleet, Worker};
use crate::{A_LITTLE, FLEET, LEASE, SLOW};

/// A scene in which the next fetch takes so long; its leader, and the others.
async fn scene(fetch: Duration) -> (Scene, Worker, Fleet) {
    let scene = Scene::new(SLOW).await;
    scene.mock.on("getStableAccessToken").unwrap().times(1).delay(fetch);
    let mut fleet = scene.fleet().await;
    let leader = fleet.0.remove(0);
    (scene, leader, fleet)
}

async fn is_fetching(scene: &Scene, fetches: usize) {
    until("the leader fetches", async || scene.mock.token_fetches() == fetches).await;
    let held = scene.redis.number(["EXISTS", &scene.key("lock")]);
    assert_eq!(held, 1, "it holds the lock");
}

/// How long it takes until all processes have made a call.
async fn all_work(fleet: &mut Fleet) -> Duration {
    let started = Instant::now();
    fleet.order(Order::Work).await;
    until("all work", async || fleet.order(Order::Report).await.iter().all(|report| report.ok > 0)).await;
    started.elapsed()
}

fn tell(how: &str, scene: &Scene, took: Duration, report: &Report) {
    println!(
        "leader {how}: the others have a token after {:.1} s, {} fetches, {} calls, {} failed",
        took.as_secs_f64(),
        scene.mock.token_fetches(),
        report.calls,
        report.failed(),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_whose_caller_gives_up_fetches_for_the_others() {
    let (scene, mut leader, mut fleet) = scene(Duration::from_millis(1500)).await;
    leader.order(Order::GiveUp(Duration::from_millis(200))).await;
    is_fetching(&scene, 1).await;
    let took = all_work(&mut fleet).await;
    let report = fleet.rest().await;
    tell("cancelled", &scene, took, &report);
    scene.nothing_failed(&report);
    assert!(scene.shared_fetches(&report) <= 1);
    assert!(took < Duration::from_millis(1300) + A_LITTLE, "{took:?}");
    // The process that gave up has it, too.
    leader.order(Order::Work).await;
    until("it works", async || leader.order(Order::Report).await.ok > 0).await;
    assert_eq!(leader.order(Order::Rest).await.failed(), 0);
    assert!(scene.shared_fetches(&report) <= 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_whose_source_panics_gives_the_lock_back() {
    let (scene, mut leader, mut fleet) = scene(Duration::from_millis(500)).await;
    leader.order(Order::Panic).await;
    leader.order(Order::Work).await;
    is_fetching(&scene, 1).await;
    let took = all_work(&mut fleet).await;
    until("the leader works again", async || leader.order(Order::Report).await.ok > 0).await;
    let own = leader.order(Order::Rest).await;
    let report = fleet.rest().await;
    tell("panics", &scene, took, &report);
    assert_eq!(report.failed(), 0, "{:#?}", report.texts);
    assert!(took < Duration::from_millis(500) + A_LITTLE, "the lock is free at once: {took:?}");
    assert!(scene.shared_fetches(&report) <= 2);
    // Its own callers are told, for a second.
    assert_eq!(own.failures.keys().collect::<Vec<_>>(), ["Token"]);
    assert!(own.texts[0].contains("the token source panicked"), "{:?}", own.texts);
    scene.nothing_failed(&Report { calls: report.calls + own.ok, ok: report.ok + own.ok, ..report });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_leader_that_is_killed_holds_the_others_up_for_its_lease() {
    let (scene, mut leader, mut fleet) = scene(Duration::from_secs(20)).await;
    leader.order(Order::Work).await;
    is_fetching(&scene, 1).await;
    leader.kill().await;
    let took = all_work(&mut fleet).await;
    let report = fleet.rest().await;
    tell("killed, no token left", &scene, took, &report);
    scene.nothing_failed(&report);
    assert!(scene.shared_fetches(&report) <= 2);
    assert!(took < LEASE + A_LITTLE, "{took:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_waits_for_a_leader_that_is_killed_while_the_old_token_serves() {
    // The margin is longer than the lease, as it is in reality.
    let scene = Scene::new(Lives::new(24_000, 12_000, 12_000)).await;
    let mut fleet = scene.fleet().await;
    let mut leader = fleet.0.remove(0);
    // All have the first token, and all but the leader rest until it fetches the second one.
    all_work(&mut fleet).await;
    fleet.rest().await;
    scene.mock.on("getStableAccessToken").unwrap().times(1).delay(Duration::from_secs(20));
    leader.order(Order::Work).await;
    is_fetching(&scene, 2).await;
    let before = leader.order(Order::Rest).await;
    leader.kill().await;
    let killed = Instant::now();
    fleet.order(Order::Forget).await;
    let delivered = scene.mock.effects("sendMessage").unwrap();
    fleet.order(Order::Work).await;
    let first = scene.kept().unwrap();
    until("they have the second token", async || fleet.tokens().await.iter().all(|token| *token != first)).await;
    let took = killed.elapsed();
    let report = fleet.rest().await;
    println!(
        "leader killed, the old token serves: {FLEET} - 1 processes have the next one after {:.1} s, {} fetches, {} calls, {} failed, all \
         within {} ms",
        took.as_secs_f64(),
        scene.mock.token_fetches(),
        report.calls,
        report.failed(),
        report.slowest(),
    );
    assert_eq!((before.failed(), report.failed()), (0, 0), "{:#?} {:#?}", before.texts, report.texts);
    assert_eq!(scene.mock.effects("sendMessage").unwrap(), delivered + report.calls);
    assert_eq!(report.logged("access_token rejected"), 0);
    assert!(scene.shared_fetches(&report) <= 3, "the first one, the lost one, and the next one");
    assert!(report.slowest() < 1000, "a call took {} ms", report.slowest());
    assert!(took < LEASE + A_LITTLE, "{took:?}");
}
