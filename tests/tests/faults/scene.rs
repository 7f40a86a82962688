//! A WeChat, a Redis and a fleet.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use contract_tests::redis_server::{RedisServer, Setup};
use contract_tests::worker::{Job, Order, REDIS_PASSWORD, Report, tail};
use tokio::time::sleep;
use weapp::mock::Mock;

use crate::FLEET;
use crate::workers::Fleet;

/// How long tokens live, and how they follow one another.
#[derive(Clone, Copy)]
pub(crate) struct Lives {
    pub(crate) life: Duration,
    /// The client's margin.
    pub(crate) margin: Duration,
    /// How long before the end of a token WeChat makes the next one, and how long the old one works on.
    pub(crate) rotation: Duration,
}

impl Lives {
    /// In milliseconds.
    pub(crate) const fn new(life: u64, margin: u64, rotation: u64) -> Self {
        let [life, margin, rotation] =
            [Duration::from_millis(life), Duration::from_millis(margin), Duration::from_millis(rotation)];
        Self { life, margin, rotation }
    }

    /// How many tokens are used up in this time by a fleet with a healthy Redis, at the most: a process replaces its
    /// token nine tenths of the margin before its end, at the earliest.
    pub(crate) fn most(&self, time: Duration) -> usize {
        (time.as_secs_f64() / (self.life - self.margin.mul_f64(0.9)).as_secs_f64()).ceil() as usize
    }

    /// And at the least: the first process comes six tenths of the margin before the end, at the latest.
    pub(crate) fn least(&self, time: Duration) -> usize {
        (time.as_secs_f64() / (self.life - self.margin.mul_f64(0.6)).as_secs_f64()) as usize
    }

    /// How many tokens WeChat makes in this time, however often it is asked.
    pub(crate) fn ever(&self, time: Duration) -> usize {
        (time.as_secs_f64() / (self.life - self.rotation).as_secs_f64()).ceil() as usize
    }

    /// How soon a process that was without Redis looks again, at the latest.
    pub(crate) fn looks_again(&self) -> Duration {
        (self.margin / 4).min(Duration::from_secs(10)).mul_f64(1.25)
    }
}

/// The pause between calls with which a fleet keeps a machine of two cores busy.
pub(crate) const BUSY: Duration = Duration::from_millis(10);

/// Where tokens are fetched.
const TOKENS: [&str; 2] = ["/cgi-bin/token", "/cgi-bin/stable_token"];

/// What a test plays in.
pub(crate) struct Scene {
    pub(crate) mock: Mock,
    pub(crate) redis: RedisServer,
    pub(crate) lives: Lives,
    pub(crate) classic: bool,
    /// When tokens were fetched.
    pub(crate) fetched: Arc<Mutex<Vec<Instant>>>,
}

impl Scene {
    pub(crate) async fn new(lives: Lives) -> Self {
        let fetched = Arc::<Mutex<Vec<_>>>::default();
        let fetches = Arc::clone(&fetched);
        let mock = Mock::builder()
            .token_lifetime(lives.life)
            .token_rotation(lives.rotation)
            .grace(lives.rotation)
            .keep_requests(0)
            .observe(move |request| {
                if request.took_effect && TOKENS.contains(&&*request.path) {
                    fetches.lock().unwrap().push(Instant::now());
                }
            })
            .start();
        let redis = Setup::new().password(REDIS_PASSWORD).start();
        Self { mock: mock.await.unwrap(), redis, lives, classic: false, fetched }
    }

    /// The shortest time between two fetches.
    pub(crate) fn least_gap(&self) -> Duration {
        let fetched = self.fetched.lock().unwrap();
        fetched.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(Duration::MAX)
    }

    /// What a process is to do: four tasks that make about 100 calls a second together.
    pub(crate) fn job(&self) -> Job {
        Job {
            mock: self.mock.url(),
            secret: Mock::SECRET.to_owned(),
            redis: self.redis.url(),
            classic: self.classic,
            margin: self.lives.margin,
            timeout: Duration::from_secs(20),
            tasks: 4,
            pause: Duration::from_millis(40),
            clock: None,
        }
    }

    /// Eight processes, which rest.
    pub(crate) async fn fleet(&self) -> Fleet {
        Fleet::start(vec![self.job(); FLEET]).await
    }

    /// Eight processes at work, each of which has made calls.
    pub(crate) async fn working_fleet(&self) -> Fleet {
        self.working_fleet_at(self.job().pause).await
    }

    /// The same, with this pause between the calls of a task.
    pub(crate) async fn working_fleet_at(&self, pause: Duration) -> Fleet {
        let mut fleet = Fleet::start(vec![Job { pause, ..self.job() }; FLEET]).await;
        fleet.order(Order::Work).await;
        until("all processes make calls", async || fleet.order(Order::Report).await.iter().all(|report| report.ok > 0))
            .await;
        fleet
    }

    /// The name of a key in Redis: `token`, `lock` or `fence`.
    pub(crate) fn key(&self, which: &str) -> String {
        let kind = if self.classic { "classic" } else { "stable" };
        format!("weapp:v1:{{{}:{kind}}}:{which}", Mock::APPID)
    }

    /// The token in Redis.
    pub(crate) fn kept(&self) -> Option<String> {
        let token = self.redis.command(["HGET", &self.key("token"), "token"]);
        redis::from_redis_value::<Option<String>>(token).unwrap().map(|token| tail(&token))
    }

    /// The latest fence.
    pub(crate) fn fence(&self) -> u64 {
        let fence = self.redis.command(["GET", &self.key("fence")]);
        redis::from_redis_value::<Option<u64>>(fence).unwrap().unwrap_or_default()
    }

    /// How long it takes until all processes use the token that Redis keeps.
    pub(crate) async fn reunited(&self, fleet: &mut Fleet) -> Duration {
        let started = Instant::now();
        until("all processes share the token in Redis", async || {
            let before = self.kept();
            let tokens = fleet.tokens().await;
            before.is_some() && tokens.into_iter().all(|token| Some(token) == before)
        })
        .await;
        started.elapsed()
    }

    /// How many tokens were fetched under the lock. While Redis answers in time, which it may not on a busy machine, that
    /// is all of them.
    pub(crate) fn shared_fetches(&self, report: &Report) -> usize {
        self.mock.token_fetches() - alone(report)
    }

    /// Checks what no scene may break: no failed call, no message twice or lost, no secret in any log or error.
    pub(crate) fn nothing_failed(&self, report: &Report) {
        assert_eq!(report.failed(), 0, "{:?} {:#?}", report.failures, report.texts);
        assert_eq!(self.mock.effects("sendMessage").unwrap(), report.calls, "messages that WeChat delivered");
        Self::nothing_leaked(report);
    }

    pub(crate) fn nothing_leaked(report: &Report) {
        assert_eq!(report.leaks, 0, "{:#?}", report.texts);
    }
}

/// How many tokens were fetched without Redis.
pub(crate) fn alone(report: &Report) -> usize {
    usize::try_from(report.logged("access_token fetched without the store")).unwrap()
}

/// Waits for something.
///
/// # Panics
/// If it does not come within half a minute.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !is_so().await {
        assert!(started.elapsed() < Duration::from_secs(30), "it never came that {what}");
        sleep(Duration::from_millis(10)).await;
    }
}

/// A number with commas.
pub(crate) fn grouped(number: impl TryInto<u64>) -> String {
    let digits = number.try_into().unwrap_or_default().to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
