//! A batch on its way: written, told, answered.

use super::{
    Connection, Held,
    doubt::Doubt,
    queue::{Answer, Batch, Outgoing},
    statement::{self, Outcome, Written},
};
use crate::{Chat, Delivery, Error, Result, receipts::Move};
use model::{ConversationId, Event, Message, UserId};
use sqlx::{PgConnection, PgPool};
use std::{collections::HashMap, sync::Arc, time::Instant};

/// What is to be told of a batch beside its messages.
#[derive(Default)]
struct Aftermath {
    newest: HashMap<ConversationId, i64>,
    moves: Vec<Move>,
    unread: Vec<(UserId, ConversationId)>,
}

impl Chat {
    /// To its end: what is committed is told, and everybody is answered.
    pub(super) async fn write_batch(&self, db: &mut Connection, batch: Batch, patient: bool) {
        let begun = Instant::now();
        let Batch {
            mut held,
            sends,
            late,
        } = batch;
        for send in late {
            self.answer(send, Err(Error::Overloaded));
        }
        let outcomes = self.attempt(db, &sends, patient).await;
        let mut after = Aftermath::default();
        let (mut answers, mut busy, mut doubts) = (Vec::new(), Vec::new(), Vec::new());
        for (send, outcome) in sends.into_iter().zip(outcomes) {
            let answer = match outcome {
                Outcome::Written(written) => {
                    Ok(Answer::Written(self.tell_written(written, &mut after)))
                }
                Outcome::Repeated(id) => Ok(Answer::Repeated(id)),
                Outcome::Refused(error) => Err(error),
                Outcome::Unknown(error) => {
                    doubts.push(Doubt::of(&send));
                    Err(error)
                }
                Outcome::Busy => {
                    busy.push(send);
                    continue;
                }
            };
            answers.push((send, answer));
        }
        // Only now: nobody is told of their message before the others are.
        for (send, answer) in answers {
            self.answer(send, answer);
        }
        if !busy.is_empty() {
            self.wait_for(busy, &mut held);
        }
        if !doubts.is_empty() {
            self.settle(doubts, begun, &mut held);
        }
        // Whoever comes next need not wait for the rest.
        drop(held);
        if !after.newest.is_empty() {
            self.sort_soon();
        }
        self.tell_moves_soon(after.moves());
        self.tell_unread(after.unread);
    }

    /// One outcome for each, in order. A batch that fails for a fault of one of its messages is
    /// written message by message.
    async fn attempt(
        &self,
        db: &mut Connection,
        sends: &[Outgoing],
        patient: bool,
    ) -> Vec<Outcome> {
        let connection = match connected(db, &self.0.db).await {
            Ok(connection) => connection,
            Err(cause) => return all(sends, &Arc::new(cause), Outcome::Refused),
        };
        match statement::write(connection, sends, patient).await {
            Ok(outcomes) => outcomes,
            Err(Error::Unavailable(cause)) => {
                *db = None;
                all(sends, &cause, Outcome::Unknown)
            }
            Err(error) if sends.len() == 1 => vec![Outcome::Refused(error)],
            Err(error) => {
                tracing::warn!(?error, "a batch is written message by message");
                let mut outcomes = Vec::new();
                for send in sends.chunks(1) {
                    // Patiently, or a later one might pass an earlier one that was busy.
                    outcomes.extend(Box::pin(self.attempt(db, send, true)).await);
                }
                outcomes
            }
        }
    }

    fn tell_written(&self, written: Written, after: &mut Aftermath) -> Message {
        metrics::counter!("parlance_messages_sent_total").increment(1);
        let message = written.message;
        let (id, user_id, position) =
            (message.conversation_id, message.sender.id, message.position);
        let event = Event::message_created(message.clone());
        self.0.events.publish(Delivery::to_conversation(id, event));
        self.stop_typing(id, user_id);
        after.newest.insert(id, position);
        // Whoever answers has read what came before.
        if let Some((read, delivered)) = written.before {
            after.moves.push(Move {
                conversation_id: id,
                user_id,
                read: (read, position),
                delivered: (delivered, position),
                newest: position,
                at: message.created_at,
                has_spoken: true,
            });
            after.unread.push((user_id, id));
        }
        let mentioned = written.mentioned.into_iter();
        after.unread.extend(mentioned.map(|user_id| (user_id, id)));
        message
    }

    pub(super) fn answer(&self, send: Outgoing, answer: Result<Answer>) {
        self.0.conversation_locks.work.ended(&answer);
        // Whoever asked may have gone.
        let _ = send.answer.send(answer);
    }

    /// Writes to each conversation that another node holds by itself, when it is free there.
    fn wait_for(&self, mut busy: Vec<Outgoing>, held: &mut Vec<Held>) {
        for one in Held::extract(held, &busy, |send| send.conversation_id) {
            let id = one.conversation_id;
            let sends = busy.extract_if(.., |send| send.conversation_id == id);
            let batch = Batch {
                sends: sends.collect(),
                held: vec![one],
                late: Vec::new(),
            };
            let chat = self.clone();
            tokio::spawn(async move {
                let _permit = chat.0.writer.patience.acquire().await;
                chat.write_batch(&mut None, batch, true).await;
            });
        }
    }
}

impl Aftermath {
    fn moves(&mut self) -> Vec<Move> {
        let mut moves = std::mem::take(&mut self.moves);
        for it in &mut moves {
            it.newest = self.newest[&it.conversation_id];
        }
        moves
    }
}

async fn connected<'a>(
    db: &'a mut Connection,
    pool: &PgPool,
) -> Result<&'a mut PgConnection, sqlx::Error> {
    match db {
        Some(connection) => Ok(connection),
        None => Ok(db.insert(pool.acquire().await?)),
    }
}

fn all(
    sends: &[Outgoing],
    cause: &Arc<sqlx::Error>,
    outcome: fn(Error) -> Outcome,
) -> Vec<Outcome> {
    let outcomes = sends
        .iter()
        .map(|_| outcome(Error::Unavailable(Arc::clone(cause))));
    outcomes.collect()
}
