//! Several processes with one directory: this test's program, started again.

use std::io::{BufRead as _, BufReader, Lines};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Instant;

use super::*;

const ROLE: &str = "WEAPP_FILE_STORE_ROLE";
const DIRECTORY: &str = "WEAPP_FILE_STORE_DIRECTORY";

/// What a process of its own does; the tests below start it.
#[tokio::test]
#[ignore = "a process that other tests start"]
async fn process() {
    // Somebody runs all that is ignored.
    let Some(directory) = std::env::var_os(DIRECTORY).map(PathBuf::from) else { return };
    let store = FileStore::new(directory.join("tokens"));
    match std::env::var(ROLE).unwrap().as_str() {
        "hold" => hold(store).await,
        "work" => work(store, &directory).await,
        "write" => write(store).await,
        "full" => full(store).await,
        "refused" => refused(store).await,
        role => panic!("{role}?"),
    }
}

/// Tells the test something.
fn say(what: impl std::fmt::Display) {
    println!("\nsays {what}");
}

/// A process; it is killed when it is dropped.
struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start(role: &str, directory: &Path) -> Self {
        Self::of(Command::new(std::env::current_exe().unwrap()), role, directory)
    }

    fn of(mut command: Command, role: &str, directory: &Path) -> Self {
        let name = concat!(module_path!(), "::process").split_once("::").unwrap().1;
        command.args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"]);
        command.env(ROLE, role).env(DIRECTORY, directory);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next thing that it says; `None` when it has ended.
    fn hear(&mut self) -> Option<String> {
        self.lines.by_ref().map(Result::unwrap).find_map(|line| line.strip_prefix("says ").map(str::to_owned))
    }

    fn signal(&self, name: &str) {
        let (signal, id) = (format!("-{name}"), self.child.id().to_string());
        assert!(Command::new("kill").args([signal, id]).status().unwrap().success());
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn ends_well(&mut self) {
        assert_eq!(self.hear(), None);
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Takes the lease and keeps it.
async fn hold(store: FileStore) {
    let ttl = Duration::from_secs(if std::env::var_os("SHORT").is_some() { 1 } else { 3600 });
    let lease = store.acquire(&app(), ttl).await.unwrap().unwrap();
    say(lease.fence());
    std::future::pending::<()>().await;
}

fn here() -> (TempDir, FileStore) {
    let directory = tempfile::tempdir().unwrap();
    let store = FileStore::new(directory.path().join("tokens"));
    (directory, store)
}

#[tokio::test]
async fn a_killed_holder_frees_the_lease_at_once() {
    let (directory, store) = here();
    let mut last = 0;
    for _ in 0..3 {
        let mut holder = Process::start("hold", directory.path());
        let fence: u64 = holder.hear().unwrap().parse().unwrap();
        assert!(fence > last);
        assert!(store.acquire(&app(), LONG).await.unwrap().is_none());
        holder.kill();
        let since = Instant::now();
        let lease = store.acquire(&app(), LONG).await.unwrap().unwrap();
        // Long before the hour of its `ttl` is over.
        assert!(lease.fence() > fence && since.elapsed() < Duration::from_secs(10));
        last = lease.fence();
    }
}

#[tokio::test]
async fn a_stopped_holder_loses_the_lease_when_its_time_is_over() {
    let (directory, store) = here();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env("SHORT", "1");
    let mut holder = Process::of(command, "hold", directory.path());
    let fence: u64 = holder.hear().unwrap().parse().unwrap();
    holder.signal("STOP");
    let since = Instant::now();
    let lease = loop {
        match store.acquire(&app(), LONG).await.unwrap() {
            Some(lease) => break lease,
            None => tokio::time::sleep(Duration::from_millis(10)).await,
        }
        assert!(since.elapsed() < Duration::from_secs(10));
    };
    assert!(lease.fence() > fence);
    assert!(store.save(&app(), &"newer".into(), TWO_HOURS, &lease).await.unwrap());
    // As the stopped one would when it goes on.
    let stale = Lease::new(fence, "");
    assert!(!store.save(&app(), &"stale".into(), TWO_HOURS, &stale).await.unwrap());
    assert!(!store.renew(&app(), &stale, LONG).await.unwrap());
    holder.signal("CONT");
    holder.kill();
    assert!(store.acquire(&app(), LONG).await.unwrap().is_none(), "its end frees nothing of ours");
    assert_eq!(store.load(&app()).await.unwrap().unwrap().token.expose(), "newer");
}

/// Serves tokens that live for 150 ms, as the client would, for two seconds.
async fn work(store: FileStore, directory: &Path) {
    let (fetching, me) = (directory.join("fetching"), std::process::id());
    let (since, mut fetches, mut newest) = (Instant::now(), 0, 0);
    while since.elapsed() < Duration::from_secs(2) {
        if let Some(stored) = store.load(&app()).await.unwrap() {
            assert!(stored.generation >= newest, "went back from {newest} to {}", stored.generation);
            newest = stored.generation;
            tokio::time::sleep(Duration::from_millis(fastrand::u64(1..10))).await;
            continue;
        }
        let Some(lease) = store.acquire(&app(), LONG).await.unwrap() else {
            tokio::time::sleep(Duration::from_millis(fastrand::u64(1..10))).await;
            continue;
        };
        // Whoever had the lease before may have saved a token since.
        if store.load(&app()).await.unwrap().is_none() {
            fs::File::create_new(&fetching).expect("another process fetches at the same time");
            tokio::time::sleep(Duration::from_millis(5)).await;
            fs::remove_file(&fetching).unwrap();
            let token = Secret::new(format!("token {} of {me}", lease.fence()));
            assert!(store.save(&app(), &token, Duration::from_millis(150), &lease).await.unwrap());
            fetches += 1;
        }
        store.release(&app(), lease).await.unwrap();
    }
    say(fetches);
}

#[test]
fn processes_fetch_one_at_a_time_and_once_for_all() {
    let ((directory, _), since) = (here(), Instant::now());
    let mut workers: Vec<_> = (0..4).map(|_| Process::start("work", directory.path())).collect();
    let mut fetches = 0;
    for worker in &mut workers {
        fetches += worker.hear().expect("another fetched at the same time").parse::<u128>().unwrap();
        worker.ends_well();
    }
    let lives = since.elapsed().as_millis() / 150;
    assert!((2..=lives + 1).contains(&fetches), "{fetches} fetches in {lives} lives");
}

/// Saves for ever.
async fn write(store: FileStore) {
    let lease = store.acquire(&app(), LONG).await.unwrap().unwrap();
    let tokens = ["a".repeat(200_000), "b".repeat(20)].map(Secret::new);
    store.save(&app(), &tokens[0], TWO_HOURS, &lease).await.unwrap();
    say("writing");
    for token in tokens.iter().cycle() {
        assert!(store.save(&app(), token, TWO_HOURS, &lease).await.unwrap());
    }
}

#[tokio::test]
async fn who_is_killed_while_writing_leaves_a_whole_file() {
    let (directory, store) = here();
    let log = Log::default();
    async {
        for round in 0..12 {
            let mut writer = Process::start("write", directory.path());
            assert_eq!(writer.hear().as_deref(), Some("writing"));
            tokio::time::sleep(Duration::from_micros(fastrand::Rng::with_seed(round).u64(..20_000))).await;
            writer.kill();
            let stored = store.load(&app()).await.unwrap().expect("a token");
            let text = stored.token.expose();
            assert!(text == "a".repeat(200_000) || text == "b".repeat(20), "{} characters", text.len());
        }
        assert!(log.text().is_empty(), "{log:?}");
    }
    .with_subscriber(log.subscriber())
    .await;
}

/// Saves what does not fit, and then what does.
async fn full(store: FileStore) {
    let lease = store.acquire(&app(), LONG).await.unwrap().unwrap();
    assert!(store.save(&app(), &"small".into(), TWO_HOURS, &lease).await.unwrap());
    let told = store.save(&app(), &"x".repeat(100_000).into(), TWO_HOURS, &lease).await.unwrap_err().to_string();
    assert!(told.contains(".json") && told.contains("make room on the disk"), "{told}");
    assert_eq!(store.load(&app()).await.unwrap().unwrap().token.expose(), "small");
    let left = fs::read_dir(store.directory())
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_str().unwrap().ends_with(".new"));
    assert_eq!(left.count(), 0);
    assert!(store.save(&app(), &"fits".into(), TWO_HOURS, &lease).await.unwrap());
    say("done");
}

#[test]
fn a_disk_that_is_full_leaves_the_old_file() {
    let (directory, _) = here();
    // A limit on the length of files ends a write just as a full disk does: in its middle.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""]).arg(std::env::current_exe().unwrap());
    let mut process = Process::of(command, "full", directory.path());
    assert_eq!(process.hear().as_deref(), Some("done"));
    process.ends_well();
}

/// Works without permissions.
async fn refused(store: FileStore) {
    let lease = store.acquire(&app(), LONG).await.unwrap().unwrap();
    let fence = lease.fence();
    assert!(store.save(&app(), &"token".into(), TWO_HOURS, &lease).await.unwrap());
    drop(lease);
    let file = store.directory().join("weapp-wx0123456789abcdef.stable.json");
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let told = |error: StoreError| {
        let told = error.to_string();
        assert!(told.contains(store.directory().to_str().unwrap()), "{told}");
        assert!(told.contains("give this user permission"), "{told}");
    };
    // A directory that is read-only serves what is there.
    set(store.directory(), 0o500);
    assert_eq!(store.load(&app()).await.unwrap().unwrap().token.expose(), "token");
    assert!(!store.expire(&app(), fence + 1).await.unwrap());
    told(store.expire(&app(), fence).await.unwrap_err());
    told(store.acquire(&app(), LONG).await.unwrap_err());
    told(store.save(&app(), &"next".into(), TWO_HOURS, &Lease::new(fence, "")).await.unwrap_err());
    // What can not be read may be there.
    set(&file, 0o000);
    told(store.load(&app()).await.unwrap_err());
    set(&file, 0o600);
    set(store.directory(), 0o000);
    told(store.load(&app()).await.unwrap_err());
    let below = FileStore::new(store.directory().join("below"));
    told(below.acquire(&app(), LONG).await.unwrap_err());
    set(store.directory(), 0o700);
    assert_eq!(store.load(&app()).await.unwrap().unwrap().token.expose(), "token");
    say("done");
}

#[test]
fn what_is_not_permitted_is_told_and_a_read_only_directory_is_read() {
    let (directory, _) = here();
    let mut command = Command::new(std::env::current_exe().unwrap());
    // The administrator may do everything, so that another user has to try.
    let probe = directory.path().join("probe");
    fs::create_dir(&probe).unwrap();
    fs::set_permissions(&probe, fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(probe.join("file"), "").is_ok() {
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o777)).unwrap();
        command.uid(65_534).gid(65_534);
    }
    let mut process = Process::of(command, "refused", directory.path());
    assert_eq!(process.hear().as_deref(), Some("done"));
    process.ends_well();
}
