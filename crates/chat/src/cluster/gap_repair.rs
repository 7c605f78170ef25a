//! Gap repair: reads from the database the changes that this node did not receive, and hands them
//! to the sequencer. The table in `cluster.rs` lists how a node notices that it misses any.

use super::{
    sequencer::RepairBatch,
    state::{Cluster, lock},
};
use crate::{
    chat::{Chat, Inner},
    error::Result,
};
use model::{ConversationId, ConversationSummary, EntityKind, Event, UserId};
use sqlx::{PgConnection, types::Json};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Weak,
    time::{Duration, Instant},
};

/// Conversations that one snapshot of the database repairs. Further ones are repaired right after.
const CONVERSATIONS_PER_REPAIR: usize = 100;

/// Changes of one conversation that are read at once. Where there are more, it is repaired again.
const CHANGES_PER_REPAIR: i64 = 200;

/// Delay before the next attempt when the database does not answer.
const RETRY_DELAY: Duration = Duration::from_millis(500);

/// How long the task sleeps while there is no gap; a new gap wakes it earlier.
const IDLE_INTERVAL: Duration = Duration::from_secs(1);

/// By user, the conversation as that user sees it.
type Summaries = HashMap<UserId, ConversationSummary>;

/// What one snapshot of the database has about the conversations to repair.
struct RepairSnapshot {
    /// The seq of each conversation; none for one that was deleted.
    heads: HashMap<ConversationId, i64>,
    /// The changes of each conversation that is behind, and whether there are more.
    feed: HashMap<ConversationId, (Vec<Event>, bool)>,
    summaries: HashMap<ConversationId, Summaries>,
}

impl RepairSnapshot {
    /// The changes of a conversation after a seq; `None` when it was deleted.
    fn take_batch(&mut self, id: ConversationId, after: i64) -> Option<RepairBatch> {
        let head = *self.heads.get(&id)?;
        let (changes, has_more) = self.feed.remove(&id).unwrap_or_default();
        let last = changes.last().and_then(Event::seq);
        Some(RepairBatch {
            conversation_id: id,
            after,
            up_to: last.filter(|_| has_more).map_or(head, |(_, seq)| seq),
            changes,
            has_more,
            summaries: self.summaries.remove(&id).unwrap_or_default(),
        })
    }
}

/// Whether an unread count was told beside the change, which has no seq and was lost with it: of a deletion,
/// an edit, or a message that mentions somebody.
fn may_change_counts(event: &Event) -> bool {
    match event {
        Event::MessageDeleted { .. } | Event::MessageUpdated { .. } => true,
        Event::MessageCreated { message, .. } => {
            let mut entities = message.entities.iter();
            message.deleted_at.is_some() || entities.any(|it| it.kind == EntityKind::Mention)
        }
        _ => false,
    }
}

pub async fn run(chat: Weak<Inner>) {
    loop {
        let Some(cluster) = chat.upgrade().and_then(|it| it.bus.cluster().cloned()) else {
            return;
        };
        let due = lock(&cluster.sequencer).next_due();
        let due = due.unwrap_or_else(|| Instant::now() + IDLE_INTERVAL);
        tokio::select! {
            () = tokio::time::sleep_until(due.into()) => {}
            () = cluster.gap_scheduled.notified() => continue,
            () = cluster.shutdown_requested() => return,
        }
        let Some(chat) = chat.upgrade().map(Chat) else {
            return;
        };
        let due = lock(&cluster.sequencer).take_due(Instant::now(), CONVERSATIONS_PER_REPAIR);
        if due.is_empty() {
            continue;
        }
        if let Err(error) = chat.repair_gaps(&cluster, &due).await {
            tracing::warn!(?error, "gaps could not be read from the database");
            let later = Instant::now() + RETRY_DELAY;
            cluster.sequence(|it, _| {
                for (id, _) in &due {
                    it.schedule_check(*id, later);
                }
            });
        }
    }
}

