//! Texts of messages as HTML.

use crate::common::{App, text};
use serde_json::{Value, json};
use sqlx::PgPool;

const HTML: &str = "<p><strong>Lunch</strong> at <code>noon</code></p>";

/// Whatever the message is read by, it has the same HTML and preview.
#[sqlx::test(migrations = "../migrations")]
async fn html_comes_with_every_way_to_read_a_message(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let sent = group.send("**Lunch** at `noon`").await;
    let path = format!("/conversations/{}/messages", group.id);
    let reply = json!({ "body": "Yes", "replyToId": sent["id"] });
    let reply = group.grace.post(&path, reply).await.expect(201);
    assert_eq!(reply["replyTo"]["body"], "**Lunch** at `noon`");
    assert_eq!(reply["replyTo"]["preview"], "Lunch at noon");
    assert!(reply.get("html").is_none() && reply.get("preview").is_none());

    let read = group
        .grace
        .get(&format!("/messages/{}", text(&sent["id"])))
        .await
        .expect(200);
    let page = group.grace.get(&path).await.expect(200);
    let known = json!({ "conversations": { group.id.clone(): 0 } });
    let sync = group.grace.post("/sync", known).await.expect(200);
    let change = sync["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["message"]["id"] == sent["id"]);
    let in_page = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["id"] == sent["id"]);
    for message in [&sent, &read, in_page.unwrap(), &change.unwrap()["message"]] {
        assert_eq!(message["html"], HTML);
        assert_eq!(message["preview"], "Lunch at noon");
        assert_eq!(message["body"], "**Lunch** at `noon`");
    }
    let quoting = page["items"].as_array().unwrap().last().unwrap();
    assert_eq!(quoting["replyTo"]["preview"], "Lunch at noon");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_edit_renders_again_and_a_deletion_leaves_nothing(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let sent = group.send("**Lunch** at `noon`").await;
    let path = format!("/messages/{}", text(&sent["id"]));
    let edited = group
        .ada
        .patch(&path, json!({ "body": "*Lunch*" }))
        .await
        .expect(200);
    assert_eq!(edited["html"], "<p><em>Lunch</em></p>");
    let head = group
        .grace
        .get(&format!("/conversations/{}", group.id))
        .await
        .expect(200);
    assert_eq!(head["lastMessage"]["body"], "*Lunch*");
    assert_eq!(head["lastMessage"]["preview"], "Lunch");
    let plain = group
        .ada
        .patch(&path, json!({ "body": "Lunch" }))
        .await
        .expect(200);
    assert_without(&plain);
    group
        .ada
        .patch(&path, json!({ "body": "**no**" }))
        .await
        .expect(200);
    let deleted = group.ada.delete(&path).await.expect(200);
    assert_without(&deleted);
    assert_without(&group.grace.get(&path).await.expect(200));
}

fn assert_without(message: &Value) {
    assert!(
        message.get("html").is_none() && message.get("preview").is_none(),
        "{message}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn html_that_somebody_types_is_text(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    assert_without(&group.send("<img src=x onerror=alert(1)>").await);
    let sent = group
        .send("*x* <img src=x onerror=alert(1)> [y](javascript:alert(1))")
        .await;
    let html = "<p><em>x</em> &lt;img src=x onerror=alert(1)&gt; [y](javascript:alert(1))</p>";
    assert_eq!(sent["html"], html);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_text_is_rendered_for_members_before_it_is_sent(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let path = format!("/conversations/{}/messages/render", group.id);
    let render = |body: &str| json!({ "body": body });
    let rendered = group.ada.post(&path, render("**Lunch** at `noon`")).await;
    assert_eq!(rendered.expect(200), json!({ "html": HTML }));
    let plain = group.ada.post(&path, render("Lunch")).await.expect(200);
    assert_eq!(plain, json!({}));
    group.ada.post(&path, render(" ")).await.expect(422);
    let refused = group.outsider.post(&path, render("hi")).await;
    refused.refused(404, "not_found");
}
