//! Limits hold for all nodes together.

use crate::{
    people::{refused, settings, text},
    town::Town,
};
use chat::{Client, RateLimits, Settings};
use model::{ErrorCode, Login, Register};
use sqlx::PgPool;
use std::{num::NonZeroU32, time::Duration};

fn limited() -> Settings {
    let number = |n| NonZeroU32::new(n).unwrap();
    Settings {
        rate_limits: RateLimits {
            volume: true,
            messages_burst: number(20),
            messages_per_second: number(1),
            registrations_per_hour: number(3),
            wrong_passwords: 3,
            ..RateLimits::default()
        },
        ..settings()
    }
}

fn register(name: &str) -> Register {
    Register {
        username: name.to_owned(),
        password: "correct horse".to_owned(),
        name: None,
        email: None,
    }
}

fn client() -> Client {
    Client {
        address: Some("192.0.2.1".parse().unwrap()),
        user_agent: None,
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn whoever_goes_from_node_to_node_sends_no_more(db: PgPool) {
    let town = Town::with(db, limited()).await;
    let ada = &town.people.ada;
    let id = town.people.group().await;
    let (one, other) = town.two(&[ada], &[]).await;
    for n in 0..20 {
        let sent = one.chat.send_message(ada, id, text(&n.to_string(), None));
        sent.await.unwrap();
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut more = 0;
    for n in 0..20 {
        let sent = other.chat.send_message(ada, id, text(&n.to_string(), None));
        match sent.await {
            Ok(_) => more += 1,
            Err(error) => assert_eq!(error.code(), ErrorCode::TooManyRequests),
        }
    }
    // One a second: those that the test itself has taken.
    assert!(more < 10, "{more}");
    let grace = &town.people.grace;
    other
        .chat
        .send_message(grace, id, text("hi", None))
        .await
        .unwrap();
    town.end([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn registrations_are_counted_once_for_all(db: PgPool) {
    let mut town = Town::with(db, limited()).await;
    let (mut one, other) = town.two(&[], &[]).await;
    for (n, chat) in [&one.chat, &other.chat, &one.chat].into_iter().enumerate() {
        let new = register(&format!("user{n}"));
        chat.register(new, &client()).await.unwrap();
    }
    let fourth = one.chat.register(register("user4"), &client()).await;
    refused(fourth, ErrorCode::TooManyRequests);
    // Without Redis each counts for itself.
    town.redis.kill();
    one.until("the end of Redis", Duration::from_secs(20), |bus| {
        !bus.is_up
    })
    .await;
    other
        .chat
        .register(register("user5"), &client())
        .await
        .unwrap();
    town.end([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn wrong_passwords_are_counted_once_for_all(db: PgPool) {
    let town = Town::with(db, limited()).await;
    let (one, other) = town.two(&[], &[]).await;
    one.chat
        .register(register("hopper"), &client())
        .await
        .unwrap();
    let login = |password: &str| Login {
        login: "hopper".to_owned(),
        password: password.to_owned(),
    };
    for chat in [&one.chat, &other.chat] {
        for _ in 0..2 {
            chat.login(login("correct horse"), &client()).await.unwrap();
        }
    }
    for chat in [&one.chat, &other.chat, &other.chat] {
        let wrong = chat.login(login("wrong"), &client()).await;
        refused(wrong, ErrorCode::Unauthenticated);
    }
    for chat in [&one.chat, &other.chat] {
        let right = chat.login(login("correct horse"), &client()).await;
        refused(right, ErrorCode::TooManyRequests);
    }
    town.end([one, other]).await;
}
