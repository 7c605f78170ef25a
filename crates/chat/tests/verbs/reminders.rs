//! Reminders of messages, which only their user knows.

use crate::fixtures::{People, event, events, people, refused};
use chat::{Audience, Caller, Chat, Delivery};
use model::{ErrorCode, Event, MessageId, PageRequest, PersonalEvent, Reminder, ReminderState};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

fn in_minutes(minutes: i64) -> OffsetDateTime {
    OffsetDateTime::now_utc() + Duration::minutes(minutes)
}

async fn remind(people: &People, who: &Caller, id: MessageId, minutes: i64) -> Reminder {
    let reminder = people.chat.set_reminder(who, id, in_minutes(minutes)).await;
    reminder.unwrap()
}

async fn list(people: &People, who: &Caller) -> Vec<Reminder> {
    let page = people.chat.reminders(who, PageRequest::default()).await;
    page.unwrap().items
}

/// Lets the time of everything come.
async fn make_due(db: &PgPool) {
    sqlx::query("update reminders set remind_at = remind_at - interval '400 days'")
        .execute(db)
        .await
        .unwrap();
}

/// The reminders that were told.
fn told(deliveries: &[Delivery]) -> Vec<Reminder> {
    let told = deliveries.iter().filter_map(|it| match event(it)? {
        Event::Personal(event) => match &**event {
            PersonalEvent::Reminder { reminder } => Some((**reminder).clone()),
            _ => None,
        },
        _ => None,
    });
    told.collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_reminder_is_told_to_the_own_devices_until_it_is_completed(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let first = people.say(&people.ada, id, "one").await;
    let second = people.say(&people.ada, id, "two").await;
    let mut subscription = chat.subscribe();
    let later = remind(&people, grace, first.id, 20).await;
    let sooner = remind(&people, grace, second.id, 10).await;
    assert_eq!(later.message.as_ref(), Some(&first));
    assert_eq!((sooner.state, sooner.seq), (ReminderState::Waiting, 2));
    assert_eq!(list(&people, grace).await, [sooner.clone(), later.clone()]);
    assert_eq!(list(&people, &people.ada).await, []);
    let page = PageRequest {
        limit: Some(1),
        ..PageRequest::default()
    };
    let page = chat.reminders(grace, page).await.unwrap();
    let rest = PageRequest {
        cursor: page.next_cursor,
        limit: Some(1),
    };
    let rest = chat.reminders(grace, rest).await.unwrap();
    assert_eq!((page.items, rest.items), (vec![sooner], vec![later]));
    assert_eq!(rest.next_cursor, None);

    chat.do_due().await.unwrap();
    let deliveries = people.drain(&mut subscription).await;
    assert_eq!(told(&deliveries).len(), 2, "nothing is due before its time");
    make_due(&db).await;
    for _ in 0..2 {
        chat.do_due().await.unwrap();
    }
    let due = list(&people, grace).await;
    // Another time, and done.
    let snoozed = remind(&people, grace, second.id, 5).await;
    assert_eq!(snoozed.state, ReminderState::Waiting);
    for _ in 0..2 {
        chat.complete_reminder(grace, first.id).await.unwrap();
        chat.complete_reminder(&people.ada, first.id).await.unwrap();
    }
    assert_eq!(list(&people, grace).await, std::slice::from_ref(&snoozed));
    let deliveries = people.drain(&mut subscription).await;
    let told = told(&deliveries);
    assert_eq!(told[..2], due);
    let states: Vec<_> = told.iter().map(|it| it.state).collect();
    let (due, completed) = (ReminderState::Due, ReminderState::Completed);
    assert_eq!(states, [due, due, ReminderState::Waiting, completed]);
    let to_grace = ("reminder", Audience::Users(vec![grace.user_id]));
    assert_eq!(events(&deliveries), vec![to_grace; 4]);
    let changes = chat.personal_changes(grace, snoozed.seq).await.unwrap();
    assert_eq!((changes.items.len(), changes.seq), (1, snoozed.seq + 1));
}

#[sqlx::test(migrations = "../../migrations")]
async fn of_nodes_that_look_at_once_one_tells_each_reminder(db: PgPool) {
    let people = people(db.clone()).await;
    let id = people.group().await;
    for n in 0..30 {
        let message = people.say(&people.ada, id, &n.to_string()).await;
        remind(&people, &people.grace, message.id, 5).await;
    }
    make_due(&db).await;
    let nodes = (0..3).map(|_| {
        let chat = Chat::new(db.clone(), crate::fixtures::settings());
        tokio::spawn(async move { chat.do_due().await.unwrap() })
    });
    for node in nodes.collect::<Vec<_>>() {
        node.await.unwrap();
    }
    let changes = people.chat.personal_changes(&people.grace, 30).await;
    let changes = changes.unwrap();
    assert_eq!((changes.items.len(), changes.seq), (30, 60));
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_deleted_or_out_of_reach_is_reminded_of_without_its_text(db: PgPool) {
    let people = people(db.clone()).await;
    let chat = &people.chat;
    let (group, direct) = (people.group().await, people.direct().await);
    let deleted = people.say(&people.ada, direct, "deleted").await;
    let left = people.say(&people.ada, group, "left").await;
    for message in [&deleted, &left] {
        remind(&people, &people.grace, message.id, 5).await;
    }
    remind(&people, &people.linus, left.id, 5).await;
    chat.delete_message(&people.ada, deleted.id).await.unwrap();
    chat.leave_conversation(&people.grace, group).await.unwrap();
    make_due(&db).await;
    let mut subscription = chat.subscribe();
    chat.do_due().await.unwrap();
    let told = told(&people.drain(&mut subscription).await);
    assert_eq!(told.len(), 3);
    for reminder in told {
        assert_eq!(reminder.state, ReminderState::Due);
        let message = reminder
            .message
            .map(|it| (it.body, it.deleted_at.is_some()));
        let is_of_linus = reminder.seq == 2 && message.as_ref().is_some_and(|it| it.0 == "left");
        if !is_of_linus {
            let of_deleted = (reminder.message_id == deleted.id).then(|| (String::new(), true));
            assert_eq!(message, of_deleted);
        }
    }
    chat.delete_conversation(&people.ada, group).await.unwrap();
    assert_eq!(list(&people, &people.linus).await[0].message, None);
    let completed = chat.complete_reminder(&people.linus, left.id).await;
    completed.unwrap();
    assert_eq!(list(&people, &people.linus).await, []);
    let again = chat.set_reminder(&people.grace, deleted.id, in_minutes(5));
    refused(again.await, ErrorCode::Conflict);
}

#[sqlx::test(migrations = "../../migrations")]
async fn outsiders_and_wrong_times_are_refused(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id) = (&people.chat, people.group().await);
    let message = people.say(&people.ada, id, "hi").await;
    let at = in_minutes(5);
    let outsider = chat.set_reminder(&people.outsider, message.id, at).await;
    refused(outsider, ErrorCode::NotFound);
    let unknown = chat.set_reminder(&people.grace, MessageId(i64::MAX), at);
    refused(unknown.await, ErrorCode::NotFound);
    for minutes in [-5, 0, 60 * 24 * 367] {
        let reminder = chat.set_reminder(&people.grace, message.id, in_minutes(minutes));
        refused(reminder.await, ErrorCode::Invalid);
    }
    sqlx::query(
        "insert into reminders (user_id, message_id, conversation_id, remind_at, seq)
        select $1, 100000 + n, $2, now() + interval '1 day', 0 from generate_series(1, 1000) n",
    )
    .bind(people.grace.user_id.0)
    .bind(id.0)
    .execute(&db)
    .await
    .unwrap();
    let many = chat.set_reminder(&people.grace, message.id, at).await;
    refused(many, ErrorCode::Conflict);
    let completed = chat.complete_reminder(&people.grace, MessageId(100_001));
    completed.await.unwrap();
    for minutes in [5, 6] {
        remind(&people, &people.grace, message.id, minutes).await;
    }
}
