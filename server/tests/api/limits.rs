//! Rate limits: of messages, registrations, wrong passwords and requests.

use crate::common::{Answer, App, PASSWORD};
use serde_json::json;
use sqlx::PgPool;

fn seconds(answer: Answer) -> u64 {
    let seconds = answer.headers["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    answer.refused(429, "too_many_requests");
    seconds
}

#[sqlx::test(migrations = "../migrations")]
async fn messages_beyond_the_limit_wait(pool: PgPool) {
    let flags = [
        "--rate-limit=on",
        "--rate-limit-messages-burst=3",
        "--rate-limit-messages-per-second=1",
    ];
    let app = App::start_with(pool, &flags).await;
    let group = app.group().await;
    for _ in 0..3 {
        group.send("flood").await;
    }
    let path = format!("{}/messages", group.path);
    let wait = seconds(group.ada.post(&path, json!({ "body": "flood" })).await);
    assert!((1..=2).contains(&wait), "{wait} s");
    // Each user has a limit of their own.
    group
        .grace
        .post(&path, json!({ "body": "calm" }))
        .await
        .expect(201);
    // The delay is the one that the server gave.
    tokio::time::sleep(std::time::Duration::from_secs(wait)).await;
    group.send("later").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn registrations_of_one_address_are_limited(pool: PgPool) {
    let flags = ["--rate-limit=on", "--rate-limit-registrations-per-hour=2"];
    let app = App::start_with(pool, &flags).await;
    app.person("one").await;
    app.person("two").await;
    let three = json!({ "username": "three", "password": PASSWORD });
    let wait = seconds(app.nobody().post("/auth/register", three).await);
    assert!((60..=3600).contains(&wait), "{wait} s");
}

#[sqlx::test(migrations = "../migrations")]
async fn guessing_is_limited_whatever_the_settings(pool: PgPool) {
    let flags = ["--rate-limit=off", "--rate-limit-wrong-passwords=3"];
    let app = App::start_with(pool, &flags).await;
    app.person("ada").await;
    app.person("grace").await;
    for _ in 0..3 {
        let wrong = json!({ "login": "ada", "password": "a guess, and a long one" });
        app.nobody()
            .post("/auth/login", wrong)
            .await
            .refused(401, "unauthenticated");
    }
    let right = json!({ "login": "ada", "password": PASSWORD });
    let wait = seconds(app.nobody().post("/auth/login", right).await);
    assert!((600..=900).contains(&wait), "{wait} s");
    app.login("grace").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn requests_of_one_address_are_limited(pool: PgPool) {
    let flags = [
        "--rate-limit=on",
        "--rate-limit-requests-burst=20",
        "--rate-limit-requests-per-second=1",
    ];
    let app = App::start_with(pool, &flags).await;
    let ada = app.person("ada").await;
    let mut refused = 0;
    for _ in 0..30 {
        let answer = ada.get("/me").await;
        if answer.status == 429 {
            assert!(seconds(answer) <= 3);
            refused += 1;
        }
    }
    assert!((8..=13).contains(&refused), "{refused} of 30");
    // Health checks are not limited.
    app.send(app.request(reqwest::Method::GET, "/health"))
        .await
        .expect(200);
}

#[sqlx::test(migrations = "../migrations")]
async fn files_of_one_address_are_limited_apart_from_its_requests(pool: PgPool) {
    let flags = [
        "--rate-limit=on",
        "--rate-limit-requests-burst=5",
        "--rate-limit-requests-per-second=1",
    ];
    let app = App::start_with(pool, &flags).await;
    let file = || app.send(app.request(reqwest::Method::GET, "/uploads/1/a.png"));
    let mut refused = 0;
    for _ in 0..40 {
        let answer = file().await;
        if answer.status == 429 {
            assert!(seconds(answer) <= 3);
            refused += 1;
        }
    }
    // Four for each request to the API, of which none has been used.
    assert!((5..=20).contains(&refused), "{refused} of 40");
    app.nobody()
        .get("/me")
        .await
        .refused(401, "unauthenticated");
}

#[sqlx::test(migrations = "../migrations")]
async fn addresses_are_told_apart_behind_a_trusted_proxy_only(pool: PgPool) {
    for (proxies, expected) in [("127.0.0.1", 200), ("192.0.2.1", 429)] {
        let proxies = format!("--trusted-proxies={proxies}");
        let flags = [
            "--rate-limit=on",
            "--rate-limit-requests-burst=5",
            "--rate-limit-requests-per-second=1",
            &proxies,
        ];
        let app = App::start_with(pool.clone(), &flags).await;
        let ask = |address: &'static str| {
            let request = app.request(reqwest::Method::GET, "/api/v1/openapi.json");
            app.send(request.header("x-forwarded-for", address))
        };
        for _ in 0..5 {
            ask("198.51.100.1").await;
        }
        assert_eq!(ask("198.51.100.1").await.status, 429);
        assert_eq!(ask("198.51.100.2").await.status, expected, "{proxies}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_network_that_is_refused_again_and_again_is_answered_late(pool: PgPool) {
    let app = App::start_with(pool, &["--rate-limit=on"]).await;
    let ada = app.person("ada").await;
    let refuse = async || {
        let answer = app.nobody().get("/me").await;
        answer.refused(401, "unauthenticated");
    };
    // What is not refused is not late: several such requests, one after another, end before one refusal.
    let answered = std::cell::Cell::new(0);
    let late = async {
        for _ in 0..300 {
            let before = answered.get();
            refuse().await;
            if answered.get() - before >= 5 {
                return true;
            }
        }
        false
    };
    let others = async {
        loop {
            ada.get("/me").await.expect(200);
            answered.set(answered.get() + 1);
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    let is_late = tokio::select! {
        is_late = late => is_late,
        () = others => unreachable!("it has no end"),
    };
    assert!(is_late, "300 refusals were prompt");
}
