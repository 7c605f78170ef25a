//! Presence: who is connected. All devices of a user, on all nodes, count as one.

pub(crate) mod audience;
mod broadcast;
mod budget;
pub(crate) mod choice;
mod state;
pub(crate) mod table;

pub(crate) use audience::MAX_MEMBERS_WITH_PRESENCE;
pub use audience::PresenceAudience;

use crate::{caller::Caller, chat::Chat, cluster::BusMessage, error::Result};
use choice::{choice_text, parse_choice};
use model::{PresenceChoice, SessionId, UserId};
use std::future::ready;

/// RAII guard of a connected device. The user counts as present until `Timings::presence_grace`
/// after their last guard was dropped.
#[must_use = "the device disconnects when this is dropped"]
pub struct PresenceGuard {
    chat: Chat,
    user_id: UserId,
    session_id: Option<SessionId>,
    /// The newest announcement of this node when the device connected.
    announced: i64,
    /// A guard may be dropped outside of a runtime.
    runtime: tokio::runtime::Handle,
}

impl Drop for PresenceGuard {
    fn drop(&mut self) {
        let (chat, user_id) = (self.chat.clone(), self.user_id);
        let announced = chat.0.bus.announced();
        let presence = &chat.0.presence;
        if presence.disconnect(user_id, self.session_id, announced) {
            chat.stop_typing_anywhere(user_id);
        }
        let has_heard = announced > self.announced;
        chat.0.presence.work.enqueued();
        self.runtime.spawn(async move {
            if has_heard {
                chat.schedule_announced(user_id, announced);
            }
            tokio::time::sleep(chat.0.timings.presence_grace).await;
            let work = &chat.0.presence.work;
            work.started();
            let departed = chat.depart(user_id).await;
            work.finished(&departed);
            if let Err(error) = departed {
                tracing::warn!(%user_id, ?error, "a departure could not be broadcast");
            }
        });
    }
}

impl Chat {
    /// Connects a device of the caller, until the guard is dropped. Must be called within a tokio
    /// runtime.
    pub async fn connect(&self, caller: &Caller) -> Result<PresenceGuard> {
        let work = &self.0.presence.work;
        work.count(ready(()), self.arrive(caller)).await
    }

    async fn arrive(&self, caller: &Caller) -> Result<PresenceGuard> {
        let Caller {
            user_id,
            session_id,
            ..
        } = *caller;
        let choice = match self.0.presence.take_cached_choice(user_id) {
            Some(choice) => choice,
            None => self.load_choice(user_id).await?,
        };
        let connected = || self.send_to_nodes(|| BusMessage::UserConnected(user_id, choice));
        let presence = &self.0.presence;
        let announced = self.0.bus.announced();
        presence.connect(user_id, session_id, choice, announced, connected);
        let guard = PresenceGuard {
            chat: self.clone(),
            user_id,
            session_id,
            announced,
            runtime: tokio::runtime::Handle::current(),
        };
        self.schedule_presence_broadcast();
        Ok(guard)
    }

    /// Whether the user is connected, and has chosen to look offline: nothing that only somebody who is
    /// there does may be told to others.
    pub fn is_invisible(&self, user_id: UserId) -> bool {
        self.0.presence.is_invisible(user_id)
    }

    /// Chooses the caller's presence: for all devices, and kept when they disconnect.
    pub async fn set_presence(&self, caller: &Caller, choice: PresenceChoice) -> Result<()> {
        let work = &self.0.presence.work;
        work.count(ready(()), self.choose_presence(caller.user_id, choice))
            .await
    }

    async fn choose_presence(&self, user_id: UserId, choice: PresenceChoice) -> Result<()> {
        self.0.limits.told.require_change(user_id)?;
        let choice_text = choice_text(choice);
        // A user who becomes invisible looks like one who disconnects: with a time.
        let last_seen_at = sqlx::query_scalar!(
            "update users set presence_choice = $2, last_seen_at = case
                when $2 = 'invisible' and presence_choice <> 'invisible' then now()
                else last_seen_at end
            where id = $1 returning last_seen_at",
            user_id.0,
            choice_text
        )
        .fetch_one(&self.0.db)
        .await?;
        self.0.presence.set_choice(user_id, choice, last_seen_at);
        if choice == PresenceChoice::Invisible {
            self.stop_typing_anywhere(user_id);
        }
        self.send_to_nodes(|| BusMessage::PresenceChosen(user_id, choice));
        self.broadcast_presence().await;
        Ok(())
    }

    /// Removes the user from this node, unless a device has connected meanwhile.
    async fn depart(&self, user_id: UserId) -> Result<()> {
        let presence = &self.0.presence;
        presence.remove_disconnected(user_id, |last| {
            self.send_to_nodes(|| BusMessage::UserDisconnected { user_id, last });
        });
        self.broadcast_presence().await;
        Ok(())
    }

    async fn load_choice(&self, id: UserId) -> Result<PresenceChoice> {
        let choice = sqlx::query_scalar!("select presence_choice from users where id = $1", id.0)
            .fetch_one(&self.0.db)
            .await?;
        Ok(parse_choice(&choice))
    }
}
