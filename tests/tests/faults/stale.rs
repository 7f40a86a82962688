//! A leader that is held up for longer than its lease.

use std::time::{Duration, Instant};

use contract_tests::worker::{Order, Report};
use tokio::time::sleep;

use crate::scene::{Lives, Scene, until};
use crate::workers::Fleet;
use crate::{A_LITTLE, FLEET, LEASE};

/// A token that outlives the test.
const LONG: Lives = Lives::new(120_000, 30_000, 30_000);

/// Classic tokens: there the stale leader's token really is an older one, which the newer one has replaced.
async fn scene() -> Scene {
    Scene { classic: true, ..Scene::new(LONG).await }
}

/// Lets the first process begin a fetch, whose answer takes a second, and stops the process in the midst of it. Then
/// all others want a token.
async fn a_frozen_leader(scene: &Scene) -> Fleet {
    let mut fleet = scene.fleet().await;
    scene.mock.on("getAccessToken").unwrap().times(1).delay(Duration::from_secs(1));
    fleet.0[0].order(Order::Work).await;
    until("the leader fetches", async || scene.mock.token_fetches() == 1).await;
    fleet.0[0].freeze();
    for other in &mut fleet.0[1..] {
        other.order(Order::Work).await;
    }
    fleet
}

async fn others(fleet: &mut Fleet, order: Order) -> Vec<Report> {
    let mut reports = Vec::new();
    for other in &mut fleet.0[1..] {
        reports.push(other.order(order).await);
    }
    reports
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_leader_never_replaces_the_newer_token() {
    let scene = scene().await;
    let mut fleet = a_frozen_leader(&scene).await;
    let frozen = Instant::now();
    until("the others work", async || others(&mut fleet, Order::Report).await.iter().all(|report| report.ok > 0)).await;
    let took_over = frozen.elapsed();
    let (newer, fence) = (scene.kept().unwrap(), scene.fence());

    fleet.0[0].thaw();
    until("the old leader works", async || fleet.0[0].order(Order::Report).await.ok > 0).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!((scene.kept().as_ref(), scene.fence()), (Some(&newer), fence), "the newer token stays");
    assert_eq!(fleet.tokens().await, vec![newer; FLEET], "and all use it");
    let report = fleet.rest().await;
    println!(
        "stale leader: stopped in its fetch, replaced after {:.1} s, {} write refused, {} fetches, {} calls, {} failed, \
         {} rejected",
        took_over.as_secs_f64(),
        report.logged("access_token refused by the store"),
        scene.mock.token_fetches(),
        report.calls,
        report.failed(),
        report.logged("access_token rejected"),
    );
    scene.nothing_failed(&report);
    assert_eq!(report.logged("access_token refused by the store"), 1);
    assert_eq!(report.logged("access_token rejected"), 0, "its own token was never used");
    assert!(scene.shared_fetches(&report) <= 2);
    assert!(took_over < LEASE + A_LITTLE, "{took_over:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stale_leader_that_comes_back_in_the_midst_of_the_next_fetch_is_refused_too() {
    let scene = scene().await;
    let mut fleet = a_frozen_leader(&scene).await;
    scene.mock.on("getAccessToken").unwrap().times(1).delay(Duration::from_secs(3));
    until("another process fetches", async || scene.mock.token_fetches() == 2).await;
    fleet.0[0].thaw();
    // Nothing newer is kept yet: it serves its own process until the next look.
    until("the old leader works", async || fleet.0[0].order(Order::Report).await.ok > 0).await;
    assert_eq!(scene.kept(), None);
    until("the others work", async || others(&mut fleet, Order::Report).await.iter().all(|report| report.ok > 0)).await;
    let newer = scene.kept().unwrap();
    let reunited = scene.reunited(&mut fleet).await;
    assert_eq!(scene.kept(), Some(newer));
    let report = fleet.rest().await;
    println!(
        "stale leader, back in the midst of the next fetch: {} write refused, {} fetches, {} failed; it shares the \
         newer token after {:.1} s",
        report.logged("access_token refused by the store"),
        scene.mock.token_fetches(),
        report.failed(),
        reunited.as_secs_f64(),
    );
    scene.nothing_failed(&report);
    assert_eq!(report.logged("access_token refused by the store"), 1);
    assert!(scene.shared_fetches(&report) <= 2);
    assert!(reunited < LONG.looks_again() + A_LITTLE, "{reunited:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fetch_that_takes_longer_than_the_lease_keeps_it() {
    let scene = scene().await;
    scene.mock.on("getAccessToken").unwrap().times(1).delay(Duration::from_secs(8));
    let mut fleet = scene.fleet().await;
    let started = Instant::now();
    fleet.order(Order::Work).await;
    until("all work", async || fleet.order(Order::Report).await.iter().all(|report| report.ok > 0)).await;
    let took = started.elapsed();
    let report = fleet.rest().await;
    println!(
        "slow fetch: 8 s under a lease of 5 s, {} fetch, all work after {:.1} s, {} failed",
        scene.mock.token_fetches(),
        took.as_secs_f64(),
        report.failed(),
    );
    scene.nothing_failed(&report);
    assert!(scene.shared_fetches(&report) <= 1);
    assert!(took < Duration::from_secs(8) + A_LITTLE, "{took:?}");
}
