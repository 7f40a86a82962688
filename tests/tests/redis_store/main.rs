//! `RedisStore` against a real Redis; see `contract_tests::redis_server`.
#![allow(clippy::unwrap_used, reason = "a test's helpers are tests, too")]

mod cluster;
mod contract;
mod crowd;
mod dedupe;
mod errors;
mod fences;
mod outage;
mod sentinel;
mod stale;
mod ways;

use std::time::Duration;

use contract_tests::redis_server::RedisServer;
use weapp::Secret;
use weapp::token::{Lease, RedisStore, TokenKey, TokenStore};

/// A lease that no test outlives.
const LONG: Duration = Duration::from_secs(60);
/// A lease that a test waits for.
const SHORT: Duration = Duration::from_millis(400);
/// Some time after it.
const AFTER: Duration = Duration::from_millis(500);
/// A machine may be busy with other tests; where the timeout is what a test is about, it sets its own.
const PATIENCE: Duration = Duration::from_secs(10);
/// Far below it.
const AT_ONCE: Duration = Duration::from_secs(1);
const LIFE: Duration = Duration::from_secs(7200);

const TOKEN_KEY: &str = "weapp:v1:{wx0123456789abcdef:stable}:token";
const LOCK_KEY: &str = "weapp:v1:{wx0123456789abcdef:stable}:lock";
const FENCE_KEY: &str = "weapp:v1:{wx0123456789abcdef:stable}:fence";

fn key() -> TokenKey {
    TokenKey::new("wx0123456789abcdef", "stable").unwrap()
}

fn store(server: &RedisServer) -> RedisStore {
    RedisStore::new(server.url()).unwrap().timeout(PATIENCE)
}

/// Takes the lease, which must be free.
async fn take(store: &RedisStore, ttl: Duration) -> Lease {
    store.acquire(&key(), ttl).await.unwrap().expect("somebody holds the lease")
}

async fn is_free(store: &RedisStore) -> bool {
    match store.acquire(&key(), LONG).await.unwrap() {
        None => false,
        Some(lease) => {
            store.release(&key(), lease).await.unwrap();
            true
        }
    }
}

async fn save(store: &RedisStore, token: &str, lease: &Lease) -> bool {
    store.save(&key(), &Secret::new(token), LIFE, lease).await.unwrap()
}

/// The token that is kept.
async fn token(store: &RedisStore) -> Option<String> {
    store.load(&key()).await.unwrap().map(|stored| stored.token.expose().to_owned())
}

/// Takes the lease, saves a token and releases it: all that a fetch does.
async fn fetch(store: &RedisStore, token: &str) -> u64 {
    let lease = take(store, LONG).await;
    let fence = lease.fence();
    assert!(save(store, token, &lease).await);
    store.release(&key(), lease).await.unwrap();
    fence
}

/// Makes the user `app`, who may do what the documentation of `RedisStore` lists, and some more.
fn allow_app<const N: usize>(server: &RedisServer, more: [&str; N]) {
    let rules = "on >hunter2 +eval +evalsha +get +set +del +hget +hmget +hset +pexpire +pttl +time ~weapp:v1:*";
    let words: Vec<&str> = ["ACL", "SETUSER", "app", "reset"].into_iter().chain(rules.split(' ')).chain(more).collect();
    server.command(&words[..]);
}

/// What an operation that must fail says.
fn failure<T>(outcome: Result<T, weapp::token::StoreError>) -> String {
    let error = outcome.err().expect("this should fail");
    assert!(format!("{error:?}").contains(&error.to_string()), "Debug shows what Display does: {error:?}");
    error.to_string()
}
