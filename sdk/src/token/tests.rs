use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::SystemTime;

use super::*;
use crate::client::Client;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind, Result};

/// A clock that goes on when it is told to.
#[derive(Clone, Default)]
struct Hand(Arc<AtomicU64>);

impl Hand {
    fn pass(&self, time: Duration) {
        self.0.fetch_add(time.as_millis() as u64, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.elapsed()
    }
}

type Answer = Box<dyn Fn(usize) -> Result<FetchedToken> + Send + Sync>;

/// A source that answers as told, and counts.
#[derive(Clone)]
struct Script {
    kind: &'static str,
    fetches: Arc<AtomicUsize>,
    takes: Duration,
    answer: Arc<Answer>,
}

impl Script {
    fn new(answer: impl Fn(usize) -> Result<FetchedToken> + Send + Sync + 'static) -> Self {
        let answer: Answer = Box::new(answer);
        Self { kind: "script", fetches: Arc::default(), takes: Duration::ZERO, answer: Arc::new(answer) }
    }

    /// A new token each time, of two hours.
    fn usual() -> Self {
        Self::new(|number| Ok(FetchedToken::new(format!("token-{number}"), HOURS)))
    }

    fn taking(mut self, time: Duration) -> Self {
        self.takes = time;
        self
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

impl TokenSource for Script {
    fn kind(&self) -> &str {
        self.kind
    }
    fn fetch<'a>(&'a self, _: &'a Client, wish: Wish) -> Fetching<'a> {
        let number = self.fetches.fetch_add(1, Ordering::SeqCst) + 1;
        Box::pin(async move {
            tokio::time::sleep(self.takes).await;
            let forced = if wish == Wish::Forced { "forced-" } else { "" };
            let fetched = (self.answer)(number)?;
            Ok(FetchedToken::new(format!("{forced}{}", fetched.secret.expose()), fetched.life))
        })
    }
}

const HOURS: Duration = Duration::from_secs(7200);
const MINUTE: Duration = Duration::from_secs(60);

fn client(source: &Script, store: impl TokenStore, clock: &Hand) -> Client {
    let builder = Client::builder().appid("wx1").token_source(source.clone()).token_store(store).clock(clock.clone());
    builder.timeout(Duration::from_secs(2)).build().unwrap()
}

async fn token(client: &Client) -> String {
    client.access_token().await.unwrap().expose().to_owned()
}

/// Waits for what happens in the background.
async fn until(what: impl Fn() -> bool) {
    for _ in 0..400 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it did not happen");
}

fn reject(client: &Client, times: usize) {
    let keeper = client.bound().app.keeper().unwrap();
    let token = keeper.serving().unwrap();
    for _ in 0..times {
        keeper.reject(&token, &Error::api(40001, String::new(), None));
    }
}

#[tokio::test]
async fn the_next_token_comes_while_the_old_one_serves() {
    let (source, clock) = (Script::usual().taking(Duration::from_millis(50)), Hand::default());
    let client = client(&source, MemoryStore::new(), &clock);
    assert_eq!(token(&client).await, "token-1");
    clock.pass(HOURS - 5 * MINUTE);
    assert_eq!(token(&client).await, "token-1");
    assert_eq!(source.fetches(), 1, "nobody comes before the margin");
    clock.pass(3 * MINUTE);
    for _ in 0..20 {
        assert_eq!(token(&client).await, "token-1", "nobody waits");
    }
    until(|| source.fetches() == 2).await;
    while token(&client).await == "token-1" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!((token(&client).await.as_str(), source.fetches()), ("token-2", 2));
}

#[tokio::test]
async fn who_saw_the_old_token_does_not_replace_the_new_one() {
    let (source, clock) = (Script::usual(), Hand::default());
    let client = client(&source, MemoryStore::new(), &clock);
    token(&client).await;
    // A caller looked before this token came, and gets to the lock only now.
    client.bound().app.keeper().unwrap().begin_early(&client, MINUTE);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(source.fetches(), 1);
}

#[tokio::test]
async fn without_calls_nothing_is_renewed_and_a_late_call_waits() {
    let (source, clock) = (Script::usual(), Hand::default());
    let client = client(&source, MemoryStore::new(), &clock);
    token(&client).await;
    clock.pass(3 * HOURS);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(source.fetches(), 1);
    // The memory's own clock did not go on: what it keeps serves again, for the rest of its life.
    assert_eq!(token(&client).await, "token-1");
}

#[tokio::test]
async fn a_token_in_its_last_minutes_is_not_fetched_again_and_again() {
    for seconds in [300, 120, 60, 2, 1, 0] {
        let source = Script::new(move |_| Ok(FetchedToken::new("short", Duration::from_secs(seconds))));
        let client = client(&source, MemoryStore::new(), &Hand::default());
        for _ in 0..50 {
            token(&client).await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(source.fetches(), 1, "{seconds} s");
    }
}

#[tokio::test]
async fn a_life_of_nothing_still_serves_who_waited_for_it() {
    for life in [Duration::ZERO, Duration::from_nanos(1), Duration::MAX] {
        let source = Script::new(move |_| Ok(FetchedToken::new("odd", life)));
        let client = client(&source, MemoryStore::new(), &Hand::default());
        assert_eq!(token(&client).await, "odd", "{life:?}");
    }
}

#[tokio::test]
async fn all_who_wait_for_a_token_without_life_get_it() {
    let source = Script::new(|_| Ok(FetchedToken::new("odd", Duration::ZERO))).taking(Duration::from_millis(20));
    // Without a margin nothing makes a life longer.
    let builder = Client::builder().appid("wx1").token_source(source.clone()).token_margin(Duration::ZERO);
    let client = builder.clock(Hand::default()).build().unwrap();
    let all: Vec<_> =
        (0..64).map(|_| client.clone()).map(|client| tokio::spawn(async move { token(&client).await })).collect();
    for one in all {
        assert_eq!(one.await.unwrap(), "odd");
    }
    assert!(source.fetches() <= 3, "{}", source.fetches());
}

#[tokio::test]
async fn clients_that_share_a_store_fetch_once() {
    let source = Script::usual().taking(Duration::from_millis(80));
    let (store, clock) = (Arc::new(MemoryStore::new()), Hand::default());
    let clients: Vec<_> = (0..8).map(|_| client(&source, Arc::clone(&store), &clock)).collect();
    let all: Vec<_> = clients.iter().cloned().map(|client| tokio::spawn(async move { token(&client).await })).collect();
    for one in all {
        assert_eq!(one.await.unwrap(), "token-1");
    }
    assert_eq!(source.fetches(), 1);
    let other = client(&Script { kind: "other", ..source.clone() }, store, &clock);
    assert_eq!(token(&other).await, "token-2", "another kind has tokens of its own");
}

#[tokio::test]
async fn a_panic_in_the_source_strands_nobody() {
    let source = Script::new(|number| {
        assert!(number > 1, "planted");
        Ok(FetchedToken::new("after", HOURS))
    });
    let (store, clock) = (Arc::new(MemoryStore::new()), Hand::default());
    let first = client(&source, Arc::clone(&store), &clock);
    let error = first.access_token().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Token);
    assert!(error.to_string().contains("panicked"), "{error}");
    // The lease is free: another client need not wait until it ends.
    let second = client(&source, store, &clock);
    let started = std::time::Instant::now();
    assert_eq!(token(&second).await, "after");
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_source_that_never_answers_ends_at_the_timeout() {
    let source = Script::usual().taking(Duration::from_secs(3600));
    let client = Client::builder().appid("wx1").token_source(source).timeout(Duration::from_millis(50));
    let error = client.build().unwrap().access_token().await.unwrap_err();
    assert!(error.is_timeout() && error.kind() == ErrorKind::Token, "{error}");
}

#[tokio::test]
async fn a_failure_that_lasts_is_remembered_for_a_minute() {
    for code in [40125, 40001, 40164, 40013, 45009, 45011, 40243, 50007, 89503] {
        let source = Script::new(move |_| Err(Error::api(code, "planted".to_owned(), None)));
        let clock = Hand::default();
        let client = client(&source, MemoryStore::new(), &clock);
        for _ in 0..20 {
            let error = client.access_token().await.unwrap_err();
            assert_eq!((error.kind(), error.code().unwrap().get()), (ErrorKind::Token, code));
        }
        assert_eq!(source.fetches(), 1, "{code}");
        clock.pass(MINUTE - Duration::from_secs(1));
        client.access_token().await.unwrap_err();
        assert_eq!(source.fetches(), 1, "{code}");
        clock.pass(Duration::from_secs(2));
        client.access_token().await.unwrap_err();
        assert_eq!(source.fetches(), 2, "{code}");
        client.access_token().cache(false).await.unwrap_err();
        assert_eq!(source.fetches(), 3, "who insists is served");
    }
}

#[tokio::test]
async fn a_failure_that_passes_is_remembered_shortly_and_longer_if_it_stays() {
    let source = Script::new(|number| match number {
        7 => Ok(FetchedToken::new("at last", HOURS)),
        1 => Err(Error::api(-1, String::new(), None)),
        _ => Err(Error::timeout(false)),
    });
    let clock = Hand::default();
    let client = client(&source, MemoryStore::new(), &clock);
    for (number, seconds) in [1, 2, 4, 8, 15, 15].into_iter().enumerate() {
        client.access_token().await.unwrap_err();
        clock.pass(Duration::from_millis(seconds * 1000 - 100));
        client.access_token().await.unwrap_err();
        assert_eq!(source.fetches(), number + 1);
        clock.pass(Duration::from_millis(200));
    }
    assert_eq!(token(&client).await, "at last");
}

#[tokio::test]
async fn an_early_fetch_that_fails_leaves_the_old_token_and_is_not_hammered() {
    let source = Script::new(|number| match number {
        1 => Ok(FetchedToken::new("old", HOURS)),
        _ => Err(Error::api(-1, String::new(), None)),
    });
    let clock = Hand::default();
    let client = client(&source, MemoryStore::new(), &clock);
    token(&client).await;
    clock.pass(HOURS - 2 * MINUTE);
    for _ in 0..50 {
        assert_eq!(token(&client).await, "old");
        tokio::task::yield_now().await;
    }
    until(|| source.fetches() == 2).await;
    for _ in 0..50 {
        assert_eq!(token(&client).await, "old");
    }
    assert_eq!(source.fetches(), 2);
}

#[tokio::test]
async fn a_rejected_token_is_dropped_only_while_it_is_the_current_one() {
    let (source, clock) = (Script::usual(), Hand::default());
    let client = client(&source, MemoryStore::new(), &clock);
    token(&client).await;
    clock.pass(HOURS / 2);
    let old = client.bound().app.keeper().unwrap().serving().unwrap();
    reject(&client, 64);
    assert_eq!(token(&client).await, "token-2");
    // A rejection that comes late speaks of the old token.
    client.bound().app.keeper().unwrap().reject(&old, &Error::api(40001, String::new(), None));
    assert_eq!((token(&client).await.as_str(), source.fetches()), ("token-2", 2));
}

#[tokio::test]
async fn a_rejected_token_that_the_source_stands_by_is_borne_with() {
    let source = Script::new(|_| Ok(FetchedToken::new("the only one", HOURS)));
    let clock = Hand::default();
    let client = client(&source, MemoryStore::new(), &clock);
    token(&client).await;
    for (fetches, hold) in [(2, 5), (3, 10), (4, 20), (5, 40), (6, 60), (7, 60)] {
        reject(&client, 10);
        token(&client).await;
        for _ in 0..10 {
            reject(&client, 10);
            token(&client).await;
        }
        assert_eq!(source.fetches(), fetches);
        clock.pass(Duration::from_secs(hold) + Duration::from_millis(20));
    }
}

#[tokio::test]
async fn tokens_that_are_taken_away_at_once_do_not_make_a_storm() {
    let (source, clock) = (Script::usual(), Hand::default());
    let client = client(&source, MemoryStore::new(), &clock);
    for _ in 0..100 {
        token(&client).await;
        reject(&client, 1);
        clock.pass(Duration::from_millis(100));
    }
    // Ten seconds went by: a few at once, and then one after 5 seconds.
    assert!((4..=7).contains(&source.fetches()), "{}", source.fetches());
    clock.pass(MINUTE * 20);
    token(&client).await;
    reject(&client, 1);
    let before = source.fetches();
    token(&client).await;
    assert_eq!(source.fetches(), before + 1, "an old token's end is no storm");
}

#[tokio::test]
async fn a_rejected_token_is_dropped_from_the_store_for_all() {
    let (source, clock) = (Script::usual(), Hand::default());
    let store = Arc::new(MemoryStore::new());
    let (one, two) = (client(&source, Arc::clone(&store), &clock), client(&source, Arc::clone(&store), &clock));
    assert_eq!((token(&one).await.as_str(), token(&two).await.as_str()), ("token-1", "token-1"));
    clock.pass(HOURS / 2);
    reject(&one, 1);
    assert_eq!(token(&one).await, "token-2");
    reject(&two, 1);
    assert_eq!(token(&two).await, "token-2", "the other one adopts it");
    assert_eq!(source.fetches(), 2);
}

#[tokio::test]
async fn a_forced_token_outlives_a_fetch_that_began_before() {
    let (source, clock) = (Script::usual().taking(Duration::from_millis(60)), Hand::default());
    let client = client(&source, MemoryStore::new(), &clock);
    let slow = tokio::spawn({
        let client = client.clone();
        async move { token(&client).await }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    let forced = client.access_token().force_refresh().await.unwrap();
    assert_eq!(forced.expose(), "forced-token-2");
    assert_eq!(slow.await.unwrap(), "token-1");
    assert_eq!(token(&client).await, "forced-token-2");
}

/// A store that is out of reach when it is told so, can lose a lease, and more.
#[derive(Default)]
struct Shaky {
    inner: MemoryStore,
    down: AtomicBool,
    stuck: AtomicBool,
    stale: AtomicBool,
    /// Takes no writes.
    read_only: AtomicBool,
    /// Has lost its latest writes: its tokens are of an older generation.
    behind: AtomicBool,
    /// How long its tokens live from now on, in seconds, if not as long as they should.
    remaining: AtomicU64,
    loads: AtomicUsize,
}

impl Shaky {
    fn pass<'a, T: Send + 'a>(&'a self, answer: Storing<'a, T>) -> Storing<'a, T> {
        if self.stuck.load(Ordering::SeqCst) {
            Box::pin(std::future::pending())
        } else if self.down.load(Ordering::SeqCst) {
            Box::pin(std::future::ready(Err("planted outage".into())))
        } else {
            answer
        }
    }

    fn write<'a, T: Send + 'a>(&'a self, answer: Storing<'a, T>) -> Storing<'a, T> {
        if self.read_only.load(Ordering::SeqCst) {
            return Box::pin(std::future::ready(Err("planted refusal".into())));
        }
        self.pass(answer)
    }
}

impl TokenStore for Shaky {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Storing<'a, Option<StoredToken>> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        self.pass(Box::pin(async move {
            let mut stored = self.inner.load(key).await?;
            if let Some(stored) = &mut stored {
                if self.behind.load(Ordering::SeqCst) {
                    stored.generation = 0;
                }
                match self.remaining.load(Ordering::SeqCst) {
                    0 => {}
                    seconds => stored.remaining = Duration::from_secs(seconds),
                }
            }
            Ok(stored)
        }))
    }
    fn acquire<'a>(&'a self, key: &'a TokenKey, ttl: Duration) -> Storing<'a, Option<Lease>> {
        self.write(self.inner.acquire(key, ttl))
    }
    fn renew<'a>(&'a self, key: &'a TokenKey, lease: &'a Lease, ttl: Duration) -> Storing<'a, bool> {
        self.write(self.inner.renew(key, lease, ttl))
    }
    fn save<'a>(&'a self, key: &'a TokenKey, token: &'a Secret, life: Duration, lease: &'a Lease) -> Storing<'a, bool> {
        if self.stale.load(Ordering::SeqCst) {
            return Box::pin(std::future::ready(Ok(false)));
        }
        self.write(self.inner.save(key, token, life, lease))
    }
    fn release<'a>(&'a self, key: &'a TokenKey, lease: Lease) -> Storing<'a, ()> {
        self.write(self.inner.release(key, lease))
    }
    fn expire<'a>(&'a self, key: &'a TokenKey, generation: u64) -> Storing<'a, bool> {
        self.write(self.inner.expire(key, generation))
    }
}

