//! Muted conversations over the API, and in the page that the server renders.

use crate::common::{App, text};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};

fn in_minutes(minutes: i64) -> Value {
    let at = OffsetDateTime::now_utc() + Duration::minutes(minutes);
    json!({ "until": at.format(&Rfc3339).unwrap() })
}

#[sqlx::test(migrations = "../migrations")]
async fn mutes_are_the_callers_own_and_end_by_themselves(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let group = app.group().await;
    let message = group.send("loud").await;
    let id = text(&message["conversationId"]);
    let path = format!("/conversations/{id}/mute");
    let grace = &group.grace;
    let set = grace.put_json(&path, json!({})).await.expect(200);
    let expected = json!({ "conversationId": id, "muted": true, "until": null, "seq": 1 });
    assert_eq!(set, expected);
    assert_eq!(grace.get("/me/mutes").await.items(), [set]);
    let nothing: [Value; 0] = [];
    assert_eq!(group.ada.get("/me/mutes").await.items(), nothing);
    let kept = json!({ "unlessSet": true });
    let timed = grace.put_json(&path, in_minutes(5)).await.expect(200);
    assert!(timed["until"].is_string(), "{timed}");
    let same = grace.put_json(&path, kept.clone()).await.expect(200);
    assert_eq!(same, timed);
    grace
        .put_json(&path, in_minutes(-5))
        .await
        .refused(422, "invalid");
    grace
        .put_json(&path, json!({ "until": "soon" }))
        .await
        .refused(422, "invalid");
    for refused in [
        json!({ "seconds": 29 }),
        json!({ "seconds": 31_622_401 }),
        json!({ "seconds": 60, "until": timed["until"] }),
    ] {
        let answer = grace.put_json(&path, refused).await;
        answer.refused(422, "invalid");
    }
    let outsider = group.outsider.put_json(&path, json!({})).await;
    outsider.refused(404, "not_found");
    group.outsider.delete(&path).await.refused(404, "not_found");
    sqlx::query("update mutes set muted_until = now()")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(grace.get("/me/mutes").await.items(), nothing);
    grace.put_json(&path, json!({})).await.expect(200);
    for _ in 0..2 {
        let ended = grace.delete(&path).await.expect(200);
        let expected = json!({ "conversationId": id, "muted": false, "until": null, "seq": 4 });
        assert_eq!(ended, expected);
    }
    let changes = grace.get("/me/changes?after=3").await.expect(200);
    assert_eq!(
        (
            &changes["items"][0]["type"],
            &changes["items"][0]["mute"]["muted"]
        ),
        (&json!("mute"), &json!(false))
    );
    assert_eq!(changes["seq"], 4);
}
