//! Rows of scheduled messages, their locks, and who sends them.

use crate::{
    Caller, Error, Result, accounts::role::parse_user_role, conversations::ONLY_ADMINISTRATORS,
    grant::Grant, messages::render_reply, uploads::with_url,
};
use model::{ConversationId, MessageId, ScheduledMessage, ScheduledMessageId, UserId, UserRole};
use sqlx::{PgConnection, types::Json};
use std::collections::HashMap;
use time::OffsetDateTime;

/// Messages that are sent at a time.
pub const MAX_BATCH: i64 = 100;

/// Seconds for which a node that has taken a message has it for itself. Another takes it after that: the first may
/// have died. Two that send it write it once, by its client id.
const LEASE: f64 = 1.0;

/// A row that is locked, or that is this node's to send.
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
pub struct Due {
    pub id: i64,
    pub user_id: i64,
    pub conversation_id: i64,
    pub thread_id: Option<i64>,
    pub also_to_conversation: bool,
    pub reply_to_id: Option<i64>,
    pub body: String,
    pub send_at: OffsetDateTime,
    role: String,
    is_bot: bool,
    pub is_blocked: bool,
    /// As `mark_owing` finds it.
    pub owes_two_factor: bool,
    pub has_failed: bool,
    pub upload_ids: Vec<i64>,
}

/// The row of a message that waits for its time or failed.
pub async fn lock_one(tx: &mut PgConnection, id: i64) -> Result<Option<Due>> {
    let due = sqlx::query_as!(
        Due,
        r#"select s.id, s.user_id, s.conversation_id, s.thread_id, s.also_to_conversation,
            s.reply_to_id, s.body, s.send_at, u.role, u.is_bot, u.blocked_at is not null as "is_blocked!",
            false as "owes_two_factor!", s.state = 'failed' as "has_failed!",
            array(
                select upload_id from scheduled_uploads where scheduled_id = s.id order by position
            ) as "upload_ids!"
        from scheduled_messages s join users u on u.id = s.user_id
        where s.id = $1 and s.state in ('scheduled', 'failed') for update of s"#,
        id
    )
    .fetch_optional(tx)
    .await?;
    Ok(due)
}

/// Takes what is due, for the time of the lease, in the order of their times. Of one user in one conversation, none
/// that is behind another which is being sent, or is to be tried again later.
pub async fn take_due(db: &mut PgConnection) -> Result<Vec<Due>> {
    let mut due = sqlx::query_as!(
        Due,
        r#"with due as (
            select s.id from scheduled_messages s
            where s.state = 'scheduled'
                and (s.attempt_at <= statement_timestamp() or s.attempt_with_files_at <= statement_timestamp())
                and not exists (
                    select from scheduled_messages e
                    where e.user_id = s.user_id and e.conversation_id = s.conversation_id and e.state = 'scheduled'
                        and (e.send_at, e.id) < (s.send_at, s.id)
                        and least(e.attempt_at, e.attempt_with_files_at) > statement_timestamp()
                )
            order by least(s.attempt_at, s.attempt_with_files_at), s.id limit $1 for update of s skip locked
        ), taken as (
            update scheduled_messages s set
                attempt_at = case when s.attempt_with_files_at is null
                    then clock_timestamp() + make_interval(secs => $2) else s.attempt_at end,
                attempt_with_files_at = case when s.attempt_with_files_at is not null
                    then clock_timestamp() + make_interval(secs => $2) end
            from due where s.id = due.id returning s.*
        )
        select s.id as "id!", s.user_id as "user_id!", s.conversation_id as "conversation_id!", s.thread_id,
            s.also_to_conversation as "also_to_conversation!", s.reply_to_id, s.body as "body!",
            s.send_at as "send_at!", u.role, u.is_bot, u.blocked_at is not null as "is_blocked!",
            false as "owes_two_factor!", false as "has_failed!",
            '{}'::bigint[] as "upload_ids!"
        from taken s join users u on u.id = s.user_id order by s.send_at, s.id"#,
        MAX_BATCH,
        LEASE
    )
    .fetch_all(&mut *db)
    .await?;
    if due.is_empty() {
        return Ok(due);
    }
    // From now on nobody changes them. The statement that has taken them may see the files before a last change.
    let ids: Vec<_> = due.iter().map(|it| it.id).collect();
    let files = sqlx::query!(
        "select scheduled_id, upload_id from scheduled_uploads
        where scheduled_id = any($1) order by scheduled_id, position",
        &ids
    )
    .fetch_all(db)
    .await?;
    for file in files {
        if let Some(due) = due.iter_mut().find(|it| it.id == file.scheduled_id) {
            due.upload_ids.push(file.upload_id);
        }
    }
    Ok(due)
}

