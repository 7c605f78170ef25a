//! Who hears what: the members, on all their devices, and nobody else.

use crate::common::house::House;
use serde_json::{Value, json};
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn members_hear_messages_and_an_outsider_hears_nothing(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let grace = house.person("grace").await;
    let outsider = house.person("eve").await;
    let group = house.group(&[&ada, &grace]).await;
    let mut stranger = house.client(&outsider).await;
    let mut sender = house.client(&ada).await;
    let mut phone = house.client(&ada).await;
    let mut reader = house.client(&grace).await;

    let send = json!({ "conversationId": group, "body": "Hello", "clientId": "one" });
    let sent = sender.done("message:send", &send).await;
    assert_eq!(sent["deduplicated"], false);
    for client in [&mut reader, &mut phone, &mut sender] {
        let heard = client.hear("message:created").await;
        assert_eq!(heard["conversationId"], group.to_string());
        assert_eq!(heard["message"], sent["message"]);
        assert_eq!(heard["seq"], sent["message"]["seq"]);
    }
    let again = sender.done("message:send", &send).await;
    assert_eq!(again["deduplicated"], true);
    assert_eq!(again["message"]["id"], sent["message"]["id"]);

    let id = &sent["message"]["id"];
    sender
        .done("message:edit", &json!({ "id": id, "body": "Hello, Grace" }))
        .await;
    let edited = reader.hear("message:updated").await;
    assert_eq!(edited["message"]["body"], "Hello, Grace");

    let reaction = json!({ "messageId": id, "emoji": "👍" });
    reader.done("reaction:add", &reaction).await;
    let reacted = sender.hear("message:updated").await;
    let reacted = if reacted["message"]["reactions"] == json!([]) {
        sender.hear("message:updated").await
    } else {
        reacted
    };
    assert_eq!(reacted["message"]["reactions"][0]["count"], 1);
    let removed = reader.done("reaction:remove", &reaction).await;
    assert_eq!(removed["message"]["reactions"], json!([]));

    sender.done("message:delete", &json!({ "id": id })).await;
    let deleted = reader.hear("message:deleted").await;
    assert_eq!(deleted["message"]["body"], "");

    let of_the_group = heard_of(&mut stranger, &group.to_string()).await;
    assert!(of_the_group.is_empty(), "{of_the_group:?}");
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn typing_and_receipts_stay_among_members(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let grace = house.person("grace").await;
    let outsider = house.person("eve").await;
    let group = house.group(&[&ada, &grace]).await;
    let message = house.say(&ada, group, "Read me").await;
    let mut stranger = house.client(&outsider).await;
    let mut writer = house.client(&ada).await;
    let mut reader = house.client(&grace).await;
    let mut other_device = house.client(&grace).await;

    let at = json!({ "conversationId": group });
    reader.done("typing:start", &at).await;
    let typing = writer.hear("typing").await;
    assert_eq!(typing["userId"], grace.id().to_string());
    assert_eq!(typing["typing"], true);
    reader.done("typing:stop", &at).await;
    assert_eq!(writer.hear("typing").await["typing"], false);

    let to = json!({ "conversationId": group, "position": message.position });
    reader.done("conversation:delivered", &to).await;
    let delivered = writer.hear("receipt:updated").await;
    assert_eq!(delivered["deliveredPosition"], message.position);
    assert_eq!(delivered["readPosition"], 0);
    let answer = reader.done("conversation:read", &to).await;
    assert_eq!(answer["unread"]["unread"], 0);
    assert_eq!(
        writer.hear("receipt:updated").await["readPosition"],
        message.position
    );
    let unread = other_device.hear("unread").await;
    assert_eq!(unread["conversationId"], group.to_string());
    assert_eq!(unread["unread"], 0);
    assert_eq!(unread["total"], 0);

    let typed = reader.heard().await;
    assert!(typed.iter().all(|(name, _)| name != "typing"), "{typed:?}");
    for event in ["typing:start", "typing:stop"] {
        let answer = stranger.ask(event, &at).await;
        assert_eq!(answer["error"]["code"], "not_found");
    }
    for event in ["conversation:read", "conversation:delivered"] {
        let answer = stranger.ask(event, &to).await;
        assert_eq!(answer["error"]["code"], "not_found");
    }
    let of_the_group = heard_of(&mut stranger, &group.to_string()).await;
    assert!(of_the_group.is_empty(), "{of_the_group:?}");
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sync_brings_what_was_missed_in_order(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let grace = house.person("grace").await;
    let group = house.group(&[&ada, &grace]).await;
    let (mut client, ready) =
        crate::common::client::Client::ready(house.address, &grace.token).await;
    let seq = ready["conversations"][0]["seq"].as_i64().unwrap();
    for body in ["one", "two", "three"] {
        house.say(&ada, group, body).await;
    }
    let mut known = json!({ "conversations": {} });
    known["conversations"][group.to_string()] = seq.into();
    let sync = client.done("sync", &known).await;
    assert_eq!(sync["hasMore"], false);
    let changes = sync["changes"].as_array().unwrap();
    let bodies: Vec<_> = changes
        .iter()
        .map(|change| change["message"]["body"].as_str().unwrap())
        .collect();
    assert_eq!(bodies, ["one", "two", "three"]);
    assert_eq!(changes[0]["type"], "message:created");
    assert_eq!(changes[0]["seq"], seq + 1);
    house.close().await;
}

/// What a client has heard that concerns a conversation.
async fn heard_of(
    client: &mut crate::common::client::Client,
    conversation: &str,
) -> Vec<(String, Value)> {
    let heard = client.heard().await;
    for (name, payload) in &heard {
        assert_eq!(payload["type"], name.as_str());
    }
    let concerns = |(_, payload): &(String, Value)| payload["conversationId"] == conversation;
    heard.into_iter().filter(concerns).collect()
}
