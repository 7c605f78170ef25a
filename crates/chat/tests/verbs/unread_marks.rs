//! Messages that are marked as unread again, for one member alone.

use crate::{
    fixtures::{People, event, people, refused},
    threads::reply,
};
use chat::{Audience, Caller, Delivery};
use model::{ConversationId, ErrorCode, Event, Unread};
use sqlx::PgPool;

/// What the caller has not read, as the summary, the totals and the event's count have it.
async fn unread(people: &People, who: &Caller, id: ConversationId) -> (i64, i64, i64) {
    let summary = people.chat.conversation(who, id).await.unwrap();
    let totals = people.chat.unread(who).await.unwrap().conversations;
    let here = totals.iter().find(|it| it.conversation_id == id);
    let counts = here.map_or((0, 0), |it| (it.unread, it.mentions));
    assert_eq!(counts, (summary.unread, summary.mentions));
    (summary.unread, summary.mentions, summary.read_position)
}

async fn seen_position(people: &People, of: &Caller, id: ConversationId) -> i64 {
    let members = people
        .chat
        .members(&people.ada, id, model::PageRequest::default());
    let members = members.await.unwrap().items;
    let member = members.iter().find(|it| it.user.id == of.user_id);
    member.unwrap().read_position
}

#[sqlx::test(migrations = "../../migrations")]
async fn counts_go_back_up_and_receipts_stay(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    for body in ["one", "two for @grace", "three", "four"] {
        people.say(&people.ada, id, body).await;
    }
    let deleted = people.say(&people.ada, id, "five").await;
    chat.delete_message(&people.ada, deleted.id).await.unwrap();
    chat.mark_read(&people.grace, id, 5).await.unwrap();
    assert_eq!(unread(&people, &people.grace, id).await, (0, 0, 5));

    let _guard = chat.connect(&people.grace).await.unwrap();
    let mut subscription = chat.subscribe();
    let marked = chat.mark_unread(&people.grace, id, 2).await.unwrap();
    let counts = Unread {
        conversation_id: id,
        unread: 3,
        mentions: 1,
    };
    assert_eq!(marked, counts);
    assert_eq!(unread(&people, &people.grace, id).await, (3, 1, 1));
    assert_eq!(seen_position(&people, &people.grace, id).await, 5);
    let told = people.drain_receipts(&mut subscription).await;
    let told: Vec<_> = told
        .iter()
        .filter(|it| event(it).is_some_and(|it| it.name() != "presence"))
        .collect();
    let count = Event::UnreadChanged {
        total: 3,
        conversation_id: id,
        unread: 3,
        mentions: 1,
        read_position: Some(1),
        marked_unread: true,
    };
    let expected = Delivery::Emit {
        audience: Audience::Users(vec![people.grace.user_id]),
        except: None,
        event: count,
    };
    assert_eq!(
        told,
        [&expected],
        "the user's own devices alone, and no receipt"
    );

    // A mark never reads anything: what is unread from earlier on stays so.
    chat.mark_unread(&people.grace, id, 4).await.unwrap();
    assert_eq!(unread(&people, &people.grace, id).await, (3, 1, 1));
    // Reading ends it, as far as it goes, without another receipt.
    chat.mark_read(&people.grace, id, 3).await.unwrap();
    assert_eq!(unread(&people, &people.grace, id).await, (1, 0, 3));
    chat.mark_read(&people.grace, id, 5).await.unwrap();
    assert_eq!(unread(&people, &people.grace, id).await, (0, 0, 5));
    assert_eq!(seen_position(&people, &people.grace, id).await, 5);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_send_and_a_new_membership_end_a_mark(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    for body in ["one", "two"] {
        people.say(&people.ada, id, body).await;
    }
    chat.mark_read(&people.grace, id, 2).await.unwrap();
    chat.mark_unread(&people.grace, id, 1).await.unwrap();
    assert_eq!(unread(&people, &people.grace, id).await, (2, 0, 0));
    // What comes meanwhile counts, too, and a delivery is no reading.
    people.say(&people.ada, id, "three").await;
    chat.mark_delivered(&people.grace, id, 3).await.unwrap();
    assert_eq!(unread(&people, &people.grace, id).await, (3, 0, 0));
    people.say(&people.grace, id, "four").await;
    assert_eq!(unread(&people, &people.grace, id).await, (0, 0, 4));

    chat.mark_unread(&people.grace, id, 1).await.unwrap();
    chat.leave_conversation(&people.grace, id).await.unwrap();
    let again = model::NewMembers {
        user_ids: vec![people.grace.user_id],
        role: model::MemberRole::Member,
    };
    chat.add_members(&people.ada, id, again).await.unwrap();
    assert_eq!(unread(&people, &people.grace, id).await, (0, 0, 4));
}

#[sqlx::test(migrations = "../../migrations")]
async fn announcements_can_be_marked(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, ConversationId::ANNOUNCEMENTS);
    let admin = Caller {
        role: model::UserRole::Admin,
        ..people.ada
    };
    sqlx::query("update users set role = 'admin' where username = 'ada'")
        .execute(chat.pool())
        .await
        .unwrap();
    for body in ["one", "two"] {
        people.say(&admin, id, body).await;
    }
    chat.mark_read(&people.grace, id, 2).await.unwrap();
    chat.mark_unread(&people.grace, id, 2).await.unwrap();
    assert_eq!(unread(&people, &people.grace, id).await, (1, 0, 1));
    chat.mark_read(&people.grace, id, 2).await.unwrap();
    assert_eq!(unread(&people, &people.grace, id).await, (0, 0, 2));
}

