//! Saved messages, which only the user who saved them knows.

use crate::fixtures::{events, people, refused};
use chat::Audience;
use model::{ErrorCode, PageRequest};
use sqlx::PgPool;

#[sqlx::test(migrations = "../../migrations")]
async fn a_saved_message_is_told_to_the_own_devices_only(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let first = people.say(&people.ada, id, "one").await;
    let second = people.say(&people.ada, id, "two").await;
    let mut subscription = chat.subscribe();
    for message in [&first, &second, &first] {
        let saved = chat.save_message(&people.grace, message.id).await.unwrap();
        assert_eq!(saved.message, *message);
    }
    chat.unsave_message(&people.linus, first.id).await.unwrap();
    let told = events(&people.drain(&mut subscription).await);
    let to_grace = ("saved", Audience::Users(vec![people.grace.user_id]));
    assert_eq!(told, [to_grace.clone(), to_grace]);

    let page = PageRequest {
        limit: Some(1),
        ..PageRequest::default()
    };
    let newest = chat.saved_messages(&people.grace, page).await.unwrap();
    assert_eq!(newest.items[0].message, second);
    let page = PageRequest {
        cursor: newest.next_cursor,
        limit: Some(1),
    };
    let rest = chat.saved_messages(&people.grace, page).await.unwrap();
    assert_eq!(rest.items[0].message, first);
    assert_eq!(rest.next_cursor, None);
    let others = chat
        .saved_messages(&people.ada, PageRequest::default())
        .await;
    assert_eq!(others.unwrap().items, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_list_keeps_tombstones_and_leaves_out_what_is_hidden(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let message = people.say(&people.ada, id, "secret").await;
    chat.save_message(&people.grace, message.id).await.unwrap();
    chat.delete_message(&people.ada, message.id).await.unwrap();
    let saved = chat
        .saved_messages(&people.grace, PageRequest::default())
        .await;
    let saved = saved.unwrap().items.remove(0).message;
    assert_eq!(
        (saved.body.as_str(), saved.deleted_at.is_some()),
        ("", true)
    );

    chat.leave_conversation(&people.grace, id).await.unwrap();
    let saved = chat
        .saved_messages(&people.grace, PageRequest::default())
        .await;
    assert_eq!(saved.unwrap().items, []);
    refused(
        chat.save_message(&people.grace, message.id).await,
        ErrorCode::NotFound,
    );
    refused(
        chat.save_message(&people.outsider, message.id).await,
        ErrorCode::NotFound,
    );
    chat.unsave_message(&people.grace, message.id)
        .await
        .unwrap();
}
