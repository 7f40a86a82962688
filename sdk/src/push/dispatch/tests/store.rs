//! The store is away, slow, and comes back.

use super::*;

/// A store that fails or keeps silent when it is told to.
#[derive(Default)]
struct Shaky {
    inner: MemoryDedupe,
    down: AtomicBool,
    silent: AtomicBool,
    stale: AtomicBool,
}

impl Shaky {
    fn or<'a, T: Send + 'a>(&'a self, answer: Deduping<'a, T>) -> Deduping<'a, T> {
        Box::pin(async move {
            if self.silent.load(Ordering::Relaxed) {
                std::future::pending().await
            }
            match self.down.load(Ordering::Relaxed) {
                true => Err("the store is down".into()),
                false => answer.await,
            }
        })
    }

    fn set(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }
}

impl Dedupe for Shaky {
    fn claim<'a>(&'a self, key: &'a DedupeKey, lease: Duration) -> Deduping<'a, Claim> {
        self.or(self.inner.claim(key, lease))
    }
    fn renew<'a>(&'a self, key: &'a DedupeKey, fence: u64, lease: Duration) -> Deduping<'a, bool> {
        self.or(self.inner.renew(key, fence, lease))
    }
    fn finish<'a>(
        &'a self,
        key: &'a DedupeKey,
        fence: u64,
        reply: Option<&'a str>,
        keep: Duration,
    ) -> Deduping<'a, bool> {
        match self.stale.load(Ordering::Relaxed) {
            true => Box::pin(async { Ok(false) }),
            false => self.or(self.inner.finish(key, fence, reply, keep)),
        }
    }
    fn release<'a>(&'a self, key: &'a DedupeKey, fence: u64) -> Deduping<'a, ()> {
        self.or(self.inner.release(key, fence))
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_store_messages_are_handled_and_known_here() {
    let plan = Plan::new([(0, Does::Well), (0, Does::Fail)]);
    let store = Arc::new(Shaky::default());
    let dispatcher = || plan.dispatcher().dedupe(Arc::clone(&store));
    let (one, two) = (dispatcher(), dispatcher());
    store.set(true);
    for _ in 0..3 {
        let (status, reply, _) = deliver(&one, question()).await;
        assert_eq!((status, &*reply), (200, r#"{"ToUserName":"oPlantedOpenid","permission":7}"#));
    }
    assert_eq!(plan.counts(), (1, 1));
    assert_eq!(deliver(&one, verdict("1")).await, answered(500, "failed", 0));
    assert_eq!(deliver(&one, verdict("1")).await, answered(200, "success", 0));
    assert_eq!(plan.counts(), (3, 2));
    // When it is back, it is told at the next delivery, and so are the others.
    store.set(false);
    assert_eq!(deliver(&one, verdict("1")).await, answered(200, "success", 0));
    assert_eq!(deliver(&two, verdict("1")).await, answered(200, "success", 0));
    assert_eq!(plan.counts(), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_while_a_handler_runs_costs_no_message() {
    let plan = Plan::new([(2000, Does::Well), (2000, Does::Fail)]);
    let store = Arc::new(Shaky::default());
    let dispatcher = plan.dispatcher().dedupe(Arc::clone(&store));
    let first = delivering(&dispatcher, verdict("1"));
    sleep(seconds(1)).await;
    store.set(true);
    assert_eq!(first.await.unwrap(), answered(200, "success", 2000));
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 0));
    store.set(false);
    let second = delivering(&dispatcher, verdict("2"));
    sleep(seconds(1)).await;
    store.set(true);
    assert_eq!(second.await.unwrap(), answered(500, "failed", 2000));
    store.set(false);
    // It could not be given back, and ends by itself.
    let (status, _, after) = deliver(&dispatcher, verdict("2")).await;
    assert_eq!(status, 200);
    assert!(after <= 4500, "{after}");
    assert_eq!(plan.counts(), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_silent_store_holds_a_message_up_for_two_seconds() {
    let plan = Plan::default();
    let store = Arc::new(Shaky::default());
    let dispatcher = plan.dispatcher().dedupe(Arc::clone(&store));
    store.silent.store(true, Ordering::Relaxed);
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 2000));
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 2000));
    assert_eq!(plan.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_while_another_process_is_at_it_gives_nobody_the_message() {
    let plan = Plan::new([(60_000, Does::Well)]);
    let store = Arc::new(Shaky::default());
    let dispatcher = || plan.dispatcher().dedupe(Arc::clone(&store));
    let (one, two) = (dispatcher(), dispatcher());
    assert_eq!(deliver(&one, verdict("1")).await, answered(200, "success", 4500));
    let second = delivering(&two, verdict("1"));
    sleep(seconds(1)).await;
    store.set(true);
    assert_eq!(second.await.unwrap(), answered(503, "failed", 4500));
    assert_eq!(plan.counts(), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_comes_back_while_a_handler_runs_without_it_begins_no_other() {
    let plan = Plan::new([(4000, Does::Well)]);
    let store = Arc::new(Shaky::default());
    let dispatcher = plan.dispatcher().dedupe(Arc::clone(&store));
    store.set(true);
    let first = delivering(&dispatcher, verdict("1"));
    sleep(seconds(1)).await;
    store.set(false);
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 3000));
    assert_eq!(first.await.unwrap(), answered(200, "success", 4000));
    assert_eq!(plan.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_gives_what_it_was_not_given_counts_as_failing() {
    let plan = Plan::default();
    let store = Arc::new(MemoryDedupe::new());
    let dispatcher = plan.dispatcher().dedupe(Arc::clone(&store));
    let key = DedupeKey::new(&receiver().open(&query(), verdict("1")).unwrap().distinct(Verdict::META));
    let Claim::New { fence } = store.claim(&key, kept::LEASE).await.unwrap() else { panic!() };
    assert!(store.finish(&key, fence, Some("no JSON"), KEEP).await.unwrap());
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 0));
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 0));
    assert_eq!(plan.counts(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_was_taken_over_does_no_harm() {
    let plan = Plan::default();
    let store = Arc::new(Shaky::default());
    let dispatcher = plan.dispatcher().dedupe(Arc::clone(&store));
    store.stale.store(true, Ordering::Relaxed);
    assert_eq!(deliver(&dispatcher, verdict("1")).await, answered(200, "success", 0));
    assert_eq!(dispatcher.drain(seconds(1)).await, 0);
}
