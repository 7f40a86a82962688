//! What the service remembers: in memory, where yours has a database.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use tokio::time::Instant;
use weapp::Secret;

/// How long a session lasts. The Mini Program logs in anew at no cost to the user: a short life makes a stolen session
/// worth less.
const LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// A user who logged in.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) openid: String,
    /// Opens what the Mini Program's front end hands over encrypted: `client.user_data()`.
    #[allow(dead_code, reason = "this service takes nothing of that kind")]
    pub(crate) session_key: Secret,
}

/// A picture that a user uploaded.
#[derive(Clone)]
pub(crate) struct Picture {
    pub(crate) owner: String,
    pub(crate) kind: Kind,
    pub(crate) bytes: Bytes,
    /// Opens it without a session.
    pub(crate) key: String,
    pub(crate) verdict: Verdict,
}

/// What became of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Checking,
    Passed,
    Refused,
    /// A person has to look at it.
    InReview,
    /// It was not checked: it is to be uploaded anew.
    Failed,
}

/// What a picture is stored as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Jpeg,
    Png,
    Gif,
}

impl Kind {
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let kinds: [(&[u8], Self); 3] =
            [(b"\xFF\xD8\xFF", Self::Jpeg), (b"\x89PNG\r\n\x1A\n", Self::Png), (b"GIF8", Self::Gif)];
        kinds.into_iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, kind)| kind)
    }

    pub(crate) fn mime(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Gif => "image/gif",
        }
    }
}

impl Picture {
    pub(crate) fn new(owner: String, kind: Kind, bytes: Bytes) -> Result<Self, getrandom::Error> {
        Ok(Self { owner, kind, bytes, key: random_id()?, verdict: Verdict::Checking })
    }
}

/// What is known of a check.
enum Check {
    /// It is of this picture.
    Of(String),
    /// The verdict was here before the answer that named the check.
    Decided(Verdict),
}

#[derive(Clone, Default)]
pub(crate) struct Store(Arc<Mutex<Tables>>);

#[derive(Default)]
struct Tables {
    /// Each with its end.
    sessions: HashMap<String, (Instant, Session)>,
    pictures: HashMap<String, Picture>,
    /// By WeChat's trace_id.
    checks: HashMap<String, Check>,
}

impl Store {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a session, and answers its id.
    pub(crate) fn open_session(&self, session: Session) -> Result<String, getrandom::Error> {
        let (id, now) = (random_id()?, Instant::now());
        let sessions = &mut self.tables().sessions;
        sessions.retain(|_, (end, _)| *end > now);
        sessions.insert(id.clone(), (now + LIFE, session));
        Ok(id)
    }

    pub(crate) fn session(&self, id: &str) -> Option<Session> {
        let tables = self.tables();
        tables.sessions.get(id).filter(|(end, _)| *end > Instant::now()).map(|(_, session)| session.clone())
    }

    /// Keeps a picture, and answers its id and its key.
    pub(crate) fn add(&self, picture: Picture) -> Result<(String, String), getrandom::Error> {
        let (id, key) = (random_id()?, picture.key.clone());
        self.tables().pictures.insert(id.clone(), picture);
        Ok((id, key))
    }

    pub(crate) fn picture(&self, id: &str) -> Option<Picture> {
        self.tables().pictures.get(id).cloned()
    }

    pub(crate) fn remove(&self, id: &str) {
        self.tables().pictures.remove(id);
    }

    /// Notes which check is that of a picture. Its verdict may have come already: events overtake answers.
    pub(crate) fn began(&self, picture: &str, trace_id: String) {
        let mut tables = self.tables();
        match tables.checks.remove(&trace_id) {
            Some(Check::Decided(verdict)) => tables.set(picture, verdict),
            _ => drop(tables.checks.insert(trace_id, Check::Of(picture.to_owned()))),
        }
    }

    /// Notes how a check ended.
    pub(crate) fn decide(&self, trace_id: &str, verdict: Verdict) {
        let mut tables = self.tables();
        match tables.checks.remove(trace_id) {
            Some(Check::Of(picture)) => tables.set(&picture, verdict),
            _ => drop(tables.checks.insert(trace_id.to_owned(), Check::Decided(verdict))),
        }
    }
}

impl Tables {
    fn set(&mut self, picture: &str, verdict: Verdict) {
        if let Some(picture) = self.pictures.get_mut(picture) {
            picture.verdict = verdict;
        }
    }
}

/// 128 bits that nobody can guess, as hexadecimal digits.
fn random_id() -> Result<String, getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
