//! Postgres dies with all its processes under load, and recovers from what it has synced.

use crate::{
    Result, Settings,
    report::{Report, Round},
    town::{TALKING, Town},
};
use bench::{
    people::People,
    processes::{Folder, JWT_SECRET, Postgres, Service},
};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Within this, people are answered again.
const BACK: Duration = Duration::from_secs(5);

pub async fn run(settings: &Settings) -> Result<Report> {
    let folder = Folder::new("chaos")?;
    let mut postgres = Postgres::start(&folder, "").await?;
    let mut parlance = Service::parlance(&folder, "parlance", &postgres.url());
    parlance.start().await?;
    let people = People::new(postgres.pool().await?, JWT_SECRET)?;
    let address = parlance.address();
    let town = Town::found(people, |_| vec![address]).await?;

    let mut report = Report::new("kill_postgres");
    for _ in 0..settings.rounds(20) {
        town.order(TALKING);
        let online = town.is_online(Duration::from_secs(30)).await;
        sleep(Duration::from_millis(rand::random_range(1_000..2_500))).await;
        postgres.kill();
        sleep(Duration::from_millis(rand::random_range(0..2_000))).await;
        let restarted = Instant::now();
        postgres.launch()?;
        postgres.wait().await?;
        let up = restarted.elapsed();
        let back = town
            .acknowledged_after(restarted, Duration::from_secs(30))
            .await;
        let silent = town.falls_silent(Duration::from_secs(30)).await;
        report.add(
            Round::new(town.verdict().await?)
                .within("up", Some(up), None)
                .within("first ack", back.first, Some(BACK))
                .within("all back", back.everybody, Some(BACK))
                .expect(online, "everybody is online before the failure")
                .expect(silent, "everybody has everything 30 s later"),
        );
    }
    Ok(report)
}
