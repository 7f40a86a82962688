//! Redis loses keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use redis::{Client, cmd};
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::scene::{Scene, grouped};
use crate::workers::Fleet;
use crate::{FLEET, SLOW};

const LONG: Duration = Duration::from_secs(12);

async fn look(what: &str, scene: &Scene, mut fleet: Fleet, time: Duration, lost: u64) {
    let (fetches, issued) = (scene.mock.token_fetches(), scene.mock.tokens_issued());
    let reunited = scene.reunited(&mut fleet).await;
    let report = fleet.rest().await;
    println!(
        "{what}: {FLEET} processes, {:.0} s, {} keys lost, {fetches} fetches of {issued} tokens, back after {:.1} s, {} \
         calls, {} failed, {} rejected, all within {} ms",
        time.as_secs_f64(),
        grouped(lost),
        reunited.as_secs_f64(),
        grouped(report.calls),
        report.failed(),
        report.logged("access_token rejected"),
        report.slowest(),
    );
    scene.nothing_failed(&report);
    assert!(fetches <= FLEET * issued, "each process fetches a token once at most");
    assert!(issued <= SLOW.ever(time) + 1, "{issued} tokens");
    assert!(reunited < SLOW.life, "{reunited:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_evicts_keys_at_random() {
    let scene = Scene::new(SLOW).await;
    let fleet = scene.working_fleet().await;
    let used: u64 = info(&scene, "memory", "used_memory");
    scene.redis.command(["CONFIG", "SET", "maxmemory-policy", "allkeys-random"]);
    scene.redis.command(["CONFIG", "SET", "maxmemory", &(used + 1_000_000).to_string()]);
    let ends = Arc::new(AtomicBool::new(false));
    let filler = spawn_blocking({
        let (client, ends) = (Client::open(scene.redis.url()).unwrap(), Arc::clone(&ends));
        move || {
            let mut connection = client.get_connection().unwrap();
            let value = vec![b'x'; 10_000];
            for number in 0.. {
                if ends.load(Ordering::SeqCst) {
                    break;
                }
                // About a hundred of them fit, so that a key lasts for a third of a second.
                cmd("SET").arg(format!("filler:{number}")).arg(&value).exec(&mut connection).unwrap();
                std::thread::sleep(Duration::from_millis(3));
            }
        }
    });
    let started = Instant::now();
    sleep(LONG).await;
    let time = started.elapsed();
    let evicted = info(&scene, "stats", "evicted_keys");
    ends.store(true, Ordering::SeqCst);
    filler.await.unwrap();
    assert!(evicted > 100, "{evicted}");
    look("Redis evicts keys", &scene, fleet, time, evicted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_is_flushed_again_and_again() {
    let scene = Scene::new(SLOW).await;
    let fleet = scene.working_fleet().await;
    let started = Instant::now();
    let (mut fence, mut lost) = (scene.fence(), 0);
    while started.elapsed() < LONG {
        sleep(Duration::from_millis(150)).await;
        let next = scene.fence();
        assert!(next == 0 || next >= fence, "fences grow: {fence} {next}");
        fence = fence.max(next);
        lost += scene.redis.number(["DBSIZE"]).cast_unsigned();
        scene.redis.command(["FLUSHALL"]);
    }
    look("Redis flushed every 0.15 s", &scene, fleet, started.elapsed(), lost).await;
    assert!(lost > 0);
}

fn info(scene: &Scene, section: &str, name: &str) -> u64 {
    let text = scene.redis.text(["INFO", section]);
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).unwrap();
    line.trim().parse().unwrap()
}
