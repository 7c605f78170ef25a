//! Anti-entropy: compares what this node has delivered with the database, at intervals.
//!
//! It finds what no node is going to send any more, such as the last changes of a node that died.

use super::state::{Cluster, lock};
use crate::{
    chat::{Chat, Inner},
    error::Result,
};
use ::time::OffsetDateTime;
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

/// Shortest pause between two refreshes of what has no seq.
const MIN_REFRESH_PAUSE: Duration = Duration::from_secs(1);

pub async fn run(chat: Weak<Inner>) {
    let mut pause = None;
    let mut runs = 0_u32;
    let mut refresh = Refresh::default();
    loop {
        let Some(cluster) = chat.upgrade().and_then(|it| it.bus.cluster().cloned()) else {
            return;
        };
        let without_bus = cluster.timings.reconcile_interval_without_bus;
        tokio::select! {
            () = sleep(refresh.pause(pause.unwrap_or(without_bus))) => {}
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
        let mut reconciled = chat.reconcile(&cluster, audit).await;
        if reconciled.is_ok() {
            reconciled = chat.run_refresh(&cluster, &mut refresh, audit).await;
        }
        if let Err(error) = reconciled {
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

/// When what has no seq was last known to be complete, and when it is looked for again.
#[derive(Default)]
struct Refresh {
    /// In the database's time; none before the first run.
    complete_at: Option<OffsetDateTime>,
    /// Something may have been missed since then.
    is_pending: bool,
    /// Not before that, so that losses that follow each other do not keep the database busy.
    next_at: Option<Instant>,
}

impl Refresh {
    /// The pause until the next run: not beyond the time at which a pending refresh may run.
    fn pause(&self, pause: Duration) -> Duration {
        match self.next_at {
            Some(at) if self.is_pending => pause.min(at.saturating_duration_since(Instant::now())),
            _ => pause,
        }
    }
}

impl Chat {
    /// Compares what users have chosen, and after a loss, which an audit tells of, refreshes what has no seq.
    async fn run_refresh(
        &self,
        cluster: &Cluster,
        refresh: &mut Refresh,
        audit: bool,
    ) -> Result<()> {
        let started = Instant::now();
        let now = self.database_time().await?;
        self.audit_presence_choices().await?;
        refresh.is_pending |= audit;
        if refresh.is_pending {
            if refresh.next_at.is_some_and(|at| at > started) {
                return Ok(());
            }
            if let Some(since) = refresh.complete_at {
                self.refresh_unsequenced(cluster, since).await?;
            }
            refresh.is_pending = false;
            let pause = MIN_REFRESH_PAUSE.max(started.elapsed() * MIN_PAUSE_FACTOR);
            refresh.next_at = Some(Instant::now() + pause);
        } else if !cluster.is_up() {
            // What was missed since is refreshed with the next audit.
            return Ok(());
        }
        refresh.complete_at = Some(now);
        Ok(())
    }

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
