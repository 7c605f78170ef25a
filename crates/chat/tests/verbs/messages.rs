//! Messages: sending, editing, deleting, reading in pages.

use crate::fixtures::{People, events, people, people_with, refused, settings, text};
use chat::{Audience, MessagesRequest, PageAnchor, RateLimits, Settings};
use model::{ConversationId, ErrorCode, MessageId, MessageKind, NewMessage};
use sqlx::PgPool;

#[sqlx::test(migrations = "../../migrations")]
async fn a_message_takes_the_next_position_and_seq(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let mut subscription = people.chat.subscribe();
    let one = people.say(&people.ada, id, "one").await;
    let two = people.say(&people.grace, id, "two").await;
    assert_eq!((one.position, one.seq), (1, 2));
    assert_eq!((two.position, two.seq), (2, 3));
    assert_eq!(two.sender.name, "Grace Hopper");
    let everybody = Audience::Conversations(vec![id]);
    let published = events(&people.drain(&mut subscription).await);
    let sent: Vec<_> = published
        .iter()
        .filter(|(name, _)| *name == "message:created")
        .collect();
    assert_eq!(
        sent,
        [
            &("message:created", everybody.clone()),
            &("message:created", everybody)
        ]
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_retry_returns_the_first_result(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    let first = people.send(&people.ada, id, "once", Some("k1")).await;
    let again = people.send(&people.ada, id, "once", Some("k1")).await;
    assert!(!first.deduplicated && again.deduplicated);
    assert_eq!(first.message, again.message);
    let other = people
        .chat
        .send_message(&people.ada, id, text("twice", Some("k1")))
        .await;
    refused(other, ErrorCode::Conflict);
    // The same key of another user, or in another conversation, is another message.
    assert!(
        !people
            .send(&people.grace, id, "once", Some("k1"))
            .await
            .deduplicated
    );
    let direct = people.direct().await;
    assert!(
        !people
            .send(&people.ada, direct, "once", Some("k1"))
            .await
            .deduplicated
    );
    // A retry stays one after an edit or a deletion.
    people
        .chat
        .edit_message(&people.ada, first.message.id, "edited".to_owned())
        .await
        .unwrap();
    let again = people.send(&people.ada, id, "once", Some("k1")).await;
    assert_eq!(
        (again.deduplicated, again.message.body.as_str()),
        (true, "edited")
    );
    people
        .chat
        .delete_message(&people.ada, first.message.id)
        .await
        .unwrap();
    assert!(
        people
            .send(&people.ada, id, "once", Some("k1"))
            .await
            .deduplicated
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn bad_messages_are_refused_and_leave_no_hole(db: PgPool) {
    let people = people(db).await;
    let (id, direct) = (people.group().await, people.direct().await);
    let elsewhere = people.say(&people.ada, direct, "elsewhere").await;
    let gone = people.say(&people.ada, id, "gone").await;
    people
        .chat
        .delete_message(&people.ada, gone.id)
        .await
        .unwrap();
    let reply = |reply_to_id| NewMessage {
        reply_to_id: Some(reply_to_id),
        ..text("re", None)
    };
    for bad in [
        text("", None),
        text(" \n\u{3000}", None),
        text("a\0b", None),
        text(&"x".repeat(10_001), None),
        text("x", Some("")),
        text("x", Some(&"k".repeat(129))),
        NewMessage {
            kind: MessageKind::System,
            ..text("x", None)
        },
        reply(elsewhere.id),
        reply(gone.id),
        reply(MessageId(0)),
    ] {
        let result = people.chat.send_message(&people.ada, id, bad.clone()).await;
        assert!(
            result
                .as_ref()
                .is_err_and(|e| e.code() == ErrorCode::Invalid),
            "{bad:?} {result:?}"
        );
    }
    people.say(&people.ada, id, &"ж".repeat(10_000)).await;
    let next = people.say(&people.ada, id, "next").await;
    assert_eq!((next.position, next.seq), (3, 5));
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_outsider_gets_nothing(db: PgPool) {
    let people = people(db).await;
    let (chat, eve) = (&people.chat, &people.outsider);
    let id = people.group().await;
    let message = people.say(&people.ada, id, "secret").await;
    for id in [id, ConversationId(-1), ConversationId(i64::MAX)] {
        refused(
            chat.send_message(eve, id, text("hi", None)).await,
            ErrorCode::NotFound,
        );
        refused(
            chat.messages(eve, id, MessagesRequest::default()).await,
            ErrorCode::NotFound,
        );
    }
    for id in [message.id, MessageId(0), MessageId(i64::MAX)] {
        refused(chat.message(eve, id).await, ErrorCode::NotFound);
        refused(chat.edits(eve, id).await, ErrorCode::NotFound);
        refused(
            chat.edit_message(eve, id, "x".to_owned()).await,
            ErrorCode::NotFound,
        );
        refused(chat.delete_message(eve, id).await, ErrorCode::NotFound);
        refused(chat.add_reaction(eve, id, "👍").await, ErrorCode::NotFound);
    }
    assert_eq!(
        chat.message(&people.grace, message.id).await.unwrap(),
        message
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_edit_keeps_the_earlier_bodies(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let message = people.say(&people.ada, id, "frist").await;
    let edit = |body: &str| chat.edit_message(&people.ada, message.id, body.to_owned());
    edit("first").await.unwrap();
    let edited = edit("First!").await.unwrap();
    assert_eq!(
        (edited.body.as_str(), edited.position, edited.seq),
        ("First!", 1, 4)
    );
    assert!(edited.edited_at.is_some());
    let same = edit("First!").await.unwrap();
    assert_eq!(same.seq, 4, "an edit that changes nothing is none");
    let edits = chat.edits(&people.grace, message.id).await.unwrap();
    assert_eq!(
        edits.iter().map(|it| it.body.as_str()).collect::<Vec<_>>(),
        ["first", "frist"]
    );
    refused(edit("").await, ErrorCode::Invalid);
    refused(edit(&"x".repeat(10_001)).await, ErrorCode::Invalid);
    for other in [&people.grace, &people.linus] {
        let result = chat
            .edit_message(other, message.id, "hacked".to_owned())
            .await;
        refused(result, ErrorCode::Forbidden);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_deletion_leaves_a_tombstone(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let message = people.say(&people.grace, id, "@linus regrettable").await;
    let edited = "@linus very regrettable".to_owned();
    chat.edit_message(&people.grace, message.id, edited)
        .await
        .unwrap();
    chat.add_reaction(&people.ada, message.id, "👎")
        .await
        .unwrap();
    let reply = NewMessage {
        reply_to_id: Some(message.id),
        ..text("indeed", None)
    };
    let reply = chat
        .send_message(&people.ada, id, reply)
        .await
        .unwrap()
        .message;
    assert_eq!(
        reply.reply_to.as_ref().unwrap().body,
        "@linus very regrettable"
    );
    refused(
        chat.delete_message(&people.linus, message.id).await,
        ErrorCode::Forbidden,
    );

    let mut subscription = chat.subscribe();
    let gone = chat
        .delete_message(&people.grace, message.id)
        .await
        .unwrap();
    assert_eq!(
        (gone.body.as_str(), gone.position, gone.reactions.len()),
        ("", 1, 0)
    );
    assert!(gone.deleted_at.is_some());
    let published = events(&people.drain(&mut subscription).await);
    assert!(published.iter().any(|(name, _)| *name == "message:deleted"));
    assert_eq!(chat.edits(&people.grace, message.id).await.unwrap(), []);
    let reply = chat
        .message(&people.ada, reply.id)
        .await
        .unwrap()
        .reply_to
        .unwrap();
    assert!(reply.body.is_empty() && reply.deleted_at.is_some());
    assert_eq!(
        chat.unread(&people.linus).await.unwrap().conversations[0].mentions,
        0
    );

    let again = chat
        .delete_message(&people.grace, message.id)
        .await
        .unwrap();
    assert_eq!(again.seq, gone.seq, "a second deletion changes nothing");
    let edit = chat
        .edit_message(&people.grace, message.id, "x".to_owned())
        .await;
    refused(edit, ErrorCode::Conflict);
    refused(
        chat.add_reaction(&people.ada, message.id, "👍").await,
        ErrorCode::Conflict,
    );
    // An owner may delete messages of others, but not in a direct conversation.
    let by_linus = people.say(&people.linus, id, "spam").await;
    chat.delete_message(&people.ada, by_linus.id).await.unwrap();
    let direct = people.direct().await;
    let by_grace = people.say(&people.grace, direct, "mine").await;
    refused(
        chat.delete_message(&people.ada, by_grace.id).await,
        ErrorCode::Forbidden,
    );
}

async fn positions(
    people: &People,
    id: ConversationId,
    anchor: PageAnchor,
) -> (Vec<i64>, Option<String>) {
    let request = MessagesRequest {
        anchor,
        limit: Some(4),
        main_line: false,
    };
    let page = people
        .chat
        .messages(&people.grace, id, request)
        .await
        .unwrap();
    (
        page.items.iter().map(|it| it.position).collect(),
        page.next_cursor,
    )
}

#[sqlx::test(migrations = "../../migrations")]
async fn pages_go_back_forth_and_around(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    for n in 1..=10 {
        people.say(&people.ada, id, &format!("message {n}")).await;
    }
    let next = |n: &str| Some(n.to_owned());
    assert_eq!(
        positions(&people, id, PageAnchor::Newest).await,
        (vec![7, 8, 9, 10], next("7"))
    );
    assert_eq!(
        positions(&people, id, PageAnchor::Before(7)).await,
        (vec![3, 4, 5, 6], next("3"))
    );
    assert_eq!(
        positions(&people, id, PageAnchor::Before(3)).await,
        (vec![1, 2], None)
    );
    assert_eq!(
        positions(&people, id, PageAnchor::Before(1)).await,
        (vec![], None)
    );
    assert_eq!(
        positions(&people, id, PageAnchor::After(0)).await,
        (vec![1, 2, 3, 4], next("4"))
    );
    assert_eq!(
        positions(&people, id, PageAnchor::After(8)).await,
        (vec![9, 10], None)
    );
    assert_eq!(
        positions(&people, id, PageAnchor::Around(5)).await,
        (vec![3, 4, 5, 6], None)
    );
    assert_eq!(
        positions(&people, id, PageAnchor::Around(1)).await,
        (vec![1, 2], None)
    );
    assert_eq!(
        positions(&people, id, PageAnchor::Around(i64::MIN)).await.0,
        [1, 2]
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn sends_are_limited_per_user(db: PgPool) {
    let limits = RateLimits {
        messages_burst: 3.try_into().unwrap(),
        messages_per_second: 1.try_into().unwrap(),
        ..RateLimits::default()
    };
    let people = people_with(
        db,
        Settings {
            rate_limits: limits,
            ..settings()
        },
    )
    .await;
    let id = people.group().await;
    for n in 0..3 {
        people.say(&people.ada, id, &n.to_string()).await;
    }
    let result = people
        .chat
        .send_message(&people.ada, id, text("too much", None))
        .await;
    assert!(
        result.as_ref().is_err_and(|e| e.retry_after() == Some(1)),
        "{result:?}"
    );
    people.say(&people.grace, id, "not me").await;
}
