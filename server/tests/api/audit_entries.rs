//! The audit log over HTTP: listed and exported by administrators, shown on a page, and to each user their own part.

use crate::common::{App, browser::Browser, text};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn administrators_find_who_did_what_from_where(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.administrator("ada").await;
    let outsider = app.person("outsider").await;
    let path = format!("/users/{}/block", outsider.id);
    let grace = app.person("grace").await;
    ada.put(&path).await.expect(204);
    for path in ["/audit-entries", "/audit-entries/export"] {
        grace.get(path).await.refused(403, "forbidden");
    }
    ada.get("/audit-entries?action=use")
        .await
        .refused(422, "invalid");
    ada.get("/audit-entries?network=ten")
        .await
        .refused(422, "invalid");
    let found = ada
        .get("/audit-entries?action=user.blocked&network=127.0.0.0/8")
        .await;
    let found = found.items();
    assert_eq!(found.len(), 1, "{found:?}");
    let entry = &found[0];
    assert_eq!(entry["actor"]["username"], "ada");
    assert_eq!(entry["target"]["id"], outsider.id);
    assert_eq!(
        (&entry["door"], &entry["address"]),
        (&json!("api"), &json!("127.0.0.1"))
    );

    app.chat().chain_audit_log().await.unwrap();
    let export = app
        .request(Method::GET, "/api/v1/audit-entries/export")
        .bearer_auth(&ada.access_token)
        .send()
        .await
        .unwrap();
    assert_eq!(export.headers()["content-type"], "application/x-ndjson");
    let lines = export.text().await.unwrap();
    let entries: Vec<Value> = lines
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    let blocked = entries
        .iter()
        .find(|it| it["action"] == "user.blocked")
        .unwrap();
    assert_eq!(text(&blocked["chain"]["hash"]).len(), 64);
    // That it was exported is the newest entry of the export itself.
    assert_eq!(entries[0]["action"], "audit.exported");

    let own = grace.get("/me/activity").await.items();
    let actions: Vec<_> = own.iter().map(|it| text(&it["action"])).collect();
    assert_eq!(actions, ["session.started", "user.registered"]);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_page_needs_no_scripts(pool: PgPool) {
    let app = App::start(pool).await;
    app.administrator("ada").await;
    app.person("outsider").await;
    let office = Browser::of(&app, "ada").await;
    let page = office
        .page("/administration/audit?actor=outsider&action=session")
        .await;
    assert!(page.contains("outsider signed in"), "{page}");
    assert!(!page.contains("ada signed in"));
    // A link on another site leads a browser there, and an export is an entry.
    let export = office.open("/api/v1/audit-entries/export").await;
    assert_eq!(export.status(), 401);
    let page = office.page("/administration/audit?actor=nobody").await;
    assert!(page.contains("There is no such user."), "{page}");
    let page = office.page("/administration/audit?since=yesterday").await;
    assert!(page.contains("must be a day such as"), "{page}");
}
