//! Pages of fifty from anywhere in a conversation of 100,000, and of what a search finds.

use crate::{
    contender::Contender,
    error::{Error, Result},
    http::Caller,
    numbers::{Latencies, count},
    options::{Options, WARM_UP},
    results::{Results, Target},
    senders::Window,
    world::{Running, World},
};
use bench::{people::Person, usage::Meter};
use model::ConversationId;
use serde_json::Value;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

const MESSAGES: u32 = 100_000;
const CALLERS: usize = 32;
const PAGE: usize = 50;

/// Each is in about one of a hundred messages.
const WORDS: [&str; 4] = ["compliance", "procurement", "warehouse", "shipment"];

#[derive(Clone, Copy)]
enum Ask {
    Pages(ConversationId),
    Search,
}

impl Ask {
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
    let world = World::new(options).await?;
    let people = world.people.invite(CALLERS).await?;
    let id = world.people.group(&people).await?;
    world.people.fill(id, MESSAGES as usize).await?;
    world.people.settle().await?;
    for _ in 0..options.runs {
        for contender in [Contender::Parlance, Contender::Node] {
            if options.of.contains(&contender) {
                let server = world.start(contender).await?;
                for ask in [Ask::Pages(id), Ask::Search] {
                    check(&world, &server, &people[0], ask).await?;
                    measure(
                        &world,
                        (contender, &server),
                        (&people, ask),
                        options,
                        &mut results,
                    )
                    .await?;
                }
            }
        }
    }
    results.ratio("pages", "parlance", "node", Some(Target::AtLeast(3.0)));
    results.ratio("search", "parlance", "node", None);
    results.finish()
}

/// Whether the answer is a full page: an empty one is easily served.
async fn check(world: &World, server: &Running, person: &Person, ask: Ask) -> Result<()> {
    let token = world.people.token(person)?;
    let mut caller = Caller::open(server.target(), &token).await?;
    let answer: Value = serde_json::from_slice(caller.get(&ask.path()).await?)?;
    let items = answer["items"].as_array().map_or(0, Vec::len);
    if items == PAGE {
        return Ok(());
    }
    Err(Error::wrong(format!("{items} items on a page")))
}

async fn measure(
    world: &World,
    (contender, server): (Contender, &Running),
    (people, ask): (&[Person], Ask),
    options: &Options,
    results: &mut Results,
) -> Result<()> {
    let mut calling = JoinSet::new();
    let window = Window::after(WARM_UP, options.measured());
    for person in people {
        let token = world.people.token(person)?;
        let caller = Caller::open(server.target(), &token).await?;
        calling.spawn(call(caller, ask, window));
    }
    sleep_until(window.from).await;
    let serving = Meter::start(server.pid());
    let reading = Meter::start_all(world.postgres.pid().unwrap_or_default());
    sleep_until(window.until).await;
    let costs = [("server", serving.spent()), ("Postgres", reading.spent())];
    let mut latencies = Latencies::default();
    while let Some(called) = calling.join_next().await {
        latencies.add(&called??);
    }
    let (what, of) = (ask.name(), contender.name());
    let seconds = options.measured().as_secs_f64();
    results.record(what, of, count(latencies.count()) / seconds, "requests/s");
    for (whose, spent) in costs {
        let each = spent.as_secs_f64() * 1e6 / count(latencies.count());
        results.record(&format!("{what}, CPU each, {whose}"), of, each, "µs");
    }
    results.latencies(&format!("{what}, answered after"), of, &latencies);
    Ok(())
}

async fn call(mut caller: Caller, ask: Ask, window: Window) -> Result<Latencies> {
    let mut latencies = Latencies::default();
    loop {
        let start = Instant::now();
        caller.get(&ask.path()).await?;
        let end = Instant::now();
        if end >= window.until {
            return Ok(latencies);
        }
        if start >= window.from {
            latencies.record(end - start);
        }
    }
}
