//! Order: events are processed as they were emitted, and each is acknowledged.

use crate::common::test_server::TestServer;
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
