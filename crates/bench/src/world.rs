//! A database of our own with people in it, and servers on it, one at a time.

use crate::{
    contender::Contender,
    error::{Error, Result},
    options::Options,
};
use bench::{
    client::{Connection, Target},
    people::{People, Person},
    processes::{Folder, JWT_SECRET, Postgres, Service},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::path::Path;

/// How many connect at the same time where it is not what is measured.
const AT_ONCE: usize = 64;

pub struct World {
    // Before the folder, which goes when they have ended.
    pub postgres: Postgres,
    pub people: People,
    folder: Folder,
}

impl World {
    pub async fn new(options: &Options) -> Result<Self> {
        Self::with(&options.postgres).await
    }

    /// With these lines of postgresql.conf.
    pub async fn with(settings: &str) -> Result<Self> {
        let folder = Folder::new("bench")?;
        let postgres = Postgres::start(&folder, settings).await?;
        let people = People::new(postgres.pool().await?, JWT_SECRET)?;
        Ok(Self {
            postgres,
            people,
            folder,
        })
    }

    /// For what a run writes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A fresh server, ready; it ends when dropped.
    pub async fn start(&self, contender: Contender) -> Result<Running> {
        let mut service = contender.service(&self.folder, &self.postgres.url());
        service.start().await?;
        Ok(Running(service))
    }

    pub async fn start_redis(&self) -> Result<Service> {
        let mut redis = Service::redis(&self.folder);
        redis.start().await?;
        Ok(redis)
    }

    /// One of several on this database.
    pub async fn start_node(&self, number: usize, redis: &Service) -> Result<Running> {
        let name = format!("node-{number}");
        let node = Service::parlance(&self.folder, &name, &self.postgres.url());
        let mut node = node.environment("REDIS_URL", format!("redis://{}", redis.address()));
        node.start().await?;
        Ok(Running(node))
    }

    /// Everybody connects, and has heard `ready`; in their order.
    pub async fn connect(&self, to: &Running, people: &[Person]) -> Result<Vec<Connection>> {
        let connecting = people.iter().map(|person| async {
            let token = self.people.token(person)?;
            let mut connection = Connection::open(to.target().spread(), &token).await?;
            connection.event("ready").await?;
            Ok::<_, Error>(connection)
        });
        stream::iter(connecting)
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }
}

pub struct Running(pub Service);

impl Running {
    pub fn target(&self) -> Target {
        Target::new(self.0.address())
    }

    pub fn pid(&self) -> u32 {
        self.0.pid().unwrap_or_default()
    }
}
