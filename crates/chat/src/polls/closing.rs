//! The end of a poll: by hand, or at its time, by whichever node comes first.

use super::telling::with_each;
use crate::{Caller, Chat, Error, Result, page};
use model::{ConversationId, Event, Message, MessageId, UserId};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Polls that a node looks up at once when their time has come.
const MAX_DUE: i64 = 100;

/// Polls of which those are chosen by the turns of their senders: the first ones that are due.
const MAX_COMPARED: i64 = 2_000;

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

    /// Closes the polls whose time has come. Those of different senders take turns, and each is charged to its sender as a
    /// change of the message is: what one cannot pay for now is told at a later look, though no vote counts any more. One
    /// that cannot be closed for another reason is tried again at the next look, too, and holds up no other.
    pub(crate) async fn close_due_polls(&self) -> Result<()> {
        let deferred = Arc::new(Mutex::new(HashSet::new()));
        loop {
            let passed: Vec<i64> = lock(&deferred).iter().copied().collect();
            let due = sqlx::query!(
                r#"select d.message_id, d.conversation_id, d.sender_id
                from (
                    select f.*, row_number() over (partition by f.sender_id order by f.closes_at, f.message_id) as turn
                    from (
                        select p.message_id, p.conversation_id, p.closes_at, m.sender_id
                        from polls p
                        join messages m on m.id = p.message_id
                        where p.closed_at is null and p.closes_at <= statement_timestamp()
                            and m.sender_id <> all($2)
                        order by p.closes_at limit $3
                    ) f
                ) d
                order by d.turn, d.closes_at limit $1"#,
                MAX_DUE,
                &passed,
                MAX_COMPARED
            )
            .fetch_all(&self.0.db)
            .await?;
            let may_be_more = page::len(&due) >= MAX_DUE;
            let senders: HashMap<_, _> = due
                .iter()
                .map(|it| (MessageId(it.message_id), it.sender_id))
                .collect();
            let due = due
                .into_iter()
                .map(|it| (it.conversation_id, it.message_id));
            let close = |conversation_id, id| {
                let (chat, deferred) = (self.clone(), Arc::clone(&deferred));
                let sender_id = senders.get(&id).copied().unwrap_or_default();
                async move {
                    if lock(&deferred).contains(&sender_id) {
                        return Ok(());
                    }
                    let closed = chat.close_due_poll(conversation_id, id, UserId(sender_id));
                    match closed.await {
                        Err(Error::TooManyRequests { .. }) => {
                            lock(&deferred).insert(sender_id);
                            Ok(())
                        }
                        other => other,
                    }
                }
            };
            if !(with_each(due, close).await && may_be_more) {
                return Ok(());
            }
        }
    }

    /// Nothing if another node, or somebody, has closed it.
    async fn close_due_poll(
        &self,
        conversation_id: ConversationId,
        id: MessageId,
        sender_id: UserId,
    ) -> Result<()> {
        let chat = self.clone();
        let work = async move {
            let mut telling = chat.begin_telling(conversation_id).await?;
            let closed = sqlx::query!(
                "update polls set closed_at = closes_at, revision = revision + 1, untold_since = null
                where message_id = $1 and closed_at is null and closes_at <= clock_timestamp()",
                id.0
            )
            .execute(&mut *telling.tx)
            .await?;
            if closed.rows_affected() == 0 {
                return Ok(());
            }
            chat.commit_and_tell(telling, id, Some(sender_id)).await
        };
        let locks = &self.0.conversation_locks;
        locks.run_locked(conversation_id, work).await
    }
}

fn lock(senders: &Mutex<HashSet<i64>>) -> MutexGuard<'_, HashSet<i64>> {
    senders.lock().unwrap_or_else(PoisonError::into_inner)
}
