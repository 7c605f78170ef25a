//! What a failure happens to: a Postgres, one node or more, perhaps a Redis, and people who talk.

use crate::{
    Result, Settings,
    town::{Town, node_of},
};
use bench::{
    people::People,
    processes::{Folder, JWT_SECRET, Postgres, Service},
};

/// In the order in which it is taken down.
pub struct Stage {
    pub town: Town,
    pub nodes: Vec<Service>,
    pub redis: Option<Service>,
    pub postgres: Postgres,
    _folder: Folder,
}

impl Stage {
    /// One node.
    pub async fn single(settings: &Settings) -> Result<Self> {
        let folder = Folder::new("chaos")?;
        let postgres = Postgres::start(&folder, &settings.postgres).await?;
        let node = Service::parlance(&folder, "parlance", &postgres.url());
        Self::set(folder, postgres, None, vec![node]).await
    }

    /// One node, and one person who is slow.
    pub async fn with_slow(settings: &Settings, slow: usize) -> Result<Self> {
        let folder = Folder::new("chaos")?;
        let postgres = Postgres::start(&folder, &settings.postgres).await?;
        let node = Service::parlance(&folder, "parlance", &postgres.url());
        Self::set_for(folder, postgres, None, vec![node], Some(slow)).await
    }

    /// Two nodes, joined by a Redis.
    pub async fn pair(settings: &Settings) -> Result<Self> {
        let folder = Folder::new("chaos")?;
        let postgres = Postgres::start(&folder, &settings.postgres).await?;
        let redis = Service::redis(&folder);
        let url = format!("redis://{}", redis.address());
        let nodes = ["node-a", "node-b"].map(|name| {
            Service::parlance(&folder, name, &postgres.url()).environment("REDIS_URL", &url)
        });
        Self::set(folder, postgres, Some(redis), nodes.into()).await
    }

    /// Starts what is not started yet, and the people, who are at home at the nodes in turns.
    pub async fn set(
        folder: Folder,
        postgres: Postgres,
        redis: Option<Service>,
        nodes: Vec<Service>,
    ) -> Result<Self> {
        Self::set_for(folder, postgres, redis, nodes, None).await
    }

    async fn set_for(
        folder: Folder,
        postgres: Postgres,
        mut redis: Option<Service>,
        mut nodes: Vec<Service>,
        slow: Option<usize>,
    ) -> Result<Self> {
        if let Some(redis) = &mut redis {
            redis.start().await?;
        }
        for node in &mut nodes {
            node.start().await?;
        }
        let addresses: Vec<_> = nodes.iter().map(Service::address).collect();
        let people = People::new(postgres.pool().await?, JWT_SECRET)?;
        let town = Town::found(people, slow, |person| {
            let mut servers = addresses.clone();
            servers.rotate_left(node_of(person, addresses.len()));
            servers
        })
        .await?;
        Ok(Self {
            town,
            nodes,
            redis,
            postgres,
            _folder: folder,
        })
    }
}
