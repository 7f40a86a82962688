//! 100,000 calls, of which every tenth request meets a fault.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use metrics_util::debugging::DebuggingRecorder;
use weapp::api::auth::Code2Session;
use weapp::api::live_broadcast::{GetLiveInfo, GetLiveInfoResponse};
use weapp::api::subscribe_message::SendMessage;
use weapp::api::wxacode::GetUnlimitedQrCode;
use weapp::mock::{Faults, Mock, RecordedRequest};
use weapp::{Client, Error, Retry};

use crate::delivery::Deliveries;
use crate::secrets::Search;

const CALLS: usize = 100_000;
const CALLERS: usize = 64;
const SEED: u64 = 20_261_122;
const SECRET: &str = "planted0appsecret0planted0000001";

/// What became of all calls.
#[derive(Default)]
struct Tally(Mutex<BTreeMap<String, usize>>);

impl Tally {
    fn add(&self, outcome: String) {
        *self.0.lock().unwrap().entry(outcome).or_default() += 1;
    }
}

struct Storm {
    client: Client,
    deliveries: Deliveries,
    search: Search,
    tally: Tally,
    next: AtomicUsize,
    /// What the mock answers to the question when nothing goes wrong.
    right: GetLiveInfoResponse,
}

impl Storm {
    async fn call(&self, number: usize) {
        let outcome = match number % 4 {
            0 | 1 => self.message(number).await,
            2 => self.question().await,
            _ if number % 8 == 3 => self.picture().await,
            _ => self.login(number).await,
        };
        match outcome {
            Ok(()) => self.tally.add("ok".to_owned()),
            Err(error) => {
                self.search.show(&format!("{error} {error:?} {error:#?}"));
                let mut cause = std::error::Error::source(&error);
                while let Some(error) = cause {
                    self.search.show(&format!("{error} {error:?}"));
                    cause = error.source();
                }
                let sent = if error.maybe_sent() { "perhaps sent" } else { "not sent" };
                self.tally.add(format!("{:?}, {sent}", error.kind()));
            }
        }
    }

    async fn message(&self, number: usize) -> Result<(), Error> {
        let message = SendMessage::new()
            .touser(Deliveries::recipient(number))
            .template_id("TEMPLATE")
            .data([("thing1", "hello")]);
        let outcome = self.client.send(message).await.map(drop);
        let times = self.deliveries.times(number);
        match &outcome {
            Ok(()) => assert_eq!(times, 1, "message {number} was said to be sent"),
            Err(error) if !error.maybe_sent() => {
                assert_eq!(times, 0, "message {number} was said not to be sent: {error}")
            }
            // It may be on its way still.
            Err(_) => assert!(times <= 1, "message {number}"),
        }
        outcome
    }

    async fn question(&self) -> Result<(), Error> {
        let answer = self.client.send(GetLiveInfo::new().page(1, 10)).await?;
        assert_eq!(answer, self.right);
        Ok(())
    }

    async fn picture(&self) -> Result<(), Error> {
        let picture = self.client.send(GetUnlimitedQrCode::new("a=1")).await?;
        assert!(picture.bytes().starts_with(&[0xFF, 0xD8]) || picture.bytes().starts_with(b"\x89PNG"), "no picture");
        Ok(())
    }

    async fn login(&self, number: usize) -> Result<(), Error> {
        let code = format!("planted-login-code-{number}");
        let session = self.client.send(Code2Session::new(&*code)).await?;
        assert!(!session.openid.is_empty());
        self.search.show(&format!("{session:?}"));
        Ok(())
    }
}

/// Resident memory of this process, in kilobytes. Nothing where the system does not tell.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

