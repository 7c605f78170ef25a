//! Sends of which nobody knows what they have come to: the database went away with the answer.

use super::{Held, queue::Outgoing};
use crate::{
    Chat, Delivery, Error, Result,
    messages::{message_rows, messages},
};
use model::{ConversationId, Event, Message, UserId};
use std::time::{Duration, Instant};

/// Between two looks at whether the database is back.
const PAUSE: Duration = Duration::from_millis(250);

/// Clocks and commits need not agree to the moment.
const MARGIN: Duration = Duration::from_secs(1);

/// What a message would be found by.
pub struct Doubt {
    conversation_id: ConversationId,
    sender_id: UserId,
    client_id: Option<String>,
    body: String,
}

impl Doubt {
    pub fn of(send: &Outgoing) -> Self {
        Self {
            conversation_id: send.conversation_id,
            sender_id: send.sender_id,
            client_id: send.new.client_id.clone(),
            body: send.new.body.clone(),
        }
    }
}

impl Chat {
    /// Tells what was written after all, as soon as the database can say so, and before anything
    /// that is written to these conversations later. Their senders have been answered: they know
    /// nothing, and a retry finds what there is.
    pub(super) fn settle(&self, doubts: Vec<Doubt>, begun: Instant, held: &mut Vec<Held>) {
        let held = Held::extract(held, &doubts, |doubt| doubt.conversation_id);
        let chat = self.clone();
        tokio::spawn(async move {
            loop {
                match chat.written_after_all(&doubts, begun).await {
                    Ok(messages) => break chat.tell_late(messages),
                    Err(_) if chat.0.db.is_closed() => break,
                    Err(error) => tracing::warn!(?error, "what was sent last is still unknown"),
                }
                for one in &held {
                    chat.refuse_waiting(one.conversation_id);
                }
                tokio::time::sleep(PAUSE).await;
            }
            drop(held);
        });
    }

    async fn written_after_all(&self, doubts: &[Doubt], begun: Instant) -> Result<Vec<Message>> {
        let conversation_ids: Vec<_> = doubts.iter().map(|it| it.conversation_id.0).collect();
        let sender_ids: Vec<_> = doubts.iter().map(|it| it.sender_id.0).collect();
        let client_ids: Vec<_> = doubts.iter().map(|it| it.client_id.as_deref()).collect();
        let bodies: Vec<_> = doubts.iter().map(|it| it.body.as_str()).collect();
        let mut tx = self.0.db.begin().await?;
        // Perhaps Postgres still writes what it was asked for, and has only lost us: then it holds
        // these locks, and gives them back when it has committed.
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
            (begun.elapsed() + MARGIN).as_secs_f64()
        )
        .fetch_all(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(messages(rows))
    }

    fn tell_late(&self, messages: Vec<Message>) {
        for message in messages {
            let id = message.conversation_id;
            let event = Event::message_created(message);
            self.0.events.publish(Delivery::to_conversation(id, event));
        }
    }

    /// Nobody waits for a conversation that can't be written to.
    fn refuse_waiting(&self, id: ConversationId) {
        let waiting = self.0.writer.desk().queue.drain(id);
        for send in waiting {
            self.0.conversation_locks.work.begun();
            self.answer(send, Err(Error::Overloaded));
        }
    }
}