impl Chat {
    /// `due`: conversations, each with the seq up to which changes were delivered on this node.
    async fn repair_gaps(&self, cluster: &Cluster, due: &[(ConversationId, i64)]) -> Result<()> {
        let mut snapshot = self.read_repair_snapshot(cluster, due).await?;
        let now = Instant::now();
        let mut recounted = BTreeSet::new();
        for &(id, after) in due {
            let Some(repair) = snapshot.take_batch(id, after) else {
                cluster.sequence(|it, out| it.conversation_deleted(id, out));
                continue;
            };
            let changes_counts = repair.changes.iter().any(may_change_counts);
            let count = cluster.sequence(|it, out| it.apply_repair(repair, now, out));
            if count > 0 {
                if changes_counts {
                    recounted.insert(id);
                }
                tracing::debug!(%id, count, "delivered changes that were not received");
                metrics::counter!("parlance_bus_recovered_total").increment(count as u64);
            }
        }
        if !recounted.is_empty() {
            self.recount_unread_here(&recounted).await?;
        }
        Ok(())
    }

    async fn read_repair_snapshot(
        &self,
        cluster: &Cluster,
        due: &[(ConversationId, i64)],
    ) -> Result<RepairSnapshot> {
        let ids: Vec<_> = due.iter().map(|(id, _)| id.0).collect();
        // One snapshot: a change that one query sees and the next does not would be lost.
        let mut tx = self.snapshot().await?;
        let heads = sqlx::query!("select id, seq from conversations where id = any($1)", &ids)
            .fetch_all(&mut *tx)
            .await?;
        let heads: HashMap<_, _> = heads
            .into_iter()
            .map(|row| (ConversationId(row.id), row.seq))
            .collect();
        let is_behind = |(id, delivered): &&(ConversationId, i64)| {
            heads.get(id).is_some_and(|head| head > delivered)
        };
        let behind: Vec<_> = due.iter().filter(is_behind).copied().collect();
        let feed = if behind.is_empty() {
            HashMap::default()
        } else {
            self.feed_in(&mut tx, &behind, CHANGES_PER_REPAIR)
                .await?
                .into_iter()
                .collect()
        };
        let summaries = self.added_summaries(cluster, &mut tx, &feed).await?;
        tx.commit().await?;
        Ok(RepairSnapshot {
            heads,
            feed,
            summaries,
        })
    }

    /// The summaries for the users of this node whom one of the changes added to a conversation.
    async fn added_summaries(
        &self,
        cluster: &Cluster,
        db: &mut PgConnection,
        feed: &HashMap<ConversationId, (Vec<Event>, bool)>,
    ) -> Result<HashMap<ConversationId, Summaries>> {
        let added: Vec<_> = {
            let sequencer = lock(&cluster.sequencer);
            let changes = feed.values().flat_map(|(changes, _)| changes);
            let added = changes.filter_map(|event| match event {
                Event::MemberAdded {
                    conversation_id,
                    member,
                    ..
                } => Some((member.user.id, *conversation_id)),
                _ => None,
            });
            added.filter(|(id, _)| sequencer.is_local(*id)).collect()
        };
        let mut summaries: HashMap<_, Summaries> = HashMap::new();
        if !added.is_empty() {
            for (user_id, id, summary) in self.summaries_of(db, &added).await? {
                summaries.entry(id).or_default().insert(user_id, summary);
            }
        }
        Ok(summaries)
    }

    /// For each pair of which the user is a member: the conversation as that user sees it.
    async fn summaries_of(
        &self,
        db: &mut PgConnection,
        pairs: &[(UserId, ConversationId)],
    ) -> Result<Vec<(UserId, ConversationId, ConversationSummary)>> {
        let (users, conversations): (Vec<_>, Vec<_>) =
            pairs.iter().map(|(user, id)| (user.0, id.0)).unzip();
        let rows = sqlx::query!(
            // `offset 0`: one pair after the other, instead of all users and all conversations.
            r#"select k.user_id as "caller_id!", k.id as "id!", h.json as "json!: Json<ConversationSummary>"
            from unnest($1::bigint[], $2::bigint[]) k(user_id, id)
            cross join lateral (
                select json from conversation_summaries
                where caller_id = k.user_id and id = k.id and role is not null offset 0
            ) h"#,
            &users,
            &conversations
        )
        .fetch_all(db)
        .await?;
        let summaries = rows.into_iter().map(|row| {
            let summary = self.complete_summary(row.json.0);
            (UserId(row.caller_id), ConversationId(row.id), summary)
        });
        Ok(summaries.collect())
    }
}
