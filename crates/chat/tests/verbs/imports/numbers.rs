//! Old ids that are numbers, as ours are.

use super::dump::{START, user};
use super::{Dump, all, app_caller, group, history, id, message};
use crate::fixtures::{people, settings, text};
use chat::{
    Chat,
    imports::{Conversation, ConversationRef, Message},
};
use model::{ConversationId, ConversationKind, MemberRole, MessageId, NewMembers};
use sqlx::PgPool;

/// A direct conversation 17 of the users 1 and 2 with the messages 101 to 110.
fn dump() -> Dump {
    let direct = Conversation {
        kind: ConversationKind::Direct,
        pair: Some((id("1"), id("2"))),
        title: None,
        created_by: None,
        ..group("17")
    };
    let sent = |n: i64| Message {
        id: id(&n.to_string()),
        ..message("17", n, if n % 2 == 0 { "1" } else { "2" })
    };
    let named = |name: &str, number: &str| chat::imports::User {
        id: id(number),
        ..user(name)
    };
    Dump {
        users: vec![named("ada", "1"), named("grace", "2")],
        conversations: vec![direct],
        members: Vec::new(),
        messages: (101..=110).map(sent).collect(),
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn in_an_empty_database_numbers_stay(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    dump().import(&chat).await;
    let grace = app_caller(&chat, "2").await;
    let conversation_id = chat.resolve_conversation(&grace, "17").await.unwrap();
    assert_eq!(conversation_id, ConversationId(17));
    let message_id = chat.resolve_message(&grace, "105").await.unwrap();
    assert_eq!(message_id, MessageId(105));
    // What is written here gets numbers that the other system does not reach before the switch.
    let sent = chat
        .send_message(&grace, conversation_id, text("new", None))
        .await
        .unwrap();
    assert!(
        sent.message.id > MessageId(100_000),
        "{:?}",
        sent.message.id
    );

    // The last part: further messages keep their numbers too.
    let mut delta = dump();
    delta.messages.extend((111..=120).map(|n| Message {
        id: id(&n.to_string()),
        ..message("17", n, "1")
    }));
    assert_eq!(all(delta.import(&chat).await).taken, 10);
    let message_id = chat.resolve_message(&grace, "120").await.unwrap();
    assert_eq!(message_id, MessageId(120));
}

/// The dump with numbers from 1 on.
fn small_dump() -> Dump {
    let mut dump = dump();
    dump.conversations[0].id = id("1");
    for (n, message) in (1..).zip(&mut dump.messages) {
        message.id = id(&n.to_string());
        message.conversation = ConversationRef::Id(id("1"));
    }
    dump
}

#[sqlx::test(migrations = "../../migrations")]
async fn where_a_number_is_taken_the_app_finds_its_own(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    // Numbers that are taken here, by what the app must not get.
    assert_eq!(people.group().await, ConversationId(1));
    for n in 1..=4 {
        let said = people.say(&people.ada, ConversationId(1), "native").await;
        assert_eq!(said.id, MessageId(n));
    }
    let dump = small_dump();
    let outcome = all(dump.import(chat).await);
    assert_eq!((outcome.taken, outcome.left), (2 + 1 + 10, vec![]));

    let ada = app_caller(chat, "1").await;
    let direct = chat.resolve_conversation(&ada, "1").await.unwrap();
    assert_ne!(direct, ConversationId(1));
    for n in 1..=10 {
        let found = chat.resolve_message(&ada, &n.to_string()).await.unwrap();
        let message = chat.message(&ada, found).await.unwrap();
        assert_eq!((message.conversation_id, message.position), (direct, n));
        // The numbers that were free were kept.
        assert_eq!(found == MessageId(n), n > 4, "{n}");
    }
    // Ids of ours that are no old id are found as before, also those that this app never had.
    let sent = chat
        .send_message(&ada, direct, text("new", None))
        .await
        .unwrap()
        .message;
    let found = chat
        .resolve_message(&ada, &sent.id.to_string())
        .await
        .unwrap();
    assert_eq!(found, sent.id);
    let native = chat.resolve_message(&people.ada, "2").await.unwrap();
    assert_eq!(native, MessageId(2), "for callers without an app");
    let direct_again = chat
        .resolve_conversation(&ada, &direct.to_string())
        .await
        .unwrap();
    assert_eq!(direct_again, direct);
}

#[sqlx::test(migrations = "../../migrations")]
async fn numbers_that_are_no_ids_of_ours_are_found(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let mut dump = dump();
    let snowflake = "1234567890123456789";
    let huge = "99999999999999999999999999";
    dump.messages[0].id = id(snowflake);
    dump.messages[1].id = id(huge);
    dump.messages[2].id = id("007");
    dump.import(&chat).await;
    let ada = app_caller(&chat, "1").await;
    for old in [snowflake, huge, "007"] {
        let found = chat.resolve_message(&ada, old).await.unwrap();
        let message = chat.message(&ada, found).await.unwrap();
        assert!(message.position <= 3, "{old}");
        assert!(
            message.id < MessageId(1 << 30),
            "{old} has become {:?}",
            message.id
        );
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_conversations_of_a_pair_become_one(db: PgPool) {
    let chat = Chat::new(db.clone(), settings());
    let mut dump = dump();
    dump.conversations.push(Conversation {
        id: id("18"),
        pair: Some((id("2"), id("1"))),
        ..dump.conversations[0].clone()
    });
    dump.messages.push(Message {
        id: id("200"),
        conversation: ConversationRef::Id(id("18")),
        ..message("18", 500, "1")
    });
    let outcome = all(dump.import(&chat).await);
    assert_eq!(outcome.adjusted.len(), 1, "{:?}", outcome.adjusted);
    let ada = app_caller(&chat, "1").await;
    let one = chat.resolve_conversation(&ada, "17").await.unwrap();
    assert_eq!(chat.resolve_conversation(&ada, "18").await.unwrap(), one);
    let summary = chat.conversation(&ada, one).await.unwrap();
    assert_eq!(summary.conversation.position, 11);
    let before = history(&db).await;
    assert_eq!(all(dump.import(&chat).await).updated, 0);
    assert_eq!(history(&db).await, before);
    assert!(summary.conversation.created_at < START);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_number_that_was_shown_names_what_it_was_shown_for(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    assert_eq!(people.group().await, ConversationId(1));
    let native = people.say(&people.ada, ConversationId(1), "native").await;
    assert_eq!(native.id, MessageId(1));
    let channel = people.channel().await;
    assert_eq!(channel, ConversationId(2));
    let mut dump = small_dump();
    dump.conversations.push(Conversation {
        created_by: Some(id("1")),
        ..group("2")
    });
    dump.import(chat).await;
    let ann = app_caller(chat, "1").await;
    let bob = app_caller(chat, "2").await;
    let old = chat.resolve_conversation(&ann, "1").await.unwrap();
    assert_ne!(
        old,
        ConversationId(1),
        "as long as the group was never shown"
    );

    let new = NewMembers {
        user_ids: vec![ann.user_id],
        role: MemberRole::Member,
    };
    let added = chat.add_members(&people.ada, ConversationId(1), new);
    added.await.unwrap();
    let named = chat.resolve_conversation(&ann, "1").await.unwrap();
    assert_eq!(named, ConversationId(1));
    let message = chat.resolve_message(&ann, "1").await.unwrap();
    assert_eq!(message, native.id);
    // Both are shown under their numbers here, and found by them.
    let again = chat.resolve_conversation(&ann, &old.to_string()).await;
    assert_eq!(again.unwrap(), old);
    // A public channel is shown to everybody.
    let public = chat.resolve_conversation(&ann, "2").await.unwrap();
    assert_eq!(public, channel);
    // For others of the app, the number is the old one still.
    assert_eq!(chat.resolve_conversation(&bob, "1").await.unwrap(), old);
    assert_ne!(chat.resolve_message(&bob, "1").await.unwrap(), native.id);
    chat.leave_conversation(&ann, ConversationId(1))
        .await
        .unwrap();
    assert_eq!(chat.resolve_conversation(&ann, "1").await.unwrap(), old);
}
