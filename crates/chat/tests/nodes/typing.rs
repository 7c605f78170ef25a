//! Typing is told on every node, and ends by itself on every node.

use crate::{
    people::text,
    town::{Node, Town, event},
};
use chat::Caller;
use model::Event;
use sqlx::PgPool;
use std::time::Duration;

async fn typing(node: &mut Node, who: &Caller) -> bool {
    node.hear(Duration::from_secs(20), |it| match event(it)? {
        Event::Typing {
            user_id, typing, ..
        } if *user_id == who.user_id => Some(*typing),
        _ => None,
    })
    .await
}

#[sqlx::test(migrations = "../../migrations")]
async fn begins_and_ends_on_every_node(db: PgPool) {
    let town = Town::new(db).await;
    let id = town.people.group().await;
    let (ada, grace) = (&town.people.ada, &town.people.grace);
    let (mut one, mut other) = town.two(&[ada], &[grace]).await;
    one.chat.set_typing(ada, id, true).await.unwrap();
    assert!(typing(&mut other, ada).await);
    // From another device.
    let sent = other.chat.send_message(ada, id, text("done", None)).await;
    sent.unwrap();
    assert!(!typing(&mut other, ada).await);
    assert!(typing(&mut one, ada).await);
    assert!(!typing(&mut one, ada).await);

    for _ in 0..2 {
        one.chat.set_typing(ada, id, true).await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
    let said = other.rest().await;
    let said = said
        .iter()
        .filter(|it| matches!(event(it), Some(Event::Typing { .. })));
    assert_eq!(said.count(), 1, "it goes on");
    assert!(!typing(&mut other, ada).await);
    town.end([one, other]).await;
}
