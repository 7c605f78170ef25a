//! Redis goes away and comes back: nobody notices but those who measure.

use crate::{
    people::text,
    town::{Node, Town},
};
use chat::{Caller, Delivery};
use model::{ConversationId, MemberRole, NewMembers, UserRole};
use sqlx::PgPool;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(20);

async fn say(node: &Node, who: &Caller, id: ConversationId, body: &str) {
    let sent = node.chat.send_message(who, id, text(body, None)).await;
    sent.unwrap();
}

async fn end_redis(town: &mut Town, nodes: [&mut Node; 2]) {
    town.redis.kill();
    for node in nodes {
        node.until("the end of Redis", SOON, |bus| !bus.is_up).await;
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn nothing_is_missing_while_redis_is_away_nor_afterwards(db: PgPool) {
    let mut town = Town::new(db).await;
    let id = town.people.group().await;
    let (ada, grace) = (town.people.ada, town.people.grace);
    let (mut one, mut other) = town.two(&[&ada], &[&grace]).await;
    end_redis(&mut town, [&mut one, &mut other]).await;

    let start = Instant::now();
    say(&one, &ada, id, "1").await;
    assert_eq!(one.bodies(id, 1, SOON).await, ["1"]);
    let here = start.elapsed();
    assert_eq!(
        other.bodies(id, 1, SOON).await,
        ["1"],
        "through the database"
    );
    println!("here after {here:?}, there after {:?}", start.elapsed());
    say(&other, &grace, id, "2").await;
    say(&one, &ada, id, "3").await;
    assert_eq!(one.bodies(id, 2, SOON).await, ["2", "3"]);
    say(&one, &ada, id, "4").await;

    town.redis.restart().await;
    let start = Instant::now();
    say(&one, &ada, id, "5").await;
    one.meet(1).await;
    other.meet(1).await;
    println!("joined again after {:?}", start.elapsed());
    say(&other, &grace, id, "6").await;
    assert_eq!(one.bodies(id, 3, SOON).await, ["4", "5", "6"]);
    assert_eq!(other.bodies(id, 5, SOON).await, ["2", "3", "4", "5", "6"]);
    let rest = (one.rest().await, other.rest().await);
    let sent = |it: &&Delivery| {
        let event = crate::town::event(it);
        event.is_some_and(|it| it.name() == "message:created")
    };
    assert_eq!(rest.0.iter().chain(&rest.1).find(sent), None, "told once");
    town.end([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn what_was_taken_away_and_given_meanwhile_is_made_good(db: PgPool) {
    let mut town = Town::new(db.clone()).await;
    let id = town.people.group().await;
    let (ada, grace, linus, eve) = (
        town.people.ada,
        town.people.grace,
        town.people.linus,
        town.people.outsider,
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
    let secret = town.people.channel().await;
    let (mut one, mut other) = town.two(&[&ada], &[&grace, &phone, &eve]).await;
    end_redis(&mut town, [&mut one, &mut other]).await;

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
    let admitted = Delivery::Subscribe {
        conversation_id: id,
        user_ids: vec![eve.user_id],
    };
    let mut wanted = vec![
        Delivery::Unsubscribe {
            conversation_id: id,
            user_ids: vec![grace.user_id],
        },
        Delivery::DisconnectSession(session.into()),
        admitted,
        Delivery::CloseConversation {
            conversation_id: secret,
        },
    ];
    while !wanted.is_empty() {
        let heard = other.hear(SOON, |it| wanted.iter().position(|wanted| wanted == it));
        wanted.remove(heard.await);
    }
    other.rest().await;
    chat.block_user(&admin, eve.user_id).await.unwrap();
    let ended = Delivery::DisconnectUser(eve.user_id);
    other.hear(SOON, |it| (*it == ended).then_some(())).await;
    town.end([one, other]).await;
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_node_starts_without_redis(db: PgPool) {
    let mut town = Town::new(db).await;
    town.redis.kill();
    let id = town.people.group().await;
    let (ada, grace) = (town.people.ada, town.people.grace);
    let (mut one, mut other) = (town.node(&[&ada]).await, town.node(&[&grace]).await);
    say(&one, &ada, id, "hello?").await;
    assert_eq!(other.bodies(id, 1, SOON).await, ["hello?"]);
    town.redis.restart().await;
    one.meet(1).await;
    other.meet(1).await;
    say(&other, &grace, id, "hello!").await;
    assert_eq!(one.bodies(id, 2, SOON).await, ["hello?", "hello!"]);
    town.end([one, other]).await;
}
