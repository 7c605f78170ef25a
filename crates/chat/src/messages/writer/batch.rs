//! Batches: writes one, publishes its messages, and answers its senders.

use super::{
    in_doubt::InDoubtSend,
    locked::{Batch, LockedConversation},
    queue::{QueuedSend, SendResult},
    statement::{self, Outcome, Written},
};
use crate::{
    Chat, Delivery, Error, Result,
    database::failure,
    messages::wildcards::WildcardMessage,
    receipts::{Advance, PositionAdvance},
};
use model::{ConversationId, Event, Message, MessageId, UserId};
use sqlx::{PgConnection, PgPool, Postgres, pool::PoolConnection};
use std::{collections::HashMap, sync::Arc, time::Instant};

/// Attempts at a batch whose statement was rolled back for a reason that another connection or moment
/// does not meet: a deadlock, a server that has become a standby, a lost prepared statement.
pub const MAX_ATTEMPTS: u32 = 3;

/// The connection of a worker; absent before its first batch, and after a connection was lost.
pub type Connection = Option<PoolConnection<Postgres>>;

/// What a batch leads to beside its messages: receipts and unread counts.
#[derive(Default)]
pub struct FollowUps {
    /// The position of the last message of each conversation that was written to.
    last_positions: HashMap<ConversationId, i64>,
    advances: Vec<PositionAdvance>,
    unread: Vec<(UserId, ConversationId)>,
    threads: Vec<(UserId, MessageId)>,
    wildcards: Vec<WildcardMessage>,
}

/// The sends of a batch after its statement.
#[derive(Default)]
struct SortedSends {
    /// Sends whose result is known, and those in doubt.
    finished: Vec<(QueuedSend, Result<SendResult>)>,
    /// Sends to conversations that another transaction has locked.
    busy: Vec<QueuedSend>,
    in_doubt: Vec<InDoubtSend>,
    follow_ups: FollowUps,
}

impl Chat {
    /// Writes a batch, publishes what was committed, and answers every send but the busy ones,
    /// which go into batches of their own.
    pub(super) async fn write_batch(
        &self,
        db: &mut Connection,
        batch: Batch,
        wait_for_locks: bool,
    ) {
        let started_at = Instant::now();
        let Batch {
            mut conversations,
            mut sends,
            expired,
        } = batch;
        for send in expired {
            self.finish_send(send, Err(Error::Overloaded));
        }
        for (send, error) in self.grant_wildcards(db, &mut sends).await {
            self.finish_send(send, Err(error));
        }
        let outcomes = self.write_sends(db, &sends, wait_for_locks).await;
        let sorted = self.publish_batch(sends, outcomes);
        // After the whole batch: no sender is answered before the messages are in the queue of the
        // event bus. They may reach the sockets of others later than the answer reaches the sender.
        for (send, result) in sorted.finished {
            self.finish_send(send, result);
        }
        if !sorted.busy.is_empty() {
            self.retry_when_unlocked(sorted.busy, &mut conversations);
        }
        if !sorted.in_doubt.is_empty() {
            self.resolve_in_doubt(sorted.in_doubt, started_at, &mut conversations);
        }
        // Releases the locks: the next batch need not wait for the follow-ups.
        drop(conversations);
        self.follow_up(sorted.follow_ups);
    }

    pub(super) fn follow_up(&self, mut follow_ups: FollowUps) {
        let changed = follow_ups.last_positions.keys().copied();
        self.0.pending_index.note(changed);
        self.schedule_receipts(follow_ups.take_advances());
        self.publish_unread_now(follow_ups.unread);
        self.publish_thread_states_now(follow_ups.threads);
        self.publish_wildcards(follow_ups.wildcards);
    }

    /// Publishes the messages that were written, in order, and sorts the sends by outcome.
    fn publish_batch(&self, sends: Vec<QueuedSend>, outcomes: Vec<Outcome>) -> SortedSends {
        let mut sorted = SortedSends::default();
        for (send, outcome) in sends.into_iter().zip(outcomes) {
            let result = match outcome {
                Outcome::Written(written) => Ok(SendResult::Written(
                    self.publish_written(written, &mut sorted.follow_ups),
                )),
                Outcome::Repeated(id) => Ok(SendResult::Repeated(id)),
                Outcome::Refused(error) => Err(error),
                Outcome::InDoubt(error) => {
                    sorted.in_doubt.push(InDoubtSend::of(&send));
                    Err(error)
                }
                Outcome::Busy => {
                    sorted.busy.push(send);
                    continue;
                }
            };
            sorted.finished.push((send, result));
        }
        sorted
    }

