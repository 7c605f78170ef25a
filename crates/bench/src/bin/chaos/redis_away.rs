//! Redis dies and is away for half a minute: each node goes on by itself, and nothing is missing
//! when it is back.

use crate::{
    Result, Settings,
    deliveries::{Delivery, p99},
    report::{Report, Round},
    stage::Stage,
    town::CALM,
};
use std::time::Duration;
use tokio::time::sleep;

/// A delivery that takes longer did not happen as it was said, but was found later.
const LIVE: Duration = Duration::from_secs(1);

/// Within this from its return, the nodes hear each other again.
const ACROSS: Duration = Duration::from_secs(3);

const WHOLE: Duration = Duration::from_secs(30);

pub async fn run(settings: &Settings) -> Result<Report> {
    let mut stage = Stage::pair(settings).await?;
    let mut report = Report::new("redis_away");
    let away = Duration::from_secs(if settings.quick { 5 } else { 30 });
    for _ in 0..settings.rounds(3) {
        report.add(round(&mut stage, away).await?);
    }
    Ok(report)
}

async fn round(stage: &mut Stage, away: Duration) -> Result<Round> {
    stage.town.order(CALM);
    let online = stage.town.is_online(WHOLE).await;
    let begun = stage.town.now();
    sleep(Duration::from_secs(3)).await;
    let connections = stage.town.connections(|_| true);

    let Some(redis) = &mut stage.redis else {
        return Err("there is no Redis on this stage".into());
    };
    redis.kill();
    let gone = stage.town.now();
    sleep(away).await;
    redis.start().await?;
    let returned = stage.town.now();
    sleep(Duration::from_secs(6)).await;
    let end = stage.town.now();
    let silent = stage.town.falls_silent().await;

    let town = &stage.town;
    let of = |local: bool, from, until| -> Vec<Delivery> {
        let all = town.deliveries(from, until).into_iter();
        all.filter(|it| it.is_local(2) == local).collect()
    };
    let local = of(true, gone, returned);
    let live = local.iter().filter(|it| it.took() <= LIVE).count();
    let across_meanwhile = of(false, gone, returned);
    // The last that came late after the return: from then on, all was live again.
    let late = of(false, gone, end).into_iter();
    let late = late.filter(|it| it.took() > LIVE && it.heard_at > returned);
    let last_late = late.map(|it| it.heard_at).max().unwrap_or(returned);
    let across = Duration::from_micros(last_late - returned);
    Ok(Round::new(stage.town.verdict().await?)
        .with(
            "p99 before ms",
            p99(&of(true, begun, gone)).as_secs_f64() * 1e3,
        )
        .with("local live %", percent(live, local.len()))
        .with("local p99 ms", p99(&local).as_secs_f64() * 1e3)
        .with(
            "across meanwhile p99 s",
            p99(&across_meanwhile).as_secs_f64(),
        )
        .within("across again", Some(across), Some(ACROSS))
        .with(
            "across p99 after ms",
            p99(&of(false, last_late, end)).as_secs_f64() * 1e3,
        )
        .within("whole", silent, Some(WHOLE))
        .expect(online, "everybody is online before the failure")
        .expect(live == local.len() && live > 0, "local delivery goes on")
        .expect(
            stage.town.connections(|_| true) == connections,
            "nobody has to reconnect",
        ))
}

pub fn percent(part: usize, whole: usize) -> f64 {
    let [part, whole] = [part, whole].map(|it| u32::try_from(it).map_or(f64::MAX, f64::from));
    if whole > 0.0 {
        part / whole * 100.0
    } else {
        f64::NAN
    }
}
