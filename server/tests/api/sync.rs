//! The change feed, from which clients catch up.

use crate::common::{App, text};
use serde_json::{Value, json};
use sqlx::PgPool;

fn kinds(items: &Value) -> Vec<(String, i64)> {
    let items = items.as_array().unwrap();
    items
        .iter()
        .map(|item| (text(&item["type"]), item["seq"].as_i64().unwrap()))
        .collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn the_feed_has_each_change_once_in_order(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let seq = group.grace.get(&group.path).await.expect(200)["seq"]
        .as_i64()
        .unwrap();
    let first = group.send("one").await;
    group.send("two").await;
    let message = format!("/messages/{}", text(&first["id"]));
    group
        .ada
        .patch(&message, json!({ "body": "uno" }))
        .await
        .expect(200);

    let path = format!("{}/changes", group.path);
    let changes = group
        .grace
        .get(&format!("{path}?after={seq}"))
        .await
        .expect(200);
    assert_eq!(changes["hasMore"], false);
    let seqs: Vec<_> = kinds(&changes["items"])
        .into_iter()
        .map(|(_, seq)| seq)
        .collect();
    assert_eq!(seqs, [seq + 2, seq + 3]);
    assert_eq!(changes["items"][1]["message"]["body"], "uno");

    let part = group
        .grace
        .get(&format!("{path}?after={seq}&limit=1"))
        .await
        .expect(200);
    assert_eq!(part["hasMore"], true);
    for query in ["after=x", "limit=0", "limit=101"] {
        group
            .grace
            .get(&format!("{path}?{query}"))
            .await
            .refused(422, "invalid");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_client_catches_up_everywhere(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let seq = group.grace.get(&group.path).await.expect(200)["seq"]
        .as_i64()
        .unwrap();
    group.send("missed").await;
    let new = json!({ "kind": "group", "title": "New", "memberIds": [group.grace.id] });
    let new = group.ada.post("/conversations", new).await.expect(201);

    let known = json!({ "conversations": { group.id.clone(): seq } });
    let sync = group.grace.post("/sync", known.clone()).await.expect(200);
    let items = sync["items"].as_array().unwrap();
    assert!(items.iter().any(|item| item["message"]["body"] == "missed"));
    assert!(items.iter().any(|item| {
        item["type"] == "conversation:created" && item["conversationId"] == new["id"]
    }));

    // Conversations of others are reported as lost, whether they exist or not.
    let sync = group.outsider.post("/sync", known).await.expect(200);
    assert_eq!(kinds(&sync["items"]).len(), 1);
    assert_eq!(sync["items"][0]["type"], "conversation:removed");
    let unknown = json!({ "conversations": { "9999": 0 } });
    let sync = group.outsider.post("/sync", unknown).await.expect(200);
    assert_eq!(sync["items"][0]["type"], "conversation:removed");
}
