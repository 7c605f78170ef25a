//! Conversations: found, created, changed, joined and left.

use crate::common::{App, text};
use serde_json::{Value, json};
use sqlx::PgPool;

fn ids(heads: &[Value]) -> Vec<String> {
    heads.iter().map(|head| text(&head["id"])).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_direct_conversation_is_found_or_created(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let grace = app.person("grace").await;
    let with_grace = json!({ "kind": "direct", "memberIds": [grace.id] });
    let created = ada
        .post("/conversations", with_grace.clone())
        .await
        .expect(201);
    assert_eq!(created["peer"]["username"], "grace");
    let found = ada.post("/conversations", with_grace).await.expect(200);
    assert_eq!(found["id"], created["id"]);
    // Ids may be JSON numbers, too.
    let with_ada = json!({ "kind": "direct", "memberIds": [ada.id.parse::<i64>().unwrap()] });
    let found = grace.post("/conversations", with_ada).await.expect(200);
    assert_eq!(found["id"], created["id"]);
    assert_eq!(found["peer"]["username"], "ada");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_group_is_created_once_per_client_id(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let new = json!({ "kind": "group", "title": "Engines", "memberIds": [], "clientId": "c1" });
    let first = ada.post("/conversations", new.clone()).await.expect(201);
    let again = ada.post("/conversations", new).await.expect(200);
    assert_eq!(first["id"], again["id"]);
    assert_eq!(first["role"], "owner");
    assert_eq!(first["private"], true);

    let request = ada
        .request(reqwest::Method::POST, "/conversations")
        .header("idempotency-key", "c1");
    let same = request.json(&json!({ "kind": "group", "title": "Engines", "memberIds": [] }));
    assert_eq!(ada.send(same).await.expect(200)["id"], first["id"]);
    assert_eq!(ada.get("/conversations").await.items().len(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_a_conversation_is_refused(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    for (new, status, code) in [
        (json!({ "kind": "group", "memberIds": [] }), 422, "invalid"),
        (
            json!({ "kind": "group", "memberIds": [], "title": "" }),
            422,
            "invalid",
        ),
        (
            json!({ "kind": "group", "memberIds": [], "title": "x".repeat(121) }),
            422,
            "invalid",
        ),
        (
            json!({ "kind": "group", "memberIds": [], "title": "nul\u{0}" }),
            422,
            "invalid",
        ),
        (
            json!({ "kind": "group", "memberIds": ["9999"], "title": "x" }),
            404,
            "not_found",
        ),
        (json!({ "kind": "direct", "memberIds": [] }), 422, "invalid"),
        (
            json!({ "kind": "direct", "memberIds": ["9999"] }),
            404,
            "not_found",
        ),
        (
            json!({ "kind": "direct", "memberIds": ["8", "9"] }),
            422,
            "invalid",
        ),
        (json!({ "kind": "party", "memberIds": [] }), 422, "invalid"),
    ] {
        ada.post("/conversations", new).await.refused(status, code);
    }
    assert_eq!(ada.get("/conversations").await.items().len(), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_newest_message_comes_first_and_pages_end(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let mut made = Vec::new();
    for title in ["one", "two", "three"] {
        let new = json!({ "kind": "group", "title": title, "memberIds": [] });
        let id = text(&ada.post("/conversations", new).await.expect(201)["id"]);
        let path = format!("/conversations/{id}/messages");
        ada.post(&path, json!({ "body": title })).await.expect(201);
        made.insert(0, id);
    }
    let page = ada.get("/conversations?limit=2").await.expect(200);
    let cursor = page["nextCursor"].as_str().unwrap();
    let mut seen = ids(page["items"].as_array().unwrap());
    let page = ada
        .get(&format!("/conversations?limit=2&cursor={cursor}"))
        .await
        .expect(200);
    assert_eq!(page["nextCursor"], json!(null));
    seen.extend(ids(page["items"].as_array().unwrap()));
    assert_eq!(seen, made);
    ada.get("/conversations?cursor=nonsense")
        .await
        .refused(422, "invalid");
    ada.get("/conversations?joined=maybe")
        .await
        .refused(422, "invalid");
    let none = ada.get("/conversations?query=nowhere").await.expect(200);
    assert_eq!(none["items"], json!([]));
    ada.get("/conversations?query=x&cursor=nonsense")
        .await
        .refused(422, "invalid");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_group_is_changed_by_those_who_may(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let changes = json!({ "title": "Difference engines", "description": "of Babbage" });
    let head = group
        .ada
        .patch(&group.path, changes.clone())
        .await
        .expect(200);
    assert_eq!(head["title"], "Difference engines");
    assert_eq!(
        group.grace.get(&group.path).await.expect(200)["description"],
        "of Babbage"
    );
    group
        .grace
        .patch(&group.path, changes.clone())
        .await
        .refused(403, "forbidden");
    group
        .outsider
        .patch(&group.path, changes)
        .await
        .refused(404, "not_found");
    group
        .ada
        .patch(&group.path, json!({ "title": "" }))
        .await
        .refused(422, "invalid");
    group
        .ada
        .patch(&group.path, json!({ "private": false }))
        .await
        .refused(422, "invalid");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_deleted_group_is_gone_for_all(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    group
        .outsider
        .delete(&group.path)
        .await
        .refused(404, "not_found");
    group
        .grace
        .delete(&group.path)
        .await
        .refused(403, "forbidden");
    group.ada.delete(&group.path).await.expect(204);
    for person in [&group.ada, &group.grace] {
        person.get(&group.path).await.refused(404, "not_found");
        assert_eq!(person.get("/conversations").await.items().len(), 0);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn an_open_channel_is_found_joined_and_left(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let grace = app.person("grace").await;
    let open = json!({ "kind": "channel", "title": "Announcements", "memberIds": [] });
    let open = ada.post("/conversations", open).await.expect(201);
    let closed = json!({ "kind": "channel", "title": "Secret", "memberIds": [], "private": true });
    let closed = ada.post("/conversations", closed).await.expect(201);

    let found = grace.get("/conversations?joined=false").await.items();
    assert_eq!(ids(&found), [text(&open["id"])]);
    assert_eq!(
        grace
            .get("/conversations?joined=false&query=NOUNCE")
            .await
            .items()
            .len(),
        1
    );
    assert_eq!(
        grace
            .get("/conversations?joined=false&query=secret")
            .await
            .items()
            .len(),
        0
    );

    let path = format!("/conversations/{}", text(&open["id"]));
    assert_eq!(grace.get(&path).await.expect(200)["role"], json!(null));
    assert_eq!(
        grace.post_empty(&format!("{path}/join")).await.expect(200)["role"],
        "member"
    );
    assert_eq!(
        grace.post_empty(&format!("{path}/join")).await.expect(200)["role"],
        "member"
    );
    assert_eq!(
        grace.get("/conversations?joined=false").await.items().len(),
        0
    );
    grace.post_empty(&format!("{path}/leave")).await.expect(204);
    assert_eq!(grace.get("/conversations").await.items().len(), 0);

    let path = format!("/conversations/{}", text(&closed["id"]));
    grace
        .post_empty(&format!("{path}/join"))
        .await
        .refused(404, "not_found");
    grace.get(&path).await.refused(404, "not_found");
}