async fn run(storm: &Arc<Storm>, until: usize) {
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let storm = Arc::clone(storm);
            tokio::spawn(async move {
                loop {
                    let number = storm.next.load(Ordering::Relaxed);
                    if number >= until {
                        return;
                    }
                    if storm.next.compare_exchange(number, number + 1, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
                        storm.call(number).await;
                    }
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_ends_right_or_with_an_error_that_tells() {
    let (search, deliveries) = (Search::default(), Deliveries::of(CALLS));
    search.plant(SECRET);
    search.plant("planted-login-code");
    let log = search.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .with_ansi(false)
        .with_writer(move || log.clone())
        .finish();
    // For the whole process: tasks on other threads log, too.
    tracing_subscriber::util::SubscriberInitExt::init(subscriber);
    let recorder = DebuggingRecorder::new();
    let metrics = recorder.snapshotter();
    recorder.install().unwrap();

    let (counted, seen) = (deliveries.clone(), search.clone());
    let observe = move |request: &RecordedRequest| {
        counted.record(request);
        if let Some(token) = request.query_value("access_token") {
            seen.plant(token);
        }
    };
    let mock = Mock::builder().app(Mock::APPID, SECRET).keep_requests(0).observe(observe).start().await.unwrap();
    let client = Client::builder()
        .app(Mock::APPID, SECRET)
        .base_url(mock.url())
        .retry(Retry::default().pause(Duration::from_millis(1)))
        .timeout(Duration::from_secs(10))
        .build()
        .unwrap();
    let right = client.send(GetLiveInfo::new().page(1, 10)).await.unwrap();
    search.show(&format!("{client:?}"));
    mock.faults(Faults::seeded(SEED).rate(0.1).delays(Duration::from_millis(1)..=Duration::from_millis(10))).unwrap();
    let (tally, next) = (Tally::default(), AtomicUsize::new(0));
    let storm = Arc::new(Storm { client, deliveries: deliveries.clone(), search: search.clone(), tally, next, right });

    let started = Instant::now();
    run(&storm, CALLS / 4).await;
    let early = resident();
    run(&storm, CALLS).await;
    let (late, elapsed) = (resident(), started.elapsed());

    let outcomes = storm.tally.0.lock().unwrap().clone();
    let mut report = format!("{CALLS} calls, seed {SEED}, {:.0} s\n  faults:", elapsed.as_secs_f64());
    for (fault, times) in mock.faults_given() {
        write!(report, " {} {times},", fault.name()).unwrap();
    }
    report.push_str("\n  outcomes:");
    for (outcome, times) in &outcomes {
        write!(report, " {outcome} {times};").unwrap();
    }
    println!(
        "{report}\n  most deliveries of one message: {}; memory after a quarter {early:?} kB, at the end {late:?} kB; \
         {} bytes of logs and errors searched for {} secrets",
        deliveries.most(),
        search.bytes(),
        search.planted()
    );

    assert_eq!(outcomes.values().sum::<usize>(), CALLS);
    assert_eq!(deliveries.most(), 1, "a message was delivered twice");
    let faults: u64 = mock.faults_given().values().sum();
    assert!(faults > CALLS as u64 / 12, "only {faults} faults: the storm did not happen");
    assert!(mock.faults_given().values().all(|times| *times > 0), "a kind of fault never came");
    // Three faults in a row end a fetch of the token, in one run of some twenty. That is remembered for a second, in which
    // calls fail by the thousand without being sent.
    let unsent = outcomes.get("Token, not sent").copied().unwrap_or_default();
    assert!(unsent < CALLS / 2 && outcomes["ok"] > (CALLS - unsent) * 9 / 10, "{outcomes:?}");
    for kind in ["Config", "Invalid", "Crypto", "Other", "Limit"] {
        assert!(!outcomes.keys().any(|outcome| outcome.starts_with(kind)), "{kind}: {outcomes:?}");
    }
    if let (Some(early), Some(late)) = (early, late) {
        assert!(late < early + 16 * 1024, "memory grew from {early} to {late} kB");
    }
    for (key, ..) in metrics.snapshot().into_vec() {
        search.show(&format!("{key:?}"));
    }
    assert!(search.bytes() > 1_000_000 && search.planted() > 2, "nothing was searched");
    assert_eq!(search.found(), None, "a secret shows");
}
