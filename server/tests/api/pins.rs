//! Pins, saved messages, and messages that are unread again.

use crate::common::{App, text};
use serde_json::{Value, json};
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn pins_are_listed_the_newest_first(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let mut pins = Vec::new();
    for body in ["one", "two"] {
        let message = group.send(body).await;
        let pin = format!("/messages/{}/pin", text(&message["id"]));
        let pinned = group.grace.put(&pin).await.expect(200);
        assert_eq!(pinned["pinned"]["by"]["username"], "grace");
        pins.push(pin);
    }
    let path = format!("{}/pins", group.path);
    let listed = group.ada.get(&path).await.items();
    let bodies: Vec<_> = listed.iter().map(|it| text(&it["body"])).collect();
    assert_eq!(bodies, ["two", "one"]);
    group.outsider.get(&path).await.refused(404, "not_found");
    group.outsider.put(&pins[0]).await.refused(404, "not_found");
    group
        .outsider
        .delete(&pins[0])
        .await
        .refused(404, "not_found");
    let unpinned = group.ada.delete(&pins[0]).await.expect(200);
    assert!(unpinned.get("pinned").is_none());
    assert_eq!(group.ada.get(&path).await.items().len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn saved_messages_are_the_callers_own(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("keep this").await;
    let saved = format!("/me/saved/{}", text(&message["id"]));
    assert_eq!(
        group.grace.put(&saved).await.expect(200)["message"],
        message
    );
    group.outsider.put(&saved).await.refused(404, "not_found");
    let nothing: [Value; 0] = [];
    assert_eq!(group.ada.get("/me/saved").await.items(), nothing);
    group
        .ada
        .delete(&format!("/messages/{}", text(&message["id"])))
        .await
        .expect(200);
    let listed = group.grace.get("/me/saved").await.items();
    assert_eq!(listed[0]["message"]["body"], "");
    group.grace.delete(&saved).await.expect(204);
    group.grace.delete(&saved).await.expect(204);
    assert_eq!(group.grace.get("/me/saved").await.items(), nothing);
}

#[sqlx::test(migrations = "../migrations")]
async fn messages_are_marked_unread_again(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    for body in ["one", "two", "three"] {
        group.send(body).await;
    }
    let read = format!("{}/read", group.path);
    group
        .grace
        .post(&read, json!({ "position": 3 }))
        .await
        .expect(200);
    let path = format!("{}/unread", group.path);
    let unread = group
        .grace
        .post(&path, json!({ "position": 2 }))
        .await
        .expect(200);
    assert_eq!(
        unread,
        json!({ "id": group.id, "unread": 2, "mentions": 0 })
    );
    let shown = group.grace.get(&group.path).await.expect(200);
    assert_eq!(
        (&shown["unread"], &shown["readPosition"]),
        (&json!(2), &json!(1))
    );
    let members = group
        .ada
        .get(&format!("{}/members", group.path))
        .await
        .items();
    let grace = members
        .iter()
        .find(|it| it["user"]["id"] == group.grace.id.as_str());
    assert_eq!(
        grace.unwrap()["readPosition"],
        3,
        "others see what was read"
    );
    group
        .grace
        .post(&path, json!({ "position": 0 }))
        .await
        .refused(422, "invalid");
    group
        .outsider
        .post(&path, json!({ "position": 1 }))
        .await
        .refused(404, "not_found");
}
