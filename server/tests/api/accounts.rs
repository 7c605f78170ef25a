//! Accounts for administrators, passwords and invitations.

use crate::common::{App, PASSWORD, text};
use serde_json::json;
use sqlx::PgPool;

const NEW: &str = "a tin roof in the rain";

#[sqlx::test(migrations = "../migrations")]
async fn a_password_is_changed_and_other_sessions_end(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let other = app.login("ada").await;
    let wrong = json!({ "currentPassword": "wrong horse", "newPassword": NEW });
    let problem = ada
        .put_json("/me/password", wrong)
        .await
        .refused(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "currentPassword");
    let common = json!({ "currentPassword": PASSWORD, "newPassword": "password123" });
    let problem = ada
        .put_json("/me/password", common)
        .await
        .refused(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "newPassword");
    let change = json!({ "currentPassword": PASSWORD, "newPassword": NEW });
    ada.put_json("/me/password", change).await.expect(204);
    other.get("/me").await.refused(401, "unauthenticated");
    ada.get("/me").await.expect(200);
    let login = json!({ "login": "ada", "password": NEW });
    app.nobody().post("/auth/login", login).await.expect(200);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_administrator_makes_accounts_and_new_passwords(pool: PgPool) {
    let app = App::start(pool).await;
    let admin = app.administrator("ada").await;
    let outsider = app.person("outsider").await;
    let new = json!({ "username": "grace", "name": "Grace Hopper" });
    outsider.get("/accounts").await.refused(403, "forbidden");
    outsider
        .post("/accounts", new.clone())
        .await
        .refused(403, "forbidden");
    let created = admin.post("/accounts", new.clone()).await.expect(201);
    assert_eq!(created["account"]["hasPassword"], false);
    admin.post("/accounts", new).await.refused(409, "conflict");
    let choice = json!({ "token": created["passwordReset"]["token"], "password": NEW });
    let signed_in = app
        .nobody()
        .post("/auth/reset-password", choice.clone())
        .await
        .expect(200);
    let grace = app.signed_in(&signed_in);
    app.nobody()
        .post("/auth/reset-password", choice)
        .await
        .refused(404, "not_found");

    let path = format!("/accounts/{}", grace.id);
    outsider
        .post_empty(&format!("{path}/password-reset"))
        .await
        .refused(403, "forbidden");
    let role = json!({ "role": "admin" });
    let promoted = admin
        .put_json(&format!("{path}/role"), role.clone())
        .await
        .expect(200);
    assert_eq!(promoted["role"], "admin");
    let own = admin
        .put_json(&format!("/accounts/{}/role", admin.id), role)
        .await;
    own.refused(409, "conflict");
    admin.delete(&format!("{path}/sessions")).await.expect(204);
    grace.get("/me").await.refused(401, "unauthenticated");
    let listed = admin.get("/accounts?query=grace").await.items();
    assert_eq!((listed.len(), &listed[0]["hasPassword"]), (1, &json!(true)));
}

#[sqlx::test(migrations = "../migrations")]
async fn registration_is_by_invitation_where_the_setting_says_so(pool: PgPool) {
    let app = App::start_with(pool, &["--registration=invitation"]).await;
    let new = json!({ "username": "grace", "password": PASSWORD });
    app.nobody()
        .post("/auth/register", new.clone())
        .await
        .refused(403, "forbidden");
    let token = app
        .chat()
        .invite_first_administrator()
        .await
        .unwrap()
        .unwrap();
    let mut first = json!({ "username": "ada", "password": PASSWORD });
    first["invitation"] = json!(token);
    let first = app.nobody().post("/auth/register", first).await.expect(201);
    assert_eq!(first["user"]["role"], "admin");
    let admin = app.signed_in(&first);
    let made = admin
        .post("/invitations", json!({ "note": "May" }))
        .await
        .expect(201);
    let mut invited = new;
    invited["invitation"] = made["token"].clone();
    let grace = app
        .nobody()
        .post("/auth/register", invited.clone())
        .await
        .expect(201);
    assert_eq!(grace["user"]["role"], "member");
    let grace = app.signed_in(&grace);
    grace.get("/invitations").await.refused(403, "forbidden");
    invited["username"] = json!("trudy");
    app.nobody()
        .post("/auth/register", invited)
        .await
        .refused(404, "not_found");
    let more = json!({ "maxUses": 2 });
    let more = admin.post("/invitations", more).await.expect(201);
    let none = grace
        .post("/invitations/join", json!({ "token": more["token"] }))
        .await;
    none.refused(409, "conflict");
    assert_eq!(admin.get("/invitations").await.items().len(), 1);
    let path = format!("/invitations/{}", text(&more["invitation"]["id"]));
    admin.delete(&path).await.expect(204);
    admin.delete(&path).await.refused(404, "not_found");
}
