//! Messages: sent once, edited with their history kept, deleted to a tombstone, read in pages.

mod attachments;
mod before;
mod change;
mod mentions;
mod pages;
mod row;
mod send;
mod writer;

pub use before::MessagesBefore;
pub use pages::{MessagesRequest, PageAnchor};
pub(crate) use row::{MessageRow, message_rows, messages, messages_by_id};
pub(crate) use writer::{Manner, Writer};

use crate::{Caller, Chat, Error, Result};
use model::{
    ConversationId, ConversationKind, Edit, Event, MemberRole, Message, MessageId, MessageKind,
};
use sqlx::PgConnection;

impl Chat {
    pub async fn message(&self, caller: &Caller, id: MessageId) -> Result<Message> {
        let conversation_id = self.conversation_of(id).await?;
        self.require_visible(caller, conversation_id)
            .await
            .map_err(as_message)?;
        let mut db = self.0.db.acquire().await?;
        load_message(&mut db, id).await
    }

    /// By its sender only.
    pub async fn edit_message(
        &self,
        caller: &Caller,
        id: MessageId,
        body: String,
    ) -> Result<Message> {
        check_body(&body)?;
        self.change_message(caller, id, async move |chat, mut change| {
            if change.sender_id != change.caller.user_id {
                return Err(Error::Forbidden("Only its sender may edit a message."));
            }
            change.require_present()?;
            if change.body == body {
                return change.abandon().await;
            }
            let seq = change.advance().await?;
            sqlx::query!(
                "with earlier as (insert into edits (message_id, body) select id, body from messages
                    where id = $1)
                update messages set body = $2, edited_at = now(), seq = $3 where id = $1",
                id.0,
                body,
                seq
            )
            .execute(&mut *change.tx)
            .await?;
            let edited = load_message(&mut change.tx, id).await?;
            mentions::rewrite(&mut change.tx, &edited).await?;
            change.tell(&chat, Event::message_updated).await
        })
        .await
    }

    /// By its sender, or by an owner or admin of a group or channel.
    pub async fn delete_message(&self, caller: &Caller, id: MessageId) -> Result<Message> {
        self.change_message(caller, id, async move |chat, mut change| {
            let moderator = change.conversation.kind != ConversationKind::Direct
                && change.conversation.role >= MemberRole::Admin;
            if change.sender_id != change.caller.user_id && !moderator {
                return Err(Error::Forbidden(
                    "Only its sender or an admin may delete a message.",
                ));
            }
            if change.deleted {
                return change.abandon().await;
            }
            let seq = change.advance().await?;
            sqlx::query!(
                "with edited as (delete from edits where message_id = $1),
                reacted as (delete from reactions where message_id = $1),
                mentioned as (delete from mentions where message_id = $1),
                attached as (delete from attachments where message_id = $1)
                update messages set body = '', deleted_at = now(), seq = $2 where id = $1",
                id.0,
                seq
            )
            .execute(&mut *change.tx)
            .await?;
            change.tell(&chat, Event::message_deleted).await
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

    pub(crate) async fn conversation_of(&self, id: MessageId) -> Result<ConversationId> {
        let found = sqlx::query_scalar!("select conversation_id from messages where id = $1", id.0)
            .fetch_optional(&self.0.db)
            .await?;
        found.map(ConversationId).ok_or(Error::NotFound("message"))
    }
}

pub(crate) async fn load_message(db: &mut PgConnection, id: MessageId) -> Result<Message> {
    let row = message_rows!("where id = $1", id.0).fetch_optional(db);
    let row = row.await?.ok_or(Error::NotFound("message"))?;
    Ok(row.into())
}

/// What hides a conversation hides its messages, under their own name.
pub(crate) fn as_message(error: Error) -> Error {
    match error {
        Error::NotFound(_) => Error::NotFound("message"),
        other => other,
    }
}

pub(crate) fn check_kind(kind: MessageKind) -> Result<()> {
    if kind == MessageKind::System {
        let reason = "must be text, image, file, audio or video";
        return Err(Error::invalid("kind", reason));
    }
    Ok(())
}

pub(crate) fn check_body(body: &str) -> Result<()> {
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
        MessageKind::Audio => "audio",
        MessageKind::Video => "video",
        MessageKind::System => "system",
    }
}

pub(crate) fn kind_of(text: &str) -> MessageKind {
    match text {
        "image" => MessageKind::Image,
        "file" => MessageKind::File,
        "audio" => MessageKind::Audio,
        "video" => MessageKind::Video,
        "system" => MessageKind::System,
        _ => MessageKind::Text,
    }
}