#[sqlx::test(migrations = "../../migrations")]
async fn refuses_outsiders_and_positions_that_are_none(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    people.say(&people.ada, id, "one").await;
    for position in [0, -1, i64::MIN] {
        let marked = chat.mark_unread(&people.grace, id, position).await;
        refused(marked, ErrorCode::Invalid);
    }
    let marked = chat.mark_unread(&people.outsider, id, 1).await;
    refused(marked, ErrorCode::NotFound);
    chat.mark_unread(&people.grace, id, 1).await.unwrap();
    assert_eq!(unread(&people, &people.grace, id).await, (1, 0, 0));
    chat.mark_unread(&people.grace, id, i64::MAX).await.unwrap();
    assert_eq!(unread(&people, &people.grace, id).await, (1, 0, 0));
}

/// The count of the last `unread` event of this conversation that the caller's devices were told.
fn told_count(deliveries: &[Delivery]) -> Option<i64> {
    let events = deliveries.iter().rev().filter_map(event);
    let mut counts = events.filter_map(|it| match it {
        Event::UnreadChanged { unread, .. } => Some(*unread),
        _ => None,
    });
    counts.next()
}

#[sqlx::test(migrations = "../../migrations")]
async fn own_messages_are_never_unread(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let root = people.say(&people.ada, id, "one").await;
    people.say(&people.grace, id, "two, my own").await;
    people.say(&people.ada, id, "three").await;
    let gone = people.say(&people.grace, id, "four, my own").await;
    chat.delete_message(&people.grace, gone.id).await.unwrap();
    reply(&people, &people.grace, &root, "five, in a thread").await;
    reply(&people, &people.ada, &root, "six, in a thread").await;
    people.say(&people.grace, id, "seven, my own").await;
    assert_eq!(unread(&people, &people.grace, id).await, (0, 0, 7));

    let _guard = chat.connect(&people.grace).await.unwrap();
    let mut subscription = chat.subscribe();
    let marked = chat.mark_unread(&people.grace, id, 1).await.unwrap();
    assert_eq!(marked.unread, 2, "one and three");
    assert_eq!(unread(&people, &people.grace, id).await, (2, 0, 0));
    let told = people.drain_receipts(&mut subscription).await;
    assert_eq!(told_count(&told), Some(2));
    let of_members = chat.unread_of_members(&[id]).await.unwrap();
    assert_eq!(of_members[&(id, people.grace.user_id)], 3, "and six");
    let marked = chat.mark_unread(&people.grace, id, 7).await.unwrap();
    assert_eq!(marked.unread, 2, "a later mark reads nothing");

    // To whom everything is their own, nothing is unread.
    let alone = people.direct().await;
    people.say(&people.grace, alone, "mine").await;
    let marked = chat.mark_unread(&people.grace, alone, 1).await.unwrap();
    assert_eq!(marked.unread, 0);
    assert_eq!(unread(&people, &people.grace, alone).await.0, 0);
}

#[sqlx::test(migrations = "../../migrations")]
async fn own_replies_in_threads_are_not_unread_beside_what_is(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let root = people.say(&people.ada, id, "one").await;
    // Nothing is read by the reply, because something else is unread.
    reply(&people, &people.grace, &root, "mine").await;
    reply(&people, &people.ada, &root, "hers").await;
    assert_eq!(unread(&people, &people.grace, id).await, (1, 0, 0));
    let of_members = chat.unread_of_members(&[id]).await.unwrap();
    assert_eq!(of_members[&(id, people.grace.user_id)], 2, "one and hers");
    assert!(!of_members.contains_key(&(id, people.outsider.user_id)));
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_deletion_tells_who_has_marked_the_message_as_unread(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    people.say(&people.ada, id, "one").await;
    let gone = people.say(&people.ada, id, "two").await;
    chat.mark_read(&people.grace, id, 2).await.unwrap();
    chat.mark_unread(&people.grace, id, 1).await.unwrap();
    let _guard = chat.connect(&people.grace).await.unwrap();
    let mut subscription = chat.subscribe();
    chat.delete_message(&people.ada, gone.id).await.unwrap();
    let told = people.drain_receipts(&mut subscription).await;
    assert_eq!(told_count(&told), Some(1));
}
