//! Handled messages in Redis, for fleets.

use std::fmt;
use std::time::Duration;

use super::{Claim, Dedupe, DedupeKey, Deduping};
use crate::token::RedisStore;
use crate::token::redis::{Call, Fault, Link, Script, milliseconds};

/// What a claim is written as, before its fence.
const RUNNING: &str = "running:";

/// key, fence, lease -> nil, or what is there.
///
/// Where its own fence is there, this is the same call once more: the first answer was lost. What does not end by itself
/// is none of ours, and would keep everybody out for good.
static CLAIM: Script = Script::new(
    r"
local held = redis.call('GET', KEYS[1])
if held and held ~= 'running:' .. ARGV[1] and redis.call('PTTL', KEYS[1]) >= 0 then return held end
redis.call('SET', KEYS[1], 'running:' .. ARGV[1], 'PX', ARGV[2])
return false
",
);

/// key, fence, lease -> whether it was renewed.
static RENEW: Script = Script::new(
    r"
local held = redis.call('GET', KEYS[1])
if held and held ~= 'running:' .. ARGV[1] then return 0 end
redis.call('SET', KEYS[1], 'running:' .. ARGV[1], 'PX', ARGV[2])
return 1
",
);

/// key, fence, how long it is kept, and what of the reply -> whether it was kept.
///
/// The fence is kept, too: by it, the same call once more finds what the first one did. The reply comes last, because
/// Redis quotes the first arguments of a command that it does not know.
static FINISH: Script = Script::new(
    r"
local held = redis.call('GET', KEYS[1])
local done = 'done:' .. ARGV[1] .. ':' .. ARGV[3]
if held and held ~= 'running:' .. ARGV[1] and held ~= done then return 0 end
redis.call('SET', KEYS[1], done, 'PX', ARGV[2])
return 1
",
);

/// key, fence -> whether it was given back.
static RELEASE: Script = Script::new(
    r"
if redis.call('GET', KEYS[1]) ~= 'running:' .. ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
",
);

/// Keeps in Redis which messages were handled, so that a fleet of processes handles each once. It uses the connection of
/// a [`RedisStore`], with its prefix and timeout.
///
/// ```no_run
/// use weapp::push::{Dispatcher, Receiver, RedisDedupe};
/// use weapp::token::RedisStore;
///
/// # fn run(receiver: Receiver) -> weapp::Result<()> {
/// let store = RedisStore::new("redis://:password@redis.example:6379/0")?;
/// let dispatcher = Dispatcher::new(receiver).dedupe(RedisDedupe::new(&store));
/// let client = weapp::Client::builder().app("wx0123456789abcdef", "secret").token_store(store).build()?;
/// # Ok(()) }
/// ```
///
/// # What is kept
///
/// One key for each message: `weapp:v1:push:` and 64 hexadecimal digits, the SHA-256 of what all deliveries of the
/// message share. `weapp` is the store's [`prefix`](RedisStore::prefix). The format is stable; should it ever change,
/// `v1` does, too. The value is a string:
///
/// | value | means | lives |
/// | --- | --- | --- |
/// | `running:FENCE` | a process handles the message | five seconds from the last time that the process renewed it |
/// | `done:FENCE:` | it was handled | a day, or as long as [`keep`](crate::push::Dispatcher::keep) says |
/// | `done:FENCE:{…}` | the same, with its structured reply as JSON | the same |
///
/// `FENCE` is a random number. A value that does not end by itself counts as none. A reply is kept as it is: it holds no
/// secret, but that which hands a customer over to customer service holds the openid.
///
/// Of services that share the prefix one handles a message. Where several want the same messages, each for itself, they
/// take stores of different prefixes.
///
/// # What it needs
///
/// No more than what the page of [`RedisStore`] lists. Each operation is one script over one key, so that it runs in any
/// cluster. In a failover or a flush Redis may forget what it held: a message that is delivered again right then is
/// handled again.
pub struct RedisDedupe {
    link: Link,
    prefix: String,
}

impl RedisDedupe {
    /// One over the connection of this store. Where a [`SealedStore`](crate::token::SealedStore) takes the store, make this
    /// one before: it wants the [`RedisStore`] itself, and seals nothing.
    #[must_use]
    pub fn new(store: &RedisStore) -> Self {
        let (link, prefix) = store.share();
        Self { link, prefix }
    }

    fn call(&self, script: &'static Script, key: &DedupeKey, fence: u64) -> Call<'static> {
        let mut call = Call::new(script, vec![format!("{}:v1:push:{key}", self.prefix)]);
        call.arg(fence);
        call
    }

    /// Asks, and reads the answer. An answer of another type is not quoted.
    async fn ask<T: ::redis::FromRedisValue>(&self, call: &Call<'_>) -> Result<T, Fault> {
        let answer = self.link.ask(call).await?;
        ::redis::from_redis_value(answer).map_err(|_| Fault::foreign(call.keys()))
    }
}

/// Reads what is there.
fn read(held: &str) -> Option<Claim> {
    if held.starts_with(RUNNING) {
        return Some(Claim::Running);
    }
    let (_fence, reply) = held.strip_prefix("done:")?.split_once(':')?;
    Some(Claim::Done { reply: (!reply.is_empty()).then(|| reply.to_owned()) })
}

impl Dedupe for RedisDedupe {
    fn claim<'a>(&'a self, key: &'a DedupeKey, lease: Duration) -> Deduping<'a, Claim> {
        Box::pin(async move {
            let mut random = [0; 8];
            getrandom::fill(&mut random).map_err(|_| Fault::random())?;
            let fence = u64::from_le_bytes(random);
            let mut call = self.call(&CLAIM, key, fence);
            call.arg(milliseconds(lease));
            let held: Option<String> = self.ask(&call).await?;
            match held {
                None => Ok(Claim::New { fence }),
                Some(held) => Ok(read(&held).ok_or_else(|| Fault::foreign(call.keys()))?),
            }
        })
    }

    fn renew<'a>(&'a self, key: &'a DedupeKey, fence: u64, lease: Duration) -> Deduping<'a, bool> {
        let mut call = self.call(&RENEW, key, fence);
        call.arg(milliseconds(lease));
        Box::pin(async move { Ok(self.ask(&call).await?) })
    }

    fn finish<'a>(
        &'a self,
        key: &'a DedupeKey,
        fence: u64,
        reply: Option<&'a str>,
        keep: Duration,
    ) -> Deduping<'a, bool> {
        let mut call = self.call(&FINISH, key, fence);
        call.arg(milliseconds(keep)).arg(reply.unwrap_or_default());
        Box::pin(async move { Ok(self.ask(&call).await?) })
    }

    fn release<'a>(&'a self, key: &'a DedupeKey, fence: u64) -> Deduping<'a, ()> {
        let call = self.call(&RELEASE, key, fence);
        Box::pin(async move {
            let _released: bool = self.ask(&call).await?;
            Ok(())
        })
    }
}

impl fmt::Debug for RedisDedupe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisDedupe").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}
