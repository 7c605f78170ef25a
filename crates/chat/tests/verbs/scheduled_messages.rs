//! Scheduled messages: sent at their time, once, by the rules of that time.

use crate::fixtures::{People, event, events, people, refused};
use crate::threads::in_thread;
use chat::{Audience, Caller, Chat, Delivery, MessagesRequest};
use model::{
    ConversationId, DraftChange, ErrorCode, Event, Message, MessageId, NewScheduledMessage,
    PageRequest, PersonalEvent, ScheduledChange, ScheduledMessage, ScheduledMessageId,
    ScheduledState,
};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

fn in_minutes(minutes: i64) -> OffsetDateTime {
    OffsetDateTime::now_utc() + Duration::minutes(minutes)
}

pub fn new(body: &str, minutes: i64) -> NewScheduledMessage {
    NewScheduledMessage {
        body: body.to_owned(),
        reply_to_id: None,
        thread_id: None,
        also_to_conversation: false,
        send_at: in_minutes(minutes),
        client_id: None,
        draft_seq: None,
        attachment_ids: Vec::new(),
        poll: model::NoPoll,
    }
}

pub async fn schedule(
    people: &People,
    who: &Caller,
    id: ConversationId,
    new: NewScheduledMessage,
) -> ScheduledMessage {
    let scheduled = people.chat.schedule_message(who, id, new).await;
    scheduled.unwrap().0
}

pub async fn list(people: &People, who: &Caller) -> Vec<ScheduledMessage> {
    let page = people.chat.scheduled_messages(who, PageRequest::default());
    page.await.unwrap().items
}

/// Lets the time of everything that is scheduled come.
pub async fn make_due(db: &PgPool) {
    let sql = "update scheduled_messages set send_at = send_at - interval '400 days',
        attempt_at = attempt_at - interval '400 days',
        attempt_with_files_at = attempt_with_files_at - interval '400 days' where state = 'scheduled'";
    sqlx::query(sql).execute(db).await.unwrap();
}

async fn bodies(people: &People, id: ConversationId) -> Vec<String> {
    let page = people
        .chat
        .messages(&people.ada, id, MessagesRequest::default());
    let messages = page.await.unwrap().items;
    messages.into_iter().map(|it| it.body).collect()
}

