//! Devices on several nodes are one person.

use crate::town::{Doomed, Node, Town, event};
use chat::Delivery;
use model::{Event, PresenceChoice, PresenceStatus, UserId};
use sqlx::PgPool;
use std::time::Duration;

const SOON: Duration = Duration::from_secs(20);
const GRACE: Duration = Duration::from_millis(2_500);

fn statuses(deliveries: &[Delivery], id: UserId) -> Vec<PresenceStatus> {
    let told = deliveries.iter().filter_map(|it| match event(it)? {
        Event::PresenceChanged(presence) if presence.user_id == id => Some(presence.status),
        _ => None,
    });
    told.collect()
}

async fn status(node: &mut Node, id: UserId) -> PresenceStatus {
    node.hear(SOON, |it| {
        let it = std::slice::from_ref(it);
        statuses(it, id).first().copied()
    })
    .await
}

/// Is heard to come or go, and to begin or end typing, in either order.
async fn becomes(node: &mut Node, id: UserId, status: PresenceStatus, is_typing: bool) {
    let (mut is_there, mut is_so) = (false, false);
    node.hear(SOON, |it| {
        match event(it)? {
            Event::Typing { typing, .. } if *typing == is_typing => is_so = true,
            Event::PresenceChanged(presence) if presence.user_id == id => {
                is_there = presence.status == status;
            }
            _ => {}
        }
        (is_there && is_so).then_some(())
    })
    .await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn two_devices_on_two_nodes_are_one_person(db: PgPool) {
    let town = Town::new(db).await;
    town.people.group().await;
    let (ada, grace) = (&town.people.ada, &town.people.grace);
    let ada_id = ada.user_id;
    let (mut one, mut other) = town.two(&[], &[grace]).await;
    one.connect(ada).await;
    assert_eq!(status(&mut other, ada_id).await, PresenceStatus::Online);
    other.connect(ada).await;
    one.disconnect();
    tokio::time::sleep(GRACE).await;
    assert_eq!(statuses(&other.rest().await, ada_id), []);
    let seen = one.chat.user(grace, ada_id).await.unwrap();
    assert_eq!(seen.presence, PresenceStatus::Online);

    // What she says at one node holds at the other, where she is.
    let away = PresenceChoice::Away;
    one.chat.set_presence(ada, away).await.unwrap();
    assert_eq!(status(&mut other, ada_id).await, PresenceStatus::Away);
    one.connect(grace).await;
    one.rest().await;
    let heads = one.chat.online_users(grace).await.unwrap();
    let heads: Vec<_> = heads.iter().map(|it| (it.id, it.presence)).collect();
    assert_eq!(heads[0], (ada_id, PresenceStatus::Away));

    other.disconnect();
    assert_eq!(status(&mut one, ada_id).await, PresenceStatus::Offline);
    // Written by the node that she left.
    let seen = async || one.chat.user(grace, ada_id).await.unwrap();
    while seen().await.last_seen_at.is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(seen().await.presence, PresenceStatus::Offline);
    town.end([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_node_that_comes_late_knows_who_is_there(db: PgPool) {
    let town = Town::new(db).await;
    town.people.group().await;
    let (ada, grace) = (&town.people.ada, &town.people.grace);
    let mut one = town.node(&[ada]).await;
    one.meet(0).await;
    let mut late = town.node(&[grace]).await;
    assert_eq!(status(&mut late, ada.user_id).await, PresenceStatus::Online);
    late.rest().await;

    one.disconnect();
    one.chat.leave().await;
    let gone = status(&mut late, ada.user_id).await;
    assert_eq!(gone, PresenceStatus::Offline);
    town.end([late]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_people_of_a_dead_node_are_no_ghosts(db: PgPool) {
    let town = Town::new(db).await;
    let id = town.people.group().await;
    let (ada, grace) = (town.people.ada, &town.people.grace);
    let mut node = town.node(&[grace]).await;
    let doomed = Doomed::new();
    let connected = async move |chat: chat::Chat| {
        let mut doomed = Node::of(chat);
        doomed.connect(&ada).await;
        doomed.meet(1).await;
        doomed.chat.set_typing(&ada, id, true).await.unwrap();
        doomed
    };
    let _dead = doomed.run(&town, connected).await;
    // What was not said yet would die with it.
    becomes(&mut node, ada.user_id, PresenceStatus::Online, true).await;
    doomed.kill();
    becomes(&mut node, ada.user_id, PresenceStatus::Offline, false).await;
    let seen = node.chat.user(grace, ada.user_id).await.unwrap();
    assert!(seen.last_seen_at.is_some());
    node.meet(0).await;
    town.end([node]).await;
}
