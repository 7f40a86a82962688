//! Files that are read, replaced and locked.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::record::Flaw;

/// How long to wait for another process that is changing a file. Less than the client waits for a store.
const PATIENCE: Duration = Duration::from_secs(2);
/// A file that is longer is none of ours.
const LONGEST_FILE: u64 = 1 << 20;

/// What went wrong with which file, and what to do about it.
#[derive(Debug)]
pub(super) struct Trouble {
    doing: &'static str,
    path: PathBuf,
    why: String,
    remedy: &'static str,
}

impl Trouble {
    fn new(doing: &'static str, path: &Path, error: &io::Error) -> Self {
        let remedy = match error.kind() {
            ErrorKind::PermissionDenied => {
                "give this user permission to read and write the directory and the files in it, or choose another \
                 directory"
            }
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => "make room on the disk",
            ErrorKind::ReadOnlyFilesystem => "choose a directory that can be written to",
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
                "something else stands where the directory should be: remove it, or choose another directory"
            }
            ErrorKind::IsADirectory => "remove this directory, or choose another one for the tokens",
            ErrorKind::Unsupported => "choose a directory on a local disk, where files can be locked",
            _ => "look after the disk, or choose another directory",
        };
        Self { doing, path: path.to_owned(), why: error.to_string(), remedy }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { doing, path, why, remedy } = self;
        write!(f, "can not {doing} {}: {why}; what to do: {remedy}", path.display())
    }
}

impl Error for Trouble {}

/// What is in a file.
pub(super) struct Content {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    file: File,
}

impl Content {
    /// Takes the permissions of all but the owner away, if this user may. Says whether there were any.
    #[cfg(unix)]
    pub(super) fn narrow(&self) -> bool {
        use std::os::unix::fs::PermissionsExt as _;
        let wide = self.file.metadata().is_ok_and(|found| found.permissions().mode() & 0o077 != 0);
        if wide {
            // Only the owner may; whoever else reads the file has to be content with the warning.
            let _ = self.file.set_permissions(fs::Permissions::from_mode(0o600));
        }
        wide
    }

    /// Elsewhere a file inherits who may do what.
    #[cfg(not(unix))]
    pub(super) fn narrow(&self) -> bool {
        let _ = &self.file;
        false
    }
}

/// Reads a file, if there is one.
pub(super) fn read(path: &Path) -> Result<Option<Result<Content, Flaw>>, Trouble> {
    let read = || -> io::Result<_> {
        // A link is not followed, and a pipe not waited for.
        if !fs::symlink_metadata(path)?.is_file() {
            return Ok(Err(Flaw::NoPlainFile));
        }
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        if length > LONGEST_FILE {
            return Ok(Err(Flaw::Foreign));
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1));
        (&file).take(LONGEST_FILE).read_to_end(&mut bytes)?;
        Ok(Ok(Content { bytes, file }))
    };
    match read() {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Trouble::new("read", path, &error)),
    }
}

/// Puts a file in the place of another, or of none, so that it is whole whenever somebody looks. The caller sees to it
/// that nobody else does the same.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), Trouble> {
    let mut new = OsString::from(path);
    new.push(".new");
    let new = PathBuf::from(new);
    // From somebody who was killed.
    remove(&new)?;
    let replaced = private(OpenOptions::new().write(true).create_new(true)).open(&new).and_then(|mut file| {
        file.write_all(content)?;
        // Without this, a power cut could leave the new name with an empty file.
        file.sync_all()?;
        fs::rename(&new, path)
    });
    replaced.map_err(|error| {
        let _ = fs::remove_file(&new);
        Trouble::new("write", path, &error)
    })
}

/// Removes a file, if it is there.
pub(super) fn remove(path: &Path) -> Result<(), Trouble> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(Trouble::new("remove", path, &error)),
        _ => Ok(()),
    }
}

/// A lock, until it is dropped or the process ends.
pub(super) struct Locked(File);

impl Drop for Locked {
    fn drop(&mut self) {
        // Closing does it, too, but not at once where a child was just forked, nor on Windows.
        let _ = self.0.unlock();
    }
}

/// Waits for a lock.
pub(super) fn lock(path: &Path) -> Result<Locked, Trouble> {
    let since = Instant::now();
    loop {
        if let Some(locked) = try_lock(path)? {
            return Ok(locked);
        }
        if since.elapsed() >= PATIENCE {
            return Err(Trouble {
                doing: "lock",
                path: path.to_owned(),
                why: format!("another process has held it for {} seconds", PATIENCE.as_secs()),
                remedy: "look for a process that hangs or is stopped while it uses this directory",
            });
        }
        thread::sleep(Duration::from_millis(fastrand::u64(1..10)));
    }
}

/// A lock, if nobody else has it.
pub(super) fn try_lock(path: &Path) -> Result<Option<Locked>, Trouble> {
    let trouble = |error| Trouble::new("lock", path, &error);
    if fs::symlink_metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(Trouble {
            doing: "lock",
            path: path.to_owned(),
            why: "it is no plain file".to_owned(),
            remedy: "remove it",
        });
    }
    let mut options = OpenOptions::new();
    let file = private(options.read(true).write(true).create(true).truncate(false)).open(path).map_err(trouble)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Locked(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(trouble(error)),
    }
}

/// Locks a new file of this name, whoever holds a lock on the old one.
pub(super) fn take_over(path: &Path) -> Result<Locked, Trouble> {
    remove(path)?;
    try_lock(path)?.ok_or_else(|| Trouble::new("lock", path, &ErrorKind::WouldBlock.into()))
}

pub(super) fn create_directory(path: &Path) -> Result<(), Trouble> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(|error| Trouble::new("create the directory", path, &error))
}

/// Whether users other than the owner may write to a directory.
#[cfg(unix)]
pub(super) fn others_may_write(directory: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(directory).is_ok_and(|found| found.permissions().mode() & 0o022 != 0)
}

/// Elsewhere a directory inherits who may do what.
#[cfg(not(unix))]
pub(super) fn others_may_write(_directory: &Path) -> bool {
    false
}

/// For the owner alone.
#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
