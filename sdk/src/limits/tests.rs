#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::future::poll_fn;
use std::io::Write;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Context;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::*;
use crate::endpoint::Method;
use crate::error::ErrorKind;

const LINK: &str = "generateUrlLink";
const SCHEME: &str = "generateScheme";

static URL_LINK: Meta = Meta::new(LINK, "urllink.generate", Method::Post, "/l")
    .limits(&[Limit::new(100, Per::Second), Limit::new(400, Per::Minute).shared_with(&[SCHEME]).also("others")]);
static URL_SCHEME: Meta =
    Meta::new(SCHEME, "urlscheme.generate", Method::Post, "/s")
        .limits(&[Limit::new(400, Per::Minute).shared_with(&[LINK]).also("others")]);
static CODE: Meta = Meta::new("getUnlimitedQRCode", "wxacode.get_unlimited", Method::Post, "/c")
    .limits(&[Limit::new(100, Per::Second)]);
static RARE: Meta =
    Meta::new("getLiveInfo", "live_broadcast.get", Method::Post, "/r").limits(&[Limit::new(2, Per::Minute)]);
/// All of its limits are for reading only.
static TOLD: Meta = Meta::new("createQRCode", "wxacode.create", Method::Post, "/t").limits(&[
    Limit::new(1, Per::Total).shared_with(&["getQRCode"]),
    Limit::new(1, Per::Month),
    Limit::new(1, Per::Day).condition("with force"),
]);
/// Two that share two limits, and say so in another order, the one of them twice.
static LEFT: Meta = Meta::new("getQRCode", "l", Method::Post, "/l").limits(&[
    Limit::new(100, Per::Second).shared_with(&["createQRCode"]),
    Limit::new(5000, Per::Minute).shared_with(&["createQRCode"]),
    Limit::new(100, Per::Second).shared_with(&["createQRCode"]),
]);
static RIGHT: Meta = Meta::new("createQRCode", "r", Method::Post, "/r").limits(&[
    Limit::new(5000, Per::Minute).shared_with(&["getQRCode"]),
    Limit::new(100, Per::Second).shared_with(&["getQRCode"]),
]);
static FREE: Meta = Meta::new("code2Session", "auth.code2session", Method::Get, "/f");

const APP: &str = "wx1";

