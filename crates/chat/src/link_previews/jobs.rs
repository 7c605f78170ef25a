//! The table `link_preview_jobs`: messages whose links are to be previewed, each taken by one node at a time.

use crate::Result;
use model::{MessageId, UserId};
use sqlx::PgPool;
use time::OffsetDateTime;

/// Seconds after which a node that has taken a message must be dead, or may try again.
const ATTEMPT_DELAY: f64 = 60.0;

/// Attempts for a message. Then it has the previews that it has.
const MAX_ATTEMPTS: i32 = 3;

/// Seconds for which a message waits, taken or not. Then it has the previews that it has: those that come later are of no
/// use, and the table does not grow while pages take long.
const MAX_AGE: f64 = 600.0;

/// Messages of one sender that a node works on at once. Further ones wait, and those of others go before them.
const MAX_OF_SENDER: i64 = 2;

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

/// Takes messages that nobody has, the first due first, and gives up those that have waited too long. `senders` has the
/// sender of each message that this node works on.
pub async fn take_jobs(db: &PgPool, max: i64, senders: &[i64]) -> Result<Vec<Job>> {
    // `now()` and not the clock: the index is read as far as that.
    let jobs = sqlx::query_as!(
        Job,
        r#"with given_up as (
            delete from link_preview_jobs where message_id in (
                select message_id from link_preview_jobs
                where attempt_at <= now()
                    and (attempts >= $3 or noted_at < now() - make_interval(secs => $4))
                for update skip locked
            )
        ), due as materialized (
            select j.message_id, m.sender_id, own.running
            from link_preview_jobs j
            join messages m on m.id = j.message_id
            cross join lateral (
                select count(*) as running from unnest($5::bigint[]) r(sender_id)
                where r.sender_id = m.sender_id
            ) own
            where j.attempt_at <= now() and j.attempts < $3
                and j.noted_at >= now() - make_interval(secs => $4)
                and own.running < $6
            order by j.attempt_at limit $1 for update of j skip locked
        ), turns as (
            select message_id,
                running + row_number() over (partition by sender_id order by message_id) as turn
            from due
        )
        update link_preview_jobs j
        set attempt_at = clock_timestamp() + make_interval(secs => $2), attempts = j.attempts + 1
        from turns
        join messages m on m.id = turns.message_id
        join conversations c on c.id = m.conversation_id
        where j.message_id = turns.message_id and turns.turn <= $6
        returning j.message_id, j.noted_at, m.sender_id, m.body,
            (c.link_previews and m.deleted_at is null) as "is_wanted!""#,
        max,
        ATTEMPT_DELAY,
        MAX_ATTEMPTS,
        MAX_AGE,
        senders,
        MAX_OF_SENDER
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
