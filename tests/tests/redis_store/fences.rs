//! Fences only ever increase.

use contract_tests::redis_server::Setup;

use super::*;

#[tokio::test]
async fn after_everything_was_flushed() {
    let server = RedisServer::start();
    let store = store(&server);
    let mut last = fetch(&store, "a").await;
    for _ in 0..100 {
        server.command(["FLUSHALL"]);
        let next = fetch(&store, "b").await;
        assert!(next > last, "{last} {next}");
        last = next;
    }
}

#[tokio::test]
async fn after_the_keys_were_evicted() {
    let server = Setup::new().maxmemory("3mb", "allkeys-random").start();
    let store = store(&server);
    let mut last = 0;
    let (mut rounds, mut evictions) = (0, 0);
    let filling = "x".repeat(100_000);
    while evictions < 20 {
        let next = fetch(&store, "a").await;
        assert!(next > last, "{last} {next}");
        last = next;
        for filler in 0..30 {
            server.command(["SET", &format!("filler{rounds}:{filler}"), &filling]);
        }
        evictions += i32::from(server.number(["EXISTS", FENCE_KEY]) == 0);
        rounds += 1;
        assert!(rounds < 2000, "Redis evicts nothing of ours");
    }
}

#[tokio::test]
async fn after_a_crash_without_persistence() {
    let mut server = RedisServer::start();
    let store = store(&server);
    let first = fetch(&store, "a").await;
    server.restart();
    assert_eq!(server.number(["DBSIZE"]), 0);
    assert!(fetch(&store, "b").await > first);
}

#[tokio::test]
async fn when_the_clock_of_redis_goes_back() {
    let server = RedisServer::start();
    let store = store(&server);
    // As good as a clock that was years ahead; and a number that Lua would round when it prints it.
    let ahead: u64 = 3_333_333_333_333_333;
    server.command(["SET", FENCE_KEY, &ahead.to_string()]);
    assert_eq!(fetch(&store, "a").await, ahead + 1);
    assert_eq!(fetch(&store, "b").await, ahead + 2);
    // The token that is kept knows it as well.
    server.command(["DEL", FENCE_KEY]);
    assert_eq!(fetch(&store, "c").await, ahead + 3);
}

#[tokio::test]
async fn when_the_fence_is_no_number() {
    let server = RedisServer::start();
    let store = store(&server);
    let first = fetch(&store, "a").await;
    server.command(["SET", FENCE_KEY, "rubbish"]);
    assert!(fetch(&store, "b").await > first);
}