/// The states that were told, and the id of the message.
fn told(deliveries: &[Delivery]) -> Vec<(ScheduledState, Option<MessageId>)> {
    let told = deliveries.iter().filter_map(|it| match event(it)? {
        Event::Personal(event) => match &**event {
            PersonalEvent::Scheduled { scheduled } => Some((scheduled.state, scheduled.message_id)),
            _ => None,
        },
        _ => None,
    });
    told.collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn it_is_listed_for_its_user_and_sent_once_at_its_time(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let root = people.say(&people.ada, id, "root").await;
    let draft = DraftChange {
        body: "second".to_owned(),
        ..DraftChange::default()
    };
    let draft = chat.save_draft(grace, id, draft).await.unwrap().draft;
    let mut subscription = chat.subscribe();
    let second = NewScheduledMessage {
        draft_seq: Some(draft.seq),
        reply_to_id: Some(root.id),
        ..new("second", 20)
    };
    let second = schedule(&people, grace, id, second).await;
    let reply = in_thread("third", &root);
    let third = NewScheduledMessage {
        thread_id: reply.thread_id,
        ..new("third", 30)
    };
    let third = schedule(&people, grace, id, third).await;
    let first = schedule(&people, grace, id, new("first", 10)).await;
    assert_eq!(
        list(&people, grace).await,
        [first.clone(), second.clone(), third.clone()]
    );
    assert_eq!(list(&people, &people.ada).await, []);
    let drafts = chat.drafts(grace, PageRequest::default()).await.unwrap();
    assert_eq!(drafts.items, [], "it went with the message");
    let page = PageRequest {
        limit: Some(2),
        ..PageRequest::default()
    };
    let page = chat.scheduled_messages(grace, page).await.unwrap();
    assert_eq!(page.items.len(), 2);
    let rest = PageRequest {
        cursor: page.next_cursor,
        limit: Some(2),
    };
    let rest = chat.scheduled_messages(grace, rest).await.unwrap();
    assert_eq!((rest.items, rest.next_cursor), (vec![third], None));

    chat.do_due().await.unwrap();
    assert_eq!(
        bodies(&people, id).await,
        ["root"],
        "nothing goes before its time"
    );
    make_due(&db).await;
    chat.do_due().await.unwrap();
    chat.do_due().await.unwrap();
    assert_eq!(
        bodies(&people, id).await,
        ["root", "first", "second", "third"]
    );
    assert_eq!(list(&people, grace).await, []);
    let deliveries = people.drain(&mut subscription).await;
    let states: Vec<_> = told(&deliveries).iter().map(|it| it.0).collect();
    let mut expected = vec![ScheduledState::Scheduled; 3];
    expected.extend([ScheduledState::Sent; 3]);
    assert_eq!(states, expected);
    let to_grace = Audience::Users(vec![grace.user_id]);
    for (name, audience) in events(&deliveries) {
        assert!(!matches!(name, "scheduled" | "draft") || audience == to_grace);
    }
    let message: Message = chat
        .message(grace, told(&deliveries)[4].1.unwrap())
        .await
        .unwrap();
    assert_eq!(
        (message.body.as_str(), message.sender.id),
        ("second", grace.user_id)
    );
    assert_eq!(message.reply_to.unwrap().id, root.id);
    // What a device has missed: the tombstones, without the texts.
    let changes = chat.personal_changes(grace, first.seq).await.unwrap();
    assert_eq!(changes.items.len(), 3);
    for change in changes.items {
        let PersonalEvent::Scheduled { scheduled } = change else {
            panic!("{change:?}");
        };
        assert_eq!(
            (scheduled.state, scheduled.body.as_str()),
            (ScheduledState::Sent, "")
        );
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_is_wrong_or_of_others_is_refused(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let elsewhere = people.direct().await;
    let elsewhere = people.say(&people.ada, elsewhere, "elsewhere").await;
    let outsider = chat.schedule_message(&people.outsider, id, new("hi", 5));
    refused(outsider.await, ErrorCode::NotFound);
    let at = |send_at| NewScheduledMessage {
        send_at,
        ..new("hi", 0)
    };
    let now = OffsetDateTime::now_utc();
    let wrong = [
        at(now + Duration::seconds(10)),
        at(now - Duration::days(1)),
        at(now + Duration::days(367)),
        new("", 5),
        new(&"x".repeat(10_001), 5),
        NewScheduledMessage {
            reply_to_id: Some(elsewhere.id),
            ..new("hi", 5)
        },
        NewScheduledMessage {
            also_to_conversation: true,
            ..new("hi", 5)
        },
    ];
    for new in wrong {
        refused(
            chat.schedule_message(grace, id, new).await,
            ErrorCode::Invalid,
        );
    }
    let keyed = NewScheduledMessage {
        client_id: Some("key".to_owned()),
        ..new("hi", 5)
    };
    let (first, _) = chat
        .schedule_message(grace, id, keyed.clone())
        .await
        .unwrap();
    let again = chat.schedule_message(grace, id, keyed.clone()).await;
    assert_eq!(again.unwrap(), (first.clone(), true));
    let change = || ScheduledChange {
        body: Some("mine".to_owned()),
        ..ScheduledChange::default()
    };
    for other in [&people.ada, &people.outsider] {
        refused(
            chat.change_scheduled(other, first.id, change()).await,
            ErrorCode::NotFound,
        );
        refused(
            chat.cancel_scheduled(other, first.id).await,
            ErrorCode::NotFound,
        );
        refused(
            chat.send_scheduled_now(other, first.id).await,
            ErrorCode::NotFound,
        );
    }
    let unknown = chat
        .cancel_scheduled(grace, ScheduledMessageId(i64::MAX))
        .await;
    refused(unknown, ErrorCode::NotFound);
    assert_eq!(list(&people, grace).await, [first]);
    sqlx::query(
        "insert into scheduled_messages (user_id, conversation_id, also_to_conversation, body,
            send_at, attempt_at, seq)
        select $1, $2, false, 'x', now() + interval '1 day', now() + interval '1 day', 0
        from generate_series(1, 499)",
    )
    .bind(grace.user_id.0)
    .bind(id.0)
    .execute(&db)
    .await
    .unwrap();
    refused(
        chat.schedule_message(grace, id, new("hi", 5)).await,
        ErrorCode::Conflict,
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn it_can_be_changed_cancelled_and_sent_now_until_it_goes(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let change = |body: &str| ScheduledChange {
        body: Some(body.to_owned()),
        send_at: Some(in_minutes(60)),
        ..ScheduledChange::default()
    };
    let one = schedule(&people, grace, id, new("one", 5)).await;
    let changed = chat
        .change_scheduled(grace, one.id, change("other words"))
        .await
        .unwrap();
    assert_eq!(
        (changed.body.as_str(), changed.seq),
        ("other words", one.seq + 1)
    );
    assert!(changed.send_at > one.send_at);
    refused(
        chat.change_scheduled(grace, one.id, change("")).await,
        ErrorCode::Invalid,
    );
    let two = schedule(&people, grace, id, new("two", 5)).await;
    chat.cancel_scheduled(grace, two.id).await.unwrap();
    refused(
        chat.cancel_scheduled(grace, two.id).await,
        ErrorCode::Conflict,
    );
    let three = schedule(&people, grace, id, new("three", 5)).await;
    let sent = chat.send_scheduled_now(grace, three.id).await.unwrap();
    let message = chat.message(grace, sent.message_id.unwrap()).await.unwrap();
    assert_eq!(
        (sent.state, message.body.as_str()),
        (ScheduledState::Sent, "three")
    );
    refused(
        chat.send_scheduled_now(grace, three.id).await,
        ErrorCode::Conflict,
    );
    refused(
        chat.change_scheduled(grace, three.id, change("late")).await,
        ErrorCode::Conflict,
    );
    make_due(&db).await;
    for result in [
        chat.change_scheduled(grace, one.id, change("late"))
            .await
            .map(drop),
        chat.cancel_scheduled(grace, one.id).await,
    ] {
        refused(result, ErrorCode::Conflict);
    }
    // What was refused lets go of the row a moment later, and what is locked waits for the next round.
    for _ in 0..200 {
        chat.do_due().await.unwrap();
        if bodies(&people, id).await.len() == 2 {
            break;
        }
    }
    assert_eq!(bodies(&people, id).await, ["three", "other words"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_send_that_is_refused_is_kept_with_its_reason(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id) = (&people.chat, people.group().await);
    let left = schedule(&people, &people.grace, id, new("left", 5)).await;
    let quoted = people.say(&people.ada, id, "quoted").await;
    let reply = NewScheduledMessage {
        reply_to_id: Some(quoted.id),
        ..new("reply", 5)
    };
    schedule(&people, &people.linus, id, reply).await;
    let blocked = schedule(&people, &people.ada, id, new("blocked", 5)).await;
    chat.leave_conversation(&people.grace, id).await.unwrap();
    chat.delete_message(&people.ada, quoted.id).await.unwrap();
    sqlx::query("update users set blocked_at = now() where id = $1")
        .bind(people.ada.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    make_due(&db).await;
    let mut subscription = chat.subscribe();
    chat.do_due().await.unwrap();
    let deliveries = people.drain(&mut subscription).await;
    assert_eq!(told(&deliveries), vec![(ScheduledState::Failed, None); 3]);
    for (who, body, code) in [
        (&people.grace, "left", ErrorCode::NotFound),
        (&people.linus, "reply", ErrorCode::Invalid),
        (&people.ada, "blocked", ErrorCode::Forbidden),
    ] {
        let kept = list(&people, who).await.remove(0);
        assert_eq!(
            (kept.state, kept.body.as_str()),
            (ScheduledState::Failed, body)
        );
        assert_eq!(kept.failure.unwrap().code, code);
    }
    // It is tried again only when its user says so.
    chat.do_due().await.unwrap();
    assert_eq!(bodies(&people, id).await, [""]);
    refused(
        chat.send_scheduled_now(&people.grace, left.id).await,
        ErrorCode::NotFound,
    );
    sqlx::query("update users set blocked_at = null")
        .execute(&db)
        .await
        .unwrap();
    let later = ScheduledChange {
        send_at: Some(in_minutes(5)),
        ..ScheduledChange::default()
    };
    let again = chat
        .change_scheduled(&people.ada, blocked.id, later)
        .await
        .unwrap();
    assert_eq!(
        (again.state, again.failure),
        (ScheduledState::Scheduled, None)
    );
    make_due(&db).await;
    chat.do_due().await.unwrap();
    assert_eq!(bodies(&people, id).await, ["", "blocked"]);
}

/// As a node leaves it that dies between the commit of the message and its note.
async fn forget_that_it_was_sent(db: &PgPool, scheduled: &ScheduledMessage) {
    sqlx::query(
        "update scheduled_messages set state = 'scheduled', body = $2, message_id = null where id = $1",
    )
    .bind(scheduled.id.0)
    .bind(&scheduled.body)
    .execute(db)
    .await
    .unwrap();
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_message_that_was_written_without_a_note_is_not_written_again(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id, grace) = (&people.chat, people.group().await, &people.grace);
    let scheduled = schedule(&people, grace, id, new("once", 5)).await;
    let sent = chat.send_scheduled_now(grace, scheduled.id).await.unwrap();
    forget_that_it_was_sent(&db, &scheduled).await;
    let change = ScheduledChange {
        body: Some("twice".to_owned()),
        ..ScheduledChange::default()
    };
    refused(
        chat.change_scheduled(grace, scheduled.id, change).await,
        ErrorCode::Conflict,
    );
    refused(
        chat.cancel_scheduled(grace, scheduled.id).await,
        ErrorCode::Conflict,
    );
    // Whatever has become of the message since.
    chat.edit_message(grace, sent.message_id.unwrap(), "edited".to_owned())
        .await
        .unwrap();
    make_due(&db).await;
    let mut subscription = chat.subscribe();
    chat.do_due().await.unwrap();
    let deliveries = people.drain(&mut subscription).await;
    assert_eq!(told(&deliveries), [(ScheduledState::Sent, sent.message_id)]);
    assert_eq!(bodies(&people, id).await, ["edited"]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn nodes_that_look_at_once_send_each_message_once(db: PgPool) {
    let people = people(db.clone()).await;
    let id = people.group().await;
    for n in 0..150 {
        let who = [&people.ada, &people.grace, &people.linus][n % 3];
        schedule(&people, who, id, new(&n.to_string(), 5)).await;
    }
    make_due(&db).await;
    let nodes = (0..4).map(|_| {
        let chat = Chat::new(db.clone(), crate::fixtures::settings());
        tokio::spawn(async move { chat.do_due().await.unwrap() })
    });
    for node in nodes.collect::<Vec<_>>() {
        node.await.unwrap();
    }
    let counted: (i64, i64) = sqlx::query_as(
        "select (select count(*) from messages where conversation_id = $1),
            (select count(*) from scheduled_messages where state = 'sent')",
    )
    .bind(id.0)
    .fetch_one(&db)
    .await
    .unwrap();
    assert_eq!(counted, (150, 150));
}

#[sqlx::test(migrations = "../../migrations")]
async fn sending_holds_no_connection_that_the_writer_needs(db: PgPool) {
    let people = people(db.clone()).await;
    let (grace, id) = (&people.grace, people.group().await);
    let mut now = Vec::new();
    for number in 0..10 {
        now.push(schedule(&people, grace, id, new(&format!("now {number}"), 60)).await);
    }
    let only = sqlx::postgres::PgPoolOptions::new()
        .max_connections(1)
        .connect_with((*db.connect_options()).clone());
    let chat = Chat::new(only.await.unwrap(), crate::fixtures::settings());
    let sends = now.iter().map(|it| chat.send_scheduled_now(grace, it.id));
    for sent in futures_util::future::join_all(sends).await {
        assert_eq!(sent.unwrap().state, ScheduledState::Sent);
    }
    for number in 0..10 {
        schedule(&people, grace, id, new(&format!("due {number}"), 60)).await;
    }
    make_due(&db).await;
    chat.do_due().await.unwrap();
    assert_eq!(list(&people, grace).await, []);
    let sent = bodies(&people, id).await;
    assert_eq!(sent.len(), 20);
    let due: Vec<_> = sent.iter().filter(|it| it.starts_with("due")).collect();
    assert!(due.is_sorted(), "in the order of their times: {due:?}");
}

#[sqlx::test(migrations = "../../migrations")]
async fn its_text_can_be_changed_until_its_time(db: PgPool) {
    let people = people(db.clone()).await;
    let (grace, id) = (&people.grace, people.group().await);
    let scheduled = schedule(&people, grace, id, new("soon", 60)).await;
    sqlx::query("update scheduled_messages set send_at = clock_timestamp() + interval '10 s'")
        .execute(&db)
        .await
        .unwrap();
    let change = ScheduledChange {
        body: Some("in a moment".to_owned()),
        ..ScheduledChange::default()
    };
    let changed = people.chat.change_scheduled(grace, scheduled.id, change);
    let changed = changed.await.unwrap();
    assert_eq!(changed.body, "in a moment");
    let at_once = ScheduledChange {
        send_at: Some(changed.send_at),
        ..ScheduledChange::default()
    };
    let changed = people.chat.change_scheduled(grace, scheduled.id, at_once);
    refused(changed.await, ErrorCode::Invalid);
}
