//! Messages that are written together: several of one sender, in the transaction of a verb that holds the lock of
//! the conversation. All of them are written, or none.

use super::{
    batch::FollowUps,
    grants::ask_grants,
    options::SendOptions,
    queue::QueuedSend,
    statement::{self, CLIENT_ID_USED, Outcome, Written},
};
use crate::{Chat, Error, Result};
use model::{ConversationId, Message, MessageId, NewMessage, UserId};
use sqlx::PgConnection;

/// One message: written now, or before with the same `clientId`.
pub enum WrittenOnce {
    Now(Box<Written>),
    Before(MessageId),
}

/// Writes the messages at the next positions, without validation and rate limit but that of mentions of many. When this fails, the transaction
/// has to be rolled back.
pub async fn write_together(
    chat: &Chat,
    db: &mut PgConnection,
    place: (UserId, ConversationId),
    news: Vec<(NewMessage, SendOptions)>,
) -> Result<Vec<Written>> {
    let outcomes = write_all(chat, db, place, news).await?;
    outcomes.into_iter().map(written).collect()
}

/// Writes one message as `write_together` does, or finds the one that a request with the same `clientId` has written.
pub async fn write_once(
    chat: &Chat,
    db: &mut PgConnection,
    place: (UserId, ConversationId),
    new: (NewMessage, SendOptions),
) -> Result<WrittenOnce> {
    match write_all(chat, db, place, vec![new]).await?.pop() {
        Some(Outcome::Repeated(id)) => Ok(WrittenOnce::Before(id)),
        Some(outcome) => written(outcome).map(|it| WrittenOnce::Now(Box::new(it))),
        None => Err(Error::internal("a send has no outcome")),
    }
}

async fn write_all(
    chat: &Chat,
    db: &mut PgConnection,
    place: (UserId, ConversationId),
    news: Vec<(NewMessage, SendOptions)>,
) -> Result<Vec<Outcome>> {
    let sends = news.into_iter();
    // Nothing waits in a queue: the outcome is the answer.
    let sends = sends.map(|(new, options)| QueuedSend::new(place, new, options).0);
    let mut sends: Vec<_> = sends.collect();
    let grants = ask_grants(db, &sends).await?;
    if let Some((_, error)) = chat.take_grants(&mut sends, grants).pop() {
        return Err(error);
    }
    statement::send_messages(db, &chat.0.presence, &sends, true).await
}

fn written(outcome: Outcome) -> Result<Written> {
    match outcome {
        Outcome::Written(written) => Ok(written),
        Outcome::Repeated(_) => Err(Error::Conflict(CLIENT_ID_USED)),
        Outcome::Refused(error) | Outcome::InDoubt(error) => Err(error),
        Outcome::Busy => Err(Error::internal("a send that waits for locks found one")),
    }
}

impl Chat {
    /// Publishes the messages after the commit, and what follows from them; under the lock of the conversation.
    pub(crate) fn publish_together(&self, written: Vec<Written>) -> Vec<Message> {
        let mut follow_ups = FollowUps::default();
        let written = written.into_iter();
        let messages = written.map(|it| self.publish_written(it, &mut follow_ups));
        let messages = messages.collect();
        self.follow_up(follow_ups);
        messages
    }
}
