//! What the files are called and what is in them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::ser::{Serialize, SerializeStruct as _, Serializer};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::super::{LONGEST, TokenKey};
use crate::secret::Secret;

/// The version of both formats.
const VERSION: u64 = 1;
const TOKEN: &str = "weapp-token/";
const LEASE: &str = "weapp-lease/";
/// A fence beyond this was never given out; it leaves room for all that will be.
const HIGHEST: u64 = i64::MAX as u64;

/// The files of a key.
pub(super) struct Names {
    appid: Box<str>,
    kind: Box<str>,
    pub(super) token: PathBuf,
    pub(super) lease: PathBuf,
    /// Locked while a file is changed.
    pub(super) lock: PathBuf,
    /// Locked by whoever has the lease.
    pub(super) held: PathBuf,
}

impl Names {
    pub(super) fn new(directory: &Path, key: &TokenKey) -> Self {
        let stem = format!("weapp-{}.{}", plain(key.appid()), key.kind());
        let file = |ending: &str| directory.join(format!("{stem}{ending}"));
        Self {
            appid: key.appid().into(),
            kind: key.kind().into(),
            token: file(".json"),
            lease: file(".lease.json"),
            lock: file(".lock"),
            held: file(".held"),
        }
    }
}

/// A text of which no two differ only in case, without anything that a path could take for something else.
fn plain(appid: &str) -> String {
    let mut name = String::with_capacity(appid.len());
    for byte in appid.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' => name.push(byte.into()),
            _ => push_hex(&mut name, "_", &[byte]),
        }
    }
    if name.len() > 120 {
        name.clear();
        // Two of these in a row come from no byte.
        push_hex(&mut name, "__", &Sha256::digest(appid)[..16]);
    }
    name
}

fn push_hex(out: &mut String, before: &str, bytes: &[u8]) {
    out.push_str(before);
    for byte in bytes {
        // Writing to a String does not fail.
        let _ = write!(out, "{byte:02x}");
    }
}

/// The time of day, since 1970.
#[derive(Clone, Copy)]
pub(super) struct Now {
    pub(super) ms: u64,
    pub(super) us: u64,
}

impl Now {
    pub(super) fn read() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        // A clock that is many centuries ahead must not use up all fences.
        let us = u64::try_from(since.as_micros()).ok().filter(|us| *us < HIGHEST / 2).unwrap_or_default();
        Self { ms: ms(since), us }
    }

    /// The moment in which `time` has passed.
    fn plus(self, time: Duration) -> u64 {
        self.ms.saturating_add(ms(time))
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Why a file counts as none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    Damaged,
    Foreign,
    Newer,
    NoPlainFile,
    Future,
}

impl Flaw {
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Damaged => {
                "this file is damaged and counts as no token; the next token that is saved replaces it. If that \
                 happens again, look for another program that writes to it"
            }
            Self::Foreign => {
                "this file holds no token of this app and source and counts as none; the next token that is saved \
                 replaces it. Move it away if it is needed, and copy no token's file to another name"
            }
            Self::Newer => {
                "this file was written by a newer version of weapp and counts as no token; update this program, or \
                 give it a directory of its own"
            }
            Self::NoPlainFile => {
                "this is a link, a directory or something else that is no plain file, and counts as no token; remove it"
            }
            Self::Future => {
                "this file was written at a time that is yet to come, and counts as no token, whose age nobody knows; \
                 if that happens again, let the clock of this machine be set by NTP"
            }
        }
    }
}

/// A token and its times.
pub(super) struct TokenRecord {
    pub(super) token: Secret,
    pub(super) life: Duration,
    pub(super) generation: u64,
    pub(super) ends_ms: u64,
    written_ms: u64,
}

impl TokenRecord {
    pub(super) fn new(token: Secret, life: Duration, generation: u64, now: Now) -> Self {
        let life = life.min(LONGEST);
        Self { token, life, generation, ends_ms: now.plus(life), written_ms: now.ms }
    }

    pub(super) fn is_from_the_future(&self, now: Now) -> bool {
        self.written_ms > now.ms
    }

    pub(super) fn to_json(&self, names: &Names) -> Zeroizing<Vec<u8>> {
        // Room for all: growing would leave copies of the token behind.
        let mut json = Zeroizing::new(Vec::with_capacity(6 * self.token.expose().len() + 4096));
        write_json(&mut json, &Written { record: self, names });
        json
    }

