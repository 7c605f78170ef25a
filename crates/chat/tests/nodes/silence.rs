//! A node dies and says no more: what it has committed is found by sequence.

use crate::town::{Doomed, Node, Town};
use sqlx::PgPool;
use std::time::{Duration, Instant};

#[sqlx::test(migrations = "../../migrations")]
async fn the_last_words_of_a_dead_node_are_found(db: PgPool) {
    let town = Town::new(db).await;
    let id = town.people.group().await;
    let (ada, grace) = (&town.people.ada, &town.people.grace);
    let mut node = town.node(&[grace]).await;
    let doomed = Doomed::new();
    let _dead = doomed
        .run(&town, async move |chat: chat::Chat| {
            let mut doomed = Node::of(chat);
            doomed.meet(1).await;
            doomed
        })
        .await;
    node.meet(1).await;
    node.rest().await;
    doomed.kill();
    // What it has committed, and would have said.
    town.people.say(ada, id, "my last words").await;
    let start = Instant::now();
    let bodies = node.bodies(id, 1, Duration::from_secs(30)).await;
    assert_eq!(bodies, ["my last words"]);
    println!("found after {:?}", start.elapsed());
    town.end([node]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn even_of_a_node_that_nobody_knew(db: PgPool) {
    let town = Town::new(db).await;
    let id = town.people.group().await;
    let (ada, grace) = (&town.people.ada, &town.people.grace);
    let mut node = town.node(&[grace]).await;
    node.meet(0).await;
    node.rest().await;
    for n in 0..300 {
        town.people.say(ada, id, &n.to_string()).await;
    }
    let bodies = node.bodies(id, 300, Duration::from_secs(30)).await;
    let all: Vec<_> = (0..300).map(|n| n.to_string()).collect();
    assert_eq!(bodies, all);
    town.end([node]).await;
}
