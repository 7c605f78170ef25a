//! What mentions of many take from the limits of their sender.

use crate::fixtures::{People, event, people_with, refused, settings, text};
use crate::forwards::forward_of;
use crate::threads::reply;
use crate::wildcard_mentions::who;
use chat::{RateLimits, Settings};
use model::{ErrorCode, NewForward, Wildcard};
use sqlx::PgPool;

/// A chat in which an account can tell so many people at once. A message with `@all` to a group of three costs 15.
async fn people_with_mentions(db: PgPool, people_told: u32) -> People {
    let limits = RateLimits {
        volume: true,
        people_told_burst: people_told.try_into().unwrap(),
        people_told_per_second: 1.try_into().unwrap(),
        ..RateLimits::default()
    };
    let settings = Settings {
        rate_limits: limits,
        ..settings()
    };
    people_with(db, settings).await
}

#[sqlx::test(migrations = "../../migrations")]
async fn mentions_of_many_are_taken_from_the_limits(db: PgPool) {
    let people = people_with_mentions(db, 20).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut subscription = chat.subscribe();
    let refusal = async || {
        for _ in 0..5 {
            chat.send_message(&people.ada, id, text("@all", None))
                .await?;
        }
        Ok(())
    };
    refused(refusal().await, ErrorCode::TooManyRequests);
    let created = people.drain(&mut subscription).await;
    let created = created.iter().filter_map(event);
    let created = created.filter(|it| it.name() == "message:created").count();
    assert!(created < 4, "{created}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn retries_and_what_is_not_written_cost_nothing(db: PgPool) {
    let people = people_with_mentions(db, 30).await;
    let (chat, id) = (&people.chat, people.group().await);
    let channel = people.channel().await;
    chat.join_conversation(&people.grace, channel)
        .await
        .unwrap();
    for _ in 0..8 {
        // Text of a member; a retry; and another text under the same `clientId`.
        let sent = chat
            .send_message(&people.grace, channel, text("@all", None))
            .await;
        assert!(sent.unwrap().message.entities.is_empty());
    }
    let first = chat.send_message(&people.linus, id, text("@all", Some("k")));
    assert!(!first.await.unwrap().deduplicated);
    for _ in 0..8 {
        let again = chat.send_message(&people.linus, id, text("@all", Some("k")));
        assert!(again.await.unwrap().deduplicated);
        let other = chat.send_message(&people.linus, id, text("@all other", Some("k")));
        refused(other.await, ErrorCode::Conflict);
    }
    let second = chat.send_message(&people.linus, id, text("@all", None));
    assert_eq!(second.await.unwrap().message.entities.len(), 1);
    let third = chat.send_message(&people.linus, id, text("@all", None));
    refused(third.await, ErrorCode::TooManyRequests);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_reply_in_a_thread_only_costs_its_followers(db: PgPool) {
    let people = people_with_mentions(db, 30).await;
    let id = people.group().await;
    let root = people.say(&people.grace, id, "root").await;
    for _ in 0..3 {
        let sent = reply(&people, &people.linus, &root, "@all").await;
        assert_eq!(sent.entities.len(), 1);
    }
    // An edit, too: of the other thread she is the only follower.
    let root = people.say(&people.grace, id, "another root").await;
    let plain = reply(&people, &people.grace, &root, "lunch").await;
    for body in ["lunch, @all", "lunch", "@all"] {
        let edited = people
            .chat
            .edit_message(&people.grace, plain.id, body.to_owned());
        edited.await.unwrap();
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_comment_of_a_forward_costs_as_a_message_does(db: PgPool) {
    let people = people_with_mentions(db, 30).await;
    let (chat, id) = (&people.chat, people.group().await);
    let source = people.source().await;
    let said = people.say(&people.grace, source, "said").await;
    let mut subscription = chat.subscribe();
    let forward = || NewForward {
        comment: Some("@all, see".to_owned()),
        ..forward_of(&[&said], None)
    };
    let sent = chat.forward_messages(&people.ada, id, forward()).await;
    assert_eq!(who(&sent.unwrap().messages[0]), [Some(Wildcard::All)]);
    people.drain(&mut subscription).await;
    refused(
        chat.forward_messages(&people.ada, id, forward()).await,
        ErrorCode::TooManyRequests,
    );
    let told = people.drain(&mut subscription).await;
    assert_eq!(told.iter().filter_map(event).count(), 0, "none is written");
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_edit_costs_only_what_it_adds(db: PgPool) {
    let people = people_with_mentions(db, 20).await;
    let (chat, id) = (&people.chat, people.group().await);
    let sent = people.say(&people.linus, id, "@all @here").await;
    let edit = async |body: &str| {
        let edited = chat.edit_message(&people.linus, sent.id, body.to_owned());
        edited.await.map(|it| who(&it))
    };
    let shorter = edit("@all").await.unwrap();
    assert_eq!(shorter, [Some(Wildcard::All)]);
    refused(edit("@all @here").await, ErrorCode::TooManyRequests);
    assert_eq!(people.mentions(&people.grace, id).await, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_edit_for_which_there_is_too_little_takes_nothing(db: PgPool) {
    let people = people_with_mentions(db, 15).await;
    let (chat, id) = (&people.chat, people.group().await);
    let sent = people.say(&people.linus, id, "hi").await;
    let edit = async |body: &str| {
        let edited = chat.edit_message(&people.linus, sent.id, body.to_owned());
        edited.await.map(|it| who(&it))
    };
    // It costs 15, of which 12 are left: the 12 of the mention are not taken alone.
    refused(edit("hi @all").await, ErrorCode::TooManyRequests);
    edit("hello").await.unwrap();
    edit("hello again").await.unwrap();
}
