//! The caller's own account.

use crate::common::App;
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn one_sees_and_changes_oneself(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    assert_eq!(ada.get("/me").await.expect(200)["email"], json!(null));

    let changes = json!({
        "name": "Ada 🦉", "email": "ada@example.org", "avatarUrl": "https://example.org/ada.png"
    });
    let account = ada.patch("/me", changes).await.expect(200);
    assert_eq!(account["name"], "Ada 🦉");
    assert_eq!(account["email"], "ada@example.org");

    // Absent fields stay as they are; empty ones are removed.
    let account = ada.patch("/me", json!({ "email": "" })).await.expect(200);
    assert_eq!(account["email"], json!(null));
    assert_eq!(account["avatarUrl"], "https://example.org/ada.png");
    assert_eq!(ada.get("/me").await.expect(200), account);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_one_cannot_be_is_refused(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    app.person("grace")
        .await
        .patch("/me", json!({ "email": "grace@example.org" }))
        .await
        .expect(200);
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("x".repeat(81))),
        ("email", json!("nowhere")),
        ("avatarUrl", json!("javascript:alert(1)")),
        ("avatarUrl", json!("//evil.example/x.png")),
        ("avatarUrl", json!("/uploads/1/x.png")),
    ] {
        let problem = ada
            .patch("/me", json!({ field: value }))
            .await
            .refused(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
    ada.patch("/me", json!({ "name": "nul\u{0}" }))
        .await
        .refused(422, "invalid");
    let taken = json!({ "email": "Grace@example.org" });
    ada.patch("/me", taken).await.refused(409, "conflict");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_session_shows_its_client(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let login = json!({ "login": "ada", "password": crate::common::PASSWORD });
    let request = app.nobody().request(reqwest::Method::POST, "/auth/login");
    let request = request
        .header("user-agent", "Analytical Engine")
        .json(&login);
    app.send(request).await.expect(200);

    let sessions = ada.get("/me/sessions").await.items();
    assert!(
        sessions
            .iter()
            .any(|session| session["userAgent"] == "Analytical Engine")
    );
    assert!(
        sessions
            .iter()
            .all(|session| session["address"] == "127.0.0.1")
    );
    assert_eq!(
        sessions
            .iter()
            .filter(|session| session["current"] == true)
            .count(),
        1
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn every_session_is_on_a_page_and_all_others_end_at_once(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let ada = app.person("ada").await;
    let other = app.login("ada").await;
    sqlx::query(
        "insert into sessions (user_id, expires_at)
        select user_id, expires_at from sessions, generate_series(1, 60) limit 118",
    )
    .execute(&pool)
    .await
    .unwrap();
    let mut listed = 0;
    let mut path = "/me/sessions?limit=100".to_owned();
    loop {
        let page = ada.get(&path).await.expect(200);
        listed += page["items"].as_array().unwrap().len();
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("/me/sessions?limit=100&cursor={cursor}");
    }
    assert_eq!(listed, 120);
    ada.get("/me/sessions?cursor=x")
        .await
        .refused(422, "invalid");

    ada.delete("/me/sessions").await.expect(204);
    let left = ada.get("/me/sessions").await.expect(200);
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
    assert_eq!(left["items"][0]["current"], true);
    other.get("/me").await.refused(401, "unauthenticated");
}
