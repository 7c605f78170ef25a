//! Presence: all devices of a user count as one.

use crate::fixtures::{People, people_with, settings};
use chat::{Audience, Delivery, events::Subscription};
use model::{Event, PresenceChoice, PresenceStatus};
use sqlx::PgPool;
use std::time::Duration;

fn statuses(deliveries: &[Delivery]) -> Vec<PresenceStatus> {
    let statuses = deliveries.iter().filter_map(|it| match it {
        Delivery::Emit {
            event: Event::PresenceChanged(presence),
            ..
        } => Some(presence.status),
        _ => None,
    });
    statuses.collect()
}

/// With a grace that outlasts what a test does within it.
async fn people(db: PgPool) -> People {
    let mut settings = settings();
    settings.timings.presence_grace = Duration::from_secs(1);
    people_with(db, settings).await
}

/// The deliveries until now, with the presence changes that are pending: the choice of another user
/// is answered after they have been broadcast.
async fn drain(people: &People, subscription: &mut Subscription) -> Vec<Delivery> {
    let outsider = &people.outsider;
    let chosen = people.chat.set_presence(outsider, PresenceChoice::Online);
    chosen.await.unwrap();
    people.drain(subscription).await
}

/// Waits until the grace of all devices that have disconnected is over.
async fn wait_for_departures(people: &People) {
    loop {
        let work = people.chat.work_stats().presence;
        if work.waiting + work.active == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_last_device_makes_the_difference(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut subscription = chat.subscribe();
    let phone = chat.connect(&people.ada).await.unwrap();
    let laptop = chat.connect(&people.ada).await.unwrap();
    let received = drain(&people, &mut subscription).await;
    assert_eq!(statuses(&received), [PresenceStatus::Online]);
    let Delivery::Emit { audience, .. } = &received[0] else {
        panic!("{received:?}")
    };
    assert_eq!(
        *audience,
        Audience::Conversations(vec![id]),
        "those who share a conversation"
    );

    drop(phone);
    wait_for_departures(&people).await;
    assert_eq!(statuses(&drain(&people, &mut subscription).await), []);
    drop(laptop);
    assert_eq!(
        statuses(&drain(&people, &mut subscription).await),
        [],
        "a reload is no absence"
    );
    wait_for_departures(&people).await;
    assert_eq!(
        statuses(&drain(&people, &mut subscription).await),
        [PresenceStatus::Offline]
    );
    let ada = chat.user(&people.grace, people.ada.user_id).await.unwrap();
    assert_eq!(ada.presence, PresenceStatus::Offline);
    assert!(ada.last_seen_at.is_some());
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_quick_return_goes_unnoticed(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    people.group().await;
    let mut subscription = chat.subscribe();
    let first = chat.connect(&people.ada).await.unwrap();
    assert_eq!(
        statuses(&drain(&people, &mut subscription).await),
        [PresenceStatus::Online]
    );
    drop(first);
    let _second = chat.connect(&people.ada).await.unwrap();
    wait_for_departures(&people).await;
    assert_eq!(statuses(&drain(&people, &mut subscription).await), []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_invisible_look_offline_and_stay_so(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    people.group().await;
    let mut subscription = chat.subscribe();
    let guard = chat.connect(&people.ada).await.unwrap();
    assert_eq!(
        statuses(&drain(&people, &mut subscription).await),
        [PresenceStatus::Online]
    );
    for choice in [
        PresenceChoice::Away,
        PresenceChoice::Invisible,
        PresenceChoice::Invisible,
    ] {
        chat.set_presence(&people.ada, choice).await.unwrap();
    }
    let received = statuses(&drain(&people, &mut subscription).await);
    assert_eq!(received, [PresenceStatus::Away, PresenceStatus::Offline]);
    let seen = chat.user(&people.grace, people.ada.user_id).await.unwrap();
    assert_eq!(seen.presence, PresenceStatus::Offline);
    let account = chat.account(&people.ada).await.unwrap();
    assert_eq!(account.presence_choice, PresenceChoice::Invisible);

    drop(guard);
    wait_for_departures(&people).await;
    let _again = chat.connect(&people.ada).await.unwrap();
    assert_eq!(
        statuses(&drain(&people, &mut subscription).await),
        [],
        "neither departure nor arrival shows"
    );
    let later = chat.user(&people.grace, people.ada.user_id).await.unwrap();
    assert_eq!(later.last_seen_at, seen.last_seen_at);
    chat.set_presence(&people.ada, PresenceChoice::Online)
        .await
        .unwrap();
    assert_eq!(
        statuses(&drain(&people, &mut subscription).await),
        [PresenceStatus::Online]
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn large_conversations_have_no_presence(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut subscription = chat.subscribe();
    let shown = async || match chat.ready(&people.grace).await.unwrap() {
        Event::Ready { presence, .. } => presence.len(),
        other => panic!("{other:?}"),
    };
    let resize = async |count: i64| {
        sqlx::query("update conversations set member_count = $1 where id = $2")
            .bind(count)
            .bind(id.0)
            .execute(&db)
            .await
            .unwrap();
    };
    resize(201).await;
    let _first = chat.connect(&people.ada).await.unwrap();
    assert_eq!(statuses(&drain(&people, &mut subscription).await), []);
    assert_eq!(shown().await, 0);
    resize(200).await;
    assert_eq!(shown().await, 1);
    let _other = chat.connect(&people.linus).await.unwrap();
    assert_eq!(
        statuses(&drain(&people, &mut subscription).await),
        [PresenceStatus::Online]
    );
}
