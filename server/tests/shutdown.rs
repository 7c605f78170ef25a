//! Graceful shutdown: readiness fails, requests in flight are answered, and the process ends in time.
//! A second signal ends it at once.

#![allow(
    clippy::disallowed_methods,
    reason = "tests are not cancelled, as a request is"
)]

mod common;

use common::{PASSWORD, process::Process};
use serde_json::json;
use sqlx::{ConnectOptions, PgPool};
use std::time::{Duration, Instant};

#[sqlx::test(migrations = "../migrations")]
async fn work_in_flight_is_finished(pool: PgPool) {
    for name in ["INT", "TERM"] {
        let url = pool.connect_options().to_url_lossy();
        let server = Process::start(url.as_str(), &[]).await;
        let http = reqwest::Client::new();
        // A registration is in flight for as long as its password is hashed.
        let register = http
            .post(format!("{}/api/v1/auth/register", server.base))
            .json(&json!({ "username": format!("ada-{}", name.to_lowercase()), "password": PASSWORD }))
            .send();
        let register = tokio::spawn(register);
        wait_until_in_flight(&server.base).await;
        let asked = Instant::now();
        server.signal(name).await;
        assert_eq!(register.await.unwrap().unwrap().status(), 201, "{name}");
        let (status, log) = server.wait().await;
        assert!(status.success(), "{name}: {status}\n{log}");
        assert!(
            asked.elapsed() < Duration::from_secs(8),
            "{name} took {:?}",
            asked.elapsed()
        );
        assert!(log.contains("stopped"), "{log}");
    }
}

/// Waits until a request beside this one is in flight.
async fn wait_until_in_flight(base: &str) {
    let in_flight = async {
        let url = format!("{base}/metrics");
        loop {
            let metrics = reqwest::get(&url).await.unwrap().text().await.unwrap();
            if metrics.contains("\nparlance_http_requests_in_flight 2") {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), in_flight)
        .await
        .expect("a request in flight");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stopping_server_is_not_ready(pool: PgPool) {
    let url = pool.connect_options().to_url_lossy();
    let server = Process::start(url.as_str(), &["--shutdown-delay=2"]).await;
    let ready = format!("{}/health/ready", server.base);
    assert_eq!(reqwest::get(&ready).await.unwrap().status(), 200);
    server.signal("TERM").await;
    let seen = async {
        while reqwest::get(&ready).await.unwrap().status() != 503 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(1), seen)
        .await
        .unwrap();
    let base = server.base.clone();
    assert!(server.wait().await.0.success());
    reqwest::get(&base).await.expect_err("the port is closed");
}

/// A registration that waits for a lock in the database for as long as the answer is held.
async fn stuck_registration(
    pool: &PgPool,
    base: &str,
) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut lock = pool.begin().await.unwrap();
    sqlx::query("lock table users")
        .execute(&mut *lock)
        .await
        .unwrap();
    let register = reqwest::Client::new()
        .post(format!("{base}/api/v1/auth/register"))
        .json(&json!({ "username": "ada", "password": PASSWORD }))
        .send();
    tokio::spawn(register);
    wait_until_in_flight(base).await;
    lock
}

#[sqlx::test(migrations = "../migrations")]
async fn the_whole_stop_takes_no_longer_than_it_may(pool: PgPool) {
    let url = pool.connect_options().to_url_lossy();
    let server = Process::start(url.as_str(), &["--shutdown-timeout=2"]).await;
    let lock = stuck_registration(&pool, &server.base).await;
    let asked = Instant::now();
    server.signal("TERM").await;
    let (status, log) = server.wait().await;
    let took = asked.elapsed();
    assert!(status.success(), "{status}\n{log}");
    assert!(took < Duration::from_secs(3), "{took:?}\n{log}");
    assert!(log.contains("gave up"), "{log}");
    lock.rollback().await.unwrap();
}

#[sqlx::test(migrations = "../migrations")]
async fn a_second_signal_ends_the_server_at_once(pool: PgPool) {
    for (first, second, code) in [
        ("INT", "INT", 130),
        ("TERM", "INT", 130),
        ("TERM", "TERM", 143),
    ] {
        let url = pool.connect_options().to_url_lossy();
        let server = Process::start(url.as_str(), &["--shutdown-delay=60"]).await;
        server.signal(first).await;
        let ready = format!("{}/health/ready", server.base);
        while reqwest::get(&ready).await.unwrap().status() != 503 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let asked = Instant::now();
        server.signal(second).await;
        let (status, log) = server.wait().await;
        assert_eq!(status.code(), Some(code), "{first}, {second}: {log}");
        assert!(
            asked.elapsed() < Duration::from_secs(1),
            "{:?}",
            asked.elapsed()
        );
    }
}
