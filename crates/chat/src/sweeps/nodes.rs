//! The rows of nodes that were killed.

use crate::Result;
use sqlx::PgPool;

/// Deletes nodes that have said nothing for an hour. One that comes back writes its row again.
pub async fn sweep(db: &PgPool) -> Result<u64> {
    let done = sqlx::query!("delete from nodes where seen_at < now() - interval '1 hour'")
        .execute(db)
        .await?;
    Ok(done.rows_affected())
}
