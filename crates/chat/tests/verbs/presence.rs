//! Presence: several devices are one person.

use crate::fixtures::{heard, people};
use chat::{Audience, Delivery};
use model::{Event, PresenceChoice, PresenceStatus};
use sqlx::PgPool;
use std::time::Duration;

fn statuses(deliveries: &[Delivery]) -> Vec<PresenceStatus> {
    let told = deliveries.iter().filter_map(|it| match it {
        Delivery::Emit {
            event: Event::PresenceChanged(presence),
            ..
        } => Some(presence.status),
        _ => None,
    });
    told.collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_last_device_makes_the_difference(db: PgPool) {
    let people = people(db).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut ears = chat.subscribe();
    let phone = chat.connect(&people.ada).await.unwrap();
    let laptop = chat.connect(&people.ada).await.unwrap();
    let told = heard(&mut ears).await;
    assert_eq!(statuses(&told), [PresenceStatus::Online]);
    let Delivery::Emit { audience, .. } = &told[0] else {
        panic!("{told:?}")
    };
    assert_eq!(
        *audience,
        Audience::Conversations(vec![id]),
        "those who share a conversation"
    );

    drop(phone);
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    assert_eq!(statuses(&heard(&mut ears).await), []);
    drop(laptop);
    assert_eq!(
        statuses(&heard(&mut ears).await),
        [],
        "a reload is no absence"
    );
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    assert_eq!(statuses(&heard(&mut ears).await), [PresenceStatus::Offline]);
    let ada = chat.user(&people.grace, people.ada.user_id).await.unwrap();
    assert_eq!(ada.presence, PresenceStatus::Offline);
    assert!(ada.last_seen_at.is_some());
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_quick_return_goes_unnoticed(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    people.group().await;
    let mut ears = chat.subscribe();
    let first = chat.connect(&people.ada).await.unwrap();
    assert_eq!(statuses(&heard(&mut ears).await), [PresenceStatus::Online]);
    drop(first);
    let _second = chat.connect(&people.ada).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    assert_eq!(statuses(&heard(&mut ears).await), []);
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_invisible_look_offline_and_stay_so(db: PgPool) {
    let people = people(db).await;
    let chat = &people.chat;
    people.group().await;
    let mut ears = chat.subscribe();
    let device = chat.connect(&people.ada).await.unwrap();
    assert_eq!(statuses(&heard(&mut ears).await), [PresenceStatus::Online]);
    for choice in [
        PresenceChoice::Away,
        PresenceChoice::Invisible,
        PresenceChoice::Invisible,
    ] {
        chat.set_presence(&people.ada, choice).await.unwrap();
    }
    let told = statuses(&heard(&mut ears).await);
    assert_eq!(told, [PresenceStatus::Away, PresenceStatus::Offline]);
    let seen = chat.user(&people.grace, people.ada.user_id).await.unwrap();
    assert_eq!(seen.presence, PresenceStatus::Offline);
    let account = chat.account(&people.ada).await.unwrap();
    assert_eq!(account.presence_choice, PresenceChoice::Invisible);

    drop(device);
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    let _again = chat.connect(&people.ada).await.unwrap();
    assert_eq!(
        statuses(&heard(&mut ears).await),
        [],
        "neither the going nor the coming shows"
    );
    let later = chat.user(&people.grace, people.ada.user_id).await.unwrap();
    assert_eq!(later.last_seen_at, seen.last_seen_at);
    chat.set_presence(&people.ada, PresenceChoice::Online)
        .await
        .unwrap();
    assert_eq!(statuses(&heard(&mut ears).await), [PresenceStatus::Online]);
}

#[sqlx::test(migrations = "../../migrations")]
async fn nobody_is_told_who_comes_into_a_large_conversation(db: PgPool) {
    let people = people(db.clone()).await;
    let (chat, id) = (&people.chat, people.group().await);
    let mut ears = chat.subscribe();
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
    assert_eq!(statuses(&heard(&mut ears).await), []);
    assert_eq!(shown().await, 0);
    resize(200).await;
    assert_eq!(shown().await, 1);
    let _other = chat.connect(&people.linus).await.unwrap();
    assert_eq!(statuses(&heard(&mut ears).await), [PresenceStatus::Online]);
}
