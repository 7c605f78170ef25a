//! Receipts: how far members have received and read a conversation.

use crate::common::App;
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn reading_moves_forward_only(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    for n in 1..=3 {
        group.send(&format!("{n} for @grace")).await;
    }
    let unread = group.grace.get("/unread").await.expect(200);
    let all =
        json!({ "total": 3, "conversations": [{ "id": group.id, "unread": 3, "mentions": 3 }] });
    assert_eq!(unread, all);
    let path = format!("{}/read", group.path);
    for (position, left) in [(2, 1), (1, 1), (3, 0), (99, 0)] {
        let unread = group
            .grace
            .post(&path, json!({ "position": position }))
            .await
            .expect(200);
        let expected = json!({ "id": group.id, "unread": left, "mentions": left });
        assert_eq!(unread, expected, "at {position}");
    }
    let nothing = json!({ "total": 0, "conversations": [] });
    assert_eq!(group.grace.get("/unread").await.expect(200), nothing);
    // A sender has read their own message.
    assert_eq!(group.ada.get("/unread").await.expect(200), nothing);
    group
        .grace
        .post(&path, json!({ "position": -1 }))
        .await
        .refused(422, "invalid");
}

#[sqlx::test(migrations = "../migrations")]
async fn delivery_is_seen_among_the_members(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    group.send("one").await;
    group.send("two").await;
    let path = format!("{}/delivered", group.path);
    group
        .grace
        .post(&path, json!({ "position": 2 }))
        .await
        .expect(204);
    group
        .grace
        .post(&path, json!({ "position": 1 }))
        .await
        .expect(204);
    group
        .grace
        .post(&path, json!({ "position": -1 }))
        .await
        .refused(422, "invalid");
    let members = group
        .ada
        .get(&format!("{}/members", group.path))
        .await
        .items();
    let grace = members
        .iter()
        .find(|member| member["user"]["id"] == group.grace.id)
        .unwrap();
    assert_eq!(
        (&grace["deliveredPosition"], &grace["readPosition"]),
        (&json!(2), &json!(0))
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn who_has_read_a_message_is_listed_for_members(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("one").await;
    let path = format!("/messages/{}/receipts", crate::common::text(&message["id"]));
    let nobody = group.ada.get(&path).await.expect(200);
    let expected = json!({ "items": [], "nextCursor": null, "readCount": 0, "deliveredCount": 0,
        "memberCount": 1 });
    assert_eq!(nobody, expected);
    let read = format!("{}/read", group.path);
    group
        .grace
        .post(&read, json!({ "position": 1 }))
        .await
        .expect(200);
    let receipts = group.ada.get(&path).await.expect(200);
    assert_eq!(receipts["items"][0]["user"]["id"], group.grace.id);
    assert_eq!(receipts["items"][0]["read"], true);
    assert!(receipts["items"][0]["readAt"].is_string());
    assert_eq!(
        (&receipts["readCount"], &receipts["deliveredCount"]),
        (&json!(1), &json!(1))
    );
    group.outsider.get(&path).await.refused(404, "not_found");
    let bad = format!("{path}?cursor=1");
    group.ada.get(&bad).await.refused(422, "invalid");
}
