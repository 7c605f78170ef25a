//! Nodes: the servers that use one database, each with a row in which it says that it lives. The row
//! also tells whether the database takes writes, and whether there are nodes that do not hear this one.

pub mod state;

use crate::{Chat, Result};
use metrics::gauge;
use state::{MIN_WRITE_INTERVAL, Unheard};
use std::time::{Duration, Instant};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Between two times at which a node says that it lives.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);

/// A node that has said nothing for this long is not alive. Shorter than `dead_after` of the bus, so
/// that a killed node is forgotten here before it is there, and never counts as one that is not heard.
const ALIVE_SECONDS: f64 = 8.0;

/// How long leaving may take.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(1);

impl Chat {
    /// Checks that the database takes a write now: this node's row is written. Callers within
    /// `MIN_WRITE_INTERVAL` share one write.
    ///
    /// # Errors
    /// `Unavailable` when no connection can be had in time, or the database is read-only; `Internal`
    /// when it refuses the write for another reason.
    pub async fn check_ready(&self) -> Result<()> {
        let mut written_at = self.0.node.written_at.lock().await;
        let is_recent = written_at.is_some_and(|at| at.elapsed() < MIN_WRITE_INTERVAL);
        if is_recent && !self.0.db.is_closed() {
            return Ok(());
        }
        *written_at = None;
        sqlx::query!(
            "insert into nodes (id) values ($1) on conflict (id) do update set seen_at = now()",
            self.0.node.id
        )
        .execute(&self.0.db)
        .await?;
        *written_at = Some(Instant::now());
        Ok(())
    }

    /// Says that this node lives, and looks for others that it does not hear, until it is aborted.
    pub async fn keep_registered(&self) {
        let mut interval = interval(HEARTBEAT_INTERVAL);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            interval.tick().await;
            let found = async {
                self.check_ready().await?;
                self.count_unheard().await
            };
            match found.await {
                Ok(count) => self.report_unheard(count),
                Err(error) => tracing::debug!(%error, "this node could not say that it lives"),
            }
        }
    }

    /// Deletes this node's row, so that nobody waits for its silence.
    pub async fn unregister(&self) {
        let delete = sqlx::query!("delete from nodes where id = $1", self.0.node.id);
        if let Ok(Err(error)) = timeout(LEAVE_TIMEOUT, delete.execute(&self.0.db)).await {
            tracing::debug!(%error, "this node could not say that it leaves");
        }
    }

    /// Other nodes on this database that do not hear this one, because they have no bus or another.
    pub fn unheard_nodes(&self) -> usize {
        self.0.node.unheard.get()
    }

    /// Counts the nodes that have been seen since this one started, less those that the bus knows.
    async fn count_unheard(&self) -> Result<usize> {
        let alive = sqlx::query_scalar!(
            r#"select count(*) as "count!" from nodes
            where id <> $1 and seen_at > now() - make_interval(secs => $2)
                and seen_at > (select started_at from nodes where id = $1)"#,
            self.0.node.id,
            ALIVE_SECONDS
        )
        .fetch_one(&self.0.db)
        .await?;
        let alive = usize::try_from(alive).unwrap_or(0);
        Ok(match self.bus() {
            None => alive,
            Some(bus) if bus.is_up => alive.saturating_sub(bus.others),
            // What the others say is not heard in any case, which the bus reports.
            Some(_) => 0,
        })
    }

    fn report_unheard(&self, count: usize) {
        let unheard: &Unheard = &self.0.node.unheard;
        // A node that has just joined may be in the table before the bus knows it.
        let is_certain = self.bus().is_none() || unheard.is_repeated(count);
        let count = if is_certain { count } else { 0 };
        #[expect(clippy::cast_precision_loss, reason = "there are few nodes")]
        gauge!("parlance_nodes_unheard").set(count as f64);
        if unheard.set(count) {
            tracing::error!(
                nodes = count,
                "other servers use this database and do not hear this one: messages, presence and \
                 revoked sessions do not reach the people who are connected there. Stop them, or give \
                 all the same REDIS_URL"
            );
        }
    }
}
