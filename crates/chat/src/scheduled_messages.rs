//! Scheduled messages: a user writes them now, and a node sends them at their time.

mod row;
mod sending;

use crate::{
    Caller, Chat, Error, Result, drafts::require_place, due_time::due_time, messages::check_new,
    page, personal::next_seq, uploads::hold_for_scheduled,
};
use model::{
    ConversationId, Draft, NewMessage, NewScheduledMessage, Page, PageRequest, PersonalEvent,
    ScheduledChange, ScheduledMessage, ScheduledMessageId, ScheduledState, UploadId, UserId,
};
use row::{load, lock, rendered, require_writer, try_at_its_time};
use sqlx::{PgConnection, Postgres, Transaction, types::Json};
use time::Duration;

/// Messages that wait for their time or failed, of one user. Beyond it, `Conflict`.
const MAX_SCHEDULED: i64 = 500;

/// A `clientId` that comes again with other content.
const SCHEDULED_OTHERWISE: &str =
    "This message was scheduled before, with another text, time, place or files.";

impl Chat {
    /// Schedules a message of the caller. It is sent at its time by the rules of that time. A retry with
    /// the same `clientId` returns the first result, and `true`. Its files are kept for it until it goes. Members only.
    ///
    /// # Errors
    /// `Conflict` beyond 500 scheduled messages, and for a `clientId` of other content; `Forbidden` where the
    /// caller may only read.
    pub async fn schedule_message(
        &self,
        caller: &Caller,
        id: ConversationId,
        new: NewScheduledMessage,
    ) -> Result<(ScheduledMessage, bool)> {
        check_new(&as_message(&new))?;
        self.require_member(caller, id).await?;
        require_writer(caller, id)?;
        self.0.limits.told.take_change(caller.user_id, 1)?;
        self.make_ready(caller, &new.attachment_ids).await?;
        let mut tx = self.begin().await?;
        let seq = next_seq(&mut tx, caller.user_id).await?;
        if let Some(earlier) = load_by_client_id(&mut tx, caller.user_id, &new).await? {
            return if is_repeated(&earlier, id, &new) {
                Ok((earlier, true))
            } else {
                Err(Error::Conflict(SCHEDULED_OTHERWISE))
            };
        }
        let send_at = due_time(&mut tx, "sendAt", new.send_at).await?;
        require_place(&mut tx, id, new.thread_id, new.reply_to_id).await?;
        require_room(&mut tx, caller.user_id).await?;
        let scheduled_id = sqlx::query_scalar!(
            "insert into scheduled_messages (user_id, conversation_id, thread_id,
                also_to_conversation, reply_to_id, body, client_id, send_at, attempt_at, seq)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9) returning id",
            caller.user_id.0,
            id.0,
            new.thread_id.map(|it| it.0),
            new.also_to_conversation,
            new.reply_to_id.map(|it| it.0),
            new.body,
            new.client_id,
            send_at,
            seq
        )
        .fetch_one(&mut *tx)
        .await?;
        if !new.attachment_ids.is_empty() {
            hold_for_scheduled(&mut tx, caller.user_id, scheduled_id, &new.attachment_ids).await?;
            try_at_its_time(&mut tx, scheduled_id).await?;
        }
        let sent_draft = take_from_draft(&mut tx, caller.user_id, id, &new).await?;
        let scheduled = load(&mut tx, scheduled_id).await?;
        tx.commit().await?;
        self.publish_scheduled(caller.user_id, &scheduled);
        if let Some(draft) = sent_draft {
            self.publish_sent_draft(caller.user_id, draft);
        }
        Ok((scheduled, false))
    }

    /// The caller's messages that wait for their time or failed, the one that is due first before the others.
    pub async fn scheduled_messages(
        &self,
        caller: &Caller,
        page: PageRequest,
    ) -> Result<Page<ScheduledMessage>> {
        let limit = page::limit(page.limit)?;
        let [after, after_id] = page::numbers(page.cursor.as_deref())?.unwrap_or([i64::MIN, 0]);
        let rows = sqlx::query!(
            r#"select id as "id!", at as "at!", json as "json!: Json<ScheduledMessage>" from (
                select s.id, s.json, (extract(epoch from s.send_at) * 1000000)::bigint as at
                from scheduled_message_json s
                where s.user_id = $1 and s.state in ('scheduled', 'failed')
            ) listed where (at, id) > ($2, $3) order by at, id limit $4"#,
            caller.user_id.0,
            after,
            after_id,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let rows = page::cut(rows, limit, |row| format!("{}.{}", row.at, row.id));
        let items = rows.items.into_iter().map(|row| rendered(row.json.0));
        Ok(Page {
            items: items.collect(),
            next_cursor: rows.next_cursor,
        })
    }

    /// Changes text, time or files of a message of the caller's that has not gone. One that has failed waits again with a
    /// new time, and stays as it is without.
    ///
    /// # Errors
    /// `Conflict` once it is being sent, was sent or cancelled.
    pub async fn change_scheduled(
        &self,
        caller: &Caller,
        id: ScheduledMessageId,
        change: ScheduledChange,
    ) -> Result<ScheduledMessage> {
        self.0.limits.told.take_change(caller.user_id, 1)?;
        if let Some(ids) = &change.attachment_ids {
            self.make_ready(caller, ids).await?;
        }
        let mut tx = self.begin().await?;
        let stored = lock(&mut tx, caller, id).await?;
        stored.require_sender(caller)?;
        let new = NewMessage {
            body: change.body.unwrap_or(stored.body),
            attachment_ids: match &change.attachment_ids {
                Some(ids) => ids.clone(),
                None => stored.upload_ids.into_iter().map(UploadId).collect(),
            },
            ..NewMessage::default()
        };
        check_new(&new)?;
        let stays_failed = stored.has_failed && change.send_at.is_none();
        let send_at = match change.send_at {
            None => stored.send_at,
            Some(given) => due_time(&mut tx, "sendAt", given).await?,
        };
        // The user's lock comes before those of uploads, as where a message is scheduled.
        let seq = next_seq(&mut tx, caller.user_id).await?;
        if change.attachment_ids.is_some() {
            hold_for_scheduled(&mut tx, caller.user_id, id.0, &new.attachment_ids).await?;
        }
        sqlx::query!(
            "update scheduled_messages set body = $2, send_at = $3, seq = $4,
                state = case when $5 then 'failed' else 'scheduled' end,
                failure = case when $5 then failure end
            where id = $1",
            id.0,
            new.body,
            send_at,
            seq,
            stays_failed
        )
        .execute(&mut *tx)
        .await?;
        try_at_its_time(&mut tx, id.0).await?;
        self.commit_scheduled(tx, caller.user_id, id.0).await
    }

    /// Cancels a message of the caller's that has not gone. Its files are released for a day.
    ///
    /// # Errors
    /// As `change_scheduled`.
    pub async fn cancel_scheduled(&self, caller: &Caller, id: ScheduledMessageId) -> Result<()> {
        let mut tx = self.begin().await?;
        lock(&mut tx, caller, id).await?;
        sqlx::query!(
            "with own as (select next_personal_seq($2) as seq)
            update scheduled_messages s set body = '', reply_to_id = null, state = 'cancelled',
                failure = null, seq = own.seq
            from own where s.id = $1",
            id.0,
            caller.user_id.0
        )
        .execute(&mut *tx)
        .await?;
        self.commit_scheduled(tx, caller.user_id, id.0)
            .await
            .map(drop)
    }

    async fn commit_scheduled(
        &self,
        mut tx: Transaction<'static, Postgres>,
        user_id: UserId,
        id: i64,
    ) -> Result<ScheduledMessage> {
        let scheduled = load(&mut tx, id).await?;
        tx.commit().await?;
        self.publish_scheduled(user_id, &scheduled);
        Ok(scheduled)
    }

    fn publish_scheduled(&self, user_id: UserId, scheduled: &ScheduledMessage) {
        let scheduled = scheduled.clone();
        self.publish_personal(user_id, PersonalEvent::Scheduled { scheduled });
    }
}

