//! Threads over REST: replies, what the caller has not read of them, and the list of followed ones.

use crate::common::{App, Group, text};
use serde_json::{Value, json};
use sqlx::PgPool;

async fn reply(group: &Group, root: &Value, body: &str) -> Value {
    let new = json!({ "body": body, "threadId": root["id"] });
    let path = format!("{}/messages", group.path);
    group.grace.post(&path, new).await.expect(201)
}

fn bodies(page: &[Value]) -> Vec<String> {
    page.iter().map(|it| text(&it["body"])).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_thread_is_read_and_followed(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let root = group.send("lunch?").await;
    let thread = format!("/threads/{}", text(&root["id"]));
    let first = reply(&group, &root, "where?").await;
    reply(&group, &root, "and when?").await;
    group.send("by the way").await;
    assert_eq!(first["threadPosition"], 1);
    assert_eq!(first["replyTo"]["id"], root["id"]);
    assert_eq!(first["thread"]["replyCount"], 1);

    let all = group
        .ada
        .get(&format!("{}/messages", group.path))
        .await
        .items();
    assert_eq!(
        bodies(&all),
        ["lunch?", "where?", "and when?", "by the way"]
    );
    let main_line = format!("{}/messages?mainLine=true", group.path);
    let main_line = group.ada.get(&main_line).await.items();
    assert_eq!(main_line[0]["thread"]["replyCount"], 2);
    assert_eq!(bodies(&main_line), ["lunch?", "by the way"]);
    let replies = group.ada.get(&format!("{thread}/messages?limit=1")).await;
    let replies = replies.expect(200);
    assert_eq!(replies["items"][0]["body"], "and when?");
    let older = format!(
        "{thread}/messages?limit=1&cursor={}",
        text(&replies["nextCursor"])
    );
    assert_eq!(bodies(&group.ada.get(&older).await.items()), ["where?"]);

    let followed = group.ada.get("/me/threads").await.expect(200);
    assert_eq!(followed["unreadThreads"], 1);
    assert_eq!(followed["items"][0]["root"]["id"], root["id"]);
    let read = json!({ "position": 1 });
    let state = group
        .ada
        .post(&format!("{thread}/read"), read)
        .await
        .expect(200);
    let expected = json!({ "conversationId": group.id, "threadId": root["id"], "following": true,
        "readPosition": 1, "unread": 1, "mentions": 0 });
    assert_eq!(state, expected);
    let state = group
        .ada
        .delete(&format!("{thread}/follow"))
        .await
        .expect(200);
    assert_eq!(
        (&state["following"], &state["unread"]),
        (&json!(false), &json!(0))
    );
    assert_eq!(group.ada.get("/me/threads").await.items(), [Value::Null; 0]);
    let followers = group.ada.get(&format!("{thread}/followers")).await;
    let followers = followers.expect(200);
    assert_eq!(followers["followerCount"], 1);
    assert_eq!(followers["items"][0]["username"], "grace");
    assert_eq!(followers["nextCursor"], Value::Null);
    let state = group.ada.put(&format!("{thread}/follow")).await.expect(200);
    assert_eq!(
        (&state["following"], &state["readPosition"]),
        (&json!(true), &json!(2))
    );
    let shown = group.grace.get(&thread).await.expect(200);
    assert_eq!(
        shown["root"]["thread"]["participants"][0]["username"],
        "grace"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn outsiders_and_bad_input_are_refused(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let root = group.send("lunch?").await;
    let answer = reply(&group, &root, "where?").await;
    let thread = format!("/threads/{}", text(&root["id"]));
    let position = json!({ "position": 1 });
    let followers = format!("{thread}/followers");
    for path in [
        thread.clone(),
        format!("{thread}/messages"),
        followers.clone(),
    ] {
        group.outsider.get(&path).await.refused(404, "not_found");
    }
    let read = format!("{thread}/read");
    group
        .outsider
        .post(&read, position)
        .await
        .refused(404, "not_found");
    let follow = format!("{thread}/follow");
    group.outsider.put(&follow).await.refused(404, "not_found");
    group
        .outsider
        .delete(&follow)
        .await
        .refused(404, "not_found");
    assert_eq!(
        group.outsider.get("/me/threads").await.items(),
        [Value::Null; 0]
    );

    group
        .ada
        .post(&read, json!({ "position": -1 }))
        .await
        .refused(422, "invalid");
    group
        .ada
        .get("/threads/999999")
        .await
        .refused(404, "not_found");
    let messages = format!("{}/messages", group.path);
    for (thread_id, both) in [
        (&answer["id"], false),
        (&json!("999999"), false),
        (&Value::Null, true),
    ] {
        let new = json!({ "body": "no", "threadId": thread_id, "alsoToConversation": both });
        group.ada.post(&messages, new).await.refused(422, "invalid");
    }
    let bad = format!("{thread}/messages?cursor=x");
    group.ada.get(&bad).await.refused(422, "invalid");
    let bad = format!("{followers}?cursor=x");
    group.ada.get(&bad).await.refused(422, "invalid");
    group
        .ada
        .get("/me/threads?cursor=1.2")
        .await
        .refused(422, "invalid");
}
