//! What may come once only, on all nodes.

use crate::{Chat, Result, accounts::secrets::hash_secret};

/// Rows that are cleared away at a time.
const MAX_CLEARED: i64 = 100;

impl Chat {
    /// Spends a value of a kind, which is remembered for some minutes. Returns whether it is its first use.
    pub(super) async fn spend(&self, kind: &str, value: &str, minutes: i32) -> Result<bool> {
        let spent = sqlx::query!(
            "with expired as (
                delete from spent_tokens where token_hash in (
                    select token_hash from spent_tokens where expires_at < now()
                    limit $3 for update skip locked)
            )
            insert into spent_tokens (token_hash, expires_at)
            values ($1, now() + make_interval(mins => $2)) on conflict do nothing",
            &hash_secret(&format!("{kind}\0{value}"))[..],
            minutes,
            MAX_CLEARED
        )
        .execute(&self.0.db)
        .await?;
        Ok(spent.rows_affected() > 0)
    }
}
