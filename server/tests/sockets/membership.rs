//! Membership: heard from the moment of joining to the moment of leaving, on every device.

use crate::common::{client::Client, house::House};
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn a_new_member_hears_at_once(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let grace = house.person("grace").await;
    let group = house.group(&[&ada]).await;
    let mut client = house.client(&grace).await;
    for round in 0..20 {
        house.add(&ada, group, &grace).await;
        house.say(&ada, group, &format!("Welcome {round}")).await;
        let created = client.hear("conversation:created").await;
        assert_eq!(created["conversation"]["id"], group.to_string());
        let message = client.hear("message:created").await;
        assert_eq!(message["message"]["body"], format!("Welcome {round}"));
        house
            .chat
            .remove_member(&ada.caller, group, grace.id())
            .await
            .unwrap();
        client.hear("conversation:removed").await;
    }
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removed_member_hears_nothing_from_that_moment(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let grace = house.person("grace").await;
    let group = house.group(&[&ada, &grace]).await;
    let mut devices = [house.client(&grace).await, house.client(&grace).await];
    for _ in 0..20 {
        let stream = async {
            for index in 0..20 {
                house.say(&ada, group, &index.to_string()).await;
            }
        };
        let removal = house.chat.remove_member(&ada.caller, group, grace.id());
        let ((), removed) = tokio::join!(stream, removal);
        removed.unwrap();
        for client in &mut devices {
            client.hear("conversation:removed").await;
            hears_nothing_of(client, &group.to_string()).await;
        }
        house.add(&ada, group, &grace).await;
        for client in &mut devices {
            client.hear("conversation:created").await;
        }
    }
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removal_while_connecting_leaves_no_ear_behind(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let grace = house.person("grace").await;
    let group = house.group(&[&ada, &grace]).await;
    for round in 0..40 {
        let arrival = async {
            tokio::time::sleep(std::time::Duration::from_micros(round * 150)).await;
            Client::ready(house.address, &grace.token).await
        };
        let removal = house.chat.remove_member(&ada.caller, group, grace.id());
        let ((mut client, _), removed) = tokio::join!(arrival, removal);
        removed.unwrap();
        house.say(&ada, group, "Among us").await;
        let heard = client.heard().await;
        let heard_it = heard.iter().any(|(name, _)| name == "message:created");
        assert!(!heard_it, "round {round}: {heard:?}");
        house.add(&ada, group, &grace).await;
        client.hear("conversation:created").await;
        house.say(&ada, group, "Welcome back").await;
        let message = client.hear("message:created").await;
        assert_eq!(message["message"]["body"], "Welcome back");
    }
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_addition_while_connecting_is_not_missed(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let grace = house.person("grace").await;
    let group = house.group(&[&ada]).await;
    for round in 0..40 {
        let arrival = async {
            tokio::time::sleep(std::time::Duration::from_micros(round * 150)).await;
            Client::ready(house.address, &grace.token).await
        };
        let ((mut client, _), ()) = tokio::join!(arrival, house.add(&ada, group, &grace));
        house.say(&ada, group, "Welcome").await;
        client.hear("message:created").await;
        house
            .chat
            .remove_member(&ada.caller, group, grace.id())
            .await
            .unwrap();
        client.hear("conversation:removed").await;
    }
    house.close().await;
}

async fn hears_nothing_of(client: &mut Client, conversation: &str) {
    for (name, payload) in client.heard().await {
        let concerns = payload["conversationId"] == conversation;
        assert!(!concerns, "{name} {payload} after the removal");
    }
    let typing = json!({ "conversationId": conversation });
    let answer = client.ask("typing:start", &typing).await;
    assert_eq!(answer["error"]["code"], "not_found");
}
