//! Reminders over the API.

use crate::common::{App, text};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

fn in_minutes(minutes: i64) -> Value {
    let at = OffsetDateTime::now_utc() + Duration::minutes(minutes);
    json!({ "remindAt": at.format(&Rfc3339).unwrap() })
}

#[sqlx::test(migrations = "../migrations")]
async fn reminders_are_the_callers_own(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("come back").await;
    let path = format!("/me/reminders/{}", text(&message["id"]));
    let set = group.grace.put_json(&path, in_minutes(5)).await.expect(200);
    assert_eq!(
        (&set["message"], &set["state"]),
        (&message, &json!("waiting"))
    );
    assert_eq!(group.grace.get("/me/reminders").await.items(), [set]);
    let nothing: [Value; 0] = [];
    assert_eq!(group.ada.get("/me/reminders").await.items(), nothing);
    let outsider = group.outsider.put_json(&path, in_minutes(5)).await;
    outsider.refused(404, "not_found");
    let past = group.grace.put_json(&path, in_minutes(-5)).await;
    past.refused(422, "invalid");
    let snoozed = group
        .grace
        .put_json(&path, in_minutes(10))
        .await
        .expect(200);
    assert_eq!(snoozed["seq"], 2);
    for _ in 0..2 {
        group.grace.delete(&path).await.expect(204);
    }
    assert_eq!(group.grace.get("/me/reminders").await.items(), nothing);
    let changes = group.grace.get("/me/changes?after=2").await.expect(200);
    let reminder = &changes["items"][0]["reminder"];
    assert_eq!(
        (&reminder["state"], &changes["seq"]),
        (&json!("completed"), &json!(3))
    );
}
