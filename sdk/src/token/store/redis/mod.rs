//! Tokens in Redis, for fleets.

mod address;
mod fault;
mod link;
mod scripts;
#[cfg(test)]
mod tests;
mod ticket;
mod tls;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::redis::aio::ConnectionLike;
use ::redis::{RedisError, from_redis_value};

pub(crate) use self::fault::Fault;
pub(crate) use self::link::Link;
use self::link::Target;
pub(crate) use self::scripts::{Call, Script};
use self::ticket::{Lost, Ticket};
use super::{Lease, StoredToken, Storing, TokenKey, TokenStore};
use crate::error::{Error, Result};
use crate::secret::Secret;

/// How long an operation may take, unless told otherwise.
const TIMEOUT: Duration = Duration::from_secs(1);

/// How long the latest fence is remembered: far longer than a token lives or anybody holds a lease. Should it be
/// forgotten, the next fence is larger all the same, because it is at least Redis's time.
const FENCE_KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// Keeps tokens in Redis 5 or newer, or in Valkey, so that a fleet of processes fetches once.
///
/// ```no_run
/// use weapp::token::RedisStore;
///
/// # fn main() -> weapp::Result<()> {
/// let store = RedisStore::new("redis://:password@redis.example:6379/0")?;
/// # Ok(()) }
/// ```
///
/// Nothing connects before the first operation, so a client can be built while Redis is down. All operations share one
/// connection per process. A connection that breaks, or on which no answer comes in time, is given up, and the next
/// operation makes a new one: there is no pause after an outage. While Redis is down, operations fail at once; where
/// not even a refusal comes back, after [`timeout`](Self::timeout).
///
/// # What is kept
///
/// Three keys for each app and kind of source, here of the app `wx0123456789abcdef` and the stable token. The braces
/// keep them in one slot of a cluster. This format is stable; should it ever change, `v1` does, too.
///
/// | key | type | holds | lives |
/// | --- | --- | --- | --- |
/// | `weapp:v1:{wx0123456789abcdef:stable}:token` | hash | `token`; `life`: how long it was to live when it was saved, in milliseconds; `generation`: the fence of the lease under which it was saved | as long as the token |
/// | `weapp:v1:{wx0123456789abcdef:stable}:lock` | string | the owner of the lease: 32 random hexadecimal digits | as long as the lease |
/// | `weapp:v1:{wx0123456789abcdef:stable}:fence` | string | the latest fence that was given out | seven days |
///
/// `weapp` is the [`prefix`](Self::prefix). What is ASCII in the AppID, but no letter, digit, `_`, `-` or `.`, is
/// percent-encoded. A token or a lock that does not end by itself counts as none. The AppSecret is never sent here. The
/// token is kept as it comes: who can read the Redis can use it.
///
/// # How it stays right
///
/// - Each operation is one script, which Redis runs as a whole. Time is Redis's own; the clocks of the processes do not
///   matter.
/// - A fence is one more than the largest of these: the fence before it, the generation of the token that is kept, and
///   Redis's time in microseconds. So fences increase although Redis was flushed, evicted the keys or lost them in a
///   crash.
/// - A token is refused if another fence was given out after its own, if somebody else holds the lock, or if a token of
///   a newer generation is kept. If the lock vanished (it ended, was evicted or lost) and nobody took it since, the
///   token is kept: it is the newest there is, and another fetch would gain nothing. Only where lock, fence and token
///   were all lost after somebody else's fetch can an older token come back in; it still serves, or WeChat rejects it
///   and it is fetched anew.
/// - A lease that ended is not renewed, even if nobody else took it.
/// - A lease that was dropped without a release (its holder panicked or was cancelled), or whose answer never arrived,
///   ends by itself. The same process need not wait for that: its next `acquire` takes it over.
///
/// # What it needs
///
/// `EVALSHA` and `EVAL`, and in them `GET`, `SET`, `DEL`, `HGET`, `HMGET`, `HSET`, `PEXPIRE`, `PTTL` and `TIME`. As an
/// ACL: `+eval +evalsha +get +set +del +hget +hmget +hset +pexpire +pttl +time ~weapp:v1:*`; besides, `+ping
/// +cluster|slots` in a cluster and `+role` behind sentinels. Any eviction policy will do; with `noeviction` and no
/// memory left the operations that write fail.
pub struct RedisStore {
    link: Link,
    prefix: String,
    lost: Arc<Lost>,
}

impl RedisStore {
    /// A single Redis: `redis://user:password@host:6379/0`, with `rediss://` over TLS, or a Unix socket:
    /// `redis+unix:///run/redis.sock?db=0&user=…&pass=…`.
    ///
    /// User, password and database may be left out. Special characters of a password are percent-encoded: `#` is `%23`.
    /// TLS takes the feature `rustls` or `native-tls`, and trusts what the system trusts; with both features on, it
    /// trusts only [`root_certificates`](Self::root_certificates).
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the URL is none. It quotes nothing of it.
    pub fn new(url: impl AsRef<str>) -> Result<Self> {
        Self::to(Target::Single(address::read(url.as_ref())?))
    }

