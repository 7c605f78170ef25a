//! Sessions that have ended, and refresh tokens that were used long ago.

use super::part::{Cursor, Part};
use crate::Result;
use sqlx::PgConnection;

/// Sessions that one part looks at.
const MAX_SESSIONS: i64 = 1000;

/// Days after its end for which a session is kept: whoever comes back meanwhile is told that it was
/// revoked.
const ENDED_DAYS: i32 = 7;

/// Days for which a used refresh token is kept. As long as a session that nobody uses: the owner of a
/// device that was switched off for that time still finds out that somebody else has used its token.
const USED_TOKEN_DAYS: i32 = 60;

pub async fn sweep(tx: &mut PgConnection, after: Cursor) -> Result<Part> {
    let ids = sqlx::query_scalar!(
        "select id from sessions where id > $1 order by id limit $2",
        after.id,
        MAX_SESSIONS
    )
    .fetch_all(&mut *tx)
    .await?;
    let tokens = sqlx::query!(
        "delete from refresh_tokens
        where session_id = any($1) and used_at < now() - make_interval(days => $2)",
        &ids,
        USED_TOKEN_DAYS
    )
    .execute(&mut *tx)
    .await?;
    // With their refresh tokens.
    let sessions = sqlx::query!(
        "delete from sessions where id = any($1)
            and least(expires_at, revoked_at) < now() - make_interval(days => $2)",
        &ids,
        ENDED_DAYS
    )
    .execute(tx)
    .await?;
    Ok(Part::of(
        &ids,
        tokens.rows_affected() + sessions.rows_affected(),
    ))
}
