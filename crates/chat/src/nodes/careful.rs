//! What must be right even when something was not heard: who may hear what, and who may hear at all.

use super::{Nodes, SETTLING, lock};
use crate::{Chat, Delivery, Result, events::sequence::Reading};
use model::{ConversationId, Event, SessionId, UserId};
use std::{collections::HashMap, sync::Arc, time::Instant};

/// Users per query.
const AT_ONCE: usize = 500;

impl Chat {
    /// Whoever is connected here hears what they are a member of, and nothing else.
    pub(super) async fn check_memberships(&self, nodes: &Nodes) -> Result<()> {
        let users = lock(&nodes.sequencer).users();
        for chunk in users.chunks(AT_ONCE) {
            let ids: Vec<_> = chunk.iter().map(|(id, _)| id.0).collect();
            let rows = sqlx::query!(
                "select m.user_id, m.conversation_id, c.seq
                from members m join conversations c on c.id = m.conversation_id
                where m.user_id = any($1) and m.left_at is null",
                &ids
            )
            .fetch_all(&self.0.db)
            .await?;
            let mut readings: HashMap<_, Reading> = HashMap::new();
            for row in rows {
                let reading = readings.entry(UserId(row.user_id)).or_default();
                reading.push((ConversationId(row.conversation_id), row.seq));
            }
            let mut gained = Vec::new();
            for &(user_id, changes) in chunk {
                let reading = readings.remove(&user_id).unwrap_or_default();
                gained.extend(nodes.correct((user_id, changes), &reading));
            }
            if !gained.is_empty() {
                self.tell_gained(nodes, &gained).await?;
            }
        }
        Ok(())
    }

    /// What some were let into, unheard of here.
    async fn tell_gained(&self, nodes: &Nodes, gained: &[(UserId, ConversationId)]) -> Result<()> {
        let mut db = self.0.db.acquire().await?;
        for (user_id, id, seq, conversation) in self.heads_of(&mut db, gained).await? {
            let created = Event::ConversationCreated {
                conversation_id: id,
                seq,
                conversation,
            };
            let due = Instant::now() + SETTLING;
            nodes.sequence(|sequencer, out| {
                if sequencer.add(user_id, (id, seq), due) {
                    out.push(Arc::new(Delivery::Subscribe {
                        conversation_id: id,
                        user_ids: vec![user_id],
                    }));
                    out.push(Arc::new(Delivery::to_user(user_id, created)));
                } else {
                    sequencer.look(id, due);
                }
            });
        }
        Ok(())
    }

    /// Whoever is connected here has a session that lives, and is not blocked.
    pub(super) async fn check_sessions(&self, nodes: &Nodes) -> Result<()> {
        let (users, sessions) = self.0.presence.connections();
        for chunk in sessions.chunks(AT_ONCE) {
            let ids: Vec<_> = chunk.iter().map(|id| id.0).collect();
            let ended = sqlx::query_scalar!(
                "select id from sessions where id = any($1) and revoked_at is not null",
                &ids
            )
            .fetch_all(&self.0.db)
            .await?;
            for id in ended {
                nodes
                    .doors
                    .tell(Arc::new(Delivery::DisconnectSession(SessionId(id))));
            }
        }
        for chunk in users.chunks(AT_ONCE) {
            let ids: Vec<_> = chunk.iter().map(|id| id.0).collect();
            let blocked = sqlx::query_scalar!(
                "select id from users where id = any($1) and blocked_at is not null",
                &ids
            )
            .fetch_all(&self.0.db)
            .await?;
            for id in blocked {
                nodes
                    .doors
                    .tell(Arc::new(Delivery::DisconnectUser(UserId(id))));
            }
        }
        Ok(())
    }
}

impl Nodes {
    /// Takes away what the user has lost, and answers with what they have gained.
    fn correct(&self, user: (UserId, u64), reading: &Reading) -> Vec<(UserId, ConversationId)> {
        let (user_id, _) = user;
        self.sequence(|sequencer, out| {
            let (gained, lost) = sequencer.compare(user, reading);
            for id in lost {
                out.push(Arc::new(Delivery::Unsubscribe {
                    conversation_id: id,
                    user_ids: vec![user_id],
                }));
                // The others hear of it by sequence; and so does the user, unless it was deleted.
                sequencer.look(id, Instant::now());
            }
            gained.into_iter().map(|(id, _)| (user_id, id)).collect()
        })
    }
}
