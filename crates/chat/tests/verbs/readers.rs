//! Who has received and read one message, its earlier bodies, and the names that it brings.

use crate::fixtures::{people, refused, text};
use chat::Caller;
use model::{ConversationId, ErrorCode, MessageReceipt, NewMembers, NewMessage, PageRequest};
use sqlx::PgPool;

fn states(receipts: &[MessageReceipt]) -> Vec<(&str, bool, bool)> {
    let states = receipts
        .iter()
        .map(|it| (it.user.username.as_str(), it.read, it.read_at.is_some()));
    states.collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn those_who_have_read_come_before_those_who_have_received(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let first = people.say(&people.ada, id, "one").await;
    people.say(&people.ada, id, "two").await;
    let none = chat.message_receipts(&people.ada, first.id, PageRequest::default());
    let none = none.await.unwrap();
    assert_eq!(
        (none.items.len(), none.read_count, none.member_count),
        (0, 0, 2)
    );
    chat.mark_delivered(&people.grace, id, 2).await.unwrap();
    chat.mark_read(&people.linus, id, 2).await.unwrap();
    // Those who come later were not there.
    let new = NewMembers {
        user_ids: vec![people.outsider.user_id],
        role: model::MemberRole::Member,
    };
    chat.add_members(&people.ada, id, new).await.unwrap();

    let mut page = PageRequest {
        limit: Some(1),
        ..PageRequest::default()
    };
    let newest = chat
        .message_receipts(&people.grace, first.id, page.clone())
        .await
        .unwrap();
    assert_eq!(states(&newest.items), [("linus", true, true)]);
    let counts = (
        newest.read_count,
        newest.delivered_count,
        newest.member_count,
    );
    assert_eq!(counts, (1, 2, 2));
    page.cursor = newest.next_cursor;
    let rest = chat
        .message_receipts(&people.grace, first.id, page)
        .await
        .unwrap();
    assert_eq!(states(&rest.items), [("grace", false, false)]);
    assert_eq!(rest.next_cursor, None);
    // A mark is one's own affair.
    chat.mark_unread(&people.linus, id, 1).await.unwrap();
    let same = chat.message_receipts(&people.ada, first.id, PageRequest::default());
    assert_eq!(same.await.unwrap().read_count, 1);
}

/// Though a sender has read what they have sent: nowhere in the list, and in none of the counts, whoever asks.
#[sqlx::test(migrations = "../../migrations")]
async fn the_author_is_no_reader(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let root = people.say(&people.ada, id, "one").await;
    let reply = NewMessage {
        thread_id: Some(root.id),
        ..text("aside", None)
    };
    let reply = chat.send_message(&people.ada, id, reply).await.unwrap();
    let newest = people.say(&people.ada, id, "three").await;
    chat.mark_read(&people.ada, id, newest.position)
        .await
        .unwrap();
    chat.mark_read(&people.grace, id, newest.position)
        .await
        .unwrap();
    for (message, readers) in [
        (root.id, vec!["grace"]),
        (reply.message.id, Vec::new()),
        (newest.id, vec!["grace"]),
    ] {
        for caller in [&people.ada, &people.grace, &people.linus] {
            let receipts = chat.message_receipts(caller, message, PageRequest::default());
            let receipts = receipts.await.unwrap();
            let read = receipts.items.iter().filter(|it| it.read);
            let read: Vec<_> = read.map(|it| it.user.username.as_str()).collect();
            assert_eq!(read, readers);
            let listed = receipts.items.iter().map(|it| it.user.id);
            assert!(!listed.into_iter().any(|it| it == people.ada.user_id));
            assert_eq!(receipts.read_count, i64::try_from(readers.len()).unwrap());
            assert_eq!(receipts.member_count, 2);
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn outsiders_learn_nothing_and_an_announcement_tells_nobody(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.channel().await);
    let message = people.say(&people.ada, id, "one").await;
    let page = PageRequest::default;
    // An open channel may be read, but who reads there is its members' affair.
    let outside = chat
        .message_receipts(&people.outsider, message.id, page())
        .await;
    refused(outside, ErrorCode::NotFound);
    let outside = chat.thread_followers(&people.outsider, message.id, page());
    refused(outside.await, ErrorCode::NotFound);
    refused(
        chat.edits(&people.outsider, message.id).await,
        ErrorCode::NotFound,
    );
    let admin = Caller {
        role: model::UserRole::Admin,
        ..people.ada
    };
    sqlx::query("update users set role = 'admin' where username = 'ada'")
        .execute(chat.pool())
        .await
        .unwrap();
    let announced = people
        .say(&admin, ConversationId::ANNOUNCEMENTS, "news")
        .await;
    let asked = chat.message_receipts(&admin, announced.id, page()).await;
    refused(asked, ErrorCode::Forbidden);
    let asked = chat.thread_followers(&admin, announced.id, page()).await;
    refused(asked, ErrorCode::Forbidden);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_reply_is_read_in_its_thread(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let root = people.say(&people.ada, id, "lunch?").await;
    let new = NewMessage {
        thread_id: Some(root.id),
        ..text("where?", None)
    };
    let reply = chat
        .send_message(&people.grace, id, new)
        .await
        .unwrap()
        .message;
    chat.mark_read(&people.linus, id, 2).await.unwrap();
    let page = PageRequest::default;
    let receipts = chat
        .message_receipts(&people.grace, reply.id, page())
        .await
        .unwrap();
    assert_eq!(
        states(&receipts.items),
        [("linus", false, false)],
        "the main line only"
    );
    chat.mark_thread_read(&people.ada, root.id, 1)
        .await
        .unwrap();
    let receipts = chat
        .message_receipts(&people.grace, reply.id, page())
        .await
        .unwrap();
    assert_eq!(
        states(&receipts.items),
        [("ada", true, false), ("linus", false, false)]
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_hundred_bodies_are_kept_and_a_deletion_erases_them(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let new = text("0", Some("k"));
    let message = chat
        .send_message(&people.ada, id, new.clone())
        .await
        .unwrap()
        .message;
    for n in 1..=103 {
        chat.edit_message(&people.ada, message.id, n.to_string())
            .await
            .unwrap();
    }
    let edits = chat.edits(&people.grace, message.id).await.unwrap();
    let bodies: Vec<_> = edits.iter().map(|it| it.body.as_str()).collect();
    assert_eq!(
        (bodies.len(), bodies[0], bodies[98], bodies[99]),
        (100, "102", "4", "0")
    );
    // A retry is known by the first one.
    let again = chat.send_message(&people.ada, id, new).await.unwrap();
    assert!(again.deduplicated);
    chat.delete_message(&people.ada, message.id).await.unwrap();
    assert_eq!(chat.edits(&people.grace, message.id).await.unwrap(), []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_message_brings_the_names_that_it_needs(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let sent = people
        .say(&people.ada, id, "hello @grace and @nobody")
        .await;
    let grace = (people.grace.user_id, "Grace Hopper".to_owned());
    let linus = (people.linus.user_id, "Linus Torvalds".to_owned());
    assert_eq!(sent.names, model::Names::from_iter([grace.clone()]));
    let read = chat.message(&people.grace, sent.id).await.unwrap();
    assert_eq!(read, sent);
    let reacted = chat
        .add_reaction(&people.linus, sent.id, "👍")
        .await
        .unwrap();
    assert_eq!(reacted.names, model::Names::from_iter([grace, linus]));
    let plain = people.say(&people.ada, id, "hello").await;
    assert!(plain.names.is_empty());
}
