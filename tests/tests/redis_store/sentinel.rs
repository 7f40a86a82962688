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

    let store = RedisStore::sentinel([&url], named).unwrap();
    let before = fetch(&store, "TOKEN").await;
    assert_eq!(master.number(["EXISTS", TOKEN_KEY]), 1);
    assert!(format!("{store:?}").contains("sentinel"), "{store:?}");

    // A sentinel that is gone, and one that keeps silent, first in the list.
    let silent = RedisSentinel::watch(&master, 1);
    silent.server().pause();
    let some = RedisStore::sentinel(["redis://127.0.0.1:1", &silent.server().url(), &url], named).unwrap();
    let started = Instant::now();
    assert_eq!(token(&some).await.as_deref(), Some("TOKEN"));
    assert!(started.elapsed() < Duration::from_millis(300), "{:?}", started.elapsed());
    drop(silent);

    // No more rights than documented.
    allow_app(&master, ["+role"]);
    let app = RedisStore::sentinel([&url], "redis://app:hunter2@mymaster").unwrap();
    assert_eq!(token(&app).await.as_deref(), Some("TOKEN"));

    // Whatever is wrong is told.
    for (urls, master, word) in [
        (vec![&*url], "mymaster", "(NOAUTH)"),
        (vec!["redis://127.0.0.1:1", &url], "redis://:wrong@mymaster", "refused the user or the password"),
        (vec!["redis://127.0.0.1:1", &url], "yourmaster", "the sentinels know no such master"),
        (vec!["redis://127.0.0.1:1"], "mymaster", "can not be reached"),
        (vec![&*master.url()], "mymaster", "sentinel"),
    ] {
        let store = RedisStore::sentinel(urls, master).unwrap();
        let text = failure(store.load(&key()).await);
        assert!(text.contains(word) && !text.contains("hunter2") && !text.contains("wrong"), "{text}");
    }

    // The master crashes; the replica takes its place.
    while !replica.text(["INFO", "replication"]).contains("master_link_status:up") {
        sleep(Duration::from_millis(20)).await;
    }
    master.kill();
    while !replica.text(["INFO", "replication"]).contains("role:master") {
        let started = Instant::now();
        // It fails at once, or works again, but never waits.
        let _ = store.load(&key()).await;
        assert!(started.elapsed() < Duration::from_millis(1500), "{:?}", started.elapsed());
        sleep(Duration::from_millis(20)).await;
    }
    let promoted = Instant::now();
    while store.load(&key()).await.is_err() {
        assert!(promoted.elapsed() < Duration::from_secs(5), "the store does not find the new master");
        sleep(Duration::from_millis(20)).await;
    }
    assert!(fetch(&store, "NEXT").await > before);

    // The old one comes back, and is made a replica; nothing is written to it.
    master.restart();
    fetch(&store, "LAST").await;
    assert_eq!(replica.text(["HGET", TOKEN_KEY, "token"]), "LAST");
}
