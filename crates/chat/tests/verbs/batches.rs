//! Batches of the writer: sends that come at the same time are written together.

use crate::fixtures::{People, events, people, receive_until, refused, text};
use chat::{Audience, Caller, Chat, Delivery, Error, MessagesRequest};
use futures_util::{FutureExt, future::join_all};
use model::{ConversationId, ErrorCode, Event, MessageId, NewAttachment, NewMessage, Sent};
use sqlx::{PgPool, Postgres, Transaction};
use tokio::task::JoinHandle;

/// The transaction of another node, which has locked a conversation.
async fn lock(db: &PgPool, id: ConversationId) -> Transaction<'static, Postgres> {
    let mut tx = db.begin().await.unwrap();
    sqlx::query("select from conversations where id = $1 for update")
        .bind(id.0)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx
}

/// Queues sends one after the other, without waiting for their answers.
async fn send_all(
    chat: &Chat,
    id: ConversationId,
    sends: Vec<(Caller, NewMessage)>,
) -> Vec<JoinHandle<Result<Sent, Error>>> {
    let mut answers = Vec::new();
    for (caller, new) in sends {
        let waiting = chat.work_stats().messages.waiting + chat.work_stats().messages.active;
        let sender = chat.clone();
        answers.push(tokio::spawn(async move {
            sender.send_message(&caller, id, new).await
        }));
        let now = || chat.work_stats().messages.waiting + chat.work_stats().messages.active;
        while now() == waiting {
            tokio::task::yield_now().await;
        }
    }
    answers
}

/// Terminates the backends that wait for a lock, as soon as there is one.
async fn terminate_waiting(db: &PgPool) {
    let terminating = "select count(pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'";
    let lost = || sqlx::query_scalar::<_, i64>(terminating).fetch_one(db);
    while lost().await.unwrap() == 0 {}
}

