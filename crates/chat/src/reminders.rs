//! Reminders: a user wants to come back to a message at a time.

use crate::{
    Caller, Chat, Error, Result,
    due_time::due_time,
    messages::{as_message, load_message, messages_by_id},
    page,
    personal::next_seq,
};
use model::{
    ConversationId, MessageId, Page, PageRequest, PersonalEvent, Reminder, ReminderState, UserId,
};
use sqlx::PgConnection;
use std::collections::HashMap;
use time::OffsetDateTime;

/// Reminders of one user that are not completed. Beyond it, `Conflict`.
const MAX_REMINDERS: i64 = 1_000;

/// Reminders that a node looks up at once when they are due.
const MAX_DUE: i64 = 100;

/// A row, and whether its user may see the message.
struct ReminderRow {
    message_id: i64,
    conversation_id: i64,
    remind_at: OffsetDateTime,
    state: String,
    seq: i64,
    created_at: OffsetDateTime,
    is_visible: bool,
}

impl Chat {
    /// Reminds the caller of a message at a time, 30 seconds to 366 days from now. A message has one
    /// reminder: another time replaces the first one, also when that has come or was completed.
    ///
    /// # Errors
    /// `NotFound` for a message that the caller may not see; `Conflict` for a deleted one, and beyond
    /// 1,000 reminders.
    pub async fn set_reminder(
        &self,
        caller: &Caller,
        id: MessageId,
        remind_at: OffsetDateTime,
    ) -> Result<Reminder> {
        let conversation_id = self.conversation_of(id).await?;
        self.require_visible(caller, conversation_id)
            .await
            .map_err(as_message)?;
        self.0.limits.told.take_change(caller.user_id, 1)?;
        let mut tx = self.begin().await?;
        if load_message(&mut tx, id).await?.deleted_at.is_some() {
            return Err(Error::Conflict("The message was deleted."));
        }
        let seq = next_seq(&mut tx, caller.user_id).await?;
        let remind_at = due_time(&mut tx, "remindAt", remind_at).await?;
        require_room(&mut tx, caller.user_id, id).await?;
        sqlx::query!(
            "insert into reminders (user_id, message_id, conversation_id, remind_at, seq)
            values ($1, $2, $3, $4, $5)
            on conflict (user_id, message_id) do update
            set remind_at = excluded.remind_at, state = 'waiting', seq = excluded.seq",
            caller.user_id.0,
            id.0,
            conversation_id.0,
            remind_at,
            seq
        )
        .execute(&mut *tx)
        .await?;
        let reminder = load(&mut tx, caller.user_id, id).await?;
        tx.commit().await?;
        self.publish_reminder(caller.user_id, &reminder);
        Ok(reminder)
    }

    /// Takes the reminder of a message off the caller's list; nothing if there is none.
    pub async fn complete_reminder(&self, caller: &Caller, id: MessageId) -> Result<()> {
        let mut tx = self.begin().await?;
        let seq = next_seq(&mut tx, caller.user_id).await?;
        let completed = sqlx::query!(
            "update reminders set state = 'completed', seq = $3
            where user_id = $1 and message_id = $2 and state <> 'completed'",
            caller.user_id.0,
            id.0,
            seq
        )
        .execute(&mut *tx)
        .await?;
        if completed.rows_affected() == 0 {
            // Without a change, the number goes with the transaction.
            return Ok(());
        }
        let reminder = load(&mut tx, caller.user_id, id).await?;
        tx.commit().await?;
        self.publish_reminder(caller.user_id, &reminder);
        Ok(())
    }

    /// The caller's reminders that are not completed, in the order of their times: what is due comes first.
    pub async fn reminders(&self, caller: &Caller, page: PageRequest) -> Result<Page<Reminder>> {
        let limit = page::limit(page.limit)?;
        let [after, after_id] = page::numbers(page.cursor.as_deref())?.unwrap_or([i64::MIN, 0]);
        let mut db = self.0.db.acquire().await?;
        let rows = sqlx::query_as!(
            ReminderRow,
            r#"select message_id, conversation_id, remind_at, state, seq, created_at,
                exists (select from visible_conversations v
                    where v.conversation_id = r.conversation_id and v.user_id = $1) as "is_visible!"
            from reminders r
            where user_id = $1 and state <> 'completed'
                and ((extract(epoch from remind_at) * 1000000)::bigint, message_id) > ($2, $3)
            order by remind_at, message_id limit $4"#,
            caller.user_id.0,
            after,
            after_id,
            limit + 1
        )
        .fetch_all(&mut *db)
        .await?;
        let rows = page::cut(rows, limit, |row| {
            let at = row.remind_at.unix_timestamp_nanos() / 1_000;
            format!("{at}.{}", row.message_id)
        });
        Ok(Page {
            items: with_messages(&mut db, rows.items).await?,
            next_cursor: rows.next_cursor,
        })
    }

