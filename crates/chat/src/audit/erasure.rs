//! Empties what is personal of a deleted account in the entries of the audit log, in parts.

use crate::Result;
use model::UserId;
use sqlx::PgExecutor;

/// Entries that one part empties. A part is one statement, and others wait for its rows.
const MAX_EMPTIED: i64 = 2000;

/// Empties a part of what the audit log has about a person, and says in it how much, if there was something. Returns whether
/// there may be more.
pub async fn erase_person(db: impl PgExecutor<'_>, id: UserId) -> Result<bool> {
    let emptied = sqlx::query_scalar!(
        r#"select erase_audit_person($1, $2) as "emptied!""#,
        id.0,
        MAX_EMPTIED
    )
    .fetch_one(db)
    .await?;
    Ok(emptied >= MAX_EMPTIED)
}
