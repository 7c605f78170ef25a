//! In-doubt sends: the connection broke between their statement and its answer, so they may or may not
//! have been committed.

use super::{locked::LockedConversation, queue::QueuedSend};
use crate::{
    Chat, Delivery, Error, Result,
    messages::{add_threads, message_rows, messages},
};
use model::{ConversationId, Event, Message, UserId};
use std::time::{Duration, Instant};

/// Pause between two attempts to ask the database.
const RETRY_DELAY: Duration = Duration::from_millis(250);

/// Messages are looked for that were created since the start of the batch, and by this time before:
/// the clocks of this node and of the database may differ.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(1);

/// The columns by which the message of a send is found.
pub struct InDoubtSend {
    conversation_id: ConversationId,
    sender_id: UserId,
    client_id: Option<String>,
    body: String,
}

impl InDoubtSend {
    pub fn of(send: &QueuedSend) -> Self {
        Self {
            conversation_id: send.conversation_id,
            sender_id: send.sender_id,
            client_id: send.new.client_id.clone(),
            body: send.new.body.clone(),
        }
    }
}

impl Chat {
    /// Publishes the messages that were committed, as soon as the database answers. Keeps the locks
    /// of the conversations until then, so that nothing is published ahead of them. The senders
    /// have been answered with `Unavailable`; a retry with the same `clientId` finds the message.
    ///
    /// A send without `clientId` is recognised by sender and body alone, among the messages since
    /// the start of the batch and `CLOCK_TOLERANCE` before. So it can also find a message of the
    /// same sender and body that was published already. That one is published again, under its id
    /// and seq; in a cluster the sequencer drops it where the conversation has subscribers.
    pub(super) fn resolve_in_doubt(
        &self,
        sends: Vec<InDoubtSend>,
        started_at: Instant,
        conversations: &mut Vec<LockedConversation>,
    ) {
        let locked = LockedConversation::extract(conversations, &sends, |it| it.conversation_id);
        let chat = self.clone();
        tokio::spawn(async move {
            loop {
                match chat.find_committed(&sends, started_at).await {
                    Ok(messages) => break chat.publish_committed(messages),
                    Err(_) if chat.0.db.is_closed() => break,
                    Err(error) => tracing::warn!(?error, "sends are still in doubt"),
                }
                for conversation in &locked {
                    chat.refuse_queued(conversation.id);
                }
                tokio::time::sleep(RETRY_DELAY).await;
            }
            drop(locked);
        });
    }

    /// The messages that were committed, in the order of their positions.
    async fn find_committed(
        &self,
        sends: &[InDoubtSend],
        started_at: Instant,
    ) -> Result<Vec<Message>> {
        let conversation_ids: Vec<_> = sends.iter().map(|it| it.conversation_id.0).collect();
        let sender_ids: Vec<_> = sends.iter().map(|it| it.sender_id.0).collect();
        let client_ids: Vec<_> = sends.iter().map(|it| it.client_id.as_deref()).collect();
        let bodies: Vec<_> = sends.iter().map(|it| it.body.as_str()).collect();
        let mut tx = self.begin().await?;
        // A backend that has only lost its connection may still be running the statement. It holds
        // these row locks until it has committed or rolled back.
        sqlx::query!(
            "select from conversations where id = any($1) order by id for no key update",
            &conversation_ids
        )
        .execute(&mut *tx)
        .await?;
        let rows = message_rows!(
            "where id = any(array(
                select m.id from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[])
                    sent(conversation_id, sender_id, client_id, body)
                join messages m on m.conversation_id = sent.conversation_id
                    and m.created_at >= now() - make_interval(secs => $5)
                    and m.sender_id = sent.sender_id
                    and m.client_id is not distinct from sent.client_id and m.body = sent.body
            )) order by conversation_id, position",
            &conversation_ids,
            &sender_ids,
            &client_ids as &[Option<&str>],
            &bodies as &[&str],
            (started_at.elapsed() + CLOCK_TOLERANCE).as_secs_f64()
        )
        .fetch_all(&mut *tx)
        .await?;
        let mut messages = messages(&mut tx, rows).await?;
        add_threads(&mut tx, &mut messages).await?;
        tx.commit().await?;
        Ok(messages)
    }

    fn publish_committed(&self, messages: Vec<Message>) {
        for message in messages {
            let id = message.conversation_id;
            self.0.link_previews.note(&message);
            let event = Event::message_created(message);
            self.0.bus.publish(Delivery::to_conversation(id, event));
        }
    }

    /// Refuses the queued sends of a conversation that cannot be written to, instead of letting
    /// them wait.
    fn refuse_queued(&self, id: ConversationId) {
        let queued = self.0.writer.state().queue.drain(id);
        for send in queued {
            self.0.conversation_locks.work.started();
            self.finish_send(send, Err(Error::Overloaded));
        }
    }
}
