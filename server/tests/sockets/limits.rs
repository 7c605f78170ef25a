//! Limits of volume, per socket and per user.

use crate::common::house::House;
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn too_many_events_of_one_socket_are_refused_with_a_time(db: PgPool) {
    let house = House::with(db, &[]).await;
    let ada = house.person("ada").await;
    let mut client = house.client(&ada).await;
    let mut neighbour = house.client(&ada).await;
    let mut calls = Vec::new();
    for _ in 0..600 {
        calls.push(client.call(&json!(["nonsense", {}])).await);
    }
    let mut refused = 0;
    for call in calls {
        let answer = client.answer(call).await;
        if answer["error"]["code"] == "too_many_requests" {
            assert!(answer["error"]["retryAfter"].as_u64().unwrap() >= 1);
            refused += 1;
        }
    }
    assert!(refused > 100, "{refused}");
    neighbour
        .done("presence:set", &json!({ "status": "online" }))
        .await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    client
        .done("presence:set", &json!({ "status": "online" }))
        .await;
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn too_many_messages_of_one_user_are_refused_with_a_time(db: PgPool) {
    let house = House::with(
        db,
        &[
            "--rate-limit-messages-burst=5",
            "--rate-limit-messages-per-second=1",
        ],
    )
    .await;
    let ada = house.person("ada").await;
    let group = house.group(&[&ada]).await;
    let mut client = house.client(&ada).await;
    let send = json!({ "conversationId": group, "body": "Again" });
    for _ in 0..5 {
        client.done("message:send", &send).await;
    }
    let answer = client.ask("message:send", &send).await;
    assert_eq!(answer["error"]["code"], "too_many_requests");
    assert!(answer["error"]["retryAfter"].as_u64().unwrap() >= 1);
    house.close().await;
}
