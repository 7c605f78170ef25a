//! Scenario `history`: pages of fifty from anywhere in a conversation of 100,000 messages, and of
//! search results.

use crate::{
    closed_loop::Window,
    env::{BenchEnv, RunningServer},
    error::{Error, Result},
    http_client::HttpClient,
    options::{Options, WARM_UP},
    results::{Results, Threshold},
    stats::{Latencies, as_f64},
    target::SystemUnderTest,
};
use bench::{process_stats::CpuMeter, seed::SeededUser};
use model::ConversationId;
use serde_json::Value;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

const MESSAGES: u32 = 100_000;
const CLIENTS: usize = 32;
const PAGE: usize = 50;

/// Each is in about 1 % of the messages.
const WORDS: [&str; 4] = ["compliance", "procurement", "warehouse", "shipment"];

#[derive(Clone, Copy)]
enum Query {
    Pages(ConversationId),
    Search,
}

impl Query {
    fn name(self) -> &'static str {
        match self {
            Self::Pages(_) => "pages",
            Self::Search => "search",
        }
    }

    fn path(self) -> String {
        match self {
            Self::Pages(id) => {
                let before = rand::random_range(100..=MESSAGES);
                format!("/api/v1/conversations/{id}/messages?before={before}&limit={PAGE}")
            }
            Self::Search => {
                let word = WORDS[rand::random_range(0..WORDS.len())];
                format!("/api/v1/search?q={word}&limit={PAGE}")
            }
        }
    }
}

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("history");
    let env = BenchEnv::new(options).await?;
    let users = env.seeder.create_users(CLIENTS).await?;
    let id = env.seeder.create_group(&users).await?;
    env.seeder.create_messages(id, MESSAGES as usize).await?;
    env.seeder.vacuum_and_checkpoint().await?;
    for _ in 0..options.runs {
        for system in [SystemUnderTest::Parlance, SystemUnderTest::Node] {
            if options.of.contains(&system) {
                let server = env.start(system).await?;
                for query in [Query::Pages(id), Query::Search] {
                    require_full_page(&env, &server, &users[0], query).await?;
                    measure(
                        &env,
                        (system, &server),
                        (&users, query),
                        options,
                        &mut results,
                    )
                    .await?;
                }
            }
        }
    }
    results.ratio("pages", "parlance", "node", Some(Threshold::AtLeast(3.0)));
    results.ratio("search", "parlance", "node", None);
    results.finish()
}

/// Fails unless the answer is a full page: an empty one would be cheap to serve.
async fn require_full_page(
    env: &BenchEnv,
    server: &RunningServer,
    user: &SeededUser,
    query: Query,
) -> Result<()> {
    let token = env.seeder.token(user)?;
    let mut client = HttpClient::open(server.endpoint(), &token).await?;
    let body: Value = serde_json::from_slice(client.get(&query.path()).await?)?;
    let items = body["items"].as_array().map_or(0, Vec::len);
    if items == PAGE {
        return Ok(());
    }
    Err(Error::wrong(format!("{items} items on a page")))
}

async fn measure(
    env: &BenchEnv,
    (system, server): (SystemUnderTest, &RunningServer),
    (users, query): (&[SeededUser], Query),
    options: &Options,
    results: &mut Results,
) -> Result<()> {
    let mut running = JoinSet::new();
    let window = Window::after(WARM_UP, options.measured());
    for user in users {
        let token = env.seeder.token(user)?;
        let client = HttpClient::open(server.endpoint(), &token).await?;
        running.spawn(query_in_loop(client, query, window));
    }
    sleep_until(window.from).await;
    let serving = CpuMeter::start(server.pid());
    let reading = CpuMeter::start_tree(env.postgres.pid().unwrap_or_default());
    sleep_until(window.until).await;
    let costs = [("server", serving.spent()), ("Postgres", reading.spent())];
    let mut latencies = Latencies::default();
    while let Some(finished) = running.join_next().await {
        latencies.add(&finished??);
    }
    let (what, of) = (query.name(), system.name());
    let seconds = options.measured().as_secs_f64();
    results.record(what, of, as_f64(latencies.count()) / seconds, "requests/s");
    for (whose, spent) in costs {
        let each = spent.as_secs_f64() * 1e6 / as_f64(latencies.count());
        results.record(&format!("{what}, CPU each, {whose}"), of, each, "µs");
    }
    results.latencies(&format!("{what}, answered after"), of, &latencies);
    Ok(())
}

async fn query_in_loop(mut client: HttpClient, query: Query, window: Window) -> Result<Latencies> {
    let mut latencies = Latencies::default();
    loop {
        let start = Instant::now();
        client.get(&query.path()).await?;
        let end = Instant::now();
        if end >= window.until {
            return Ok(latencies);
        }
        if start >= window.from {
            latencies.record(end - start);
        }
    }
}
