//! Announcements: each user gets each of them once.

use crate::fixtures::{People, people, refused};
use chat::{Audience, Caller, Delivery};
use model::{Announcement, ErrorCode, Event, MessageKind, NewAnnouncement, PageRequest, UserRole};
use sqlx::PgPool;

fn admin(people: &People) -> Caller {
    Caller {
        role: UserRole::Admin,
        ..people.ada
    }
}

fn new(body: &str, client_id: Option<&str>) -> NewAnnouncement {
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
async fn everybody_gets_it_at_once_or_later(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, admin) = (&people.chat, admin(&people));
    chat.block_user(&admin, people.outsider.user_id)
        .await
        .unwrap();
    let _device = chat.connect(&people.grace).await.unwrap();
    let mut subscription = chat.subscribe();
    let made = chat.announce(&admin, new("one", Some("k"))).await.unwrap();
    assert_eq!((made.kind, made.reach), (MessageKind::Text, 2));
    assert_eq!(
        (made.sent_by, made.sender_name.as_str()),
        (admin.user_id, "Ada Lovelace")
    );
    let again = chat.announce(&admin, new("one", Some("k"))).await.unwrap();
    assert_eq!(again, made);
    assert_eq!(
        people.drain(&mut subscription).await,
        [Delivery::Emit {
            audience: Audience::Everyone,
            except: None,
            event: Event::AnnouncementMade(made.clone()),
        }]
    );
    let other = chat.announce(&admin, new("other", Some("k"))).await;
    refused(other, ErrorCode::Conflict);
    let two = chat.announce(&admin, new("two", None)).await.unwrap();

    let missed = async |who| chat.missed_announcements(who).await.unwrap();
    assert!(missed(&people.grace).await.is_empty(), "she is connected");
    assert!(missed(&admin).await.is_empty(), "she made it");
    assert_eq!(bodies(&missed(&people.linus).await), ["one", "two"]);
    let linus = people.linus.user_id;
    chat.mark_announced(linus, made.id).await.unwrap();
    assert_eq!(bodies(&missed(&people.linus).await), ["two"]);
    chat.mark_announced(linus, two.id).await.unwrap();
    chat.mark_announced(linus, made.id).await.unwrap();
    assert!(missed(&people.linus).await.is_empty());

    // Nobody gets what was announced before they registered.
    sqlx::query("update users set created_at = now() + interval '1 hour' where id = $1")
        .bind(people.outsider.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    assert!(missed(&people.outsider).await.is_empty());

    let page = |cursor| PageRequest {
        cursor,
        limit: Some(1),
    };
    let first = chat.announcements(&people.linus, page(None)).await.unwrap();
    assert_eq!(bodies(&first.items), ["two"]);
    let rest = chat.announcements(&people.linus, page(first.next_cursor));
    let rest = rest.await.unwrap();
    assert_eq!((bodies(&rest.items), rest.next_cursor), (vec!["one"], None));
}

#[sqlx::test(migrations = "../../migrations")]
async fn only_administrators_announce_and_only_what_says_something(db: PgPool) {
    let people = people(db).await;
    let (chat, admin) = (&people.chat, admin(&people));
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
    assert_eq!(people.drain(&mut subscription).await, []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn many_retries_at_once_announce_once(db: PgPool) {
    let people = people(db).await;
    let mut subscription = people.chat.subscribe();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (chat, admin) = (people.chat.clone(), admin(&people));
        tasks.spawn(async move { chat.announce(&admin, new("once", Some("k"))).await.unwrap() });
    }
    let made = tasks.join_all().await;
    assert!(made.iter().all(|it| *it == made[0]));
    assert_eq!(people.drain(&mut subscription).await.len(), 1);
}
