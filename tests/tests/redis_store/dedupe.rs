//! Handled messages over the store's connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use contract_tests::redis_server::{RedisCluster, RedisSentinel, Setup};
use tokio::time::sleep;
use weapp::push::{Claim, Dedupe, DedupeKey, Dispatcher, Message, Query, Receiver, RedisDedupe};

use super::*;

fn dedupe(server: &RedisServer) -> RedisDedupe {
    RedisDedupe::new(&store(server))
}

fn message(name: &str) -> DedupeKey {
    DedupeKey::new(name)
}

fn name(key: &DedupeKey) -> String {
    format!("weapp:v1:push:{key}")
}

async fn claim(dedupe: &RedisDedupe, key: &DedupeKey, lease: Duration) -> u64 {
    match dedupe.claim(key, lease).await.unwrap() {
        Claim::New { fence } => fence,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_message_is_kept_as_documented() {
    let server = RedisServer::start();
    let dedupe = dedupe(&server);
    let (plain, replied) = (message("oABC 1"), message("oABC 2"));
    let fence = claim(&dedupe, &plain, LONG).await;
    assert_eq!(server.text(["GET", &name(&plain)]), format!("running:{fence}"));
    let ttl = server.number(["PTTL", &name(&plain)]);
    assert!((55_000..=60_000).contains(&ttl), "{ttl}");
    assert!(dedupe.finish(&plain, fence, None, LIFE).await.unwrap());
    assert_eq!(server.text(["GET", &name(&plain)]), format!("done:{fence}:"));
    let ttl = server.number(["PTTL", &name(&plain)]);
    assert!((7_195_000..=7_200_000).contains(&ttl), "{ttl}");
    let fence = claim(&dedupe, &replied, LONG).await;
    assert!(dedupe.finish(&replied, fence, Some(r#"{"a":"b:c"}"#), LIFE).await.unwrap());
    assert_eq!(server.text(["GET", &name(&replied)]), format!(r#"done:{fence}:{{"a":"b:c"}}"#));
    assert!(!format!("{:?}", server.command(["KEYS", "*"])).contains("oABC"));
    // As another process sees it.
    let other = RedisDedupe::new(&store(&server));
    assert_eq!(other.claim(&plain, LONG).await.unwrap(), Claim::Done { reply: None });
    let reply = Some(r#"{"a":"b:c"}"#.to_owned());
    assert_eq!(other.claim(&replied, LONG).await.unwrap(), Claim::Done { reply });
    let shop = RedisDedupe::new(&store(&server).prefix("shop"));
    claim(&shop, &plain, LONG).await;
    assert_eq!(server.number(["EXISTS", &format!("shop:v1:push:{plain}")]), 1);
}

#[tokio::test]
async fn one_handles_a_message_and_a_slow_owner_overwrites_nothing() {
    let server = RedisServer::start();
    let (one, two) = (dedupe(&server), dedupe(&server));
    let key = message("a");
    let slow = claim(&one, &key, SHORT).await;
    assert_eq!(two.claim(&key, LONG).await.unwrap(), Claim::Running);
    assert!(one.renew(&key, slow, SHORT).await.unwrap());
    sleep(AFTER).await;
    let next = claim(&two, &key, LONG).await;
    assert_ne!(slow, next);
    assert!(!one.renew(&key, slow, LONG).await.unwrap());
    assert!(!one.finish(&key, slow, Some("old"), LIFE).await.unwrap());
    one.release(&key, slow).await.unwrap();
    assert_eq!(one.claim(&key, LONG).await.unwrap(), Claim::Running);
    assert!(two.finish(&key, next, Some("new"), LIFE).await.unwrap());
    // The same once more, as where the first answer was lost.
    assert!(two.finish(&key, next, Some("new"), LIFE).await.unwrap());
    assert!(!two.renew(&key, next, LONG).await.unwrap());
    assert!(!one.finish(&key, slow, Some("old"), LIFE).await.unwrap());
    assert_eq!(one.claim(&key, LONG).await.unwrap(), Claim::Done { reply: Some("new".to_owned()) });
    // What failed is free at once.
    let key = message("b");
    let first = claim(&one, &key, LONG).await;
    one.release(&key, first).await.unwrap();
    assert_ne!(claim(&two, &key, LONG).await, first);
}

#[tokio::test]
async fn what_redis_forgot_is_written_again_by_its_owner() {
    let server = RedisServer::start();
    let dedupe = dedupe(&server);
    let (running, done) = (message("a"), message("b"));
    let fences = [claim(&dedupe, &running, LONG).await, claim(&dedupe, &done, LONG).await];
    server.command(["FLUSHALL"]);
    assert!(dedupe.renew(&running, fences[0], LONG).await.unwrap());
    assert!(dedupe.finish(&done, fences[1], None, LIFE).await.unwrap());
    assert_eq!(dedupe.claim(&running, LONG).await.unwrap(), Claim::Running);
    assert_eq!(dedupe.claim(&done, LONG).await.unwrap(), Claim::Done { reply: None });
    // What never ends is nobody's.
    server.command(["PERSIST", &name(&running)]);
    claim(&dedupe, &running, LONG).await;
}

#[tokio::test]
async fn it_needs_no_more_rights_than_the_store_and_says_what_is_wrong() {
    let server = RedisServer::start();
    allow_app(&server, []);
    let store = RedisStore::new(server.url().replace("redis://", "redis://app:hunter2@")).unwrap().timeout(PATIENCE);
    let dedupe = RedisDedupe::new(&store);
    let key = message("a");
    let fence = claim(&dedupe, &key, LONG).await;
    assert!(dedupe.renew(&key, fence, LONG).await.unwrap());
    assert!(dedupe.finish(&key, fence, None, LIFE).await.unwrap());
    dedupe.release(&key, fence).await.unwrap();
    server.command(["SET", &name(&key), "planted", "EX", "60"]);
    let text = failure(dedupe.claim(&key, LONG).await);
    assert!(text.contains(&name(&key)) && !text.contains("planted"), "{text}");
    server.command(["DEL", &name(&key)]);
    server.command(["RPUSH", &name(&key), "planted"]);
    let text = failure(dedupe.claim(&key, LONG).await);
    assert!(text.contains("WRONGTYPE"), "{text}");
    assert_eq!(format!("{dedupe:?}"), "RedisDedupe { prefix: \"weapp\", .. }");
}

#[tokio::test]
async fn store_and_messages_share_a_connection() {
    let mut server = RedisServer::start();
    let store = store(&server);
    let dedupe = RedisDedupe::new(&store);
    let clients = |server: &RedisServer| server.text(["CLIENT", "LIST", "TYPE", "NORMAL"]).lines().count();
    let own = clients(&server);
    fetch(&store, "TOKEN").await;
    claim(&dedupe, &message("a"), LONG).await;
    assert_eq!(clients(&server), own + 1);
    // Whoever notices first that it broke makes the next one for both.
    server.restart();
    claim(&dedupe, &message("a"), LONG).await;
    assert_eq!(token(&store).await, None);
    assert_eq!(clients(&server), own + 1);
    server.kill();
    let text = failure(dedupe.claim(&message("b"), LONG).await);
    assert!(text.contains("can not be reached"), "{text}");
}

#[tokio::test]
async fn messages_in_a_cluster() {
    let cluster = RedisCluster::start();
    let dedupe = RedisDedupe::new(&RedisStore::cluster(cluster.urls()).unwrap().timeout(PATIENCE));
    for number in 0..30 {
        let key = message(&number.to_string());
        let fence = claim(&dedupe, &key, LONG).await;
        assert!(dedupe.renew(&key, fence, LONG).await.unwrap());
        assert!(dedupe.finish(&key, fence, Some("{}"), LIFE).await.unwrap());
        assert_eq!(dedupe.claim(&key, LONG).await.unwrap(), Claim::Done { reply: Some("{}".to_owned()) });
        dedupe.release(&key, fence).await.unwrap();
    }
    let spread = cluster.nodes.iter().filter(|node| node.number(["DBSIZE"]) > 0).count();
    assert_eq!(spread, 3, "the messages should be spread over all nodes");
}

#[tokio::test]
async fn messages_behind_sentinels_and_over_a_connection_of_ones_own() {
    let master = Setup::new().password("hunter2").start();
    let sentinel = RedisSentinel::watch(&master, 0);
    let own = redis::Client::open(master.url()).unwrap().get_multiplexed_async_connection().await.unwrap();
    let key = message("a");
    let mut before = None;
    for store in [
        RedisStore::sentinel([sentinel.server().url()], "redis://:hunter2@mymaster/0").unwrap(),
        RedisStore::from_connection(own),
    ] {
        let dedupe = RedisDedupe::new(&store.timeout(PATIENCE));
        match before {
            None => {
                let fence = claim(&dedupe, &key, LONG).await;
                assert!(dedupe.renew(&key, fence, LONG).await.unwrap());
                before = Some(fence);
            }
            // What came by the one way is known by the other.
            Some(fence) => {
                assert_eq!(dedupe.claim(&key, LONG).await.unwrap(), Claim::Running);
                assert!(dedupe.finish(&key, fence, None, LIFE).await.unwrap());
                assert_eq!(dedupe.claim(&key, LONG).await.unwrap(), Claim::Done { reply: None });
            }
        }
    }
    assert_eq!(master.number(["EXISTS", &name(&key)]), 1);
}

/// A process that receives messages, and counts those that it handles.
fn process(server: &RedisServer, handled: &Arc<AtomicUsize>) -> Dispatcher {
    let handled = Arc::clone(handled);
    let store = RedisStore::new(server.url()).unwrap();
    Dispatcher::new(Receiver::plain("token").unwrap()).dedupe(RedisDedupe::new(&store)).other(move |_: Message| {
        let handled = Arc::clone(&handled);
        async move {
            handled.fetch_add(1, Ordering::Relaxed);
            sleep(SHORT).await;
            Ok(())
        }
    })
}

async fn deliver(dispatcher: &Dispatcher, id: usize) -> u16 {
    // Signed with the token `token`.
    let query = "signature=7b168527e6c8e8e22b5d3ad62002daf6ebc5c284&timestamp=1700000000&nonce=42";
    let body = format!(r#"{{"MsgType":"text","MsgId":{id}}}"#);
    dispatcher.answer(&Query::parse(query), body).await.status.as_u16()
}

#[tokio::test]
async fn of_many_deliveries_to_several_processes_one_is_handled() {
    let mut server = RedisServer::start();
    let handled = Arc::new(AtomicUsize::new(0));
    let processes = [(); 4].map(|()| process(&server, &handled));
    let mut deliveries = tokio::task::JoinSet::new();
    for number in 0..400 {
        let process = processes[number % 4].clone();
        // Each message comes to all of them, five times.
        deliveries.spawn(async move { deliver(&process, number / 20).await });
    }
    while let Some(status) = deliveries.join_next().await {
        assert_eq!(status.unwrap(), 200);
    }
    assert_eq!(handled.load(Ordering::Relaxed), 20);
    assert_eq!(server.number(["DBSIZE"]), 20);
    // Without Redis each process handles what comes to it, once.
    server.kill();
    for process in &processes {
        assert_eq!((deliver(process, 77).await, deliver(process, 77).await), (200, 200));
    }
    assert_eq!(handled.load(Ordering::Relaxed), 24);
    // And tells it when it is back.
    server.restart();
    assert_eq!(deliver(&processes[0], 77).await, 200);
    assert_eq!(server.number(["DBSIZE"]), 1);
    assert_eq!(handled.load(Ordering::Relaxed), 24);
}
