//! Links that nobody can use any more: invitations that have ended, links to choose a password, and proofs of addresses.

use super::part::{Cursor, Part};
use crate::Result;
use sqlx::PgConnection;

/// Rows that one part looks at.
const MAX_ROWS: i64 = 1000;

/// Days after its end for which an invitation is kept.
const ENDED_DAYS: i32 = 7;

/// The same for a link to choose a password: longer than a mail with it is tried again, which gives it more time.
const RESET_DAYS: i32 = 1;

/// The same for the proof of an address, whose user may ask for another link to it.
const PROOF_DAYS: i32 = 30;

pub async fn sweep_invitations(tx: &mut PgConnection, after: Cursor) -> Result<Part> {
    let ids = sqlx::query_scalar!(
        "select id from invitations where id > $1 order by id limit $2",
        after.id,
        MAX_ROWS
    )
    .fetch_all(&mut *tx)
    .await?;
    // When the last use was, nobody has noted: one that is used up is kept until its time is over, too.
    let swept = sqlx::query!(
        "delete from invitations where id = any($1)
            and least(expires_at, revoked_at) < now() - make_interval(days => $2)",
        &ids,
        ENDED_DAYS
    )
    .execute(tx)
    .await?;
    Ok(Part::of(&ids, swept.rows_affected()))
}

pub async fn sweep_password_resets(tx: &mut PgConnection, after: Cursor) -> Result<Part> {
    let ids = sqlx::query_scalar!(
        "select user_id from password_resets where user_id > $1 order by user_id limit $2",
        after.id,
        MAX_ROWS
    )
    .fetch_all(&mut *tx)
    .await?;
    let swept = sqlx::query!(
        "delete from password_resets
        where user_id = any($1) and expires_at < now() - make_interval(days => $2)",
        &ids,
        RESET_DAYS
    )
    .execute(tx)
    .await?;
    Ok(Part::of(&ids, swept.rows_affected()))
}

pub async fn sweep_email_verifications(tx: &mut PgConnection, after: Cursor) -> Result<Part> {
    let ids = sqlx::query_scalar!(
        "select user_id from email_verifications where user_id > $1 order by user_id limit $2",
        after.id,
        MAX_ROWS
    )
    .fetch_all(&mut *tx)
    .await?;
    let swept = sqlx::query!(
        "delete from email_verifications
        where user_id = any($1) and expires_at < now() - make_interval(days => $2)",
        &ids,
        PROOF_DAYS
    )
    .execute(tx)
    .await?;
    Ok(Part::of(&ids, swept.rows_affected()))
}
