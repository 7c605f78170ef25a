//! What may come once only, on all nodes.

use crate::{Result, accounts::secrets::hash_secret};
use sqlx::PgExecutor;

/// Rows that are cleared away at a time.
const MAX_CLEARED: i64 = 100;

/// Spends a value of a kind, which is remembered for some minutes. Returns whether it is its first use.
pub async fn spend(db: impl PgExecutor<'_>, kind: &str, value: &str, minutes: i32) -> Result<bool> {
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
    .execute(db)
    .await?;
    Ok(spent.rows_affected() > 0)
}
