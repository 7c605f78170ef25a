//! Typing across nodes: every node emits its beginning and its end.

use crate::{
    fixtures::text,
    test_cluster::{Node, TestCluster, event, timings},
};
use chat::Caller;
use model::Event;
use serde_json::json;
use sqlx::PgPool;
use std::time::Instant;

async fn typing(node: &mut Node, who: &Caller) -> bool {
    node.receive(|it| match event(it)? {
        Event::Typing {
            user_id, typing, ..
        } if *user_id == who.user_id => Some(*typing),
        _ => None,
    })
    .await
}

#[sqlx::test(migrations = "../../migrations")]
async fn typing_begins_and_ends_on_every_node(db: PgPool) {
    let cluster = TestCluster::new(db).await;
    let id = cluster.people.group().await;
    let (ada, grace) = (&cluster.people.ada, &cluster.people.grace);
    let (mut one, mut other) = cluster.two_nodes(&[ada], &[grace]).await;
    one.chat.set_typing(ada, id, true).await.unwrap();
    assert!(typing(&mut other, ada).await);
    // Sent by another device of hers.
    let sent = other.chat.send_message(ada, id, text("done", None)).await;
    sent.unwrap();
    assert!(!typing(&mut other, ada).await);
    assert!(typing(&mut one, ada).await);
    assert!(!typing(&mut one, ada).await);

    // A renewal before the timeout extends it: no end before, and no second beginning.
    one.chat.set_typing(ada, id, true).await.unwrap();
    tokio::time::sleep(timings().typing_timeout / 2).await;
    let renewed_at = Instant::now();
    one.chat.set_typing(ada, id, true).await.unwrap();
    for node in [&mut one, &mut other] {
        assert!(typing(node, ada).await);
        assert!(!typing(node, ada).await);
        assert!(renewed_at.elapsed() >= timings().typing_timeout);
    }
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn typing_in_a_thread_and_its_reply_reach_every_node(db: PgPool) {
    let cluster = TestCluster::new(db).await;
    let id = cluster.people.group().await;
    let (ada, grace) = (&cluster.people.ada, &cluster.people.grace);
    let (mut one, other) = cluster.two_nodes(&[ada], &[grace]).await;
    let root = one.chat.send_message(ada, id, text("lunch?", None)).await;
    let root = root.unwrap().message.id;
    let typing = other.chat.set_typing_in_thread(grace, id, root, true);
    typing.await.unwrap();
    let place = one
        .receive(|it| match event(it)? {
            Event::Typing { thread_id, .. } => Some(*thread_id),
            _ => None,
        })
        .await;
    assert_eq!(place, Some(root));
    let reply = model::NewMessage {
        thread_id: Some(root),
        ..text("where?", None)
    };
    other.chat.send_message(grace, id, reply).await.unwrap();
    let arrived = one
        .receive(|it| match event(it)? {
            Event::MessageCreated { message, .. } if message.thread_id.is_some() => {
                Some(message.thread.clone().unwrap().reply_count)
            }
            _ => None,
        })
        .await;
    assert_eq!(arrived, 1);
    // The sender of the root, who is on the other node, learns of the own part.
    let unread = one
        .receive(|it| match event(it)? {
            Event::ThreadChanged(state) => Some(state.unread),
            _ => None,
        })
        .await;
    assert_eq!(unread, 1);
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_a_later_version_sends_hides_nothing_that_this_one_knows(db: PgPool) {
    let cluster = TestCluster::new(db).await;
    let id = cluster.people.group().await;
    let (ada, grace) = (&cluster.people.ada, &cluster.people.grace);
    let (mut one, other) = cluster.two_nodes(&[ada], &[grace]).await;
    let client = redis::Client::open(cluster.redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut channels = redis::cmd("PUBSUB");
    channels.arg("CHANNELS").arg("parlance:*");
    let channels: Vec<String> = channels.query_async(&mut connection).await.unwrap();
    let grace_types = json!({ "Typing": {
        "conversation_id": id, "user_id": grace.user_id, "typing": true, "thread_id": null,
    } });
    let lines = [
        "3 00000000000000aa 1".to_owned(),
        r#"{"FromALaterVersion":{}}"#.to_owned(),
        format!(r#"={id} {{"deliveries":[{{"FromALaterVersion":{{}}}}]}}"#),
        r#" {"deliveries":[{"FromALaterVersion":{}}]}"#.to_owned(),
        grace_types.to_string(),
    ];
    let mut publish = redis::cmd("PUBLISH");
    publish.arg(&channels[0]).arg(lines.join("\n"));
    let receivers: usize = publish.query_async(&mut connection).await.unwrap();
    assert_eq!(receivers, 2);
    assert!(typing(&mut one, grace).await);
    cluster.shut_down([one, other]).await;
}
