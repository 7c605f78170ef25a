//! The SQL function `send_messages` has a short path for a lone plain message, and a general path. Its
//! first argument forces the general one: the same send is made through both, and everything that
//! they answer and write is compared.

use crate::fixtures::{People, people, text};
use model::ConversationId;
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};

/// The arguments of `send_messages` for one message without reply, attachments and mentions.
#[derive(Clone, Debug)]
struct Send {
    conversation_id: i64,
    sender_id: i64,
    kind: &'static str,
    body: &'static str,
    client_id: Option<&'static str>,
    official: bool,
}

/// The answer and the rows after a send, without the values that differ from call to call: the id of
/// the message, and the time of the transaction.
#[derive(Debug, PartialEq)]
struct Effect {
    answer: Value,
    rows: Value,
}

async fn send(db: &mut PgConnection, send: &Send, general_path: bool) -> Value {
    sqlx::query_scalar(
        "select to_jsonb(answer) from send_messages($1, array[$2::bigint], array[$3::bigint],
            array[$4], array[$5], array[null::bigint], array[$6::text], array[$7], array[false],
            null, null) answer",
    )
    .bind(general_path)
    .bind(send.conversation_id)
    .bind(send.sender_id)
    .bind(send.kind)
    .bind(send.body)
    .bind(send.client_id)
    .bind(send.official)
    .fetch_one(db)
    .await
    .unwrap()
}

/// All rows that a send may touch, in the conversation of the send.
async fn rows(db: &mut PgConnection, conversation_id: i64) -> Value {
    sqlx::query_scalar(
        "select jsonb_build_object(
            'conversation', (select to_jsonb(c) from conversations c where c.id = $1),
            'members', (select jsonb_agg(to_jsonb(m) order by m.user_id)
                from members m where m.conversation_id = $1),
            'read_marks', (select jsonb_agg(jsonb_build_array(r.user_id, r.position)
                order by r.user_id, r.position) from read_marks r where r.conversation_id = $1),
            'mentions', (select count(*) from mentions n where n.conversation_id = $1),
            'messages', (select jsonb_agg(to_jsonb(m) - 'id' - 'created_at' order by m.position)
                from messages m where m.conversation_id = $1),
            'newest', (select jsonb_build_array(m.id, m.created_at) from messages m
                where m.conversation_id = $1 order by m.position desc limit 1))",
    )
    .bind(conversation_id)
    .fetch_one(db)
    .await
    .unwrap()
}

/// Sends in a transaction that is rolled back.
async fn try_send(db: &PgPool, new: &Send, general_path: bool) -> Effect {
    let mut tx = db.begin().await.unwrap();
    let mut answer = send(&mut tx, new, general_path).await;
    let mut rows = rows(&mut tx, new.conversation_id).await;
    tx.rollback().await.unwrap();
    let newest = rows.as_object_mut().unwrap().remove("newest").unwrap();
    let answer_fields = answer.as_object_mut().unwrap();
    let id = answer_fields.remove("id").unwrap();
    let written_at = answer_fields.remove("written_at").unwrap();
    if answer_fields["outcome"] == "written" {
        assert_eq!(json!([id, written_at]), newest, "of {new:?}");
    } else {
        // The id of a repeated message does not differ, nor does the absence of one.
        answer_fields.insert("id".to_owned(), id);
    }
    if answer_fields["read_before"].is_null() {
        // The writer reads the two positions together or not at all: the general path answers with
        // this one in any case.
        answer_fields.remove("delivered_before");
    }
    Effect { answer, rows }
}

/// The outcome, after both paths have given the same result.
async fn outcome(db: &PgPool, new: &Send) -> String {
    let short = try_send(db, new, false).await;
    let general = try_send(db, new, true).await;
    assert_eq!(short, general, "{new:?}");
    short.answer["outcome"].as_str().unwrap().to_owned()
}

