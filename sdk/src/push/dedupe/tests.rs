use std::sync::Arc;

use super::*;

const LEASE: Duration = Duration::from_secs(5);
const KEEP: Duration = Duration::from_secs(3600);

fn key(name: &str) -> DedupeKey {
    DedupeKey::new(name)
}

async fn fence(store: &impl Dedupe, key: &DedupeKey) -> u64 {
    match store.claim(key, LEASE).await.unwrap() {
        Claim::New { fence } => fence,
        other => panic!("{other:?}"),
    }
}

async fn done(store: &impl Dedupe, name: &str) {
    let fence = fence(store, &key(name)).await;
    assert!(store.finish(&key(name), fence, None, KEEP).await.unwrap());
}

#[test]
fn a_key_is_a_digest_and_shows_nothing_else() {
    // FIPS 180-4's own example.
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(key("abc").to_string(), digest);
    assert_eq!(format!("{:?}", key("abc")), format!("DedupeKey({digest})"));
}

#[test]
fn a_reply_is_not_shown() {
    let done = Claim::Done { reply: Some(r#"{"ToUserName":"oABC"}"#.to_owned()) };
    assert_eq!(format!("{done:?}"), "Done { .. }");
}

#[tokio::test(start_paused = true)]
async fn one_handles_a_message_until_it_is_done() {
    let store = Arc::new(MemoryDedupe::new());
    let (one, other) = (key("one"), key("other"));
    let claim = fence(&store, &one).await;
    assert_eq!(store.claim(&one, LEASE).await.unwrap(), Claim::Running);
    assert_ne!(fence(&store, &other).await, claim);
    assert!(store.finish(&one, claim, Some("{}"), KEEP).await.unwrap());
    assert_eq!(store.claim(&one, LEASE).await.unwrap(), Claim::Done { reply: Some("{}".to_owned()) });
    assert_eq!(store.claim(&other, LEASE).await.unwrap(), Claim::Running);
    // What is done stays done.
    store.release(&one, claim).await.unwrap();
    assert!(!store.renew(&one, claim, LEASE).await.unwrap());
    assert!(!store.finish(&one, claim, None, KEEP).await.unwrap());
    assert_eq!(store.claim(&one, LEASE).await.unwrap(), Claim::Done { reply: Some("{}".to_owned()) });
    tokio::time::advance(KEEP).await;
    fence(&store, &one).await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_message_is_free_again() {
    let store = MemoryDedupe::new();
    let first = fence(&store, &key("a")).await;
    store.release(&key("a"), first).await.unwrap();
    let second = fence(&store, &key("a")).await;
    assert_ne!(first, second);
    // The first owner has nothing to give back any more.
    store.release(&key("a"), first).await.unwrap();
    assert_eq!(store.claim(&key("a"), LEASE).await.unwrap(), Claim::Running);
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_ended_goes_to_the_next_and_its_owner_overwrites_nothing() {
    let store = MemoryDedupe::new();
    let a = key("a");
    let slow = fence(&store, &a).await;
    tokio::time::advance(LEASE - Duration::from_millis(1)).await;
    assert_eq!(store.claim(&a, LEASE).await.unwrap(), Claim::Running);
    assert!(store.renew(&a, slow, LEASE).await.unwrap());
    tokio::time::advance(LEASE - Duration::from_millis(1)).await;
    assert_eq!(store.claim(&a, LEASE).await.unwrap(), Claim::Running);
    tokio::time::advance(Duration::from_millis(1)).await;
    let next = fence(&store, &a).await;
    assert!(!store.renew(&a, slow, LEASE).await.unwrap());
    assert!(!store.finish(&a, slow, Some("old"), KEEP).await.unwrap());
    store.release(&a, slow).await.unwrap();
    assert_eq!(store.claim(&a, LEASE).await.unwrap(), Claim::Running);
    assert!(store.finish(&a, next, Some("new"), KEEP).await.unwrap());
    assert!(!store.finish(&a, slow, Some("old"), KEEP).await.unwrap());
    assert_eq!(store.claim(&a, LEASE).await.unwrap(), Claim::Done { reply: Some("new".to_owned()) });
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_ended_and_that_nobody_took_still_serves() {
    let store = MemoryDedupe::new();
    let (a, b) = (key("a"), key("b"));
    let (slow, slower) = (fence(&store, &a).await, fence(&store, &b).await);
    tokio::time::advance(LEASE * 2).await;
    assert!(store.renew(&a, slow, LEASE).await.unwrap());
    assert_eq!(store.claim(&a, LEASE).await.unwrap(), Claim::Running);
    assert!(store.finish(&b, slower, None, KEEP).await.unwrap());
    assert_eq!(store.claim(&b, LEASE).await.unwrap(), Claim::Done { reply: None });
}

#[tokio::test(start_paused = true)]
async fn no_more_is_remembered_than_fits() {
    let store = MemoryDedupe::with_capacity(3);
    let running = key("running");
    fence(&store, &running).await;
    for name in ["a", "b", "c", "d"] {
        done(&store, name).await;
        tokio::time::advance(Duration::from_millis(1)).await;
    }
    assert_eq!(store.claim(&running, LEASE).await.unwrap(), Claim::Running, "only what is done is forgotten");
    for name in ["b", "c", "d"] {
        assert_eq!(store.claim(&key(name), LEASE).await.unwrap(), Claim::Done { reply: None }, "{name}");
    }
    assert_eq!(format!("{store:?}"), "MemoryDedupe { capacity: 3, running: 1, done: 3 }");
    fence(&store, &key("a")).await;
    // What has ended takes no room.
    tokio::time::advance(KEEP).await;
    fence(&store, &key("e")).await;
    assert_eq!(format!("{store:?}"), "MemoryDedupe { capacity: 3, running: 1, done: 0 }");
    assert!(store.finish(&key("e"), 7, None, Duration::MAX).await.is_ok(), "no time is too long");
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_is_never_polled_does_nothing() {
    let store = MemoryDedupe::new();
    drop(store.claim(&key("a"), LEASE));
    fence(&store, &key("a")).await;
}
