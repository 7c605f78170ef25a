//! Distributed sliding-window counter: limits that hold over all nodes together.
//!
//! Attempts are counted in a sorted set of Redis. Without Redis each node counts for itself, which
//! it does in any case (`rate_limit`).

use super::state::Cluster;
use ::redis::cmd;
use sha2::{Digest, Sha256};
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use tokio::time::timeout;

/// How long a sign-in or registration waits for Redis. After it the node decides alone.
const REDIS_TIMEOUT: Duration = Duration::from_millis(250);

/// Records an attempt, unless there are too many in the window; returns the milliseconds to
/// wait, or 0. Keys: the sorted set. Arguments: the window in milliseconds, the maximum, the
/// member.
const RECORD: &str = "
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local window, most = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
if redis.call('ZCARD', KEYS[1]) >= most then
  local first = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
  return math.max(1, first[2] + window - now)
end
redis.call('ZADD', KEYS[1], now, ARGV[3])
redis.call('PEXPIRE', KEYS[1], window)
return 0
";

static NEXT_MEMBER: AtomicU64 = AtomicU64::new(0);

/// A recorded attempt, to be undone should it not count after all.
pub struct AttemptToken {
    key: String,
    member: String,
}

/// A limit on the attempts of one subject.
pub struct AttemptLimit<'a> {
    /// What is counted; part of the key in Redis.
    pub name: &'static str,
    /// Whose attempts: an address, or an account with an address. Redis gets a hash of it.
    pub subject: &'a str,
    pub max: usize,
    pub window: Duration,
}

impl Cluster {
    /// Records an attempt. `Err` with the time to wait when the limit is reached; `None` when Redis
    /// does not answer.
    pub async fn record(&self, limit: AttemptLimit<'_>) -> Result<Option<AttemptToken>, Duration> {
        let Some(mut connection) = self.connection() else {
            return Ok(None);
        };
        // Hashed, so that no names and addresses can be read in Redis.
        let digest: [u8; 32] = Sha256::digest(limit.subject).into();
        let subject: u128 = digest
            .iter()
            .take(16)
            .fold(0, |sum, byte| sum << 8 | u128::from(*byte));
        let key = format!("{}:{}:{subject:032x}", self.channel_name(), limit.name);
        let member = format!("{}:{}", self.node_id, NEXT_MEMBER.fetch_add(1, Relaxed));
        let mut eval = cmd("EVAL");
        eval.arg(RECORD).arg(1).arg(&key);
        eval.arg(u64::try_from(limit.window.as_millis()).unwrap_or(u64::MAX));
        eval.arg(limit.max).arg(&member);
        match timeout(REDIS_TIMEOUT, eval.query_async::<u64>(&mut connection)).await {
            Ok(Ok(0)) => Ok(Some(AttemptToken { key, member })),
            Ok(Ok(wait)) => Err(Duration::from_millis(wait)),
            Ok(Err(error)) => {
                tracing::debug!(%error, "attempts are counted by this node alone");
                Ok(None)
            }
            Err(_) => Ok(None),
        }
    }

    /// Removes a recorded attempt. Should Redis not answer, it stays until the window is over.
    pub async fn undo(&self, token: AttemptToken) {
        if let Some(mut connection) = self.connection() {
            let mut remove = cmd("ZREM");
            remove.arg(token.key).arg(token.member);
            let _ = timeout(REDIS_TIMEOUT, remove.query_async::<()>(&mut connection)).await;
        }
    }
}