/// The scheduled messages of a user that changed after a number, in order.
pub(crate) async fn scheduled_changes(
    db: &mut PgConnection,
    user_id: UserId,
    after: i64,
    limit: i64,
) -> Result<Vec<PersonalEvent>> {
    let scheduled = sqlx::query_scalar!(
        r#"select json as "json!: Json<ScheduledMessage>" from scheduled_message_json
        where user_id = $1 and seq > $2 order by seq limit $3"#,
        user_id.0,
        after,
        limit
    )
    .fetch_all(db)
    .await?;
    let events = scheduled.into_iter().map(|Json(it)| {
        let scheduled = rendered(it);
        PersonalEvent::Scheduled { scheduled }
    });
    Ok(events.collect())
}

/// The message that will be sent.
fn as_message(new: &NewScheduledMessage) -> NewMessage {
    NewMessage {
        body: new.body.clone(),
        reply_to_id: new.reply_to_id,
        thread_id: new.thread_id,
        also_to_conversation: new.also_to_conversation,
        client_id: new.client_id.clone(),
        attachment_ids: new.attachment_ids.clone(),
        ..NewMessage::default()
    }
}

/// Whether a request is that which has scheduled the message. What was sent or cancelled has no text or files to
/// compare, and no time or quote that it was asked for with. What was changed since is another request.
fn is_repeated(earlier: &ScheduledMessage, id: ConversationId, new: &NewScheduledMessage) -> bool {
    let is_same_place = earlier.conversation_id == id
        && earlier.thread_id == new.thread_id
        && earlier.also_to_conversation == new.also_to_conversation;
    let is_gone = matches!(
        earlier.state,
        ScheduledState::Sent | ScheduledState::Cancelled
    );
    // The database keeps microseconds.
    let is_same_time = (earlier.send_at - new.send_at).abs() < Duration::MICROSECOND;
    let quoted = earlier.reply_to.as_ref().map(|it| it.id);
    let has_same_files =
        (earlier.uploads.iter().map(|it| it.id)).eq(new.attachment_ids.iter().copied());
    let is_same_content = earlier.body == new.body && quoted == new.reply_to_id && has_same_files;
    is_same_place && (is_gone || is_same_content && is_same_time)
}

