//! Delivery: events reach the members, on all of their devices, and nobody else.

use crate::common::{
    client::Client,
    test_server::{Person, TestServer},
};
use model::ConversationId;
use serde_json::{Value, json};
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn members_receive_messages_and_an_outsider_receives_nothing(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let outsider = server.person("eve").await;
    let group = server.group(&[&ada, &grace]).await;
    let mut stranger = server.client(&outsider).await;
    let mut sender = server.client(&ada).await;
    let mut phone = server.client(&ada).await;
    let mut reader = server.client(&grace).await;

    let send = json!({ "conversationId": group, "body": "Hello", "clientId": "one" });
    let sent = sender.emit_ok("message:send", &send).await;
    assert_eq!(sent["deduplicated"], false);
    for client in [&mut reader, &mut phone, &mut sender] {
        let received = client.wait_for("message:created").await;
        assert_eq!(received["conversationId"], group.to_string());
        assert_eq!(received["message"], sent["message"]);
        assert_eq!(received["seq"], sent["message"]["seq"]);
    }
    let again = sender.emit_ok("message:send", &send).await;
    assert_eq!(again["deduplicated"], true);
    assert_eq!(again["message"]["id"], sent["message"]["id"]);

    let id = &sent["message"]["id"];
    sender
        .emit_ok(
            "message:edit",
            &json!({ "id": id, "body": "*Hello*, Grace" }),
        )
        .await;
    let edited = reader.wait_for("message:updated").await;
    assert_eq!(edited["message"]["body"], "*Hello*, Grace");
    assert_eq!(edited["message"]["html"], "<p><em>Hello</em>, Grace</p>");

    let reaction = json!({ "messageId": id, "emoji": "👍" });
    reader.emit_ok("reaction:add", &reaction).await;
    let reacted = sender.wait_for("message:updated").await;
    let reacted = if reacted["message"]["reactions"] == json!([]) {
        sender.wait_for("message:updated").await
    } else {
        reacted
    };
    assert_eq!(reacted["message"]["reactions"][0]["count"], 1);
    let removed = reader.emit_ok("reaction:remove", &reaction).await;
    assert_eq!(removed["message"]["reactions"], json!([]));

    sender.emit_ok("message:delete", &json!({ "id": id })).await;
    let deleted = reader.wait_for("message:deleted").await;
    assert_eq!(deleted["message"]["body"], "");
    assert!(deleted["message"].get("html").is_none());

    let of_the_group = events_of(&server, &outsider, &mut stranger, group).await;
    assert!(of_the_group.is_empty(), "{of_the_group:?}");
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn typing_and_receipts_stay_among_members(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let outsider = server.person("eve").await;
    let group = server.group(&[&ada, &grace]).await;
    let message = server.send(&ada, group, "Read me").await;
    let mut stranger = server.client(&outsider).await;
    let mut writer = server.client(&ada).await;
    let mut reader = server.client(&grace).await;
    let mut other_device = server.client(&grace).await;

    let at = json!({ "conversationId": group });
    reader.emit_ok("typing:start", &at).await;
    let typing = writer.wait_for("typing").await;
    assert_eq!(typing["userId"], grace.id().to_string());
    assert_eq!(typing["typing"], true);
    reader.emit_ok("typing:stop", &at).await;
    assert_eq!(writer.wait_for("typing").await["typing"], false);

    let to = json!({ "conversationId": group, "position": message.position });
    reader.emit_ok("conversation:delivered", &to).await;
    let delivered = writer.wait_for("receipt:updated").await;
    assert_eq!(delivered["deliveredPosition"], message.position);
    assert_eq!(delivered["readPosition"], 0);
    let answer = reader.emit_ok("conversation:read", &to).await;
    assert_eq!(answer["unread"]["unread"], 0);
    assert_eq!(
        writer.wait_for("receipt:updated").await["readPosition"],
        message.position
    );
    let unread = other_device.wait_for("unread").await;
    assert_eq!(unread["conversationId"], group.to_string());
    assert_eq!(unread["unread"], 0);
    assert_eq!(unread["total"], 0);

    let marker = server.marker(&grace).await;
    let typed = reader.drain_until(marker).await;
    assert!(typed.iter().all(|(name, _)| name != "typing"), "{typed:?}");
    for event in ["typing:start", "typing:stop"] {
        let answer = stranger.emit_with_ack(event, &at).await;
        assert_eq!(answer["error"]["code"], "not_found");
    }
    for event in ["conversation:read", "conversation:delivered"] {
        let answer = stranger.emit_with_ack(event, &to).await;
        assert_eq!(answer["error"]["code"], "not_found");
    }
    let of_the_group = events_of(&server, &outsider, &mut stranger, group).await;
    assert!(of_the_group.is_empty(), "{of_the_group:?}");
    server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sync_brings_what_was_missed_in_order(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let group = server.group(&[&ada, &grace]).await;
    let (mut client, ready) = Client::ready(server.address, &grace.token).await;
    let seq = ready["conversations"][0]["seq"].as_i64().unwrap();
    for body in ["one", "two", "three"] {
        server.send(&ada, group, body).await;
    }
    let mut known = json!({ "conversations": {} });
    known["conversations"][group.to_string()] = seq.into();
    let sync = client.emit_ok("sync", &known).await;
    assert_eq!(sync["hasMore"], false);
    let changes = sync["changes"].as_array().unwrap();
    let bodies: Vec<_> = changes
        .iter()
        .map(|change| change["message"]["body"].as_str().unwrap())
        .collect();
    assert_eq!(bodies, ["one", "two", "three"]);
    assert_eq!(changes[0]["type"], "message:created");
    assert_eq!(changes[0]["seq"], seq + 1);
    server.stop().await;
}

/// The events about a conversation that a person's client has received so far.
async fn events_of(
    server: &TestServer,
    person: &Person,
    client: &mut Client,
    conversation: ConversationId,
) -> Vec<(String, Value)> {
    let marker = server.marker(person).await;
    let events = client.drain_until(marker).await;
    for (name, payload) in &events {
        assert_eq!(payload["type"], name.as_str());
    }
    let id = conversation.to_string();
    let is_about = |(_, payload): &(String, Value)| payload["conversationId"] == id;
    events.into_iter().filter(is_about).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_new_name_reaches_those_who_share_a_conversation(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let outsider = server.person("eve").await;
    server.group(&[&ada, &grace]).await;
    let mut reader = server.client(&grace).await;
    let mut own = server.client(&ada).await;
    let mut stranger = server.client(&outsider).await;
    let profile = model::Profile {
        name: Some("Ada Lovelace".to_owned()),
        ..model::Profile::default()
    };
    let changed = server.chat.update_account(&ada.caller, profile);
    changed.await.unwrap();
    for client in [&mut reader, &mut own] {
        let updated = client.wait_for("user:updated").await;
        let expected = json!({ "type": "user:updated", "profile": {
            "id": ada.id().to_string(), "username": "ada", "name": "Ada Lovelace",
            "avatarUrl": null } });
        assert_eq!(updated, expected);
    }
    let marker = server.marker(&outsider).await;
    let received = stranger.drain_until(marker).await;
    let names: Vec<_> = received.iter().map(|(name, _)| name.as_str()).collect();
    assert!(!names.contains(&"user:updated"), "{names:?}");
    server.stop().await;
}
