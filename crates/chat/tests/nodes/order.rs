//! Messages cross, in one order for everybody.

use crate::{people::text, town::Town};
use model::Event;
use sqlx::PgPool;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);

#[sqlx::test(migrations = "../../migrations")]
async fn everybody_hears_one_order_on_every_node(db: PgPool) {
    let town = Town::new(db).await;
    let id = town.people.group().await;
    let (ada, grace) = (&town.people.ada, &town.people.grace);
    let (mut one, mut other) = town.two(&[ada], &[grace]).await;
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
            let heard = node.hear(SOON, |it| {
                let event = crate::town::event(it)?;
                matches!(event, Event::MessageCreated { .. }).then(|| event.seq())
            });
            assert_eq!(heard.await, Some((id, seq)));
        }
    }
    town.end([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_others_did_not_say_is_found_before_what_came_after_it(db: PgPool) {
    let town = Town::new(db).await;
    let id = town.people.group().await;
    let (ada, grace) = (&town.people.ada, &town.people.grace);
    let (mut one, mut other) = town.two(&[ada], &[grace]).await;
    let silent = &town.people;
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
        let bodies = node.bodies(id, 3, SOON).await;
        assert_eq!(bodies, ["second", "first, edited", "third"]);
    }
    town.end([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn receipts_say_which_messages_they_are_about_on_every_node(db: PgPool) {
    let town = Town::new(db).await;
    let id = town.people.group().await;
    let (ada, grace) = (&town.people.ada, &town.people.grace);
    let (one, mut other) = town.two(&[ada], &[grace]).await;
    let sent = other.chat.send_message(grace, id, text("hi", None)).await;
    let message = sent.unwrap().message;
    one.chat.mark_read(ada, id, 1).await.unwrap();
    let moved = other.hear(SOON, |it| match crate::town::event(it)? {
        Event::ReceiptUpdated(receipt) if receipt.user_id == ada.user_id => receipt.moved.clone(),
        _ => None,
    });
    assert_eq!(moved.await.read, [(message.id, grace.user_id)]);
    town.end([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_chats_on_one_redis_do_not_hear_each_other(db: PgPool) {
    let town = Town::new(db.clone()).await;
    let options = (*db.connect_options()).clone();
    let (mut one, mut other) = town.two(&[], &[]).await;
    let elsewhere = PgPool::connect_with(options.database("postgres")).await;
    let settings = crate::people::settings();
    let stranger = chat::Chat::join(elsewhere.unwrap(), settings, &town.redis.url()).unwrap();
    let mut stranger = crate::town::Node::of(stranger);
    stranger.meet(0).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    stranger.meet(0).await;
    one.meet(1).await;
    other.meet(1).await;
    town.end([one, other, stranger]).await;
}
