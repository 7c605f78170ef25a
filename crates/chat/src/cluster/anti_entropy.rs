//! Anti-entropy: compares what this node has delivered with the database, at intervals.
//!
//! It finds what no node is going to send any more, such as the last changes of a node that died.

use super::state::{Cluster, lock};
use crate::{
    chat::{Chat, Inner},
    error::Result,
};
use std::{
    collections::BTreeSet,
    sync::{Weak, atomic::Ordering::Relaxed},
    time::{Duration, Instant},
};
use tokio::time::sleep;

/// The pause after a run is at least 10 times as long as the run, unless the run fails or the next
/// one is requested.
const MIN_PAUSE_FACTOR: u32 = 10;

/// Conversations per query.
const CONVERSATIONS_PER_QUERY: usize = 1000;

/// While Redis is not connected, every third run includes the access audit.
const AUDIT_EVERY_RUNS: u32 = 3;

pub async fn run(chat: Weak<Inner>) {
    let mut pause = None;
    let mut runs = 0_u32;
    loop {
        let Some(cluster) = chat.upgrade().and_then(|it| it.bus.cluster().cloned()) else {
            return;
        };
        let without_bus = cluster.timings.reconcile_interval_without_bus;
        tokio::select! {
            () = sleep(pause.unwrap_or(without_bus)) => {}
            () = cluster.reconcile_requested.notified() => {}
            () = cluster.shutdown_requested() => return,
        }
        let Some(chat) = chat.upgrade().map(Chat) else {
            return;
        };
        runs = runs.wrapping_add(1);
        let start = Instant::now();
        let is_up = cluster.is_up();
        let audit = cluster.audit_pending.swap(false, Relaxed)
            || (!is_up && runs.is_multiple_of(AUDIT_EVERY_RUNS));
        if let Err(error) = chat.reconcile(&cluster, audit).await {
            tracing::warn!(?error, "this node could not be compared with the database");
            cluster.audit_pending.fetch_or(audit, Relaxed);
            pause = None;
            continue;
        }
        let interval = if cluster.is_up() {
            cluster.timings.reconcile_interval
        } else {
            without_bus
        };
        pause = Some(interval.max(start.elapsed() * MIN_PAUSE_FACTOR));
    }
}

impl Chat {
    /// `audit`: also clears the cache of user cards, and re-checks memberships, sessions and blocked
    /// users.
    async fn reconcile(&self, cluster: &Cluster, audit: bool) -> Result<()> {
        let conversations = lock(&cluster.sequencer).conversations();
        for chunk in conversations.chunks(CONVERSATIONS_PER_QUERY) {
            let ids: Vec<_> = chunk.iter().map(|id| id.0).collect();
            let heads = sqlx::query!("select id, seq from conversations where id = any($1)", &ids)
                .fetch_all(&self.0.db)
                .await?;
            // Changes may be on their way through Redis, unless it is not connected.
            let delay = if cluster.is_up() {
                cluster.timings.reconcile_grace
            } else {
                Duration::ZERO
            };
            let due = Instant::now() + delay;
            cluster.sequence(|sequencer, _| {
                let mut missing: BTreeSet<_> = chunk.iter().copied().collect();
                for row in heads {
                    let id = row.id.into();
                    missing.remove(&id);
                    sequencer.note_head(id, row.seq, due);
                }
                for id in missing {
                    sequencer.schedule_check(id, due);
                }
            });
        }
        if audit {
            self.0.user_cards.invalidate_all();
            self.audit_memberships(cluster).await?;
            self.audit_sessions(cluster).await?;
        }
        Ok(())
    }
}
