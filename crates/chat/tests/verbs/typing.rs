//! Typing: emitted to the others, and ended by a timeout.

use crate::fixtures::{people, people_with, receive_until, refused, settings};
use chat::{Caller, Delivery};
use model::{ConversationId, ErrorCode, Event};
use sqlx::PgPool;
use std::time::{Duration, Instant};

fn typing(deliveries: &[Delivery], who: &Caller, id: ConversationId) -> Vec<bool> {
    let typing = deliveries.iter().filter_map(|it| match it {
        Delivery::Emit {
            except,
            event:
                Event::Typing {
                    conversation_id,
                    user_id,
                    typing,
                    ..
                },
            ..
        } => {
            assert_eq!(
                (*conversation_id, *user_id, *except),
                (id, who.user_id, Some(who.user_id))
            );
            Some(*typing)
        }
        _ => None,
    });
    typing.collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn begins_once_and_ends_after_the_timeout(db: PgPool) {
    let mut settings = settings();
    settings.timings.typing_timeout = Duration::from_millis(500);
    let people = people_with(db, settings).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut subscription = chat.subscribe();
    let start = Instant::now();
    for _ in 0..3 {
        chat.set_typing(&people.ada, id, true).await.unwrap();
    }
    let has_ended = |it: &Delivery| typing(std::slice::from_ref(it), &people.ada, id) == [false];
    let received = receive_until(&mut subscription, has_ended).await;
    assert!(start.elapsed() >= Duration::from_millis(500));
    assert_eq!(typing(&received, &people.ada, id), [true, false]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn ends_when_stopped_by_sending_and_by_leaving(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut subscription = chat.subscribe();
    chat.set_typing(&people.linus, id, true).await.unwrap();
    chat.set_typing(&people.linus, id, false).await.unwrap();
    chat.set_typing(&people.linus, id, false).await.unwrap();
    chat.set_typing(&people.linus, id, true).await.unwrap();
    people.say(&people.linus, id, "done").await;
    chat.set_typing(&people.linus, id, true).await.unwrap();
    chat.remove_member(&people.ada, id, people.linus.user_id)
        .await
        .unwrap();
    let received = typing(&people.drain(&mut subscription).await, &people.linus, id);
    assert_eq!(received, [true, false, true, false, true, false]);
    refused(
        chat.set_typing(&people.linus, id, true).await,
        ErrorCode::NotFound,
    );
    refused(
        chat.set_typing(&people.outsider, id, true).await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn ends_with_the_last_device(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let phone = chat.connect(&people.ada).await.unwrap();
    let laptop = chat.connect(&people.ada).await.unwrap();
    chat.set_typing(&people.ada, id, true).await.unwrap();
    let mut subscription = chat.subscribe();
    drop(phone);
    assert!(typing(&people.drain(&mut subscription).await, &people.ada, id).is_empty());
    drop(laptop);
    assert_eq!(
        typing(&people.drain(&mut subscription).await, &people.ada, id),
        [false]
    );
}
