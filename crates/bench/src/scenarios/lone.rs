//! Somebody sends alone: how long until it is acknowledged.

use crate::{
    contender::Contender,
    error::Result,
    options::{Options, WARM_UP},
    results::{Results, Target},
    senders::{Window, send_in_turns},
    world::World,
};

const MEMBERS: usize = 8;

pub async fn run(options: &Options) -> Result<()> {
    let mut results = Results::new("lone");
    let world = World::new(options).await?;
    let people = world.people.invite(MEMBERS).await?;
    let id = world.people.group(&people).await?;
    world.people.settle().await?;
    for _ in 0..options.runs {
        for contender in [Contender::Parlance, Contender::Node] {
            if !options.of.contains(&contender) {
                continue;
            }
            let server = world.start(contender).await?;
            let senders = world.connect(&server, &people[..1]).await?;
            let window = Window::after(WARM_UP, options.measured());
            let senders = senders.into_iter().map(|sender| (sender, id)).collect();
            let latencies = send_in_turns(senders, window).await?;
            results.latencies("acknowledged after", contender.name(), &latencies);
        }
    }
    let most = Some(Target::AtMost(1.0));
    results.ratio("acknowledged after, p50", "parlance", "node", most);
    results.ratio("acknowledged after, p99", "parlance", "node", None);
    results.finish()
}
