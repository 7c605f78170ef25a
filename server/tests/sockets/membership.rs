//! Membership: events arrive from joining to leaving, on every device.

use crate::common::{client::Client, test_server::TestServer};
use model::ConversationId;
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn a_new_member_receives_events_at_once(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let group = server.group(&[&ada]).await;
    let mut client = server.client(&grace).await;
    for round in 0..20 {
        server.add(&ada, group, &grace).await;
        server.send(&ada, group, &format!("Welcome {round}")).await;
        let created = client.wait_for("conversation:created").await;
        assert_eq!(created["conversation"]["id"], group.to_string());
        let message = client.wait_for("message:created").await;
        assert_eq!(message["message"]["body"], format!("Welcome {round}"));
        server
            .chat
            .remove_member(&ada.caller, group, grace.id())
            .await
            .unwrap();
        client.wait_for("conversation:removed").await;
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removed_member_receives_nothing_from_that_moment(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let group = server.group(&[&ada, &grace]).await;
    let mut devices = [server.client(&grace).await, server.client(&grace).await];
    for _ in 0..20 {
        let stream = async {
            for index in 0..20 {
                server.send(&ada, group, &index.to_string()).await;
            }
        };
        let removal = server.chat.remove_member(&ada.caller, group, grace.id());
        let ((), removed) = tokio::join!(stream, removal);
        removed.unwrap();
        let marker = server.marker(&grace).await;
        for client in &mut devices {
            client.wait_for("conversation:removed").await;
            receives_nothing_of(client, &group.to_string(), marker).await;
        }
        server.add(&ada, group, &grace).await;
        for client in &mut devices {
            client.wait_for("conversation:created").await;
        }
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removal_while_connecting_leaves_no_subscription(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let group = server.group(&[&ada, &grace]).await;
    for round in 0..40 {
        let connect = async {
            tokio::time::sleep(std::time::Duration::from_micros(round * 150)).await;
            Client::ready(server.address, &grace.token).await
        };
        let removal = server.chat.remove_member(&ada.caller, group, grace.id());
        let ((mut client, _), removed) = tokio::join!(connect, removal);
        removed.unwrap();
        server.send(&ada, group, "Among us").await;
        let marker = server.marker(&grace).await;
        let received = client.drain_until(marker).await;
        let got_it = received.iter().any(|(name, _)| name == "message:created");
        assert!(!got_it, "round {round}: {received:?}");
        server.add(&ada, group, &grace).await;
        client.wait_for("conversation:created").await;
        server.send(&ada, group, "Welcome back").await;
        let message = client.wait_for("message:created").await;
        assert_eq!(message["message"]["body"], "Welcome back");
    }
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_addition_while_connecting_is_not_missed(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let group = server.group(&[&ada]).await;
    for round in 0..40 {
        let connect = async {
            tokio::time::sleep(std::time::Duration::from_micros(round * 150)).await;
            Client::ready(server.address, &grace.token).await
        };
        let ((mut client, _), ()) = tokio::join!(connect, server.add(&ada, group, &grace));
        server.send(&ada, group, "Welcome").await;
        client.wait_for("message:created").await;
        server
            .chat
            .remove_member(&ada.caller, group, grace.id())
            .await
            .unwrap();
        client.wait_for("conversation:removed").await;
    }
    server.stop().await;
}

async fn receives_nothing_of(client: &mut Client, conversation: &str, marker: ConversationId) {
    for (name, payload) in client.drain_until(marker).await {
        let is_about = payload["conversationId"] == conversation;
        assert!(!is_about, "{name} {payload} after the removal");
    }
    let typing = json!({ "conversationId": conversation });
    let answer = client.emit_with_ack("typing:start", &typing).await;
    assert_eq!(answer["error"]["code"], "not_found");
}
