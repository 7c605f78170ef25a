//! Messages that are written together: several of one sender, in the transaction of a verb that holds the lock of
//! the conversation. All of them are written, or none.

use super::{
    batch::FollowUps,
    options::SendOptions,
    queue::QueuedSend,
    statement::{self, CLIENT_ID_USED, Outcome, Written},
};
use crate::{Chat, Error, Result, presence::table::PresenceTable};
use model::{ConversationId, Message, NewMessage, UserId};
use sqlx::PgConnection;

/// Writes the messages at the next positions, without validation and rate limit. When this fails, the transaction
/// has to be rolled back.
pub async fn write_together(
    db: &mut PgConnection,
    presence: &PresenceTable,
    place: (UserId, ConversationId),
    news: Vec<(NewMessage, SendOptions)>,
) -> Result<Vec<Written>> {
    let sends = news.into_iter();
    // Nothing waits in a queue: the outcome is the answer.
    let sends = sends.map(|(new, options)| QueuedSend::new(place, new, options).0);
    let sends: Vec<_> = sends.collect();
    let outcomes = statement::send_messages(db, presence, &sends, true).await?;
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
