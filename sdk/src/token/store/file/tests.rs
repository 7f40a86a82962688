//! What is in the files, and what becomes of files, clocks and directories that are not as they should be.

#[cfg(unix)]
mod processes;
#[cfg(unix)]
mod unix;

use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use serde_json::{Value, json};
use tempfile::TempDir;
use tracing::instrument::WithSubscriber as _;

use super::super::StoreError;
use super::super::tests::Log;
use super::*;

const LONG: Duration = Duration::from_secs(60);
const TWO_HOURS: Duration = Duration::from_secs(7200);

fn app() -> TokenKey {
    TokenKey::new("wx0123456789abcdef", "stable").unwrap()
}

/// A store in a directory of its own, which is not there yet.
struct Place {
    temporary: TempDir,
    store: FileStore,
}

impl Place {
    fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let store = FileStore::new(temporary.path().join("a").join("b"));
        Self { temporary, store }
    }

    fn file(&self, ending: &str) -> PathBuf {
        self.store.directory().join(format!("weapp-wx0123456789abcdef.stable{ending}"))
    }

    fn json(&self, ending: &str) -> Value {
        serde_json::from_slice(&fs::read(self.file(ending)).unwrap()).unwrap()
    }

    /// Changes a file as somebody else might.
    fn edit(&self, ending: &str, edit: impl FnOnce(&mut Value)) {
        let mut value = self.json(ending);
        edit(&mut value);
        fs::write(self.file(ending), value.to_string()).unwrap();
    }

    async fn acquire(&self, ttl: Duration) -> Option<Lease> {
        self.store.acquire(&app(), ttl).await.unwrap()
    }

    /// Saves under a lease of its own, and answers its fence.
    async fn save(&self, token: &str, life: Duration) -> u64 {
        let lease = self.acquire(LONG).await.unwrap();
        let fence = lease.fence();
        assert!(self.store.save(&app(), &token.into(), life, &lease).await.unwrap());
        self.store.release(&app(), lease).await.unwrap();
        fence
    }

    async fn loaded(&self) -> Option<String> {
        self.store.load(&app()).await.unwrap().map(|stored| stored.token.expose().to_owned())
    }
}

fn unix_ms() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis() as u64
}

#[tokio::test]
async fn the_files_are_as_documented() {
    let place = Place::new();
    assert!(place.loaded().await.is_none());
    assert!(!place.store.expire(&app(), 1).await.unwrap());
    assert!(!place.store.directory().exists(), "looking creates nothing");
    let before = unix_ms();
    let fence = place.save("\"a\" token\n", TWO_HOURS).await;
    let written = place.json(".json")["written_ms"].as_u64().unwrap();
    assert!((before..=unix_ms()).contains(&written));
    let expected = json!({
        "format": "weapp-token/1", "appid": "wx0123456789abcdef", "kind": "stable", "token": "\"a\" token\n",
        "life_ms": 7_200_000, "written_ms": written, "ends_ms": written + 7_200_000, "generation": fence,
    });
    assert_eq!(place.json(".json"), expected);
    assert!(fence >= before * 1000, "a fence is at least the clock's microseconds");

    let lease = place.json(".lease.json");
    assert_eq!(lease["format"], "weapp-lease/1");
    assert_eq!(lease["fence"], fence);
    assert_eq!(lease["owner"], format!("process {}", std::process::id()));
    assert_eq!(lease["until_ms"].as_u64().unwrap() - lease["since_ms"].as_u64().unwrap(), 60_000);
    let mut names: Vec<_> = fs::read_dir(place.store.directory()).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.sort();
    assert_eq!(names, [".held", ".json", ".lease.json", ".lock"].map(|ending| place.file(ending)));
    for ending in [".held", ".lock"] {
        assert_eq!(fs::metadata(place.file(ending)).unwrap().len(), 0);
    }
}