async fn load_by_client_id(
    tx: &mut PgConnection,
    user_id: UserId,
    new: &NewScheduledMessage,
) -> Result<Option<ScheduledMessage>> {
    let Some(client_id) = &new.client_id else {
        return Ok(None);
    };
    let found = sqlx::query_scalar!(
        r#"select json as "json!: Json<ScheduledMessage>" from scheduled_message_json
        where user_id = $1 and client_id = $2"#,
        user_id.0,
        client_id
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.map(|Json(it)| rendered(it)))
}

async fn require_room(tx: &mut PgConnection, user_id: UserId) -> Result<()> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from scheduled_messages
        where user_id = $1 and state in ('scheduled', 'failed')"#,
        user_id.0
    )
    .fetch_one(tx)
    .await?;
    if count >= MAX_SCHEDULED {
        let many = "Nobody can have more than 500 scheduled messages.";
        return Err(Error::Conflict(many));
    }
    Ok(())
}

/// Takes what the message has out of the draft that it was written as, and returns that as it is then.
async fn take_from_draft(
    tx: &mut PgConnection,
    user_id: UserId,
    id: ConversationId,
    new: &NewScheduledMessage,
) -> Result<Option<Draft>> {
    let upload_ids: Vec<_> = new.attachment_ids.iter().map(|id| id.0).collect();
    let draft = sqlx::query_scalar!(
        r#"select (take_sent_from_drafts(array['written'], array[$1::bigint], array[$2::bigint],
            array[$3::bigint], array[$4::bigint], array_fill(1::bigint, array[cardinality($5::bigint[])]),
            $5))[1] as "draft: Json<Draft>""#,
        user_id.0,
        id.0,
        new.thread_id.map(|it| it.0),
        new.draft_seq,
        &upload_ids
    )
    .fetch_one(tx)
    .await?;
    Ok(draft.map(|Json(draft)| draft))
}
