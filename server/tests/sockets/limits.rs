//! Rate limits, per socket and per user.

use crate::common::{client::RECEIVE_TIMEOUT, test_server::TestServer};
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn too_many_events_of_one_socket_are_rejected_with_a_delay(db: PgPool) {
    let server = TestServer::start_with(db, &["--rate-limit=on"]).await;
    let ada = server.person("ada").await;
    let mut client = server.client(&ada).await;
    let mut neighbour = server.client(&ada).await;
    let mut calls = Vec::new();
    for _ in 0..600 {
        calls.push(client.emit_args(&json!(["nonsense", {}])).await);
    }
    let mut refused = 0;
    for call in calls {
        let answer = client.ack(call).await;
        if answer["error"]["code"] == "too_many_requests" {
            assert!(answer["error"]["retryAfter"].as_u64().unwrap() >= 1);
            refused += 1;
        }
    }
    // After one that is refused, the next ones are read later, when there is room for them.
    assert!((1..=200).contains(&refused), "{refused}");
    neighbour
        .emit_ok("presence:set", &json!({ "status": "online" }))
        .await;
    let accepted = async {
        let payload = json!({ "status": "online" });
        while client.emit_with_ack("presence:set", &payload).await["ok"] != true {}
    };
    // The bucket refills at 50 events per second.
    tokio::time::timeout(RECEIVE_TIMEOUT, accepted)
        .await
        .expect("the socket is served again");
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn too_many_messages_of_one_user_are_rejected_with_a_delay(db: PgPool) {
    let server = TestServer::start_with(
        db,
        &[
            "--rate-limit=on",
            "--rate-limit-messages-burst=5",
            "--rate-limit-messages-per-second=1",
        ],
    )
    .await;
    let ada = server.person("ada").await;
    let group = server.group(&[&ada]).await;
    let mut client = server.client(&ada).await;
    let send = json!({ "conversationId": group, "body": "Again" });
    for _ in 0..5 {
        client.emit_ok("message:send", &send).await;
    }
    let answer = client.emit_with_ack("message:send", &send).await;
    assert_eq!(answer["error"]["code"], "too_many_requests");
    assert!(answer["error"]["retryAfter"].as_u64().unwrap() >= 1);
    server.stop().await;
}
