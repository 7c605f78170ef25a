//! Forwarding messages, and where they come from.

use crate::common::{App, text};
use serde_json::{Value, json};
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn messages_are_forwarded_once_and_in_order(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let new = json!({ "kind": "group", "title": "Elsewhere", "memberIds": [group.outsider.id] });
    let there = group.ada.post("/conversations", new).await.expect(201);
    let there = text(&there["id"]);
    let path = format!("/conversations/{there}/forwards");
    let (first, second) = (group.send("one").await, group.send("two").await);
    let new =
        json!({ "messageIds": [second["id"], first["id"]], "comment": "look", "clientId": "key" });

    let sent = group.ada.post(&path, new.clone()).await.expect(201);
    let bodies = |sent: &Value| -> Vec<String> {
        let items = sent["items"].as_array().unwrap();
        items.iter().map(|it| text(&it["body"])).collect()
    };
    assert_eq!(bodies(&sent), ["look", "one", "two"]);
    assert!(sent["items"][0].get("forwarded").is_none());
    let forward = &sent["items"][1];
    let forwarded = json!({ "from": first["sender"], "at": first["createdAt"] });
    assert_eq!(forward["forwarded"], forwarded);
    assert_eq!(group.ada.post(&path, new).await.expect(200), sent);
    let other = json!({ "messageIds": [first["id"]], "clientId": "key" });
    group.ada.post(&path, other).await.refused(409, "conflict");

    // Every way of reading has the field.
    let listed = format!("/conversations/{there}/messages");
    let listed = group.outsider.get(&listed).await.items();
    assert_eq!(listed[1]["forwarded"], forwarded);
    let shown = format!("/messages/{}", text(&forward["id"]));
    let shown = group.outsider.get(&shown).await.expect(200);
    assert_eq!(shown["forwarded"], forwarded);
    let changes = format!("/conversations/{there}/changes?after=1");
    let changes = group.outsider.get(&changes).await.expect(200);
    assert_eq!(changes["items"][1]["message"]["forwarded"], forwarded);

    // Where it was said is for those who may see it.
    let origins = format!(
        "/origins?messageIds={},{}",
        text(&forward["id"]),
        text(&first["id"])
    );
    let told = group.ada.get(&origins).await.items();
    let origin = json!({
        "messageId": forward["id"], "originalId": first["id"], "conversationId": group.id,
        "kind": "group", "title": "Engines",
    });
    assert_eq!(told, [origin]);
    let nothing: [Value; 0] = [];
    assert_eq!(group.outsider.get(&origins).await.items(), nothing);
    assert_eq!(group.grace.get(&origins).await.items(), nothing);
    let edit = format!("/messages/{}", text(&forward["id"]));
    let edited = group.ada.patch(&edit, json!({ "body": "mine" })).await;
    edited.refused(403, "forbidden");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_forwarded_is_refused(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("secret").await;
    let id = &message["id"];
    let path = format!("{}/forwards", group.path);
    let new = json!({ "kind": "group", "title": "Own", "memberIds": [] });
    let own = group.outsider.post("/conversations", new).await.expect(201);
    let own = format!("/conversations/{}/forwards", text(&own["id"]));
    let one = json!({ "messageIds": [id] });
    group
        .outsider
        .post(&own, one.clone())
        .await
        .refused(404, "not_found");
    group
        .outsider
        .post(&path, one)
        .await
        .refused(404, "not_found");
    for wrong in [
        json!({ "messageIds": [] }),
        json!({ "messageIds": [id, id] }),
        json!({ "messageIds": [id], "comment": "" }),
        json!({ "messageIds": ["no id"] }),
        json!({ "messageIds": [id], "clientId": "" }),
        json!({}),
    ] {
        group.ada.post(&path, wrong).await.refused(422, "invalid");
    }
    for wrong in [
        "/origins",
        "/origins?messageIds=",
        "/origins?messageIds=1,x",
    ] {
        group.ada.get(wrong).await.refused(422, "invalid");
    }
    let ids = vec!["1"; 101].join(",");
    let many = format!("/origins?messageIds={ids}");
    group.ada.get(&many).await.refused(422, "invalid");
}
