//! Drafts: what a user has begun to write, on all of their devices.

mod files;
mod stored;

use crate::{
    Caller, Chat, Error, Result,
    error::{OnConstraint, refuse_nul, violated},
    messages::validation::MAX_BODY,
    page,
    personal::next_seq,
    uploads::require_each_once,
};
use model::{
    ConversationId, Draft, DraftChange, DraftSaved, MessageId, Page, PageRequest, PersonalEvent,
    UserId,
};
use sqlx::{PgConnection, types::Json};
use stored::{StoredDraft, is_empty, load, rendered, thread_key};
use time::OffsetDateTime;

/// Drafts of one user. Beyond it, `Conflict`.
const MAX_DRAFTS: i64 = 1_000;

/// Characters of the id of an editor (`drafts_editor_id_length`).
const MAX_EDITOR_ID: usize = 64;

impl Chat {
    /// Writes the caller's draft of a place, unless another device has changed it since the state that
    /// this one knows: then it stays, and the answer has it. What the same editor has written itself is no
    /// such change. A content that is the same changes nothing. Its files are kept from being swept; those that it cannot
    /// have are left out, so that its text is written all the same. Members only.
    ///
    /// # Errors
    /// `Conflict` beyond 1,000 drafts.
    pub async fn save_draft(
        &self,
        caller: &Caller,
        id: ConversationId,
        change: DraftChange,
    ) -> Result<DraftSaved> {
        check(&change)?;
        self.require_member(caller, id).await?;
        self.0.limits.told.take_change(caller.user_id, 1)?;
        let mut tx = self.begin().await?;
        // Takes the user's lock; without a change, the number goes with the transaction.
        let seq = next_seq(&mut tx, caller.user_id).await?;
        let stored = load(&mut tx, caller.user_id, id, change.thread_id).await?;
        let had = stored.as_ref().map(StoredDraft::upload_ids);
        let had = had.unwrap_or_default();
        let wanted = match &change.attachment_ids {
            Some(ids) => ids.iter().map(|it| it.0).collect(),
            None => had.clone(),
        };
        let upload_ids = files::free(&mut tx, caller.user_id, wanted).await?;
        let is_new = match stored {
            None if is_empty(&change, &upload_ids) => {
                return Ok(DraftSaved {
                    saved: true,
                    draft: none(id, change.thread_id),
                });
            }
            Some(stored) if stored.has_content_of(&change, &upload_ids) => {
                return Ok(stored.into_answer(true));
            }
            Some(stored) if !stored.may_be_replaced_by(&change) => {
                return Ok(stored.into_answer(false));
            }
            stored => stored.is_none_or(|it| it.is_removed),
        };
        require_place(&mut tx, id, change.thread_id, change.reply_to_id).await?;
        if is_new {
            require_room(&mut tx, caller.user_id).await?;
        }
        sqlx::query!(
            "insert into drafts as d
                (user_id, conversation_id, thread_id, body, reply_to_id, editor_id, seq, has_files)
            values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (user_id, conversation_id, thread_id) do update
            set body = excluded.body, reply_to_id = excluded.reply_to_id,
                editor_id = excluded.editor_id, seq = excluded.seq, has_files = excluded.has_files,
                updated_at = clock_timestamp()",
            caller.user_id.0,
            id.0,
            thread_key(change.thread_id),
            change.body,
            change.reply_to_id.map(|it| it.0),
            change.editor_id,
            seq,
            !upload_ids.is_empty()
        )
        .execute(&mut *tx)
        .await
        .on_constraint("drafts_conversation_fkey", || {
            Error::NotFound("conversation")
        })?;
        let place = (id, change.thread_id);
        files::hold(&mut tx, caller.user_id, place, &upload_ids, &had).await?;
        require_still_member(&mut tx, caller.user_id, id).await?;
        let stored = load(&mut tx, caller.user_id, id, change.thread_id).await?;
        tx.commit().await?;
        let answer = stored
            .ok_or_else(|| Error::internal("a draft that was written is not there"))?
            .into_answer(true);
        let draft = answer.draft.clone();
        self.publish_personal(caller.user_id, PersonalEvent::Draft { draft });
        Ok(answer)
    }

