//! The table `emails`: mails that wait, each taken by one node at a time, and forgotten once they are sent or given up.

use super::kind::EmailKind;
use crate::Result;
use model::UserId;
use serde_json::Value;
use sqlx::{PgConnection, PgExecutor, PgPool, types::Json};

/// Seconds after which a node that has taken a mail must be dead. Longer than `smtp::SEND_TIMEOUT`.
const ATTEMPT_DELAY: f64 = 180.0;

/// Seconds until the second attempt. Each further one waits twice as long, up to `MAX_RETRY_DELAY`.
const RETRY_DELAY: f64 = 15.0;
const MAX_RETRY_DELAY: f64 = 3600.0;

/// Seconds after which a mail is given up: a day.
const MAX_AGE: f64 = 86_400.0;

/// Mails that wait for one recipient, and in all. Further ones are not queued.
const MAX_OF_RECIPIENT: i64 = 8;
const MAX_WAITING: i64 = 10_000;

/// A mail that is about to wait.
pub struct NewEmail<'a> {
    pub kind: EmailKind,
    pub user_id: Option<UserId>,
    pub recipient: &'a str,
    pub parameters: Value,
    /// Random: that of the link, where the mail has one.
    pub nonce: [u8; 32],
}

/// A mail that this node has taken.
#[derive(Debug)]
pub struct QueuedEmail {
    pub id: i64,
    /// As `EmailKind::parse` takes it.
    pub kind: String,
    pub user_id: Option<i64>,
    pub recipient: String,
    pub parameters: Json<Value>,
    pub nonce: Vec<u8>,
    pub attempts: i32,
}

/// Queues a mail, in the transaction of its cause. Returns whether there was room for it.
pub async fn queue_email(db: impl PgExecutor<'_>, email: NewEmail<'_>) -> Result<bool> {
    let queued = sqlx::query!(
        "insert into emails (kind, user_id, recipient, parameters, nonce)
        select $1, $2, $3, $4, $5
        where (select count(*) from emails where recipient = $3) < $6
            and (select count(*) from (select from emails limit $7) w) < $7",
        email.kind.name(),
        email.user_id.map(|id| id.0),
        email.recipient,
        email.parameters,
        &email.nonce[..],
        MAX_OF_RECIPIENT,
        MAX_WAITING
    )
    .execute(db)
    .await?;
    let is_queued = queued.rows_affected() > 0;
    if !is_queued {
        tracing::warn!(
            kind = email.kind.name(),
            "too many e-mails wait: one was not queued"
        );
    }
    Ok(is_queued)
}

/// Takes mails that are due, the first due first. For `ATTEMPT_DELAY` no other node takes them.
pub async fn take_emails(db: &PgPool, max: i64) -> Result<Vec<QueuedEmail>> {
    let taken = sqlx::query_as!(
        QueuedEmail,
        r#"update emails e
        set attempt_at = clock_timestamp() + make_interval(secs => $2), attempts = e.attempts + 1
        from (
            select id from emails where attempt_at <= now()
            order by attempt_at limit $1 for update skip locked
        ) due
        where e.id = due.id
        returning e.id, e.kind, e.user_id, e.recipient, e.parameters as "parameters: Json<Value>", e.nonce,
            e.attempts"#,
        max,
        ATTEMPT_DELAY
    )
    .fetch_all(db)
    .await?;
    Ok(taken)
}

/// Gives up those that have waited too long, and returns how many these were.
pub async fn give_up_old(db: &PgPool) -> Result<u64> {
    let given_up = sqlx::query!(
        "delete from emails where id in (
            select id from emails
            where queued_at < now() - make_interval(secs => $1) and attempt_at <= now()
            limit 1000 for update skip locked)",
        MAX_AGE
    )
    .execute(db)
    .await?;
    Ok(given_up.rows_affected())
}

/// Forgets a mail: it was sent, or will never be.
pub async fn forget_email(db: &PgPool, email: &QueuedEmail) -> Result<()> {
    sqlx::query!("delete from emails where id = $1", email.id)
        .execute(db)
        .await?;
    Ok(())
}

/// Lets a mail wait for its next attempt.
pub async fn retry_email(db: &PgPool, email: &QueuedEmail) -> Result<()> {
    let doublings = (email.attempts - 1).clamp(0, 16);
    let delay = (RETRY_DELAY * 2_f64.powi(doublings)).min(MAX_RETRY_DELAY);
    // Spread, so that those that failed together do not come back together.
    let delay = delay * rand::random_range(0.75..1.25);
    sqlx::query!(
        "update emails set attempt_at = clock_timestamp() + make_interval(secs => $3)
        where id = $1 and attempts = $2",
        email.id,
        email.attempts,
        delay
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whether the link of a mail was made by an earlier attempt; `None` where the mail is gone. Holds its row.
pub async fn lock_link(tx: &mut PgConnection, email: &QueuedEmail) -> Result<Option<bool>> {
    let has_link = sqlx::query_scalar!(
        "select has_link from emails where id = $1 and attempts = $2 for update",
        email.id,
        email.attempts
    )
    .fetch_optional(tx)
    .await?;
    Ok(has_link)
}

/// Notes, in the transaction that makes it, that the link of a mail is there.
pub async fn note_link(tx: &mut PgConnection, email: &QueuedEmail) -> Result<()> {
    sqlx::query!("update emails set has_link = true where id = $1", email.id)
        .execute(tx)
        .await?;
    Ok(())
}

/// What waits, of all nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmailBacklog {
    pub waiting: i64,
    /// Seconds for which the oldest of them has waited.
    pub lag_seconds: i64,
}

pub async fn read_backlog(db: &PgPool) -> Result<EmailBacklog> {
    let row = sqlx::query!(
        r#"select count(*) as "waiting!",
            coalesce(extract(epoch from now() - min(queued_at)), 0)::int8 as "lag_seconds!"
        from emails"#
    )
    .fetch_one(db)
    .await?;
    Ok(EmailBacklog {
        waiting: row.waiting,
        lag_seconds: row.lag_seconds.max(0),
    })
}
