//! Exports of one's own data and deletion of accounts over HTTP and by the pages.

use crate::common::{App, PASSWORD, Person, browser::Browser};
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

async fn export(person: &Person) -> reqwest::Response {
    let proof = json!({ "currentPassword": PASSWORD });
    let request = person.request(Method::POST, "/me/export").json(&proof);
    request.send().await.unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn an_export_is_a_zip_for_who_has_the_password(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let wrong = json!({ "currentPassword": "wrong horse" });
    let problem = ada.post("/me/export", wrong).await.refused(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "currentPassword");
    for _ in 0..3 {
        let file = export(&ada).await;
        assert_eq!(file.status(), 200);
        assert_eq!(file.headers()["content-type"], "application/zip");
        assert_eq!(file.headers()["cache-control"], "no-store");
        let name = file.headers()["content-disposition"].to_str().unwrap();
        assert_eq!(name, "attachment; filename*=UTF-8''parlance-ada.zip");
        let bytes = file.bytes().await.unwrap();
        assert!(bytes.starts_with(b"PK"));
        // The end of the table of contents: the file is whole.
        assert!(bytes.windows(4).any(|it| it == b"PK\x05\x06"));
    }
    assert_eq!(export(&ada).await.status(), 429);
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_is_deleted_by_its_user_and_by_administrators(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let (ada, grace) = (&group.ada, &group.grace);
    let sent = group.send("This stays.").await;
    let admin = app.administrator("root").await;
    let wish = |username: &str| json!({ "username": username, "messages": "keep", "currentPassword": PASSWORD });
    let wrong = ada.post("/me/delete", wish("grace")).await;
    assert_eq!(
        wrong.refused(422, "invalid")["errors"][0]["field"],
        "username"
    );
    let account = format!("/accounts/{}", ada.id);
    let delete = format!("{account}/delete");
    let proof = json!({ "currentPassword": PASSWORD });
    let by_member = grace.post(&delete, proof.clone()).await;
    by_member.refused(403, "forbidden");
    let own = format!("/accounts/{}/delete", admin.id);
    let own = admin.post(&own, proof.clone()).await;
    own.refused(409, "conflict");
    let unproved = admin.post(&delete, json!({})).await;
    assert_eq!(
        unproved.refused(422, "invalid")["errors"][0]["field"],
        "currentPassword"
    );
    admin
        .get(&format!("{account}/deletion"))
        .await
        .refused(404, "not_found");

    let deleted = ada.post("/me/delete", wish("ada")).await.expect(202);
    assert_eq!(deleted["username"], format!("deleted-{}", ada.id));
    // Whoever has the token has nothing any more.
    assert!(matches!(ada.get("/me").await.status, 401 | 403));
    let message = format!("/messages/{}", sent["id"].as_str().unwrap());
    let kept = grace.get(&message).await.expect(200);
    assert_eq!(kept["sender"]["name"], "Deleted user");
    assert_eq!(kept["body"], "This stays.");
    let again = admin.post(&delete, proof).await;
    again.refused(404, "not_found");
    let deletion = admin.get(&format!("{account}/deletion")).await.expect(200);
    assert_eq!(deletion["messages"], "keep");

    let other = format!("/accounts/{}/delete", grace.id);
    let proof = json!({ "currentPassword": PASSWORD, "messages": "remove" });
    admin.post(&other, proof).await.expect(202);
    assert!(matches!(grace.get("/me").await.status, 401 | 403));
}

#[sqlx::test(migrations = "../migrations")]
async fn the_page_exports_and_deletes_without_scripts(pool: PgPool) {
    let app = App::start(pool).await;
    app.person("ada").await;
    let browser = Browser::of(&app, "ada").await;
    let page = browser.page("/settings/data").await;
    assert!(page.contains("Export your data") && page.contains("Delete your account"));
    let wrong = [("current_password", "wrong horse"), ("code", "")];
    let refused = browser.post("/settings/data", "export-data", &wrong).await;
    assert_eq!(refused.headers()["location"], "/settings/data");
    let right = [("current_password", PASSWORD), ("code", "")];
    let answer = browser.post("/settings/data", "export-data", &right).await;
    let file = answer.headers()["location"].to_str().unwrap().to_owned();
    let file = browser.open(&file).await;
    assert_eq!(file.headers()["content-type"], "application/zip");
    assert!(file.bytes().await.unwrap().starts_with(b"PK"));

    let page = browser.page("/settings/data/delete").await;
    assert!(page.contains("Type “ada”."));
    let wish = [
        ("username", "ada"),
        ("messages", "remove"),
        ("current_password", PASSWORD),
        ("code", ""),
    ];
    let answer = browser
        .post("/settings/data/delete", "delete-own-account", &wish)
        .await;
    assert_eq!(answer.headers()["location"], "/sign-in?deleted=yes");
    let page = browser.page("/sign-in?deleted=yes").await;
    assert!(page.contains("Your account is deleted."));
}

#[sqlx::test(migrations = "../migrations")]
async fn administrators_delete_with_their_password_on_the_page(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let root = app.administrator("root").await;
    let office = Browser::of(&app, "root").await;
    let list = "/administration/people";
    assert!(office.page(list).await.contains("Your own password"));
    let path = format!("/accounts/{}/deletion", ada.id);
    for (password, status) in [("wrong horse", 404), (PASSWORD, 200)] {
        let fields = [
            ("id", ada.id.as_str()),
            ("action", "delete"),
            ("current_password", password),
        ];
        let answer = office.post(list, "change-account", &fields).await;
        let location = answer.headers()["location"].to_str().unwrap();
        assert!(location.starts_with(list), "{location}");
        assert_eq!(root.get(&path).await.status, status);
    }
}