    /// One outcome for each send, in order. When the statement fails because of one message, the
    /// batch is written message by message.
    async fn write_sends(
        &self,
        db: &mut Connection,
        sends: &[QueuedSend],
        wait_for_locks: bool,
    ) -> Vec<Outcome> {
        let mut attempt = 1;
        loop {
            let connection = match connected(db, &self.0.db).await {
                Ok(connection) => connection,
                Err(cause) => return all(sends, &Arc::new(cause), Outcome::Refused),
            };
            match statement::send_messages(connection, &self.0.presence, sends, wait_for_locks)
                .await
            {
                Ok(outcomes) => return outcomes,
                Err(Error::Unavailable(cause)) => {
                    // The connection is given up even when only the statement failed: see
                    // `Outcome::InDoubt`.
                    if let Some(connection) = db {
                        connection.close_on_drop();
                    }
                    *db = None;
                    if failure::is_repeatable(&cause) && attempt < MAX_ATTEMPTS {
                        attempt += 1;
                        tracing::debug!(%cause, "a batch is written again");
                    } else if failure::is_rolled_back(&cause) {
                        return all(sends, &cause, Outcome::Refused);
                    } else {
                        return all(sends, &cause, Outcome::InDoubt);
                    }
                }
                Err(error) if sends.len() == 1 => return vec![Outcome::Refused(error)],
                Err(error) => {
                    tracing::warn!(?error, "a batch is written message by message");
                    let mut outcomes = Vec::new();
                    for send in sends.chunks(1) {
                        // Waits for locks: else a later message could overtake an earlier busy one.
                        outcomes.extend(Box::pin(self.write_sends(db, send, true)).await);
                    }
                    return outcomes;
                }
            }
        }
    }

    pub(super) fn publish_written(&self, written: Written, follow_ups: &mut FollowUps) -> Message {
        metrics::counter!("parlance_messages_sent_total").increment(1);
        let message = written.message;
        let (id, user_id, position) =
            (message.conversation_id, message.sender.id, message.position);
        let event = Event::message_created(message.clone());
        self.0.bus.publish(Delivery::to_conversation(id, event));
        self.0.link_previews.note(&message);
        self.stop_typing((id, message.thread_id), user_id);
        if let Some(draft) = written.draft {
            self.publish_sent_draft(user_id, draft);
        }
        follow_ups.last_positions.insert(id, position);
        // Sending implies having read what came before: `send_messages` has moved the positions.
        if let Some((read, delivered)) = written.positions_before {
            follow_ups.advances.push(PositionAdvance {
                conversation_id: id,
                user_id,
                read: Advance {
                    before: read,
                    after: position,
                },
                delivered: Advance {
                    before: delivered,
                    after: position,
                },
                // Known after the whole batch: `take_advances`.
                is_caught_up: false,
                at: message.created_at,
                implied_by_send: true,
            });
            follow_ups.unread.push((user_id, id));
        }
        if let Some(thread_id) = message.thread_id {
            // Who has read, by replying, and who follows now, perhaps.
            let followers = [user_id]
                .into_iter()
                .chain(written.mentioned.iter().copied());
            let root_sender = written
                .root_sender_id
                .filter(|_| message.thread_position == Some(1));
            let followers = followers.chain(root_sender);
            follow_ups
                .threads
                .extend(followers.map(|it| (it, thread_id)));
        }
        if written.has_wildcards {
            follow_ups.wildcards.push(WildcardMessage::of(&message));
        }
        let mentioned = written.mentioned.into_iter();
        follow_ups
            .unread
            .extend(mentioned.map(|user_id| (user_id, id)));
        message
    }

    pub(super) fn finish_send(&self, send: QueuedSend, result: Result<SendResult>) {
        self.0.conversation_locks.work.finished(&result);
        // The caller's future may have been dropped: then nothing receives the result.
        let _ = send.reply.send(result);
    }

    /// Writes the sends of each conversation that another node has locked in a batch of its own,
    /// which waits for that lock.
    fn retry_when_unlocked(
        &self,
        mut busy: Vec<QueuedSend>,
        conversations: &mut Vec<LockedConversation>,
    ) {
        let locked = LockedConversation::extract(conversations, &busy, |it| it.conversation_id);
        for conversation in locked {
            let id = conversation.id;
            let sends = busy.extract_if(.., |send| send.conversation_id == id);
            let batch = Batch {
                sends: sends.collect(),
                conversations: vec![conversation],
                expired: Vec::new(),
            };
            let chat = self.clone();
            tokio::spawn(async move {
                let _permit = chat.0.writer.lock_waiters.acquire().await;
                chat.write_batch(&mut None, batch, true).await;
            });
        }
    }
}

impl FollowUps {
    /// The advances, each with whether it reaches the last message of its conversation after the whole
    /// batch.
    fn take_advances(&mut self) -> Vec<PositionAdvance> {
        let mut advances = std::mem::take(&mut self.advances);
        for it in &mut advances {
            it.is_caught_up = it.read.after == self.last_positions[&it.conversation_id];
        }
        advances
    }
}

/// The worker's connection, taken from the pool if there is none.
pub async fn connected<'a>(
    db: &'a mut Connection,
    pool: &PgPool,
) -> Result<&'a mut PgConnection, sqlx::Error> {
    match db {
        Some(connection) => Ok(connection),
        None => Ok(db.insert(pool.acquire().await?)),
    }
}

/// The same failure as the outcome of every send.
fn all(
    sends: &[QueuedSend],
    cause: &Arc<sqlx::Error>,
    outcome: fn(Error) -> Outcome,
) -> Vec<Outcome> {
    let outcomes = sends
        .iter()
        .map(|_| outcome(Error::Unavailable(Arc::clone(cause))));
    outcomes.collect()
}
