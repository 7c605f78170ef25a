//! Rate limits hold for all nodes together.

use crate::{
    authenticator::code,
    fixtures::{refused, settings, text},
    test_cluster::TestCluster,
};
use chat::{Chat, Client, Error, RateLimits, Settings};
use model::{ErrorCode, Login, NewTwoFactor, Register, TwoFactorCode, TwoFactorLogin};
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
        ..Client::default()
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn going_from_node_to_node_gains_no_messages(db: PgPool) {
    let cluster = TestCluster::with(db, limited()).await;
    let ada = &cluster.people.ada;
    let id = cluster.people.group().await;
    let (one, other) = cluster.two_nodes(&[ada], &[]).await;
    for n in 0..20 {
        let sent = one.chat.send_message(ada, id, text(&n.to_string(), None));
        sent.await.unwrap();
    }
    // Usage is sent every 250 ms, and no event shows that it has arrived.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut more = 0;
    for n in 0..20 {
        let sent = other.chat.send_message(ada, id, text(&n.to_string(), None));
        match sent.await {
            Ok(_) => more += 1,
            Err(error) => assert_eq!(error.code(), ErrorCode::TooManyRequests),
        }
    }
    // One per second that the test has taken.
    assert!(more < 10, "{more}");
    let grace = &cluster.people.grace;
    other
        .chat
        .send_message(grace, id, text("hi", None))
        .await
        .unwrap();
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn registrations_are_counted_for_all_nodes(db: PgPool) {
    let mut cluster = TestCluster::with(db, limited()).await;
    let (one, other) = cluster.two_nodes(&[], &[]).await;
    for (n, chat) in [&one.chat, &other.chat, &one.chat].into_iter().enumerate() {
        let new = register(&format!("user{n}"));
        chat.register(new, &client()).await.unwrap();
    }
    let fourth = one.chat.register(register("user4"), &client()).await;
    refused(fourth, ErrorCode::TooManyRequests);
    // Without Redis each node counts for itself.
    cluster.redis.kill();
    one.wait_for_bus("the end of Redis", |bus| !bus.is_up).await;
    other
        .chat
        .register(register("user5"), &client())
        .await
        .unwrap();
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn wrong_passwords_are_counted_for_all_nodes(db: PgPool) {
    let cluster = TestCluster::with(db, limited()).await;
    let (one, other) = cluster.two_nodes(&[], &[]).await;
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
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn wrong_codes_are_counted_for_all_nodes(db: PgPool) {
    let cluster = TestCluster::with(db, limited()).await;
    let (one, other) = cluster.two_nodes(&[], &[]).await;
    let client = &client();
    let who = one.chat.register(register("hopper"), client).await;
    let tokens = one.chat.issue_tokens(who.unwrap(), client).await;
    let caller = one.chat.authenticate(&tokens.unwrap().access_token).await;
    let (caller, current_password) = (caller.unwrap(), "correct horse".to_owned());
    let new = NewTwoFactor { current_password };
    let setup = one.chat.begin_two_factor(&caller, new, client).await;
    let first = TwoFactorCode {
        code: code(&setup.unwrap().secret, 0),
    };
    // On another node than the one that has begun it: both have the key.
    let codes = other.chat.enable_two_factor(&caller, &first).await.unwrap();
    let login = Login {
        login: "hopper".to_owned(),
        password: "correct horse".to_owned(),
    };
    let Err(Error::TwoFactorRequired(ticket)) = one.chat.login(login, client).await else {
        panic!("no code is asked for");
    };
    let send = async |chat: &Chat, code: &str| {
        let login = TwoFactorLogin {
            ticket: ticket.secret().to_owned(),
            code: code.to_owned(),
        };
        chat.sign_in_with_code(&login, client).await
    };
    for chat in [&one.chat, &other.chat, &one.chat, &other.chat, &other.chat] {
        let wrong = send(chat, "aaaa-aaaa-aaaa-aaaa").await;
        refused(wrong, ErrorCode::Invalid);
    }
    for chat in [&one.chat, &other.chat] {
        let right = send(chat, &codes.recovery_codes[0]).await;
        refused(right, ErrorCode::TooManyRequests);
    }
    cluster.shut_down([one, other]).await;
}
