//! Processes whose clocks are wrong.

use std::time::{Duration, Instant};

use contract_tests::worker::{Job, Order, Report, Skew};
use tokio::time::sleep;

use crate::FLEET;
use crate::scene::{Lives, Scene, grouped};
use crate::workers::Fleet;

/// A tenth of the life is longer than the margin, as in reality: a clock that is a tenth slow misses the end.
const LIVES: Lives = Lives::new(8000, 700, 700);

const RIGHT: Skew = Skew { wall_hours: 0, rate: 1.0 };

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clocks_that_are_wrong_cause_no_storm_and_no_failed_call() {
    let skews = [
        RIGHT,
        Skew { wall_hours: 5, ..RIGHT },
        Skew { wall_hours: -50_000, ..RIGHT },
        Skew { rate: 1.1, ..RIGHT },
        Skew { rate: 0.9, ..RIGHT },
        RIGHT,
        RIGHT,
        RIGHT,
    ];
    let [slow, stops, jumps] = [4, 5, 6];
    let scene = Scene::new(LIVES).await;
    let mut fleet = Fleet::start(skews.map(|skew| Job { clock: Some(skew), ..scene.job() })).await;
    fleet.order(Order::Work).await;
    let started = Instant::now();
    fleet.0[stops].order(Order::Clock(Skew { rate: 0.0, ..RIGHT })).await;
    sleep(Duration::from_secs(5)).await;
    fleet.0[jumps].order(Order::Jump(Duration::from_secs(3600))).await;
    sleep(Duration::from_secs(10)).await;
    fleet.0[stops].order(Order::Clock(RIGHT)).await;
    for _ in 0..5 {
        sleep(Duration::from_secs(2)).await;
        fleet.0[jumps].order(Order::Jump(Duration::from_secs(3))).await;
    }
    let time = started.elapsed();
    let reports = fleet.order(Order::Rest).await;
    let report = Report::sum(&reports);
    let (fetches, issued) = (scene.mock.token_fetches(), scene.mock.tokens_issued());
    println!(
        "clocks (hours off, a tenth fast, a tenth slow, stops, jumps): {FLEET} processes, {:.0} s, {fetches} fetches of \
         {issued} tokens, {} calls, {} failed, {} rejected",
        time.as_secs_f64(),
        grouped(report.calls),
        report.failed(),
        report.logged("access_token rejected"),
    );
    scene.nothing_failed(&report);
    // Who comes too early is told what is left of the life, and comes again after at least half of that.
    assert!(fetches <= 4 * issued, "{fetches} fetches of {issued} tokens");
    assert!(issued <= LIVES.ever(time) + 1, "{issued} tokens");
    for wrong in [slow, stops] {
        assert!(reports[wrong].logged("access_token rejected") > 0, "process {wrong} missed no end");
    }
}
