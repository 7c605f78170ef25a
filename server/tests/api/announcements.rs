//! Announcements: who makes them, and who reads them.

use crate::common::{App, text};
use serde_json::{Value, json};
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn the_administrator_announces_and_everybody_reads(pool: PgPool) {
    let app = App::start(pool).await;
    let admin = app.administrator("ada").await;
    let grace = app.person("grace").await;
    let new = json!({ "body": "The server moves.", "clientId": "k" });
    let made = admin.post("/announcements", new.clone()).await.expect(201);
    assert_eq!((&made["reach"], &made["kind"]), (&json!(1), &json!("text")));
    let again = admin.post("/announcements", new.clone()).await.expect(201);
    assert_eq!(again, made);
    assert_eq!(grace.get("/announcements").await.items(), [made]);

    grace
        .post("/announcements", new)
        .await
        .refused(403, "forbidden");
    for bad in [
        json!({}),
        json!({ "body": " " }),
        json!({ "body": "x", "kind": "system" }),
        json!({ "body": "x", "attachmentIds": ["1"] }),
    ] {
        admin
            .post("/announcements", bad)
            .await
            .refused(422, "invalid");
    }
    let nobody = app.nobody().get("/announcements").await;
    nobody.refused(401, "unauthenticated");
}

#[sqlx::test(migrations = "../migrations")]
async fn announcements_are_a_conversation_of_everybody(pool: PgPool) {
    let app = App::start(pool).await;
    let admin = app.administrator("ada").await;
    let grace = app.person("grace").await;
    assert_eq!(grace.get("/conversations").await.items(), [] as [Value; 0]);
    let new = json!({ "body": "The server moves." });
    let made = admin.post("/announcements", new).await.expect(201);
    let [listed] = grace
        .get("/conversations")
        .await
        .items()
        .try_into()
        .unwrap();
    assert_eq!(
        (
            &listed["id"],
            &listed["kind"],
            &listed["unread"],
            &listed["role"]
        ),
        (
            &json!("0"),
            &json!("announcements"),
            &json!(1),
            &json!("member")
        )
    );
    let messages = grace.get("/conversations/0/messages").await.items();
    assert_eq!(messages[0]["id"], made["id"]);
    let send = json!({ "body": "And I?" });
    let refused = grace.post("/conversations/0/messages", send.clone()).await;
    let problem = refused.refused(403, "forbidden");
    assert_eq!(
        text(&problem["detail"]),
        "Only administrators write announcements."
    );
    let sent = admin
        .post("/conversations/0/messages", send)
        .await
        .expect(201);
    let announced = grace.get("/announcements").await.items();
    assert_eq!(announced[0]["id"], sent["id"]);
    let position = json!({ "position": 2 });
    let left = grace
        .post("/conversations/0/read", position)
        .await
        .expect(200);
    assert_eq!(left["unread"], 0);
    let left = grace
        .delete(&format!("/conversations/0/members/{}", grace.id))
        .await;
    left.refused(403, "forbidden");
    let kind = json!({ "kind": "announcements", "title": "Mine" });
    admin
        .post("/conversations", kind)
        .await
        .refused(422, "invalid");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_administrator_blocks_and_unblocks(pool: PgPool) {
    let app = App::start(pool).await;
    let admin = app.administrator("ada").await;
    let grace = app.person("grace").await;
    let path = format!("/users/{}/block", grace.id);
    grace.put(&path).await.refused(403, "forbidden");
    for _ in 0..2 {
        assert_eq!(admin.put(&path).await.status, 204);
    }
    grace.get("/me").await.refused(403, "forbidden");
    let login = json!({ "login": "grace", "password": crate::common::PASSWORD });
    let refused = app.nobody().post("/auth/login", login).await;
    let problem = refused.refused(403, "forbidden");
    assert_eq!(text(&problem["detail"]), "This account is blocked.");
    let refresh = json!({ "refreshToken": grace.refresh_token });
    let refused = app.nobody().post("/auth/refresh", refresh).await;
    refused.refused(403, "forbidden");

    grace.delete(&path).await.refused(403, "forbidden");
    assert_eq!(admin.delete(&path).await.status, 204);
    app.login("grace").await.get("/me").await.expect(200);
    grace.get("/me").await.refused(401, "unauthenticated");
    let own = admin.put(&format!("/users/{}/block", admin.id)).await;
    own.refused(409, "conflict");
    let unknown = admin.put("/users/999999/block").await;
    unknown.refused(404, "not_found");
}
