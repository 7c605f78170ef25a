//! The end of sockets: with their session, with the server, and of slow consumers.

use crate::common::{
    client::{Client, Packet, dial, request},
    test_server::TestServer,
};
use futures_util::{SinkExt, StreamExt};
use model::PresenceStatus;
use serde_json::json;
use sqlx::PgPool;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

#[sqlx::test(migrations = "../migrations")]
async fn a_revoked_session_ends_its_sockets_and_no_others(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let other = server.person("grace").await;
    let mut sockets = [server.client(&ada).await, server.client(&ada).await];
    let mut neighbour = server.client(&other).await;
    server.chat.logout(&ada.caller).await.unwrap();
    for client in &mut sockets {
        while let Some(packet) = client.packet().await {
            if matches!(packet, Packet::Disconnect) {
                break;
            }
            assert!(matches!(packet, Packet::Event(..)), "{packet:?}");
        }
    }
    let refused = Client::connect(server.address, &ada.token)
        .await
        .err()
        .unwrap();
    assert!(refused.starts_with("unauthenticated: "), "{refused}");
    neighbour.drain().await;
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_blocked_user_is_disconnected_also_while_connecting(db: PgPool) {
    let server = TestServer::start(db).await;
    let admin = server.administrator("ada").await;
    let caller = chat::Caller {
        role: model::UserRole::Admin,
        ..admin.caller
    };
    let mut neighbour = server.client(&admin).await;
    for round in 0..10 {
        let person = server.person(&format!("person{round}")).await;
        let mut settled = server.client(&person).await;
        let connect = async {
            tokio::time::sleep(Duration::from_micros(round * 400)).await;
            Client::connect(server.address, &person.token).await
        };
        let block = server.chat.block_user(&caller, person.id());
        let (connected, blocked) = tokio::join!(connect, block);
        blocked.unwrap();
        assert!(
            !settled.connection_closes().await,
            "the socket is disconnected, and the connection stays"
        );
        match connected {
            Ok(mut client) => assert!(!client.connection_closes().await, "round {round}"),
            Err(refused) => {
                let ended = ["forbidden: ", "unauthenticated: "];
                assert!(ended.iter().any(|it| refused.starts_with(it)), "{refused}");
            }
        }
    }
    neighbour
        .emit_ok("sync", &json!({ "conversations": {} }))
        .await;
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_revoked_while_connecting_ends_too(db: PgPool) {
    let server = TestServer::start(db).await;
    for round in 0..20 {
        let person = server.person(&format!("person{round}")).await;
        let connect = async {
            tokio::time::sleep(Duration::from_micros(round * 200)).await;
            Client::connect(server.address, &person.token).await
        };
        let (connected, revoked) = tokio::join!(connect, server.chat.logout(&person.caller));
        revoked.unwrap();
        if let Ok(mut client) = connected {
            assert!(
                !client.connection_closes().await,
                "the socket ends, round {round}"
            );
        }
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stopping_server_closes_connections_and_clients_reconnect(db: PgPool) {
    let server = TestServer::start(db.clone()).await;
    let ada = server.person("ada").await;
    let group = server.group(&[&ada]).await;
    let mut clients = [server.client(&ada).await, server.client(&ada).await];
    let send = json!(["message:send", { "conversationId": group, "body": "Last words" }]);
    let mut calls = Vec::new();
    for _ in 0..10 {
        calls.push(clients[0].emit_args(&send).await);
    }
    clients[0].ack(calls[0]).await;
    let start = Instant::now();
    server.stop().await;
    for call in calls.into_iter().skip(1) {
        let answer = clients[0].ack(call).await;
        let code = &answer["error"]["code"];
        assert!(answer["ok"] == true || code == "unavailable", "{answer}");
    }
    assert!(
        start.elapsed() < Duration::from_secs(4),
        "{:?}",
        start.elapsed()
    );
    for client in &mut clients {
        assert!(
            client.connection_closes().await,
            "the connection ends, not the socket"
        );
    }

    let server = TestServer::start(db).await;
    let (mut client, ready) = Client::ready(server.address, &ada.token).await;
    assert_eq!(ready["conversations"][0]["id"], group.to_string());
    client.drain().await;
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_slow_consumer_is_disconnected_and_the_others_go_on(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let sleeper = server.person("sleeper").await;
    let group = server.group(&[&ada, &grace, &sleeper]).await;
    let mut reader = server.client(&grace).await;
    let mut paused = dial(server.address, request(server.address), true)
        .await
        .unwrap();
    let connect = format!("40{}", json!({ "token": sleeper.token }));
    paused.send(Message::text(connect)).await.unwrap();
    let mut is_ready = false;
    while !is_ready {
        let frame = paused.next().await.unwrap().unwrap();
        is_ready = frame.to_text().unwrap().starts_with(r#"42["ready""#);
    }

    let body = "x".repeat(8000);
    let start = Instant::now();
    let mut sent = 0;
    let mut aborted_after = None;
    while sent < 4000 && aborted_after.is_none() {
        server.send(&ada, group, &body).await;
        sent += 1;
        let received = reader.wait_for("message:created").await;
        assert_eq!(received["message"]["position"], sent);
        if sent % 100 == 0 {
            let user = server.chat.user(&ada.caller, sleeper.id()).await.unwrap();
            if user.presence == PresenceStatus::Offline {
                aborted_after = Some(sent);
            }
        }
    }
    println!(
        "aborted after {aborted_after:?} messages, {:?}",
        start.elapsed()
    );
    assert!(aborted_after.is_some(), "not aborted after {sent} messages");
    let mut frames = 0;
    while let Some(Ok(_)) = paused.next().await {
        frames += 1;
    }
    assert!(frames < sent, "{frames} of {sent}");
    server.stop().await;
}