    /// A Redis Cluster, by the URLs of some of its nodes. All have the same user, password and TLS.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no URL, if one is none, or if they do not agree.
    pub fn cluster<U: AsRef<str>>(urls: impl IntoIterator<Item = U>) -> Result<Self> {
        Self::to(Target::Cluster(address::read_all(urls)?))
    }

    /// The master that Redis Sentinels watch, by the URLs of the sentinels. All are asked at once, and the first to
    /// answer is believed, so a dead one delays nothing.
    ///
    /// `master` is its name, such as `mymaster`. If the master wants a password, TLS or another database, write the name
    /// as a URL, in the host's place: `rediss://user:password@mymaster/0`. The sentinels' own URLs say how to log in to
    /// the sentinels.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no URL, or if one is none.
    pub fn sentinel<U: AsRef<str>>(urls: impl IntoIterator<Item = U>, master: impl AsRef<str>) -> Result<Self> {
        let sentinels = address::read_all(urls)?;
        let (name, master) = address::read_master(master.as_ref())?;
        Self::to(Target::Sentinel { sentinels, name, master })
    }

    /// A connection of the `redis` crate 1.x that you have. The store does not replace it: a `ConnectionManager` and a
    /// `ClusterConnection` reconnect by themselves, a `MultiplexedConnection` does not.
    pub fn from_connection(connection: impl ConnectionLike + Clone + Send + Sync + 'static) -> Self {
        Self::over(Target::Given(Arc::new(connection)))
    }

    /// What the names of all keys start with; `weapp` unless said otherwise. Stores with different prefixes share
    /// nothing. `{`, `}` and `%` in it are percent-encoded.
    #[must_use]
    pub fn prefix(mut self, prefix: impl AsRef<str>) -> Self {
        self.prefix.clear();
        escape(&mut self.prefix, prefix.as_ref(), |byte| !matches!(byte, b'{' | b'}' | b'%'));
        self
    }

    /// How long an operation may take, connecting included; one second unless said otherwise. More than three seconds
    /// have no effect: the client does not wait longer.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.link.timeout = timeout;
        self
    }

    /// The certificates, as PEM, of the authorities that sign the server's certificate. They take the place of those
    /// that the system trusts. For `rediss://` with the feature `rustls`; `native-tls` uses the system's.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if this is no PEM, or if the connection is not over TLS or is one
    /// of yours.
    #[cfg(feature = "rustls")]
    pub fn root_certificates(self, pem: impl AsRef<[u8]>) -> Result<Self> {
        let pem = pem.as_ref();
        self.certified(pem, |given| given.root_cert = Some(pem.to_vec()))
    }

    /// The certificate and the private key, as PEM, with which this client shows who it is: a Redis with
    /// `tls-auth-clients yes`, which is its default, asks for them. For `rediss://` with the feature `rustls`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if these are no PEM, or if the connection is not over TLS or is
    /// one of yours.
    #[cfg(feature = "rustls")]
    pub fn client_certificate(self, certificate: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self> {
        let (client_cert, client_key) = (certificate.as_ref().to_vec(), key.as_ref().to_vec());
        self.certified(certificate.as_ref(), |given| {
            given.client_tls = Some(::redis::ClientTlsConfig { client_cert, client_key });
        })
    }

    #[cfg(feature = "rustls")]
    fn certified(mut self, pem: &[u8], set: impl FnOnce(&mut ::redis::TlsCertificates)) -> Result<Self> {
        self.link.certificates().give(pem, set).map_err(|error| refused(&error))?;
        self.checked()
    }

    fn to(target: Target) -> Result<Self> {
        Self::over(target).checked()
    }

    fn over(target: Target) -> Self {
        Self { link: Link::new(target, TIMEOUT), prefix: "weapp".to_owned(), lost: Arc::default() }
    }

    /// Finds what is wrong with the configuration before anything connects.
    fn checked(self) -> Result<Self> {
        self.link.check().map_err(|error| refused(&error))?;
        Ok(self)
    }

    /// The connection and the prefix, for what else is kept in the same Redis.
    #[cfg(feature = "push")]
    pub(crate) fn share(&self) -> (Link, String) {
        (self.link.clone(), self.prefix.clone())
    }

    /// The names of the three keys: token, lock and fence.
    fn keys(&self, key: &TokenKey) -> [String; 3] {
        let mut tag = format!("{}:v1:{{", self.prefix);
        escape(&mut tag, key.appid(), |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'));
        ["token", "lock", "fence"].map(|which| format!("{tag}:{}}}:{which}", key.kind()))
    }

    fn call<'a>(&self, script: &'static Script, keys: impl IntoIterator<Item = String>) -> Call<'a> {
        Call::new(script, keys.into_iter().collect())
    }

    /// Asks, and reads the answer. An answer of another type is not quoted: it may hold a token.
    async fn ask<T: ::redis::FromRedisValue>(&self, call: &Call<'_>) -> Result<T, Fault> {
        let answer = self.link.ask(call).await?;
        from_redis_value(answer).map_err(|_| Fault::foreign(call.keys()))
    }
}

