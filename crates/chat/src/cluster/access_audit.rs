//! Access audit: re-checks memberships and sessions against the database after a message may have
//! been missed.
//!
//! A missed event is made good by the next one; a missed `Unsubscribe` or `DisconnectSession` would
//! let a user receive what they may not see.

use super::{
    sequencer::{Membership, MembershipSnapshot},
    state::{Cluster, lock},
};
use crate::{chat::Chat, error::Result, events::Delivery};
use model::{ConversationId, SessionId, UserId};
use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Instant,
};

/// Users or sessions per query.
const IDS_PER_QUERY: usize = 500;

impl Chat {
    /// Subscribes and unsubscribes the users of this node as the database has their memberships.
    /// Users who are about to connect are left out: they subscribe to what they read themselves.
    pub(super) async fn audit_memberships(&self, cluster: &Cluster) -> Result<()> {
        let users = lock(&cluster.sequencer).loaded_users();
        for chunk in users.chunks(IDS_PER_QUERY) {
            let ids: Vec<_> = chunk.iter().map(|(id, _)| id.0).collect();
            let rows = sqlx::query!(
                r#"select m.user_id as "user_id!", m.conversation_id as "conversation_id!", c.seq as "seq!",
                    coalesce(joined.joined_seq, 0) as "joined_seq!"
                from memberships m join conversations c on c.id = m.conversation_id
                left join members joined
                    on joined.conversation_id = m.conversation_id and joined.user_id = m.user_id
                where m.user_id = any($1) and m.left_at is null"#,
                &ids
            )
            .fetch_all(&self.0.db)
            .await?;
            let mut snapshots: HashMap<_, MembershipSnapshot> = HashMap::new();
            for row in rows {
                let memberships = snapshots.entry(UserId(row.user_id)).or_default();
                memberships.push(Membership {
                    conversation_id: ConversationId(row.conversation_id),
                    joined_seq: row.joined_seq,
                    seq: row.seq,
                });
            }
            for &(user_id, version) in chunk {
                let memberships = snapshots.remove(&user_id).unwrap_or_default();
                cluster.apply_audit((user_id, version), &memberships);
            }
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
    /// lost, and subscribes them to what they have gained. When their subscriptions have changed since
    /// that version, the next run of anti-entropy compares them again.
    fn apply_audit(&self, user: (UserId, u64), memberships: &MembershipSnapshot) {
        let (user_id, _) = user;
        let now = Instant::now();
        self.sequence(|sequencer, out| {
            let Some((gained, lost)) = sequencer.compare(user, memberships) else {
                self.audit_pending.store(true, Relaxed);
                return;
            };
            for id in lost {
                out.push(Arc::new(Delivery::Unsubscribe {
                    conversation_id: id,
                    user_ids: vec![user_id],
                }));
                // The check delivers the removal, to the user and to the other members.
                sequencer.schedule_check(id, now);
            }
            // What added the user may still be on its way from another node.
            let due = now + self.timings.subscribe_settle_delay;
            for membership in gained {
                sequencer.recover_membership(user_id, membership, due, out);
            }
        });
    }
}
