//! A change to an existing message: one transaction under the lock of its conversation, which
//! takes one `seq`.

use super::{json_len::json_len, lookup::as_message, row::load_message};
use crate::{
    Caller, Chat, Delivery, Error, Result,
    conversations::{LockedRow, lock, lock_for_server},
};
use model::{ConversationId, Event, Message, MessageId, UserId};
use sqlx::{Postgres, Transaction};

/// The open transaction of a change, with the message as it was when the lock was taken.
pub(crate) struct MessageChange {
    pub tx: Transaction<'static, Postgres>,
    pub conversation: LockedRow,
    pub sender_id: UserId,
    pub body: String,
    pub is_deleted: bool,
    pub is_forward: bool,
    /// What new mentions of many cost beside the change itself, as people who are told of it.
    pub mentions_cost: i64,
    pub caller: Caller,
    pub conversation_id: ConversationId,
    id: MessageId,
    /// The server makes the change, which no limit counts.
    is_erasure: bool,
}

impl Chat {
    /// Runs `work` with the conversation of the message locked. `NotFound("message")` where the
    /// caller may not see it.
    pub(crate) async fn change_message<F>(
        &self,
        caller: &Caller,
        id: MessageId,
        work: impl FnOnce(Self, MessageChange) -> F + Send + 'static,
    ) -> Result<Message>
    where
        F: Future<Output = Result<Message>> + Send + 'static,
    {
        let conversation_id = self.conversation_of(id).await?;
        self.with_conversation_lock(conversation_id, caller, async move |chat, caller| {
            let change = MessageChange::begin(&chat, caller, conversation_id, id).await?;
            work(chat, change).await
        })
        .await
    }
}

impl MessageChange {
    async fn begin(
        chat: &Chat,
        caller: Caller,
        conversation_id: ConversationId,
        id: MessageId,
    ) -> Result<Self> {
        let mut tx = chat.begin().await?;
        let conversation = lock(&mut tx, &caller, conversation_id)
            .await
            .map_err(as_message)?;
        conversation.require_writer()?;
        Self::load(tx, conversation, caller, conversation_id, id).await
    }

    /// A change that the server makes in the place of its deleted sender, who is no member any more.
    pub async fn begin_erasure(
        chat: &Chat,
        caller: Caller,
        conversation_id: ConversationId,
        id: MessageId,
    ) -> Result<Self> {
        let mut tx = chat.begin().await?;
        let conversation = lock_for_server(&mut tx, conversation_id).await?;
        let change = Self::load(tx, conversation, caller, conversation_id, id).await?;
        Ok(Self {
            is_erasure: true,
            ..change
        })
    }

    async fn load(
        mut tx: Transaction<'static, Postgres>,
        conversation: LockedRow,
        caller: Caller,
        conversation_id: ConversationId,
        id: MessageId,
    ) -> Result<Self> {
        let row = sqlx::query!(
            r#"select sender_id, body, deleted_at,
                exists (select from forwards where message_id = messages.id) as "is_forward!"
            from messages where id = $1"#,
            id.0
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(Error::NotFound("message"))?;
        Ok(Self {
            tx,
            conversation,
            sender_id: UserId(row.sender_id),
            body: row.body,
            is_deleted: row.deleted_at.is_some(),
            is_forward: row.is_forward,
            mentions_cost: 0,
            caller,
            conversation_id,
            id,
            is_erasure: false,
        })
    }

    pub fn require_not_deleted(&self) -> Result<()> {
        if self.is_deleted {
            Err(Error::Conflict("The message was deleted."))
        } else {
            Ok(())
        }
    }

    /// Takes the next `seq` of the conversation for this change.
    pub async fn next_seq(&mut self) -> Result<i64> {
        let seq = sqlx::query_scalar!(
            "update conversations set seq = seq + 1 where id = $1 returning seq",
            self.conversation_id.0
        )
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(seq)
    }

    /// Gives the next `seq` to the message, of which nothing in its own row has changed.
    pub async fn touch(&mut self) -> Result<()> {
        let seq = self.next_seq().await?;
        sqlx::query!("update messages set seq = $2 where id = $1", self.id.0, seq)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Rolls back, and returns the message as it is: there was nothing to change.
    pub async fn unchanged(mut self) -> Result<Message> {
        load_message(&mut self.tx, self.id).await
    }

    /// Commits, and publishes the event to the conversation.
    ///
    /// # Errors
    /// `TooManyRequests` when the caller has made too many changes, or told too many people or bytes;
    /// nothing has changed then.
    pub async fn commit_and_publish(
        mut self,
        chat: &Chat,
        event: fn(Message) -> Event,
    ) -> Result<Message> {
        let message = load_message(&mut self.tx, self.id).await?;
        let (told, people) = (&chat.0.limits.told, self.conversation.member_count);
        if !self.is_erasure {
            told.take_message_change(self.caller.user_id, people, self.mentions_cost, || {
                json_len(&message)
            })?;
        }
        self.tx.commit().await?;
        chat.0.pending_index.note([self.conversation_id]);
        let event = event(message.clone());
        chat.0
            .bus
            .publish(Delivery::to_conversation(self.conversation_id, event));
        Ok(message)
    }
}
