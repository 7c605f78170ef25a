//! Announcements: who makes them, and who reads them.

use crate::common::{App, text};
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn the_administrator_announces_and_everybody_reads(pool: PgPool) {
    let app = App::start(pool).await;
    // The first account is the administrator.
    let admin = app.person("ada").await;
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
async fn the_administrator_blocks_and_unblocks(pool: PgPool) {
    let app = App::start(pool).await;
    let admin = app.person("ada").await;
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
