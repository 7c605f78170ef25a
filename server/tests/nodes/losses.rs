//! A server dies, Redis dies: every message comes to everybody once, in order.

use crate::{
    NO_DOORS,
    common::{
        PASSWORD,
        client::Client,
        house::{House, Person},
        process::Process,
    },
    redis::Redis,
    two, until,
};
use model::ConversationId;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, PgPool};
use std::time::Duration;

/// The bodies of the messages that a client hears next; in order, and without a hole.
async fn bodies(client: &mut Client, count: usize) -> Vec<String> {
    let mut bodies = Vec::new();
    let mut position = None;
    while bodies.len() < count {
        let message = client.hear("message:created").await["message"].take();
        let here = message["position"].as_i64().unwrap();
        assert_eq!(here, position.unwrap_or(here), "{message} after {bodies:?}");
        position = Some(here + 1);
        bodies.push(message["body"].as_str().unwrap().to_owned());
    }
    bodies
}

async fn say_all(house: &House, who: &Person, id: ConversationId, from: usize, to: usize) {
    for n in from..to {
        house.say(who, id, &n.to_string()).await;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn redis_comes_and_goes(db: PgPool) {
    let mut redis = Redis::start().await;
    let (one, other) = two(&db, &redis, NO_DOORS).await;
    let ada = one.person("ada").await;
    let grace = other.person("grace").await;
    let id = one.group(&[&ada, &grace]).await;
    let (mut here, mut there) = (one.client(&ada).await, other.client(&grace).await);
    for round in 0..3 {
        let from = round * 200;
        let talking = async {
            tokio::join!(
                say_all(&one, &ada, id, from, from + 100),
                say_all(&other, &grace, id, from + 100, from + 200)
            )
        };
        let breaking = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            redis.kill();
            until(async || !one.chat.bus().unwrap().is_up).await;
            tokio::time::sleep(Duration::from_millis(300)).await;
            redis.restart().await;
        };
        tokio::join!(talking, breaking);
        let heard = bodies(&mut here, 200).await;
        assert_eq!(bodies(&mut there, 200).await, heard);
        let mut all: Vec<usize> = heard.iter().map(|it| it.parse().unwrap()).collect();
        all.sort_unstable();
        assert_eq!(all, (from..from + 200).collect::<Vec<_>>());
        for house in [&one, &other] {
            until(async || house.chat.bus().unwrap().is_up).await;
        }
    }
    one.close().await;
    other.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_server_dies_with_its_last_word_on_its_lips(db: PgPool) {
    let redis = Redis::start().await;
    let url = format!("--redis-url={}", redis.url());
    let house = House::with(db.clone(), &["--rate-limit=off", NO_DOORS, &url]).await;
    let ada = house.person("ada").await;
    let grace = house.person("grace").await;
    let id = house.group(&[&ada, &grace]).await;
    let mut client = house.client(&grace).await;
    let database = db.connect_options().to_url_lossy();
    for round in 0..3 {
        let flags = ["--rate-limit=off", NO_DOORS, &url];
        let mut doomed = Process::start(database.as_str(), &flags).await;
        let ready = format!("{}/health/ready", doomed.base);
        let is_up = async || {
            let ready = reqwest::get(&ready).await.unwrap();
            ready.text().await.unwrap().contains(r#""bus":"ok""#)
        };
        until(is_up).await;
        let http = reqwest::Client::new();
        let login = json!({ "login": "ada", "password": PASSWORD });
        let login = http
            .post(format!("{}/api/v1/auth/login", doomed.base))
            .json(&login);
        let signed_in: Value = login.send().await.unwrap().json().await.unwrap();
        let token = signed_in["accessToken"].as_str().unwrap();
        for n in 0..20 {
            let answer = http
                .post(format!(
                    "{}/api/v1/conversations/{id}/messages",
                    doomed.base
                ))
                .bearer_auth(token)
                .json(&json!({ "body": format!("{round}.{n}") }))
                .send();
            assert_eq!(answer.await.unwrap().status(), 201);
        }
        doomed.kill().await;
        let all: Vec<_> = (0..20).map(|n| format!("{round}.{n}")).collect();
        assert_eq!(bodies(&mut client, 20).await, all);
    }
    house.close().await;
}
