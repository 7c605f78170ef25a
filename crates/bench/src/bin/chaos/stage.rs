//! What a failure happens to: a Postgres, one node or more, perhaps a Redis, and people who talk.

use crate::{
    Result,
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
    pub async fn single() -> Result<Self> {
        let folder = Folder::new("chaos")?;
        let postgres = Postgres::start(&folder, "").await?;
        let node = Service::parlance(&folder, "parlance", &postgres.url());
        Self::set(folder, postgres, None, vec![node]).await
    }

    /// Two nodes, joined by a Redis.
    pub async fn pair() -> Result<Self> {
        let folder = Folder::new("chaos")?;
        let postgres = Postgres::start(&folder, "").await?;
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
        mut redis: Option<Service>,
        mut nodes: Vec<Service>,
    ) -> Result<Self> {
        if let Some(redis) = &mut redis {
            redis.start().await?;
        }
        for node in &mut nodes {
            node.start().await?;
        }
        let addresses: Vec<_> = nodes.iter().map(Service::address).collect();
        let people = People::new(postgres.pool().await?, JWT_SECRET)?;
        let town = Town::found(people, |person| {
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