    /// The caller's drafts, the one that was changed last first. Those of conversations that the caller has
    /// left are left out.
    pub async fn drafts(&self, caller: &Caller, page: PageRequest) -> Result<Page<Draft>> {
        let limit = page::limit(page.limit)?;
        let [before] = page::numbers(page.cursor.as_deref())?.unwrap_or([i64::MAX]);
        let drafts = sqlx::query_scalar!(
            r#"select d.json as "json!: Json<Draft>" from draft_json d
            where d.user_id = $1 and d.seq < $2 and not d.is_removed
                and exists (
                    select from memberships m where m.conversation_id = d.conversation_id
                        and m.user_id = $1 and m.left_at is null
                )
            order by d.seq desc limit $3"#,
            caller.user_id.0,
            before,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let drafts = drafts.into_iter().map(|Json(draft)| rendered(draft));
        Ok(page::cut(drafts.collect(), limit, |it| it.seq.to_string()))
    }

    /// Tells what is left of a draft that was sent or scheduled: nothing, but for files that the message has not.
    pub(crate) fn publish_sent_draft(&self, user_id: UserId, draft: Draft) {
        let draft = rendered(draft);
        self.publish_personal(user_id, PersonalEvent::Draft { draft });
    }
}

/// The drafts of a user that were changed after a number, those included that were removed, in order.
pub(crate) async fn draft_changes(
    db: &mut PgConnection,
    user_id: UserId,
    after: i64,
    limit: i64,
) -> Result<Vec<PersonalEvent>> {
    let drafts = sqlx::query_scalar!(
        r#"select d.json as "json!: Json<Draft>" from draft_json d
        where d.user_id = $1 and d.seq > $2 and exists (
            select from memberships m where m.conversation_id = d.conversation_id
                and m.user_id = $1 and m.left_at is null
        )
        order by d.seq limit $3"#,
        user_id.0,
        after,
        limit
    )
    .fetch_all(db)
    .await?;
    let events = drafts.into_iter().map(|Json(draft)| PersonalEvent::Draft {
        draft: rendered(draft),
    });
    Ok(events.collect())
}

/// A place where there has never been a draft.
fn none(conversation_id: ConversationId, thread_id: Option<MessageId>) -> Draft {
    Draft {
        conversation_id,
        thread_id,
        body: String::new(),
        reply_to: None,
        editor_id: None,
        seq: 0,
        updated_at: OffsetDateTime::now_utc(),
        uploads: Vec::new(),
    }
}

/// The root of a thread and a quoted message must be of the conversation.
pub(crate) async fn require_place(
    tx: &mut PgConnection,
    id: ConversationId,
    thread_id: Option<MessageId>,
    reply_to_id: Option<MessageId>,
) -> Result<()> {
    let place = sqlx::query!(
        r#"select
            $2::bigint is null or exists (select from messages
                where id = $2 and conversation_id = $1) as "has_thread!",
            $3::bigint is null or exists (select from messages
                where id = $3 and conversation_id = $1) as "has_reply!""#,
        id.0,
        thread_id.map(|it| it.0),
        reply_to_id.map(|it| it.0)
    )
    .fetch_one(tx)
    .await?;
    let unknown = |field| Error::invalid(field, "names no message of this conversation");
    if !place.has_thread {
        return Err(unknown("threadId"));
    }
    if !place.has_reply {
        return Err(unknown("replyToId"));
    }
    Ok(())
}

/// Whoever leaves meanwhile keeps nothing of the conversation.
pub(crate) async fn require_still_member(
    tx: &mut PgConnection,
    user_id: UserId,
    id: ConversationId,
) -> Result<()> {
    let is_member = sqlx::query_scalar!(
        r#"select exists (select from memberships
            where conversation_id = $1 and user_id = $2 and left_at is null) as "is_member!""#,
        id.0,
        user_id.0
    )
    .fetch_one(tx)
    .await?;
    is_member
        .then_some(())
        .ok_or(Error::NotFound("conversation"))
}

async fn require_room(tx: &mut PgConnection, user_id: UserId) -> Result<()> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from drafts
        where user_id = $1 and (body <> '' or reply_to_id is not null or has_files)"#,
        user_id.0
    )
    .fetch_one(tx)
    .await?;
    if count >= MAX_DRAFTS {
        return Err(Error::Conflict("Nobody can have more than 1000 drafts."));
    }
    Ok(())
}

fn check(change: &DraftChange) -> Result<()> {
    require_each_once(change.attachment_ids.as_deref().unwrap_or_default())?;
    refuse_nul("body", &change.body)?;
    if change.body.chars().count() > MAX_BODY {
        return Err(violated("messages_body_length"));
    }
    if let Some(editor_id) = &change.editor_id {
        refuse_nul("editorId", editor_id)?;
        if !(1..=MAX_EDITOR_ID).contains(&editor_id.chars().count()) {
            return Err(Error::invalid("editorId", "must have 1 to 64 characters"));
        }
    }
    Ok(())
}