async fn bodies(people: &People, id: ConversationId) -> Vec<(i64, i64, String)> {
    let page = people
        .chat
        .messages(&people.ada, id, MessagesRequest::default());
    let items = page.await.unwrap().items.into_iter();
    items.map(|it| (it.position, it.seq, it.body)).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn each_send_of_a_batch_gets_its_own_answer(db: PgPool) {
    let people = people(db.clone()).await;
    let (ada, grace, linus, eve) = (people.ada, people.grace, people.linus, people.outsider);
    let id = people.group().await;
    let first = people.send(&ada, id, "first", Some("k1")).await.message;
    let mut subscription = people.chat.subscribe();

    // While another transaction holds the row lock, the first send waits for it, and the others
    // collect behind it.
    let tx = lock(&db, id).await;
    let reply = |to| NewMessage {
        reply_to_id: Some(to),
        ..text("re", None)
    };
    let with_file = NewMessage {
        attachments: vec![NewAttachment::at("https://example.org/1.png")],
        ..text("look, @ada and @eve", None)
    };
    let sends = vec![
        (linus, text("at work", None)),
        (ada, text("one", Some("k2"))),
        (eve, text("psst", None)),
        (ada, text("first", Some("k1"))),
        (ada, text("not the first", Some("k1"))),
        (grace, reply(first.id)),
        (grace, reply(MessageId(0))),
        (linus, with_file),
        (ada, text("one", Some("k2"))),
        (ada, text("another", Some("k2"))),
        (grace, text("last", Some("k2"))),
    ];
    let answers = send_all(&people.chat, id, sends).await;
    tx.rollback().await.unwrap();
    let mut results = Vec::new();
    for answer in answers {
        results.push(answer.await.unwrap());
    }

    let summary: Vec<_> = results
        .iter()
        .map(|it| match it {
            Ok(sent) => Ok((sent.message.position, sent.deduplicated)),
            Err(error) => Err(error.code()),
        })
        .collect();
    assert_eq!(
        summary,
        [
            Ok((2, false)),
            Ok((3, false)),
            Err(ErrorCode::NotFound),
            Ok((1, true)),
            Err(ErrorCode::Conflict),
            Ok((4, false)),
            Err(ErrorCode::Invalid),
            Ok((5, false)),
            Ok((3, true)),
            Err(ErrorCode::Conflict),
            Ok((6, false)),
        ]
    );
    let expected = [
        "first",
        "at work",
        "one",
        "re",
        "look, @ada and @eve",
        "last",
    ];
    let expected: Vec<_> = (1..)
        .zip(2..)
        .zip(expected)
        .map(|((position, seq), body)| (position, seq, body.to_owned()))
        .collect();
    assert_eq!(bodies(&people, id).await, expected);
    // The answer, the stored message and the event are the same.
    for sent in results.into_iter().flatten().filter(|it| !it.deduplicated) {
        let read = people.chat.message(&ada, sent.message.id).await.unwrap();
        assert_eq!(read, sent.message);
        loop {
            let delivery = subscription.next().await.unwrap().unwrap();
            if let Delivery::Emit {
                event: Event::MessageCreated { message, .. },
                ..
            } = &*delivery
            {
                assert_eq!(*message, sent.message);
                break;
            }
        }
    }
    let unread = people.chat.unread(&ada).await.unwrap();
    assert_eq!((unread.total, unread.conversations[0].mentions), (3, 1));
    assert_eq!(people.chat.unread(&grace).await.unwrap().total, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_message_that_cannot_be_written_fails_alone(db: PgPool) {
    let people = people(db.clone()).await;
    let id = people.group().await;
    sqlx::raw_sql(
        "create function refuse() returns trigger language plpgsql as
            $$ begin raise exception 'no poison'; end $$;
        create trigger refuse before insert on messages
            for each row when (new.body = 'poison') execute function refuse()",
    )
    .execute(&db)
    .await
    .unwrap();
    let tx = lock(&db, id).await;
    let sends = ["at work", "before", "poison", "after"];
    let sends = sends.map(|body| (people.ada, text(body, None))).to_vec();
    let answers = send_all(&people.chat, id, sends).await;
    tx.rollback().await.unwrap();
    let mut codes = Vec::new();
    for answer in answers {
        codes.push(answer.await.unwrap().map(drop).map_err(|it| it.code()));
    }
    assert_eq!(codes, [Ok(()), Ok(()), Err(ErrorCode::Internal), Ok(())]);
    let said = ["at work", "before", "after"].map(str::to_owned);
    let said: Vec<_> = (1..).zip(2..).zip(said).collect();
    let said: Vec<_> = said
        .into_iter()
        .map(|((p, s), body)| (p, s, body))
        .collect();
    assert_eq!(bodies(&people, id).await, said);
}

#[sqlx::test(migrations = "../../migrations")]
async fn sends_keep_the_order_in_which_they_are_first_polled(db: PgPool) {
    let people = people(db).await;
    let (id, other) = (people.group().await, people.direct().await);
    let sends = (0..100).map(|n| {
        let id = if n % 2 == 0 { id } else { other };
        let new = text(&n.to_string(), None);
        people.chat.send_message(&people.ada, id, new)
    });
    for (n, sent) in (0..).zip(join_all(sends).await) {
        assert_eq!(sent.unwrap().message.position, n / 2 + 1);
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_full_queue_refuses_at_once_and_only_there(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, ada) = (&people.chat, &people.ada);
    let (id, other) = (people.group().await, people.direct().await);
    let tx = lock(&db, id).await;
    // More than the queue takes. A refusal comes when the future is first polled.
    let mut sends = Vec::new();
    let mut refusals = 0;
    for n in 0..2_000 {
        let mut send = Box::pin(chat.send_message(ada, id, text(&n.to_string(), None)));
        match (&mut send).now_or_never() {
            Some(Err(error)) => {
                assert_eq!(error.code(), ErrorCode::Unavailable);
                assert_eq!(error.retry_after(), Some(1));
                refusals += 1;
            }
            Some(Ok(_)) => panic!("the conversation is locked"),
            None => sends.push(send),
        }
    }
    assert!(refusals > 500, "{refusals} were refused");
    people.say(ada, other, "nobody is in the way here").await;
    tx.rollback().await.unwrap();
    for (n, sent) in (1..).zip(join_all(sends).await) {
        assert_eq!(
            sent.unwrap().message.position,
            n,
            "in order, without a hole"
        );
    }
    people.say(ada, id, "there is room again").await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_conversation_that_another_node_has_locked_delays_no_other(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, ada) = (&people.chat, &people.ada);
    let (locked, other) = (people.group().await, people.direct().await);
    let tx = lock(&db, locked).await;
    // This one is busy; the others of its batch are written.
    let mut first = Box::pin(chat.send_message(ada, locked, text("held", None)));
    assert!((&mut first).now_or_never().is_none());
    for n in 1..=20 {
        let sent = people.say(ada, other, &n.to_string()).await;
        assert_eq!(sent.position, n);
    }
    assert!((&mut first).now_or_never().is_none());
    tx.rollback().await.unwrap();
    assert_eq!(first.await.unwrap().message.position, 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_batch_whose_connection_is_lost_is_refused(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id) = (&people.chat, people.group().await);
    let tx = lock(&db, id).await;
    let sends = vec![(people.ada, text("lost", Some("k")))];
    let answers = send_all(chat, id, sends).await;
    terminate_waiting(&db).await;
    for answer in answers {
        refused(answer.await.unwrap(), ErrorCode::Unavailable);
    }
    tx.rollback().await.unwrap();
    let sent = people.send(&people.ada, id, "lost", Some("k")).await;
    assert!(!sent.deduplicated);
    assert_eq!((sent.message.position, sent.message.seq), (1, 2));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_commit_after_the_connection_was_lost_is_published(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, ada, id) = (&people.chat, people.ada, people.group().await);
    let mut subscription = chat.subscribe();
    // The transaction of a backend that goes on after its client was lost.
    let mut tx = lock(&db, id).await;
    let answers = send_all(chat, id, vec![(ada, text("late", Some("k")))]).await;
    terminate_waiting(&db).await;
    for answer in answers {
        refused(answer.await.unwrap(), ErrorCode::Unavailable);
    }
    assert!(people.drain(&mut subscription).await.is_empty());
    let writing = "with c as (
            update conversations set position = 1, seq = 2 where id = $1
        )
        insert into messages (conversation_id, position, created_seq, seq, sender_id, body, client_id)
        values ($1, 1, 2, 2, $2, 'late', 'k')";
    sqlx::query(writing)
        .bind(id.0)
        .bind(ada.user_id.0)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();

    let found = receive_until(&mut subscription, |it| matches!(it, Delivery::Emit { .. })).await;
    assert_eq!(
        events(&found),
        [("message:created", Audience::Conversations(vec![id]))]
    );
    assert!(people.drain(&mut subscription).await.is_empty());
    assert!(people.send(&ada, id, "late", Some("k")).await.deduplicated);
}