fn refused(error: &RedisError) -> Error {
    let what = format!("the Redis store can not be set up: {}", address::reason(error));
    Error::config(what, "correct the URLs or the certificates")
}

/// Appends a text with all bytes but those to keep percent-encoded.
fn escape(out: &mut String, text: &str, keep: impl Fn(u8) -> bool) {
    use fmt::Write;
    for c in text.chars() {
        if !c.is_ascii() || keep(c as u8) {
            out.push(c);
        } else {
            // Writing to a String does not fail.
            let _ = write!(out, "%{:02X}", c as u8);
        }
    }
}

/// Milliseconds as Redis takes them for a time to live: at least one, at most ten years.
pub(crate) fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).clamp(1, 10 * 365 * 24 * 3600 * 1000)
}

impl TokenStore for RedisStore {
    fn load<'a>(&'a self, key: &'a TokenKey) -> Storing<'a, Option<StoredToken>> {
        let [token, ..] = self.keys(key);
        let call = self.call(&scripts::LOAD, [token]);
        Box::pin(async move {
            // A time to live below zero is that of a key which somebody made persistent: nobody knows how long it serves.
            let held: Option<(String, u64, u64, i64)> = self.ask(&call).await?;
            Ok(held.and_then(|(token, life, generation, remaining)| {
                let remaining = u64::try_from(remaining).ok()?;
                let [life, remaining] = [life, remaining].map(Duration::from_millis);
                Some(StoredToken::new(Secret::new(token), life, remaining, generation))
            }))
        })
    }

    fn acquire<'a>(&'a self, key: &'a TokenKey, ttl: Duration) -> Storing<'a, Option<Lease>> {
        Box::pin(async move {
            let ticket = Ticket::new(&self.lost)?;
            let mut call = self.call(&scripts::ACQUIRE, self.keys(key));
            call.arg(ticket.owner()).arg(milliseconds(ttl)).arg(milliseconds(FENCE_KEPT));
            for owner in self.lost.owners() {
                call.arg(&*owner);
            }
            let fence: Result<Option<u64>, Fault> = self.ask(&call).await;
            if matches!(fence, Ok(None)) || !call.was_sent() {
                ticket.settle();
            }
            Ok(fence?.map(|fence| Lease::new(fence, ticket.owner()).with_guard(ticket)))
        })
    }

    fn renew<'a>(&'a self, key: &'a TokenKey, lease: &'a Lease, ttl: Duration) -> Storing<'a, bool> {
        let [_, lock, _] = self.keys(key);
        let mut call = self.call(&scripts::RENEW, [lock]);
        call.arg(lease.owner()).arg(milliseconds(ttl));
        Box::pin(async move { Ok(self.ask(&call).await?) })
    }

    fn save<'a>(&'a self, key: &'a TokenKey, token: &'a Secret, life: Duration, lease: &'a Lease) -> Storing<'a, bool> {
        let mut call = self.call(&scripts::SAVE, self.keys(key));
        call.arg(lease.owner()).arg(lease.fence()).arg(milliseconds(life)).arg(milliseconds(FENCE_KEPT)).secret(token);
        Box::pin(async move { Ok(self.ask(&call).await?) })
    }

    fn release<'a>(&'a self, key: &'a TokenKey, lease: Lease) -> Storing<'a, ()> {
        let [_, lock, _] = self.keys(key);
        let mut call = self.call(&scripts::RELEASE, [lock]);
        call.arg(lease.owner());
        Box::pin(async move {
            let _released: bool = self.ask(&call).await?;
            if let Some(ticket) = lease.guard::<Ticket>() {
                ticket.settle();
            }
            Ok(())
        })
    }

    fn expire<'a>(&'a self, key: &'a TokenKey, generation: u64) -> Storing<'a, bool> {
        let [token, ..] = self.keys(key);
        let mut call = self.call(&scripts::EXPIRE, [token]);
        call.arg(generation);
        Box::pin(async move { Ok(self.ask(&call).await?) })
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // No addresses: of a URL in which the password was not encoded, a part of it may stand in the host's place.
        f.debug_struct("RedisStore")
            .field("target", &self.link.kind())
            .field("prefix", &self.prefix)
            .field("timeout", &self.link.timeout)
            .finish_non_exhaustive()
    }
}
