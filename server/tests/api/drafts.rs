//! Drafts over the API, and the personal sequence.

use crate::{
    common::{App, text},
    uploads::{METADATA, uploaded},
};
use serde_json::{Value, json};
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_is_written_listed_and_sent(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let path = format!("{}/draft", group.path);
    let quoted = group.send("when?").await;
    let draft =
        json!({ "body": "At noon", "replyToId": quoted["id"], "base": 0, "editorId": "desk" });
    let written = group.grace.put_json(&path, draft).await.expect(200);
    assert_eq!(written["saved"], true);
    let draft = &written["draft"];
    assert_eq!(
        (&draft["body"], &draft["seq"]),
        (&json!("At noon"), &json!(1))
    );
    assert_eq!(draft["replyTo"]["id"], quoted["id"]);
    assert_eq!(
        group.grace.get("/me/drafts").await.items(),
        std::slice::from_ref(draft)
    );
    let nothing: [Value; 0] = [];
    assert_eq!(group.ada.get("/me/drafts").await.items(), nothing);

    let phone = json!({ "body": "At one", "base": 0, "editorId": "phone" });
    let other = group.grace.put_json(&path, phone).await.expect(200);
    assert_eq!((&other["saved"], &other["draft"]), (&json!(false), draft));

    let message = json!({ "body": "At noon", "replyToId": quoted["id"], "draftSeq": 1 });
    let sent = format!("{}/messages", group.path);
    group.grace.post(&sent, message).await.expect(201);
    assert_eq!(group.grace.get("/me/drafts").await.items(), nothing);
    let changes = group.grace.get("/me/changes?after=1").await.expect(200);
    assert_eq!(
        (&changes["seq"], &changes["hasMore"]),
        (&json!(2), &json!(false))
    );
    let change = &changes["items"][0];
    assert_eq!(
        (&change["type"], &change["draft"]["body"]),
        (&json!("draft"), &json!(""))
    );

    let draft = json!({ "body": "hi", "base": 0 });
    let outsider = group.outsider.put_json(&path, draft).await;
    outsider.refused(404, "not_found");
    let long = json!({ "body": "x".repeat(10_001), "base": 0 });
    group
        .grace
        .put_json(&path, long)
        .await
        .refused(422, "invalid");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_draft_has_files(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let path = format!("{}/draft", group.path);
    let file = uploaded(&group.grace, METADATA, b"words").await;
    let draft = json!({ "body": "", "base": 0, "attachmentIds": [file["id"]] });
    let written = group.grace.put_json(&path, draft.clone()).await.expect(200);
    assert_eq!(written["draft"]["uploads"][0]["url"], file["url"]);
    let nothing: [Value; 0] = [];
    assert_eq!(group.ada.get("/me/drafts").await.items(), nothing);
    // Somebody else's file is left out, as one that there is not.
    let ada = group.ada.put_json(&path, draft.clone()).await.expect(200);
    assert_eq!(ada["draft"]["uploads"], Value::Null);
    assert_eq!(group.ada.get("/me/drafts").await.items(), nothing);
    let outsider = group.outsider.put_json(&path, draft).await;
    outsider.refused(404, "not_found");
    let many = json!({ "body": "", "base": 0, "attachmentIds": vec![&file["id"]; 11] });
    let many = group.grace.put_json(&path, many).await;
    many.refused(422, "invalid");
    // Who does not name them knows nothing of them.
    let longer = json!({ "body": "text", "base": written["draft"]["seq"] });
    let longer = group.grace.put_json(&path, longer).await.expect(200);
    assert_eq!(longer["draft"]["uploads"][0]["id"], file["id"]);
    let none = json!({ "body": "", "base": longer["draft"]["seq"], "attachmentIds": null });
    let none = group.grace.put_json(&path, none).await.expect(200);
    assert_eq!(none["draft"]["uploads"][0]["id"], file["id"]);
    let upload = format!("/uploads/{}", text(&file["id"]));
    group.grace.delete(&upload).await.expect(204);
    assert_eq!(group.grace.get("/me/drafts").await.items(), nothing);
}
