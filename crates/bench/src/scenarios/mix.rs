//! A company's day: five hundred people who send, read, type, look back and search.

mod crowd;
pub mod plan;

pub use crowd::Crowd;

use crate::{
    contender::Contender,
    error::Result,
    numbers::count,
    options::Options,
    results::{Results, Target},
    world::World,
};
use bench::{people::Person, usage::Meter};
use model::ConversationId;
use plan::Deed;
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use std::time::Duration;

const PEOPLE: usize = 500;
const CONVERSATIONS: usize = 100;

/// Said before in each.
const PAST: usize = 1000;

/// Until everybody has heard who else is there: people come to work one by one, not in the moment
/// before the first message. What everybody coming at once costs is what `reconnect` measures.
const ARRIVAL: Duration = Duration::from_secs(8);

/// Than other measurements: of less time, the slowest hundredth would be two or three messages to
/// everybody.
const LONGER: u32 = 6;

/// The same day for all.
const SEED: u64 = 20_260_203;

/// People, and the conversations that they are in.
pub struct Town {
    pub people: Vec<Person>,
    pub conversations: Vec<Group>,
}

pub struct Group {
    pub id: ConversationId,
    /// Which of the people.
    pub members: Vec<usize>,
}

impl Town {
    pub async fn found(world: &World) -> Result<Self> {
        let people = world.people.invite(PEOPLE).await?;
        let mut rng = StdRng::seed_from_u64(SEED);
        let mut numbers: Vec<_> = (0..people.len()).collect();
        let mut conversations = Vec::new();
        for size in plan::sizes(people.len(), CONVERSATIONS) {
            numbers.shuffle(&mut rng);
            let members = numbers[..size].to_vec();
            let group: Vec<_> = members.iter().map(|number| people[*number]).collect();
            let id = world.people.group(&group).await?;
            world.people.fill(id, PAST).await?;
            conversations.push(Group { id, members });
        }
        Ok(Self {
            people,
            conversations,
        })
    }

    pub fn sizes(&self) -> Vec<usize> {
        let groups = self.conversations.iter();
        groups.map(|group| group.members.len()).collect()
    }
}

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("mix");
    let world = World::new(options).await?;
    let town = Town::found(&world).await?;
    world.people.settle().await?;
    for run in 0..options.runs {
        for contender in [Contender::Parlance, Contender::Node] {
            if options.of.contains(&contender) {
                let rng = StdRng::seed_from_u64(SEED + u64::from(run));
                measure(&world, &town, (contender, rng), options, &mut results).await?;
            }
        }
    }
    results.ratio(
        "delivered after, p99",
        "parlance",
        "node",
        Some(Target::AtMost(0.5)),
    );
    results.ratio("delivered after, p50", "parlance", "node", None);
    results.ratio("CPU", "parlance", "node", None);
    results.finish()
}

async fn measure(
    world: &World,
    town: &Town,
    (contender, mut rng): (Contender, StdRng),
    options: &Options,
    results: &mut Results,
) -> Result<()> {
    let server = world.start(contender).await?;
    let of = contender.name();
    let mut crowd = Crowd::gather(world, &server, town).await?;
    let sizes = town.sizes();
    let before = plan::steps(&sizes, ARRIVAL, options.load, &mut rng);
    crowd.live(&before).await?;
    crowd.forget();
    let time = options.measured() * LONGER;
    let day = plan::steps(&sizes, time, options.load, &mut rng);
    let meter = Meter::start(server.pid());
    crowd.live(&day).await?;
    let spent = meter.spent().as_secs_f64();
    let report = crowd.report();
    results.latencies("delivered after", of, &report.delivered);
    for (what, deed) in [
        ("a page after", Deed::Page),
        ("a search after", Deed::Search),
    ] {
        if let Some(latencies) = report.answered(deed) {
            results.latencies(what, of, latencies);
        }
    }
    results.record("CPU", of, spent / time.as_secs_f64() * 100.0, "% of a core");
    results.record("deliveries", of, count(report.delivered.count()), "");
    results.record("other events", of, count(report.others), "");
    results.record("lost", of, count(report.lost), "");
    Ok(())
}
