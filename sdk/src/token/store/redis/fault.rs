//! What went wrong, in words that help and hold no password and no token.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use ::redis::{ErrorKind, RedisError};

use crate::secret::Secret;

/// Why an operation failed.
pub(crate) struct Fault {
    what: String,
    remedy: &'static str,
}

/// A word or a phrase of Redis or of the `redis` crate, what it means here, and what to do.
struct Known(&'static str, &'static str, &'static str);

const KNOWN: [Known; 23] = [
    Known("OOM", "Redis has no memory left to write with", "raise its maxmemory, or give it a policy that evicts"),
    Known("READONLY", "this Redis is a replica, which can not write", FOLLOW),
    Known("MASTERDOWN", "this Redis is a replica that has lost its primary", FOLLOW),
    Known("LOADING", "Redis is still loading its data", "wait until it is done"),
    Known("NOREPLICAS", "Redis has fewer replicas than it wants before it writes", "see its min-replicas-to-write"),
    Known("MISCONF", "Redis does not write while it can not save its data to disk", "see its log, and its disk"),
    Known("BUSY", "Redis is busy with somebody else's script", "end it with SCRIPT KILL"),
    Known("CLUSTERDOWN", "the Redis cluster is down", "see CLUSTER INFO; each slot needs a node"),
    Known("TRYAGAIN", "the Redis cluster is moving the slot", "wait until it is done"),
    Known("MOVED", "this Redis is a node of a cluster", CLUSTER),
    Known("ASK", "this Redis is a node of a cluster", CLUSTER),
    Known("CROSSSLOT", "this Redis is part of a cluster", CLUSTER),
    Known("NOAUTH", "Redis wants a password", LOGIN),
    // What it says to a command of many arguments.
    Known("unauthenticated multibulk length", "Redis wants a password", LOGIN),
    Known("WRONGPASS", "Redis refused the user or the password", LOGIN),
    Known("AuthenticationFailed", "Redis refused the user or the password", LOGIN),
    Known("refused to switch database", "Redis has no database of this number", "correct the number in the URL"),
    Known("NOPERM", "the ACL of Redis does not let this user do that", ALLOW),
    Known("The user executing the script", "the ACL of Redis does not let this user do that", ALLOW),
    Known("WRONGTYPE", "a key of the store holds something else", FOREIGN),
    Known("MasterNameNotFoundBySentinel", "the sentinels know no such master that is up", "see SENTINEL MASTERS"),
    // With TLS 1.3 the server tells this only when it is spoken to.
    Known("CertificateRequired", "Redis wants a certificate of its clients", SHOW),
    Known("UnknownCA", "Redis does not trust the certificate of this client", SHOW),
];

const FOLLOW: &str =
    "give the address of the primary, or use `RedisStore::sentinel` or `RedisStore::cluster`, which follow it";
const CLUSTER: &str = "use `RedisStore::cluster`";
const LOGIN: &str = "correct the URL: redis://user:password@host, with special characters percent-encoded";
const FOREIGN: &str = "delete the key, or choose another `prefix`";
const ALLOW: &str = "allow what the page of `RedisStore` lists";
const SHOW: &str = "give one that its authority has signed by `client_certificate`";
const TRUST: &str =
    "give the authority by `root_certificates` or to the system, and the URL the host that it certifies";
const REACH: &str = "check the address, whether Redis is up, and whether it expects TLS";

impl Fault {
    fn new(what: impl Into<String>, remedy: &'static str) -> Self {
        Self { what: what.into(), remedy }
    }

    /// What the `redis` crate answered to a call with this token, if it had one.
    pub(super) fn of(error: &RedisError, secret: Option<&Secret>) -> Self {
        let text = error.to_string();
        // Not always as the code: Redis 6 has that of a failed script in its message, and the client that of one node in
        // the failure of the cluster.
        let code = error.code().unwrap_or_default();
        let says = |known: &&Known| match known.0 {
            phrase if phrase.contains(' ') => text.contains(phrase),
            word => code == word || text.split(|c: char| !c.is_ascii_alphabetic()).any(|said| said == word),
        };
        if let Some(Known(said, what, remedy)) = KNOWN.iter().find(says) {
            return Self::new(format!("{what} ({said})"), remedy);
        }
        match error.kind() {
            ErrorKind::Server(_) | ErrorKind::Extension => Self::answered(error, secret),
            _ if text.contains("certificate") => Self::new(format!("Redis is not trusted: {text}"), TRUST),
            _ => Self::new(format!("Redis can not be reached: {text}"), REACH),
        }
    }

    /// An error of Redis that nothing is known of.
    fn answered(error: &RedisError, secret: Option<&Secret>) -> Self {
        let mut detail = error.detail().unwrap_or_default();
        // Of a command that it does not know, Redis quotes the arguments.
        if let Some((before, _)) = detail.split_once(", with args") {
            detail = before;
        }
        if secret.is_some_and(|secret| detail.contains(secret.expose())) {
            detail = "[redacted]";
        }
        let code = error.code().unwrap_or("an error");
        Self::new(format!("Redis answered {code}: {detail}"), "see the page of `RedisStore` for what it needs")
    }

    /// No answer within this time.
    pub(super) fn slow(timeout: Duration) -> Self {
        Self::new(format!("Redis did not answer within {timeout:?}"), REACH)
    }

    /// The first of these keys does not hold what a store writes.
    pub(crate) fn foreign(keys: &[String]) -> Self {
        let key = keys.first().map_or("", String::as_str);
        Self::new(format!("what Redis holds in {key:?} was not written by this version of `RedisStore`"), FOREIGN)
    }

    /// The operating system gives no random numbers.
    pub(crate) fn random() -> Self {
        Self::new("the system gives no random numbers", "see the documentation of the `getrandom` crate")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; what to do: {}", self.what, self.remedy)
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({self})")
    }
}

impl StdError for Fault {}
