//! Changed profiles: told to the caches of all nodes, and to the clients of those who know the user.

pub(crate) mod pending;

use crate::{
    Chat, Delivery, Result, cluster::BusMessage, events::Audience, presence::audience::audiences,
    receipts::as_i64,
};
use model::{Event, Sender, UserId};
use pending::ChangedProfile;
use time::OffsetDateTime;

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
        let mut deliveries = Vec::with_capacity(user_ids.len());
        for profile in self.profile_deliveries(user_ids).await? {
            self.0.limits.told.charge(profile.user_id, profile.people);
            deliveries.push(profile.delivery);
        }
        self.0.bus.publish_all(deliveries);
        Ok(())
    }

    /// Tells the clients of this node the profiles that have changed since then: what told them may have been
    /// lost. Of more than `MAX_EVENTS` it tells the latest; clients see the others as in a large update.
    pub(crate) async fn publish_missed_profiles(&self, since: OffsetDateTime) -> Result<()> {
        let changed = sqlx::query_scalar!(
            "select id from users where profile_changed_at > $1
            order by profile_changed_at desc limit $2",
            since,
            as_i64(MAX_EVENTS)
        )
        .fetch_all(&self.0.db)
        .await?;
        if changed.is_empty() {
            return Ok(());
        }
        let changed: Vec<_> = changed.into_iter().map(UserId).collect();
        for profile in self.profile_deliveries(&changed).await? {
            self.0.bus.publish_local(profile.delivery);
        }
        Ok(())
    }

    async fn profile_deliveries(&self, user_ids: &[UserId]) -> Result<Vec<ToldProfile>> {
        let audiences = audiences(&self.0.db, user_ids.iter().copied()).await?;
        let cards = self.user_cards(user_ids).await?;
        let told = audiences.into_iter().filter_map(|(user_id, audience)| {
            let card = cards.get(&user_id)?;
            let profile = Sender {
                id: user_id,
                username: card.username.clone(),
                name: card.name.clone(),
                avatar_url: card.avatar_url.clone(),
                bot: card.is_bot,
            };
            let people = audience.members;
            let audience = match audience.conversations {
                none if none.is_empty() => Audience::Users(vec![user_id]),
                conversations => Audience::Conversations(conversations),
            };
            let delivery = Delivery::Emit {
                audience,
                except: None,
                event: Event::UserUpdated { profile },
            };
            Some(ToldProfile {
                user_id,
                people,
                delivery,
            })
        });
        Ok(told.collect())
    }
}

/// A profile, and those whom it is told to.
struct ToldProfile {
    user_id: UserId,
    people: i64,
    delivery: Delivery,
}
