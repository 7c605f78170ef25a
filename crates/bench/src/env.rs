//! A database of our own with people in it, and servers on it, one at a time.

use crate::{
    error::{Error, Result},
    options::Options,
    target::SystemUnderTest,
};
use bench::{
    client::{Connection, Endpoint},
    processes::{Folder, JWT_SECRET, Postgres, Service},
    seed::{SeededUser, Seeder},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::path::Path;

/// How many connect at the same time where it is not what is measured.
const MAX_CONCURRENT_CONNECTS: usize = 64;

pub struct BenchEnv {
    // Before the folder, which goes when they have ended.
    pub postgres: Postgres,
    pub seeder: Seeder,
    folder: Folder,
}

impl BenchEnv {
    pub async fn new(options: &Options) -> Result<Self> {
        Self::with(&options.postgres).await
    }

    /// With these lines of postgresql.conf.
    pub async fn with(settings: &str) -> Result<Self> {
        let folder = Folder::new("bench")?;
        let postgres = Postgres::start(&folder, settings).await?;
        let seeder = Seeder::new(postgres.pool().await?, JWT_SECRET)?;
        Ok(Self {
            postgres,
            seeder,
            folder,
        })
    }

    /// For what a run writes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A fresh server, ready; it ends when dropped.
    pub async fn start(&self, system: SystemUnderTest) -> Result<RunningServer> {
        let mut service = system.service(&self.folder, &self.postgres.url());
        service.start().await?;
        Ok(RunningServer(service))
    }

    pub async fn start_redis(&self) -> Result<Service> {
        let mut redis = Service::redis(&self.folder);
        redis.start().await?;
        Ok(redis)
    }

    /// One of several on this database.
    pub async fn start_node(&self, number: usize, redis: &Service) -> Result<RunningServer> {
        let name = format!("node-{number}");
        let node = Service::parlance(&self.folder, &name, &self.postgres.url());
        let mut node = node.environment("REDIS_URL", format!("redis://{}", redis.address()));
        node.start().await?;
        Ok(RunningServer(node))
    }

    /// Everybody connects, and has heard `ready`; in their order.
    pub async fn connect(
        &self,
        server: &RunningServer,
        users: &[SeededUser],
    ) -> Result<Vec<Connection>> {
        let connecting = users.iter().map(|user| async {
            let token = self.seeder.token(user)?;
            let mut connection =
                Connection::open(server.endpoint().from_rotating_source(), &token).await?;
            connection.wait_for_event("ready").await?;
            Ok::<_, Error>(connection)
        });
        stream::iter(connecting)
            .buffered(MAX_CONCURRENT_CONNECTS)
            .try_collect()
            .await
    }
}

pub struct RunningServer(pub Service);

impl RunningServer {
    pub fn endpoint(&self) -> Endpoint {
        Endpoint::new(self.0.address())
    }

    pub fn pid(&self) -> u32 {
        self.0.pid().unwrap_or_default()
    }
}
