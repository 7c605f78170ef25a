//! Test bed of a failure: a Postgres, one node or more, perhaps a Redis, and the simulated clients.

use crate::{
    home_node::home_node,
    population::{Population, PopulationSize},
    settings::{Result, Settings},
};
use bench::{
    processes::{Folder, JWT_SECRET, Postgres, Service},
    seed::Seeder,
};

/// The fields are dropped in this order: the clients first, the folder last.
pub struct TestBed {
    pub population: Population,
    pub nodes: Vec<Service>,
    pub redis: Option<Service>,
    pub postgres: Postgres,
    _folder: Folder,
}

impl TestBed {
    /// One node, without Redis.
    pub async fn single(settings: &Settings) -> Result<Self> {
        Self::create_single(settings, PopulationSize::default()).await
    }

    /// One node; the socket of that client has a small receive buffer.
    pub async fn with_small_receive_buffer(settings: &Settings, client: usize) -> Result<Self> {
        let size = PopulationSize {
            small_receive_buffer: Some(client),
            ..PopulationSize::default()
        };
        Self::create_single(settings, size).await
    }

    async fn create_single(settings: &Settings, size: PopulationSize) -> Result<Self> {
        let folder = Folder::new("chaos")?;
        let postgres = Postgres::start(&folder, &settings.postgres).await?;
        let node = Service::parlance(&folder, "parlance", &postgres.url());
        Self::start(folder, postgres, None, vec![node], size).await
    }

    /// Two nodes with a Redis.
    pub async fn pair(settings: &Settings) -> Result<Self> {
        let size = PopulationSize::default();
        Self::cluster(settings, &["node-a", "node-b"], size).await
    }

    /// Nodes of these names, with a Redis.
    pub async fn cluster(
        settings: &Settings,
        names: &[&str],
        size: PopulationSize,
    ) -> Result<Self> {
        let folder = Folder::new("chaos")?;
        let postgres = Postgres::start(&folder, &settings.postgres).await?;
        let redis = Service::redis(&folder);
        let url = format!("redis://{}", redis.address());
        let nodes = names.iter().map(|name| {
            Service::parlance(&folder, name, &postgres.url()).environment("REDIS_URL", &url)
        });
        let nodes = nodes.collect();
        Self::start(folder, postgres, Some(redis), nodes, size).await
    }

    /// Starts Redis, the nodes and the clients, on a Postgres that runs already.
    pub async fn create(
        folder: Folder,
        postgres: Postgres,
        redis: Option<Service>,
        nodes: Vec<Service>,
    ) -> Result<Self> {
        Self::start(folder, postgres, redis, nodes, PopulationSize::default()).await
    }

    async fn start(
        folder: Folder,
        postgres: Postgres,
        mut redis: Option<Service>,
        mut nodes: Vec<Service>,
        size: PopulationSize,
    ) -> Result<Self> {
        if let Some(redis) = &mut redis {
            redis.start().await?;
        }
        for node in &mut nodes {
            node.start().await?;
        }
        let addresses: Vec<_> = nodes.iter().map(Service::address).collect();
        let seeder = Seeder::new(postgres.pool().await?, JWT_SECRET)?;
        let population = Population::create(seeder, size, |client| {
            let mut servers = addresses.clone();
            servers.rotate_left(home_node(client, addresses.len()));
            servers
        })
        .await?;
        Ok(Self {
            population,
            nodes,
            redis,
            postgres,
            _folder: folder,
        })
    }
}