fn limiter(limits: Limits) -> Arc<Limiter> {
    limits.check().unwrap();
    Arc::new(Limiter::new(limits))
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

/// How many calls go through at this moment.
async fn at_once(limiter: &Limiter, meta: &'static Meta, app: &str) -> usize {
    for calls in 0..10_000 {
        if limiter.admit(meta, app, Instant::now()).await.is_err() {
            return calls;
        }
    }
    10_000
}

#[test]
fn what_cannot_be_right_is_told_when_the_client_is_built() {
    for (limits, named) in [
        (Limits::wait().share(0.0), "a `share` of 0;"),
        (Limits::wait().share(-0.5), "-0.5"),
        (Limits::wait().share(1.01), "1.01"),
        (Limits::wait().share(f64::NAN), "NaN"),
        (Limits::none().max_in_flight(0), "`max_in_flight`"),
        (Limits::wait().set("getUnlimitedQrCode", 1, Per::Day), "`getUnlimitedQrCode`"),
        (Limits::wait().set("", 1, Per::Day), "``"),
        (Limits::refuse().set("getQRCode", 0, Per::Day), "`getQRCode` 0 calls"),
        (Limits::none().set("getQRCode", 1, Per::Total), "per `total`"),
        (Limits::none().set("getQRCode", 1, Per::Month), "per `month`"),
    ] {
        let error = limits.check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        let text = error.to_string();
        assert!(text.contains(named) && text.contains("what to do: give "), "{named}: {text}");
    }
    for id in IDS {
        Limits::wait().share(0.01).set(*id, 1, Per::Second).max_in_flight(1).check().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_is_documented_without_a_condition_is_kept_to() {
    let limiter = limiter(Limits::refuse());
    for meta in [&TOLD, &FREE] {
        assert_eq!(at_once(&limiter, meta, APP).await, 10_000, "{}", meta.id);
        assert!(limiter.slot(meta, APP, soon()).await.unwrap().is_none());
    }
    let off = Limiter::new(Limits::none());
    for meta in [&URL_LINK, &CODE] {
        assert_eq!(at_once(&off, meta, APP).await, 10_000, "{}", meta.id);
    }
}

#[tokio::test(start_paused = true)]
async fn who_refuses_says_when_to_come_back() {
    let limiter = limiter(Limits::refuse());
    assert_eq!(at_once(&limiter, &CODE, APP).await, 10);
    let error = limiter.admit(&CODE, APP, soon()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Limit, Some(Duration::from_nanos(10_989_011))));
    assert!(error.is_retryable() && !error.maybe_sent());
    assert!(error.to_string().contains("the limit of 100/s is used up"), "{error}");
    sleep(error.retry_after().unwrap()).await;
    limiter.admit(&CODE, APP, soon()).await.unwrap();
    // Other apps and endpoints have quotas of their own.
    assert_eq!(at_once(&limiter, &CODE, "wx2").await, 10);
    assert_eq!(at_once(&limiter, &RARE, APP).await, 1);
}

#[tokio::test(start_paused = true)]
async fn endpoints_that_share_a_limit_are_counted_together() {
    let limiter = limiter(Limits::refuse());
    // A tenth of 100/s, its own; of the 400/min that both share 30 are left then.
    assert_eq!(at_once(&limiter, &URL_LINK, APP).await, 10);
    assert_eq!(at_once(&limiter, &URL_SCHEME, APP).await, 30);
    sleep(Duration::from_millis(11)).await;
    let error = limiter.admit(&URL_LINK, APP, soon()).await.unwrap_err().to_string();
    assert!(error.contains("the limit of 400/min shared with generateScheme and others is used up"), "{error}");
    // What one pool refused was taken from none: the other has room again as soon as it should.
    sleep(Duration::from_millis(10 * 167)).await;
    assert_eq!(at_once(&limiter, &URL_LINK, APP).await, 10);
    assert_eq!(at_once(&limiter, &URL_SCHEME, APP).await, 0);
    assert_eq!(at_once(&limiter, &URL_SCHEME, "wx2").await, 40);
}

#[tokio::test(start_paused = true)]
async fn limits_of_ones_own() {
    // In place of the documented one, for both that share it; the limit per second stays.
    let set = limiter(Limits::refuse().set(SCHEME, 1000, Per::Minute).set(SCHEME, 2000, Per::Minute));
    assert_eq!(at_once(&set, &URL_LINK, APP).await, 10);
    assert_eq!(at_once(&set, &URL_SCHEME, APP).await, 190);
    // Beside the documented ones, where none is of this unit.
    let added = limiter(Limits::refuse().set("code2Session", 50, Per::Second).set("getUnlimitedQRCode", 8, Per::Day));
    assert_eq!(at_once(&added, &FREE, APP).await, 5);
    assert_eq!(at_once(&added, &CODE, APP).await, 4);
    let error = added.admit(&CODE, APP, soon()).await.unwrap_err().to_string();
    assert!(error.contains("the limit of 8/day is used up"), "{error}");
    // Nothing but these.
    let only = limiter(Limits::none().set(LINK, 50, Per::Minute));
    assert_eq!(at_once(&only, &CODE, APP).await, 10_000);
    assert_eq!(at_once(&only, &URL_LINK, APP).await, 5);
    assert_eq!(at_once(&only, &URL_SCHEME, APP).await, 0);
}

#[tokio::test(start_paused = true)]
async fn a_share_of_every_quota() {
    let limiter = limiter(Limits::refuse().share(0.25).set("code2Session", 400, Per::Second));
    assert_eq!(at_once(&limiter, &CODE, APP).await, 2);
    assert_eq!(at_once(&limiter, &FREE, APP).await, 10);
    // Half a call in a minute is one in two.
    assert_eq!(at_once(&limiter, &RARE, APP).await, 1);
    let error = limiter.admit(&RARE, APP, soon()).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(120)));
    assert!(error.to_string().contains("2/min, of which this process may use the part 0.25, is used up"), "{error}");
}

/// A call that got through.
struct Passed {
    number: usize,
    at: Duration,
    /// How often it was woken, and polled for the first time.
    polls: usize,
}

