//! Presence: a user has one status, however many devices.

use crate::common::test_server::TestServer;
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn a_user_is_offline_when_the_last_device_has_gone(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let outsider = server.person("eve").await;
    server.group(&[&ada, &grace]).await;
    let mut friend = server.client(&ada).await;
    let mut stranger = server.client(&outsider).await;
    friend.drain().await;
    stranger.drain().await;

    let laptop = server.client(&grace).await;
    let came = friend.wait_for("presence").await;
    assert_eq!(came["userId"], grace.id().to_string());
    assert_eq!(came["status"], "online");
    let mut phone = server.client(&grace).await;

    drop(laptop);
    phone
        .emit_ok("presence:set", &json!({ "status": "away" }))
        .await;
    let received = friend.wait_for("presence").await;
    assert_eq!(
        received["status"], "away",
        "the first device alone changes nothing"
    );

    phone.frame("41").await;
    drop(phone);
    let gone = friend.wait_for("presence").await;
    assert_eq!(gone["userId"], grace.id().to_string());
    assert_eq!(gone["status"], "offline");
    assert!(gone["lastSeenAt"].is_string());

    let marker = server.marker(&outsider).await;
    let received = stranger.drain_until(marker).await;
    let of_grace =
        |(_, payload): &(String, serde_json::Value)| payload["userId"] == grace.id().to_string();
    assert!(!received.iter().any(of_grace), "{received:?}");
    server.stop().await;
}
