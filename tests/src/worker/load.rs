//! The calls that a process makes, and what came of them.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::time::sleep;
use weapp::Client;
use weapp::api::subscribe_message::SendMessage;

use super::log::has_secret;
use super::{Report, SLOWEST, TOLD};

/// Makes calls from several tasks while it is told to.
#[derive(Clone)]
pub(super) struct Load {
    client: Client,
    report: Arc<Mutex<Report>>,
    numbers: Arc<AtomicU64>,
    under_way: Arc<AtomicUsize>,
    works: watch::Sender<bool>,
}

impl Load {
    pub(super) fn new(client: Client) -> Self {
        let (report, numbers, under_way) = Default::default();
        Self { client, report, numbers, under_way, works: watch::Sender::new(false) }
    }

    /// Starts the tasks. They make no call yet.
    pub(super) fn spawn(&self, tasks: usize, pause: Duration) {
        for _ in 0..tasks {
            let load = self.clone();
            tokio::spawn(async move {
                let mut works = load.works.subscribe();
                while works.wait_for(|works| *works).await.is_ok() {
                    // Counted before another look, so that `rest` misses no call.
                    load.under_way.fetch_add(1, Ordering::SeqCst);
                    if *works.borrow() {
                        load.call().await;
                    }
                    load.under_way.fetch_sub(1, Ordering::SeqCst);
                    // From a half to one and a half of it, so that the tasks do not march in step.
                    let number = load.numbers.load(Ordering::Relaxed);
                    sleep(pause.mul_f64(0.5 + (number % 101) as f64 / 100.0)).await;
                }
            });
        }
    }

    pub(super) fn work(&self) {
        self.works.send_replace(true);
    }

    /// Makes no more calls, and waits for those under way.
    pub(super) async fn rest(&self) {
        self.works.send_replace(false);
        while self.under_way.load(Ordering::SeqCst) > 0 {
            sleep(Duration::from_millis(2)).await;
        }
    }

    /// Makes a call that nobody may repeat once WeChat may have seen it, to a user of its own.
    pub(super) async fn call(&self) {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let user = format!("o-{}-{number}", std::process::id());
        let message = SendMessage::new().touser(user).template_id("TEMPLATE_ID").data([("thing1", "tea")]);
        let started = Instant::now();
        let outcome = self.client.subscribe_message().send(message).await;
        let took = u32::try_from(started.elapsed().as_millis()).unwrap_or(SLOWEST).min(SLOWEST);
        let mut report = self.report();
        report.calls += 1;
        *report.took.entry(took).or_default() += 1;
        match outcome {
            Ok(_) => report.ok += 1,
            Err(error) => {
                let code = error.code().map_or(String::new(), |code| format!(" {}", code.get()));
                *report.failures.entry(format!("{:?}{code}", error.kind())).or_default() += 1;
                let text = format!("{error}; {}; {error:?}", error.remedy().unwrap_or("no remedy"));
                if has_secret(&text) {
                    report.leaks += 1;
                }
                if report.texts.len() < TOLD {
                    report.texts.push(text);
                }
            }
        }
    }

    pub(super) fn report(&self) -> MutexGuard<'_, Report> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
