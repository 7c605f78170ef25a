//! Threads, pins, saved messages and marks over sockets: members learn what is theirs, an outsider nothing.

use crate::common::test_server::TestServer;
use serde_json::{Value, json};
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn a_thread_stays_among_members_and_a_state_with_its_user(db: PgPool) {
    let server = TestServer::start(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let outsider = server.person("eve").await;
    let group = server.group(&[&ada, &grace]).await;
    let root = server.send(&ada, group, "lunch?").await;
    let mut stranger = server.client(&outsider).await;
    let mut asker = server.client(&ada).await;
    let mut reader = server.client(&grace).await;

    let typing = json!({ "conversationId": group, "threadId": root.id });
    reader.emit_ok("typing:start", &typing).await;
    let typed = asker.wait_for("typing").await;
    assert_eq!(
        (&typed["threadId"], &typed["typing"]),
        (&json!(root.id), &json!(true))
    );
    let new = json!({ "conversationId": group, "threadId": root.id, "body": "where?" });
    let sent = reader.emit_ok("message:send", &new).await["message"].take();
    let received = asker.wait_for("message:created").await;
    assert_eq!(received["message"], sent);
    assert_eq!(received["message"]["thread"]["replyCount"], 1);
    // Both may wait a moment for another frame, and so come in any order.
    let (mut ended, mut state) = (Value::Null, Value::Null);
    while ended.is_null() || state.is_null() {
        match asker.next().await {
            (name, payload) if name == "typing" => ended = payload,
            (name, payload) if name == "thread" => state = payload,
            _ => {}
        }
    }
    let place = (&ended["threadId"], &ended["typing"]);
    assert_eq!(place, (&json!(root.id), &json!(false)));
    let part = (&state["following"], &state["unread"]);
    assert_eq!(part, (&json!(true), &json!(1)));
    let own = reader.wait_for("thread").await;
    assert_eq!(
        (&own["readPosition"], &own["unread"]),
        (&json!(1), &json!(0))
    );

    let read = json!({ "threadId": root.id, "position": 1 });
    let answer = asker.emit_ok("thread:read", &read).await;
    assert_eq!(answer["thread"]["unread"], 0);
    assert_eq!(asker.wait_for("thread").await["readPosition"], 1);
    let thread = json!({ "threadId": root.id });
    let answer = asker.emit_ok("thread:unfollow", &thread).await;
    assert_eq!(answer["thread"]["following"], false);
    let answer = asker.emit_ok("thread:follow", &thread).await;
    assert_eq!(answer["thread"]["following"], true);

    for (event, payload) in [
        ("thread:read", &read),
        ("thread:follow", &thread),
        ("thread:unfollow", &thread),
        ("typing:start", &typing),
        ("message:send", &new),
    ] {
        let answer = stranger.emit_with_ack(event, payload).await;
        assert_eq!(answer["error"]["code"], "not_found", "{event}");
    }
    let marker = server.marker(&outsider).await;
    let names = names(stranger.drain_until(marker).await);
    assert!(
        !names
            .iter()
            .any(|it| ["thread", "typing", "message:created"].contains(&it.as_str())),
        "{names:?}"
    );
    server.stop().await;
}

fn names(events: Vec<(String, Value)>) -> Vec<String> {
    events.into_iter().map(|(name, _)| name).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn pins_go_to_members_and_what_is_saved_to_the_own_devices(db: PgPool) {
    let server = TestServer::start(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let outsider = server.person("eve").await;
    let group = server.group(&[&ada, &grace]).await;
    let message = server.send(&ada, group, "the plan").await;
    let mut stranger = server.client(&outsider).await;
    let mut watcher = server.client(&ada).await;
    let mut client = server.client(&grace).await;
    let mut phone = server.client(&grace).await;
    let it = json!({ "id": message.id });

    let answer = client.emit_ok("message:pin", &it).await;
    assert_eq!(answer["message"]["pinned"]["by"]["username"], "grace");
    assert_eq!(
        watcher.wait_for("message:updated").await["message"],
        answer["message"]
    );
    client.emit_ok("message:unpin", &it).await;
    let unpinned = watcher.wait_for("message:updated").await;
    assert!(unpinned["message"].get("pinned").is_none());

    let answer = client.emit_ok("message:save", &it).await;
    let saved = phone.wait_for("saved").await;
    assert_eq!(saved["saved"], answer["saved"]);
    client.emit_ok("message:unsave", &it).await;
    assert_eq!(phone.wait_for("saved").await["saved"], Value::Null);

    let from = json!({ "conversationId": group, "position": 1 });
    client.emit_ok("conversation:read", &from).await;
    let answer = client.emit_ok("conversation:unread", &from).await;
    assert_eq!(answer["unread"]["unread"], 1);
    let unread = loop {
        let unread = phone.wait_for("unread").await;
        if unread["unread"] == 1 {
            break unread;
        }
    };
    assert_eq!(
        (&unread["readPosition"], &unread["markedUnread"]),
        (&json!(0), &json!(true))
    );

    let marker = server.marker(&ada).await;
    let seen = names(watcher.drain_until(marker).await);
    assert!(!seen.contains(&"saved".to_owned()), "{seen:?}");
    for event in ["message:pin", "message:unpin", "message:save"] {
        let answer = stranger.emit_with_ack(event, &it).await;
        assert_eq!(answer["error"]["code"], "not_found", "{event}");
    }
    let answer = stranger.emit_with_ack("conversation:unread", &from).await;
    assert_eq!(answer["error"]["code"], "not_found");
    let marker = server.marker(&outsider).await;
    let seen = names(stranger.drain_until(marker).await);
    assert!(
        !seen
            .iter()
            .any(|it| it.starts_with("message:") || it == "saved"),
        "{seen:?}"
    );
    server.stop().await;
}
