//! The table `link_preview_jobs`: messages whose links are to be previewed, each taken by one node at a time.

use crate::Result;
use model::{MessageId, UserId};
use sqlx::PgPool;
use time::OffsetDateTime;

/// Seconds after which a node that has taken a message must be dead, or may try again.
const ATTEMPT_DELAY: f64 = 60.0;

/// Attempts for a message. Then it has the previews that it has.
const MAX_ATTEMPTS: i32 = 3;

/// A message that this node has taken.
#[derive(Debug)]
pub struct Job {
    pub message_id: MessageId,
    pub noted_at: OffsetDateTime,
    pub sender_id: UserId,
    pub body: String,
    /// Whether there is to be a preview, as the message and its conversation are now.
    pub is_wanted: bool,
}

/// Writes down messages that have been written or edited.
pub async fn write_jobs(db: &PgPool, ids: &[i64]) -> Result<()> {
    sqlx::query!(
        "insert into link_preview_jobs (message_id)
        select id from messages where id = any($1) and deleted_at is null
        on conflict (message_id) do update
        set noted_at = clock_timestamp(), attempt_at = clock_timestamp(), attempts = 0",
        ids
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes messages that nobody has, the first noted first.
pub async fn take_jobs(db: &PgPool, max: i64) -> Result<Vec<Job>> {
    let jobs = sqlx::query_as!(
        Job,
        r#"with due as materialized (
            select message_id from link_preview_jobs
            where attempt_at <= clock_timestamp()
            order by attempt_at limit $1 for update skip locked
        ), given_up as (
            delete from link_preview_jobs j using due
            where j.message_id = due.message_id and j.attempts >= $3
        )
        update link_preview_jobs j
        set attempt_at = clock_timestamp() + make_interval(secs => $2), attempts = j.attempts + 1
        from due
        join messages m on m.id = due.message_id
        join conversations c on c.id = m.conversation_id
        where j.message_id = due.message_id and j.attempts < $3
        returning j.message_id, j.noted_at, m.sender_id, m.body,
            (c.link_previews and m.deleted_at is null) as "is_wanted!""#,
        max,
        ATTEMPT_DELAY,
        MAX_ATTEMPTS
    )
    .fetch_all(db)
    .await?;
    Ok(jobs)
}

/// Crosses a message off, unless it was noted again meanwhile.
pub async fn finish_job(db: &PgPool, job: &Job) -> Result<()> {
    sqlx::query!(
        "delete from link_preview_jobs where message_id = $1 and noted_at = $2",
        job.message_id.0,
        job.noted_at
    )
    .execute(db)
    .await?;
    Ok(())
}
