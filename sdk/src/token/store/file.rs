//! Tokens in a directory, for several processes on one machine.

mod disk;
mod record;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::dispatcher;

use self::disk::{Locked, Trouble};
use self::record::{Flaw, LeaseRecord, Names, Now, TokenRecord};
use super::{Lease, StoredToken, Storing, TokenKey, TokenStore};
use crate::secret::Secret;

/// Keeps tokens in a directory: for command lines, cron jobs and workers on one machine, which fetch once for all.
///
/// ```no_run
/// # async fn run() -> Result<(), weapp::token::StoreError> {
/// use std::time::Duration;
/// use weapp::token::{FileStore, TokenKey, TokenStore as _};
///
/// let store = FileStore::new("/var/lib/my-service/weapp");
/// let kept = store.load(&TokenKey::new("wx0123456789abcdef", "stable")?).await?;
/// # Ok(()) }
/// ```
///
/// # What is in the directory
///
/// It is created when first needed, with mode 0700; the files have mode 0600. For the AppID `wx0123456789abcdef` and
/// the source `stable` they are `weapp-wx0123456789abcdef.stable` and
///
/// - `.json`, the token, which anybody may delete: the next call fetches another one.
/// - `.lease.json`, who fetched last: what keeps fences rising.
/// - `.lock` and `.held`, empty, on which locks are held: the first while a file is changed, the second while somebody
///   has the lease. `.json.new` and `.lease.json.new` stand for a moment beside the files that they replace.
///
/// Bytes of an AppID other than `a` to `z` and digits are written as `_` and two hexadecimal digits; an AppID that
/// comes out longer than 120 characters as `__` and half of its SHA-256.
///
/// The token's file is JSON. Times are milliseconds since 1970 in UTC:
///
/// ```json
/// {
///   "format": "weapp-token/1",
///   "appid": "wx0123456789abcdef",
///   "kind": "stable",
///   "token": "…",
///   "life_ms": 7200000,
///   "written_ms": 1767225600000,
///   "ends_ms": 1767232800000,
///   "generation": 1767225599123456
/// }
/// ```
///
/// The AppSecret is never there. [`SealedStore`](super::SealedStore) around this store encrypts the token.
///
/// # What it promises
///
/// - A file is written beside the old one, flushed, and put in its place by renaming: a crash or a full disk leaves
///   the old file or the new one.
/// - The lease is a lock of the operating system. A process that ends, however it ends, frees it at once, and so does
///   dropping the [`Lease`]; the time `ttl` is for those that hang.
/// - A clock that is set back, or a file from the future, costs a token, and never makes one live longer than its
///   life. A clock that was set back by less than the token's age can not be noticed.
/// - A file that is damaged, belongs to another app, is a link, or was written by a newer version counts as no token,
///   and is replaced by the next one that is saved; a link's target is left alone. One `tracing` warning names it.
/// - Permissions that let others read a token are narrowed, with a warning. There is a warning for a directory to which
///   others may write, too.
///
/// # Errors
///
/// Where it can not be known whether there is a token (no permission, something else in place of the directory), and
/// where nothing can be written (a full disk, a directory that is read-only: tokens in it are still loaded). The text
/// names the file and what to do. A directory that was deleted is created anew. An operation waits at most two
/// seconds for another process that is changing a file.
///
/// # Limits
///
/// It needs tokio, whose blocking threads do the work. The directory has to be on a local disk: network file systems
/// may have no locks, or clocks of their own. Containers share it by a volume on the same host.
#[derive(Clone)]
pub struct FileStore(Arc<Directory>);

struct Directory {
    path: PathBuf,
    /// The latest fence that this process gave out, for whatever key.
    floor: AtomicU64,
    /// What has been warned of.
    warned: Mutex<HashSet<(PathBuf, &'static str)>>,
}

impl FileStore {
    /// A store in this directory. Nothing is read or created yet.
    ///
    /// A relative path starts at the current directory of this moment.
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        let path = directory.into();
        let path = std::path::absolute(&path).unwrap_or(path);
        Self(Arc::new(Directory { path, floor: AtomicU64::new(0), warned: Mutex::default() }))
    }

    /// The directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.0.path
    }

    /// Works on a thread that may block, and warns in the caller's span.
    fn with<'a, T: Send + 'static>(
        &'a self,
        key: &'a TokenKey,
        work: impl FnOnce(&Directory, &Names) -> Result<T, Trouble> + Send + 'static,
    ) -> Storing<'a, T> {
        let (directory, names) = (Arc::clone(&self.0), Names::new(&self.0.path, key));
        Box::pin(async move {
            let subscriber = dispatcher::get_default(Clone::clone);
            let span = tracing::Span::current();
            let work = move || dispatcher::with_default(&subscriber, || span.in_scope(|| work(&directory, &names)));
            Ok(tokio::task::spawn_blocking(work).await??)
        })
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore").field("directory", &self.0.path).finish()
    }
}

impl TokenStore for FileStore {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Storing<'a, Option<StoredToken>> {
        self.with(key, Directory::load)
    }

    fn acquire<'a>(&'a self, key: &'a TokenKey, ttl: Duration) -> Storing<'a, Option<Lease>> {
        self.with(key, move |directory, names| directory.acquire(names, ttl))
    }

    fn renew<'a>(&'a self, key: &'a TokenKey, lease: &'a Lease, ttl: Duration) -> Storing<'a, bool> {
        let fence = lease.fence();
        self.with(key, move |directory, names| directory.renew(names, fence, ttl))
    }

    fn save<'a>(&'a self, key: &'a TokenKey, token: &'a Secret, life: Duration, lease: &'a Lease) -> Storing<'a, bool> {
        let (token, fence) = (token.clone(), lease.fence());
        self.with(key, move |directory, names| directory.save(names, &token, life, fence))
    }

    fn release<'a>(&'a self, _key: &'a TokenKey, lease: Lease) -> Storing<'a, ()> {
        // The lock goes with the lease, and is all there is to it.
        Box::pin(async move {
            drop(lease);
            Ok(())
        })
    }

    fn expire<'a>(&'a self, key: &'a TokenKey, generation: u64) -> Storing<'a, bool> {
        self.with(key, move |directory, names| directory.expire(names, generation))
    }
}

