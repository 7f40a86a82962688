//! The store in memory, and the contract for all stores.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::Dispatch;

use super::{MemoryStore, TokenKey, TokenStore};
use crate::secret::Secret;

const LONG: Duration = Duration::from_secs(60);

/// What is logged while its subscriber is in force.
#[derive(Clone, Debug, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(super) fn subscriber(&self) -> Dispatch {
        let log = self.clone();
        tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone()).into()
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(" WARN ")).map(str::to_owned).collect()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn key() -> TokenKey {
    TokenKey::new("wx0123456789abcdef", "stable").unwrap()
}

#[tokio::test]
async fn times_beyond_all_clocks_are_for_ever() {
    let (store, key) = (MemoryStore::new(), key());
    let lease = store.acquire(&key, Duration::MAX).await.unwrap().unwrap();
    assert!(store.renew(&key, &lease, Duration::MAX).await.unwrap());
    assert!(store.acquire(&key, LONG).await.unwrap().is_none());
    assert!(store.save(&key, &Secret::new("a"), Duration::MAX, &lease).await.unwrap());
    assert!(store.load(&key).await.unwrap().unwrap().remaining > Duration::from_secs(1 << 40));
}

#[tokio::test]
async fn a_lease_that_is_dropped_ends() {
    let (store, key) = (MemoryStore::new(), key());
    let first = store.acquire(&key, LONG).await.unwrap().unwrap();
    let fence = first.fence();
    drop(first);
    assert!(store.acquire(&key, LONG).await.unwrap().unwrap().fence() > fence);
}

#[tokio::test]
async fn what_is_never_polled_does_nothing() {
    let (store, key) = (MemoryStore::new(), key());
    drop(store.acquire(&key, LONG));
    let lease = store.acquire(&key, LONG).await.unwrap().unwrap();
    assert_eq!(lease.fence(), 1);
    drop(store.save(&key, &Secret::new("a"), LONG, &lease));
    assert!(store.load(&key).await.unwrap().is_none());
}

#[tokio::test]
async fn a_life_of_nothing_is_over() {
    let (store, key) = (MemoryStore::new(), key());
    let lease = store.acquire(&key, LONG).await.unwrap().unwrap();
    assert!(store.save(&key, &Secret::new("a"), Duration::ZERO, &lease).await.unwrap());
    assert!(store.load(&key).await.unwrap().is_none());
}

#[test]
fn debug_shows_no_token() {
    let store = Arc::new(MemoryStore::new());
    let (saved, key) = (Arc::clone(&store), key());
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async move {
        let lease = saved.acquire(&key, LONG).await.unwrap().unwrap();
        saved.save(&key, &Secret::new("hidden"), LONG, &lease).await.unwrap();
    });
    assert_eq!(format!("{store:?}"), "MemoryStore { keys: 1 }");
}

#[cfg(feature = "mock")]
mod contract {
    use super::super::{FileStore, MemoryStore, SealKey, SealedStore};
    use crate::mock::check_token_store;

    fn key(byte: u8) -> SealKey {
        SealKey::from_bytes([byte; 32])
    }

    #[tokio::test]
    async fn of_the_store_in_memory() {
        check_token_store(MemoryStore::new()).await.unwrap();
    }

    #[tokio::test]
    async fn of_files() {
        let directory = tempfile::tempdir().unwrap();
        check_token_store(FileStore::new(directory.path().join("new"))).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn of_files_with_several_threads() {
        let directory = tempfile::tempdir().unwrap();
        check_token_store(FileStore::new(directory.path())).await.unwrap();
    }

    #[tokio::test]
    async fn of_sealed_tokens_in_memory() {
        check_token_store(SealedStore::new(MemoryStore::new(), key(1))).await.unwrap();
    }

    #[tokio::test]
    async fn of_sealed_tokens_in_files() {
        let directory = tempfile::tempdir().unwrap();
        let store = SealedStore::new(FileStore::new(directory.path()), key(1)).also_open(key(2));
        check_token_store(store).await.unwrap();
    }
}
