//! Access audit: re-checks memberships and sessions against the database after a message may have
//! been missed.
//!
//! A missed event is made good by the next one; a missed `Unsubscribe` or `DisconnectSession` would
//! let a user receive what they may not see.

use super::{
    sequencer::MembershipSnapshot,
    state::{Cluster, lock},
};
use crate::{chat::Chat, error::Result, events::Delivery};
use model::{ConversationId, Event, SessionId, UserId};
use std::{collections::HashMap, sync::Arc, time::Instant};

/// Users or sessions per query.
const IDS_PER_QUERY: usize = 500;

impl Chat {
    /// Subscribes and unsubscribes the users of this node as the database has their memberships.
    pub(super) async fn audit_memberships(&self, cluster: &Cluster) -> Result<()> {
        let users = lock(&cluster.sequencer).local_users();
        for chunk in users.chunks(IDS_PER_QUERY) {
            let ids: Vec<_> = chunk.iter().map(|(id, _)| id.0).collect();
            let rows = sqlx::query!(
                r#"select m.user_id as "user_id!", m.conversation_id as "conversation_id!", c.seq
                from memberships m join conversations c on c.id = m.conversation_id
                where m.user_id = any($1) and m.left_at is null"#,
                &ids
            )
            .fetch_all(&self.0.db)
            .await?;
            let mut snapshots: HashMap<_, MembershipSnapshot> = HashMap::new();
            for row in rows {
                let memberships = snapshots.entry(UserId(row.user_id)).or_default();
                memberships.push((ConversationId(row.conversation_id), row.seq));
            }
            let mut gained = Vec::new();
            for &(user_id, version) in chunk {
                let memberships = snapshots.remove(&user_id).unwrap_or_default();
                gained.extend(cluster.unsubscribe_lost((user_id, version), &memberships));
            }
            if !gained.is_empty() {
                self.subscribe_gained(cluster, &gained).await?;
            }
        }
        Ok(())
    }

    /// Subscribes users to conversations that they were added to without this node receiving it.
    async fn subscribe_gained(
        &self,
        cluster: &Cluster,
        gained: &[(UserId, ConversationId)],
    ) -> Result<()> {
        let mut db = self.0.db.acquire().await?;
        for (user_id, id, seq, conversation) in self.summaries_of(&mut db, gained).await? {
            let created = Event::ConversationCreated {
                conversation_id: id,
                seq,
                conversation,
            };
            let due = Instant::now() + cluster.timings.subscribe_settle_delay;
            cluster.sequence(|sequencer, out| {
                if sequencer.subscribe(user_id, (id, seq), due) {
                    out.push(Arc::new(Delivery::Subscribe {
                        conversation_id: id,
                        user_ids: vec![user_id],
                    }));
                    out.push(Arc::new(Delivery::to_user(user_id, created)));
                } else {
                    sequencer.schedule_check(id, due);
                }
            });
        }
        Ok(())
    }

    /// Disconnects the sessions of this node that were revoked, and the users who were blocked or are
    /// gone from an app.
    pub(super) async fn audit_sessions(&self, cluster: &Cluster) -> Result<()> {
        let (users, sessions) = self.0.presence.connections();
        for chunk in sessions.chunks(IDS_PER_QUERY) {
            let ids: Vec<_> = chunk.iter().map(|id| id.0).collect();
            let revoked = sqlx::query_scalar!(
                "select id from sessions where id = any($1) and revoked_at is not null",
                &ids
            )
            .fetch_all(&self.0.db)
            .await?;
            for id in revoked {
                let disconnect = Delivery::DisconnectSession(SessionId(id));
                cluster.local_bus.publish(Arc::new(disconnect));
            }
        }
        for chunk in users.chunks(IDS_PER_QUERY) {
            let ids: Vec<_> = chunk.iter().map(|id| id.0).collect();
            // Somebody who was ended in one app, and is a user of another, connects again.
            let blocked = sqlx::query_scalar!(
                r#"select id as "id!" from users where id = any($1) and blocked_at is not null
                union
                select user_id from app_users
                where user_id = any($1) and ended_at > now() - interval '1 hour'"#,
                &ids
            )
            .fetch_all(&self.0.db)
            .await?;
            for id in blocked {
                let disconnect = Delivery::DisconnectUser(UserId(id));
                cluster.local_bus.publish(Arc::new(disconnect));
            }
        }
        Ok(())
    }
}

impl Cluster {
    /// Unsubscribes the user, given with the version of their subscriptions, from what they have
    /// lost, and returns what they have gained.
    fn unsubscribe_lost(
        &self,
        user: (UserId, u64),
        memberships: &MembershipSnapshot,
    ) -> Vec<(UserId, ConversationId)> {
        let (user_id, _) = user;
        self.sequence(|sequencer, out| {
            let (gained, lost) = sequencer.compare(user, memberships);
            for id in lost {
                out.push(Arc::new(Delivery::Unsubscribe {
                    conversation_id: id,
                    user_ids: vec![user_id],
                }));
                // The check delivers the removal to the other members; and to the user, unless the
                // conversation was deleted.
                sequencer.schedule_check(id, Instant::now());
            }
            gained.into_iter().map(|(id, _)| (user_id, id)).collect()
        })
    }
}
