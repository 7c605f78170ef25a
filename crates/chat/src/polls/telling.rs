//! Votes are told to the conversation as a change of the message: those that come at the same moment together.
//!
//! A vote and the mark that it is not told yet are one transaction; to tell it takes the mark away. So each vote is told
//! once, by whichever node comes first, also when the node of the vote has died in between.

use super::pending::UntoldVotes;
use crate::{
    Chat, Delivery, Error, Result,
    messages::{json_len, load_message},
    page,
};
use futures_util::{StreamExt, stream};
use model::{ConversationId, Event, MessageId, UserId};
use sqlx::{Postgres, Transaction};
use std::future::ready;

/// Polls that a node looks up at once whose votes nobody has told.
const MAX_LATE: i64 = 100;

/// Polls whose votes a node tells at the same moment. Each waits for the lock of its conversation, and with it no more than
/// so many others.
const MAX_TOLD_AT_ONCE: usize = 8;

/// Who pays for a telling.
#[derive(Clone, Copy)]
pub(super) enum Charge {
    /// Those who have voted, and have paid.
    Nobody,
    /// This sender, as far as they may tell so much now.
    Within(UserId),
    /// This sender, also where it is more than they may tell now.
    Beyond(UserId),
}

/// The open transaction in which a conversation is told of a poll.
pub(super) struct Telling {
    pub tx: Transaction<'static, Postgres>,
    conversation_id: ConversationId,
    /// Who are told; 0 of the announcements.
    people: i64,
}

impl Chat {
    /// Tells that somebody has voted: now, or within `VOTES_INTERVAL` (500 ms) while votes are being told.
    pub(super) fn tell_votes_soon(&self, conversation_id: ConversationId, id: MessageId) {
        let chat = self.clone();
        let flush = move |voted: Vec<(MessageId, UntoldVotes)>| chat.clone().flush_votes(voted);
        let told = [(id, UntoldVotes(conversation_id))];
        drop(self.0.pending_votes.flush_now(told, flush));
    }

    async fn flush_votes(self, voted: Vec<(MessageId, UntoldVotes)>) {
        let tell = |(id, UntoldVotes(conversation_id)): (MessageId, UntoldVotes)| {
            let chat = self.clone();
            async move {
                if let Err(error) = chat.tell_votes(conversation_id, id).await {
                    tracing::warn!(%error, "votes are told later");
                }
            }
        };
        stream::iter(voted)
            .for_each_concurrent(MAX_TOLD_AT_ONCE, tell)
            .await;
    }

    /// Tells the votes that a node could not tell, and those that are left to the timer (`LockedPoll::is_told_soon`);
    /// whether there may be more. Those that cannot be told now are tried again at the next look, and hold up no others.
    pub(crate) async fn tell_late_votes(&self) -> Result<bool> {
        let late = sqlx::query!(
            "select message_id, conversation_id from polls
            where untold_since <= statement_timestamp() - interval '5 seconds'
            order by untold_since limit $1",
            MAX_LATE
        )
        .fetch_all(&self.0.db)
        .await?;
        let may_be_more = page::len(&late) >= MAX_LATE;
        let late = late
            .into_iter()
            .map(|it| (it.conversation_id, it.message_id));
        let tell = |conversation_id, id| {
            let chat = self.clone();
            async move { chat.tell_votes(conversation_id, id).await }
        };
        Ok(with_each(late, tell).await && may_be_more)
    }

    /// Nothing if another node has told them.
    async fn tell_votes(&self, conversation_id: ConversationId, id: MessageId) -> Result<()> {
        let chat = self.clone();
        let work = async move {
            let mut telling = chat.begin_telling(conversation_id).await?;
            let told = sqlx::query!(
                "update polls set untold_since = null
                where message_id = $1 and untold_since is not null",
                id.0
            )
            .execute(&mut *telling.tx)
            .await?;
            if told.rows_affected() == 0 {
                return Ok(());
            }
            chat.commit_and_tell(telling, id, Charge::Nobody).await
        };
        let locks = &self.0.conversation_locks;
        locks.run_locked(conversation_id, work).await
    }

    /// A transaction with the row lock of the conversation, which comes before that of the poll. It waits for a second:
    /// what cannot be told then is told at a later look of the timer.
    pub(super) async fn begin_telling(&self, id: ConversationId) -> Result<Telling> {
        let mut tx = self.begin().await?;
        sqlx::query!("set local lock_timeout = '1s'")
            .execute(&mut *tx)
            .await?;
        let people = sqlx::query_scalar!(
            "select member_count from conversations where id = $1 for no key update",
            id.0
        )
        .fetch_optional(&mut *tx)
        .await?;
        Ok(Telling {
            tx,
            conversation_id: id,
            people: people.unwrap_or_default(),
        })
    }

    /// Gives the message the next `seq`, commits, and tells the conversation what the message is now. Under the lock of
    /// the conversation on this node.
    ///
    /// # Errors
    /// `TooManyRequests` when it is charged `Within` to somebody who has told too much; nothing has changed then.
    pub(super) async fn commit_and_tell(
        &self,
        telling: Telling,
        id: MessageId,
        charge: Charge,
    ) -> Result<()> {
        let Telling {
            mut tx,
            conversation_id,
            people,
        } = telling;
        sqlx::query!(
            "with taken as (update conversations set seq = seq + 1 where id = $2 returning seq)
            update messages m set seq = taken.seq from taken where m.id = $1",
            id.0,
            conversation_id.0
        )
        .execute(&mut *tx)
        .await?;
        let message = load_message(&mut tx, id).await?;
        let bytes = json_len(&message);
        sqlx::query!(
            "update polls set told_len = $2 where message_id = $1 and told_len is distinct from $2",
            id.0,
            i32::try_from(bytes).map_err(Error::internal)?
        )
        .execute(&mut *tx)
        .await?;
        // At last: what fails before costs nothing.
        let told = &self.0.limits.told;
        match charge {
            Charge::Nobody => {}
            Charge::Within(user_id) => told.take_told(user_id, people, bytes)?,
            Charge::Beyond(user_id) => told.charge_message(user_id, people, || bytes, 0),
        }
        tx.commit().await?;
        self.0.pending_index.note([conversation_id]);
        let event = Event::message_updated(message);
        self.0
            .bus
            .publish(Delivery::to_conversation(conversation_id, event));
        Ok(())
    }
}

/// Does something with polls, several at the same moment; whether all of it was done. What was not is tried again at
/// the next look of the timer, and holds up no other.
pub(super) async fn with_each<F>(
    polls: impl IntoIterator<Item = (i64, i64)>,
    work: impl Fn(ConversationId, MessageId) -> F,
) -> bool
where
    F: Future<Output = Result<()>>,
{
    let run = |(conversation_id, id): (i64, i64)| {
        let done = work(ConversationId(conversation_id), MessageId(id));
        async move {
            let done = done.await;
            done.inspect_err(
                |error| tracing::warn!(%error, message_id = id, "a poll is told later"),
            )
            .is_ok()
        }
    };
    let done = stream::iter(polls)
        .map(run)
        .buffer_unordered(MAX_TOLD_AT_ONCE);
    // To the end, also after one that was not done.
    done.fold(true, |all, done| ready(all && done)).await
}
