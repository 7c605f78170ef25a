//! Announcements: who makes them, and how each user gets each of them once.

use crate::fixtures::{People, people, people_with, refused, settings, text};
use chat::{Audience, Caller, Delivery};
use model::{
    Announcement, ConversationId, ErrorCode, Event, MessageKind, NewAnnouncement,
    NewScheduledMessage, PageRequest, UserRole,
};
use sqlx::PgPool;
use std::time::Duration;
use time::OffsetDateTime;

pub const ANNOUNCEMENTS: ConversationId = ConversationId::ANNOUNCEMENTS;

/// Ada, who is made an administrator.
pub async fn admin(people: &People) -> Caller {
    sqlx::query("update users set role = 'admin' where id = $1")
        .bind(people.ada.user_id.0)
        .execute(people.chat.pool())
        .await
        .unwrap();
    Caller {
        role: UserRole::Admin,
        ..people.ada
    }
}

pub fn new(body: &str, client_id: Option<&str>) -> NewAnnouncement {
    NewAnnouncement {
        body: body.to_owned(),
        client_id: client_id.map(str::to_owned),
        ..NewAnnouncement::default()
    }
}

fn bodies(announcements: &[Announcement]) -> Vec<&str> {
    announcements.iter().map(|it| it.body.as_str()).collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_announcement_is_one_message_to_everybody(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, admin) = (&people.chat, admin(&people).await);
    chat.block_user(&admin, people.outsider.user_id)
        .await
        .unwrap();
    let mut subscription = chat.subscribe();
    let made = chat.announce(&admin, new("one", Some("k"))).await.unwrap();
    assert_eq!((made.kind, made.reach), (MessageKind::Text, 2));
    assert_eq!(
        (made.sent_by, made.sender_name.as_str()),
        (admin.user_id, "Ada Lovelace")
    );
    let again = chat.announce(&admin, new("one", Some("k"))).await.unwrap();
    assert_eq!(again, made);
    let received = people.drain(&mut subscription).await;
    let [
        Delivery::Emit {
            audience,
            except: None,
            event: Event::MessageCreated { message, seq, .. },
        },
    ] = received.as_slice()
    else {
        panic!("{received:?}")
    };
    assert_eq!(
        *audience,
        Audience::Conversations(vec![ConversationId::ANNOUNCEMENTS])
    );
    assert_eq!((message.id.0, message.position, *seq), (made.id.0, 1, 2));
    assert_eq!(chat.announcement(message.id).await.unwrap(), made);
    let other = chat.announce(&admin, new("other", Some("k"))).await;
    refused(other, ErrorCode::Conflict);

    // What an administrator sends to the conversation is an announcement, too.
    let two = people.say(&admin, ANNOUNCEMENTS, "two").await;
    assert_eq!(chat.announcement(two.id).await.unwrap().reach, 2);
    let page = |cursor| PageRequest {
        cursor,
        limit: Some(1),
    };
    let first = chat.announcements(&people.linus, page(None)).await.unwrap();
    assert_eq!(bodies(&first.items), ["two"]);
    let rest = chat.announcements(&people.linus, page(first.next_cursor));
    let rest = rest.await.unwrap();
    assert_eq!((bodies(&rest.items), rest.next_cursor), (vec!["one"], None));
    chat.delete_message(&admin, two.id).await.unwrap();
    let left = chat.announcements(&people.linus, page(None)).await.unwrap();
    assert_eq!(bodies(&left.items), ["one"]);

    // A message of another conversation is none.
    let id = people.group().await;
    let message = people.say(&admin, id, "to the group").await;
    refused(chat.announcement(message.id).await, ErrorCode::NotFound);
}

