//! What each method promises.

use std::collections::HashMap;

use tokio::time::sleep;
use weapp::token::StoredToken;

use super::*;

#[tokio::test]
async fn an_empty_store_has_nothing() {
    let server = RedisServer::start();
    let store = store(&server);
    assert_eq!(token(&store).await, None);
    assert!(!store.expire(&key(), 1).await.unwrap());
    assert!(!store.renew(&key(), &Lease::new(1, "nobody"), LONG).await.unwrap());
    store.release(&key(), Lease::new(1, "nobody")).await.unwrap();
    assert_eq!(server.number(["DBSIZE"]), 0);
}

#[tokio::test]
async fn what_is_saved_is_loaded() {
    let server = RedisServer::start();
    let store = store(&server);
    let lease = take(&store, LONG).await;
    // Odd bytes and 512 characters must pass.
    let long = format!("é\r\n\0\"'{}", "x".repeat(512));
    assert!(save(&store, &long, &lease).await);
    let StoredToken { token, life, remaining, generation, .. } = store.load(&key()).await.unwrap().unwrap();
    assert_eq!(token.expose(), long);
    assert_eq!(life, LIFE);
    assert!(remaining <= LIFE && remaining > LIFE - Duration::from_secs(5), "{remaining:?}");
    assert_eq!(generation, lease.fence());
    // Another process sees the same.
    let other = super::store(&server);
    assert_eq!(super::token(&other).await, Some(long));
}

