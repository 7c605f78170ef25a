//! Presence: who is there. Several devices count as one person, on whichever nodes they are.

mod devices;
mod telling;

pub use devices::Devices;

use crate::{Caller, Chat, Result, nodes::Word};
use model::{PresenceChoice, SessionId, UserId};
use std::{future::ready, time::Duration};

/// A reload of a page is no absence.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// In larger conversations nobody looks at each one's presence, and nobody is told of it.
pub(crate) const MOST_SHOWN: i64 = 200;

/// A connected device; the user is there until the last one has been dropped.
#[must_use = "the device leaves when this is dropped"]
pub struct PresenceGuard {
    chat: Chat,
    user_id: UserId,
    session_id: Option<SessionId>,
    runtime: tokio::runtime::Handle,
}

impl Drop for PresenceGuard {
    fn drop(&mut self) {
        let (chat, user_id) = (self.chat.clone(), self.user_id);
        if chat.0.presence.drop_one(user_id, self.session_id) {
            chat.stop_typing_anywhere(user_id);
        }
        self.runtime.spawn(async move {
            let work = &chat.0.presence.work;
            let departure = work.count(tokio::time::sleep(GRACE), chat.depart(user_id));
            if let Err(error) = departure.await {
                tracing::warn!(%user_id, ?error, "a departure could not be told");
            }
        });
    }
}

impl Chat {
    /// A device of the caller connects. Keep what is returned as long as it stays.
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
        let choice = match self.0.presence.expected(user_id) {
            Some(choice) => choice,
            None => self.presence_choice(user_id).await?,
        };
        let came = || self.say(|| Word::Came(user_id, choice));
        self.0.presence.add(user_id, session_id, choice, came);
        let device = PresenceGuard {
            chat: self.clone(),
            user_id,
            session_id,
            runtime: tokio::runtime::Handle::current(),
        };
        self.tell_presence_soon();
        Ok(device)
    }

    /// Holds on all devices, and after the next connection too.
    pub async fn set_presence(&self, caller: &Caller, choice: PresenceChoice) -> Result<()> {
        let work = &self.0.presence.work;
        work.count(ready(()), self.choose_presence(caller.user_id, choice))
            .await
    }

    async fn choose_presence(&self, user_id: UserId, choice: PresenceChoice) -> Result<()> {
        let choice_text = match choice {
            PresenceChoice::Online => "online",
            PresenceChoice::Away => "away",
            PresenceChoice::Invisible => "invisible",
        };
        // Whoever becomes invisible leaves as others leave: with a time.
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
        self.0.presence.choose(user_id, choice, last_seen_at);
        self.say(|| Word::Chose(user_id, choice));
        self.tell_presence_now().await;
        Ok(())
    }

    /// Unless a device of theirs has come back meanwhile.
    async fn depart(&self, user_id: UserId) -> Result<()> {
        let left = |last| self.say(|| Word::Left { user_id, last });
        self.0.presence.forget(user_id, left);
        self.tell_presence_now().await;
        Ok(())
    }

    async fn presence_choice(&self, id: UserId) -> Result<PresenceChoice> {
        let choice = sqlx::query_scalar!("select presence_choice from users where id = $1", id.0)
            .fetch_one(&self.0.db)
            .await?;
        Ok(choice_of(&choice))
    }

    /// To the other nodes, if there are any.
    pub(crate) fn say(&self, word: impl FnOnce() -> Word) {
        if let Some(nodes) = self.0.events.nodes() {
            nodes.say(word());
        }
    }
}

pub(crate) fn choice_of(text: &str) -> PresenceChoice {
    match text {
        "away" => PresenceChoice::Away,
        "invisible" => PresenceChoice::Invisible,
        _ => PresenceChoice::Online,
    }
}
