//! Joining and leaving a cluster.

use super::{
    anti_entropy, gap_repair, heartbeat,
    message::BusMessage,
    redis,
    state::{Cluster, lock},
};
use crate::chat::{Chat, Settings};
use ::redis::Client;
use sqlx::PgPool;
use std::{sync::Arc, sync::atomic::Ordering::Relaxed, time::Duration};
use tokio::time::timeout;

/// How long leaving waits for the last message to be sent, and again for the tasks to end.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(1);

/// `REDIS_URL` is not the address of a Redis.
#[derive(Debug, thiserror::Error)]
#[error("REDIS_URL cannot be used: {0}")]
pub struct JoinError(::redis::RedisError);

/// The bus as this node sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusState {
    /// Whether the node is connected to Redis.
    pub is_up: bool,
    /// The number of other nodes that are alive.
    pub others: usize,
}

impl Chat {
    /// A chat on a cluster: all nodes that join with the same database and the same Redis. Must be
    /// called within a tokio runtime. Redis need not be there yet: the node connects when it is.
    ///
    /// # Errors
    /// When the address cannot be parsed.
    pub fn join(db: PgPool, settings: Settings, redis_url: &str) -> Result<Self, JoinError> {
        let client = Client::open(redis_url).map_err(JoinError)?;
        let (cluster, messages) = Cluster::new(settings.timings.cluster);
        let chat = Self::with_cluster(db, settings, Some(Arc::clone(&cluster)));
        let inner = Arc::downgrade(&chat.0);
        let mut tasks = lock(&cluster.tasks);
        tasks.spawn(redis::run(inner.clone(), client, messages));
        tasks.spawn(heartbeat::run(inner.clone()));
        tasks.spawn(gap_repair::run(inner.clone()));
        tasks.spawn(anti_entropy::run(inner));
        drop(tasks);
        Ok(chat)
    }

    /// Leaves the cluster: notifies the other nodes, so that they need not detect its silence,
    /// and ends the tasks of this one. Takes at most 2 s.
    pub async fn leave(&self) {
        let Some(cluster) = self.0.bus.cluster() else {
            return;
        };
        cluster.leaving.store(true, Relaxed);
        if cluster.is_up() {
            cluster.send(BusMessage::NodeLeaving);
            let sent = timeout(LEAVE_TIMEOUT, cluster.leave_sent.notified()).await;
            if sent.is_err() {
                tracing::warn!("the other nodes could not be notified that this one leaves");
            }
        }
        cluster.shut_down();
        let mut tasks = std::mem::take(&mut *lock(&cluster.tasks));
        let ended = async { while tasks.join_next().await.is_some() {} };
        // Dropping the set aborts the tasks that are left.
        let _ = timeout(LEAVE_TIMEOUT, ended).await;
    }

    /// The state of the bus; `None` without a cluster.
    pub fn bus(&self) -> Option<BusState> {
        let cluster = self.0.bus.cluster()?;
        Some(BusState {
            is_up: cluster.is_up(),
            others: lock(&cluster.peers).count(),
        })
    }
}
