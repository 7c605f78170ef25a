//! The table `link_preview_jobs`: messages whose links are to be previewed, each taken by one node at a time.

use crate::{Error, Result};
use model::{MessageId, UserId};
use sqlx::PgPool;
use time::OffsetDateTime;

/// Seconds after which a node that has taken a message must be dead, or may try again.
const ATTEMPT_DELAY: f64 = 60.0;

/// Attempts for a message. Then it has the previews that it has.
const MAX_ATTEMPTS: i32 = 5;

/// Seconds until the second attempt, where the first one has ended because this server had no means for it. From one to
/// the next they are four times as many: 5, 20, 80 and 320.
const RETRY_DELAY: f64 = 5.0;

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
    /// With this one.
    pub attempts: i32,
    /// Whether there is to be a preview, as the message and its conversation are now.
    pub is_wanted: bool,
}

/// Writes down messages that have been written or edited.
pub async fn write_jobs(db: &PgPool, ids: &[i64]) -> Result<()> {
    sqlx::query!(
        "insert into link_preview_jobs (message_id, sender_id)
        select id, sender_id from messages where id = any($1) and deleted_at is null
        on conflict (message_id) do update
        set noted_at = clock_timestamp(), attempt_at = clock_timestamp(), attempts = 0",
        ids
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Takes messages that nobody has, and gives up those that have waited too long. Those of senders of whom this node works
/// on none go first: of these, those of whom it has begun none before, and then the one of whom it has begun none for the
/// longest time, so that nobody with a store of messages is in the way of others. `senders` has the sender of each message
/// that it works on, and `served` those of whom it has begun one, the last one last; of `max`, so many as `seconds` may be
/// second ones of a sender.
pub async fn take_jobs(
    db: &PgPool,
    max: usize,
    seconds: usize,
    senders: &[i64],
    served: &[i64],
) -> Result<Vec<Job>> {
    let (max, seconds) = (count(max)?, count(seconds)?);
    // `now()` and not the clock: the index is read as far as that. The senders are found one by one by their index: it
    // does not matter how many messages each of them has.
    let jobs = sqlx::query_as!(
        Job,
        r#"with recursive given_up as (
            delete from link_preview_jobs where message_id in (
                select message_id from link_preview_jobs
                where attempt_at <= now()
                    and (attempts >= $3 or noted_at < now() - make_interval(secs => $4))
                for update skip locked
            )
        ), senders as (
            (select sender_id from link_preview_jobs order by sender_id limit 1)
            union all
            select (
                select j.sender_id from link_preview_jobs j
                where j.sender_id > s.sender_id order by j.sender_id limit 1
            ) from senders s where s.sender_id is not null
        ), first as (
            select j.message_id, j.attempt_at, coalesce(l.served, 0) as served, own.running + row_number()
                over (partition by s.sender_id order by j.attempt_at, j.message_id) as turn
            from senders s
            cross join lateral (
                select count(*) as running from unnest($5::bigint[]) r(sender_id)
                where r.sender_id = s.sender_id
            ) own
            cross join lateral (
                select message_id, attempt_at from link_preview_jobs
                where sender_id = s.sender_id and attempt_at <= now() and attempts < $3
                    and noted_at >= now() - make_interval(secs => $4)
                order by attempt_at limit greatest($6 - own.running, 0)
            ) j
            left join unnest($8::bigint[]) with ordinality l(sender_id, served)
                on l.sender_id = s.sender_id
        ), ordered as materialized (
            select message_id, turn,
                row_number() over (order by turn, served, attempt_at, message_id) as place
            from first
        ), due as materialized (
            select j.message_id
            from ordered o
            join link_preview_jobs j on j.message_id = o.message_id
            where j.attempt_at <= now() and (o.turn = 1 or o.place <= $7)
            order by o.place limit $1 for update of j skip locked
        )
        update link_preview_jobs j
        set attempt_at = clock_timestamp() + make_interval(secs => $2), attempts = j.attempts + 1
        from due
        join messages m on m.id = due.message_id
        join conversations c on c.id = m.conversation_id
        join users u on u.id = m.sender_id
        where j.message_id = due.message_id
        returning j.message_id, j.noted_at, m.sender_id, m.body, j.attempts,
            (c.link_previews and m.deleted_at is null and u.blocked_at is null) as "is_wanted!""#,
        max,
        ATTEMPT_DELAY,
        MAX_ATTEMPTS,
        MAX_AGE,
        senders,
        MAX_OF_SENDER,
        seconds,
        served
    )
    .fetch_all(db)
    .await?;
    Ok(jobs)
}

fn count(number: usize) -> Result<i64> {
    i64::try_from(number).map_err(Error::internal)
}

/// Gives a message back whose links could not all be previewed now, unless it was noted again meanwhile.
pub async fn postpone_job(db: &PgPool, job: &Job) -> Result<()> {
    sqlx::query!(
        "update link_preview_jobs
        set attempt_at = clock_timestamp() + make_interval(secs => $3 * power(4, attempts - 1))
        where message_id = $1 and noted_at = $2 and attempts between 1 and $4",
        job.message_id.0,
        job.noted_at,
        RETRY_DELAY,
        MAX_ATTEMPTS
    )
    .execute(db)
    .await?;
    Ok(())
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
