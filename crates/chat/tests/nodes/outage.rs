//! Redis goes away and comes back: nothing is lost, and nothing is delivered twice.

use crate::{
    fixtures::text,
    test_cluster::{Node, TestCluster},
};
use chat::{Caller, Delivery};
use model::{ConversationId, MemberRole, NewMembers, UserRole};
use sqlx::PgPool;
use std::time::Instant;

async fn send(node: &Node, who: &Caller, id: ConversationId, body: &str) {
    let sent = node.chat.send_message(who, id, text(body, None)).await;
    sent.unwrap();
}

async fn stop_redis(cluster: &mut TestCluster, nodes: [&Node; 2]) {
    cluster.redis.kill();
    for node in nodes {
        node.wait_for_bus("the end of Redis", |bus| !bus.is_up)
            .await;
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_is_missing_while_redis_is_away_nor_afterwards(db: PgPool) {
    let mut cluster = TestCluster::new(db).await;
    let id = cluster.people.group().await;
    let (ada, grace) = (cluster.people.ada, cluster.people.grace);
    let (mut one, mut other) = cluster.two_nodes(&[&ada], &[&grace]).await;
    stop_redis(&mut cluster, [&one, &other]).await;

    let start = Instant::now();
    send(&one, &ada, id, "1").await;
    assert_eq!(one.receive_bodies(id, 1).await, ["1"]);
    let local = start.elapsed();
    assert_eq!(
        other.receive_bodies(id, 1).await,
        ["1"],
        "through the database"
    );
    println!(
        "delivered here after {local:?}, there after {:?}",
        start.elapsed()
    );
    send(&other, &grace, id, "2").await;
    send(&one, &ada, id, "3").await;
    assert_eq!(one.receive_bodies(id, 2).await, ["2", "3"]);
    send(&one, &ada, id, "4").await;

    cluster.redis.restart().await;
    let start = Instant::now();
    send(&one, &ada, id, "5").await;
    one.wait_for_peers(1).await;
    other.wait_for_peers(1).await;
    println!("joined again after {:?}", start.elapsed());
    send(&other, &grace, id, "6").await;
    assert_eq!(one.receive_bodies(id, 3).await, ["4", "5", "6"]);
    assert_eq!(other.receive_bodies(id, 5).await, ["2", "3", "4", "5", "6"]);
    let rest = (
        one.drain_until_quiet().await,
        other.drain_until_quiet().await,
    );
    let sent = |it: &&Delivery| {
        let event = crate::test_cluster::event(it);
        event.is_some_and(|it| it.name() == "message:created")
    };
    assert_eq!(
        rest.0.iter().chain(&rest.1).find(sent),
        None,
        "delivered once"
    );
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn access_that_changed_meanwhile_is_corrected(db: PgPool) {
    let mut cluster = TestCluster::new(db.clone()).await;
    let id = cluster.people.group().await;
    let (ada, grace, linus, eve) = (
        cluster.people.ada,
        cluster.people.grace,
        cluster.people.linus,
        cluster.people.outsider,
    );
    let session: i64 = sqlx::query_scalar(
        "insert into sessions (user_id, expires_at) values ($1, now() + interval '1 day')
        returning id",
    )
    .bind(linus.user_id.0)
    .fetch_one(&db)
    .await
    .unwrap();
    let phone = Caller {
        session_id: Some(session.into()),
        ..linus
    };
    let secret = cluster.people.channel().await;
    let (one, mut other) = cluster.two_nodes(&[&ada], &[&grace, &phone, &eve]).await;
    stop_redis(&mut cluster, [&one, &other]).await;

    let chat = &one.chat;
    chat.remove_member(&ada, id, grace.user_id).await.unwrap();
    chat.logout(&phone).await.unwrap();
    let admin = Caller {
        role: UserRole::Admin,
        ..ada
    };
    let new = NewMembers {
        user_ids: vec![eve.user_id],
        role: MemberRole::Member,
    };
    chat.add_members(&ada, id, new).await.unwrap();
    chat.delete_conversation(&ada, secret).await.unwrap();
    let subscribed = Delivery::Subscribe {
        conversation_id: id,
        user_ids: vec![eve.user_id],
    };
    let mut wanted = vec![
        Delivery::Unsubscribe {
            conversation_id: id,
            user_ids: vec![grace.user_id],
        },
        Delivery::DisconnectSession(session.into()),
        subscribed,
        Delivery::CloseConversation {
            conversation_id: secret,
        },
    ];
    while !wanted.is_empty() {
        let found = other.receive(|it| wanted.iter().position(|wanted| wanted == it));
        wanted.remove(found.await);
    }
    // The audit takes nobody for an outsider of the announcements, to which everybody belongs.
    sqlx::query("update users set role = 'admin' where id = $1")
        .bind(ada.user_id.0)
        .execute(&db)
        .await
        .unwrap();
    send(&one, &ada, ConversationId::ANNOUNCEMENTS, "to all").await;
    let received = other.receive_bodies(ConversationId::ANNOUNCEMENTS, 1);
    assert_eq!(received.await, ["to all"]);
    chat.block_user(&admin, eve.user_id).await.unwrap();
    let disconnected = Delivery::DisconnectUser(eve.user_id);
    other
        .receive(|it| (*it == disconnected).then_some(()))
        .await;
    cluster.shut_down([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_node_starts_without_redis(db: PgPool) {
    let mut cluster = TestCluster::new(db).await;
    cluster.redis.kill();
    let id = cluster.people.group().await;
    let (ada, grace) = (cluster.people.ada, cluster.people.grace);
    let (mut one, mut other) = (cluster.node(&[&ada]).await, cluster.node(&[&grace]).await);
    send(&one, &ada, id, "hello?").await;
    assert_eq!(other.receive_bodies(id, 1).await, ["hello?"]);
    cluster.redis.restart().await;
    one.wait_for_peers(1).await;
    other.wait_for_peers(1).await;
    send(&other, &grace, id, "hello!").await;
    assert_eq!(one.receive_bodies(id, 2).await, ["hello?", "hello!"]);
    cluster.shut_down([one, other]).await;
}
