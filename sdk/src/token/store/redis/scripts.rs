//! The scripts: each is one operation, which Redis runs as a whole.

use std::fmt::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use ::redis::{Cmd, ErrorKind, RedisResult, ServerErrorKind, ToRedisArgs, Value};
use sha1::{Digest, Sha1};

use super::link::Wire;
use crate::secret::Secret;

/// `token` -> nil, or what is kept and how long it lives.
pub(super) static LOAD: Script = Script::new(
    r"
local held = redis.call('HMGET', KEYS[1], 'token', 'life', 'generation')
if not held[1] then return false end
return {held[1], held[2] or '', held[3] or '', redis.call('PTTL', KEYS[1])}
",
);

/// `token lock fence`, owner, time to live, how long the fence is kept, owners that are gone -> nil, or the fence.
///
/// Where its own owner holds the lock, this is the same call once more: the first answer was lost. A lock that does not
/// end by itself is none of ours, and would keep everybody out for good.
pub(super) static ACQUIRE: Script = Script::new(
    r"
local holder = redis.call('GET', KEYS[2])
if holder and redis.call('PTTL', KEYS[2]) >= 0 then
  local gone = holder == ARGV[1]
  for i = 4, #ARGV do gone = gone or holder == ARGV[i] end
  if not gone then return false end
end
local now = redis.call('TIME')
local latest = tonumber(redis.call('GET', KEYS[3]) or 0) or 0
local kept = tonumber(redis.call('HGET', KEYS[1], 'generation') or 0) or 0
local fence = string.format('%.0f', math.max(latest, kept, now[1] * 1000000 + now[2]) + 1)
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
redis.call('SET', KEYS[3], fence, 'PX', ARGV[3])
return fence
",
);

/// `lock`, owner, time to live -> whether it was renewed.
pub(super) static RENEW: Script = Script::new(
    r"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
",
);

/// `token lock fence`, owner, fence, life, how long the fence is kept, token -> whether it was kept.
///
/// The fence that Redis knows is behind where it lost the latest writes: in a failover, or with all its keys. The token
/// comes last, because Redis quotes the first arguments of a command that it does not know.
pub(super) static SAVE: Script = Script::new(
    r"
local own = tonumber(ARGV[2])
local latest = tonumber(redis.call('GET', KEYS[3]) or 0) or 0
if latest > own then return 0 end
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[1] then return 0 end
local kept = tonumber(redis.call('HGET', KEYS[1], 'generation') or 0) or 0
if kept > own then return 0 end
redis.call('HSET', KEYS[1], 'token', ARGV[5], 'life', ARGV[3], 'generation', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
if latest < own then redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[4]) end
return 1
",
);

/// `lock`, owner -> whether it was released.
pub(super) static RELEASE: Script = Script::new(
    r"
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
",
);

/// `token`, generation -> whether it was dropped.
pub(super) static EXPIRE: Script = Script::new(
    r"
if redis.call('HGET', KEYS[1], 'generation') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
",
);

/// A script, and its name in Redis.
pub(crate) struct Script {
    code: &'static str,
    hash: OnceLock<String>,
}

impl Script {
    pub(crate) const fn new(code: &'static str) -> Self {
        Self { code, hash: OnceLock::new() }
    }

    fn hash(&self) -> &str {
        self.hash.get_or_init(|| {
            Sha1::digest(self.code).iter().fold(String::new(), |mut hash, byte| {
                // Writing to a String does not fail.
                let _ = write!(hash, "{byte:02x}");
                hash
            })
        })
    }
}

/// A script with its keys and arguments. All may be repeated: a second run finds what the first one did.
pub(crate) struct Call<'a> {
    script: &'static Script,
    keys: Vec<String>,
    arguments: Vec<Vec<u8>>,
    secret: Option<&'a Secret>,
    sent: AtomicBool,
}

impl<'a> Call<'a> {
    pub(crate) fn new(script: &'static Script, keys: Vec<String>) -> Self {
        Self { script, keys, arguments: Vec::new(), secret: None, sent: AtomicBool::new(false) }
    }

    pub(crate) fn arg(&mut self, argument: impl ToRedisArgs) -> &mut Self {
        argument.write_redis_args(&mut self.arguments);
        self
    }

    /// A token, as the last argument.
    pub(super) fn secret(&mut self, secret: &'a Secret) {
        self.secret = Some(secret);
    }

    pub(crate) fn keys(&self) -> &[String] {
        &self.keys
    }

    pub(super) fn token(&self) -> Option<&Secret> {
        self.secret
    }

    /// Whether Redis may have received it.
    pub(super) fn was_sent(&self) -> bool {
        self.sent.load(Ordering::Relaxed)
    }

    /// Runs the script by its name, or, where Redis does not know it yet, as a whole. `SCRIPT LOAD` and once more by
    /// name would take a round trip more, and in a cluster every node to be up.
    pub(super) async fn run(&self, wire: &dyn Wire) -> RedisResult<Value> {
        let mut connection = wire.handle();
        self.sent.store(true, Ordering::Relaxed);
        let named = self.command("EVALSHA", self.script.hash());
        let answer = connection.req_packed_command(&named).await.and_then(Value::extract_error);
        match answer {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                let whole = self.command("EVAL", self.script.code);
                connection.req_packed_command(&whole).await.and_then(Value::extract_error)
            }
            answer => answer,
        }
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = ::redis::cmd(name);
        command.arg(script).arg(self.keys.len()).arg(&self.keys).arg(&self.arguments);
        if let Some(secret) = self.secret {
            command.arg(secret.expose());
        }
        command
    }
}
