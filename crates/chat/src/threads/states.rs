//! What followers are told of their own part of a thread.

use super::pending::RecountThread;
use crate::{Chat, Delivery, Result};
use model::{Event, Message, MessageId, UserId};

/// Followers who are told that a reply was deleted that they had not read, at most. Beyond it
/// `message:deleted` alone says that there is one less.
const MAX_TOLD_OF_DELETION: i64 = 200;

impl Chat {
    /// Reads and publishes now what these users have of these threads, in a task of its own. While
    /// earlier ones are being published, these follow after the coalescer's interval (50 ms). Users who
    /// are connected nowhere, or follow nothing there, are left out.
    pub(crate) fn publish_thread_states_now(
        &self,
        keys: impl IntoIterator<Item = (UserId, MessageId)>,
    ) {
        let connected = keys
            .into_iter()
            .filter(|(user_id, _)| self.0.presence.is_connected_anywhere(*user_id));
        let chat = self.clone();
        let flush = move |keys| chat.clone().flush_thread_states(keys);
        let pending = &self.0.pending_threads;
        pending.flush_now(connected.map(|key| (key, RecountThread)), flush);
    }

    /// As `publish_thread_states_now`, for many connected users, who wait for the states of others.
    pub(crate) fn publish_thread_states_of_many(
        &self,
        keys: impl IntoIterator<Item = (UserId, MessageId)>,
    ) {
        let chat = self.clone();
        let flush = move |keys| chat.clone().flush_thread_states(keys);
        let keys = keys.into_iter().map(|key| (key, RecountThread));
        self.0.pending_threads.flush_behind(keys, flush);
    }

    /// Publishes the states of the followers of a deleted reply who had not read it.
    pub(crate) async fn publish_threads_after_deletion(&self, deleted: &Message) {
        let (Some(thread_id), Some(position)) = (deleted.thread_id, deleted.thread_position) else {
            return;
        };
        match self.followers_before(thread_id, position).await {
            Ok(user_ids) => {
                self.publish_thread_states_now(user_ids.into_iter().map(|it| (it, thread_id)));
            }
            Err(error) => tracing::warn!(?error, "states of threads were not published"),
        }
    }

    /// The followers who have not read the reply of this number.
    async fn followers_before(&self, id: MessageId, position: i64) -> Result<Vec<UserId>> {
        let user_ids = sqlx::query_scalar!(
            "select user_id from thread_followers
            where thread_id = $1 and is_following and read_position < $2 limit $3",
            id.0,
            position,
            MAX_TOLD_OF_DELETION
        )
        .fetch_all(&self.0.db)
        .await?;
        Ok(user_ids.into_iter().map(UserId).collect())
    }

    /// A failure is logged only: the next state, or the list of threads, corrects the client.
    async fn flush_thread_states(self, keys: Vec<((UserId, MessageId), RecountThread)>) {
        let keys: Vec<_> = keys.into_iter().map(|(key, _)| key).collect();
        match self.thread_states(&keys).await {
            Ok(states) => {
                for (user_id, state) in states {
                    let delivery = Delivery::to_user(user_id, Event::ThreadChanged(state));
                    self.0.bus.publish(delivery);
                }
            }
            Err(error) => tracing::warn!(?error, "states of threads were not published"),
        }
    }
}
