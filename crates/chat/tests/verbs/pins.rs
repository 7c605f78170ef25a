//! Pins: a list of messages that everybody in the conversation sees.

use crate::fixtures::{events, people, refused};
use chat::Audience;
use model::{ConversationKind, ErrorCode, MemberRole, PageRequest};
use sqlx::PgPool;

#[sqlx::test(migrations = "../../migrations")]
async fn a_pin_is_a_change_of_its_message(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let first = people.say(&people.ada, id, "the plan").await;
    let second = people.say(&people.ada, id, "the budget").await;
    let mut subscription = chat.subscribe();
    let pinned = chat.pin_message(&people.grace, first.id).await.unwrap();
    let pin = pinned.pinned.clone().unwrap();
    assert_eq!(pin.by.username, "grace");
    assert_eq!(pinned.seq, second.seq + 1);
    let again = chat.pin_message(&people.ada, first.id).await.unwrap();
    assert_eq!(again, pinned, "it is pinned already");
    chat.pin_message(&people.ada, second.id).await.unwrap();
    let told = events(&people.drain(&mut subscription).await);
    let to_all = ("message:updated", Audience::Conversations(vec![id]));
    assert_eq!(told, [to_all.clone(), to_all]);

    let page = PageRequest {
        limit: Some(1),
        ..PageRequest::default()
    };
    let newest = chat.pins(&people.linus, id, page).await.unwrap();
    assert_eq!(newest.items[0].body, "the budget");
    let page = PageRequest {
        cursor: newest.next_cursor,
        limit: Some(1),
    };
    let rest = chat.pins(&people.linus, id, page).await.unwrap();
    assert_eq!((&rest.items[0], rest.next_cursor), (&pinned, None));

    // Who was away finds it in the sequence.
    let missed = chat.changes(&people.linus, id, second.seq, None).await;
    let missed: Vec<_> = missed
        .unwrap()
        .items
        .iter()
        .map(|it| it.seq().unwrap().1)
        .collect();
    assert_eq!(missed, [second.seq + 1, second.seq + 2]);

    let unpinned = chat.unpin_message(&people.ada, first.id).await.unwrap();
    assert_eq!(unpinned.pinned, None);
    let same = chat.unpin_message(&people.ada, first.id).await.unwrap();
    assert_eq!(same.seq, unpinned.seq);
    let deleted = chat.delete_message(&people.ada, second.id).await.unwrap();
    assert_eq!(deleted.pinned, None);
    let left = chat.pins(&people.ada, id, PageRequest::default()).await;
    assert_eq!(left.unwrap().items, []);
    refused(
        chat.pin_message(&people.ada, second.id).await,
        ErrorCode::Conflict,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn outsiders_see_no_pins_and_pin_nothing(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let message = people.say(&people.ada, id, "the plan").await;
    chat.pin_message(&people.ada, message.id).await.unwrap();
    let (outsider, page) = (&people.outsider, PageRequest::default());
    refused(chat.pins(outsider, id, page).await, ErrorCode::NotFound);
    refused(
        chat.pin_message(outsider, message.id).await,
        ErrorCode::NotFound,
    );
    refused(
        chat.unpin_message(outsider, message.id).await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn in_a_channel_admins_pin(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.channel().await);
    let message = people.say(&people.grace, id, "the rules").await;
    refused(
        chat.pin_message(&people.grace, message.id).await,
        ErrorCode::Forbidden,
    );
    let role = chat.set_member_role(&people.ada, id, people.grace.user_id, MemberRole::Admin);
    role.await.unwrap();
    chat.pin_message(&people.grace, message.id).await.unwrap();
    let role = chat.set_member_role(&people.ada, id, people.grace.user_id, MemberRole::Member);
    role.await.unwrap();
    refused(
        chat.unpin_message(&people.grace, message.id).await,
        ErrorCode::Forbidden,
    );
    let direct = people.direct().await;
    let message = people.say(&people.ada, direct, "ours").await;
    chat.pin_message(&people.grace, message.id).await.unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_conversation_has_at_most_a_hundred_pins(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let id = people
        .create(ConversationKind::Group, &[&people.grace], "Pins")
        .await;
    let mut last = None;
    for n in 0..101 {
        last = Some(people.say(&people.ada, id, &n.to_string()).await);
    }
    sqlx::query(
        "insert into pins (message_id, conversation_id, pinned_by)
        select id, conversation_id, sender_id from messages
        where conversation_id = $1 and position <= 100",
    )
    .bind(id.0)
    .execute(chat.pool())
    .await
    .unwrap();
    let last = last.unwrap();
    refused(
        chat.pin_message(&people.ada, last.id).await,
        ErrorCode::Conflict,
    );
    let page = PageRequest {
        limit: Some(1),
        ..PageRequest::default()
    };
    let pins = chat.pins(&people.ada, id, page).await.unwrap();
    chat.unpin_message(&people.ada, pins.items[0].id)
        .await
        .unwrap();
    chat.pin_message(&people.ada, last.id).await.unwrap();
}
