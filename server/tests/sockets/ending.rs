//! Endings: of a session, of the server, of one who does not read.

use crate::common::{
    client::{Client, Packet, dial, request},
    house::House,
};
use futures_util::{SinkExt, StreamExt};
use model::PresenceStatus;
use serde_json::json;
use sqlx::PgPool;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

#[sqlx::test(migrations = "../migrations")]
async fn a_revoked_session_ends_its_sockets_and_no_others(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let other = house.person("grace").await;
    let mut sockets = [house.client(&ada).await, house.client(&ada).await];
    let mut neighbour = house.client(&other).await;
    house.chat.logout(&ada.caller).await.unwrap();
    for client in &mut sockets {
        while let Some(packet) = client.packet().await {
            if matches!(packet, Packet::Disconnect) {
                break;
            }
            assert!(matches!(packet, Packet::Event(..)), "{packet:?}");
        }
    }
    let refused = Client::connect(house.address, &ada.token)
        .await
        .err()
        .unwrap();
    assert!(refused.starts_with("unauthenticated: "), "{refused}");
    neighbour.heard().await;
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_revoked_while_connecting_ends_too(db: PgPool) {
    let house = House::open(db).await;
    for round in 0..20 {
        let person = house.person(&format!("person{round}")).await;
        let arrival = async {
            tokio::time::sleep(Duration::from_micros(round * 200)).await;
            Client::connect(house.address, &person.token).await
        };
        let (arrived, revoked) = tokio::join!(arrival, house.chat.logout(&person.caller));
        revoked.unwrap();
        if let Ok(mut client) = arrived {
            assert!(!client.is_hung_up().await, "the socket ends, round {round}");
        }
    }
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_stopping_server_hangs_up_and_clients_come_back(db: PgPool) {
    let house = House::open(db.clone()).await;
    let ada = house.person("ada").await;
    let group = house.group(&[&ada]).await;
    let mut clients = [house.client(&ada).await, house.client(&ada).await];
    let send = json!(["message:send", { "conversationId": group, "body": "Last words" }]);
    let mut calls = Vec::new();
    for _ in 0..10 {
        calls.push(clients[0].call(&send).await);
    }
    clients[0].answer(calls[0]).await;
    let start = Instant::now();
    house.close().await;
    for call in calls.into_iter().skip(1) {
        let answer = clients[0].answer(call).await;
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
            client.is_hung_up().await,
            "the connection ends, not the socket"
        );
    }

    let house = House::open(db).await;
    let (mut client, ready) = Client::ready(house.address, &ada.token).await;
    assert_eq!(ready["conversations"][0]["id"], group.to_string());
    client.heard().await;
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn who_does_not_read_is_cut_and_the_others_go_on(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let grace = house.person("grace").await;
    let sleeper = house.person("sleeper").await;
    let group = house.group(&[&ada, &grace, &sleeper]).await;
    let mut reader = house.client(&grace).await;
    let mut paused = dial(house.address, request(house.address), true)
        .await
        .unwrap();
    let connect = format!("40{}", json!({ "token": sleeper.token }));
    paused.send(Message::text(connect)).await.unwrap();
    let mut welcomed = false;
    while !welcomed {
        let frame = paused.next().await.unwrap().unwrap();
        welcomed = frame.to_text().unwrap().starts_with(r#"42["ready""#);
    }

    let body = "x".repeat(8000);
    let start = Instant::now();
    let mut sent = 0;
    let mut cut_after = None;
    while sent < 4000 && cut_after.is_none() {
        house.say(&ada, group, &body).await;
        sent += 1;
        let heard = reader.hear("message:created").await;
        assert_eq!(heard["message"]["position"], sent);
        if sent % 100 == 0 {
            let user = house.chat.user(&ada.caller, sleeper.id()).await.unwrap();
            if user.presence == PresenceStatus::Offline {
                cut_after = Some(sent);
            }
        }
    }
    println!("cut after {cut_after:?} messages, {:?}", start.elapsed());
    assert!(cut_after.is_some(), "not cut after {sent} messages");
    let mut frames = 0;
    while let Some(Ok(_)) = paused.next().await {
        frames += 1;
    }
    assert!(frames < sent, "{frames} of {sent}");
    house.close().await;
}
