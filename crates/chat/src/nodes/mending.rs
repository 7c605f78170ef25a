//! Gaps: what other nodes committed and this one has not heard, read from the database and told.

use super::Nodes;
use crate::{Chat, Parts, Result, events::sequence::Mended};
use model::{ConversationId, ConversationSummary, Event, UserId};
use sqlx::{PgConnection, types::Json};
use std::{
    collections::HashMap,
    sync::Weak,
    time::{Duration, Instant},
};

/// Conversations that are looked at together.
const AT_ONCE: usize = 100;

/// Changes of one conversation that are told together.
const CHANGES: i64 = 200;

/// When the database does not answer.
const PAUSE: Duration = Duration::from_millis(500);

pub async fn run(chat: Weak<Parts>) {
    loop {
        let Some(nodes) = chat.upgrade().and_then(|it| it.events.nodes().cloned()) else {
            return;
        };
        let due = super::lock(&nodes.sequencer).next_due();
        let due = due.unwrap_or_else(|| Instant::now() + Duration::from_secs(1));
        tokio::select! {
            () = tokio::time::sleep_until(due.into()) => {}
            () = nodes.gap.notified() => continue,
            () = nodes.stopped() => return,
        }
        let Some(chat) = chat.upgrade().map(Chat) else {
            return;
        };
        let due = super::lock(&nodes.sequencer).due(Instant::now(), AT_ONCE);
        if due.is_empty() {
            continue;
        }
        if let Err(error) = chat.mend(&nodes, &due).await {
            tracing::warn!(?error, "what was missed could not be looked for");
            let later = Instant::now() + PAUSE;
            nodes.sequence(|it, _| due.iter().for_each(|(id, _)| it.look(*id, later)));
        }
    }
}

impl Chat {
    async fn mend(&self, nodes: &Nodes, due: &[(ConversationId, i64)]) -> Result<()> {
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
        let is_behind =
            |(id, told): &&(ConversationId, i64)| heads.get(id).is_some_and(|seq| seq > told);
        let behind: Vec<_> = due.iter().filter(is_behind).copied().collect();
        let mut feed = if behind.is_empty() {
            HashMap::default()
        } else {
            self.feed_in(&mut tx, &behind, CHANGES)
                .await?
                .into_iter()
                .collect()
        };
        let mut joined = joined_heads(self, nodes, &mut tx, &feed).await?;
        tx.commit().await?;

        let now = Instant::now();
        for &(id, after) in due {
            let Some(&head) = heads.get(&id) else {
                nodes.sequence(|it, out| it.gone(id, out));
                continue;
            };
            let (changes, has_more) = feed.remove(&id).unwrap_or_default();
            let last = changes.last().and_then(Event::seq);
            let mended = Mended {
                id,
                after,
                up_to: last.filter(|_| has_more).map_or(head, |(_, seq)| seq),
                changes,
                has_more,
                heads: joined.remove(&id).unwrap_or_default(),
            };
            let told = nodes.sequence(|it, out| it.mend(mended, now, out));
            if told > 0 {
                tracing::debug!(%id, told, "told what other nodes have not said");
                metrics::counter!("parlance_bus_recovered_total").increment(told as u64);
            }
        }
        Ok(())
    }

    /// The conversations that users have, as they have them.
    pub(super) async fn heads_of(
        &self,
        db: &mut PgConnection,
        pairs: &[(UserId, ConversationId)],
    ) -> Result<Vec<(UserId, ConversationId, i64, ConversationSummary)>> {
        let (users, conversations): (Vec<_>, Vec<_>) =
            pairs.iter().map(|(user, id)| (user.0, id.0)).unzip();
        let rows = sqlx::query!(
            r#"select h.caller_id as "caller_id!", h.id as "id!", h.seq as "seq!",
                h.json as "json!: Json<ConversationSummary>"
            from unnest($1::bigint[], $2::bigint[]) k(user_id, id)
            join conversation_summaries h
                on h.caller_id = k.user_id and h.id = k.id and h.role is not null"#,
            &users,
            &conversations
        )
        .fetch_all(db)
        .await?;
        let heads = rows.into_iter().map(|row| {
            let head = self.head_with_presence(row.json.0);
            (UserId(row.caller_id), ConversationId(row.id), row.seq, head)
        });
        Ok(heads.collect())
    }
}

/// The conversations as those have them who joined, and are connected here.
async fn joined_heads(
    chat: &Chat,
    nodes: &Nodes,
    db: &mut PgConnection,
    feed: &HashMap<ConversationId, (Vec<Event>, bool)>,
) -> Result<HashMap<ConversationId, HashMap<UserId, ConversationSummary>>> {
    let joined: Vec<_> = {
        let sequencer = super::lock(&nodes.sequencer);
        let changes = feed.values().flat_map(|(changes, _)| changes);
        let joined = changes.filter_map(|event| match event {
            Event::MemberAdded {
                conversation_id,
                member,
                ..
            } => Some((member.user.id, *conversation_id)),
            _ => None,
        });
        joined.filter(|(id, _)| sequencer.knows(*id)).collect()
    };
    let mut heads: HashMap<_, HashMap<_, _>> = HashMap::new();
    if !joined.is_empty() {
        for (user_id, id, _, head) in chat.heads_of(db, &joined).await? {
            heads.entry(id).or_default().insert(user_id, head);
        }
    }
    Ok(heads)
}
