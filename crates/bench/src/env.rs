//! Environment of a scenario: a private Postgres with seeded users, and the servers under test on
//! it.

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

/// Concurrent connection attempts of [`BenchEnv::connect`], where connecting is not what is
/// measured.
const MAX_CONCURRENT_CONNECTS: usize = 64;

pub struct BenchEnv {
    // Before the folder, so that it is dropped first: the processes end before their folder is
    // removed.
    pub postgres: Postgres,
    pub seeder: Seeder,
    folder: Folder,
}

impl BenchEnv {
    pub async fn new(options: &Options) -> Result<Self> {
        Self::with(&options.postgres).await
    }

    /// Adds lines to postgresql.conf.
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

    /// Folder for the files of this run; removed at its end.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a server and waits until it is ready. It is killed when dropped.
    pub async fn start(&self, system: SystemUnderTest) -> Result<RunningServer> {
        let mut service = system.service(&self.folder, &self.postgres.url());
        service.start().await?;
        Ok(RunningServer(service))
    }

    /// Parlance on this database, not started yet.
    pub fn parlance(&self, name: &str) -> Service {
        Service::parlance(&self.folder, name, &self.postgres.url())
    }

    pub async fn start_redis(&self) -> Result<Service> {
        let mut redis = Service::redis(&self.folder);
        redis.start().await?;
        Ok(redis)
    }

    /// Starts one of several nodes on this database, joined by Redis.
    pub async fn start_node(&self, number: usize, redis: &Service) -> Result<RunningServer> {
        let name = format!("node-{number}");
        let mut node = self
            .parlance(&name)
            .environment("REDIS_URL", format!("redis://{}", redis.address()));
        node.start().await?;
        Ok(RunningServer(node))
    }

    /// Connects every user and waits for its `ready`. The connections are in the order of the
    /// users.
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
