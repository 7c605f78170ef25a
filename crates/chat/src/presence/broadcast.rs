//! Presence broadcasts: emits the changes that remain after a moment, many at once, and never so
//! many that messages have to wait.

use super::{
    audience::{PresenceAudience, UserAudience, audiences},
    budget::BroadcastBudget,
    state::PresenceChange,
};
use crate::{
    chat::Chat,
    error::Result,
    events::{Audience, Delivery},
};
use model::{Event, Presence, PresenceStatus, UserId};
use std::{cmp::Reverse, collections::HashMap, time::Duration};
use time::OffsetDateTime;
use tokio::{sync::OwnedMutexGuard, time::sleep};

/// Users whose audiences are read at once.
const MAX_USERS_PER_BROADCAST: usize = 500;

/// Delay before the next attempt when the database does not answer.
const RETRY_DELAY: Duration = Duration::from_secs(1);

/// A user's change, its audience, and an upper bound of the devices that receive it.
struct Broadcast {
    devices: usize,
    user_id: UserId,
    change: PresenceChange,
    audience: Audience,
}

impl Chat {
    /// Has the pending changes emitted by a task of its own.
    pub(crate) fn schedule_presence_broadcast(&self) {
        if !self.0.presence.has_changes() {
            return;
        }
        // A task that holds the lock looks for further changes when it is done.
        if let Ok(budget) = self.0.presence.budget.clone().try_lock_owned() {
            let chat = self.clone();
            tokio::spawn(async move { chat.broadcast_changes(budget).await });
        }
    }

    /// Emits the pending changes, and returns when they are emitted or the budget is overdrawn.
    pub(super) async fn broadcast_presence(&self) {
        let budget = self.0.presence.budget.clone().lock_owned().await;
        self.broadcast_changes(budget).await;
    }

    async fn broadcast_changes(&self, mut budget: OwnedMutexGuard<BroadcastBudget>) {
        loop {
            if let Some(wait) = budget.wait() {
                if !std::mem::replace(&mut budget.is_awaited, true) {
                    self.broadcast_after(wait);
                }
                return;
            }
            let changes = self.0.presence.take_changes(MAX_USERS_PER_BROADCAST);
            if changes.is_empty() {
                drop(budget);
                // A change may have come while the lock was held, and scheduled no task.
                if !self.0.presence.has_changes() {
                    return;
                }
                match self.0.presence.budget.clone().try_lock_owned() {
                    Ok(again) => budget = again,
                    Err(_) => return,
                }
                continue;
            }
            if let Err(error) = self.emit_changes(&changes, &mut budget).await {
                tracing::warn!(?error, "presence could not be broadcast");
                self.0.presence.put_back(changes);
                budget.pause(RETRY_DELAY);
            }
        }
    }

    fn broadcast_after(&self, wait: Duration) {
        let chat = self.clone();
        tokio::spawn(async move {
            sleep(wait).await;
            let mut budget = chat.0.presence.budget.clone().lock_owned().await;
            budget.is_awaited = false;
            Box::pin(chat.broadcast_changes(budget)).await;
        });
    }

    /// Emits as many of the changes as the budget allows, and puts the others back.
    async fn emit_changes(
        &self,
        changes: &[(UserId, PresenceChange)],
        budget: &mut BroadcastBudget,
    ) -> Result<()> {
        let user_ids = changes.iter().map(|(id, _)| *id);
        let audiences = match self.0.presence_audience {
            PresenceAudience::Contacts => Some(audiences(&self.0.db, user_ids).await?),
            PresenceAudience::Everyone => None,
        };
        let departed = changes.iter().filter(|(id, change)| {
            change.writes_last_seen && self.0.presence.status(*id) == PresenceStatus::Offline
        });
        let departed = departed.map(|(id, _)| *id);
        let last_seen = self.write_last_seen(departed).await?;
        let mut broadcasts = self.broadcasts(changes, audiences);
        while let Some(next) = broadcasts.pop() {
            let (user_id, change) = (next.user_id, next.change);
            let status = self.0.presence.status(user_id);
            if status == change.announced {
                continue;
            }
            let is_gone = status == PresenceStatus::Offline;
            let last_seen_at = last_seen
                .get(&user_id)
                .copied()
                .or(change.last_seen_at)
                .or_else(|| is_gone.then(OffsetDateTime::now_utc));
            self.0.bus.publish_local(Delivery::Emit {
                audience: next.audience,
                except: None,
                event: Event::PresenceChanged(Presence {
                    user_id,
                    status,
                    last_seen_at,
                }),
            });
            budget.spend(next.devices);
            let people = i64::try_from(next.devices).unwrap_or(i64::MAX);
            self.0.limits.told.charge(user_id, people);
            if budget.wait().is_some() {
                break;
            }
        }
        let rest = broadcasts.into_iter();
        let rest = rest.map(|it| (it.user_id, it.change));
        self.0.presence.put_back(rest);
        Ok(())
    }

    /// Sorted so that the smallest audience is last and popped first: it does not wait for the
    /// large ones. Without `audiences` it is everyone. Changes that nobody is shown are left out.
    fn broadcasts(
        &self,
        changes: &[(UserId, PresenceChange)],
        mut audiences: Option<HashMap<UserId, UserAudience>>,
    ) -> Vec<Broadcast> {
        let local_users = self.0.presence.local_user_count();
        let mut broadcasts: Vec<_> = changes
            .iter()
            .filter_map(|(user_id, change)| {
                let (audience, members) = match &mut audiences {
                    None => (Audience::Everyone, usize::MAX),
                    Some(audiences) => {
                        let audience = audiences.remove(user_id)?;
                        if audience.conversations.is_empty() {
                            return None;
                        }
                        let members = usize::try_from(audience.members).unwrap_or(usize::MAX);
                        (Audience::Conversations(audience.conversations), members)
                    }
                };
                Some(Broadcast {
                    devices: members.min(local_users),
                    user_id: *user_id,
                    change: *change,
                    audience,
                })
            })
            .collect();
        broadcasts.sort_unstable_by_key(|it| Reverse(it.devices));
        broadcasts
    }

    /// Writes now as the time at which these users were last seen, and returns it.
    async fn write_last_seen(
        &self,
        users: impl Iterator<Item = UserId>,
    ) -> Result<HashMap<UserId, OffsetDateTime>> {
        let ids: Vec<_> = users.map(|id| id.0).collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = sqlx::query!(
            r#"update users set last_seen_at = now() where id = any($1)
            returning id, last_seen_at as "last_seen_at!""#,
            &ids
        )
        .fetch_all(&self.0.db)
        .await?;
        let seen = rows.into_iter();
        Ok(seen.map(|row| (UserId(row.id), row.last_seen_at)).collect())
    }
}
