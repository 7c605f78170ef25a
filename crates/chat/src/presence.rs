//! Presence: who is there. Several devices count as one person.

use crate::{Audience, Caller, Chat, Delivery, Result, figures::Queue};
use model::{Event, Presence, PresenceChoice, PresenceStatus, UserId};
use std::{
    collections::HashMap,
    future::ready,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use time::OffsetDateTime;

/// A reload of a page is no absence.
const GRACE: Duration = Duration::from_secs(2);

/// Who is connected to this node.
#[derive(Default)]
pub struct Devices {
    there: Mutex<HashMap<UserId, There>>,
    pub work: Queue,
}

struct There {
    devices: usize,
    choice: PresenceChoice,
}

impl Devices {
    /// What others see of a user.
    pub fn status(&self, id: UserId) -> PresenceStatus {
        self.lock()
            .get(&id)
            .map_or(PresenceStatus::Offline, |there| shown(there.choice))
    }

    /// Those whom others see as connected.
    pub fn visible(&self) -> Vec<UserId> {
        let there = self.lock();
        let visible = there
            .iter()
            .filter(|(_, it)| it.choice != PresenceChoice::Invisible);
        visible.map(|(id, _)| *id).collect()
    }

    /// Whether any device of theirs is here, seen or not.
    pub fn is_connected(&self, id: UserId) -> bool {
        self.lock().get(&id).is_some_and(|there| there.devices > 0)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<UserId, There>> {
        self.there.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this device is the user's first.
    fn add(&self, id: UserId, choice: PresenceChoice) -> bool {
        let mut there = self.lock();
        let first = !there.contains_key(&id);
        there
            .entry(id)
            .or_insert(There { devices: 0, choice })
            .devices += 1;
        first
    }

    /// Whether this device was the user's last.
    fn drop_one(&self, id: UserId) -> bool {
        let mut there = self.lock();
        there.get_mut(&id).is_some_and(|there| {
            there.devices = there.devices.saturating_sub(1);
            there.devices == 0
        })
    }

    /// Forgets a user without devices; answers with what they had chosen.
    fn forget(&self, id: UserId) -> Option<PresenceChoice> {
        let mut there = self.lock();
        there.get(&id).filter(|it| it.devices == 0)?;
        there.remove(&id).map(|it| it.choice)
    }

    fn choose(&self, id: UserId, choice: PresenceChoice) {
        if let Some(there) = self.lock().get_mut(&id) {
            there.choice = choice;
        }
    }
}

fn shown(choice: PresenceChoice) -> PresenceStatus {
    match choice {
        PresenceChoice::Online => PresenceStatus::Online,
        PresenceChoice::Away => PresenceStatus::Away,
        PresenceChoice::Invisible => PresenceStatus::Offline,
    }
}

/// A connected device; the user is there until the last one has been dropped.
#[must_use = "the device leaves when this is dropped"]
pub struct Device {
    chat: Chat,
    user_id: UserId,
    runtime: tokio::runtime::Handle,
}

impl Drop for Device {
    fn drop(&mut self) {
        let (chat, user_id) = (self.chat.clone(), self.user_id);
        if chat.0.presence.drop_one(user_id) {
            chat.stop_typing_anywhere(user_id);
        }
        self.runtime.spawn(async move {
            let grace = tokio::time::sleep(GRACE);
            let departure = chat.0.presence.work.count(grace, chat.depart(user_id));
            if let Err(error) = departure.await {
                tracing::warn!(%user_id, ?error, "a departure could not be told");
            }
        });
    }
}

impl Chat {
    /// A device of the caller connects. Keep what is returned as long as it stays.
    pub async fn connect(&self, caller: &Caller) -> Result<Device> {
        let work = &self.0.presence.work;
        work.count(ready(()), self.arrive(caller)).await
    }

    async fn arrive(&self, caller: &Caller) -> Result<Device> {
        let choice = self.presence_choice(caller.user_id).await?;
        let first = self.0.presence.add(caller.user_id, choice);
        let device = Device {
            chat: self.clone(),
            user_id: caller.user_id,
            runtime: tokio::runtime::Handle::current(),
        };
        if first && choice != PresenceChoice::Invisible {
            self.tell_presence(caller.user_id, None).await?;
        }
        Ok(device)
    }

    /// Holds on all devices, and after the next connection too.
    pub async fn set_presence(&self, caller: &Caller, choice: PresenceChoice) -> Result<()> {
        let work = &self.0.presence.work;
        work.count(ready(()), self.choose_presence(caller, choice))
            .await
    }

    async fn choose_presence(&self, caller: &Caller, choice: PresenceChoice) -> Result<()> {
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
            caller.user_id.0,
            choice_text
        )
        .fetch_one(&self.0.db)
        .await?;
        let before = self.0.presence.status(caller.user_id);
        self.0.presence.choose(caller.user_id, choice);
        if self.0.presence.status(caller.user_id) != before {
            self.tell_presence(caller.user_id, last_seen_at).await?;
        }
        Ok(())
    }

    /// Unless a device of theirs has come back meanwhile.
    async fn depart(&self, user_id: UserId) -> Result<()> {
        match self.0.presence.forget(user_id) {
            None | Some(PresenceChoice::Invisible) => return Ok(()),
            Some(PresenceChoice::Online | PresenceChoice::Away) => {}
        }
        let last_seen_at = sqlx::query_scalar!(
            "update users set last_seen_at = now() where id = $1 returning last_seen_at",
            user_id.0
        )
        .fetch_one(&self.0.db)
        .await?;
        self.tell_presence(user_id, last_seen_at).await
    }

    async fn presence_choice(&self, id: UserId) -> Result<PresenceChoice> {
        let choice = sqlx::query_scalar!("select presence_choice from users where id = $1", id.0)
            .fetch_one(&self.0.db)
            .await?;
        Ok(match choice.as_str() {
            "away" => PresenceChoice::Away,
            "invisible" => PresenceChoice::Invisible,
            _ => PresenceChoice::Online,
        })
    }

    /// Tells those who share a conversation with the user, and their own devices.
    async fn tell_presence(
        &self,
        user_id: UserId,
        last_seen_at: Option<OffsetDateTime>,
    ) -> Result<()> {
        let event = Event::PresenceChanged(Presence {
            user_id,
            status: self.0.presence.status(user_id),
            last_seen_at,
        });
        let conversations = self.memberships_of(user_id).await?;
        let audience = Audience::Conversations(conversations);
        self.0.events.publish(Delivery::Tell {
            audience,
            except: None,
            event,
        });
        Ok(())
    }
}
