//! Messages: sent once, edited with their history kept, deleted to a tombstone, read in pages.

mod change;
mod mentions;
mod send;

pub(crate) use change::Change;

use crate::{Caller, Chat, Error, Result, page};
use model::{
    ConversationId, ConversationKind, Edit, Event, MemberRole, Message, MessageId, MessageKind,
    Page,
};
use sqlx::{PgConnection, types::Json};

/// Which part of a conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Span {
    #[default]
    Newest,
    /// Positions below this one, the nearest.
    Before(i64),
    /// Positions above this one, the nearest.
    After(i64),
    /// Half before, half from this one on.
    Around(i64),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessagesRequest {
    pub span: Span,
    pub limit: Option<i64>,
}

impl Chat {
    /// Oldest first. `nextCursor` is the position to go on from, in the direction of the span
    /// (`before` it for the newest page, `after` it for `After`; none for `Around`).
    pub async fn messages(
        &self,
        caller: &Caller,
        id: ConversationId,
        request: MessagesRequest,
    ) -> Result<Page<Message>> {
        self.require_visible(caller, id).await?;
        let limit = page::limit(request.limit)?;
        match request.span {
            Span::Newest => self.backwards(id, i64::MAX, limit).await,
            Span::Before(position) => self.backwards(id, position, limit).await,
            Span::After(position) => self.forwards(id, position, limit).await,
            Span::Around(position) => {
                let mut before = self.backwards(id, position, limit / 2).await?;
                let rest = limit - limit / 2;
                let after = self.forwards(id, position.saturating_sub(1), rest).await?;
                before.items.extend(after.items);
                Ok(Page {
                    items: before.items,
                    next_cursor: None,
                })
            }
        }
    }

    pub async fn message(&self, caller: &Caller, id: MessageId) -> Result<Message> {
        let conversation_id = self.conversation_of(id).await?;
        self.require_visible(caller, conversation_id)
            .await
            .map_err(as_message)?;
        let mut db = self.0.db.acquire().await?;
        noun(&mut db, id).await
    }

    /// By its sender only.
    pub async fn edit_message(
        &self,
        caller: &Caller,
        id: MessageId,
        body: String,
    ) -> Result<Message> {
        check_body(&body)?;
        let conversation_id = self.conversation_of(id).await?;
        self.in_lane(conversation_id, caller, async move |chat, caller| {
            let mut change = Change::begin(&chat, caller, conversation_id, id).await?;
            if change.sender_id != caller.user_id {
                return Err(Error::Forbidden("Only its sender may edit a message."));
            }
            change.require_present()?;
            if change.body == body {
                return change.abandon().await;
            }
            let seq = change.advance().await?;
            sqlx::query!(
                "with kept as (insert into edits (message_id, body) select id, body from messages
                    where id = $1)
                update messages set body = $2, edited_at = now(), seq = $3 where id = $1",
                id.0,
                body,
                seq
            )
            .execute(&mut *change.tx)
            .await?;
            let edited = noun(&mut change.tx, id).await?;
            mentions::rewrite(&mut change.tx, &edited).await?;
            change
                .tell(&chat, |conversation_id, seq, message| {
                    Event::MessageUpdated {
                        conversation_id,
                        seq,
                        message,
                    }
                })
                .await
        })
        .await
    }

    /// By its sender, or by an owner or admin of a group or channel.
    pub async fn delete_message(&self, caller: &Caller, id: MessageId) -> Result<Message> {
        let conversation_id = self.conversation_of(id).await?;
        self.in_lane(conversation_id, caller, async move |chat, caller| {
            let mut change = Change::begin(&chat, caller, conversation_id, id).await?;
            let moderator = change.conversation.kind != ConversationKind::Direct
                && change.conversation.role >= MemberRole::Admin;
            if change.sender_id != caller.user_id && !moderator {
                return Err(Error::Forbidden(
                    "Only its sender or an admin may delete a message.",
                ));
            }
            if change.deleted {
                return change.abandon().await;
            }
            let seq = change.advance().await?;
            sqlx::query!(
                "with wordings as (delete from edits where message_id = $1),
                reacted as (delete from reactions where message_id = $1),
                mentioned as (delete from mentions where message_id = $1)
                update messages set body = '', deleted_at = now(), seq = $2 where id = $1",
                id.0,
                seq
            )
            .execute(&mut *change.tx)
            .await?;
            change
                .tell(&chat, |conversation_id, seq, message| {
                    Event::MessageDeleted {
                        conversation_id,
                        seq,
                        message,
                    }
                })
                .await
        })
        .await
    }

    /// Earlier wordings, the newest first.
    pub async fn edits(&self, caller: &Caller, id: MessageId) -> Result<Vec<Edit>> {
        let conversation_id = self.conversation_of(id).await?;
        self.require_visible(caller, conversation_id)
            .await
            .map_err(as_message)?;
        let edits = sqlx::query_as!(
            Edit,
            "select body, edited_at from edits where message_id = $1 order by id desc limit 100",
            id.0
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(edits)
    }

    async fn backwards(
        &self,
        id: ConversationId,
        before: i64,
        limit: i64,
    ) -> Result<Page<Message>> {
        let messages = sqlx::query_scalar!(
            r#"select noun as "noun!: Json<Message>" from message_nouns where id = any(array(
                select id from messages where conversation_id = $1 and position < $2
                order by position desc limit $3
            )) order by position desc"#,
            id.0,
            before,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        let mut page = cut(messages, limit);
        page.items.reverse();
        Ok(page)
    }

    async fn forwards(&self, id: ConversationId, after: i64, limit: i64) -> Result<Page<Message>> {
        let messages = sqlx::query_scalar!(
            r#"select noun as "noun!: Json<Message>" from message_nouns where id = any(array(
                select id from messages where conversation_id = $1 and position > $2
                order by position limit $3
            )) order by position"#,
            id.0,
            after,
            limit + 1
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(cut(messages, limit))
    }

    pub(crate) async fn conversation_of(&self, id: MessageId) -> Result<ConversationId> {
        let found = sqlx::query_scalar!("select conversation_id from messages where id = $1", id.0)
            .fetch_optional(&self.0.db)
            .await?;
        found.map(ConversationId).ok_or(Error::NotFound("message"))
    }
}

pub(crate) async fn noun(db: &mut PgConnection, id: MessageId) -> Result<Message> {
    let Json(message) = sqlx::query_scalar!(
        r#"select noun as "noun!: Json<Message>" from message_nouns where id = $1"#,
        id.0
    )
    .fetch_optional(db)
    .await?
    .ok_or(Error::NotFound("message"))?;
    Ok(message)
}

fn cut(messages: Vec<Json<Message>>, limit: i64) -> Page<Message> {
    let messages = messages.into_iter().map(|Json(message)| message).collect();
    page::cut(messages, limit, |message: &Message| {
        message.position.to_string()
    })
}

/// What hides a conversation hides its messages, under their own name.
fn as_message(error: Error) -> Error {
    match error {
        Error::NotFound(_) => Error::NotFound("message"),
        other => other,
    }
}

fn check_body(body: &str) -> Result<()> {
    if body.trim().is_empty() {
        return Err(Error::invalid("body", "must not be empty"));
    }
    Ok(())
}

pub(crate) fn kind_text(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Text => "text",
        MessageKind::Image => "image",
        MessageKind::File => "file",
        MessageKind::System => "system",
    }
}