/// So many calls at once, in the order in which they got through.
async fn crowd(limiter: &Arc<Limiter>, meta: &'static Meta, calls: usize) -> Vec<Passed> {
    let started = Instant::now();
    let passed = Arc::new(Mutex::new(Vec::new()));
    let mut all = JoinSet::new();
    for number in 0..calls {
        let (limiter, passed) = (Arc::clone(limiter), Arc::clone(&passed));
        all.spawn(async move {
            let mut call = pin!(limiter.admit(meta, APP, started + Duration::from_secs(30)));
            let mut polls = 0;
            let count = |context: &mut Context<'_>| {
                polls += 1;
                call.as_mut().poll(context)
            };
            poll_fn(count).await.unwrap();
            passed.lock().unwrap().push(Passed { number, at: started.elapsed(), polls });
        });
    }
    all.join_all().await;
    Arc::into_inner(passed).unwrap().into_inner().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_crowd_gets_through_in_order_and_in_time() {
    let limiter = limiter(Limits::wait());
    let passed = crowd(&limiter, &CODE, 200).await;
    let order: Vec<usize> = passed.iter().map(|call| call.number).collect();
    assert_eq!(order, (0..200).collect::<Vec<_>>());
    // 10 at once, and 190 at 10.99 ms each; timers are as fine as a millisecond.
    let last = passed[199].at;
    assert!(last >= Duration::from_micros(2_087_912) && last <= Duration::from_millis(2_090), "{last:?}");
    for (start, from) in passed.iter().map(|call| call.at).enumerate() {
        let in_second = passed[start..].iter().filter(|call| call.at < from + Duration::from_secs(1)).count();
        assert!(in_second <= 100, "{in_second} in the second after {from:?}");
    }
    // Woken when it has the turn, and when there is room.
    assert!(passed.iter().all(|call| call.polls <= 4), "{:?}", passed.iter().map(|call| call.polls).max());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_gets_through_on_real_threads() {
    let limiter = limiter(Limits::none().set("code2Session", 1000, Per::Second));
    let passed = crowd(&limiter, &FREE, 400).await;
    let last = passed.iter().map(|call| call.at).max().unwrap();
    // 100 at once, 300 at 1.11 ms each. It can be no sooner, and a slow machine makes it later.
    assert!(last >= Duration::from_millis(332) && last < Duration::from_secs(5), "{last:?}");
}

#[tokio::test(start_paused = true)]
async fn who_would_wait_too_long_is_refused_at_once() {
    let limiter = limiter(Limits::wait());
    assert_eq!(at_once(&limiter, &CODE, APP).await, 10);
    let started = Instant::now();
    let mut all = JoinSet::new();
    for _ in 0..200 {
        let limiter = Arc::clone(&limiter);
        all.spawn(async move {
            let result = limiter.admit(&CODE, APP, started + Duration::from_secs(1)).await;
            (result, started.elapsed())
        });
    }
    let all = all.join_all().await;
    let (passed, refused): (Vec<_>, Vec<_>) = all.into_iter().partition(|(result, _)| result.is_ok());
    assert_eq!((passed.len(), refused.len()), (90, 110));
    for (index, (result, at)) in refused.iter().enumerate() {
        let error = result.as_ref().unwrap_err();
        assert_eq!((error.kind(), *at), (ErrorKind::Limit, Duration::ZERO));
        // In the place that they would have had.
        assert_eq!(error.retry_after(), Some(Duration::from_nanos(10_989_011) * 91), "{index}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_gives_up_leaves_the_queue() {
    let limiter = limiter(Limits::wait());
    assert_eq!(at_once(&limiter, &CODE, APP).await, 10);
    let mut impatient = JoinSet::new();
    for _ in 0..500 {
        let limiter = Arc::clone(&limiter);
        impatient.spawn(async move { limiter.admit(&CODE, APP, soon()).await });
    }
    sleep(Duration::from_millis(1)).await;
    impatient.shutdown().await;
    let started = Instant::now();
    limiter.admit(&CODE, APP, soon()).await.unwrap();
    assert!(started.elapsed() <= Duration::from_millis(11), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_a_limit_of_its_own_is_in_nobodys_way() {
    let limiter = limiter(Limits::wait());
    // Its own limit makes the first wait, not the one that both share.
    assert_eq!(at_once(&limiter, &URL_LINK, APP).await, 10);
    let other = Arc::clone(&limiter);
    let waiting = tokio::spawn(async move { other.admit(&URL_LINK, APP, soon()).await });
    tokio::task::yield_now().await;
    assert_eq!(at_once(&limiter, &URL_SCHEME, APP).await, 30, "who is ready goes first");
    waiting.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_shared_limit_is_shared_fairly() {
    let limiter = limiter(Limits::wait());
    assert_eq!(at_once(&limiter, &URL_SCHEME, APP).await, 40);
    let started = Instant::now();
    let mut all = JoinSet::new();
    for number in 0..40 {
        let limiter = Arc::clone(&limiter);
        let meta = if number % 2 == 0 { &URL_LINK } else { &URL_SCHEME };
        all.spawn(async move {
            limiter.admit(meta, APP, soon()).await.unwrap();
            meta.id
        });
    }
    let order = all.join_all().await;
    let shown = order.join(" ");
    for pair in order.chunks(2) {
        assert_ne!(pair[0], pair[1], "{shown}");
    }
    // 360 of the 400 come evenly over the minute.
    let took = started.elapsed();
    assert!(took >= Duration::from_secs(6) && took < Duration::from_secs(7), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn two_shared_limits_do_not_lock_each_other_up() {
    let limiter = limiter(Limits::wait().set("getQRCode", 3000, Per::Minute));
    let started = Instant::now();
    let mut all = JoinSet::new();
    for number in 0..600 {
        let limiter = Arc::clone(&limiter);
        let meta = if number % 2 == 0 { &LEFT } else { &RIGHT };
        all.spawn(async move { limiter.admit(meta, APP, soon()).await });
    }
    all.join_all().await.into_iter().for_each(Result::unwrap);
    // A second takes 100 calls at most; 300 may go out at once in a minute, and 45 more in each second.
    let took = started.elapsed();
    assert!(took >= Duration::from_secs(6) && took < Duration::from_secs(7), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn so_many_at_once() {
    let limiter = limiter(Limits::none().max_in_flight(2));
    let slot = || limiter.slot(&FREE, APP, soon());
    let first = slot().await.unwrap().unwrap();
    let second = slot().await.unwrap().unwrap();
    let other = Arc::clone(&limiter);
    let waiting = tokio::spawn(async move { other.slot(&CODE, "wx2", soon()).await });
    sleep(Duration::from_secs(1)).await;
    assert!(!waiting.is_finished(), "all apps and endpoints count together");
    drop(first);
    let third = waiting.await.unwrap().unwrap().unwrap();
    let (started, deadline) = (Instant::now(), Instant::now() + Duration::from_secs(3));
    let error = limiter.slot(&FREE, APP, deadline).await.unwrap_err();
    assert_eq!(started.elapsed().as_secs(), 3);
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Limit, None));
    assert!(error.to_string().contains("2 calls are under way"), "{error}");
    assert!(!error.maybe_sent() && error.is_retryable());
    drop((second, third));
    assert!(slot().await.unwrap().is_some());

    let limiter = self::limiter(Limits::refuse().max_in_flight(1));
    let _held = limiter.slot(&FREE, APP, soon()).await.unwrap();
    let started = Instant::now();
    assert_eq!(limiter.slot(&FREE, APP, soon()).await.unwrap_err().kind(), ErrorKind::Limit);
    assert_eq!(started.elapsed(), Duration::ZERO);
    // More than tokio can count is no limit.
    assert!(self::limiter(Limits::none().max_in_flight(usize::MAX)).slot(&FREE, APP, soon()).await.unwrap().is_some());
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn what_waits_and_what_is_refused_is_logged() {
    use tracing_subscriber::fmt;
    let log = Log::default();
    let write = log.clone();
    let subscriber = fmt().without_time().with_ansi(false).with_max_level(tracing::Level::DEBUG);
    // With a single subscriber, a thread that has none would decide for all whether an event is of interest.
    let _second = tracing::Dispatch::new(fmt().with_max_level(tracing::level_filters::LevelFilter::OFF).finish());
    let _guard = tracing::subscriber::set_default(subscriber.with_writer(move || write.clone()).finish());

    let limiter = limiter(Limits::wait().max_in_flight(1));
    for _ in 0..11 {
        limiter.admit(&CODE, APP, soon()).await.unwrap();
    }
    limiter.admit(&RARE, "wx2", soon()).await.unwrap();
    limiter.admit(&RARE, "wx2", Instant::now() + Duration::from_secs(29)).await.unwrap_err();
    let held = limiter.slot(&CODE, APP, soon()).await.unwrap();
    let release = tokio::spawn(async move {
        sleep(Duration::from_millis(5)).await;
        drop(held);
    });
    let _held = limiter.slot(&RARE, APP, soon()).await.unwrap();
    release.await.unwrap();
    limiter.slot(&FREE, APP, Instant::now() + Duration::from_millis(7)).await.unwrap_err();

    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let expected = [
        r#"DEBUG weapp: waiting for a limit endpoint="getUnlimitedQRCode" app="wx1" limit="100/s" wait_ms=11"#,
        r#"DEBUG weapp: refused: a limit is used up endpoint="getLiveInfo" app="wx2" limit="2/min" retry_after_ms=30000"#,
        r#"DEBUG weapp: waited for a slot endpoint="getLiveInfo" app="wx1" wait_ms=5"#,
        r#"DEBUG weapp: refused: too many calls are under way endpoint="code2Session" app="wx1" max_in_flight=1 wait_ms=7"#,
    ];
    assert_eq!(lines, expected);
}