#[test]
fn names_are_safe_and_never_the_same() {
    let long = "X".repeat(100);
    let longer = "X".repeat(101);
    let appids = [
        "wx0123456789abcdef",
        "WX0123456789ABCDEF",
        "wX0123456789abcdef",
        "_77x",
        "wx",
        "w_x",
        "w_5fx",
        "../../etc/passwd",
        "a/b",
        "a\\b",
        "a:b",
        "a.b",
        "a b",
        "a\0b",
        "con",
        "",
        "é",
        "e\u{301}",
        "小程序",
        &long,
        &longer,
    ];
    let directory = Path::new("tokens");
    let mut seen = HashSet::new();
    for appid in appids {
        for kind in ["stable", "sta-ble", "sta_ble"] {
            let names = Names::new(directory, &TokenKey::new(appid, kind).unwrap());
            for path in [names.token, names.lease, names.lock, names.held] {
                assert_eq!(path.parent(), Some(directory), "{path:?}");
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                assert!(name.starts_with("weapp-") && name.len() < 200, "{name}");
                assert!(
                    name.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || b"-_.".contains(&c)),
                    "{name}"
                );
                assert!(seen.insert(name), "{appid:?}, {kind}");
            }
        }
    }
    assert_eq!(seen.len(), appids.len() * 3 * 4);
}