/// A group whose members differ in their positions: ada has sent the newest message; grace has read
/// nothing; linus has read all but the newest, and has the read mark that his next send would insert.
async fn conversation(db: &PgPool, people: &People) -> ConversationId {
    let (chat, id) = (&people.chat, people.group().await);
    let edited = people.send(&people.ada, id, "edited", Some("edited")).await;
    let deleted = people
        .send(&people.linus, id, "deleted", Some("deleted"))
        .await;
    let third = people
        .send(&people.ada, id, "as it was", Some("same"))
        .await;
    chat.edit_message(&people.ada, edited.message.id, "since".to_owned())
        .await
        .unwrap();
    chat.delete_message(&people.linus, deleted.message.id)
        .await
        .unwrap();
    assert_eq!(third.message.position, 3);
    chat.mark_delivered(&people.grace, id, 2).await.unwrap();
    chat.mark_read(&people.linus, id, 3).await.unwrap();
    people.say(&people.ada, id, "newest").await;
    // As if linus read at this moment: his position follows.
    sqlx::query("insert into read_marks (conversation_id, user_id, position) values ($1, $2, 4)")
        .bind(id.0)
        .bind(people.linus.user_id.0)
        .execute(db)
        .await
        .unwrap();
    id
}

#[sqlx::test(migrations = "../../migrations")]
async fn both_paths_answer_and_write_the_same(db: PgPool) {
    let people = people(db.clone()).await;
    let (ada, grace, linus, eve) = (
        people.ada.user_id.0,
        people.grace.user_id.0,
        people.linus.user_id.0,
        people.outsider.user_id.0,
    );
    let group = conversation(&db, &people).await.0;
    let plain = Send {
        conversation_id: group,
        sender_id: ada,
        kind: "text",
        body: "hello",
        client_id: None,
        official: false,
    };
    let retry = |sender_id, body, client_id| Send {
        sender_id,
        body,
        client_id: Some(client_id),
        ..plain.clone()
    };
    for sender_id in [ada, grace, linus] {
        let new = Send {
            sender_id,
            ..plain.clone()
        };
        assert_eq!(outcome(&db, &new).await, "written");
        let keyed = retry(sender_id, "hello", "new");
        assert_eq!(outcome(&db, &keyed).await, "written");
        for (kind, official) in [("image", false), ("system", true)] {
            let new = Send {
                kind,
                official,
                ..keyed.clone()
            };
            assert_eq!(outcome(&db, &new).await, "written");
        }
    }
    // Idempotency: the body before the first edit counts, and after a deletion any.
    assert_eq!(
        outcome(&db, &retry(ada, "as it was", "same")).await,
        "repeated"
    );
    assert_eq!(outcome(&db, &retry(ada, "other", "same")).await, "conflict");
    assert_eq!(
        outcome(&db, &retry(ada, "edited", "edited")).await,
        "repeated"
    );
    assert_eq!(
        outcome(&db, &retry(ada, "since", "edited")).await,
        "conflict"
    );
    assert_eq!(
        outcome(&db, &retry(linus, "other", "deleted")).await,
        "repeated"
    );
    let same = retry(ada, "as it was", "same");
    for (kind, official) in [("image", false), ("text", true)] {
        let new = Send {
            kind,
            official,
            ..same.clone()
        };
        assert_eq!(outcome(&db, &new).await, "conflict");
    }
    assert_eq!(
        outcome(&db, &retry(grace, "other", "same")).await,
        "written"
    );

    // Refusals.
    let outsider = Send {
        sender_id: eve,
        ..plain.clone()
    };
    assert_eq!(outcome(&db, &outsider).await, "no_conversation");
    let nowhere = Send {
        conversation_id: i64::MAX,
        ..plain.clone()
    };
    assert_eq!(outcome(&db, &nowhere).await, "no_conversation");
    let channel = Send {
        conversation_id: people.channel().await.0,
        ..outsider
    };
    assert_eq!(outcome(&db, &channel).await, "not_joined");
}

#[sqlx::test(migrations = "../../migrations")]
async fn both_paths_agree_on_first_messages_and_former_members(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, direct) = (&people.chat, people.group().await, people.direct().await);
    let new = |conversation_id: ConversationId, sender_id| Send {
        conversation_id: conversation_id.0,
        sender_id,
        kind: "text",
        body: "hello",
        client_id: Some("k"),
        official: false,
    };
    let grace = people.grace.user_id.0;
    assert_eq!(outcome(&db, &new(direct, grace)).await, "written");
    // The same key in another conversation is another message.
    chat.send_message(&people.grace, direct, text("hello", Some("k")))
        .await
        .unwrap();
    assert_eq!(outcome(&db, &new(id, grace)).await, "written");
    assert_eq!(outcome(&db, &new(direct, grace)).await, "repeated");
    chat.leave_conversation(&people.grace, id).await.unwrap();
    assert_eq!(outcome(&db, &new(id, grace)).await, "no_conversation");
}