    /// Tells what is due to its users; whether there may be more.
    pub(crate) async fn tell_due_reminders(&self) -> Result<bool> {
        let due = sqlx::query!(
            "select user_id, message_id from reminders
            where state = 'waiting' and remind_at <= statement_timestamp()
            order by remind_at limit $1",
            MAX_DUE
        )
        .fetch_all(&self.0.db)
        .await?;
        for row in &due {
            self.tell_due_reminder(UserId(row.user_id), MessageId(row.message_id))
                .await?;
        }
        Ok(page::len(&due) >= MAX_DUE)
    }

    /// Nothing if another node has told it, or its user has changed it.
    async fn tell_due_reminder(&self, user_id: UserId, id: MessageId) -> Result<()> {
        let mut tx = self.begin().await?;
        let seq = next_seq(&mut tx, user_id).await?;
        let told = sqlx::query!(
            "update reminders set state = 'due', seq = $3
            where user_id = $1 and message_id = $2 and state = 'waiting'
                and remind_at <= clock_timestamp()",
            user_id.0,
            id.0,
            seq
        )
        .execute(&mut *tx)
        .await?;
        if told.rows_affected() == 0 {
            return Ok(());
        }
        let reminder = load(&mut tx, user_id, id).await?;
        tx.commit().await?;
        self.publish_reminder(user_id, &reminder);
        Ok(())
    }

    fn publish_reminder(&self, user_id: UserId, reminder: &Reminder) {
        let reminder = Box::new(reminder.clone());
        self.publish_personal(user_id, PersonalEvent::Reminder { reminder });
    }
}

/// The reminders of a user that changed after a number, in order.
pub(crate) async fn reminder_changes(
    db: &mut PgConnection,
    user_id: UserId,
    after: i64,
    limit: i64,
) -> Result<Vec<PersonalEvent>> {
    let rows = sqlx::query_as!(
        ReminderRow,
        r#"select message_id, conversation_id, remind_at, state, seq, created_at,
            exists (select from visible_conversations v
                where v.conversation_id = r.conversation_id and v.user_id = $1) as "is_visible!"
        from reminders r where user_id = $1 and seq > $2 order by seq limit $3"#,
        user_id.0,
        after,
        limit
    )
    .fetch_all(&mut *db)
    .await?;
    let reminders = with_messages(db, rows).await?.into_iter();
    let events = reminders.map(|it| PersonalEvent::Reminder {
        reminder: Box::new(it),
    });
    Ok(events.collect())
}

async fn load(db: &mut PgConnection, user_id: UserId, id: MessageId) -> Result<Reminder> {
    let row = sqlx::query_as!(
        ReminderRow,
        r#"select message_id, conversation_id, remind_at, state, seq, created_at,
            exists (select from visible_conversations v
                where v.conversation_id = r.conversation_id and v.user_id = $1) as "is_visible!"
        from reminders r where user_id = $1 and message_id = $2"#,
        user_id.0,
        id.0
    )
    .fetch_one(&mut *db)
    .await?;
    let reminder = with_messages(db, vec![row]).await?.pop();
    reminder.ok_or(Error::NotFound("reminder"))
}

/// Adds the messages that their user may see.
async fn with_messages(db: &mut PgConnection, rows: Vec<ReminderRow>) -> Result<Vec<Reminder>> {
    let visible = rows.iter().filter(|it| it.is_visible);
    let ids: Vec<_> = visible.map(|it| it.message_id).collect();
    let messages = messages_by_id(db, &ids).await?.into_iter();
    let mut messages: HashMap<_, _> = messages.map(|it| (it.id.0, it)).collect();
    let reminders = rows.into_iter().map(|row| Reminder {
        message_id: MessageId(row.message_id),
        conversation_id: ConversationId(row.conversation_id),
        message: messages.remove(&row.message_id),
        remind_at: row.remind_at,
        state: parse_state(&row.state),
        seq: row.seq,
        created_at: row.created_at,
    });
    Ok(reminders.collect())
}

fn parse_state(text: &str) -> ReminderState {
    match text {
        "due" => ReminderState::Due,
        "completed" => ReminderState::Completed,
        _ => ReminderState::Waiting,
    }
}

async fn require_room(tx: &mut PgConnection, user_id: UserId, id: MessageId) -> Result<()> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from reminders
        where user_id = $1 and state <> 'completed' and message_id <> $2"#,
        user_id.0,
        id.0
    )
    .fetch_one(tx)
    .await?;
    if count >= MAX_REMINDERS {
        let many = "Nobody can have more than 1000 reminders.";
        return Err(Error::Conflict(many));
    }
    Ok(())
}
