//! The caller's favorites.

use crate::common::{App, text};
use serde_json::{Value, json};
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn favorites_are_the_callers_own_and_come_once(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("here").await;
    let id = text(&message["conversationId"]);
    let favorite = format!("/me/favorites/{id}");
    let ids = |favorites: &Value| -> Vec<String> {
        let favorites = favorites.as_array().expect("a list");
        let id = |it: &Value| text(&it["conversation"]["id"]);
        favorites.iter().map(id).collect()
    };
    for _ in 0..2 {
        let favorites = group.ada.put(&favorite).await.expect(200);
        assert_eq!(ids(&favorites), [id.as_str()]);
    }
    let listed = group.ada.get("/me/favorites").await.expect(200);
    assert_eq!(ids(&listed), [id.as_str()]);
    let listed = group.grace.get("/me/favorites").await.expect(200);
    assert!(ids(&listed).is_empty());
    group
        .outsider
        .put(&favorite)
        .await
        .refused(404, "not_found");
    let order = async |ids: Value| {
        let request = group.ada.request(reqwest::Method::PUT, "/me/favorites");
        group.ada.send(request.json(&json!({ "ids": ids }))).await
    };
    let ordered = order(json!([id, "999"])).await.expect(200);
    assert_eq!(ids(&ordered), [id.as_str()]);
    order(json!(vec![id; 201])).await.refused(422, "invalid");
    for _ in 0..2 {
        let favorites = group.ada.delete(&favorite).await.expect(200);
        assert!(ids(&favorites).is_empty());
    }
}
