//! The processes of a fleet, as their test sees them.

use std::process::Stdio;
use std::time::Duration;

use contract_tests::worker::{Job, Order, Report};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long an order may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// One process. It is killed when it is dropped.
pub(crate) struct Worker {
    child: Child,
    orders: ChildStdin,
    reports: Lines<BufReader<ChildStdout>>,
}

impl Worker {
    pub(crate) async fn start(job: &Job) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_faults-worker"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let (orders, reports) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut worker = Self { child, orders, reports: BufReader::new(reports).lines() };
        worker.write(serde_json::to_string(job).unwrap()).await;
        // Now it runs.
        worker.order(Order::Report).await;
        worker
    }

    /// Gives an order, and waits until it is done.
    pub(crate) async fn order(&mut self, order: Order) -> Report {
        self.write(serde_json::to_string(&order).unwrap()).await;
        let line = timeout(PATIENCE, self.reports.next_line()).await;
        let line = line.unwrap_or_else(|_| panic!("{order:?} is not done within {PATIENCE:?}"));
        let line = line.unwrap().unwrap_or_else(|| panic!("the process ended at {order:?}"));
        serde_json::from_str(&line).unwrap()
    }

    async fn write(&mut self, mut line: String) {
        line.push('\n');
        self.orders.write_all(line.as_bytes()).await.unwrap();
    }

    /// Stops it where it is.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.id().expect("the process has ended");
        kill(Pid::from_raw(id.cast_signed()), signal).unwrap();
    }

    /// Kills it with SIGKILL.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// Several processes.
pub(crate) struct Fleet(pub(crate) Vec<Worker>);

impl Fleet {
    /// Starts a process for each of these jobs.
    pub(crate) async fn start(jobs: impl IntoIterator<Item = Job>) -> Self {
        let mut workers = Vec::new();
        for job in jobs {
            workers.push(Worker::start(&job).await);
        }
        Self(workers)
    }

    /// Gives all of them an order at once, and waits until it is done.
    pub(crate) async fn order(&mut self, order: Order) -> Vec<Report> {
        let mut reports = JoinSet::new();
        for (number, mut worker) in self.0.drain(..).enumerate() {
            reports.spawn(async move { (number, worker.order(order).await, worker) });
        }
        let mut done = reports.join_all().await;
        done.sort_by_key(|(number, ..)| *number);
        let (reports, workers) = done.into_iter().map(|(_, report, worker)| (report, worker)).unzip();
        self.0 = workers;
        reports
    }

    /// What all of them have seen.
    pub(crate) async fn report(&mut self) -> Report {
        Report::sum(&self.order(Order::Report).await)
    }

    /// Ends the work, and says what came of it.
    pub(crate) async fn rest(&mut self) -> Report {
        Report::sum(&self.order(Order::Rest).await)
    }

    /// The tokens that they use; each of them must have one.
    pub(crate) async fn tokens(&mut self) -> Vec<String> {
        let reports = self.order(Order::Token).await;
        reports.into_iter().map(|report| report.token.expect("a process has no token")).collect()
    }
}
