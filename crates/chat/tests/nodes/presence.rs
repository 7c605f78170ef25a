//! Presence across nodes: the devices of a user count as one, wherever they are connected.

use crate::test_cluster::{KillableRuntime, Node, TestCluster, event};
use chat::Delivery;
use model::{Event, PresenceChoice, PresenceStatus, UserId};
use sqlx::PgPool;
use std::time::Duration;

fn statuses(deliveries: &[Delivery], id: UserId) -> Vec<PresenceStatus> {
    let statuses = deliveries.iter().filter_map(|it| match event(it)? {
        Event::PresenceChanged(presence) if presence.user_id == id => Some(presence.status),
        _ => None,
    });
    statuses.collect()
}

async fn status(node: &mut Node, id: UserId) -> PresenceStatus {
    node.receive(|it| {
        let it = std::slice::from_ref(it);
        statuses(it, id).first().copied()
    })
    .await
}

/// Receives that the user has the status, and that typing has begun or ended, in either order.
async fn becomes(node: &mut Node, id: UserId, status: PresenceStatus, is_typing: bool) {
    let (mut has_status, mut has_typing) = (false, false);
    node.receive(|it| {
        match event(it)? {
            Event::Typing { typing, .. } if *typing == is_typing => has_typing = true,
            Event::PresenceChanged(presence) if presence.user_id == id => {
                has_status = presence.status == status;
            }
            _ => {}
        }
        (has_status && has_typing).then_some(())
    })
    .await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn devices_on_two_nodes_are_one_user(db: PgPool) {
    let cluster = TestCluster::new(db).await;
    cluster.people.group().await;
    let (ada, grace) = (&cluster.people.ada, &cluster.people.grace);
    let ada_id = ada.user_id;
    let (mut one, mut other) = cluster.two_nodes(&[], &[grace]).await;
    one.connect(ada).await;
    assert_eq!(status(&mut other, ada_id).await, PresenceStatus::Online);
    other.connect(ada).await;
    one.disconnect();
    one.wait_for_departures().await;
    // The first drain shows that the departure has arrived, the second that it changed nothing.
    let mut received = cluster.drain(&mut other, &one.chat).await;
    cluster.flush_presence(&other).await;
    let chat = other.chat.clone();
    received.extend(cluster.drain(&mut other, &chat).await);
    assert_eq!(statuses(&received, ada_id), []);
    let seen = one.chat.user(grace, ada_id).await.unwrap();
    assert_eq!(seen.presence, PresenceStatus::Online);

    // What she chooses on one node applies on the other, where she is connected.
    let away = PresenceChoice::Away;
    one.chat.set_presence(ada, away).await.unwrap();
    assert_eq!(status(&mut other, ada_id).await, PresenceStatus::Away);
    one.connect(grace).await;
    let chat = one.chat.clone();
    cluster.drain(&mut one, &chat).await;
    let users = one.chat.online_users(grace).await.unwrap();
    let users: Vec<_> = users.iter().map(|it| (it.id, it.presence)).collect();
    assert_eq!(users[0], (ada_id, PresenceStatus::Away));

    other.disconnect();
    assert_eq!(status(&mut one, ada_id).await, PresenceStatus::Offline);
    // The node that she left writes it.
    let seen = async || one.chat.user(grace, ada_id).await.unwrap();
    while seen().await.last_seen_at.is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(seen().await.presence, PresenceStatus::Offline);
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_node_that_joins_late_gets_a_snapshot(db: PgPool) {
    let cluster = TestCluster::new(db).await;
    cluster.people.group().await;
    let (ada, grace) = (&cluster.people.ada, &cluster.people.grace);
    let mut one = cluster.node(&[ada]).await;
    one.wait_for_peers(0).await;
    let mut late = cluster.node(&[grace]).await;
    assert_eq!(status(&mut late, ada.user_id).await, PresenceStatus::Online);

    one.disconnect();
    one.chat.leave().await;
    let left = status(&mut late, ada.user_id).await;
    assert_eq!(left, PresenceStatus::Offline);
    cluster.shut_down([late]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn the_users_of_a_dead_node_are_removed(db: PgPool) {
    let cluster = TestCluster::new(db).await;
    let id = cluster.people.group().await;
    let (ada, grace) = (cluster.people.ada, &cluster.people.grace);
    let mut node = cluster.node(&[grace]).await;
    let runtime = KillableRuntime::new();
    let connected = async move |chat: chat::Chat| {
        let mut node = Node::of(chat);
        node.connect(&ada).await;
        node.wait_for_peers(1).await;
        node.chat.set_typing(&ada, id, true).await.unwrap();
        node
    };
    let _dead = runtime.run(&cluster, connected).await;
    // Killed earlier, it might not have sent it yet.
    becomes(&mut node, ada.user_id, PresenceStatus::Online, true).await;
    runtime.kill();
    becomes(&mut node, ada.user_id, PresenceStatus::Offline, false).await;
    let seen = node.chat.user(grace, ada.user_id).await.unwrap();
    assert!(seen.last_seen_at.is_some());
    node.wait_for_peers(0).await;
    cluster.shut_down([node]).await;
}
