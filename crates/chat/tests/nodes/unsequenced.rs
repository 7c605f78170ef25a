//! What has no seq and is lost between nodes: a choice of presence, receipts, unread counts, profiles,
//! favorites and personal sequences. A node that missed them reads them from the database.

use crate::{
    fixtures::text,
    test_cluster::{Node, TestCluster, event},
};
use chat::FavoriteTarget;
use model::{DraftChange, Event, PersonalEvent, PresenceChoice, PresenceStatus, Profile, UserId};
use sqlx::PgPool;
use std::time::Duration;

/// Longer than the echo timeout (4 s): the nodes connect again.
const PAUSE: Duration = Duration::from_secs(6);

async fn becomes(node: &mut Node, id: UserId, status: PresenceStatus) {
    node.receive(|it| match event(it)? {
        Event::PresenceChanged(it) if it.user_id == id && it.status == status => Some(()),
        _ => None,
    })
    .await;
}

/// What an event is called in a failure, and whether it is the one.
type Wanted = (&'static str, Box<dyn Fn(&Event) -> bool>);

/// Receives what the events say in the end, in any order.
async fn receive_all(node: &mut Node, mut wanted: Vec<Wanted>) {
    while !wanted.is_empty() {
        let found = node.receive(|it| {
            let event = event(it)?;
            wanted.iter().position(|(_, is_wanted)| is_wanted(event))
        });
        drop(wanted.remove(found.await));
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_users_choose_while_redis_is_away_counts_on_all_nodes(db: PgPool) {
    let mut cluster = TestCluster::new(db).await;
    cluster.people.group().await;
    let (ada, grace) = (cluster.people.ada, cluster.people.grace);
    let (one, mut other) = cluster.two_nodes(&[&ada], &[&ada, &grace]).await;
    let choices = [
        (PresenceChoice::Invisible, PresenceStatus::Offline),
        (PresenceChoice::Away, PresenceStatus::Away),
    ];
    for (choice, status) in choices {
        cluster.redis.kill();
        for node in [&one, &other] {
            node.wait_for_bus("the end of Redis", |bus| !bus.is_up)
                .await;
        }
        one.chat.set_presence(&ada, choice).await.unwrap();
        cluster.redis.restart().await;
        becomes(&mut other, ada.user_id, status).await;
        cluster.wait_for_status(&other, ada.user_id, status).await;
        for node in [&one, &other] {
            node.wait_for_peers(1).await;
        }
    }
    // The same where the packet is lost in a Redis that hangs.
    cluster.redis.pause();
    let chosen = one.chat.set_presence(&ada, PresenceChoice::Invisible).await;
    chosen.unwrap();
    tokio::time::sleep(PAUSE).await;
    cluster.redis.resume();
    cluster
        .wait_for_status(&other, ada.user_id, PresenceStatus::Offline)
        .await;
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn positions_counts_names_favorites_and_personal_numbers_come_after_a_loss(db: PgPool) {
    let mut cluster = TestCluster::new(db).await;
    let id = cluster.people.group().await;
    let (ada, grace) = (cluster.people.ada, cluster.people.grace);
    let (one, mut other) = cluster.two_nodes(&[&grace], &[&ada, &grace]).await;
    for n in 0..3 {
        let new = text(&n.to_string(), None);
        one.chat.send_message(&ada, id, new).await.unwrap();
    }
    other.receive_bodies(id, 3).await;
    cluster.redis.kill();
    for node in [&one, &other] {
        node.wait_for_bus("the end of Redis", |bus| !bus.is_up)
            .await;
    }
    let profile = Profile {
        name: Some("Rear Admiral".to_owned()),
        ..Profile::default()
    };
    let target = FavoriteTarget::Conversation(id);
    one.chat.mark_read(&grace, id, 3).await.unwrap();
    one.chat.update_account(&grace, profile).await.unwrap();
    one.chat.toggle_favorite(&grace, target).await.unwrap();
    let draft = DraftChange {
        body: "a draft".to_owned(),
        ..DraftChange::default()
    };
    one.chat.save_draft(&grace, id, draft).await.unwrap();
    cluster.redis.restart().await;
    let grace_id = grace.user_id;
    let wanted: Vec<Wanted> = vec![
        (
            "receipt",
            Box::new(move |it| {
                let Event::ReceiptUpdated(receipt) = it else {
                    return false;
                };
                // The contracts name the messages.
                let read = receipt.details.as_ref().map(|it| it.read.len());
                (receipt.user_id, receipt.read_position, read) == (grace_id, 3, Some(3))
            }),
        ),
        (
            "unread",
            Box::new(move |it| {
                let none = Event::UnreadChanged {
                    total: 0,
                    conversation_id: id,
                    unread: 0,
                    mentions: 0,
                    read_position: Some(3),
                    marked_unread: false,
                };
                *it == none
            }),
        ),
        (
            "profile",
            Box::new(
                |it| matches!(it, Event::UserUpdated { profile } if profile.name == "Rear Admiral"),
            ),
        ),
        (
            "personal",
            Box::new(|it| {
                let Event::Personal(event) = it else {
                    return false;
                };
                **event == PersonalEvent::Sequence { personal_seq: 1 }
            }),
        ),
        (
            "favorites",
            Box::new(
                |it| matches!(it, Event::FavoritesChanged { favorites } if favorites.len() == 1),
            ),
        ),
    ];
    receive_all(&mut other, wanted).await;
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn counts_that_went_with_a_repaired_change_are_told(db: PgPool) {
    let cluster = TestCluster::reconciling(db).await;
    let id = cluster.people.group().await;
    let (ada, grace) = (cluster.people.ada, cluster.people.grace);
    let (one, mut other) = cluster.two_nodes(&[&ada], &[&grace]).await;
    // A chat that is on no bus: the nodes find what it writes in the database.
    let chat = &cluster.people.chat;
    let sent = chat.send_message(&ada, id, text("@grace", None)).await;
    let counts = async |node: &mut Node| {
        node.receive(|it| match event(it)? {
            Event::UnreadChanged {
                unread, mentions, ..
            } => Some((*unread, *mentions)),
            _ => None,
        })
        .await
    };
    assert_eq!(counts(&mut other).await, (1, 1));
    let message = sent.unwrap().message;
    chat.delete_message(&ada, message.id).await.unwrap();
    assert_eq!(counts(&mut other).await, (0, 0));
    cluster.shut_down([one, other]).await;
}
