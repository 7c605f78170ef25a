//! Changes that no node publishes are found in the database.

use crate::test_cluster::{KillableRuntime, Node, TestCluster};
use sqlx::PgPool;
use std::time::Instant;

#[sqlx::test(migrations = "../../migrations")]
async fn the_last_changes_of_a_dead_node_are_found(db: PgPool) {
    let cluster = TestCluster::new(db).await;
    let id = cluster.people.group().await;
    let (ada, grace) = (&cluster.people.ada, &cluster.people.grace);
    let mut node = cluster.node(&[grace]).await;
    let runtime = KillableRuntime::new();
    let _dead = runtime
        .run(&cluster, async move |chat: chat::Chat| {
            let node = Node::of(chat);
            node.wait_for_peers(1).await;
            node
        })
        .await;
    node.wait_for_peers(1).await;
    // The comparison with the database that follows joining is over by then.
    node.drain_until_quiet().await;
    runtime.kill();
    // A change that it commits and dies before it publishes.
    cluster.people.say(ada, id, "last message").await;
    let start = Instant::now();
    let bodies = node.receive_bodies(id, 1).await;
    assert_eq!(bodies, ["last message"]);
    println!("found after {:?}", start.elapsed());
    cluster.shut_down([node]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn changes_of_an_unknown_node_are_found(db: PgPool) {
    let cluster = TestCluster::reconciling(db).await;
    let id = cluster.people.group().await;
    let (ada, grace) = (&cluster.people.ada, &cluster.people.grace);
    let mut node = cluster.node(&[grace]).await;
    node.wait_for_peers(0).await;
    for n in 0..300 {
        cluster.people.say(ada, id, &n.to_string()).await;
    }
    let bodies = node.receive_bodies(id, 300).await;
    let all: Vec<_> = (0..300).map(|n| n.to_string()).collect();
    assert_eq!(bodies, all);
    cluster.shut_down([node]).await;
}
