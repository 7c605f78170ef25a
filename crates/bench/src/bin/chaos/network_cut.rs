//! Failures `cut_bus`, `cut_bus_and_database` and `cut_off`: links of one of two nodes drop all
//! packets for a minute: to Redis; also to Postgres; also to its clients.

use crate::{
    deliveries::{Delivery, p99, percent},
    network::{Link, Network},
    report::{Report, Round},
    settings::{Result, Settings},
    simulated_client::ClientCommand,
    test_bed::TestBed,
};
use bench::processes::{Folder, Postgres, Service};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Index of the node whose links are cut.
const CUT_OFF: usize = 1;

/// A delivery that takes longer was not live, but recovered later.
const MAX_LIVE_LATENCY: Duration = Duration::from_secs(1);

/// Promised time from the restored links until every client has an acknowledgement and every change.
const CONVERGENCE_DEADLINE: Duration = Duration::from_secs(30);

pub async fn run(settings: &Settings, name: &'static str, links: &[Link]) -> Result<Report> {
    let mut report = Report::new(name);
    let cut = Duration::from_secs(if settings.quick { 10 } else { 60 });
    let folder = Folder::new("chaos")?;
    let network = Network::new(2)?;
    let (here, more) = (Link::Database.here(), &settings.postgres);
    let listen = format!("listen_addresses = '{here}'\n{more}");
    let postgres = Postgres::start(&folder, &listen).await?;
    let redis = Service::redis(&folder).at_ip(Link::Bus.here());
    let bus = format!("redis://{}", redis.address());
    let database = postgres.url_at(Link::Database.here());
    let nodes = [0, 1].map(|node| {
        let name = format!("node-{node}");
        Service::parlance(&folder, &name, &database)
            .environment("REDIS_URL", &bus)
            .in_namespace(
                &network.namespace(node),
                Network::address(Link::Clients, node),
            )
    });
    let bed = TestBed::create(folder, postgres, Some(redis), nodes.into()).await?;
    for _ in 0..settings.rounds(1) {
        report.add(round(&bed, &network, links, cut).await?);
    }
    drop(bed);
    Ok(report)
}

async fn round(bed: &TestBed, network: &Network, links: &[Link], cut: Duration) -> Result<Round> {
    let population = &bed.population;
    population.reconnect();
    population.command(ClientCommand::SEND_SLOWLY);
    sleep(Duration::from_secs(3)).await;
    let online = population.all_online(CONVERGENCE_DEADLINE).await;
    sleep(Duration::from_secs(2)).await;

    for link in links {
        network.cut(*link, CUT_OFF)?;
    }
    let from = population.now();
    sleep(cut).await;
    let until = population.now();
    for link in links {
        network.restore(*link, CUT_OFF)?;
    }
    let restored_at = Instant::now();
    let acks = population
        .first_acks_after(restored_at, CONVERGENCE_DEADLINE * 2)
        .await;
    let converged = population.quiesce().await.map(|_| restored_at.elapsed());

    // Deliveries between clients of the other node, whose links were not cut.
    let local: Vec<Delivery> = population
        .deliveries(from, until)
        .into_iter()
        .filter(|it| it.is_local(2) && it.sender % 2 != CUT_OFF)
        .collect();
    let live = local
        .iter()
        .filter(|it| it.latency() <= MAX_LIVE_LATENCY)
        .count();
    Ok(Round::new(population.check().await?)
        .with("local live %", percent(live, local.len()))
        .with("local p99 ms", p99(&local).as_secs_f64() * 1e3)
        .within("all back", acks.all, Some(CONVERGENCE_DEADLINE))
        .within("whole", converged, Some(CONVERGENCE_DEADLINE))
        .expect(online, "everybody is online before the failure")
        .expect(live == local.len() && live > 0, "the other node goes on"))
}
