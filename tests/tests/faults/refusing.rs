//! Redis is there, and refuses.

use std::time::{Duration, Instant};

use contract_tests::worker::REDIS_PASSWORD;
use redis::{Client, Connection};
use tokio::time::sleep;

use crate::scene::{Scene, grouped};
use crate::{FLEET, SLOW};

/// How long each refusal lasts: each process needs a token in this time.
const EACH: Duration = Duration::from_secs(5);

/// What is done to a Redis, how it is undone, and whether those who are connected have to connect anew.
struct Refusal(&'static str, &'static str, String, bool);

/// A connection that stays when nobody else is let in.
struct Control(Connection);

impl Control {
    fn of(scene: &Scene) -> Self {
        Self(Client::open(scene.redis.url()).unwrap().get_connection().unwrap())
    }

    fn run(&mut self, command: &str) {
        let mut words = command.split(' ');
        let mut command = redis::cmd(words.next().unwrap());
        for word in words {
            command.arg(word);
        }
        command.exec(&mut self.0).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_refuses_in_every_way() {
    let refusals = [
        Refusal("no more clients", "CONFIG SET maxclients 1", "CONFIG SET maxclients 10000".to_owned(), true),
        Refusal(
            "another password",
            "CONFIG SET requirepass changed",
            format!("CONFIG SET requirepass {REDIS_PASSWORD}"),
            true,
        ),
        Refusal(
            "no permission",
            "ACL SETUSER default -eval -evalsha",
            "ACL SETUSER default +eval +evalsha".to_owned(),
            false,
        ),
        Refusal("no memory", "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0".to_owned(), false),
        Refusal("a replica", "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE".to_owned(), false),
    ];
    let scene = Scene::new(SLOW).await;
    let mut control = Control::of(&scene);
    let mut fleet = scene.working_fleet().await;
    let started = Instant::now();
    let mut slowest = Duration::ZERO;
    let mut fence = scene.fence();
    for Refusal(what, begin, end, anew) in &refusals {
        let before = fleet.report().await.logged("token store out of reach");
        control.run(begin);
        if *anew {
            control.run("CLIENT KILL TYPE normal SKIPME yes");
        }
        sleep(EACH).await;
        let noticed = fleet.report().await.logged("token store out of reach") - before;
        control.run(end);
        let reunited = scene.reunited(&mut fleet).await;
        assert!(noticed > 0, "nobody noticed: {what}");
        slowest = slowest.max(reunited);
        assert!(fence < scene.fence(), "{what}: fences grow");
        fence = scene.fence();
    }
    let time = started.elapsed();
    let (fetches, issued) = (scene.mock.token_fetches(), scene.mock.tokens_issued());
    let report = fleet.rest().await;
    println!(
        "Redis refuses (clients, password, ACL, memory, replica): {FLEET} processes, {:.0} s, {fetches} fetches of \
         {issued} tokens, back after at most {:.1} s, {} calls, {} failed, {} rejected, all within {} ms",
        time.as_secs_f64(),
        slowest.as_secs_f64(),
        grouped(report.calls),
        report.failed(),
        report.logged("access_token rejected"),
        report.slowest(),
    );
    scene.nothing_failed(&report);
    // And once more the one who saves it in the end.
    assert!(fetches <= FLEET * issued + refusals.len(), "each process fetches a token once at most");
    assert!(issued <= SLOW.ever(time) + 1, "{issued} tokens");
}
