//! Sending into threads: what is refused, retries, and batches.

use crate::{
    fixtures::{people, refused, text},
    threads::{in_thread, reply},
};
use chat::MessagesRequest;
use model::{ErrorCode, Message, MessageId, NewMessage, ThreadState};
use sqlx::PgPool;

#[sqlx::test(migrations = "../../migrations")]
async fn refuses_what_is_no_thread_and_who_is_no_member(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let root = people.say(&people.ada, id, "lunch?").await;
    let answer = reply(&people, &people.grace, &root, "where?").await;
    let elsewhere = people.direct().await;
    let other = people.say(&people.ada, elsewhere, "hi").await;
    let deleted = people.say(&people.ada, id, "oops").await;
    chat.delete_message(&people.ada, deleted.id).await.unwrap();
    let ghost = Message {
        id: MessageId(i64::MAX),
        ..root.clone()
    };
    for bad in [&answer, &other, &deleted, &ghost] {
        let sent = chat
            .send_message(&people.ada, id, in_thread("no", bad))
            .await;
        refused(sent, ErrorCode::Invalid);
    }
    // A reply quotes what is in its thread.
    let main = people.say(&people.ada, id, "elsewhere").await;
    let quoting = |to: &Message| NewMessage {
        reply_to_id: Some(to.id),
        ..in_thread("quote", &root)
    };
    refused(
        chat.send_message(&people.ada, id, quoting(&main)).await,
        ErrorCode::Invalid,
    );
    let quoted = chat
        .send_message(&people.ada, id, quoting(&answer))
        .await
        .unwrap();
    assert_eq!(quoted.message.reply_to.unwrap().id, answer.id);
    let new = NewMessage {
        also_to_conversation: true,
        ..text("no thread", None)
    };
    refused(
        chat.send_message(&people.ada, id, new).await,
        ErrorCode::Invalid,
    );

    let outsider = &people.outsider;
    let before = chat.thread(&people.ada, root.id).await.unwrap();
    let sent = chat
        .send_message(outsider, id, in_thread("hello", &root))
        .await;
    refused(sent, ErrorCode::NotFound);
    refused(chat.thread(outsider, root.id).await, ErrorCode::NotFound);
    let page = MessagesRequest::default();
    refused(
        chat.thread_messages(outsider, root.id, page).await,
        ErrorCode::NotFound,
    );
    refused(
        chat.follow_thread(outsider, root.id, true).await,
        ErrorCode::NotFound,
    );
    refused(
        chat.mark_thread_read(outsider, root.id, 1).await,
        ErrorCode::NotFound,
    );
    let typing = chat.set_typing_in_thread(outsider, id, root.id, true).await;
    refused(typing, ErrorCode::NotFound);
    let typing = chat
        .set_typing_in_thread(&people.ada, id, other.id, true)
        .await;
    refused(typing, ErrorCode::NotFound);
    refused(
        chat.thread(&people.ada, answer.id).await,
        ErrorCode::NotFound,
    );
    assert_eq!(chat.thread(&people.ada, root.id).await.unwrap(), before);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_retry_returns_the_reply_and_batches_number_them(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let roots = [
        people.say(&people.ada, id, "one").await,
        people.say(&people.ada, id, "two").await,
    ];
    let new = NewMessage {
        client_id: Some("k".to_owned()),
        ..in_thread("once", &roots[0])
    };
    let sent = chat
        .send_message(&people.grace, id, new.clone())
        .await
        .unwrap();
    let again = chat
        .send_message(&people.grace, id, new.clone())
        .await
        .unwrap();
    assert!(again.deduplicated);
    assert_eq!(again.message, sent.message);
    let to_main = NewMessage {
        thread_id: None,
        ..new
    };
    refused(
        chat.send_message(&people.grace, id, to_main).await,
        ErrorCode::Conflict,
    );

    // Many at once, of several people, into the main line and two threads.
    let sends = (0..60).map(|n| {
        let who = [&people.ada, &people.grace, &people.linus][n % 3];
        let body = n.to_string();
        let new = match n % 4 {
            0 => text(&body, None),
            3 => NewMessage {
                also_to_conversation: true,
                ..in_thread(&body, &roots[0])
            },
            other => in_thread(&body, &roots[other - 1]),
        };
        chat.send_message(who, id, new)
    });
    let sent = futures_util::future::join_all(sends).await;
    let mut sent: Vec<_> = sent.into_iter().map(|it| it.unwrap().message).collect();
    sent.sort_by_key(|it| it.position);
    let positions: Vec<_> = sent.iter().map(|it| it.position).collect();
    assert_eq!(positions, (4..64).collect::<Vec<_>>());
    for (root, first, last) in [(&roots[0], 2, 31), (&roots[1], 1, 15)] {
        let replies = sent.iter().filter(|it| it.thread_id == Some(root.id));
        let numbers: Vec<_> = replies.map(|it| it.thread_position.unwrap()).collect();
        assert_eq!(numbers, (first..=last).collect::<Vec<_>>());
    }
    let aside: i64 = sqlx::query_scalar("select threads_position from conversations where id = $1")
        .bind(id.0)
        .fetch_one(chat.pool())
        .await
        .unwrap();
    assert_eq!(aside, 31, "without those that are in the main line as well");
    let numbers: Vec<i64> = sqlx::query_scalar(
        "select threads_position from thread_messages
        where conversation_id = $1 and threads_position is not null order by conversation_position",
    )
    .bind(id.0)
    .fetch_all(chat.pool())
    .await
    .unwrap();
    assert_eq!(numbers, (1..=31).collect::<Vec<_>>());
    let outsider = ThreadState {
        conversation_id: id,
        thread_id: roots[0].id,
        following: true,
        read_position: 0,
        unread: 0,
        mentions: 0,
    };
    let state = chat
        .mark_thread_read(&people.linus, roots[0].id, i64::MAX)
        .await
        .unwrap();
    assert_eq!(
        state,
        ThreadState {
            read_position: 31,
            ..outsider
        }
    );
}
