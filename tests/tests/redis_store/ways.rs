//! The ways to a single Redis: TLS, sockets, logins, a connection of one's own.

use std::fs;

use contract_tests::redis_server::Setup;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use weapp::ErrorKind;

use super::*;

#[tokio::test]
async fn over_tls_with_an_authority_of_ones_own() {
    let server = Setup::new().password("hunter2").tls().start();
    assert!(server.url().starts_with("rediss://:hunter2@127.0.0.1:"));
    let read = |name: &str| fs::read(server.dir().join(name)).unwrap();
    let plain = || store(&server);

    let text = failure(plain().load(&key()).await);
    assert!(
        text.contains("Redis is not trusted: invalid peer certificate: UnknownIssuer")
            && text.contains("`root_certificates`"),
        "{text}"
    );
    let trusting = || plain().root_certificates(read("ca.pem")).unwrap();
    let text = failure(trusting().load(&key()).await);
    assert!(
        text.contains("Redis wants a certificate of its clients") && text.contains("`client_certificate`"),
        "{text}"
    );

    let known = trusting().client_certificate(read("client.pem"), read("client.key")).unwrap();
    fetch(&known, "TOKEN").await;
    assert_eq!(token(&known).await.as_deref(), Some("TOKEN"));
    assert!(!format!("{known:?}").contains("hunter2"));

    // A certificate that somebody else signed.
    let other = Setup::new().tls().start();
    let read_other = |name: &str| fs::read(other.dir().join(name)).unwrap();
    let stranger = trusting().client_certificate(read_other("client.pem"), read_other("client.key")).unwrap();
    let text = failure(stranger.load(&key()).await);
    assert!(text.contains("does not trust the certificate of this client"), "{text}");
    let mistaken = plain().root_certificates(read_other("ca.pem")).unwrap();
    let text = failure(mistaken.load(&key()).await);
    assert!(text.contains("Redis is not trusted: invalid peer certificate: "), "{text}");

    server.command(["CONFIG", "SET", "tls-auth-clients", "no"]);
    let known = trusting();
    assert_eq!(token(&known).await.as_deref(), Some("TOKEN"));
}

#[tokio::test]
async fn tls_where_it_is_not_expected_and_none_where_it_is() {
    let server = Setup::new().tls().start();
    let to = |url: String| RedisStore::new(url).unwrap().timeout(Duration::from_millis(500));
    for url in [format!("rediss://127.0.0.1:{}", server.port()), server.url().replace("rediss", "redis")] {
        let text = failure(to(url).load(&key()).await);
        assert!(text.contains("whether it expects TLS"), "{text}");
    }
}

#[test]
fn certificates_that_are_none_or_of_no_use() {
    let store = || RedisStore::new("rediss://127.0.0.1").unwrap();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let plain = RedisStore::new("redis://127.0.0.1").unwrap();
    let cluster = RedisStore::cluster(["redis://127.0.0.1"]).unwrap();
    let sentinel = RedisStore::sentinel(["redis://127.0.0.1"], "mymaster").unwrap();
    for outcome in [
        store().root_certificates("no PEM"),
        store().root_certificates(broken),
        store().client_certificate("no PEM", "no PEM"),
        store().client_certificate(broken, "no PEM"),
        plain.root_certificates(broken),
        cluster.root_certificates(broken),
        sentinel.root_certificates(broken),
    ] {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        assert!(error.to_string().starts_with("the Redis store can not be set up: "), "{error}");
    }
}

#[tokio::test]
async fn over_a_unix_socket() {
    let server = Setup::new().password("hunter2").option("unixsocket", "redis.sock").start();
    let socket = server.dir().join("redis.sock");
    let url = |query: &str| format!("redis+unix://{}{query}", socket.display());
    let store = RedisStore::new(url("?pass=hunter2&db=3")).unwrap();
    fetch(&store, "TOKEN").await;
    assert!(server.text(["INFO", "keyspace"]).contains("db3:keys=2"));
    let text = failure(RedisStore::new(url("")).unwrap().load(&key()).await);
    assert!(text.contains("(NOAUTH)"), "{text}");
    drop(server);
    let text = failure(store.load(&key()).await);
    assert!(text.contains("can not be reached"), "{text}");
}

#[tokio::test]
async fn with_the_database_of_the_url() {
    let server = RedisServer::start();
    let one = RedisStore::new(format!("redis://127.0.0.1:{}/1", server.port())).unwrap();
    let two = RedisStore::new(format!("redis://127.0.0.1:{}/2", server.port())).unwrap();
    fetch(&one, "one").await;
    fetch(&two, "two").await;
    assert_eq!((token(&one).await.as_deref(), token(&two).await.as_deref()), (Some("one"), Some("two")));
    let none = RedisStore::new(format!("redis://127.0.0.1:{}/99", server.port())).unwrap();
    let text = failure(none.load(&key()).await);
    assert!(text.contains("no database of this number"), "{text}");
}

#[tokio::test]
async fn with_the_newer_protocol() {
    let server = Setup::new().password("hunter2").start();
    let store = RedisStore::new(server.url() + "?protocol=resp3").unwrap();
    let lease = take(&store, LONG).await;
    assert!(store.acquire(&key(), LONG).await.unwrap().is_none());
    assert!(store.renew(&key(), &lease, LONG).await.unwrap());
    assert!(save(&store, "TOKEN", &lease).await);
    assert_eq!(token(&store).await.as_deref(), Some("TOKEN"));
    assert!(store.expire(&key(), lease.fence()).await.unwrap());
    store.release(&key(), lease).await.unwrap();
    assert!(is_free(&store).await);
}

#[tokio::test]
async fn as_a_user_who_may_do_no_more_than_documented() {
    let server = RedisServer::start();
    // A password of which much has to be encoded.
    allow_app(&server, ["resetpass", ">hunter#2/@"]);
    let store = RedisStore::new(format!("redis://app:hunter%232%2F%40@127.0.0.1:{}", server.port())).unwrap();
    let lease = take(&store, LONG).await;
    assert!(store.acquire(&key(), LONG).await.unwrap().is_none());
    assert!(store.renew(&key(), &lease, LONG).await.unwrap());
    assert!(save(&store, "TOKEN", &lease).await);
    assert_eq!(token(&store).await.as_deref(), Some("TOKEN"));
    assert!(store.expire(&key(), lease.fence()).await.unwrap());
    store.release(&key(), lease).await.unwrap();
    assert!(is_free(&store).await);
}

#[tokio::test]
async fn over_a_connection_of_ones_own() {
    let mut server = RedisServer::start();
    let client = redis::Client::open(server.url()).unwrap();
    let own = client.get_multiplexed_async_connection().await.unwrap();
    let store = RedisStore::from_connection(own).prefix("own");
    fetch(&store, "TOKEN").await;
    assert_eq!(server.number(["EXISTS", "own:v1:{wx0123456789abcdef:stable}:token"]), 1);
    assert!(format!("{store:?}").contains("connection"));

    let config = ConnectionManagerConfig::new().set_max_delay(Duration::from_millis(50));
    let manager = ConnectionManager::new_lazy_with_config(client, config).unwrap();
    let managed = RedisStore::from_connection(manager);
    fetch(&managed, "TOKEN").await;
    server.restart();
    fetch(&managed, "TOKEN").await;
    // It can not reconnect by itself; and a certificate for it has to be given where it is made.
    failure(store.load(&key()).await);
    let error = store.root_certificates("-----BEGIN CERTIFICATE-----").unwrap_err();
    assert!(error.to_string().contains("A connection of yours"), "{error}");
}
