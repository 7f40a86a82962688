//! Redis is away, slow or silent, and comes back.

use std::time::Instant;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

use super::*;

/// Passes connections on to a port. It is gone with the runtime.
struct Relay {
    address: std::net::SocketAddr,
    /// The port for new connections, and how often all that there were have been forgotten.
    target: watch::Sender<(u16, u32)>,
}

impl Relay {
    async fn start(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (target, seen) = watch::channel((port, 0));
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let mut seen = seen.clone();
                let (port, age) = *seen.borrow();
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    let forgotten = tokio::select! {
                        _ = copy_bidirectional(&mut near, &mut far) => false,
                        outcome = seen.wait_for(|now| now.1 != age) => outcome.is_ok(),
                    };
                    if forgotten {
                        // Open, and silent.
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        Self { address, target }
    }

    fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Passes new connections on to this port.
    fn lead_to(&self, port: u16) {
        self.target.send_modify(|target| target.0 = port);
    }

    /// Passes nothing on any more of the connections that there are.
    async fn forget(&self) {
        self.target.send_modify(|target| target.1 += 1);
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_store_is_made_while_redis_is_down_and_fails_at_once() {
    let mut server = RedisServer::start();
    server.kill();
    let store = store(&server);
    for _ in 0..10 {
        let started = Instant::now();
        let text = failure(store.load(&key()).await);
        assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
        assert!(text.contains("Redis can not be reached: ") && text.contains("refused"), "{text}");
    }
    server.restart();
    fetch(&store, "TOKEN").await;
}

#[test]
fn a_store_is_made_and_dropped_without_a_runtime() {
    drop(RedisStore::new("rediss://127.0.0.1:1").unwrap());
    drop(RedisStore::cluster(["redis://127.0.0.1:1"]).unwrap());
    drop(RedisStore::sentinel(["redis://127.0.0.1:1"], "mymaster").unwrap());
}

#[test]
fn a_store_outlives_the_runtime_in_which_it_connected() {
    let server = RedisServer::start();
    let store = store(&server);
    for _ in 0..3 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { fetch(&store, "TOKEN").await });
    }
}

#[tokio::test]
async fn the_first_operation_after_a_restart_succeeds() {
    let mut server = RedisServer::start();
    let store = store(&server);
    for round in 0..5 {
        let token = format!("TOKEN{round}");
        fetch(&store, &token).await;
        server.kill();
        // Long enough for a back-off to grow, if there were one.
        for _ in 0..20 {
            let started = Instant::now();
            failure(store.load(&key()).await);
            assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
            sleep(Duration::from_millis(20)).await;
        }
        server.restart();
        let started = Instant::now();
        assert_eq!(super::token(&store).await, None);
        assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_restart_between_two_operations_goes_unnoticed() {
    let mut server = RedisServer::start();
    let store = store(&server);
    fetch(&store, "TOKEN").await;
    server.restart();
    fetch(&store, "TOKEN").await;
}

#[tokio::test]
async fn a_connection_that_redis_closes_goes_unnoticed() {
    let server = RedisServer::start();
    let store = store(&server);
    for round in 0..5 {
        let token = format!("TOKEN{round}");
        fetch(&store, &token).await;
        assert!(server.number(["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]) > 0);
        assert_eq!(super::token(&store).await, Some(token));
    }
}

#[tokio::test]
async fn a_silent_redis_holds_up_nobody_for_longer_than_the_timeout() {
    let server = RedisServer::start();
    let store = store(&server);
    fetch(&store, "TOKEN").await;
    server.pause();
    let store = store.timeout(Duration::from_millis(200));
    for _ in 0..3 {
        let started = Instant::now();
        let text = failure(store.load(&key()).await);
        let took = started.elapsed();
        assert!(took >= Duration::from_millis(190) && took < AT_ONCE, "{took:?}");
        assert!(text.contains("Redis did not answer within 200ms"), "{text}");
    }
    server.resume();
    let store = store.timeout(PATIENCE);
    let started = Instant::now();
    assert_eq!(token(&store).await.as_deref(), Some("TOKEN"));
    assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    // Nothing that was given up comes back on the new connection.
    fetch(&store, "NEXT").await;
    assert_eq!(token(&store).await.as_deref(), Some("NEXT"));
}

#[tokio::test]
async fn the_timeout_is_a_second_unless_said_otherwise() {
    let server = RedisServer::start();
    server.pause();
    let store = RedisStore::new(server.url()).unwrap();
    let started = Instant::now();
    let text = failure(store.load(&key()).await);
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert!(text.contains("did not answer within 1s"), "{text}");
}

#[tokio::test]
async fn a_connection_that_leads_nowhere_is_replaced() {
    // As behind a firewall that has forgotten the connection: what is sent is lost, and nobody says so.
    let server = RedisServer::start();
    let relay = Relay::start(server.port()).await;
    let store = RedisStore::new(relay.url()).unwrap().timeout(PATIENCE);
    fetch(&store, "TOKEN").await;
    relay.forget().await;
    let store = store.timeout(Duration::from_millis(200));
    let text = failure(store.load(&key()).await);
    assert!(text.contains("did not answer"), "{text}");
    assert_eq!(token(&store.timeout(PATIENCE)).await.as_deref(), Some("TOKEN"));
}

#[tokio::test]
async fn a_name_that_leads_to_a_new_primary_is_followed() {
    // The address stays, and the old primary lives on as a replica, with the connections that it has.
    let (old, new) = (RedisServer::start(), RedisServer::start());
    let relay = Relay::start(old.port()).await;
    let store = RedisStore::new(relay.url()).unwrap().timeout(PATIENCE);
    fetch(&store, "TOKEN").await;
    old.command(["REPLICAOF", "127.0.0.1", &new.port().to_string()]);
    relay.lead_to(new.port());
    fetch(&store, "NEXT").await;
    assert_eq!(new.text(["HGET", TOKEN_KEY, "token"]), "NEXT");
}

#[tokio::test]
async fn an_address_where_nobody_answers_holds_up_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let store = RedisStore::new(format!("redis://:hunter2@{address}")).unwrap().timeout(Duration::from_millis(200));
    let (key, started) = (key(), Instant::now());
    // All at once: they wait for one connection, each no longer than it may.
    let (one, two, three) = tokio::join!(store.load(&key), store.acquire(&key, LONG), store.expire(&key, 1));
    for text in [failure(one), failure(two), failure(three)] {
        assert!(text.contains("did not answer within 200ms"), "{text}");
    }
    assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_slow_redis_is_not_connected_to_for_each_call() {
    let server = RedisServer::start();
    let store = store(&server).timeout(Duration::from_millis(300));
    let connections = || {
        let stats = server.text(["INFO", "stats"]);
        let (_, rest) = stats.split_once("total_connections_received:").unwrap();
        rest.split_once("\r\n").unwrap().0.parse::<u64>().unwrap()
    };
    // Whoever connects is let in, but no script is run.
    server.command(["CLIENT", "PAUSE", "60000", "WRITE"]);
    let before = connections();
    for _ in 0..4 {
        failure(store.load(&key()).await);
    }
    // For every other call, and once for the question.
    assert_eq!(connections() - before, 3);
    server.command(["CLIENT", "UNPAUSE"]);
    fetch(&store.timeout(PATIENCE), "TOKEN").await;
}
