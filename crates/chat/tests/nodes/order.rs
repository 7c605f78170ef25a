//! The order of messages, on every node.

use crate::{
    fixtures::text,
    test_cluster::{Node, TestCluster},
};
use model::Event;
use sqlx::PgPool;

#[sqlx::test(migrations = "../../migrations")]
async fn every_node_delivers_in_one_order(db: PgPool) {
    let cluster = TestCluster::new(db).await;
    let id = cluster.people.group().await;
    let (ada, grace) = (&cluster.people.ada, &cluster.people.grace);
    let (mut one, mut other) = cluster.two_nodes(&[ada], &[grace]).await;
    let sending = (0..40).map(|n| {
        let (chat, who) = if n % 2 == 0 {
            (one.chat.clone(), *ada)
        } else {
            (other.chat.clone(), *grace)
        };
        tokio::spawn(async move {
            let sent = chat
                .send_message(&who, id, text(&n.to_string(), None))
                .await;
            sent.unwrap();
        })
    });
    for sending in sending.collect::<Vec<_>>() {
        sending.await.unwrap();
    }
    for node in [&mut one, &mut other] {
        for seq in 2..=41 {
            let received = node.receive(|it| {
                let event = crate::test_cluster::event(it)?;
                matches!(event, Event::MessageCreated { .. }).then(|| event.seq())
            });
            assert_eq!(received.await, Some((id, seq)));
        }
    }
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn unpublished_changes_are_read_before_later_ones_are_delivered(db: PgPool) {
    let cluster = TestCluster::new(db).await;
    let id = cluster.people.group().await;
    let (ada, grace) = (&cluster.people.ada, &cluster.people.grace);
    let (mut one, mut other) = cluster.two_nodes(&[ada], &[grace]).await;
    let silent = &cluster.people;
    let first = silent.say(ada, id, "first").await;
    silent.say(ada, id, "second").await;
    silent
        .chat
        .edit_message(ada, first.id, "first, edited".to_owned())
        .await
        .unwrap();
    let sent = one.chat.send_message(ada, id, text("third", None)).await;
    assert_eq!(sent.unwrap().message.seq, 5);
    for node in [&mut one, &mut other] {
        let mut seen: Vec<(i64, String)> = Vec::new();
        while seen.last().is_none_or(|(_, body)| body != "third") {
            let changed = node.receive(|it| match crate::test_cluster::event(it)? {
                Event::MessageCreated { message, .. } | Event::MessageUpdated { message, .. } => {
                    Some((message.seq, message.body.clone()))
                }
                _ => None,
            });
            seen.push(changed.await);
        }
        // A node reads unpublished changes from time to time, too: then "first" came before its edit.
        if seen[0].1 == "first" {
            seen.remove(0);
        }
        let bodies: Vec<_> = seen
            .iter()
            .map(|(seq, body)| (*seq, body.as_str()))
            .collect();
        assert_eq!(bodies, [(3, "second"), (4, "first, edited"), (5, "third")]);
    }
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn receipts_name_their_messages_on_every_node(db: PgPool) {
    let cluster = TestCluster::new(db).await;
    let id = cluster.people.group().await;
    let (ada, grace) = (&cluster.people.ada, &cluster.people.grace);
    let (one, mut other) = cluster.two_nodes(&[ada], &[grace]).await;
    let sent = other.chat.send_message(grace, id, text("hi", None)).await;
    let message = sent.unwrap().message;
    one.chat.mark_read(ada, id, 1).await.unwrap();
    let moved = other.receive(|it| match crate::test_cluster::event(it)? {
        Event::ReceiptUpdated(receipt) if receipt.user_id == ada.user_id => receipt.details.clone(),
        _ => None,
    });
    assert_eq!(moved.await.read, [(message.id, grace.user_id)]);
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_chats_on_one_redis_do_not_receive_each_other(db: PgPool) {
    let cluster = TestCluster::new(db.clone()).await;
    let options = (*db.connect_options()).clone();
    let (one, mut other) = cluster.two_nodes(&[], &[]).await;
    let elsewhere = PgPool::connect_with(options.database("postgres")).await;
    let elsewhere = elsewhere.unwrap();
    let stranger = || {
        let settings = crate::fixtures::settings();
        let chat = chat::Chat::join(elsewhere.clone(), settings, &cluster.redis.url());
        Node::of(chat.unwrap())
    };
    let first = stranger();
    first.wait_for_peers(0).await;
    // One of us publishes, and then one of them: what the stranger has received by then is all.
    cluster.drain(&mut other, &one.chat).await;
    let second = stranger();
    first.wait_for_peers(1).await;
    second.wait_for_peers(1).await;
    one.wait_for_peers(1).await;
    other.wait_for_peers(1).await;
    cluster.shut_down([one, other, first, second]).await;
}