#[tokio::test]
async fn relative_paths_start_where_the_store_was_made() {
    let store = FileStore::new("tokens");
    assert_eq!(store.directory(), std::env::current_dir().unwrap().join("tokens"));
    assert_eq!(format!("{:?}", FileStore::new("/tokens")), r#"FileStore { directory: "/tokens" }"#);
}

/// All that can be wrong with a token's file, and what the warning says of it.
#[tokio::test]
async fn a_file_that_is_no_good_counts_as_none_with_one_warning_and_is_replaced() {
    let place = Place::new();
    let good = {
        place.save("first", TWO_HOURS).await;
        fs::read(place.file(".json")).unwrap()
    };
    let edited = |name: &str, value: Value| {
        let mut json: Value = serde_json::from_slice(&good).unwrap();
        json[name] = value;
        json.to_string().into_bytes()
    };
    let hour = 3_600_000;
    let cases = [
        (Vec::new(), "damaged"),
        (good[..good.len() / 2].to_vec(), "damaged"),
        (vec![0; 4096], "damaged"),
        (b"\xff\xfe{}".to_vec(), "damaged"),
        (b"[1, 2]".to_vec(), "no token of this app"),
        (br#"{"access_token": "of another program", "expires_in": 7200}"#.to_vec(), "no token of this app"),
        (vec![b' '; (1 << 20) + 1], "no token of this app"),
        (edited("appid", json!("wxanother")), "no token of this app"),
        (edited("kind", json!("classic")), "no token of this app"),
        (edited("format", json!("weapp-lease/1")), "no token of this app"),
        (edited("format", json!("weapp-token/2")), "newer version"),
        (edited("format", json!("weapp-token/0")), "damaged"),
        (edited("format", json!("weapp-token/x")), "damaged"),
        (edited("token", json!(null)), "damaged"),
        (edited("life_ms", json!(-1)), "damaged"),
        (edited("ends_ms", json!("soon")), "damaged"),
        (edited("generation", json!(1.5)), "damaged"),
        (edited("generation", json!(u64::MAX)), "damaged"),
        (edited("written_ms", json!(unix_ms() + hour)), "yet to come"),
    ];
    for (content, says) in cases {
        let log = Log::default();
        async {
            let told = String::from_utf8_lossy(&content[..content.len().min(300)]).into_owned();
            // In place, so that its permissions stay.
            fs::write(place.file(".json"), &content).unwrap();
            for _ in 0..3 {
                assert!(place.loaded().await.is_none(), "{told}");
            }
            let warnings = log.warnings();
            assert_eq!(warnings.len(), 1, "{told}: {warnings:?}");
            assert!(warnings[0].contains(says), "{told}: {warnings:?}");
            assert!(warnings[0].contains(place.file(".json").to_str().unwrap()), "{warnings:?}");
            assert!(!log.text().contains("of another program"));
            // Nothing to expire, and the next token takes its place.
            assert!(!place.store.expire(&app(), u64::MAX).await.unwrap());
            place.save("next", TWO_HOURS).await;
            assert_eq!(place.loaded().await.as_deref(), Some("next"), "{told}");
        }
        .with_subscriber(log.subscriber())
        .await;
    }
}

#[tokio::test]
async fn what_happens_again_is_warned_of_again() {
    let (place, log) = (Place::new(), Log::default());
    async {
        for round in 1..=2 {
            place.save("good", TWO_HOURS).await;
            fs::write(place.file(".json"), "bad").unwrap();
            assert!(place.loaded().await.is_none());
            assert_eq!(log.warnings().len(), round);
        }
    }
    .with_subscriber(log.subscriber())
    .await;
}

#[tokio::test]
async fn no_clock_makes_a_token_live_longer_than_its_life() {
    let place = Place::new();
    place.save("token", TWO_HOURS).await;
    // An end that does not follow from the life.
    place.edit(".json", |file| file["ends_ms"] = json!(u64::MAX));
    let stored = place.store.load(&app()).await.unwrap().unwrap();
    assert!(stored.remaining <= TWO_HOURS, "{stored:?}");
    // An hour ago.
    let hour = 3_600_000;
    place.edit(".json", |file| file["written_ms"] = json!(unix_ms() - hour));
    let stored = place.store.load(&app()).await.unwrap().unwrap();
    assert!(stored.remaining <= Duration::from_millis(hour), "{stored:?}");
    assert!(stored.remaining > Duration::from_millis(hour - 60_000), "{stored:?}");
    assert_eq!(stored.life, TWO_HOURS);
    // An end before its time is believed.
    place.edit(".json", |file| file["ends_ms"] = json!(unix_ms() + 5_000));
    assert!(place.store.load(&app()).await.unwrap().unwrap().remaining <= Duration::from_secs(5));
    for (written, ends) in [(unix_ms() - 2 * hour, u64::MAX), (0, 1), (u64::MAX, u64::MAX), (unix_ms(), 0)] {
        place.edit(".json", |file| {
            file["written_ms"] = json!(written);
            file["ends_ms"] = json!(ends);
        });
        assert!(place.loaded().await.is_none(), "{written} {ends}");
    }
}

#[tokio::test]
async fn a_lease_survives_no_clock_that_is_set_back_and_a_dropped_one_ends_at_once() {
    let place = Place::new();
    let first = place.acquire(LONG).await.unwrap();
    assert!(place.acquire(LONG).await.is_none());
    // As if the clock had been set back by an hour since.
    place.edit(".lease.json", |lease| {
        lease["since_ms"] = json!(unix_ms() + 3_600_000);
        lease["until_ms"] = json!(unix_ms() + 3_660_000);
    });
    assert!(!place.store.renew(&app(), &first, LONG).await.unwrap());
    let second = place.acquire(LONG).await.unwrap();
    assert!(second.fence() > first.fence());
    drop(first);
    assert!(place.acquire(LONG).await.is_none(), "the older lease's lock is not that of the newer one");
    let fence = second.fence();
    drop(second);
    assert!(place.acquire(LONG).await.unwrap().fence() > fence);
}

#[tokio::test]
async fn fences_rise_whatever_becomes_of_the_files() {
    let place = Place::new();
    let mut last = place.save("token", TWO_HOURS).await;
    let ahead = u64::from(u32::MAX) << 24;
    for round in 0..6 {
        match round {
            0 => fs::remove_dir_all(place.store.directory()).unwrap(),
            1 => fs::remove_file(place.file(".lease.json")).unwrap(),
            2 => fs::write(place.file(".lease.json"), "{}").unwrap(),
            // Given out while the clock was far ahead.
            3 => place.edit(".lease.json", |lease| lease["fence"] = json!(ahead)),
            4 => place.edit(".json", |token| token["generation"] = json!(ahead + 100)),
            _ => fs::remove_file(place.file(".lease.json")).unwrap(),
        }
        // As another process would: it remembers no fence.
        let another = FileStore::new(place.store.directory());
        let lease = another.acquire(&app(), LONG).await.unwrap().unwrap();
        assert!(lease.fence() > last, "round {round}");
        last = lease.fence();
        assert!(another.save(&app(), &"token".into(), TWO_HOURS, &lease).await.unwrap());
    }
    assert!(last > ahead + 100);
    // This one remembers, even where nothing is left and the clock is behind.
    let lease = place.acquire(LONG).await.unwrap();
    last = lease.fence();
    drop(lease);
    fs::remove_dir_all(place.store.directory()).unwrap();
    assert!(place.acquire(LONG).await.unwrap().fence() > last);
}

#[tokio::test]
async fn a_directory_that_vanished_is_created_anew() {
    let place = Place::new();
    let lease = place.acquire(LONG).await.unwrap();
    fs::remove_dir_all(place.store.directory()).unwrap();
    assert!(place.loaded().await.is_none());
    assert!(place.store.save(&app(), &"token".into(), TWO_HOURS, &lease).await.unwrap());
    assert_eq!(place.loaded().await.as_deref(), Some("token"));
    // Nobody knows of the lease any more.
    assert!(!place.store.renew(&app(), &lease, LONG).await.unwrap());
    let next = place.acquire(LONG).await.unwrap();
    assert!(!place.store.save(&app(), &"stale".into(), TWO_HOURS, &lease).await.unwrap());
    place.store.release(&app(), lease).await.unwrap();
    assert!(place.acquire(LONG).await.is_none());
    drop(next);
}

#[tokio::test]
async fn something_else_in_place_of_a_file_or_of_the_directory_is_told_with_a_remedy() {
    let place = Place::new();
    place.save("token", TWO_HOURS).await;
    let told = |outcome: Result<(), StoreError>, ending: &str, remedy: &str| {
        let told = outcome.unwrap_err().to_string();
        assert!(told.contains(place.file(ending).to_str().unwrap()) && told.contains(remedy), "{told}");
    };
    for ending in [".lock", ".held", ".lease.json.new"] {
        let _ = fs::remove_file(place.file(ending));
        fs::create_dir(place.file(ending)).unwrap();
        let acquired = place.store.acquire(&app(), LONG).await.map(drop);
        told(acquired, ending, if ending.ends_with("new") { "directory" } else { "remove it" });
        assert_eq!(place.loaded().await.as_deref(), Some("token"), "what is there is still served");
        fs::remove_dir(place.file(ending)).unwrap();
    }
    fs::remove_file(place.file(".json")).unwrap();
    fs::create_dir(place.file(".json")).unwrap();
    assert!(place.loaded().await.is_none(), "a directory is no token");
    let lease = place.acquire(LONG).await.unwrap();
    let saved = place.store.save(&app(), &"token".into(), LONG, &lease).await.map(drop);
    told(saved, ".json", "directory");
    assert!(!place.file(".json.new").exists());

    let file = place.temporary.path().join("file");
    fs::write(&file, "not ours").unwrap();
    for store in [FileStore::new(&file), FileStore::new(file.join("below"))] {
        for outcome in [store.load(&app()).await.map(drop), store.acquire(&app(), LONG).await.map(drop)] {
            let told = outcome.unwrap_err().to_string();
            assert!(told.contains("file") && told.contains("choose another directory"), "{told}");
        }
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "not ours");
}

#[tokio::test]
async fn who_was_killed_while_writing_leaves_nothing_that_matters() {
    let place = Place::new();
    place.save("token", TWO_HOURS).await;
    for ending in [".json.new", ".lease.json.new"] {
        fs::write(place.file(ending), "half of a f").unwrap();
    }
    assert_eq!(place.loaded().await.as_deref(), Some("token"));
    place.save("next", TWO_HOURS).await;
    assert_eq!(place.loaded().await.as_deref(), Some("next"));
    for ending in [".json.new", ".lease.json.new"] {
        assert!(!place.file(ending).exists());
    }
}

#[tokio::test]
async fn who_hangs_in_the_middle_of_a_change_holds_others_up_for_two_seconds() {
    let place = Place::new();
    let fence = place.save("token", TWO_HOURS).await;
    let hanging = disk::lock(&place.file(".lock")).unwrap();
    let since = std::time::Instant::now();
    let told = place.store.expire(&app(), fence).await.unwrap_err().to_string();
    assert!((2000..10_000).contains(&since.elapsed().as_millis()), "{:?}", since.elapsed());
    assert!(told.contains(".lock") && told.contains("look for a process that hangs"), "{told}");
    assert_eq!(place.loaded().await.as_deref(), Some("token"), "reading needs no lock");
    drop(hanging);
    assert!(place.store.expire(&app(), fence).await.unwrap());
}

#[tokio::test]
async fn an_acquire_that_is_given_up_leaves_no_lease() {
    let place = Place::new();
    place.save("token", TWO_HOURS).await;
    for micros in (0..4000).step_by(100) {
        let _ = tokio::time::timeout(Duration::from_micros(micros), place.acquire(LONG)).await;
    }
    let since = std::time::Instant::now();
    while place.acquire(LONG).await.is_none() {
        assert!(since.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
