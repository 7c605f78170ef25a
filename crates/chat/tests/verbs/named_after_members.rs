//! Groups without a title of their own: they have the names of their members, and follow them.

use crate::fixtures::{direct, people, receive_until};
use chat::{Caller, Chat, Delivery};
use model::{
    ConversationChanges, ConversationId, ConversationKind, Event, NewConversation, Profile,
};
use sqlx::PgPool;

async fn rename(chat: &Chat, who: &Caller, name: &str) {
    let profile = Profile {
        name: Some(name.to_owned()),
        ..Profile::default()
    };
    chat.update_account(who, profile).await.unwrap();
}

async fn title(chat: &Chat, who: &Caller, id: ConversationId) -> String {
    let found = chat.conversation(who, id).await.unwrap();
    found.conversation.title.unwrap()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_group_without_a_name_follows_its_members(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let alone = NewConversation {
        kind: ConversationKind::Group,
        ..direct()
    };
    let alone = chat.create_named_after_members(&people.linus, alone);
    let alone = alone.await.unwrap().summary.conversation.id;
    let new = NewConversation {
        kind: ConversationKind::Group,
        member_ids: vec![people.linus.user_id, people.grace.user_id],
        client_id: Some("once".to_owned()),
        ..direct()
    };
    let created = chat.create_named_after_members(&people.ada, new.clone());
    let created = created.await.unwrap().summary.conversation;
    let id = created.id;
    assert_eq!(
        created.title.as_deref(),
        Some("Ada Lovelace, Grace Hopper, Linus Torvalds")
    );
    let named = people.group().await;
    let other = people
        .create(
            ConversationKind::Group,
            &[&people.linus],
            "Ada Lovelace, Linus Torvalds",
        )
        .await;

    let mut subscription = chat.subscribe();
    rename(chat, &people.grace, "Rear Admiral").await;
    let is_told = |it: &Delivery| {
        matches!(
            it,
            Delivery::Emit {
                event: Event::ConversationUpdated { .. },
                ..
            }
        )
    };
    let told = receive_until(&mut subscription, is_told).await;
    let Some(Delivery::Emit {
        event:
            Event::ConversationUpdated {
                conversation_id,
                seq,
                conversation,
            },
        ..
    }) = told.last()
    else {
        panic!("{told:?}")
    };
    let expected = "Ada Lovelace, Rear Admiral, Linus Torvalds";
    assert_eq!((*conversation_id, *seq), (id, created.seq + 1));
    assert_eq!(conversation.title.as_deref(), Some(expected));
    assert_eq!(title(chat, &people.linus, id).await, expected);
    assert_eq!(title(chat, &people.ada, named).await, "Engines");

    // A retry is none with another title.
    let again = chat
        .create_named_after_members(&people.ada, new)
        .await
        .unwrap();
    assert!(again.existed);
    assert_eq!(again.summary.conversation.id, id);

    // Nobody's title is changed, even where it looks the same.
    rename(chat, &people.ada, "Countess").await;
    receive_until(&mut subscription, is_told).await;
    assert_eq!(
        title(chat, &people.ada, id).await,
        "Countess, Rear Admiral, Linus Torvalds"
    );
    assert_eq!(
        title(chat, &people.ada, other).await,
        "Ada Lovelace, Linus Torvalds"
    );

    let changes = ConversationChanges {
        title: Some("Countess, Rear Admiral, Linus Torvalds".to_owned()),
        ..ConversationChanges::default()
    };
    chat.update_conversation(&people.ada, id, changes)
        .await
        .unwrap();
    rename(chat, &people.linus, "Penguin").await;
    // The one with the highest id is changed first.
    receive_until(&mut subscription, |it| {
        matches!(it, Delivery::Emit { event: Event::ConversationUpdated { conversation_id, .. }, .. }
            if *conversation_id == alone)
    })
    .await;
    assert_eq!(
        title(chat, &people.ada, id).await,
        "Countess, Rear Admiral, Linus Torvalds"
    );
}