impl Directory {
    fn load(&self, names: &Names) -> Result<Option<StoredToken>, Trouble> {
        let Some(content) = disk::read(&names.token)? else { return Ok(None) };
        let now = Now::read();
        let record = content.and_then(|content| {
            let record = TokenRecord::read(&content.bytes, names)?;
            if content.narrow() {
                self.warn(
                    &names.token,
                    "other users could read the token in this file; its mode was made 0600, if this user owns it. If \
                     one of them may have read it, end the token by a forced refresh",
                );
            }
            if record.is_from_the_future(now) { Err(Flaw::Future) } else { Ok(record) }
        });
        match record {
            Ok(TokenRecord { token, life, generation, ends_ms, .. }) => {
                let remaining = Duration::from_millis(ends_ms.saturating_sub(now.ms)).min(life);
                Ok((!remaining.is_zero()).then(|| StoredToken::new(token, life, remaining, generation)))
            }
            Err(flaw) => {
                self.warn(&names.token, flaw.text());
                Ok(None)
            }
        }
    }

    fn acquire(&self, names: &Names, ttl: Duration) -> Result<Option<Lease>, Trouble> {
        let _changing = self.begin_change(names)?;
        let now = Now::read();
        let last = lease(names)?;
        let held = match disk::try_lock(&names.held)? {
            Some(held) => held,
            None if last.as_ref().is_some_and(|last| last.runs(now)) => return Ok(None),
            // Whoever holds the lock outlived its lease. It keeps its lock, on a file that has no name any more.
            None => disk::take_over(&names.held)?,
        };
        // The clock makes fences rise even where all files were deleted.
        let fences =
            [last.map_or(0, |last| last.fence), generation(names)?, self.floor.load(Ordering::Relaxed), now.us];
        let fence = fences.into_iter().fold(0, u64::max) + 1;
        self.floor.fetch_max(fence, Ordering::Relaxed);
        let owner = format!("process {}", std::process::id());
        disk::replace(&names.lease, &LeaseRecord::new(fence, &owner, ttl, now).to_json(names))?;
        Ok(Some(Lease::new(fence, owner).with_guard(held)))
    }

    fn renew(&self, names: &Names, fence: u64, ttl: Duration) -> Result<bool, Trouble> {
        let _changing = self.begin_change(names)?;
        let now = Now::read();
        match lease(names)? {
            Some(last) if last.fence == fence && last.runs(now) => {
                disk::replace(&names.lease, &LeaseRecord::new(fence, &last.owner, ttl, now).to_json(names))?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn save(&self, names: &Names, token: &Secret, life: Duration, fence: u64) -> Result<bool, Trouble> {
        let _changing = self.begin_change(names)?;
        let newest = lease(names)?.map_or(0, |last| last.fence).max(generation(names)?);
        if newest > fence {
            return Ok(false);
        }
        disk::replace(&names.token, &TokenRecord::new(token.clone(), life, fence, Now::read()).to_json(names))?;
        self.warned().retain(|(path, _)| *path != names.token);
        Ok(true)
    }

    fn expire(&self, names: &Names, generation: u64) -> Result<bool, Trouble> {
        // Looked at first without a lock: mostly somebody else did it already, and the directory may be read-only.
        if !is_kept(names, generation)? {
            return Ok(false);
        }
        let _changing = self.begin_change(names)?;
        let kept = is_kept(names, generation)?;
        if kept {
            disk::remove(&names.token)?;
        }
        Ok(kept)
    }

    /// Waits until nobody else changes the key's files.
    fn begin_change(&self, names: &Names) -> Result<Locked, Trouble> {
        disk::create_directory(&self.path)?;
        if disk::others_may_write(&self.path) {
            self.warn(
                &self.path,
                "other users may write to this directory, and could put tokens of their own there; take the permission \
                 away (chmod 700), or give the tokens a directory of their own",
            );
        }
        disk::lock(&names.lock)
    }

    /// Warns once.
    fn warn(&self, path: &Path, what: &'static str) {
        if self.warned().insert((path.to_owned(), what)) {
            tracing::warn!(target: "weapp", path = %path.display(), "{what}");
        }
    }

    fn warned(&self) -> MutexGuard<'_, HashSet<(PathBuf, &'static str)>> {
        self.warned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The latest lease. What can not be read of it is made up for by the clock and the token's generation.
fn lease(names: &Names) -> Result<Option<LeaseRecord>, Trouble> {
    let content = disk::read(&names.lease)?;
    Ok(content.and_then(|content| LeaseRecord::read(&content.ok()?.bytes, names).ok()))
}

/// The generation of the token that is kept; 0 without one.
fn generation(names: &Names) -> Result<u64, Trouble> {
    Ok(token(names)?.map_or(0, |kept| kept.generation))
}

fn is_kept(names: &Names, generation: u64) -> Result<bool, Trouble> {
    Ok(token(names)?.is_some_and(|kept| kept.generation == generation))
}

fn token(names: &Names) -> Result<Option<TokenRecord>, Trouble> {
    let content = disk::read(&names.token)?;
    Ok(content.and_then(|content| TokenRecord::read(&content.ok()?.bytes, names).ok()))
}
