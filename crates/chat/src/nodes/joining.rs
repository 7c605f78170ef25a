//! Becoming one node of many, and leaving.

use super::{Nodes, lock, mending, sweeping, tending};
use crate::{Chat, Result, Settings, events::redis, nodes::Word};
use ::redis::Client;
use sha2::{Digest, Sha256};
use sqlx::PgPool;
use std::{fmt::Write, sync::Arc, sync::atomic::Ordering::Relaxed, time::Duration};
use tokio::time::timeout;

/// How long the last words of a node may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// The address names no Redis.
#[derive(Debug, thiserror::Error)]
#[error("REDIS_URL cannot be used: {0}")]
pub struct JoinError(::redis::RedisError);

/// The bus as this node sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusState {
    pub is_up: bool,
    /// Other nodes that have been heard of late.
    pub others: usize,
}

impl Chat {
    /// A chat of many nodes: those that have the same database, and join on the same Redis. Needs
    /// a runtime. Redis need not be there: the node connects by itself when it is.
    pub fn join(db: PgPool, settings: Settings, redis_url: &str) -> Result<Self, JoinError> {
        let client = Client::open(redis_url).map_err(JoinError)?;
        let (nodes, words) = Nodes::new();
        let chat = Self::with_nodes(db, settings, Some(Arc::clone(&nodes)));
        let parts = Arc::downgrade(&chat.0);
        let mut tasks = lock(&nodes.tasks);
        tasks.spawn(redis::keep_connected(parts.clone(), client, words));
        tasks.spawn(tending::run(parts.clone()));
        tasks.spawn(mending::run(parts.clone()));
        tasks.spawn(sweeping::run(parts));
        drop(tasks);
        Ok(chat)
    }

    /// Says goodbye to the other nodes, so that they need not wait for this one to fall silent, and
    /// hears them no more.
    pub async fn leave(&self) {
        let Some(nodes) = self.0.events.nodes() else {
            return;
        };
        nodes.leaving.store(true, Relaxed);
        if nodes.is_up() {
            nodes.say(Word::Leaving);
            if timeout(FAREWELL, nodes.left.notified()).await.is_err() {
                tracing::warn!("the other nodes will notice by themselves that this one has left");
            }
        }
        nodes.stop.send_replace(true);
        let mut tasks = std::mem::take(&mut *lock(&nodes.tasks));
        let ended = async { while tasks.join_next().await.is_some() {} };
        // What takes longer is ended with the set.
        let _ = timeout(FAREWELL, ended).await;
    }

    /// Nothing where this is the only node there can be.
    pub fn bus(&self) -> Option<BusState> {
        let nodes = self.0.events.nodes()?;
        Some(BusState {
            is_up: nodes.is_up(),
            others: lock(&nodes.peers).count(),
        })
    }

    /// A name for this chat that no other chat on the same Redis has: that of its database.
    pub(crate) async fn deployment(&self) -> Result<String> {
        let row = sqlx::query!(
            r#"select current_database()::text as "name!", system_identifier::text as "cluster!"
            from pg_control_system()"#
        )
        .fetch_one(&self.0.db)
        .await?;
        let digest = Sha256::digest(format!("{}\n{}", row.cluster, row.name));
        let mut name = "parlance:".to_owned();
        for byte in &digest[..8] {
            // Writing to a string can't fail.
            let _ = write!(name, "{byte:02x}");
        }
        Ok(name)
    }
}
