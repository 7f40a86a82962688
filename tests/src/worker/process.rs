//! The process's side: takes orders, and reports.

use std::process::exit;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, stdin, stdout};
use tokio::time::timeout;
use weapp::Client;
use weapp::mock::Mock;
use weapp::token::RedisStore;

use super::clock::Skewed;
use super::load::Load;
use super::log::Log;
use super::planted::Planted;
use super::{Job, Order, Report, tail};

/// Runs the process until its input ends.
///
/// # Panics
/// If a line of its input is no order.
pub fn main() {
    die_with_the_parent();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(serve());
    // At once, whatever is under way.
    exit(0);
}

/// A process that was stopped does not notice the end of its input.
fn die_with_the_parent() {
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL).unwrap();
}

async fn serve() {
    let mut lines = BufReader::new(stdin()).lines();
    let Some(job) = lines.next_line().await.unwrap() else { return };
    let worker = Worker::new(&serde_json::from_str(&job).unwrap());
    while let Some(line) = lines.next_line().await.unwrap() {
        let report = worker.follow(serde_json::from_str(&line).unwrap()).await;
        let mut answer = serde_json::to_vec(&report).unwrap();
        answer.push(b'\n');
        let mut out = stdout();
        if out.write_all(&answer).await.is_err() || out.flush().await.is_err() {
            return;
        }
    }
}

struct Worker {
    client: Client,
    source: Planted,
    clock: Option<Arc<Skewed>>,
    load: Load,
    log: Log,
}

impl Worker {
    fn new(job: &Job) -> Self {
        let log = Log::install();
        let source = Planted::new(job.classic);
        let clock = job.clock.map(|skew| Arc::new(Skewed::new(skew)));
        let mut builder = Client::builder()
            .app(Mock::APPID, job.secret.as_str())
            .base_url(&job.mock)
            .token_source(source.clone())
            .token_store(RedisStore::new(&job.redis).unwrap())
            .token_margin(job.margin)
            .timeout(job.timeout);
        if let Some(clock) = &clock {
            builder = builder.clock(Arc::clone(clock));
        }
        let client = builder.build().unwrap();
        let load = Load::new(client.clone());
        load.spawn(job.tasks, job.pause);
        Self { client, source, clock, load, log }
    }

    async fn follow(&self, order: Order) -> Report {
        let mut token = None;
        match order {
            Order::Report => {}
            Order::Work => self.load.work(),
            Order::Rest => self.load.rest().await,
            Order::Forget => {
                *self.load.report() = Report::default();
                *self.log.counts() = Default::default();
            }
            Order::Token => token = self.client.access_token().await.ok().map(|token| tail(token.expose())),
            Order::GiveUp(patience) => {
                let outcome = timeout(patience, self.load.call()).await;
                assert!(outcome.is_err(), "the call ended before it was given up");
            }
            Order::Panic => self.source.panic_next(),
            Order::Clock(skew) => self.clock().set(skew),
            Order::Jump(ahead) => self.clock().jump(ahead),
        }
        self.report(token)
    }

    fn clock(&self) -> &Skewed {
        self.clock.as_ref().expect("this job has the system's clock")
    }

    fn report(&self, token: Option<String>) -> Report {
        let mut report = self.load.report().clone();
        let counts = self.log.counts();
        report.events.clone_from(&counts.events);
        report.leaks += counts.leaks;
        report.texts.extend(counts.leak.iter().map(|line| format!("a secret in the log: {line}")));
        Report { resident_kib: resident_kib(), token, ..report }
    }
}

/// The memory in use, where the system tells it as Linux does.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
}
