//! Who loses the right to hear, loses it at every server.

use crate::{NO_DOORS, redis::Redis, two};
use chat::Caller;
use model::UserRole;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn sockets_end_with_their_session_and_with_their_user(db: PgPool) {
    let redis = Redis::start().await;
    let (one, other) = two(&db, &redis, NO_DOORS).await;
    let ada = one.person("ada").await;
    let grace = one.person("grace").await;
    let mut phone = other.client(&grace).await;
    one.chat.logout(&grace.caller).await.unwrap();
    assert!(!phone.is_hung_up().await, "not to come back");

    let grace = other.login("grace").await;
    let mut phone = other.client(&grace).await;
    let admin = Caller {
        role: UserRole::Admin,
        ..ada.caller
    };
    one.chat.block_user(&admin, grace.id()).await.unwrap();
    assert!(!phone.is_hung_up().await);
    one.close().await;
    other.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn who_is_removed_hears_nothing_more_at_any_server(db: PgPool) {
    let redis = Redis::start().await;
    let (one, other) = two(&db, &redis, NO_DOORS).await;
    let ada = one.person("ada").await;
    let grace = one.person("grace").await;
    let group = one.group(&[&ada, &grace]).await;
    let mut client = other.client(&grace).await;
    for _ in 0..10 {
        let removed = one.chat.remove_member(&ada.caller, group, grace.id());
        removed.await.unwrap();
        one.say(&ada, group, "behind her back").await;
        one.add(&ada, group, &grace).await;
        one.say(&ada, group, "welcome back").await;
        let mut heard = Vec::new();
        while heard.last().is_none_or(|it| it != "message:created") {
            let (name, payload) = client.next().await;
            if name == "message:created" {
                assert_eq!(payload["message"]["body"], "welcome back");
            }
            heard.push(name);
        }
        heard.retain(|it| it.starts_with("conversation:"));
        assert_eq!(heard, ["conversation:removed", "conversation:created"]);
    }
    one.close().await;
    other.close().await;
}
