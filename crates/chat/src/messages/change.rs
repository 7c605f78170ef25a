//! A change to a message that exists: under the lock of its conversation, with a seq of its own.

use super::{as_message, load_message};
use crate::{
    Caller, Chat, Delivery, Error, Result,
    conversations::{Locked, lock},
};
use model::{ConversationId, Event, Message, MessageId, UserId};
use sqlx::{Postgres, Transaction};

pub(crate) struct Change {
    pub tx: Transaction<'static, Postgres>,
    pub conversation: Locked,
    pub sender_id: UserId,
    pub body: String,
    pub deleted: bool,
    pub caller: Caller,
    conversation_id: ConversationId,
    id: MessageId,
}

impl Chat {
    /// Runs a change of a message when its conversation's turn comes.
    pub(crate) async fn change_message<F>(
        &self,
        caller: &Caller,
        id: MessageId,
        work: impl FnOnce(Self, Change) -> F + Send + 'static,
    ) -> Result<Message>
    where
        F: Future<Output = Result<Message>> + Send + 'static,
    {
        let conversation_id = self.conversation_of(id).await?;
        self.in_lane(conversation_id, caller, async move |chat, caller| {
            let change = Change::begin(&chat, caller, conversation_id, id).await?;
            work(chat, change).await
        })
        .await
    }
}

impl Change {
    async fn begin(
        chat: &Chat,
        caller: Caller,
        conversation_id: ConversationId,
        id: MessageId,
    ) -> Result<Self> {
        let mut tx = chat.0.db.begin().await?;
        let conversation = lock(&mut tx, &caller, conversation_id)
            .await
            .map_err(as_message)?;
        let row = sqlx::query!(
            "select sender_id, body, deleted_at from messages where id = $1",
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
            deleted: row.deleted_at.is_some(),
            caller,
            conversation_id,
            id,
        })
    }

    pub fn require_present(&self) -> Result<()> {
        if self.deleted {
            Err(Error::Conflict("The message was deleted."))
        } else {
            Ok(())
        }
    }

    /// The seq of this change.
    pub async fn advance(&mut self) -> Result<i64> {
        let seq = sqlx::query_scalar!(
            "update conversations set seq = seq + 1 where id = $1 returning seq",
            self.conversation_id.0
        )
        .fetch_one(&mut *self.tx)
        .await?;
        Ok(seq)
    }

    /// There is nothing to change: the message as it is.
    pub async fn abandon(mut self) -> Result<Message> {
        load_message(&mut self.tx, self.id).await
    }

    /// Commits, and tells the conversation.
    pub async fn tell(mut self, chat: &Chat, event: fn(Message) -> Event) -> Result<Message> {
        let message = load_message(&mut self.tx, self.id).await?;
        self.tx.commit().await?;
        let event = event(message.clone());
        chat.0
            .events
            .publish(Delivery::to_conversation(self.conversation_id, event));
        Ok(message)
    }
}
