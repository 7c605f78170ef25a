//! The end of subscriptions and sockets at every server.

use crate::{NO_CONTRACTS, redis::Redis, start_two};
use chat::Caller;
use model::UserRole;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn sockets_end_with_their_session_and_with_their_user(db: PgPool) {
    let redis = Redis::start().await;
    let (one, other) = start_two(&db, &redis, NO_CONTRACTS).await;
    let ada = one.person("ada").await;
    let grace = one.person("grace").await;
    let mut phone = other.client(&grace).await;
    one.chat.logout(&grace.caller).await.unwrap();
    assert!(
        !phone.connection_closes().await,
        "the socket is disconnected, and the connection stays"
    );

    let grace = other.login("grace").await;
    let mut phone = other.client(&grace).await;
    let admin = Caller {
        role: UserRole::Admin,
        ..ada.caller
    };
    one.chat.block_user(&admin, grace.id()).await.unwrap();
    assert!(!phone.connection_closes().await);
    one.stop().await;
    other.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_removed_member_receives_nothing_more_at_any_server(db: PgPool) {
    let redis = Redis::start().await;
    let (one, other) = start_two(&db, &redis, NO_CONTRACTS).await;
    let ada = one.person("ada").await;
    let grace = one.person("grace").await;
    let group = one.group(&[&ada, &grace]).await;
    let mut client = other.client(&grace).await;
    for _ in 0..10 {
        let removed = one.chat.remove_member(&ada.caller, group, grace.id());
        removed.await.unwrap();
        one.send(&ada, group, "behind her back").await;
        one.add(&ada, group, &grace).await;
        one.send(&ada, group, "welcome back").await;
        let mut received = Vec::new();
        while received.last().is_none_or(|it| it != "message:created") {
            let (name, payload) = client.next().await;
            if name == "message:created" {
                assert_eq!(payload["message"]["body"], "welcome back");
            }
            received.push(name);
        }
        received.retain(|it| it.starts_with("conversation:"));
        assert_eq!(received, ["conversation:removed", "conversation:created"]);
    }
    one.stop().await;
    other.stop().await;
}
