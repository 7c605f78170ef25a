//! Presence: a user has one status, however many devices.

use crate::common::{client::Client, test_server::TestServer};
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

#[sqlx::test(migrations = "../migrations")]
async fn everyone_sees_who_is_there_where_it_is_set_so(db: PgPool) {
    let arguments = ["--rate-limit=off", "--presence-audience=everyone"];
    let server = TestServer::start_with(db, &arguments).await;
    let ada = server.person("ada").await;
    let stranger = server.person("eve").await;
    let mut watcher = server.client(&stranger).await;
    let mut laptop = server.client(&ada).await;
    let came = loop {
        let changed = watcher.wait_for("presence").await;
        if changed["userId"] == ada.id().to_string() {
            break changed;
        }
    };
    assert_eq!(came["status"], "online");
    let (_, ready) = Client::ready(server.address, &stranger.token).await;
    let present: Vec<_> = ready["presence"].as_array().unwrap().iter().collect();
    let of = |id: model::UserId| present.iter().any(|it| it["userId"] == id.to_string());
    assert!(of(ada.id()) && of(stranger.id()), "{present:?}");
    let online = server.chat.online_users(&stranger.caller).await.unwrap();
    assert_eq!(online.len(), 2);
    // Who is invisible stays so.
    let invisible = json!({ "status": "invisible" });
    laptop.emit_ok("presence:set", &invisible).await;
    let gone = loop {
        let changed = watcher.wait_for("presence").await;
        if changed["userId"] == ada.id().to_string() {
            break changed;
        }
    };
    assert_eq!(gone["status"], "offline");
    let online = server.chat.online_users(&stranger.caller).await.unwrap();
    assert_eq!(online.len(), 1);
    server.stop().await;
}
