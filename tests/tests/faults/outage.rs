//! Redis is gone, silent or slow.

use std::time::{Duration, Instant};

use contract_tests::worker::Order;
use tokio::time::sleep;

use crate::scene::{Scene, alone, grouped, until};
use crate::workers::Fleet;
use crate::{A_LITTLE, FLEET, SLOW};

/// Longer than a token lives, so that each process needs at least one without Redis.
const LONG: Duration = Duration::from_secs(8);

/// Looks at a fleet that has lost Redis and got it back: what it fetched is bounded, it comes back by itself, and
/// everything is as before.
async fn recover(what: &str, scene: &Scene, mut fleet: Fleet, began: Began) {
    let out = began.at.elapsed();
    let reunited = scene.reunited(&mut fleet).await;
    let (fetches, issued) = (scene.mock.token_fetches(), scene.mock.tokens_issued());
    let (fence, alone_before) = (scene.fence(), alone(&fleet.report().await));
    sleep(scene.lives.life).await;
    let report = fleet.rest().await;
    println!(
        "{what}: {FLEET} processes, {:.0} s, {} fetches of {} tokens meanwhile, back after {:.1} s, {} calls, {} failed, \
         {} rejected, all within {} ms",
        out.as_secs_f64(),
        fetches - began.fetches,
        issued - began.issued,
        reunited.as_secs_f64(),
        grouped(report.calls),
        report.failed(),
        report.logged("access_token rejected"),
        report.slowest(),
    );
    scene.nothing_failed(&report);
    assert!(
        fetches - began.fetches <= FLEET * (issued - began.issued + 1),
        "each process fetches a token once at most"
    );
    assert!(issued - began.issued <= scene.lives.ever(out + reunited) + 1);
    // Who has a token of the store keeps it until its time comes, and all others look every now and then.
    let patience = if began.all_lost_it { scene.lives.looks_again() } else { scene.lives.life };
    assert!(reunited < patience + A_LITTLE, "{reunited:?}");
    assert!(began.fence < fence && fence < scene.fence(), "fences grow");
    let (fetches, issued) = (scene.mock.token_fetches() - fetches, scene.mock.tokens_issued() - issued);
    assert!(fetches - (alone(&report) - alone_before) <= issued, "one fetch for each token again");
    assert!(issued > 0);
}

/// What was so when Redis was lost.
struct Began {
    at: Instant,
    fetches: usize,
    issued: usize,
    fence: u64,
    /// Whether it lasts until no process has a token of the store any more.
    all_lost_it: bool,
}

impl Began {
    async fn now(scene: &Scene) -> Self {
        sleep(Duration::from_secs(1)).await;
        let (fetches, issued) = (scene.mock.token_fetches(), scene.mock.tokens_issued());
        Self { at: Instant::now(), fetches, issued, fence: scene.fence(), all_lost_it: false }
    }

    fn all_lost_it(self) -> Self {
        Self { all_lost_it: true, ..self }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_killed_and_comes_back_empty() {
    let mut scene = Scene::new(SLOW).await;
    let mut fleet = scene.working_fleet().await;
    let began = Began::now(&scene).await.all_lost_it();
    scene.redis.kill();
    sleep(LONG).await;
    let lost = fleet.report().await.logged("token store out of reach");
    assert_eq!(lost, FLEET as u64, "each process reports it once");
    scene.redis.restart();
    recover("Redis killed", &scene, fleet, began).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_restarted_again_and_again() {
    let mut scene = Scene::new(SLOW).await;
    let fleet = scene.working_fleet().await;
    let began = Began::now(&scene).await;
    while began.at.elapsed() < LONG {
        scene.redis.restart();
        sleep(Duration::from_millis(700)).await;
        scene.redis.kill();
        sleep(Duration::from_millis(300)).await;
    }
    scene.redis.restart();
    recover("Redis restarted every second", &scene, fleet, began).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_keeps_silent() {
    let scene = Scene::new(SLOW).await;
    let fleet = scene.working_fleet().await;
    let began = Began::now(&scene).await.all_lost_it();
    scene.redis.pause();
    sleep(LONG).await;
    scene.redis.resume();
    recover("Redis silent (SIGSTOP)", &scene, fleet, began).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_slow() {
    let scene = Scene::new(SLOW).await;
    let fleet = scene.working_fleet().await;
    let began = Began::now(&scene).await;
    // Below the patience of a second for some operations, beyond it for others.
    for stopped in [400, 700, 1200, 300, 900, 1500].into_iter().cycle() {
        if began.at.elapsed() >= LONG {
            break;
        }
        scene.redis.pause();
        sleep(Duration::from_millis(stopped)).await;
        scene.redis.resume();
        sleep(Duration::from_millis(50)).await;
    }
    recover("Redis slow (0.3 to 1.5 s)", &scene, fleet, began).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_not_there_from_the_beginning() {
    let mut scene = Scene::new(SLOW).await;
    scene.redis.kill();
    let mut fleet = scene.working_fleet().await;
    let alone = scene.mock.token_fetches();
    assert!((FLEET..=2 * FLEET).contains(&alone), "{alone} fetches");
    scene.redis.restart();
    let reunited = scene.reunited(&mut fleet).await;
    let report = fleet.rest().await;
    println!(
        "Redis missing at the start: {FLEET} processes, {alone} fetches of {} token, united {:.1} s after Redis is there, \
         {} calls, {} failed",
        scene.mock.tokens_issued(),
        reunited.as_secs_f64(),
        grouped(report.calls),
        report.failed(),
    );
    scene.nothing_failed(&report);
    assert!(reunited < SLOW.looks_again() + A_LITTLE, "{reunited:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_killed_in_the_midst_of_a_fetch() {
    let mut scene = Scene::new(SLOW).await;
    scene.mock.on("getStableAccessToken").unwrap().times(1).delay(Duration::from_secs(1));
    let mut fleet = scene.fleet().await;
    fleet.order(Order::Work).await;
    until("a process fetches", async || scene.mock.token_fetches() == 1).await;
    scene.redis.kill();
    until("all work", async || fleet.order(Order::Report).await.iter().all(|report| report.ok > 0)).await;
    let alone = scene.mock.token_fetches();
    assert!((FLEET..=2 * FLEET).contains(&alone), "{alone} fetches");
    scene.redis.restart();
    let reunited = scene.reunited(&mut fleet).await;
    let report = fleet.rest().await;
    println!(
        "Redis killed in the midst of a fetch: {FLEET} processes, {alone} fetches of {} token, united {:.1} s after Redis is \
         back, {} calls, {} failed",
        scene.mock.tokens_issued(),
        reunited.as_secs_f64(),
        grouped(report.calls),
        report.failed(),
    );
    scene.nothing_failed(&report);
    assert!(reunited < SLOW.looks_again() + A_LITTLE, "{reunited:?}");
}