/// Notes whose users have to set a second factor up before anything else. Nobody who signs in with a provider has to, nor
/// with tokens of an app: with what they have scheduled a message is not known any more.
pub async fn mark_owing(db: &mut PgConnection, due: &mut [Due], demand: &str) -> Result<()> {
    let ids: Vec<_> = due.iter().map(|it| it.user_id).collect();
    let owing = sqlx::query_scalar!(
        "select id from users u where id = any($1) and owes_two_factor(u, $2)
            and not exists (select from identities i where i.user_id = u.id)
            and not exists (select from app_users a where a.user_id = u.id and a.ended_at is null)",
        &ids,
        demand
    )
    .fetch_all(db)
    .await?;
    for it in due {
        it.owes_two_factor = owing.contains(&it.user_id);
    }
    Ok(())
}

/// Makes a message due now, and takes it. Nobody changes or cancels it from then on; a node that dies leaves it to
/// the others.
pub async fn take_now(tx: &mut PgConnection, id: i64) -> Result<()> {
    sqlx::query!(
        "update scheduled_messages set state = 'scheduled', send_at = clock_timestamp() where id = $1",
        id
    )
    .execute(&mut *tx)
    .await?;
    try_again_in(tx, id, LEASE).await
}

/// Lets no node try to send a message for so many seconds.
pub async fn try_again_in(tx: &mut PgConnection, id: i64, seconds: f64) -> Result<()> {
    sqlx::query!(
        "update scheduled_messages set
            attempt_at = case when attempt_with_files_at is null
                then clock_timestamp() + make_interval(secs => $2) else attempt_at end,
            attempt_with_files_at = case when attempt_with_files_at is not null
                then clock_timestamp() + make_interval(secs => $2) end
        where id = $1",
        id,
        seconds
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Lets a message be sent at its time: one with files not by nodes of the version before, which do not know them.
pub async fn try_at_its_time(tx: &mut PgConnection, id: i64) -> Result<()> {
    sqlx::query!(
        "update scheduled_messages s set
            attempt_at = case when f.has_files then timestamptz '9999-12-31 00:00:00+00' else s.send_at end,
            attempt_with_files_at = case when f.has_files then s.send_at end
        from (select exists (select from scheduled_uploads where scheduled_id = $1) as has_files) f
        where s.id = $1",
        id
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Puts back what `take_now` has taken and could not be sent: it stays as it was.
pub async fn put_back(tx: &mut PgConnection, due: &Due) -> Result<()> {
    let put_back = sqlx::query!(
        "update scheduled_messages set state = case when $3 then 'failed' else 'scheduled' end, send_at = $2
        where id = $1 and state = 'scheduled'",
        due.id,
        due.send_at,
        due.has_failed
    )
    .execute(&mut *tx)
    .await?;
    if put_back.rows_affected() > 0 {
        try_at_its_time(tx, due.id).await?;
    }
    Ok(())
}

impl Due {
    /// As where it was scheduled: a token for programs may do less than its user, whose rights count when it goes.
    pub fn require_sender(&self, caller: &Caller) -> Result<()> {
        require_writer(caller, ConversationId(self.conversation_id))
    }

    pub fn caller(&self) -> Caller {
        Caller {
            user_id: UserId(self.user_id),
            session_id: None,
            role: parse_user_role(&self.role),
            app_id: None,
            grant: self.is_bot.then(Grant::of_bot),
            origin: crate::Origin::default(),
        }
    }

    /// The message that was written for it, by a node that died before it could note so.
    pub async fn find_sent(&self, db: &mut PgConnection) -> Result<Option<MessageId>> {
        let found = find_sent(db, std::slice::from_ref(self)).await?;
        Ok(found.get(&self.id).copied())
    }
}

/// The messages that were written for these, by their ids.
pub async fn find_sent(db: &mut PgConnection, due: &[Due]) -> Result<HashMap<i64, MessageId>> {
    let ids: Vec<_> = due.iter().map(|it| it.id).collect();
    let user_ids: Vec<_> = due.iter().map(|it| it.user_id).collect();
    let conversation_ids: Vec<_> = due.iter().map(|it| it.conversation_id).collect();
    let client_ids: Vec<_> = due.iter().map(|it| client_id(it.id)).collect();
    let found = sqlx::query!(
        r#"select s.id as "id!", m.id as message_id
        from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[])
            s(id, user_id, conversation_id, client_id)
        join messages m on m.sender_id = s.user_id and m.client_id = s.client_id
            and m.conversation_id = s.conversation_id"#,
        &ids,
        &user_ids,
        &conversation_ids,
        &client_ids
    )
    .fetch_all(db)
    .await?;
    let found = found
        .into_iter()
        .map(|it| (it.id, MessageId(it.message_id)));
    Ok(found.collect())
}

/// Only administrators schedule announcements.
pub fn require_writer(caller: &Caller, id: ConversationId) -> Result<()> {
    if id == ConversationId::ANNOUNCEMENTS && caller.role != UserRole::Admin {
        return Err(Error::Forbidden(ONLY_ADMINISTRATORS));
    }
    Ok(())
}

/// The row of a message of the caller's that waits for its time or failed, locked before it is looked at: somebody who
/// has the lock may be taking it. Its lock comes before that
/// of the user (`next_seq`), as where a node sends.
pub async fn lock(tx: &mut PgConnection, caller: &Caller, id: ScheduledMessageId) -> Result<Due> {
    let found = sqlx::query!(
        r#"select state, state = 'scheduled' and send_at <= clock_timestamp() as "is_due!"
        from scheduled_messages where id = $1 and user_id = $2 for update"#,
        id.0,
        caller.user_id.0
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(Error::NotFound("scheduled message"))?;
    match found.state.as_str() {
        "sent" => return Err(Error::Conflict("The message was sent.")),
        "cancelled" => return Err(Error::Conflict("The message was cancelled.")),
        _ if found.is_due => return Err(BEING_SENT),
        _ => {}
    }
    let locked = lock_one(tx, id.0).await?.ok_or(BEING_SENT)?;
    // It may have been sent without an answer.
    match locked.find_sent(tx).await? {
        Some(_) => Err(Error::Conflict("The message was sent.")),
        None => Ok(locked),
    }
}

const BEING_SENT: Error = Error::Conflict("The message is being sent.");

pub async fn load(tx: &mut PgConnection, id: i64) -> Result<ScheduledMessage> {
    let Json(scheduled) = sqlx::query_scalar!(
        r#"select json as "json!: Json<ScheduledMessage>" from scheduled_message_json where id = $1"#,
        id
    )
    .fetch_one(tx)
    .await?;
    Ok(rendered(scheduled))
}

/// Fills in how the quoted message is shown in one line, and the addresses of the files.
pub fn rendered(mut scheduled: ScheduledMessage) -> ScheduledMessage {
    if let Some(reply) = &mut scheduled.reply_to {
        render_reply(reply);
    }
    let uploads = scheduled.uploads.into_iter().map(Json).map(with_url);
    scheduled.uploads = uploads.collect();
    scheduled
}

/// The client id of the message that a scheduled one becomes: every node that sends it uses the same, so that
/// it is written once.
pub fn client_id(id: i64) -> String {
    format!("scheduled-{id}")
}
