//! What Redis refuses is told in words that help, and without a secret.

use std::fs;

use contract_tests::redis_server::Setup;
use tokio::time::sleep;

use super::*;

/// Recognisable, and long enough not to be in a text by accident.
const SECRET: &str = "SECRET-4f1cbd0e7a";

/// What each operation says that writes, and each that reads.
async fn failures(store: &RedisStore) -> [String; 6] {
    let (key, lease, token) = (key(), Lease::new(1, "nobody"), Secret::new(SECRET));
    let texts = [
        failure(store.load(&key).await),
        failure(store.expire(&key, 1).await),
        failure(store.renew(&key, &lease, LONG).await),
        failure(store.acquire(&key, LONG).await),
        failure(store.save(&key, &token, LIFE, &lease).await),
        failure(store.release(&key, lease).await),
    ];
    for text in &texts {
        assert!(!text.contains(SECRET) && !text.contains("hunter2"), "{text}");
        assert!(text.contains("; what to do: "), "{text}");
    }
    texts
}

/// The same for operations of which some need not fail; those that must are counted.
async fn writes_fail(store: &RedisStore, words: [&str; 2]) {
    let lease = Lease::new(u64::MAX >> 12, "nobody");
    let acquired = failure(store.acquire(&key(), LONG).await);
    let saved = failure(store.save(&key(), &Secret::new(SECRET), LIFE, &lease).await);
    for text in [acquired, saved] {
        assert!(words.iter().all(|word| text.contains(word)), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[tokio::test]
async fn no_memory_left() {
    let server = RedisServer::start();
    let store = store(&server);
    fetch(&store, "TOKEN").await;
    let fence = server.text(["GET", FENCE_KEY]);
    server.command(["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    server.command(["CONFIG", "SET", "maxmemory", "1"]);
    writes_fail(&store, ["(OOM)", "maxmemory"]).await;
    // Nothing was done by half.
    assert_eq!(server.number(["EXISTS", LOCK_KEY]), 0);
    assert_eq!(server.text(["GET", FENCE_KEY]), fence);
    assert_eq!(token(&store).await.as_deref(), Some("TOKEN"));
    server.command(["CONFIG", "SET", "maxmemory", "0"]);
    fetch(&store, "NEXT").await;
}

#[tokio::test]
async fn a_replica() {
    let (primary, server) = (RedisServer::start(), RedisServer::start());
    let store = store(&server);
    fetch(&store, "TOKEN").await;
    server.command(["CONFIG", "SET", "replica-serve-stale-data", "yes"]);
    server.command(["REPLICAOF", "127.0.0.1", &primary.port().to_string()]);
    writes_fail(&store, ["(READONLY)", "RedisStore::sentinel"]).await;
    server.command(["REPLICAOF", "NO", "ONE"]);
    fetch(&store, "NEXT").await;
}

#[tokio::test]
async fn a_replica_that_lost_its_primary() {
    let server = RedisServer::start();
    let store = store(&server);
    fetch(&store, "TOKEN").await;
    server.command(["CONFIG", "SET", "replica-serve-stale-data", "no"]);
    server.command(["REPLICAOF", "127.0.0.1", "1"]);
    for text in failures(&store).await {
        assert!(text.contains("(MASTERDOWN)") || text.contains("(READONLY)"), "{text}");
    }
    server.command(["REPLICAOF", "NO", "ONE"]);
    fetch(&store, "NEXT").await;
}

#[tokio::test]
async fn too_few_replicas() {
    let server = RedisServer::start();
    let store = store(&server);
    server.command(["CONFIG", "SET", "min-replicas-to-write", "1"]);
    writes_fail(&store, ["(NOREPLICAS)", "min-replicas-to-write"]).await;
}

#[tokio::test]
async fn a_disk_that_can_not_be_written() {
    let server = Setup::new().option("dbfilename", "dump.rdb").start();
    let store = store(&server);
    fetch(&store, "TOKEN").await;
    // The name of a folder can not be overwritten.
    fs::create_dir_all(server.dir().join("dump.rdb/in the way")).unwrap();
    server.command(["CONFIG", "SET", "save", "3600 1"]);
    server.command(["BGSAVE"]);
    while !server.text(["INFO", "persistence"]).contains("rdb_last_bgsave_status:err") {
        sleep(Duration::from_millis(10)).await;
    }
    writes_fail(&store, ["(MISCONF)", "disk"]).await;
}

#[tokio::test]
async fn a_server_that_is_still_loading() {
    // Three tenths of a second for each key; others are answered meanwhile only every so many bytes.
    let slow =
        [("key-load-delay", "300000"), ("loading-process-events-interval-bytes", "1024"), ("rdbcompression", "no")];
    let setup = slow.into_iter().fold(Setup::new(), |setup, (name, value)| setup.option(name, value));
    let mut server = setup.start();
    let store = store(&server);
    for number in 0..100 {
        server.command(["SET", &format!("filler{number}"), &"x".repeat(2000)]);
    }
    server.command(["SAVE"]);
    server.restart();
    assert!(server.text(["INFO", "persistence"]).contains("loading:1"));
    for text in failures(&store).await {
        assert!(text.contains("(LOADING)") && text.contains("wait"), "{text}");
    }
}

#[tokio::test]
async fn no_password_or_a_wrong_one() {
    let server = Setup::new().password("hunter2").start();
    let port = server.port();
    for (url, words) in [
        (format!("redis://127.0.0.1:{port}"), ["Redis wants a password", "redis://user:password@host"]),
        (format!("redis://:hunter22@127.0.0.1:{port}"), ["refused the user or the password", "percent-encoded"]),
        (format!("redis://me:hunter2@127.0.0.1:{port}"), ["refused the user or the password", "percent-encoded"]),
        (
            format!("redis://:hunter2hunter2@127.0.0.1:{port}?protocol=resp3"),
            ["refused the user or the password", "URL"],
        ),
    ] {
        let store = RedisStore::new(&url).unwrap();
        for text in failures(&store).await {
            assert!(words.iter().all(|word| text.contains(word)), "{text}");
        }
        assert!(!format!("{store:?}").contains("hunter"), "{store:?}");
    }
    fetch(&store(&server), "TOKEN").await;
}

#[tokio::test]
async fn a_login_that_is_mended_on_the_server() {
    let server = RedisServer::start();
    let store = RedisStore::new(format!("redis://app:hunter2@127.0.0.1:{}", server.port())).unwrap();
    failures(&store).await;
    server.command(["ACL", "SETUSER", "app", "on", ">hunter2", "~*", "+@all"]);
    fetch(&store, "TOKEN").await;
    // A user that is taken away loses the connection, too.
    server.command(["ACL", "DELUSER", "app"]);
    failures(&store).await;
}

#[tokio::test]
async fn a_command_that_is_not_allowed() {
    let server = RedisServer::start();
    server.command(["ACL", "SETUSER", "app", "on", ">hunter2", "~*", "+@all", "-eval", "-evalsha"]);
    let app = RedisStore::new(format!("redis://app:hunter2@127.0.0.1:{}", server.port())).unwrap();
    for text in failures(&app).await {
        assert!(text.contains("(NOPERM)") && text.contains("`RedisStore`"), "{text}");
    }
    // Within a script, and by the name of a key.
    for rules in [["~*", "-time"], ["~other:*", "+@all"]] {
        let [one, two] = rules;
        server.command(["ACL", "SETUSER", "app", "reset", "on", ">hunter2", "+@all", one, two]);
        let text = failure(app.acquire(&key(), LONG).await);
        assert!(text.contains("ACL") && text.contains("`RedisStore`"), "{rules:?}: {text}");
    }
}

#[tokio::test]
async fn a_command_that_is_renamed() {
    // Redis quotes the arguments then; a short prefix would leave room for the token.
    let server = Setup::new().option("rename-command", "EVALSHA hidden").start();
    let store = store(&server).prefix("");
    let key = TokenKey::new("", "a").unwrap();
    let token = Secret::new(SECRET);
    let text = failure(store.save(&key, &token, LIFE, &Lease::new(1, "a")).await);
    assert!(text.contains("ERR: unknown command 'EVALSHA'; what to do: see the page of `RedisStore`"), "{text}");
    assert!(!text.contains(&SECRET[..6]), "{text}");
}

#[tokio::test]
async fn keys_that_hold_something_else() {
    let server = RedisServer::start();
    let store = store(&server);
    server.command(["SET", TOKEN_KEY, SECRET]);
    let lease = Lease::new(1, "nobody");
    for text in [
        failure(store.load(&key()).await),
        failure(store.acquire(&key(), LONG).await),
        failure(store.save(&key(), &Secret::new(SECRET), LIFE, &lease).await),
        failure(store.expire(&key(), 1).await),
    ] {
        assert!(text.contains("(WRONGTYPE)") && text.contains("`prefix`") && !text.contains(SECRET), "{text}");
    }
    assert_eq!(server.text(["GET", TOKEN_KEY]), SECRET, "it is somebody else's");
    assert_eq!(server.number(["EXISTS", LOCK_KEY, FENCE_KEY]), 0);

    server.command(["DEL", TOKEN_KEY]);
    server.command(["HSET", LOCK_KEY, "a", "b"]);
    for text in [
        failure(store.acquire(&key(), LONG).await),
        failure(store.save(&key(), &Secret::new(SECRET), LIFE, &lease).await),
        failure(store.renew(&key(), &lease, LONG).await),
        failure(store.release(&key(), lease).await),
    ] {
        assert!(text.contains("(WRONGTYPE)"), "{text}");
    }
}

#[tokio::test]
async fn a_token_in_another_format() {
    let server = RedisServer::start();
    let store = store(&server);
    for fields in [["life", "soon"], ["life", ""], ["generation", "-1"], ["generation", "1.5"]] {
        server.command(["HSET", TOKEN_KEY, "token", SECRET, "life", "7200000", "generation", "1"]);
        server.command(["PEXPIRE", TOKEN_KEY, "60000"]);
        assert_eq!(token(&store).await.as_deref(), Some(SECRET));
        let [name, value] = fields;
        server.command(["HSET", TOKEN_KEY, name, value]);
        let text = failure(store.load(&key()).await);
        assert!(text.contains(TOKEN_KEY) && text.contains("`prefix`") && !text.contains(SECRET), "{text}");
        server.command(["DEL", TOKEN_KEY]);
    }
    // A field that is missing; a fetch puts it right.
    server.command(["HSET", TOKEN_KEY, "token", SECRET]);
    failure(store.load(&key()).await);
    fetch(&store, "TOKEN").await;
    assert_eq!(token(&store).await.as_deref(), Some("TOKEN"));
}

#[tokio::test]
async fn no_place_for_another_connection() {
    let server = RedisServer::start();
    let (one, two) = (store(&server), store(&server));
    fetch(&one, "TOKEN").await;
    server.command(["CONFIG", "SET", "maxclients", "1"]);
    let text = failure(two.load(&key()).await);
    assert!(text.contains("can not be reached"), "{text}");
}
