//! Direct conversations: starting, listing, and official messages.

use crate::fixtures::{events, people, refused, text};
use chat::{Caller, MessagesRequest, OffsetPageRequest};
use model::{ErrorCode, MessageKind, UserId, UserRole};
use sqlx::PgPool;
use std::collections::BTreeSet;

#[sqlx::test(migrations = "../../migrations")]
async fn concurrent_starts_write_one_system_message(db: PgPool) {
    let people = people(db).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..16 {
        let (me, other) = if n % 2 == 0 {
            (people.ada, people.grace)
        } else {
            (people.grace, people.ada)
        };
        let chat = people.chat.clone();
        tasks.spawn(async move { chat.start_direct(&me, other.user_id).await.unwrap() });
    }
    let summaries = tasks.join_all().await;
    let ids: BTreeSet<_> = summaries
        .iter()
        .map(|summary| summary.conversation.id)
        .collect();
    assert_eq!(ids.len(), 1);
    let id = *ids.first().unwrap();
    assert!(
        summaries
            .iter()
            .all(|summary| summary.conversation.position == 1)
    );

    let mut subscription = people.chat.subscribe();
    let later = people
        .chat
        .start_direct(&people.grace, people.ada.user_id)
        .await
        .unwrap();
    assert_eq!(later.conversation.id, id);
    assert_eq!(people.drain(&mut subscription).await, []);
    let page = people
        .chat
        .messages(&people.ada, id, MessagesRequest::default())
        .await
        .unwrap();
    let said: Vec<_> = page
        .items
        .iter()
        .map(|it| (it.kind, it.body.as_str()))
        .collect();
    assert_eq!(said, [(MessageKind::System, "Direct chat started")]);
    refused(
        people
            .chat
            .messages(&people.outsider, id, MessagesRequest::default())
            .await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_direct_conversation_may_be_empty(db: PgPool) {
    let people = people(db).await;
    let (chat, ada) = (&people.chat, &people.ada);
    let quiet = chat.direct(ada, people.grace.user_id).await.unwrap();
    assert_eq!(quiet.conversation.position, 0);
    let started = chat.start_direct(ada, people.grace.user_id).await.unwrap();
    assert_eq!(started.conversation.id, quiet.conversation.id);
    assert_eq!(started.conversation.position, 1);
    assert_eq!(started.last_message.unwrap().sender.id, ada.user_id);
    for start in [false, true] {
        for (user_id, code) in [
            (ada.user_id, ErrorCode::Invalid),
            (UserId(999_999), ErrorCode::NotFound),
        ] {
            let result = if start {
                chat.start_direct(ada, user_id).await
            } else {
                chat.direct(ada, user_id).await
            };
            refused(result, code);
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn direct_conversations_are_listed_by_number_with_what_is_unread(db: PgPool) {
    let people = people(db).await;
    let (chat, ada) = (&people.chat, &people.ada);
    people.group().await;
    let mut ids = Vec::new();
    for other in [&people.grace, &people.linus, &people.outsider] {
        let summary = chat.direct(ada, other.user_id).await.unwrap();
        ids.push(summary.conversation.id);
    }
    people.say(&people.grace, ids[0], "one").await;
    people.say(&people.grace, ids[0], "two").await;
    let page = |page, limit| OffsetPageRequest {
        page,
        limit,
        ..OffsetPageRequest::default()
    };
    let first = chat.direct_conversations(ada, page(1, 2)).await.unwrap();
    let listed: Vec<_> = first.items.iter().map(|it| it.conversation.id).collect();
    assert_eq!((listed, first.total), (vec![ids[0], ids[2]], 3));
    let second = chat.direct_conversations(ada, page(2, 2)).await.unwrap();
    let listed: Vec<_> = second.items.iter().map(|it| it.conversation.id).collect();
    assert_eq!((listed, second.total), (vec![ids[1]], 3));
    let beyond = chat.direct_conversations(ada, page(i64::MAX, 100)).await;
    assert_eq!(beyond.unwrap().items, []);
    for (number, limit) in [(0, 10), (-1, 10), (1, 0), (1, 101)] {
        refused(
            chat.direct_conversations(ada, page(number, limit)).await,
            ErrorCode::Invalid,
        );
    }

    let unread = chat.direct_unread(ada).await.unwrap();
    assert_eq!(unread.len(), 1);
    assert_eq!((unread[0].conversation_id, unread[0].unread), (ids[0], 2));
    assert_eq!(unread[0].peer.id, people.grace.user_id);
    assert_eq!(chat.direct_unread(&people.grace).await.unwrap(), []);
    assert_eq!(chat.direct_unread_of(ada.user_id).await.unwrap(), None);
    let _guard = chat.connect(ada).await.unwrap();
    assert_eq!(chat.direct_unread_of(ada.user_id).await.unwrap(), Some(2));
    let eve = chat
        .direct_conversations(&people.outsider, page(1, 10))
        .await;
    assert_eq!(eve.unwrap().total, 1, "only the one with ada");
}

#[sqlx::test(migrations = "../../migrations")]
async fn official_messages_are_for_administrators(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let admin = Caller {
        role: UserRole::Admin,
        ..people.ada
    };
    let mut subscription = chat.subscribe();
    refused(
        chat.send_official(&people.ada, people.grace.user_id, text("Psst", None))
            .await,
        ErrorCode::Forbidden,
    );
    assert_eq!(people.drain(&mut subscription).await, []);
    let new = text("The server moves on Sunday.", Some("k"));
    let sent = chat
        .send_official(&admin, people.grace.user_id, new.clone())
        .await
        .unwrap();
    assert!(sent.message.official && !sent.deduplicated);
    let published = people.drain(&mut subscription).await;
    assert!(
        events(&published)
            .iter()
            .any(|(name, _)| *name == "message:created")
    );
    let again = chat
        .send_official(&admin, people.grace.user_id, new.clone())
        .await
        .unwrap();
    assert!(again.deduplicated);
    let id = sent.message.conversation_id;
    // The same text, not official, is another message.
    refused(
        chat.send_message(&admin, id, new).await,
        ErrorCode::Conflict,
    );
    assert!(!people.say(&people.grace, id, "Thanks").await.official);
    let read = chat.message(&people.grace, sent.message.id).await.unwrap();
    assert!(read.official);
    for (user_id, code) in [
        (admin.user_id, ErrorCode::Invalid),
        (UserId(999_999), ErrorCode::NotFound),
    ] {
        refused(
            chat.send_official(&admin, user_id, text("x", None)).await,
            code,
        );
    }
}
