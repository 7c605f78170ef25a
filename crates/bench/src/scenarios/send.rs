//! Sends through sockets, acknowledged: 32 people in one hot conversation, and in one each.

use crate::{
    contender::Contender,
    error::Result,
    numbers::count,
    options::{Options, WARM_UP},
    results::{Results, Target},
    senders::{Window, send_in_turns},
    world::World,
};
use bench::{people::Person, usage::Meter};
use model::ConversationId;

const SENDERS: usize = 32;

/// Members of each conversation when the sends are spread; one of them is there.
const MEMBERS: usize = 8;

struct Place {
    name: &'static str,
    senders: Vec<(Person, ConversationId)>,
}

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("send");
    let world = World::new(options).await?;
    let places = [hot(&world).await?, spread(&world).await?];
    world.people.settle().await?;
    for _ in 0..options.runs {
        for contender in [Contender::Parlance, Contender::Node] {
            if options.of.contains(&contender) {
                for place in &places {
                    measure(&world, contender, place, options, &mut results).await?;
                }
            }
        }
    }
    results.ratio("hot", "parlance", "node", Some(Target::AtLeast(5.0)));
    results.ratio("spread", "parlance", "node", Some(Target::AtLeast(2.0)));
    results.finish()
}

async fn hot(world: &World) -> Result<Place> {
    let people = world.people.invite(SENDERS).await?;
    let id = world.people.group(&people).await?;
    let senders = people.into_iter().map(|person| (person, id)).collect();
    Ok(Place {
        name: "hot",
        senders,
    })
}

async fn spread(world: &World) -> Result<Place> {
    let mut senders = Vec::new();
    for _ in 0..SENDERS {
        let people = world.people.invite(MEMBERS).await?;
        senders.push((people[0], world.people.group(&people).await?));
    }
    Ok(Place {
        name: "spread",
        senders,
    })
}

async fn measure(
    world: &World,
    contender: Contender,
    place: &Place,
    options: &Options,
    results: &mut Results,
) -> Result<()> {
    let server = world.start(contender).await?;
    let people: Vec<_> = place.senders.iter().map(|it| it.0).collect();
    let connections = world.connect(&server, &people).await?;
    let ids = place.senders.iter().map(|it| it.1);
    let senders = connections.into_iter().zip(ids).collect();
    let window = Window::after(WARM_UP, options.measured());
    let meter = Meter::start(server.pid());
    let latencies = send_in_turns(senders, window).await?;
    let spent = meter.spent();
    let (what, of) = (place.name, contender.name());
    let seconds = options.measured().as_secs_f64();
    results.record(what, of, count(latencies.count()) / seconds, "sends/s");
    let busy = spent.as_secs_f64() / (WARM_UP + options.measured()).as_secs_f64();
    results.record(&format!("{what}, server"), of, busy * 100.0, "% of a core");
    results.latencies(&format!("{what}, acknowledged after"), of, &latencies);
    Ok(())
}
