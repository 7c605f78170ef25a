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

#[sqlx::test(migrations = "../migrations")]
async fn ids_have_one_spelling_and_seqs_a_range(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let id = text(&group.grace.get(&group.path).await.expect(200)["id"]);
    let mut refused: Vec<_> = ["+", "-", "0", "00", " "]
        .iter()
        .map(|before| json!({ (format!("{before}{id}")): 1 }))
        .collect();
    refused.push(json!({ (id.clone()): 1, (format!("0{id}")): 3 }));
    for seq in [-1, i64::MAX] {
        refused.push(json!({ (id.clone()): seq, "999999": seq }));
    }
    for conversations in refused {
        let body = json!({ "conversations": conversations });
        let answer = group.grace.post("/sync", body).await;
        answer.refused(422, "invalid");
    }
    for spelling in ["%2B", "0"] {
        let path = format!("/conversations/{spelling}{id}");
        assert_ne!(group.grace.get(&path).await.status, 200, "{path}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn names_and_positions_come_by_the_time_of_the_last_answer(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let id = text(&group.grace.get(&group.path).await.expect(200)["id"]);
    let nothing = json!({ "conversations": {} });
    let first = group.ada.post("/sync", nothing).await.expect(200);
    assert_eq!(first["profiles"], json!([]));
    group.send("one").await;
    let read = format!("{}/read", group.path);
    group
        .grace
        .post(&read, json!({ "position": 1 }))
        .await
        .expect(200);
    group
        .grace
        .patch("/me", json!({ "name": "Rear Admiral" }))
        .await
        .expect(200);
    let ask = json!({ "conversations": {}, "since": first["time"], "receipts": [id] });
    let answer = group.ada.post("/sync", ask).await.expect(200);
    assert_eq!(answer["profiles"][0]["name"], "Rear Admiral");
    assert_eq!(answer["receipts"][0]["readPosition"], 1);
}
