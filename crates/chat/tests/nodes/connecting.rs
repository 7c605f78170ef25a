//! People who connect while a node compares itself with the database: they are told what happens, once
//! and in order, and no beginning of a conversation that they have long been members of.

use crate::{
    fixtures::text,
    test_cluster::{Node, TIMEOUT, TestCluster, event},
};
use chat::Delivery;
use futures_util::FutureExt;
use model::{ConversationId, Event, MemberRole, NewMembers};
use sqlx::PgPool;
use tokio::time::timeout;

/// What the members of a conversation are told, each with its seq. Whoever is told that it begins for
/// them is marked.
fn told(deliveries: &[Delivery], id: ConversationId) -> Vec<String> {
    let events = deliveries.iter().filter_map(event);
    let told = events.filter_map(|event| {
        let (_, seq) = event.seq().filter(|(of, _)| *of == id)?;
        Some(match event {
            Event::ConversationCreated { .. } => format!("begins at {seq}"),
            _ => seq.to_string(),
        })
    });
    told.collect()
}

/// Has a node audit itself, as after each start of another one and its end.
async fn audit(cluster: &TestCluster, node: &Node) {
    let other = cluster.join();
    node.wait_for_peers(1).await;
    other.leave().await;
    node.wait_for_peers(0).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_audit_tells_nothing_to_who_is_about_to_connect(db: PgPool) {
    let cluster = TestCluster::new(db).await;
    let id = cluster.people.group().await;
    let (ada, grace, linus) = (
        &cluster.people.ada,
        &cluster.people.grace,
        &cluster.people.linus,
    );
    let mut node = cluster.node(&[ada]).await;
    node.wait_for_peers(0).await;
    node.drain_until_quiet().await;

    // Their memberships are about to be read. Linus' connection ends before they are.
    let chat = node.chat.clone();
    // A reading is begun again if the database has answered it at once.
    let begin = |caller| {
        let readings = (0..100).map(|_| Box::pin(chat.memberships(caller)));
        let mut readings =
            readings.filter_map(|mut it| (&mut it).now_or_never().is_none().then_some(it));
        readings.next().expect("it has to ask the database")
    };
    let (connecting, ended) = (begin(grace), begin(linus));
    // This node does not know of it yet: the sender is on no node.
    cluster.people.say(ada, id, "unpublished").await;
    audit(&cluster, &node).await;
    drop(ended);
    timeout(TIMEOUT, connecting).await.unwrap().unwrap();
    let _online = node.chat.connect(grace).await.unwrap();
    audit(&cluster, &node).await;
    let sent = node.chat.send_message(ada, id, text("published", None));
    sent.await.unwrap();
    let received = node.drain_until_quiet().await;
    assert_eq!(told(&received, id), ["2", "3"]);
    cluster.shut_down([node]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn everybody_connects_at_once_to_a_node_that_starts(db: PgPool) {
    let cluster = TestCluster::new(db).await;
    let id = cluster.people.group().await;
    let (ada, grace, linus) = (
        cluster.people.ada,
        cluster.people.grace,
        cluster.people.linus,
    );
    let mut expected = 2;
    for _ in 0..3 {
        let mut node = Node::of(cluster.join());
        let connections = [ada, grace, linus, ada, grace, linus].map(|caller| {
            let chat = node.chat.clone();
            tokio::spawn(async move {
                chat.memberships(&caller).await.unwrap();
                let presence = chat.connect(&caller).await.unwrap();
                let sent = chat.send_message(&caller, id, text("here", None));
                sent.await.unwrap();
                presence
            })
        });
        let mut present = Vec::new();
        for connection in connections {
            present.push(connection.await.unwrap());
        }
        node.wait_for_peers(0).await;
        let received = node.drain_until_quiet().await;
        let all: Vec<_> = (expected..expected + 6).map(|it| it.to_string()).collect();
        assert_eq!(told(&received, id), all);
        expected += 6;
        drop(present);
        cluster.shut_down([node]).await;
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_missed_addition_begins_after_what_it_holds(db: PgPool) {
    let mut cluster = TestCluster::new(db).await;
    let id = cluster.people.group().await;
    let (ada, grace, eve) = (
        cluster.people.ada,
        cluster.people.grace,
        cluster.people.outsider,
    );
    let (one, mut other) = cluster.two_nodes(&[&ada], &[&grace, &eve]).await;
    cluster.redis.kill();
    for node in [&one, &other] {
        node.wait_for_bus("the end of Redis", |bus| !bus.is_up)
            .await;
    }
    let new = NewMembers {
        user_ids: vec![eve.user_id],
        role: MemberRole::Member,
    };
    one.chat.add_members(&ada, id, new).await.unwrap();
    let sent = one.chat.send_message(&ada, id, text("welcome", None));
    sent.await.unwrap();
    let mut received = Vec::new();
    let begins_at = other
        .receive(|it| {
            received.push(it.clone());
            match event(it)? {
                Event::ConversationCreated {
                    seq, conversation, ..
                } => Some((*seq, conversation.conversation.seq)),
                _ => None,
            }
        })
        .await;
    // It holds all that was told before, and nothing that is told later.
    let (seq, held) = begins_at;
    assert_eq!(seq, held);
    received.extend(other.drain_until_quiet().await);
    let (addition, message) = ("2".to_owned(), "3".to_owned());
    let expected = if seq == 2 {
        [addition, "begins at 2".to_owned(), message]
    } else {
        [addition, message, "begins at 3".to_owned()]
    };
    assert_eq!(told(&received, id), expected);
    cluster.shut_down([one, other]).await;
}
