//! Tokens of `cgi-bin/token`: each fetch replaces the token that all others hold.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::scene::{BUSY, Scene, alone, grouped};
use crate::{A_LITTLE, FAST, FLEET, SLOW};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleet_with_a_healthy_redis_fetches_classic_tokens_once_each() {
    let scene = Scene { classic: true, ..Scene::new(FAST).await };
    let mut fleet = scene.working_fleet_at(BUSY).await;
    let started = Instant::now();
    sleep(Duration::from_secs(15)).await;
    let report = fleet.rest().await;
    let (time, fetches) = (started.elapsed(), scene.mock.token_fetches());
    println!(
        "classic token: {FLEET} processes, {} s, {fetches} fetches at least {:.1} s apart, {} calls, {} failed, {} rejected",
        time.as_secs(),
        scene.least_gap().as_secs_f64(),
        grouped(report.calls),
        report.failed(),
        report.logged("access_token rejected"),
    );
    scene.nothing_failed(&report);
    if alone(&report) == 0 {
        assert!(scene.least_gap() > FAST.life / 4, "two fetches {:?} apart", scene.least_gap());
    }
    let shared = scene.shared_fetches(&report);
    assert!((FAST.least(time) * 3 / 4..=FAST.most(time) + 2).contains(&shared), "{shared} fetches in {time:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_the_stable_token_serves_and_nobody_is_evicted() {
    let mut scene = Scene { classic: true, ..Scene::new(SLOW).await };
    let mut fleet = scene.working_fleet().await;
    sleep(Duration::from_secs(1)).await;
    let before = scene.mock.effects("getAccessToken").unwrap();
    scene.redis.kill();
    let started = Instant::now();
    sleep(Duration::from_secs(8)).await;
    let out = started.elapsed();
    let meanwhile = scene.mock.effects("getAccessToken").unwrap() - before;
    let stable = scene.mock.effects("getStableAccessToken").unwrap();
    scene.redis.restart();
    let reunited = scene.reunited(&mut fleet).await;
    let report = fleet.rest().await;
    println!(
        "classic token, Redis killed: {FLEET} processes, {:.0} s, {meanwhile} fetches of classic tokens, {stable} of \
         stable ones, all share a classic one {:.1} s after Redis is back, {} calls, {} failed, {} rejected",
        out.as_secs_f64(),
        reunited.as_secs_f64(),
        grouped(report.calls),
        report.failed(),
        report.logged("access_token rejected"),
    );
    scene.nothing_failed(&report);
    assert_eq!(meanwhile, 0, "it would evict the tokens that others hold");
    assert!((FLEET..=FLEET * (SLOW.ever(out) + 1)).contains(&(stable as usize)), "{stable}");
    assert_eq!(report.logged("access_token rejected"), 0);
    assert!(reunited < SLOW.looks_again() + A_LITTLE, "{reunited:?}");
}