#[sqlx::test(migrations = "../../migrations")]
async fn who_was_away_gets_each_once(db: PgPool) {
    let mut settings = settings();
    settings.timings.presence_grace = Duration::from_millis(50);
    let people = people_with(db.clone(), settings).await;
    let (chat, admin) = (&people.chat, admin(&people).await);
    let (grace, linus) = (&people.grace, &people.linus);
    let device = chat.connect(grace).await.unwrap();
    let one = chat.announce(&admin, new("one", None)).await.unwrap();
    let two = chat.announce(&admin, new("two", None)).await.unwrap();
    let missed = async |who| chat.missed_announcements(who).await.unwrap();
    assert!(missed(&admin).await.is_empty(), "she made them");
    assert_eq!(bodies(&missed(linus).await), ["one", "two"]);
    chat.mark_announced(linus.user_id, one.id).await.unwrap();
    assert_eq!(bodies(&missed(linus).await), ["two"]);
    chat.mark_announced(linus.user_id, two.id).await.unwrap();
    chat.mark_announced(linus.user_id, one.id).await.unwrap();
    assert!(missed(linus).await.is_empty());

    // Grace's device has received both: another one need not, nor the same after a reconnection.
    let other = chat.connect(grace).await.unwrap();
    assert!(missed(grace).await.is_empty(), "her first device has them");
    drop((device, other));
    let device = chat.connect(grace).await.unwrap();
    assert!(missed(grace).await.is_empty(), "she was away for a moment");
    drop(device);
    // Once she is forgotten, the database knows it.
    while chat.work_stats().presence.waiting > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let delivered = "select announcements_delivered from users where id = $1";
    let delivered = async || -> i64 {
        let query = sqlx::query_scalar(delivered).bind(grace.user_id.0);
        query.fetch_one(&db).await.unwrap()
    };
    while delivered().await != 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(missed(grace).await.is_empty());
    chat.announce(&admin, new("three", None)).await.unwrap();
    assert_eq!(bodies(&missed(grace).await), ["three"]);
    // What was read elsewhere, or deleted, is not emitted any more.
    chat.mark_read(grace, ANNOUNCEMENTS, 3).await.unwrap();
    assert!(missed(grace).await.is_empty());
}

#[sqlx::test(migrations = "../../migrations")]
async fn only_administrators_announce_and_only_what_says_something(db: PgPool) {
    let people = people(db).await;
    let (chat, admin) = (&people.chat, admin(&people).await);
    let mut subscription = chat.subscribe();
    let member = chat.announce(&people.grace, new("me too", None)).await;
    refused(member, ErrorCode::Forbidden);
    let system = NewAnnouncement {
        kind: MessageKind::System,
        ..new("x", None)
    };
    for bad in [
        new("", None),
        new(" \n", None),
        new("a\0b", None),
        new(&"x".repeat(10_001), None),
        new("x", Some("")),
        new("x", Some(&"k".repeat(129))),
        system,
    ] {
        refused(chat.announce(&admin, bad).await, ErrorCode::Invalid);
    }
    // Who was an administrator at sign-in, and is none any more.
    let former = Caller {
        role: UserRole::Admin,
        ..people.grace
    };
    let refusal = chat.announce(&former, new("still me", None)).await;
    refused(refusal, ErrorCode::Forbidden);
    for who in [&people.grace, &people.outsider] {
        let sent = chat.send_message(who, ANNOUNCEMENTS, text("hi", None));
        refused(sent.await, ErrorCode::Forbidden);
    }
    assert_eq!(people.drain(&mut subscription).await, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn many_retries_at_once_announce_once(db: PgPool) {
    let people = people(db).await;
    let admin = admin(&people).await;
    let mut subscription = people.chat.subscribe();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let chat = people.chat.clone();
        tasks.spawn(async move { chat.announce(&admin, new("once", Some("k"))).await.unwrap() });
    }
    let made = tasks.join_all().await;
    assert!(made.iter().all(|it| *it == made[0]));
    assert_eq!(people.drain(&mut subscription).await.len(), 1);
}

#[sqlx::test(migrations = "../../migrations")]
async fn only_administrators_schedule_one(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    let soon = || NewScheduledMessage {
        body: "Soon".to_owned(),
        reply_to_id: None,
        thread_id: None,
        also_to_conversation: false,
        send_at: OffsetDateTime::now_utc() + Duration::from_mins(5),
        client_id: None,
        draft_seq: None,
        attachment_ids: Vec::new(),
        poll: model::NoPoll,
    };
    let list = |who| async move {
        let page = chat.scheduled_messages(who, PageRequest::default()).await;
        page.unwrap().items
    };
    let refusal = chat.schedule_message(&people.grace, ANNOUNCEMENTS, soon());
    refused(refusal.await, ErrorCode::Forbidden);
    assert_eq!(list(&people.grace).await, []);
    let admin = admin(&people).await;
    let scheduled = chat.schedule_message(&admin, ANNOUNCEMENTS, soon()).await;
    assert_eq!(list(&admin).await, [scheduled.unwrap().0]);
}
