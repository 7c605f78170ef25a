//! Order: events are processed as they were emitted, and each is acknowledged.

use crate::common::{
    client::{Client, request},
    test_server::{Person, TestServer},
};
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn two_emits_back_to_back_keep_their_order_1000_times(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let group = server.group(&[&ada]).await;
    let mut client = server.client(&ada).await;
    let send = |body: &str| json!(["message:send", { "conversationId": group, "body": body }]);
    let mut kept = 0;
    for _ in 0..1000 {
        let first = client.emit_args(&send("first")).await;
        let second = client.emit_args(&send("second")).await;
        let positions = [client.ack(first).await, client.ack(second).await]
            .map(|answer| answer["message"]["position"].as_i64().unwrap());
        kept += usize::from(positions[0] + 1 == positions[1]);
    }
    assert_eq!(kept, 1000);
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_flood_is_answered_to_the_last_event(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let group = server.group(&[&ada]).await;
    let mut client = server.client(&ada).await;
    let mut calls = Vec::new();
    for index in 0..800 {
        let send = json!(["message:send", { "conversationId": group, "body": index.to_string() }]);
        calls.push(client.emit_args(&send).await);
    }
    let mut last = 0;
    let mut refused = 0;
    for (index, call) in calls.into_iter().enumerate() {
        let answer = client.ack(call).await;
        if answer["ok"] == true {
            assert_eq!(answer["message"]["body"], index.to_string());
            let position = answer["message"]["position"].as_i64().unwrap();
            assert!(position > last, "{position} after {last}");
            last = position;
        } else {
            assert_eq!(answer["error"]["code"], "unavailable", "{answer}");
            refused += 1;
        }
    }
    assert_eq!(
        last + refused,
        800,
        "every event that was processed has been acknowledged"
    );
    client
        .emit_ok("typing:stop", &json!({ "conversationId": group }))
        .await;
    server.stop().await;
}

/// Connects to the door `conversations`, whose `conversationCreated` is rendered with a query.
async fn conversations_client(server: &TestServer, person: &Person) -> Client {
    let request = request(server.contracts["conversations"]);
    let auth = json!({ "token": person.token });
    Client::join(request, "/chat", &auth).await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_conversation_comes_before_its_messages_at_a_door_that_queries(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let mut client = conversations_client(&server, &grace).await;
    for _ in 0..20 {
        let group = server.group(&[&ada, &grace]).await;
        for number in 1..=3 {
            server.send(&ada, group, &number.to_string()).await;
        }
        let mut heard = Vec::new();
        while heard.len() < 4 {
            let (event, payload) = client.next().await;
            match &*event {
                "conversationCreated" => heard.push(payload["_id"].clone()),
                "newMessage" => heard.push(payload["message"]["content"].clone()),
                _ => {}
            }
        }
        assert_eq!(heard, [json!(group), json!("1"), json!("2"), json!("3")]);
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_conversation_that_is_gone_before_it_is_rendered_cuts_nobody(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let direct = server.direct(&ada, &grace).await;
    let mut client = conversations_client(&server, &grace).await;
    for _ in 0..50 {
        let group = server.group(&[&ada, &grace]).await;
        let deleted = server.chat.delete_conversation(&ada.caller, group);
        deleted.await.unwrap();
    }
    server.send(&ada, direct, "Still here").await;
    let message = client.wait_for("newMessage").await;
    assert_eq!(message["message"]["content"], "Still here");
    server.stop().await;
}
