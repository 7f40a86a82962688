//! WeChat refuses all processes a token.

use std::time::{Duration, Instant};

use contract_tests::worker::{Job, Order, Report, Skew};
use tokio::time::sleep;
use weapp::mock::Mock;

use crate::scene::{Lives, Scene, until};
use crate::workers::Fleet;
use crate::{FLEET, SLOW};

/// Longer than a lasting failure is remembered.
const OVER_A_MINUTE: Duration = Duration::from_secs(61);

const RIGHT: Skew = Skew { wall_hours: 0, rate: 1.0 };

/// A fleet whose clocks can jump.
async fn fleet(scene: &Scene, secret: &str) -> Fleet {
    let job = Job { secret: secret.to_owned(), clock: Some(RIGHT), ..scene.job() };
    Fleet::start(vec![job; FLEET]).await
}

/// Lets the fleet make calls for some seconds, all of which fail with this code, and fast.
async fn is_refused(code: i64, fleet: &mut Fleet) -> Report {
    fleet.order(Order::Forget).await;
    fleet.order(Order::Work).await;
    sleep(Duration::from_secs(3)).await;
    let report = fleet.rest().await;
    assert_eq!(report.failures.keys().collect::<Vec<_>>(), [&format!("Token {code}")], "{:#?}", report.texts);
    assert_eq!(report.ok, 0);
    for text in &report.texts {
        assert!(text.contains(&code.to_string()) && !text.contains("no remedy"), "{text}");
    }
    Scene::nothing_leaked(&report);
    assert!(report.within(0.5) < 50, "half of the calls took more than {} ms", report.within(0.5));
    assert!(report.calls > 10 * FLEET as u64, "{}", report.calls);
    report
}

/// Lets a minute pass, after which all goes well with one fetch.
async fn is_mended(scene: &Scene, fleet: &mut Fleet) {
    let before = scene.mock.token_fetches();
    fleet.order(Order::Jump(OVER_A_MINUTE)).await;
    fleet.order(Order::Forget).await;
    fleet.order(Order::Work).await;
    until("all work", async || fleet.order(Order::Report).await.iter().all(|report| report.ok > 0)).await;
    let report = fleet.rest().await;
    assert_eq!(report.failed(), 0, "{:#?}", report.texts);
    assert!(scene.shared_fetches(&report) <= before + 1, "one process fetches for all");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_secret_is_tried_once_a_minute() {
    let scene = Scene::new(SLOW).await;
    let mut fleet = fleet(&scene, "ffffffffffffffffffffffffffffffff").await;
    let report = is_refused(40125, &mut fleet).await;
    assert_eq!(scene.mock.token_fetches_refused(), FLEET);
    tell("wrong secret (40125)", &scene, &report);
    for minute in 1..=3 {
        fleet.order(Order::Jump(OVER_A_MINUTE)).await;
        is_refused(40125, &mut fleet).await;
        assert_eq!(scene.mock.token_fetches_refused(), FLEET * (minute + 1), "each process once a minute");
    }
    assert_eq!(scene.mock.token_fetches(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_outside_the_whitelist_is_tried_once_a_minute() {
    let scene = Scene::new(SLOW).await;
    let message = "invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist";
    let closed = scene.mock.on("getStableAccessToken").unwrap().error(40164, message);
    let mut fleet = fleet(&scene, Mock::SECRET).await;
    let report = is_refused(40164, &mut fleet).await;
    tell("IP outside the whitelist (40164)", &scene, &report);
    assert!(report.texts.iter().all(|text| text.contains("invalid ip 127.0.0.1")), "{:?}", report.texts);
    assert_eq!(scene.mock.token_fetches_refused(), FLEET);
    fleet.order(Order::Jump(OVER_A_MINUTE)).await;
    is_refused(40164, &mut fleet).await;
    assert_eq!(scene.mock.token_fetches_refused(), 2 * FLEET);
    closed.end();
    // Nobody tries before the minute is over.
    is_refused(40164, &mut fleet).await;
    assert_eq!(scene.mock.token_fetches_refused(), 2 * FLEET);
    is_mended(&scene, &mut fleet).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_that_is_used_up_costs_no_call_while_the_old_token_serves() {
    let lives = Lives::new(12_000, 6000, 6000);
    let scene = Scene::new(lives).await;
    let mut fleet = fleet(&scene, Mock::SECRET).await;
    let started = Instant::now();
    fleet.order(Order::Work).await;
    until("all work", async || fleet.order(Order::Report).await.iter().all(|report| report.ok > 0)).await;
    let used_up = scene.mock.on("getStableAccessToken").unwrap().errcode(45009);
    until("a process has tried in vain", async || scene.mock.token_fetches_refused() > 0).await;
    // Some begin to try five seconds before the end of the token. It is not used up to its last moment.
    sleep((lives.life * 9 / 10).saturating_sub(started.elapsed() + Duration::from_millis(500))).await;
    let good = fleet.report().await;
    assert_eq!(good.failed(), 0, "the old token serves: {:#?}", good.texts);
    until("the old token has ended", async || {
        fleet.order(Order::Report).await.iter().all(|report| report.failed() > 0)
    })
    .await;
    let report = is_refused(45009, &mut fleet).await;
    tell("quota used up (45009)", &scene, &report);
    assert_eq!((scene.mock.token_fetches(), scene.mock.token_fetches_refused()), (1, FLEET));
    used_up.end();
    is_mended(&scene, &mut fleet).await;
}

fn tell(what: &str, scene: &Scene, report: &Report) {
    println!(
        "{what}: {FLEET} processes, {} fetches a minute, {} calls failed at once: half within {} ms, 99 % within {} ms",
        scene.mock.token_fetches_refused(),
        report.calls,
        report.within(0.5),
        report.within(0.99),
    );
}
