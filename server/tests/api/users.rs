//! Users: found by name, blocked and unblocked.

use crate::common::{App, text};
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn users_are_found_by_name(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let grace = app.person("grace").await;
    grace
        .patch(
            "/me",
            json!({ "name": "Грейс Хоппер", "email": "g@example.org" }),
        )
        .await
        .expect(200);

    let all = ada.get("/users").await.items();
    assert_eq!(
        all.iter()
            .map(|user| text(&user["username"]))
            .collect::<Vec<_>>(),
        ["ada", "grace"]
    );
    // With accents that are not there, and with typing errors, too.
    for query in [
        "rac",
        "RAC",
        "хоп",
        "ГРЕЙС",
        "gráce",
        "Греис",
        "gracce",
        "хопепр",
    ] {
        let found = ada
            .send(
                ada.request(reqwest::Method::GET, "/users")
                    .query(&[("query", query)]),
            )
            .await;
        let found = found.items();
        assert_eq!(found.len(), 1, "{query}");
        assert_eq!(found[0]["id"], grace.id);
    }
    for query in ["nobody", "%", "g@example.org", "gcear"] {
        let found = ada
            .send(
                ada.request(reqwest::Method::GET, "/users")
                    .query(&[("query", query)]),
            )
            .await;
        assert_eq!(found.items().len(), 0, "{query}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn one_user_is_shown_without_their_address(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let grace = app.person("grace").await;
    grace
        .patch("/me", json!({ "email": "grace@example.org" }))
        .await
        .expect(200);
    let user = ada.get(&format!("/users/{}", grace.id)).await.expect(200);
    assert_eq!(user["username"], "grace");
    assert_eq!(user.get("email"), None);
    for id in ["9999", "0", "-1", "x", "99999999999999999999"] {
        ada.get(&format!("/users/{id}"))
            .await
            .refused(404, "not_found");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_list_comes_in_pages(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    for name in ["bob", "carol", "dave", "erin"] {
        app.person(name).await;
    }
    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = ada
            .get(&format!("/users?limit=2{cursor}"))
            .await
            .expect(200);
        names.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|user| text(&user["username"])),
        );
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(names, ["ada", "bob", "carol", "dave", "erin"]);
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
    ] {
        let problem = ada
            .get(&format!("/users?{query}"))
            .await
            .refused(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{query}: {problem}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn conversations_in_common_are_those_of_both(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let id = text(&group.send("here").await["conversationId"]);
    // One of the other alone, which stays hers.
    let secret = json!({ "kind": "group", "title": "secret", "memberIds": [group.outsider.id] });
    group.grace.post("/conversations", secret).await.expect(201);
    let path = format!("/users/{}/conversations", group.grace.id);
    let shared = group.ada.get(&path).await.items();
    assert_eq!(shared.len(), 1);
    assert_eq!(text(&shared[0]["id"]), id);
    let channel = json!({ "kind": "channel", "title": "c", "memberIds": [group.grace.id] });
    group.ada.post("/conversations", channel).await.expect(201);
    let first = group.ada.get(&format!("{path}?limit=1")).await.expect(200);
    assert_eq!(first["items"][0]["title"], "c");
    let next = text(&first["nextCursor"]);
    let rest = group.ada.get(&format!("{path}?cursor={next}")).await;
    let rest = rest.expect(200);
    assert_eq!(text(&rest["items"][0]["id"]), id);
    assert_eq!(rest["nextCursor"], json!(null));
    // Not the direct one, and nothing that has been left.
    let leave = format!("/conversations/{id}/leave");
    group.grace.post_empty(&leave).await.expect(204);
    assert_eq!(group.ada.get(&path).await.items().len(), 1);
    let outsider = format!("/users/{}/conversations", group.ada.id);
    assert_eq!(group.outsider.get(&outsider).await.items().len(), 0);
    group
        .ada
        .get("/users/999/conversations")
        .await
        .refused(404, "not_found");
}
