//! Pins: messages that everybody in a conversation finds in one list.

use crate::{
    Caller, Chat, Error, Result,
    messages::{MessageChange, messages_by_id},
    page,
};
use model::{
    ConversationId, ConversationKind, Event, MemberRole, Message, MessageId, Page, PageRequest,
};

/// Pins of one conversation. Beyond it, `Conflict`.
const MAX_PINS: i64 = 100;

impl Chat {
    /// Pins a message; one that is pinned already stays as it is. In direct conversations and groups for
    /// every member, in channels for owners and admins, in the announcements for administrators.
    /// `Conflict` on a deleted message, and beyond 100 pins.
    pub async fn pin_message(&self, caller: &Caller, id: MessageId) -> Result<Message> {
        self.change_message(caller, id, async move |chat, mut change| {
            change.require_not_deleted()?;
            require_right(&change)?;
            let pinned = sqlx::query!(
                r#"with pinned as (
                    insert into pins (message_id, conversation_id, pinned_by)
                    select $1, $2, $3
                    where (select count(*) from pins where conversation_id = $2) < $4
                    on conflict do nothing returning 1
                )
                select exists (select from pinned) as "is_new!",
                    exists (select from pins where message_id = $1) as "is_known!""#,
                id.0,
                change.conversation_id.0,
                change.caller.user_id.0,
                MAX_PINS
            )
            .fetch_one(&mut *change.tx)
            .await?;
            if pinned.is_known {
                return change.unchanged().await;
            }
            if !pinned.is_new {
                return Err(Error::Conflict("A conversation has at most 100 pins."));
            }
            change.touch().await?;
            change
                .commit_and_publish(&chat, Event::message_updated)
                .await
        })
        .await
    }

    /// Takes a message off the list of pins, for those who may pin; one that is not pinned stays as it is.
    pub async fn unpin_message(&self, caller: &Caller, id: MessageId) -> Result<Message> {
        self.change_message(caller, id, async move |chat, mut change| {
            require_right(&change)?;
            let unpinned = sqlx::query!("delete from pins where message_id = $1", id.0)
                .execute(&mut *change.tx)
                .await?;
            if unpinned.rows_affected() == 0 {
                return change.unchanged().await;
            }
            change.touch().await?;
            change
                .commit_and_publish(&chat, Event::message_updated)
                .await
        })
        .await
    }

    /// The pinned messages of a conversation, the one that was pinned last first. For callers who may see
    /// the conversation.
    pub async fn pins(
        &self,
        caller: &Caller,
        id: ConversationId,
        page: PageRequest,
    ) -> Result<Page<Message>> {
        self.require_visible(caller, id).await?;
        let limit = page::limit(page.limit)?;
        let [before] = page::numbers(page.cursor.as_deref())?.unwrap_or([i64::MAX]);
        let mut db = self.0.db.acquire().await?;
        let pins = sqlx::query!(
            "select id, message_id from pins where conversation_id = $1 and id < $2
            order by id desc limit $3",
            id.0,
            before,
            limit + 1
        )
        .fetch_all(&mut *db)
        .await?;
        let pins = page::cut(pins, limit, |pin| pin.id.to_string());
        let ids: Vec<_> = pins.items.iter().map(|pin| pin.message_id).collect();
        Ok(Page {
            items: messages_by_id(&mut db, &ids).await?,
            next_cursor: pins.next_cursor,
        })
    }
}

/// Everybody reads what is pinned in a channel, so not everybody pins there.
fn require_right(change: &MessageChange) -> Result<()> {
    let conversation = &change.conversation;
    let needs_admin = conversation.kind == ConversationKind::Channel;
    if needs_admin && conversation.role < MemberRole::Admin {
        return Err(Error::Forbidden(
            "In a channel only owners and admins pin messages.",
        ));
    }
    Ok(())
}
