//! Who comes late, and who never comes back.

use tokio::time::{sleep, timeout};

use super::*;

#[tokio::test]
async fn a_stale_owner_can_not_save_while_another_fetches() {
    let server = RedisServer::start();
    let (one, two) = (store(&server), store(&server));
    let stale = take(&one, SHORT).await;
    sleep(AFTER).await;
    let latest = take(&two, LONG).await;
    assert!(!save(&one, "stale", &stale).await);
    assert_eq!(token(&one).await, None);
    // Nor release or renew what is not its own.
    assert!(!one.renew(&key(), &stale, LONG).await.unwrap());
    one.release(&key(), stale).await.unwrap();
    assert!(!is_free(&one).await);
    assert!(save(&two, "fresh", &latest).await);
    assert_eq!(token(&one).await.as_deref(), Some("fresh"));
}

#[tokio::test]
async fn a_stale_owner_can_not_overwrite_a_newer_token() {
    let server = RedisServer::start();
    let (one, two) = (store(&server), store(&server));
    let stale = take(&one, SHORT).await;
    sleep(AFTER).await;
    let generation = fetch(&two, "fresh").await;
    assert!(!save(&one, "stale", &stale).await);
    let stored = one.load(&key()).await.unwrap().unwrap();
    assert_eq!((stored.token.expose(), stored.generation), ("fresh", generation));
    // Not even when the newer one was rejected and dropped meanwhile, ...
    assert!(two.expire(&key(), generation).await.unwrap());
    assert!(!save(&one, "stale", &stale).await);
    // ... or when only the newer token is left of it all.
    fetch(&two, "fresh").await;
    server.command(["DEL", FENCE_KEY]);
    assert!(!save(&one, "stale", &stale).await);
    assert_eq!(token(&one).await.as_deref(), Some("fresh"));
}

#[tokio::test]
async fn a_stale_owner_can_not_save_when_only_the_lock_of_another_is_left() {
    let server = RedisServer::start();
    let (one, two) = (store(&server), store(&server));
    let stale = take(&one, SHORT).await;
    sleep(AFTER).await;
    let _latest = take(&two, LONG).await;
    server.command(["DEL", FENCE_KEY]);
    assert!(!save(&one, "stale", &stale).await);
}

#[tokio::test]
async fn a_lost_lock_that_nobody_took_does_not_cost_the_token() {
    let server = RedisServer::start();
    let store = store(&server);
    // Ended, evicted, and lost with all the rest.
    for lose in [&["PING"][..], &["DEL", LOCK_KEY], &["FLUSHALL"]] {
        let lease = take(&store, SHORT).await;
        server.command(lose);
        sleep(AFTER).await;
        assert!(!store.renew(&key(), &lease, LONG).await.unwrap());
        assert!(save(&store, "newest", &lease).await, "{lose:?}");
        assert_eq!(token(&store).await.as_deref(), Some("newest"));
        // It counts as the latest again.
        assert_eq!(server.text(["GET", FENCE_KEY]), lease.fence().to_string());
        let ttl = server.number(["PTTL", FENCE_KEY]);
        assert!(ttl > 3_600_000, "{ttl}");
    }
}

#[tokio::test]
async fn a_fence_that_went_back_in_a_failover_does_not_cost_the_token() {
    let server = RedisServer::start();
    let store = store(&server);
    let lease = take(&store, LONG).await;
    server.command(["SET", FENCE_KEY, &(lease.fence() - 1000).to_string()]);
    assert!(save(&store, "newest", &lease).await);
    assert_eq!(server.text(["GET", FENCE_KEY]), lease.fence().to_string());
}

#[tokio::test]
async fn a_dropped_lease_keeps_only_others_out() {
    let server = RedisServer::start();
    let (one, two) = (store(&server), store(&server));
    let dropped = take(&one, LONG).await;
    let fence = dropped.fence();
    drop(dropped);
    assert!(two.acquire(&key(), LONG).await.unwrap().is_none(), "they can not know");
    let next = take(&one, LONG).await;
    assert!(next.fence() > fence);
    // What is held is never taken over.
    for _ in 0..3 {
        assert!(one.acquire(&key(), LONG).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn a_panic_with_the_lease_keeps_only_others_out() {
    let server = RedisServer::start();
    let one = std::sync::Arc::new(store(&server));
    let holder = std::sync::Arc::clone(&one);
    let task = tokio::spawn(async move {
        let _lease = take(&holder, LONG).await;
        panic!("in the middle of a fetch");
    });
    assert!(task.await.unwrap_err().is_panic());
    assert!(is_free(&one).await);
}

#[tokio::test]
async fn a_lease_whose_answer_never_came_is_taken_over() {
    let server = RedisServer::start();
    let (one, two) = (store(&server), store(&server));
    assert!(is_free(&one).await);
    server.pause();
    let (key, wish) = (key(), LONG);
    let cancelled = timeout(Duration::from_millis(50), one.acquire(&key, wish)).await;
    assert!(cancelled.is_err());
    server.resume();
    // Redis does give the lease out, to nobody.
    while server.number(["EXISTS", LOCK_KEY]) == 0 {
        sleep(Duration::from_millis(5)).await;
    }
    assert!(!is_free(&two).await);
    assert!(is_free(&one).await);
    assert!(is_free(&two).await);
}

#[tokio::test]
async fn a_lost_lease_is_remembered_however_often_the_store_fails() {
    let mut server = RedisServer::start();
    let store = store(&server);
    let lease = take(&store, LONG).await;
    let owner = lease.owner().to_owned();
    drop(lease);
    // Others lost, calls that were never sent, and calls that were refused.
    for _ in 0..5 {
        drop(take(&store, LONG).await);
    }
    server.kill();
    for _ in 0..50 {
        failure(store.acquire(&key(), LONG).await);
    }
    server.restart();
    server.command(["SET", LOCK_KEY, &owner, "PX", "60000"]);
    for _ in 0..50 {
        assert!(is_free(&store).await);
        server.command(["SET", LOCK_KEY, "another", "PX", "60000"]);
        assert!(!is_free(&store).await);
        server.command(["SET", LOCK_KEY, &owner, "PX", "60000"]);
    }
}
