//! Changed profiles: told to the caches of all nodes, and to the clients of those who know the user.

pub(crate) mod pending;

use crate::{
    Chat, Delivery, Result, cluster::BusMessage, events::Audience, presence::audience::audiences,
};
use model::{Event, Sender, UserId};
use pending::ChangedProfile;

/// Changed users in one message to the other nodes: about 10 kB.
const USERS_PER_MESSAGE: usize = 1_000;

/// Changed users whom clients are told about at once. Beyond it, as with a large update of a directory,
/// they see the new names with the next message, or when they load a list.
const MAX_EVENTS: usize = 500;

impl Chat {
    /// Announces users whose name, username, avatar, e-mail address or role has changed. To be called
    /// after the commit. Caches forget them at once; clients are told now, or within `PROFILE_INTERVAL`
    /// (1 s) while others are being told.
    pub(crate) async fn announce_users(&self, user_ids: &[UserId]) {
        self.invalidate_users(user_ids).await;
        let told = user_ids.iter().take(MAX_EVENTS);
        let chat = self.clone();
        let flush = move |changed: Vec<(UserId, ChangedProfile)>| {
            let user_ids = changed.into_iter().map(|(id, _)| id).collect();
            chat.clone().flush_profiles(user_ids)
        };
        let pending = &self.0.pending_profiles;
        if let Some(flushed) = pending.flush_now(told.map(|id| (*id, ChangedProfile)), flush) {
            // A failure has been logged, and the change is committed.
            let _ = flushed.await;
        }
    }

    async fn flush_profiles(self, user_ids: Vec<UserId>) {
        if let Err(error) = self.emit_profiles(&user_ids).await {
            tracing::warn!(%error, "clients see changed profiles with the next message only");
        }
        if let Err(error) = self.follow_names(&user_ids).await {
            tracing::warn!(%error, "conversations that are named after their members keep old names");
        }
    }

    /// Drops what all nodes remember of these users.
    pub(crate) async fn invalidate_users(&self, user_ids: &[UserId]) {
        for user_id in user_ids {
            self.0.user_cards.invalidate(user_id).await;
        }
        for chunk in user_ids.chunks(USERS_PER_MESSAGE) {
            self.send_to_nodes(|| BusMessage::UsersChanged(chunk.to_vec()));
        }
    }

    async fn emit_profiles(&self, user_ids: &[UserId]) -> Result<()> {
        let audiences = audiences(&self.0.db, user_ids.iter().copied()).await?;
        let cards = self.user_cards(user_ids).await?;
        let mut deliveries = Vec::with_capacity(cards.len());
        for (user_id, audience) in audiences {
            let Some(card) = cards.get(&user_id) else {
                continue;
            };
            let profile = Sender {
                id: user_id,
                username: card.username.clone(),
                name: card.name.clone(),
                avatar_url: card.avatar_url.clone(),
            };
            self.0.limits.told.charge(user_id, audience.members);
            let audience = match audience.conversations {
                none if none.is_empty() => Audience::Users(vec![user_id]),
                conversations => Audience::Conversations(conversations),
            };
            deliveries.push(Delivery::Emit {
                audience,
                except: None,
                event: Event::UserUpdated { profile },
            });
        }
        self.0.bus.publish_all(deliveries);
        Ok(())
    }
}
