//! A master that a sentinel watches.

use std::time::Instant;

use contract_tests::redis_server::{RedisSentinel, Setup};
use tokio::time::sleep;

use super::*;

#[tokio::test]
async fn a_store_behind_sentinels() {
    let setup =
        || Setup::new().password("hunter2").option("masterauth", "hunter2").option("repl-diskless-sync-delay", "0");
    let mut master = setup().start();
    let replica = setup().option("replicaof", &format!("127.0.0.1 {}", master.port())).start();
    while !replica.text(["INFO", "replication"]).contains("master_link_status:up") {
        sleep(Duration::from_millis(20)).await;
    }
    let sentinel = RedisSentinel::watch(&master, 1);
    let url = sentinel.server().url();
    let named = "redis://:hunter2@mymaster/0";

    let store = RedisStore::sentinel([&url], named).unwrap().timeout(PATIENCE);
    let before = fetch(&store, "TOKEN").await;
    assert_eq!(master.number(["EXISTS", TOKEN_KEY]), 1);
    assert!(format!("{store:?}").contains("sentinel"), "{store:?}");

    // A sentinel that is gone, and one that keeps silent, first in the list.
    let silent = RedisSentinel::watch(&master, 1);
    silent.server().pause();
    let urls = ["redis://127.0.0.1:1", &silent.server().url(), &url];
    let mut fastest = PATIENCE;
    // On a busy machine it may take some more tries.
    for _ in 0..10 {
        let some = RedisStore::sentinel(urls, named).unwrap().timeout(PATIENCE);
        let started = Instant::now();
        assert_eq!(token(&some).await.as_deref(), Some("TOKEN"));
        fastest = fastest.min(started.elapsed());
        if fastest < Duration::from_millis(500) {
            break;
        }
    }
    assert!(fastest < Duration::from_millis(500), "{fastest:?}");
    drop(silent);

    // No more rights than documented.
    allow_app(&master, ["+role"]);
    let app = RedisStore::sentinel([&url], "redis://app:hunter2@mymaster").unwrap().timeout(PATIENCE);
    assert_eq!(token(&app).await.as_deref(), Some("TOKEN"));

    // Whatever is wrong is told.
    for (urls, master, word) in [
        (vec![&*url], "mymaster", "(NOAUTH)"),
        (vec!["redis://127.0.0.1:1", &url], "redis://:wrong@mymaster", "refused the user or the password"),
        (vec!["redis://127.0.0.1:1", &url], "yourmaster", "the sentinels know no such master"),
        (vec!["redis://127.0.0.1:1"], "mymaster", "can not be reached"),
        (vec![&*master.url()], "mymaster", "sentinel"),
    ] {
        let store = RedisStore::sentinel(urls, master).unwrap().timeout(PATIENCE);
        let text = failure(store.load(&key()).await);
        assert!(text.contains(word) && !text.contains("hunter2") && !text.contains("wrong"), "{text}");
    }

    // The master crashes; the replica takes its place.
    while !replica.text(["INFO", "replication"]).contains("master_link_status:up") {
        sleep(Duration::from_millis(20)).await;
    }
    sentinel.server().command(["SENTINEL", "SET", "mymaster", "down-after-milliseconds", "500"]);
    master.kill();
    let is_promoted = || replica.text_if_up(["INFO", "replication"]).is_some_and(|info| info.contains("role:master"));
    while !is_promoted() {
        let started = Instant::now();
        // It fails at once, or works again, but never waits.
        let _ = store.load(&key()).await;
        assert!(started.elapsed() < PATIENCE / 2, "{:?}", started.elapsed());
        sleep(Duration::from_millis(20)).await;
    }
    let promoted = Instant::now();
    while store.load(&key()).await.is_err() {
        assert!(promoted.elapsed() < PATIENCE, "the store does not find the new master");
        sleep(Duration::from_millis(20)).await;
    }
    assert!(fetch(&store, "NEXT").await > before);

    // The old one comes back, and is made a replica; nothing is written to it.
    master.restart();
    fetch(&store, "LAST").await;
    assert_eq!(replica.text(["HGET", TOKEN_KEY, "token"]), "LAST");
}
