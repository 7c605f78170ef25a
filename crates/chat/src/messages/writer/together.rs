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
use model::{ConversationId, Message, NewMessage, UserId};
use sqlx::PgConnection;

/// Writes the messages at the next positions, without validation and rate limit but that of mentions of many. When this fails, the transaction
/// has to be rolled back.
pub async fn write_together(
    chat: &Chat,
    db: &mut PgConnection,
    place: (UserId, ConversationId),
    news: Vec<(NewMessage, SendOptions)>,
) -> Result<Vec<Written>> {
    let sends = news.into_iter();
    // Nothing waits in a queue: the outcome is the answer.
    let sends = sends.map(|(new, options)| QueuedSend::new(place, new, options).0);
    let mut sends: Vec<_> = sends.collect();
    let grants = ask_grants(db, &sends).await?;
    if let Some((_, error)) = chat.take_grants(&mut sends, grants).pop() {
        return Err(error);
    }
    let outcomes = statement::send_messages(db, &chat.0.presence, &sends, true).await?;
    let written = outcomes.into_iter().map(|outcome| match outcome {
        Outcome::Written(written) => Ok(written),
        Outcome::Repeated(_) => Err(Error::Conflict(CLIENT_ID_USED)),
        Outcome::Refused(error) | Outcome::InDoubt(error) => Err(error),
        Outcome::Busy => Err(Error::internal("a send that waits for locks found one")),
    });
    written.collect()
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
