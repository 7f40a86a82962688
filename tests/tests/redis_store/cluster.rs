//! A cluster of three.

use std::collections::HashSet;
use std::time::Instant;

use contract_tests::redis_server::RedisCluster;
use redis::Value;
use tokio::time::sleep;

use super::*;

/// The node that holds the keys of an app.
fn node_of(node: &RedisServer, key: &str) -> usize {
    let slot = node.number(["CLUSTER", "KEYSLOT", key]);
    usize::try_from(slot).unwrap() * 3 / 16384
}

#[tokio::test]
async fn a_store_in_a_cluster() {
    let mut cluster = RedisCluster::start();
    let store = RedisStore::cluster(cluster.urls()).unwrap().timeout(PATIENCE);
    let mut nodes = HashSet::new();
    for app in 0..40 {
        let key = TokenKey::new(&format!("wx{app}"), "stable").unwrap();
        let lease = store.acquire(&key, LONG).await.unwrap().expect("it is free");
        assert!(store.acquire(&key, LONG).await.unwrap().is_none());
        assert!(store.renew(&key, &lease, LONG).await.unwrap());
        assert!(store.save(&key, &Secret::new(app.to_string()), LIFE, &lease).await.unwrap());
        let stored = store.load(&key).await.unwrap().unwrap();
        assert_eq!((stored.token.expose(), stored.generation), (&*app.to_string(), lease.fence()));
        assert!(store.expire(&key, lease.fence()).await.unwrap());
        store.release(&key, lease).await.unwrap();
        nodes.insert(node_of(&cluster.nodes[0], &format!("weapp:v1:{{wx{app}:stable}}:token")));
    }
    assert_eq!(nodes.len(), 3, "the apps should be spread over all nodes");

    // One address is enough to find the rest, and no more rights than documented.
    for node in &cluster.nodes {
        allow_app(node, ["+ping", "+cluster|slots"]);
    }
    for node in &cluster.nodes {
        let one =
            RedisStore::cluster([node.url().replace("redis://", "redis://app:hunter2@")]).unwrap().timeout(PATIENCE);
        fetch(&one, "TOKEN").await;
    }
    let stranger = RedisStore::cluster([cluster.nodes[0].url().replace("redis://", "redis://app:hunter3@")])
        .unwrap()
        .timeout(PATIENCE);
    let text = failure(stranger.load(&key()).await);
    assert!(text.contains("refused the user or the password") && !text.contains("hunter"), "{text}");

    // Who takes it for a single Redis is told.
    let own = node_of(&cluster.nodes[0], TOKEN_KEY);
    let single = RedisStore::new(cluster.nodes[(own + 1) % 3].url()).unwrap();
    let text = failure(single.load(&key()).await);
    assert!(text.contains("(MOVED)") && text.contains("`RedisStore::cluster`"), "{text}");

    a_silent_node_stops_only_its_own(&cluster, own).await;
    a_slot_that_moves_is_followed(&cluster, &store, own).await;

    // A crash of the node, and of the whole cluster; the store finds its way back.
    cluster.nodes[(own + 1) % 3].kill();
    let started = Instant::now();
    failure(store.load(&key()).await);
    assert!(started.elapsed() < PATIENCE / 2, "{:?}", started.elapsed());
    // The others notice, and serve nobody any more.
    while !cluster.nodes[own].text(["CLUSTER", "INFO"]).contains("cluster_state:fail") {
        sleep(Duration::from_millis(20)).await;
    }
    let tag = |app| format!("weapp:v1:{{wx{app}:stable}}:token");
    let app = (0..).find(|app| node_of(&cluster.nodes[own], &tag(*app)) == own).unwrap();
    let text = failure(store.load(&TokenKey::new(&format!("wx{app}"), "stable").unwrap()).await);
    assert!(text.contains("(CLUSTERDOWN)"), "{text}");
    for node in &mut cluster.nodes {
        node.kill();
    }
    let started = Instant::now();
    let text = failure(store.load(&key()).await);
    assert!(text.contains("can not be reached"), "{text}");
    assert!(started.elapsed() < PATIENCE / 2, "{:?}", started.elapsed());
    for node in &mut cluster.nodes {
        node.restart();
    }
    while !is_healthy(&cluster) {
        sleep(Duration::from_millis(20)).await;
    }
    let started = Instant::now();
    fetch(&store, "TOKEN").await;
    assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
}

fn is_healthy(cluster: &RedisCluster) -> bool {
    cluster.nodes.iter().all(|node| node.text(["CLUSTER", "INFO"]).contains("cluster_state:ok"))
}

/// The first address in the list does not answer, and is a node that the cluster names.
async fn a_silent_node_stops_only_its_own(cluster: &RedisCluster, own: usize) {
    let silent = (own + 1) % 3;
    cluster.nodes[silent].pause();
    let mut urls = cluster.urls();
    urls.swap(0, silent);
    // Once in a second would do; on a busy machine it may take some more tries.
    let mut store = RedisStore::cluster(&urls).unwrap();
    let mut tries = 1;
    while let Err(error) = store.load(&key()).await {
        assert!(tries < 5, "{error}");
        tries += 1;
        store = RedisStore::cluster(&urls).unwrap();
    }
    cluster.nodes[silent].resume();
    while !is_healthy(cluster) {
        sleep(Duration::from_millis(20)).await;
    }
}

/// The slot goes to the next node, with its keys.
async fn a_slot_that_moves_is_followed(cluster: &RedisCluster, store: &RedisStore, own: usize) {
    let before = fetch(store, "MOVING").await;
    let (from, to) = (&cluster.nodes[own], &cluster.nodes[(own + 1) % 3]);
    let slot = from.number(["CLUSTER", "KEYSLOT", TOKEN_KEY]).to_string();
    let (from_id, to_id) = (from.text(["CLUSTER", "MYID"]), to.text(["CLUSTER", "MYID"]));
    to.command(["CLUSTER", "SETSLOT", &slot, "IMPORTING", &from_id]);
    from.command(["CLUSTER", "SETSLOT", &slot, "MIGRATING", &to_id]);
    for key in [TOKEN_KEY, FENCE_KEY] {
        let moved = from.command(["MIGRATE", "127.0.0.1", &to.port().to_string(), key, "0", "5000"]);
        assert_eq!(moved, Value::Okay, "{key}");
    }
    for node in [to, from] {
        node.command(["CLUSTER", "SETSLOT", &slot, "NODE", &to_id]);
    }
    assert_eq!(token(store).await.as_deref(), Some("MOVING"));
    assert!(fetch(store, "MOVED").await > before);
    assert_eq!(to.number(["EXISTS", TOKEN_KEY]), 1);
}
