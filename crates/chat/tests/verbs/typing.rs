//! Typing: told to the others, and over by itself.

use crate::fixtures::{heard, people, refused};
use chat::{Caller, Delivery};
use model::{ConversationId, ErrorCode, Event};
use sqlx::PgPool;
use std::time::Duration;

fn typing(deliveries: &[Delivery], who: &Caller, id: ConversationId) -> Vec<bool> {
    let told = deliveries.iter().filter_map(|it| match it {
        Delivery::Emit {
            except,
            event:
                Event::Typing {
                    conversation_id,
                    user_id,
                    typing,
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
    told.collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn begins_once_and_ends_by_itself(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut ears = chat.subscribe();
    for _ in 0..3 {
        chat.set_typing(&people.ada, id, true).await.unwrap();
    }
    assert_eq!(typing(&heard(&mut ears).await, &people.ada, id), [true]);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(typing(&heard(&mut ears).await, &people.ada, id), [false]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn ends_by_word_by_sending_and_by_leaving(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut ears = chat.subscribe();
    chat.set_typing(&people.linus, id, true).await.unwrap();
    chat.set_typing(&people.linus, id, false).await.unwrap();
    chat.set_typing(&people.linus, id, false).await.unwrap();
    chat.set_typing(&people.linus, id, true).await.unwrap();
    people.say(&people.linus, id, "done").await;
    chat.set_typing(&people.linus, id, true).await.unwrap();
    chat.remove_member(&people.ada, id, people.linus.user_id)
        .await
        .unwrap();
    let told = typing(&heard(&mut ears).await, &people.linus, id);
    assert_eq!(told, [true, false, true, false, true, false]);
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
    let mut ears = chat.subscribe();
    drop(phone);
    assert!(typing(&heard(&mut ears).await, &people.ada, id).is_empty());
    drop(laptop);
    assert_eq!(typing(&heard(&mut ears).await, &people.ada, id), [false]);
}
