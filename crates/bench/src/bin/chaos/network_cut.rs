//! The cables of one of two nodes are pulled for a minute, with nobody told: that to Redis; also
//! that to Postgres; all of them.

use crate::{
    Result, Settings,
    deliveries::{Delivery, p99},
    network::{Cable, Network},
    redis_away::percent,
    report::{Report, Round},
    stage::Stage,
    town::CALM,
};
use bench::processes::{Folder, Postgres, Service};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The node that is cut off; the other one is not.
const CUT_OFF: usize = 1;

/// A delivery that takes longer did not happen as it was said, but was found later.
const LIVE: Duration = Duration::from_secs(1);

/// After the network has healed, everybody is answered and has everything within this.
const WHOLE: Duration = Duration::from_secs(30);

pub async fn run(settings: &Settings, name: &'static str, cables: &[Cable]) -> Result<Report> {
    let mut report = Report::new(name);
    let cut = Duration::from_secs(if settings.quick { 10 } else { 60 });
    let folder = Folder::new("chaos")?;
    let network = Network::new(2)?;
    let (here, more) = (Cable::Database.here(), &settings.postgres);
    let listen = format!("listen_addresses = '{here}'\n{more}");
    let postgres = Postgres::start(&folder, &listen).await?;
    let redis = Service::redis(&folder).at(Cable::Bus.here());
    let bus = format!("redis://{}", redis.address());
    let database = postgres.url_at(Cable::Database.here());
    let nodes = [0, 1].map(|node| {
        let name = format!("node-{node}");
        Service::parlance(&folder, &name, &database)
            .environment("REDIS_URL", &bus)
            .within(
                &network.namespace(node),
                Network::address(Cable::Clients, node),
            )
    });
    let stage = Stage::set(folder, postgres, Some(redis), nodes.into()).await?;
    for _ in 0..settings.rounds(1) {
        report.add(round(&stage, &network, cables, cut).await?);
    }
    drop(stage);
    Ok(report)
}

async fn round(stage: &Stage, network: &Network, cables: &[Cable], cut: Duration) -> Result<Round> {
    let town = &stage.town;
    town.reconnect();
    town.order(CALM);
    sleep(Duration::from_secs(3)).await;
    let online = town.is_online(WHOLE).await;
    sleep(Duration::from_secs(2)).await;

    for cable in cables {
        network.pull(*cable, CUT_OFF)?;
    }
    let from = town.now();
    sleep(cut).await;
    let until = town.now();
    for cable in cables {
        network.plug_in(*cable, CUT_OFF)?;
    }
    let healed = Instant::now();
    let back = town.acknowledged_after(healed, WHOLE * 2).await;
    let whole = town.falls_silent().await.map(|_| healed.elapsed());

    // What those of the other node said and heard there: no cable of it was touched.
    let local: Vec<Delivery> = town
        .deliveries(from, until)
        .into_iter()
        .filter(|it| it.is_local(2) && it.sender % 2 != CUT_OFF)
        .collect();
    let live = local.iter().filter(|it| it.took() <= LIVE).count();
    Ok(Round::new(town.verdict().await?)
        .with("local live %", percent(live, local.len()))
        .with("local p99 ms", p99(&local).as_secs_f64() * 1e3)
        .within("all back", back.everybody, Some(WHOLE))
        .within("whole", whole, Some(WHOLE))
        .expect(online, "everybody is online before the failure")
        .expect(live == local.len() && live > 0, "the other node goes on"))
}
