//! Scenario `door`, one message to a thousand sockets of an app's users at the door `rooms`: CPU time
//! of a delivery, in which every user has the id that the app knows. With `BASELINE_PROGRAM` the same
//! of another program of Parlance, in turn, on a database of its own.

use crate::{
    audience::Audience,
    env::{BenchEnv, RunningServer},
    error::{Error, Result},
    http_client::HttpClient,
    options::{Options, WARM_UP},
    payload::Protocol,
    results::{Results, Threshold},
    scenarios::fanout::{bursts, cost, one_at_a_time},
    stats::as_f64,
};
use bench::{
    client::{Connection, Endpoint},
    processes::{JWT_SECRET, free_port},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use jsonwebtoken::{EncodingKey, Header};
use model::{ConversationId, UserId};
use serde_json::{Value, json};
use std::{env, net::SocketAddr, time::Duration};
use time::OffsetDateTime;
use tokio::time::sleep;

const RECEIVERS: usize = 1000;
const MAX_CONCURRENT_CONNECTS: usize = 64;

/// A program of Parlance, and the database of its own.
struct Program {
    name: &'static str,
    path: Option<String>,
    env: BenchEnv,
}

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("door");
    let mut programs = vec![Program::new("parlance", None, options).await?];
    if let Ok(path) = env::var("BASELINE_PROGRAM") {
        programs.push(Program::new("baseline", Some(path), options).await?);
    }
    for _ in 0..options.runs {
        for program in &programs {
            program.measure(options, &mut results).await?;
        }
    }
    for what in [
        "CPU per delivery, one at a time",
        "CPU per delivery, bursts",
    ] {
        results.ratio(what, "parlance", "baseline", Some(Threshold::AtMost(1.1)));
    }
    for what in ["lost", "inversions"] {
        if let Some(failures) = results.worst(what, "parlance") {
            let name = format!("{what}: parlance");
            results.ratio_of(&name, failures, 1.0, Some(Threshold::AtMost(0.0)));
        }
    }
    results.finish()
}

impl Program {
    async fn new(name: &'static str, path: Option<String>, options: &Options) -> Result<Self> {
        let env = BenchEnv::new(options).await?;
        // The program migrates the empty database itself: it may be an older version.
        sqlx::raw_sql("drop schema public cascade; create schema public")
            .execute(&env.seeder.pool)
            .await?;
        Ok(Self { name, path, env })
    }

    async fn measure(&self, options: &Options, results: &mut Results) -> Result<()> {
        let door_port = free_port();
        let (server, door) = self.start(door_port).await?;
        let subjects: Vec<_> = (0..options.connections.unwrap_or(RECEIVERS))
            .map(|number| format!("{}", 100_001 + number))
            .collect();
        let id = self.create_group(&server, &subjects).await?;
        let connections = connect(door, &subjects).await?;
        let audience = Audience::spawn(connections, id, Protocol::Rooms);
        // Until the presence events of the connecting are delivered.
        sleep(Duration::from_secs(5)).await;
        bursts(&audience, WARM_UP).await?;

        let (per_delivery, _) = cost(&server, &audience, async || {
            one_at_a_time(&audience, options.measured()).await
        })
        .await?;
        let of = self.name;
        results.record("CPU per delivery, one at a time", of, per_delivery, "µs");
        let (per_delivery, _) = cost(&server, &audience, async || {
            bursts(&audience, options.measured()).await
        })
        .await?;
        results.record("CPU per delivery, bursts", of, per_delivery, "µs");
        let summary = audience.summary();
        results.record("lost", of, as_f64(summary.lost), "");
        results.record("inversions", of, as_f64(summary.inversions), "");
        let others = as_f64(summary.others) / as_f64(summary.deliveries);
        results.record("other events per delivery", of, others, "");
        Ok(())
    }

    async fn start(&self, door_port: u16) -> Result<(RunningServer, SocketAddr)> {
        let mut service = self
            .env
            .parlance(self.name)
            .environment("JWT_SUBJECTS", "foreign")
            .environment("CONTRACTS", format!("rooms={door_port}"));
        if let Some(path) = &self.path {
            service = service.program(path);
        }
        service.start().await?;
        let door = SocketAddr::new(service.address().ip(), door_port);
        Ok((RunningServer(service), door))
    }

    /// Creates the users by their first request, and a group of them.
    async fn create_group(
        &self,
        server: &RunningServer,
        subjects: &[String],
    ) -> Result<ConversationId> {
        let mut client = HttpClient::open(server.endpoint(), "").await?;
        let mut ids = Vec::with_capacity(subjects.len());
        for subject in subjects {
            client.set_token(&token(subject)?);
            let user: Value = serde_json::from_slice(client.get("/api/v1/me").await?)?;
            let id = user["id"].as_str().and_then(|id| id.parse().ok());
            ids.push(UserId(id.ok_or_else(|| Error::wrong("a user without id"))?));
        }
        let id = self.env.seeder.create_group_of(&ids).await?;
        self.env.seeder.vacuum_and_checkpoint().await?;
        Ok(id)
    }
}

/// Connects each of the app's users to the door, in their order.
async fn connect(door: SocketAddr, subjects: &[String]) -> Result<Vec<Connection>> {
    let connecting = subjects.iter().map(async |subject| {
        let auth = json!({ "token": format!("Bearer {}", token(subject)?), "userId": subject });
        let endpoint = Endpoint::new(door).from_rotating_source();
        Ok::<_, Error>(Connection::open_namespace(endpoint, "/chat,", &auth).await?)
    });
    stream::iter(connecting)
        .buffered(MAX_CONCURRENT_CONNECTS)
        .try_collect()
        .await
}

/// A token of the app for that user, which expires after two hours.
fn token(subject: &str) -> Result<String> {
    let expires = OffsetDateTime::now_utc() + time::Duration::hours(2);
    let claims = json!({
        "sub": subject,
        "id": subject,
        "name": format!("Person {subject}"),
        "exp": expires.unix_timestamp(),
    });
    let key = EncodingKey::from_secret(JWT_SECRET.as_bytes());
    jsonwebtoken::encode(&Header::default(), &claims, &key)
        .map_err(|error| Error::wrong(format!("no token: {error}")))
}
