//! Many at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use tokio::task::{JoinSet, yield_now};
use tokio::time::sleep;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_never_hold_the_lease_at_once() {
    let server = RedisServer::start();
    // As eight processes, of eight tasks each.
    let stores: Vec<_> = (0..8).map(|_| Arc::new(store(&server))).collect();
    let holders = Arc::new(AtomicUsize::new(0));
    let latest = Arc::new(AtomicU64::new(0));
    let ends = Instant::now() + Duration::from_secs(2);
    let mut tasks = JoinSet::new();
    for task in 0..64_usize {
        let (store, holders, latest) = (Arc::clone(&stores[task % 8]), Arc::clone(&holders), Arc::clone(&latest));
        tasks.spawn(async move {
            let mut leases = 0;
            while Instant::now() < ends {
                let Some(lease) = store.acquire(&key(), LONG).await.unwrap() else {
                    sleep(Duration::from_millis(1)).await;
                    continue;
                };
                assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0, "two hold the lease");
                let before = latest.swap(lease.fence(), Ordering::SeqCst);
                assert!(before < lease.fence(), "{before} {}", lease.fence());
                yield_now().await;
                assert!(save(&store, &lease.fence().to_string(), &lease).await);
                assert_eq!(token(&store).await, Some(lease.fence().to_string()));
                assert_eq!(holders.fetch_sub(1, Ordering::SeqCst), 1);
                store.release(&key(), lease).await.unwrap();
                leases += 1;
            }
            leases
        });
    }
    let leases: Vec<u32> = tasks.join_all().await;
    let sum: u32 = leases.iter().sum();
    assert!(sum > 20, "{leases:?}");
    let clients = server.text(["INFO", "clients"]);
    assert!(clients.contains("connected_clients:9\r\n"), "a connection for each store, and this one: {clients}");
}

#[tokio::test]
async fn the_first_operations_share_one_connection() {
    let server = RedisServer::start();
    let store = Arc::new(store(&server));
    let mut tasks = JoinSet::new();
    for _ in 0..100 {
        let store = Arc::clone(&store);
        tasks.spawn(async move { assert_eq!(token(&store).await, None) });
    }
    tasks.join_all().await;
    let clients = server.text(["INFO", "clients"]);
    assert!(clients.contains("connected_clients:2\r\n"), "the store's connection, and this one: {clients}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_gives_up_waiting_never_gets_the_answer_of_another() {
    let server = RedisServer::start();
    let store = Arc::new(store(&server));
    for app in 0..16 {
        let key = TokenKey::new(&format!("wx{app}"), "stable").unwrap();
        let lease = store.acquire(&key, LONG).await.unwrap().unwrap();
        assert!(store.save(&key, &Secret::new(app.to_string()), LIFE, &lease).await.unwrap());
    }
    let mut tasks = JoinSet::new();
    for app in 0..16_u64 {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let key = TokenKey::new(&format!("wx{app}"), "stable").unwrap();
            let (mut answered, mut cancelled) = (0, 0);
            for round in 0..400 {
                // Some give up before the call is written, some after, some not at all.
                let patience = Duration::from_micros((round * 37 + app * 11) % 400);
                match tokio::time::timeout(patience, store.load(&key)).await {
                    Err(_) => cancelled += 1,
                    Ok(loaded) => {
                        assert_eq!(loaded.unwrap().unwrap().token.expose(), app.to_string());
                        answered += 1;
                    }
                }
            }
            (answered, cancelled)
        });
    }
    let (answered, cancelled) =
        tasks.join_all().await.into_iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    assert!(cancelled > 100, "{answered} {cancelled}");
    for app in 0..16 {
        let key = TokenKey::new(&format!("wx{app}"), "stable").unwrap();
        assert_eq!(store.load(&key).await.unwrap().unwrap().token.expose(), app.to_string());
    }
}