#[tokio::test]
async fn an_old_token_of_a_store_that_takes_no_writes_does_not_come_back() {
    let (source, clock) = (Script::usual(), Hand::default());
    let store = Arc::new(Shaky::default());
    let client = client(&source, Arc::clone(&store), &clock);
    assert_eq!(token(&client).await, "token-1");
    clock.pass(HOURS - 2 * MINUTE);
    store.remaining.store(120, Ordering::SeqCst);
    store.read_only.store(true, Ordering::SeqCst);
    token(&client).await;
    until(|| client.bound().app.keeper().unwrap().serving().unwrap().secret().expose() == "token-2").await;
    for _ in 0..5 {
        clock.pass(Duration::from_secs(20));
        assert_eq!(token(&client).await, "token-2");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!((token(&client).await.as_str(), source.fetches()), ("token-2", 2));
}

#[tokio::test]
async fn a_store_that_has_lost_its_latest_writes_is_not_asked_by_each_call() {
    let (source, clock) = (Script::usual(), Hand::default());
    let store = Arc::new(Shaky::default());
    let client = client(&source, Arc::clone(&store), &clock);
    token(&client).await;
    clock.pass(HOURS - 2 * MINUTE);
    store.behind.store(true, Ordering::SeqCst);
    let before = store.loads.load(Ordering::SeqCst);
    for _ in 0..50 {
        assert_eq!(token(&client).await, "token-1");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!((store.loads.load(Ordering::SeqCst) - before, source.fetches()), (1, 1));
}

#[tokio::test]
async fn without_the_store_the_client_goes_on_and_comes_back() {
    let (source, clock) = (Script::usual(), Hand::default());
    let store = Arc::new(Shaky::default());
    let (one, two) = (client(&source, Arc::clone(&store), &clock), client(&source, Arc::clone(&store), &clock));
    store.down.store(true, Ordering::SeqCst);
    assert_eq!((token(&one).await.as_str(), token(&two).await.as_str()), ("token-1", "token-2"));
    for _ in 0..5 {
        clock.pass(Duration::from_secs(30));
        token(&one).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(source.fetches(), 2, "an outage fetches nothing while there is a token");
    store.down.store(false, Ordering::SeqCst);
    clock.pass(MINUTE);
    // One of them publishes a token, and the other one takes it over.
    token(&one).await;
    until(|| source.fetches() == 3).await;
    until(|| one.bound().app.keeper().unwrap().serving().unwrap().secret().expose() == "token-3").await;
    token(&two).await;
    until(|| two.bound().app.keeper().unwrap().serving().unwrap().secret().expose() == "token-3").await;
    assert_eq!(source.fetches(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answers_counts_as_out_of_reach() {
    let (source, clock) = (Script::usual(), Hand::default());
    let store = Arc::new(Shaky::default());
    store.stuck.store(true, Ordering::SeqCst);
    let client = Client::builder().appid("wx1").token_source(source).token_store(store).clock(clock).build().unwrap();
    assert_eq!(token(&client).await, "token-1");
}

#[tokio::test]
async fn a_refused_write_leads_to_the_newer_token_or_serves_this_process_alone() {
    let (source, clock) = (Script::usual(), Hand::default());
    let store = Arc::new(Shaky::default());
    store.stale.store(true, Ordering::SeqCst);
    let alone = client(&source, Arc::clone(&store), &clock);
    assert_eq!(token(&alone).await, "token-1", "nothing newer is kept");
    store.stale.store(false, Ordering::SeqCst);
    let other = client(&source, Arc::clone(&store), &clock);
    assert_eq!(token(&other).await, "token-2");
    clock.pass(MINUTE);
    token(&alone).await;
    until(|| alone.bound().app.keeper().unwrap().serving().unwrap().secret().expose() == "token-2").await;
    assert_eq!(source.fetches(), 2);
}

#[tokio::test]
async fn only_good_names_are_kinds() {
    for kind in ["", "With Capitals", "x:y", "a-name-of-more-than-thirty-two-letters"] {
        let source = token_source_fn(kind, |_, _| async { Ok(FetchedToken::new("t", HOURS)) });
        let error = Client::builder().appid("wx1").token_source(source).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{kind:?}");
    }
}

#[tokio::test]
async fn a_function_is_a_source() {
    let wishes = Arc::new(Mutex::new(VecDeque::new()));
    let seen = Arc::clone(&wishes);
    let source = token_source_fn("central", move |appid, wish| {
        seen.lock().unwrap().push_back((appid, wish));
        async { Ok(FetchedToken::new("central token", HOURS)) }
    });
    assert!(format!("{source:?}").contains("central"));
    let client = Client::builder().appid("wx1").token_source(source).build().unwrap();
    assert_eq!(token(&client).await, "central token");
    client.access_token().force_refresh().await.unwrap();
    let wishes = wishes.lock().unwrap().clone();
    assert_eq!(wishes, [("wx1".to_owned(), Wish::Valid), ("wx1".to_owned(), Wish::Forced)]);
}

#[test]
fn nothing_shows_a_token() {
    let secret = || Secret::new("planted-token");
    let time = Time::system();
    let terms = Terms { source: Arc::new(StableToken), store: Arc::new(MemoryStore::new()), margin: MINUTE, time };
    let token = Token::new(secret(), Generation::Stored(1), &terms, HOURS, HOURS);
    let shown = format!(
        "{:?} {:?} {:?} {:?}",
        AccessToken(Arc::new(token)),
        FetchedToken::new(secret(), HOURS),
        StoredToken::new(secret(), HOURS, HOURS, 1),
        Keeper::new("wx1", &terms).unwrap(),
    );
    assert!(!shown.contains("planted"), "{shown}");
}
