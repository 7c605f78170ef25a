//! The end of a poll: by hand, or at its time, by whichever node comes first.

use super::telling::with_each;
use crate::{Caller, Chat, Error, Result, page};
use model::{ConversationId, Event, Message, MessageId};

/// Polls that a node looks up at once when their time has come.
const MAX_DUE: i64 = 100;

impl Chat {
    /// Closes a poll: nothing of it changes after that. Allowed to the sender, and to owners and admins of a group or
    /// channel; one that is closed stays as it is.
    pub async fn close_poll(&self, caller: &Caller, id: MessageId) -> Result<Message> {
        self.change_message(caller, id, async move |chat, mut change| {
            let poll = sqlx::query!(
                r#"select closed_at is not null as "is_closed!" from polls
                where message_id = $1 for update"#,
                id.0
            )
            .fetch_optional(&mut *change.tx)
            .await?
            .ok_or(Error::NotFound("poll"))?;
            if change.sender_id != change.caller.user_id && !change.conversation.is_moderated() {
                return Err(Error::Forbidden(
                    "Only its sender or an admin may close a poll.",
                ));
            }
            if poll.is_closed {
                return change.unchanged().await;
            }
            // With it, all votes are told. Its time may have come, and no node has closed it yet.
            sqlx::query!(
                "update polls set closed_at = least(closes_at, clock_timestamp()),
                    revision = revision + 1, untold_since = null
                where message_id = $1",
                id.0
            )
            .execute(&mut *change.tx)
            .await?;
            change.touch().await?;
            change
                .commit_and_publish(&chat, Event::message_updated)
                .await
        })
        .await
    }

    /// Closes the polls whose time has come; whether there may be more. One that cannot be closed now is tried again at
    /// the next look, and holds up no other.
    pub(crate) async fn close_due_polls(&self) -> Result<bool> {
        let due = sqlx::query!(
            "select message_id, conversation_id from polls
            where closed_at is null and closes_at <= statement_timestamp()
            order by closes_at limit $1",
            MAX_DUE
        )
        .fetch_all(&self.0.db)
        .await?;
        let may_be_more = page::len(&due) >= MAX_DUE;
        let due = due
            .into_iter()
            .map(|it| (it.conversation_id, it.message_id));
        let close = |conversation_id, id| {
            let chat = self.clone();
            async move { chat.close_due_poll(conversation_id, id).await }
        };
        Ok(with_each(due, close).await && may_be_more)
    }

    /// Nothing if another node, or somebody, has closed it.
    async fn close_due_poll(&self, conversation_id: ConversationId, id: MessageId) -> Result<()> {
        let chat = self.clone();
        let work = async move {
            let mut tx = chat.begin_telling(conversation_id).await?;
            let closed = sqlx::query!(
                "update polls set closed_at = closes_at, revision = revision + 1, untold_since = null
                where message_id = $1 and closed_at is null and closes_at <= clock_timestamp()",
                id.0
            )
            .execute(&mut *tx)
            .await?;
            if closed.rows_affected() == 0 {
                return Ok(());
            }
            chat.commit_and_tell(tx, conversation_id, id).await
        };
        let locks = &self.0.conversation_locks;
        locks.run_locked(conversation_id, work).await
    }
}