    pub(super) fn read(json: &[u8], names: &Names) -> Result<Self, Flaw> {
        let mut value = open(json, TOKEN, names)?;
        let number = |name: &str| value.get(name).and_then(Value::as_u64).ok_or(Flaw::Damaged);
        let (life_ms, written_ms) = (number("life_ms")?, number("written_ms")?);
        let (ends_ms, generation) = (number("ends_ms")?, fence(number("generation")?)?);
        match value.get_mut("token").map(Value::take) {
            Some(Value::String(token)) => Ok(Self {
                token: token.into(),
                life: Duration::from_millis(life_ms),
                generation,
                // Whatever stands there, it lives for its life and no longer.
                ends_ms: ends_ms.min(written_ms.saturating_add(life_ms)),
                written_ms,
            }),
            _ => Err(Flaw::Damaged),
        }
    }
}

struct Written<'a> {
    record: &'a TokenRecord,
    names: &'a Names,
}

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { record, names } = self;
        let mut out = serializer.serialize_struct("Token", 8)?;
        out.serialize_field("format", &format_args!("{TOKEN}{VERSION}"))?;
        out.serialize_field("appid", &names.appid)?;
        out.serialize_field("kind", &names.kind)?;
        out.serialize_field("token", record.token.expose())?;
        out.serialize_field("life_ms", &ms(record.life))?;
        out.serialize_field("written_ms", &record.written_ms)?;
        out.serialize_field("ends_ms", &record.ends_ms)?;
        out.serialize_field("generation", &record.generation)?;
        out.end()
    }
}

/// The latest lease.
pub(super) struct LeaseRecord {
    pub(super) fence: u64,
    pub(super) owner: String,
    since_ms: u64,
    until_ms: u64,
}

impl LeaseRecord {
    pub(super) fn new(fence: u64, owner: &str, ttl: Duration, now: Now) -> Self {
        Self { fence, owner: owner.to_owned(), since_ms: now.ms, until_ms: now.plus(ttl.min(LONGEST)) }
    }

    /// Where the clock was set back since, it does not: nobody knows for how long it would.
    pub(super) fn runs(&self, now: Now) -> bool {
        (self.since_ms..self.until_ms).contains(&now.ms)
    }

    pub(super) fn to_json(&self, names: &Names) -> Zeroizing<Vec<u8>> {
        let mut json = Zeroizing::default();
        let Self { fence, owner, since_ms, until_ms } = self;
        let value = serde_json::json!({
            "format": format!("{LEASE}{VERSION}"), "appid": names.appid, "kind": names.kind,
            "fence": fence, "owner": owner, "since_ms": since_ms, "until_ms": until_ms,
        });
        write_json(&mut json, &value);
        json
    }

    pub(super) fn read(json: &[u8], names: &Names) -> Result<Self, Flaw> {
        let value = open(json, LEASE, names)?;
        let number = |name: &str| value.get(name).and_then(Value::as_u64).ok_or(Flaw::Damaged);
        Ok(Self {
            fence: fence(number("fence")?)?,
            owner: value.get("owner").and_then(Value::as_str).ok_or(Flaw::Damaged)?.to_owned(),
            since_ms: number("since_ms")?,
            until_ms: number("until_ms")?,
        })
    }
}

fn write_json(out: &mut Vec<u8>, value: &impl Serialize) {
    // Text and numbers, into memory: that does not fail.
    let _ = serde_json::to_writer_pretty(&mut *out, value);
    out.push(b'\n');
}

/// A file of this sort, of a version that is known, which belongs to the key.
fn open(json: &[u8], sort: &str, names: &Names) -> Result<Value, Flaw> {
    let value: Value = serde_json::from_slice(json).map_err(|_| Flaw::Damaged)?;
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let version = text("format").and_then(|format| format.strip_prefix(sort)).ok_or(Flaw::Foreign)?;
    match version.parse() {
        Ok(VERSION) => {}
        Ok(newer) if newer > VERSION => return Err(Flaw::Newer),
        _ => return Err(Flaw::Damaged),
    }
    if text("appid") != Some(&*names.appid) || text("kind") != Some(&*names.kind) {
        return Err(Flaw::Foreign);
    }
    Ok(value)
}

fn fence(number: u64) -> Result<u64, Flaw> {
    if number < HIGHEST { Ok(number) } else { Err(Flaw::Damaged) }
}
