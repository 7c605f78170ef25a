//! Scheduled messages over the API.

use crate::{
    common::{App, text},
    uploads::{METADATA, uploaded},
};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

fn in_seconds(seconds: i64) -> String {
    let at = OffsetDateTime::now_utc() + Duration::seconds(seconds);
    at.format(&Rfc3339).unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_is_scheduled_changed_sent_and_cancelled(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let path = format!("{}/scheduled", group.path);
    let new = |body: &str, seconds| json!({ "body": body, "sendAt": in_seconds(seconds) });
    let mut first = new("Good morning", 600);
    first["clientId"] = "one".into();
    let scheduled = group.grace.post(&path, first.clone()).await.expect(201);
    assert_eq!(group.grace.post(&path, first).await.expect(200), scheduled);
    assert_eq!(scheduled["state"], "scheduled");
    let second = group.grace.post(&path, new("soon", 60)).await.expect(201);
    let listed = group.grace.get("/me/scheduled").await.items();
    assert_eq!(listed, [second.clone(), scheduled.clone()]);
    let nothing: [Value; 0] = [];
    assert_eq!(group.ada.get("/me/scheduled").await.items(), nothing);

    let outsider = group.outsider.post(&path, new("hi", 600)).await;
    outsider.refused(404, "not_found");
    group
        .grace
        .post(&path, new("hi", 5))
        .await
        .refused(422, "invalid");
    let one = format!("/me/scheduled/{}", text(&scheduled["id"]));
    let change = json!({ "body": "Good evening" });
    group
        .ada
        .patch(&one, change.clone())
        .await
        .refused(404, "not_found");
    let changed = group.grace.patch(&one, change).await.expect(200);
    assert_eq!(
        (&changed["body"], &changed["sendAt"]),
        (&json!("Good evening"), &scheduled["sendAt"])
    );
    let sent = group
        .grace
        .post_empty(&format!("{one}/send"))
        .await
        .expect(200);
    assert_eq!(sent["state"], "sent");
    let message = format!("/messages/{}", text(&sent["messageId"]));
    let message = group.ada.get(&message).await.expect(200);
    assert_eq!(message["body"], "Good evening");
    group.grace.delete(&one).await.refused(409, "conflict");
    let two = format!("/me/scheduled/{}", text(&second["id"]));
    group.outsider.delete(&two).await.refused(404, "not_found");
    group.grace.delete(&two).await.expect(204);
    assert_eq!(group.grace.get("/me/scheduled").await.items(), nothing);
    let changes = group.grace.get("/me/changes").await.expect(200);
    let states: Vec<_> = changes["items"].as_array().unwrap().iter().collect();
    let states: Vec<_> = states
        .iter()
        .map(|it| text(&it["scheduled"]["state"]))
        .collect();
    assert_eq!(states, ["sent", "cancelled"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn files_go_with_a_scheduled_message(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let path = format!("{}/scheduled", group.path);
    let file = uploaded(&group.grace, METADATA, b"words").await;
    let mut new = json!({ "body": "", "sendAt": in_seconds(600), "attachmentIds": [file["id"]] });
    let scheduled = group.grace.post(&path, new.clone()).await.expect(201);
    assert_eq!(scheduled["uploads"][0]["url"], file["url"]);
    assert_eq!(
        group.grace.get("/me/scheduled").await.items(),
        std::slice::from_ref(&scheduled)
    );
    let message = json!({ "body": "now", "attachmentIds": [file["id"]] });
    let messages = format!("{}/messages", group.path);
    let refusal = group.grace.post(&messages, message).await;
    let refusal = refusal.refused(422, "invalid");
    assert_eq!(refusal["errors"][0]["field"], "attachmentIds");
    let upload = format!("/uploads/{}", text(&file["id"]));
    group.grace.delete(&upload).await.refused(409, "conflict");
    new["attachmentIds"] = json!(["999999"]);
    let unknown = group.grace.post(&path, new.clone()).await;
    unknown.refused(422, "invalid");
    let outsider = group.outsider.post(&path, new).await;
    outsider.refused(404, "not_found");

    let one = format!("/me/scheduled/{}", text(&scheduled["id"]));
    let nothing = json!({ "attachmentIds": [] });
    let nothing = group.grace.patch(&one, nothing).await;
    nothing.refused(422, "invalid");
    let change = json!({ "body": "with words", "attachmentIds": [file["id"]] });
    let changed = group.grace.patch(&one, change).await.expect(200);
    assert_eq!(changed["uploads"][0]["id"], file["id"]);
    let sent = group.grace.post_empty(&format!("{one}/send")).await;
    let sent = sent.expect(200);
    assert_eq!(sent["uploads"], Value::Null);
    let message = format!("/messages/{}", text(&sent["messageId"]));
    let message = group.ada.get(&message).await.expect(200);
    assert_eq!(message["attachments"][0]["name"], "x.png");
}
