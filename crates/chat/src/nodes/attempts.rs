//! Limits that hold over all nodes at once: attempts are counted in Redis, where it is there.
//! Without it each node counts for itself, as it does anyway.

use super::Nodes;
use ::redis::cmd;
use sha2::{Digest, Sha256};
use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};
use tokio::time::timeout;

/// Nobody who signs in waits longer than this for Redis.
const PATIENCE: Duration = Duration::from_millis(250);

/// Counts an attempt, unless there are too many in the window; answers with the milliseconds to wait.
const COUNT: &str = "
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

static NEXT: AtomicU64 = AtomicU64::new(0);

/// An attempt that was counted.
pub struct Counted {
    key: String,
    member: String,
}

/// What is counted, by whom, and how many are too many.
pub struct Count<'a> {
    pub what: &'static str,
    pub whose: &'a str,
    pub most: usize,
    pub window: Duration,
}

impl Nodes {
    /// `Err` with the time to wait; nothing when Redis is not there to say.
    pub async fn count(&self, count: Count<'_>) -> Result<Option<Counted>, Duration> {
        let Some(mut connection) = self.connection() else {
            return Ok(None);
        };
        // Nobody's name or address is to be read there.
        let digest: [u8; 32] = Sha256::digest(count.whose).into();
        let whose: u128 = digest
            .iter()
            .take(16)
            .fold(0, |sum, byte| sum << 8 | u128::from(*byte));
        let key = format!("{}:{}:{whose:032x}", self.name(), count.what);
        let member = format!("{}:{}", self.id, NEXT.fetch_add(1, Relaxed));
        let mut eval = cmd("EVAL");
        eval.arg(COUNT).arg(1).arg(&key);
        eval.arg(u64::try_from(count.window.as_millis()).unwrap_or(u64::MAX));
        eval.arg(count.most).arg(&member);
        match timeout(PATIENCE, eval.query_async::<u64>(&mut connection)).await {
            Ok(Ok(0)) => Ok(Some(Counted { key, member })),
            Ok(Ok(wait)) => Err(Duration::from_millis(wait)),
            Ok(Err(error)) => {
                tracing::debug!(%error, "this node counts for itself");
                Ok(None)
            }
            Err(_) => Ok(None),
        }
    }

    /// It does not count after all.
    pub async fn uncount(&self, counted: Counted) {
        if let Some(mut connection) = self.connection() {
            let mut remove = cmd("ZREM");
            remove.arg(counted.key).arg(counted.member);
            let _ = timeout(PATIENCE, remove.query_async::<()>(&mut connection)).await;
        }
    }
}
