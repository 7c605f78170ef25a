//! Messages: sent once, read in pages, edited and deleted.

use crate::common::{App, text};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;

fn positions(items: &[Value]) -> Vec<i64> {
    items
        .iter()
        .map(|message| message["position"].as_i64().unwrap())
        .collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_message_is_sent_and_seen(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let first = group.send("Hello, Привет, مرحبا, こんにちは, 👩‍👩‍👧").await;
    let reply = json!({ "body": "yes?", "replyToId": first["id"], "clientId": "c1" });
    let path = format!("{}/messages", group.path);
    let reply = group.grace.post(&path, reply).await.expect(201);
    assert_eq!(reply["position"], 2);
    assert_eq!(reply["replyTo"]["body"], first["body"]);
    assert_eq!(reply["clientId"], "c1");
    assert_eq!(reply["sender"]["username"], "grace");
    let seen = group.ada.get(&path).await.items();
    assert_eq!(seen, [first.clone(), reply]);
    let alone = group
        .grace
        .get(&format!("/messages/{}", text(&first["id"])))
        .await;
    assert_eq!(alone.expect(200), first);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_retry_returns_the_first_message(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let path = format!("{}/messages", group.path);
    let message = json!({ "body": "once", "clientId": "c1" });
    let first = group.ada.post(&path, message.clone()).await.expect(201);
    assert_eq!(group.ada.post(&path, message).await.expect(200), first);

    let by_header = |key: &str, body: Value| {
        group
            .ada
            .request(Method::POST, &path)
            .header("idempotency-key", key)
            .json(&body)
    };
    let same = by_header("c1", json!({ "body": "once" }));
    assert_eq!(group.ada.send(same).await.expect(200), first);
    let both = by_header("c1", json!({ "body": "once", "clientId": "c1" }));
    assert_eq!(group.ada.send(both).await.expect(200), first);
    let torn = by_header("c2", json!({ "body": "once", "clientId": "c1" }));
    group.ada.send(torn).await.refused(422, "invalid");
    let empty = by_header("", json!({ "body": "once" }));
    group.ada.send(empty).await.refused(422, "invalid");

    let other = json!({ "body": "twice", "clientId": "c1" });
    group.ada.post(&path, other).await.refused(409, "conflict");
    // Each sender has keys of their own.
    let grace = json!({ "body": "once", "clientId": "c1" });
    group.grace.post(&path, grace).await.expect(201);
    assert_eq!(group.ada.get(&path).await.items().len(), 2);
}

#[sqlx::test(migrations = "../migrations")]
async fn what_cannot_be_a_message_is_refused(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let path = format!("{}/messages", group.path);
    for message in [
        json!({ "body": "" }),
        json!({ "body": "  \n " }),
        json!({ "body": "x".repeat(10_001) }),
        json!({ "body": "nul\u{0}" }),
        json!({ "body": "x", "kind": "system" }),
        json!({ "body": "x", "kind": "poem" }),
        json!({ "body": "x", "clientId": "" }),
        json!({ "body": "x", "clientId": "x".repeat(129) }),
        json!({ "body": "x", "clientId": "nul\u{0}" }),
    ] {
        group.ada.post(&path, message).await.refused(422, "invalid");
    }
    let elsewhere = app.person("linus").await;
    let new = json!({ "kind": "group", "title": "Elsewhere", "memberIds": [] });
    let other = elsewhere.post("/conversations", new).await.expect(201);
    let other = format!("/conversations/{}/messages", text(&other["id"]));
    let foreign = elsewhere
        .post(&other, json!({ "body": "mine" }))
        .await
        .expect(201);
    for id in [foreign["id"].clone(), json!("9999")] {
        let reply = json!({ "body": "x", "replyToId": id });
        group.ada.post(&path, reply).await.refused(422, "invalid");
    }
    assert_eq!(group.ada.get(&path).await.items().len(), 0);
}

#[sqlx::test(migrations = "../migrations")]
async fn history_comes_in_pages(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    for n in 1..=9 {
        group.send(&format!("message {n}")).await;
    }
    for (query, expected) in [
        ("limit=3", vec![7, 8, 9]),
        ("limit=3&before=7", vec![4, 5, 6]),
        ("limit=3&cursor=7", vec![4, 5, 6]),
        ("limit=3&before=9&cursor=7", vec![4, 5, 6]),
        ("limit=3&after=2", vec![3, 4, 5]),
        ("limit=3&after=2&cursor=5", vec![6, 7, 8]),
        ("limit=4&around=5", vec![3, 4, 5, 6]),
        ("before=1", vec![]),
        ("after=9", vec![]),
        ("after=0", (1..=9).collect()),
    ] {
        let page = group
            .grace
            .get(&format!("{}/messages?{query}", group.path))
            .await;
        assert_eq!(positions(&page.items()), expected, "{query}");
    }
    for query in [
        "limit=0",
        "limit=101",
        "before=x",
        "before=1&after=2",
        "around=1&cursor=2",
        "cursor=x",
    ] {
        let page = group
            .grace
            .get(&format!("{}/messages?{query}", group.path))
            .await;
        page.refused(422, "invalid");
    }
    let mut query = "limit=4".to_owned();
    let mut seen = Vec::new();
    loop {
        let page = group
            .ada
            .get(&format!("{}/messages?{query}", group.path))
            .await
            .expect(200);
        seen.splice(0..0, positions(page["items"].as_array().unwrap()));
        match page["nextCursor"].as_str() {
            Some(cursor) => query = format!("limit=4&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, (1..=9).collect::<Vec<_>>());
}

#[sqlx::test(migrations = "../migrations")]
async fn an_edit_keeps_what_was_said(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("first").await;
    let path = format!("/messages/{}", text(&message["id"]));
    let edited = group
        .ada
        .patch(&path, json!({ "body": "second" }))
        .await
        .expect(200);
    assert_eq!(edited["body"], "second");
    assert!(edited["editedAt"].is_string());
    let edits = group.grace.get(&format!("{path}/edits")).await.items();
    assert_eq!(edits.len(), 1);
    assert_eq!(edits[0]["body"], "first");
    group
        .grace
        .patch(&path, json!({ "body": "no" }))
        .await
        .refused(403, "forbidden");
    for body in ["", " ", "nul\u{0}", &"x".repeat(10_001)] {
        group
            .ada
            .patch(&path, json!({ "body": body }))
            .await
            .refused(422, "invalid");
    }
    let with_file = json!({ "body": "third", "attachmentIds": ["1"] });
    let refusal = group.ada.patch(&path, with_file).await;
    let refusal = refusal.refused(422, "invalid");
    assert_eq!(refusal["errors"][0]["field"], "attachmentIds");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_deleted_message_leaves_a_stone(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let message = group.send("secret").await;
    let path = format!("/messages/{}", text(&message["id"]));
    group
        .ada
        .patch(&path, json!({ "body": "more secret" }))
        .await
        .expect(200);
    group.grace.delete(&path).await.refused(403, "forbidden");
    let stone = group.ada.delete(&path).await.expect(200);
    assert_eq!(stone["body"], "");
    assert!(stone["deletedAt"].is_string());
    assert_eq!(group.grace.get(&path).await.expect(200), stone);
    assert_eq!(
        group
            .grace
            .get(&format!("{path}/edits"))
            .await
            .items()
            .len(),
        0
    );
    group
        .ada
        .patch(&path, json!({ "body": "again" }))
        .await
        .refused(409, "conflict");
}
