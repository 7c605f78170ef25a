//! Reactions to a message.

use crate::common::{App, text};
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn an_emoji_counts_once_per_person(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("look").await;
    let path = format!("/messages/{}/reactions/👍🏽", text(&message["id"]));
    for _ in 0..2 {
        group.grace.put(&path).await.expect(200);
    }
    let message = group.ada.put(&path).await.expect(200);
    let both = json!([{ "emoji": "👍🏽", "count": 2, "userIds": [group.grace.id, group.ada.id] }]);
    assert_eq!(message["reactions"], both);
    group.grace.delete(&path).await.expect(200);
    let message = group.grace.delete(&path).await.expect(200);
    let one = json!([{ "emoji": "👍🏽", "count": 1, "userIds": [group.ada.id] }]);
    assert_eq!(message["reactions"], one);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_emoji_is_refused(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("look").await;
    for emoji in ["word", "%00", "%20", &"👍".repeat(40)] {
        let path = format!("/messages/{}/reactions/{emoji}", text(&message["id"]));
        group.ada.put(&path).await.refused(422, "invalid");
    }
    let path = format!("/messages/{}", text(&message["id"]));
    assert_eq!(
        group.ada.get(&path).await.expect(200)["reactions"],
        json!([])
    );
}
