//! Failures of a server and of Redis: every client receives every message once, in order.

use crate::{
    NO_CONTRACTS,
    common::{
        PASSWORD,
        client::Client,
        process::Process,
        test_server::{Person, TestServer},
    },
    redis::Redis,
    start_two, wait_until,
};
use model::ConversationId;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, PgPool};
use std::{
    ops::Range,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// The bodies of the next messages that a client receives. Asserts that no position is missing.
async fn bodies(client: &mut Client, count: usize) -> Vec<String> {
    let mut bodies = Vec::new();
    let mut position = None;
    while bodies.len() < count {
        let message = client.wait_for("message:created").await["message"].take();
        let here = message["position"].as_i64().unwrap();
        assert_eq!(here, position.unwrap_or(here), "{message} after {bodies:?}");
        position = Some(here + 1);
        bodies.push(message["body"].as_str().unwrap().to_owned());
    }
    bodies
}

/// Sends a message for each number, and counts them.
async fn send_numbers(
    server: &TestServer,
    sender: &Person,
    id: ConversationId,
    numbers: Range<usize>,
    sent: &AtomicUsize,
) {
    for n in numbers {
        server.send(sender, id, &n.to_string()).await;
        sent.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn messages_survive_outages_of_redis(db: PgPool) {
    let mut redis = Redis::start().await;
    let (one, other) = start_two(&db, &redis, NO_CONTRACTS).await;
    let ada = one.person("ada").await;
    let grace = other.person("grace").await;
    let id = one.group(&[&ada, &grace]).await;
    let (mut here, mut there) = (one.client(&ada).await, other.client(&grace).await);
    for round in 0..3 {
        let from = round * 200;
        let sent = AtomicUsize::new(0);
        let has_sent = |count: usize| sent.load(Ordering::Relaxed) >= count.min(200);
        let sending = async {
            tokio::join!(
                send_numbers(&one, &ada, id, from..from + 100, &sent),
                send_numbers(&other, &grace, id, from + 100..from + 200, &sent)
            )
        };
        let outage = async {
            wait_until(async || has_sent(20)).await;
            redis.kill();
            wait_until(async || !one.chat.bus().unwrap().is_up).await;
            // Some messages are sent while Redis is away.
            let before = sent.load(Ordering::Relaxed);
            wait_until(async || has_sent(before + 60)).await;
            redis.restart().await;
        };
        tokio::join!(sending, outage);
        let received = bodies(&mut here, 200).await;
        assert_eq!(bodies(&mut there, 200).await, received);
        let mut all: Vec<usize> = received.iter().map(|it| it.parse().unwrap()).collect();
        all.sort_unstable();
        assert_eq!(all, (from..from + 200).collect::<Vec<_>>());
        for server in [&one, &other] {
            wait_until(async || server.chat.bus().unwrap().is_up).await;
        }
    }
    one.stop().await;
    other.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn messages_of_a_killed_server_reach_clients_of_the_other(db: PgPool) {
    let redis = Redis::start().await;
    let url = format!("--redis-url={}", redis.url());
    let server =
        TestServer::start_with(db.clone(), &["--rate-limit=off", NO_CONTRACTS, &url]).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let id = server.group(&[&ada, &grace]).await;
    let mut client = server.client(&grace).await;
    let database = db.connect_options().to_url_lossy();
    for round in 0..3 {
        let flags = ["--rate-limit=off", NO_CONTRACTS, &url];
        let mut doomed = Process::start(database.as_str(), &flags).await;
        let ready = format!("{}/health/ready", doomed.base);
        let is_up = async || {
            let ready = reqwest::get(&ready).await.unwrap();
            ready.text().await.unwrap().contains(r#""bus":"ok""#)
        };
        wait_until(is_up).await;
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
    server.stop().await;
}
