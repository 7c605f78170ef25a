//! Subscriptions, sessions and blocked users: changed on one node, enforced on all.

use crate::{
    fixtures::{direct, text},
    test_cluster::{Node, TestCluster},
};
use chat::{Caller, Delivery};
use model::{
    ConversationId, ConversationKind, MemberRole, NewConversation, NewMembers, UserId, UserRole,
};
use sqlx::PgPool;

fn add(who: &Caller) -> NewMembers {
    NewMembers {
        user_ids: vec![who.user_id],
        role: MemberRole::Member,
    }
}

async fn unsubscribed(node: &mut Node, id: ConversationId) -> Vec<UserId> {
    node.receive(|it| match it {
        Delivery::Unsubscribe {
            conversation_id,
            user_ids,
        } if *conversation_id == id => Some(user_ids.clone()),
        _ => None,
    })
    .await
}

/// A name for each delivery.
fn names(deliveries: &[Delivery]) -> Vec<&'static str> {
    let names = deliveries.iter().map(|it| match it {
        Delivery::Emit { event, .. } => event.name(),
        Delivery::Subscribe { .. } => "subscribe",
        Delivery::Unsubscribe { .. } => "unsubscribe",
        Delivery::CloseConversation { .. } => "close",
        Delivery::DisconnectSession(_) => "disconnect session",
        Delivery::DisconnectUser(_) => "disconnect user",
    });
    names.collect()
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_new_member_receives_everything_from_then_on(db: PgPool) {
    let cluster = TestCluster::new(db).await;
    let (ada, grace, eve) = (
        &cluster.people.ada,
        &cluster.people.grace,
        &cluster.people.outsider,
    );
    let id = cluster.people.group().await;
    let (mut one, mut other) = cluster.two_nodes(&[ada], &[eve]).await;
    let say = async |body| {
        let sent = one.chat.send_message(ada, id, text(body, None)).await;
        sent.unwrap();
    };
    say("not for her").await;
    let received = cluster.drain(&mut other, &one.chat).await;
    assert_eq!(names(&received), Vec::<&str>::new());

    one.chat.add_members(ada, id, add(eve)).await.unwrap();
    say("welcome").await;
    let added = [
        "subscribe",
        "member:added",
        "conversation:created",
        "message:created",
    ];
    let received = cluster.drain(&mut other, &one.chat).await;
    assert_eq!(names(&received), added);
    other.chat.leave_conversation(eve, id).await.unwrap();
    let left = ["unsubscribe", "conversation:removed", "member:removed"];
    let chat = other.chat.clone();
    assert_eq!(names(&cluster.drain(&mut other, &chat).await), left);
    say("not for her either").await;
    let received = cluster.drain(&mut other, &one.chat).await;
    assert_eq!(names(&received), Vec::<&str>::new());

    cluster.drain(&mut one, &other.chat).await;
    other.connect(grace).await;
    one.chat
        .remove_member(ada, id, grace.user_id)
        .await
        .unwrap();
    assert_eq!(unsubscribed(&mut other, id).await, [grace.user_id]);
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_conversation_begins_and_ends_everywhere(db: PgPool) {
    let cluster = TestCluster::new(db).await;
    let (ada, grace) = (&cluster.people.ada, &cluster.people.grace);
    let (one, mut other) = cluster.two_nodes(&[ada], &[grace]).await;
    let new = NewConversation {
        kind: ConversationKind::Group,
        title: Some("Engines".to_owned()),
        member_ids: vec![grace.user_id],
        ..direct()
    };
    let created = one.chat.create_conversation(ada, new).await.unwrap();
    let id = created.summary.conversation.id;
    let sent = one.chat.send_message(ada, id, text("hi", None)).await;
    sent.unwrap();
    let received = cluster.drain(&mut other, &one.chat).await;
    let mut received = names(&received);
    received.dedup();
    let expected = ["subscribe", "conversation:created", "message:created"];
    assert_eq!(received, expected);
    one.chat.delete_conversation(ada, id).await.unwrap();
    let received = cluster.drain(&mut other, &one.chat).await;
    let mut received = names(&received);
    // An audit at that moment closes it once more, which changes nothing.
    received.dedup();
    assert_eq!(received, ["conversation:removed", "close"]);
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn revoked_sessions_and_blocked_users_are_disconnected_everywhere(db: PgPool) {
    let cluster = TestCluster::new(db.clone()).await;
    let grace = &cluster.people.grace;
    let session: i64 = sqlx::query_scalar(
        "insert into sessions (user_id, expires_at) values ($1, now() + interval '1 day')
        returning id",
    )
    .bind(grace.user_id.0)
    .fetch_one(&db)
    .await
    .unwrap();
    let phone = Caller {
        session_id: Some(session.into()),
        ..*grace
    };
    let (one, mut other) = cluster.two_nodes(&[], &[&phone]).await;
    one.chat.logout(&phone).await.unwrap();
    let received = cluster.drain(&mut other, &one.chat).await;
    assert_eq!(names(&received), ["disconnect session"]);
    let admin = Caller {
        role: UserRole::Admin,
        ..cluster.people.ada
    };
    one.chat.block_user(&admin, grace.user_id).await.unwrap();
    let received = cluster.drain(&mut other, &one.chat).await;
    assert_eq!(names(&received), ["disconnect user"]);
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_changed_name_is_cached_nowhere(db: PgPool) {
    let cluster = TestCluster::new(db).await;
    let (ada, grace) = (&cluster.people.ada, &cluster.people.grace);
    let (one, other) = cluster.two_nodes(&[ada], &[grace]).await;
    let name = async || {
        other
            .chat
            .user_card(ada.user_id)
            .await
            .unwrap()
            .name
            .clone()
    };
    assert_eq!(name().await, "Ada Lovelace");
    let profile = model::Profile {
        name: Some("Countess".to_owned()),
        ..model::Profile::default()
    };
    one.chat.update_account(ada, profile).await.unwrap();
    while name().await != "Countess" {
        tokio::task::yield_now().await;
    }
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn announcements_reach_every_node_once_and_in_order(db: PgPool) {
    let cluster = TestCluster::reconciling(db.clone()).await;
    let grace = &cluster.people.grace;
    sqlx::query("update users set role = 'admin' where id = $1")
        .bind(cluster.people.ada.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    let admin = Caller {
        role: UserRole::Admin,
        ..cluster.people.ada
    };
    // Nobody is a member by a row, and everybody is subscribed.
    let (one, mut other) = cluster.two_nodes(&[], &[grace]).await;
    let new = |body: &str| model::NewAnnouncement {
        body: body.to_owned(),
        ..model::NewAnnouncement::default()
    };
    one.chat.announce(&admin, new("published")).await.unwrap();
    // What a node commits and does not publish is read from the database.
    let silent = &cluster.people.chat;
    silent.announce(&admin, new("unpublished")).await.unwrap();
    let received = other.receive_bodies(ConversationId::ANNOUNCEMENTS, 2);
    assert_eq!(received.await, ["published", "unpublished"]);
    one.chat.announce(&admin, new("later")).await.unwrap();
    let received = other.receive_bodies(ConversationId::ANNOUNCEMENTS, 1);
    assert_eq!(received.await, ["later"], "none comes twice");
    // Her other device need not get them again.
    let _second = other.chat.connect(grace).await.unwrap();
    let missed = other.chat.missed_announcements(grace).await.unwrap();
    assert_eq!(missed, []);
    cluster.shut_down([one, other]).await;
}
