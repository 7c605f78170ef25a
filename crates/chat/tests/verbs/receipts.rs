//! Receipts and unread counts.

use crate::fixtures::{People, people, refused};
use chat::{Audience, Delivery, Error, MessagesRequest};
use model::{ConversationId, ErrorCode, Event, MemberRole, MessageId, NewMembers, Receipt, UserId};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

async fn unread(people: &People, who: &chat::Caller, id: ConversationId) -> (i64, i64) {
    let summary = people.chat.conversation(who, id).await.unwrap();
    let totals = people.chat.unread(who).await.unwrap();
    let here = totals
        .conversations
        .iter()
        .find(|it| it.conversation_id == id);
    assert_eq!(
        here.map_or((0, 0), |it| (it.unread, it.mentions)),
        (summary.unread, summary.mentions)
    );
    (summary.unread, summary.mentions)
}

#[sqlx::test(migrations = "../../migrations")]
async fn positions_move_forward_only(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    for n in 0..5 {
        people.say(&people.ada, id, &n.to_string()).await;
    }
    assert_eq!(unread(&people, &people.grace, id).await, (5, 0));
    assert_eq!(
        unread(&people, &people.ada, id).await,
        (0, 0),
        "one's own are read"
    );

    // Counts are published to connected users only.
    let _guard = chat.connect(&people.grace).await.unwrap();
    let mut subscription = chat.subscribe();
    assert_eq!(
        chat.mark_read(&people.grace, id, 3).await.unwrap().unread,
        2
    );
    assert_eq!(
        chat.mark_read(&people.grace, id, 1).await.unwrap().unread,
        2
    );
    let mut received = people.drain_receipts(&mut subscription).await;
    received.retain(|it| !matches!(it, Delivery::Emit { event, .. } if event.name() == "presence"));
    received.sort_by_key(|it| {
        matches!(
            it,
            Delivery::Emit {
                event: Event::UnreadChanged { .. },
                ..
            }
        )
    });
    let (conversation_id, user_id) = (id, people.grace.user_id);
    assert_eq!(received.len(), 2, "only what has changed is published");
    let published = receipts(&received);
    assert_eq!(
        (
            published[0].user_id,
            published[0].read_position,
            published[0].delivered_position
        ),
        (user_id, 3, 3)
    );
    assert!(
        matches!(&received[0], Delivery::Emit { audience: Audience::Conversations(to), except: None, .. }
        if *to == [id])
    );
    assert_eq!(
        received[1],
        Delivery::Emit {
            audience: Audience::Users(vec![user_id]),
            except: None,
            event: Event::UnreadChanged {
                total: 2,
                conversation_id,
                unread: 2,
                mentions: 0,
                read_position: Some(3),
                marked_unread: false
            },
        }
    );
    // A position above the newest message counts as that.
    chat.mark_read(&people.grace, id, i64::MAX).await.unwrap();
    people.say(&people.ada, id, "new").await;
    assert_eq!(unread(&people, &people.grace, id).await, (1, 0));
    chat.mark_delivered(&people.grace, id, 6).await.unwrap();
    assert_eq!(
        unread(&people, &people.grace, id).await,
        (1, 0),
        "delivered is not read"
    );
    refused(
        chat.mark_read(&people.grace, id, -1).await,
        ErrorCode::Invalid,
    );
    refused(
        chat.mark_read(&people.outsider, id, 1).await,
        ErrorCode::NotFound,
    );
    refused(
        chat.mark_delivered(&people.outsider, id, 1).await,
        ErrorCode::NotFound,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn sending_implies_having_read(db: PgPool) {
    let people = people(db).await;
    let id = people.group().await;
    people.say(&people.ada, id, "anybody?").await;
    let mut subscription = people.chat.subscribe();
    people.say(&people.grace, id, "me").await;
    assert_eq!(unread(&people, &people.grace, id).await, (0, 0));
    let published = people.drain_receipts(&mut subscription).await;
    let receipt = published.iter().any(|it| {
        matches!(it, Delivery::Emit { event: Event::ReceiptUpdated(receipt), .. }
            if receipt.read_position == 2)
    });
    assert!(
        receipt,
        "ada's message is read, and the receipt is published: {published:?}"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn mentions_count_until_read_edited_away_or_deleted(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let _guard = chat.connect(&people.grace).await.unwrap();
    let _other = chat.connect(&people.linus).await.unwrap();
    let mut subscription = chat.subscribe();
    let one = people
        .say(&people.ada, id, "@grace and @linus and @eve, look")
        .await;
    let published = people.drain_receipts(&mut subscription).await;
    let mentioned: Vec<_> = published
        .iter()
        .filter_map(|it| match it {
            Delivery::Emit {
                audience: Audience::Users(users),
                event: Event::UnreadChanged { mentions: 1, .. },
                ..
            } => Some(users[0]),
            _ => None,
        })
        .collect();
    assert_eq!(mentioned.len(), 2);
    assert!(mentioned.contains(&people.grace.user_id) && mentioned.contains(&people.linus.user_id));
    let two = people.say(&people.ada, id, "again @grace").await;
    assert_eq!(unread(&people, &people.grace, id).await, (2, 2));
    chat.edit_message(&people.ada, one.id, "@linus only".to_owned())
        .await
        .unwrap();
    assert_eq!(unread(&people, &people.grace, id).await, (2, 1));
    assert_eq!(unread(&people, &people.linus, id).await, (2, 1));
    chat.delete_message(&people.ada, two.id).await.unwrap();
    assert_eq!(unread(&people, &people.grace, id).await, (1, 0));
    chat.mark_read(&people.linus, id, 1).await.unwrap();
    assert_eq!(unread(&people, &people.linus, id).await, (0, 0));
    assert_eq!(
        chat.unread(&people.outsider).await.unwrap().conversations,
        []
    );
}

fn receipts(deliveries: &[Delivery]) -> Vec<Receipt> {
    let published = deliveries.iter().filter_map(|it| match it {
        Delivery::Emit {
            event: Event::ReceiptUpdated(receipt),
            ..
        } => Some(receipt.clone()),
        _ => None,
    });
    published.collect()
}

/// Ada, Linus and Grace send two messages each, in turns, and Linus' first one is deleted. Answers
/// with the messages, and the receipts that followed.
async fn talk(people: &People, id: ConversationId) -> (Vec<MessageId>, Vec<Receipt>) {
    let mut subscription = people.chat.subscribe();
    let (mut said, mut followed) = (Vec::new(), Vec::new());
    for n in 0..2 {
        for who in [&people.ada, &people.linus, &people.grace] {
            said.push(people.say(who, id, &n.to_string()).await.id);
            // Every message but the first leads to a receipt.
            while followed.len() + 1 < said.len() {
                followed.extend(receipts(&people.drain_receipts(&mut subscription).await));
            }
        }
    }
    people
        .chat
        .delete_message(&people.linus, said[1])
        .await
        .unwrap();
    (said, followed)
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_receipt_names_the_newly_read_messages(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let (said, answered) = talk(&people, id).await;
    let (ada, linus, grace) = (
        people.ada.user_id,
        people.linus.user_id,
        people.grace.user_id,
    );
    // A sender has read what came before.
    let named: Vec<_> = answered
        .iter()
        .map(|it| (it.user_id, it.details.as_ref().unwrap().read.clone()))
        .collect();
    assert_eq!(
        named,
        [
            (linus, vec![(said[0], ada)]),
            (grace, vec![(said[0], ada), (said[1], linus)]),
            (ada, vec![(said[1], linus), (said[2], grace)]),
            (linus, vec![(said[2], grace), (said[3], ada)]),
            (grace, vec![(said[3], ada), (said[4], linus)]),
        ]
    );
    assert!(
        answered
            .iter()
            .all(|it| it.details.as_ref().unwrap().is_caught_up)
    );

    let mut subscription = chat.subscribe();
    let mut published = Vec::new();
    chat.mark_delivered(&people.ada, id, 5).await.unwrap();
    published.extend(receipts(&people.drain_receipts(&mut subscription).await));
    chat.mark_read(&people.ada, id, 5).await.unwrap();
    chat.mark_read(&people.ada, id, 5).await.unwrap();
    published.extend(receipts(&people.drain_receipts(&mut subscription).await));
    chat.mark_read(&people.ada, id, 6).await.unwrap();
    published.extend(receipts(&people.drain_receipts(&mut subscription).await));
    chat.mark_delivered_for(id, &[ada, linus, people.outsider.user_id], 6)
        .await
        .unwrap();
    published.extend(receipts(&people.drain_receipts(&mut subscription).await));
    let published: Vec<_> = published
        .into_iter()
        .map(|it| {
            let moved = it.details.unwrap();
            (
                it.user_id,
                moved.from,
                moved.is_caught_up,
                moved.read,
                moved.delivered,
            )
        })
        .collect();
    assert_eq!(
        published,
        [
            (ada, 4, false, vec![], vec![(said[4], linus)]),
            (ada, 4, false, vec![(said[4], linus)], vec![]),
            (ada, 5, true, vec![(said[5], grace)], vec![(said[5], grace)]),
            (linus, 5, false, vec![], vec![(said[5], grace)]),
        ]
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_receipt_names_the_newest_hundred(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    for n in 0..105 {
        people.say(&people.ada, id, &n.to_string()).await;
    }
    let mut subscription = chat.subscribe();
    chat.mark_read(&people.grace, id, 103).await.unwrap();
    let published = receipts(&people.drain_receipts(&mut subscription).await);
    let moved = published[0].details.as_ref().unwrap();
    assert_eq!(moved.read.len(), 100);
    let newest = chat.messages(&people.ada, id, MessagesRequest::default());
    let newest = newest.await.unwrap().items;
    assert_eq!(newest[47].position, 103);
    assert_eq!(moved.read[99].0, newest[47].id);
}

#[sqlx::test(migrations = "../../migrations")]
async fn read_marks_say_when_each_message_was_read(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    for n in 0..6 {
        people.say(&people.ada, id, &n.to_string()).await;
    }
    let start = OffsetDateTime::now_utc();
    for position in [2, 2, 1, 4, 6] {
        chat.mark_read(&people.grace, id, position).await.unwrap();
    }
    chat.mark_read(&people.linus, id, 3).await.unwrap();
    people.say(&people.linus, id, "seventh").await;
    let (grace, linus) = (people.grace.user_id, people.linus.user_id);
    let marks = async |from, to| -> Vec<(UserId, i64)> {
        let marks = chat.read_marks(&people.ada, id, from, to).await.unwrap();
        assert!(marks.is_sorted_by_key(|mark| mark.position));
        assert!(
            marks
                .iter()
                .all(|mark| mark.read_at > start - Duration::minutes(1))
        );
        marks.iter().map(|it| (it.user_id, it.position)).collect()
    };
    let all = [(grace, 2), (linus, 3), (grace, 4), (grace, 6), (linus, 6)];
    assert_eq!(marks(1, 7).await, all);
    // No more marks than tell when the third message was read.
    assert_eq!(marks(3, 3).await, [(linus, 3), (grace, 4)]);
    assert_eq!(marks(5, 5).await, [(grace, 6), (linus, 6)]);
    assert!(marks(7, 7).await.is_empty(), "one's own needs no mark");
    refused(
        chat.read_marks(&people.outsider, id, 1, 7).await,
        ErrorCode::NotFound,
    );
    // A member who was added later has no marks of earlier messages.
    let new = NewMembers {
        user_ids: vec![people.outsider.user_id],
        role: MemberRole::Member,
    };
    chat.add_members(&people.ada, id, new).await.unwrap();
    assert_eq!(marks(1, 7).await, all);
}

#[sqlx::test(migrations = "../../migrations")]
async fn concurrent_reads_publish_and_mark_each_message_once(db: PgPool) {
    let people = people(db.clone()).await;
    let id = people.group().await;
    for n in 0..20 {
        people.say(&people.ada, id, &n.to_string()).await;
    }
    let mut subscription = people.chat.subscribe();
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..64 {
        let (chat, grace) = (people.chat.clone(), people.grace);
        tasks.spawn(async move { chat.mark_read(&grace, id, n % 21).await.unwrap() });
    }
    tasks.join_all().await;
    let published = receipts(&people.drain_receipts(&mut subscription).await);
    let mut read: Vec<_> = published
        .iter()
        .flat_map(|it| it.details.as_ref().unwrap().read.iter().map(|(id, _)| *id))
        .collect();
    assert_eq!(read.len(), 20, "each message is read once");
    read.sort_unstable();
    read.dedup();
    assert_eq!(read.len(), 20);
    let marks: i64 = sqlx::query_scalar("select count(*) from read_marks where user_id = $1")
        .bind(people.grace.user_id.0)
        .fetch_one(&db)
        .await
        .unwrap();
    // Some receipts were coalesced.
    assert!((1..=marks).contains(&i64::try_from(published.len()).unwrap()));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_message_of_somebody_else_is_read_once(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let first = people.say(&people.ada, id, "one").await.id;
    let second = people.say(&people.ada, id, "two").await.id;
    let read = async |who, message| chat.mark_message_read(who, message).await;
    assert!(read(&people.grace, second).await.unwrap());
    assert!(!read(&people.grace, second).await.unwrap());
    assert!(!read(&people.grace, first).await.unwrap(), "it came before");
    assert_eq!(unread(&people, &people.grace, id).await, (0, 0));
    // Delivered is not read.
    chat.mark_delivered(&people.linus, id, 2).await.unwrap();
    assert!(read(&people.linus, first).await.unwrap());
    for (who, message) in [
        (&people.ada, second),
        (&people.outsider, second),
        (&people.grace, MessageId(999_999)),
    ] {
        match read(who, message).await {
            Err(Error::NotFound("message")) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn frequent_receipts_are_coalesced(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut subscription = chat.subscribe();
    for n in 0..40 {
        let who = if n % 2 == 0 {
            &people.ada
        } else {
            &people.linus
        };
        people.say(who, id, "and so on").await;
    }
    let published = receipts(&people.drain_receipts(&mut subscription).await);
    assert!(
        published.len() < 39,
        "{} receipts were not coalesced",
        published.len()
    );
    for (who, last) in [(&people.ada, 39), (&people.linus, 40)] {
        let theirs: Vec<_> = published
            .iter()
            .filter(|it| it.user_id == who.user_id)
            .collect();
        assert_eq!(theirs.last().unwrap().read_position, last);
        for pair in theirs.windows(2) {
            assert_eq!(
                pair[1].details.as_ref().unwrap().from,
                pair[0].read_position
            );
        }
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn large_conversations_get_no_receipts_of_senders(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id) = (&people.chat, people.group().await);
    sqlx::query("update conversations set member_count = 101 where id = $1")
        .bind(id.0)
        .execute(&db)
        .await
        .unwrap();
    let mut subscription = chat.subscribe();
    people.say(&people.ada, id, "a question").await;
    people.say(&people.linus, id, "an answer").await;
    assert_eq!(
        receipts(&people.drain_receipts(&mut subscription).await),
        []
    );
    // Reading without sending does publish one.
    chat.mark_read(&people.grace, id, 2).await.unwrap();
    let published = receipts(&people.drain_receipts(&mut subscription).await);
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].user_id, people.grace.user_id);
    assert_eq!(unread(&people, &people.linus, id).await.0, 0);
}
