//! Replies in threads at the contracts, whose clients know no threads: each is one message, a reply to the
//! root, and counts as unread.

use crate::{Scenario, Shows, common::test_server::TestServer, follow_ups::unread_at_each};
use model::{ConversationId, Message, MessageId, NewMessage};
use serde_json::json;
use sqlx::PgPool;

const IN_THREAD: &str = "in a thread";

/// Where an event has the id of the message that it replies to; none where the contract has no replies.
const REPLY_TO: [(&str, &str); 5] = [
    ("groups", "/replyToId"),
    ("rooms", "/replyTo/id"),
    ("conversations", "/message/replyTo"),
    ("broadcast", "/data/replyTo/_id"),
    ("api", "/message/replyTo/id"),
];

async fn reply(
    server: &TestServer,
    who: &crate::Person,
    id: ConversationId,
    root: MessageId,
) -> Message {
    let new = NewMessage {
        body: IN_THREAD.to_owned(),
        thread_id: Some(root),
        ..NewMessage::default()
    };
    let sent = server.chat.send_message(&who.caller, id, new);
    sent.await.unwrap().message
}

async fn each_door_shows_a_reply(db: PgPool, kind: Shows) {
    let scenario = Scenario::create(db, kind).await;
    let id = scenario.ada_target.conversation;
    let listeners = scenario.listeners().await;
    let root = scenario.send_text("the root").await;
    reply(&scenario.server, &scenario.ada, id, root.parse().unwrap()).await;
    for (driver, mut client) in listeners {
        let (message, body) = driver.message_event;
        let shown = loop {
            let (name, payload) = client.next().await;
            if name == message && payload.pointer(body).is_some_and(|it| it == IN_THREAD) {
                break payload;
            }
        };
        if let Some((_, pointer)) = REPLY_TO.iter().find(|it| it.0 == driver.name) {
            let replied = shown.pointer(pointer).unwrap_or_else(|| panic!("{shown}"));
            assert_eq!(crate::text(replied), root, "at {}", driver.name);
        }
    }
    scenario.server.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn each_door_of_groups_shows_a_reply(db: PgPool) {
    each_door_shows_a_reply(db, Shows::Groups).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn each_door_of_two_shows_a_reply(db: PgPool) {
    each_door_shows_a_reply(db, Shows::Direct).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_reply_is_unread_at_each_door(db: PgPool) {
    let server = TestServer::start_with_contracts(db).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let group = server.group(&[&ada, &grace]).await;
    let direct = server.direct(&ada, &grace).await;
    for id in [group, direct] {
        let root = server.send(&ada, id, "the root").await;
        reply(&server, &ada, id, root.id).await;
        let head = server.chat.conversation(&grace.caller, id).await.unwrap();
        assert_eq!((head.unread, head.unread_in_threads), (1, 1));
    }
    for (door, unread) in unread_at_each(&server, &grace, &ada, group, direct).await {
        assert_eq!(unread, json!(2), "at {door}");
    }
    server.stop().await;
}