#[tokio::test]
async fn the_keys_are_as_documented_and_each_ends() {
    let server = RedisServer::start();
    let store = store(&server);
    let lease = take(&store, LONG).await;
    assert!(save(&store, "TOKEN", &lease).await);

    let mut keys: Vec<String> = redis::from_redis_value(server.command(["KEYS", "*"])).unwrap();
    keys.sort();
    assert_eq!(keys, [FENCE_KEY, LOCK_KEY, TOKEN_KEY]);
    let fields: HashMap<String, String> = redis::from_redis_value(server.command(["HGETALL", TOKEN_KEY])).unwrap();
    let fence = lease.fence().to_string();
    let expected = [("token", "TOKEN"), ("life", "7200000"), ("generation", &fence)];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert_eq!(server.text(["GET", FENCE_KEY]), fence);
    let owner = server.text(["GET", LOCK_KEY]);
    assert_eq!(owner, lease.owner());
    assert!(owner.len() == 32 && owner.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')), "{owner}");

    for (key, milliseconds) in [(TOKEN_KEY, 7_200_000), (LOCK_KEY, 60_000), (FENCE_KEY, 7 * 24 * 3_600_000)] {
        let ttl = server.number(["PTTL", key]);
        assert!(ttl <= milliseconds && ttl > milliseconds - 5000, "{key}: {ttl}");
    }
}

#[tokio::test]
async fn the_fence_is_microseconds_of_redis_time_and_passes_through_lua_whole() {
    let server = RedisServer::start();
    let store = store(&server);
    let now = || -> (u64, u64) { redis::from_redis_value(server.command(["TIME"])).unwrap() };
    let microseconds = |(seconds, rest): (u64, u64)| seconds * 1_000_000 + rest;
    let before = microseconds(now());
    let lease = take(&store, LONG).await;
    let after = microseconds(now());
    assert!((before..=after + 1).contains(&lease.fence()), "{before} {} {after}", lease.fence());
}

#[tokio::test]
async fn a_token_ends_with_its_life() {
    let server = RedisServer::start();
    let store = store(&server);
    let lease = take(&store, LONG).await;
    assert!(store.save(&key(), &Secret::new("brief"), SHORT, &lease).await.unwrap());
    assert_eq!(token(&store).await.as_deref(), Some("brief"));
    sleep(AFTER).await;
    assert_eq!(token(&store).await, None);
    // No life at all is the shortest one.
    assert!(store.save(&key(), &Secret::new("none"), Duration::ZERO, &lease).await.unwrap());
    sleep(Duration::from_millis(5)).await;
    assert_eq!(token(&store).await, None);
    // And the longest is not too long for Redis.
    assert!(store.save(&key(), &Secret::new("eternal"), Duration::MAX, &lease).await.unwrap());
    assert_eq!(token(&store).await.as_deref(), Some("eternal"));
}

#[tokio::test]
async fn one_holds_the_lease_until_it_is_released() {
    let server = RedisServer::start();
    let (one, two) = (store(&server), store(&server));
    let lease = take(&one, LONG).await;
    assert!(one.acquire(&key(), LONG).await.unwrap().is_none());
    assert!(two.acquire(&key(), LONG).await.unwrap().is_none());
    let fence = lease.fence();
    one.release(&key(), lease).await.unwrap();
    let next = take(&two, LONG).await;
    assert!(next.fence() > fence);
    assert!(one.acquire(&key(), LONG).await.unwrap().is_none());
}

#[tokio::test]
async fn a_lease_ends_by_itself() {
    let server = RedisServer::start();
    let (one, two) = (store(&server), store(&server));
    let lease = take(&one, SHORT).await;
    assert!(!is_free(&two).await);
    sleep(AFTER).await;
    assert!(!one.renew(&key(), &lease, LONG).await.unwrap(), "it has ended");
    assert!(is_free(&two).await);
}

#[tokio::test]
async fn a_renewed_lease_lasts_longer() {
    let server = RedisServer::start();
    let (one, two) = (store(&server), store(&server));
    let lease = take(&one, SHORT).await;
    assert!(one.renew(&key(), &lease, LONG).await.unwrap());
    sleep(AFTER).await;
    assert!(!is_free(&two).await);
    // Renewing can shorten it, too.
    assert!(one.renew(&key(), &lease, SHORT).await.unwrap());
    sleep(AFTER).await;
    let other = take(&two, LONG).await;
    assert!(!one.renew(&key(), &lease, LONG).await.unwrap(), "somebody else has it");
    assert!(two.renew(&key(), &other, LONG).await.unwrap());
}

#[tokio::test]
async fn a_token_is_dropped_only_if_it_is_the_one() {
    let server = RedisServer::start();
    let store = store(&server);
    let first = fetch(&store, "first").await;
    let second = fetch(&store, "second").await;
    assert!(!store.expire(&key(), first).await.unwrap());
    assert_eq!(token(&store).await.as_deref(), Some("second"));
    assert!(store.expire(&key(), second).await.unwrap());
    assert_eq!(token(&store).await, None);
    assert!(!store.expire(&key(), second).await.unwrap());
    assert!(fetch(&store, "third").await > second);
}

#[tokio::test]
async fn a_lease_may_save_again() {
    let server = RedisServer::start();
    let store = store(&server);
    let lease = take(&store, LONG).await;
    assert!(save(&store, "first", &lease).await);
    assert!(save(&store, "second", &lease).await);
    assert_eq!(token(&store).await.as_deref(), Some("second"));
}

#[tokio::test]
async fn apps_kinds_and_prefixes_are_apart() {
    let server = RedisServer::start();
    let plain = store(&server);
    fetch(&plain, "plain").await;
    for other in
        [("wx0123456789abcdef", "classic"), ("wxfedcba9876543210", "stable"), ("wx0123456789abcdef:stable", "a")]
    {
        let other = TokenKey::new(other.0, other.1).unwrap();
        assert!(plain.load(&other).await.unwrap().is_none());
        assert!(plain.acquire(&other, LONG).await.unwrap().is_some());
    }
    let shop = store(&server).prefix("shop:{1}");
    assert_eq!(token(&shop).await, None);
    let lease = take(&shop, LONG).await;
    assert!(save(&shop, "shop", &lease).await);
    assert!(is_free(&plain).await);
    assert_eq!(token(&plain).await.as_deref(), Some("plain"));
    assert_eq!(token(&shop).await.as_deref(), Some("shop"));
    let keys = server.number(["EXISTS", "shop:%7B1%7D:v1:{wx0123456789abcdef:stable}:token"]);
    assert_eq!(keys, 1, "{:?}", server.command(["KEYS", "*"]));
}

#[tokio::test]
async fn odd_appids_stay_in_one_slot_and_apart() {
    let server = RedisServer::start();
    let store = store(&server);
    let mut tokens = Vec::new();
    for appid in ["", "}", "{}", "a}b", "a{b", "a:b", "a b", "a%7Db", "微信"] {
        let key = TokenKey::new(appid, "stable").unwrap();
        let lease = store.acquire(&key, LONG).await.unwrap().expect("a key of its own");
        assert!(store.save(&key, &Secret::new(appid), LIFE, &lease).await.unwrap());
        tokens.push((key, appid));
    }
    for (key, appid) in &tokens {
        assert_eq!(store.load(key).await.unwrap().unwrap().token.expose(), *appid);
    }
    // What stands between the first brace and the next closing one decides; it must be there, and the same for all three.
    let keys: Vec<String> = redis::from_redis_value(server.command(["KEYS", "*"])).unwrap();
    assert_eq!(keys.len(), tokens.len() * 3);
    for key in keys {
        let (_, tag) = key.split_once('{').unwrap();
        let (tag, rest) = tag.split_once('}').unwrap();
        assert!(tag.ends_with(":stable"), "{key}");
        assert!([":token", ":lock", ":fence"].contains(&rest), "{key}");
    }
}

#[tokio::test]
async fn what_never_ends_is_not_the_stores() {
    let server = RedisServer::start();
    let store = store(&server);
    fetch(&store, "TOKEN").await;
    server.command(["PERSIST", TOKEN_KEY]);
    assert_eq!(token(&store).await, None, "nobody knows how long it serves");
    server.command(["SET", LOCK_KEY, "for ever"]);
    assert!(is_free(&store).await, "nobody would ever release it");
}
