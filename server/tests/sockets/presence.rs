//! Presence: several devices are one person.

use crate::common::house::House;
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn a_person_is_gone_with_the_last_device(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let grace = house.person("grace").await;
    let outsider = house.person("eve").await;
    house.group(&[&ada, &grace]).await;
    let mut friend = house.client(&ada).await;
    let mut stranger = house.client(&outsider).await;
    friend.heard().await;
    stranger.heard().await;

    let laptop = house.client(&grace).await;
    let came = friend.hear("presence").await;
    assert_eq!(came["userId"], grace.id().to_string());
    assert_eq!(came["status"], "online");
    let mut phone = house.client(&grace).await;

    drop(laptop);
    phone
        .done("presence:set", &json!({ "status": "away" }))
        .await;
    let heard = friend.hear("presence").await;
    assert_eq!(
        heard["status"], "away",
        "the first device alone changes nothing"
    );

    phone.frame("41").await;
    drop(phone);
    let gone = friend.hear("presence").await;
    assert_eq!(gone["userId"], grace.id().to_string());
    assert_eq!(gone["status"], "offline");
    assert!(gone["lastSeenAt"].is_string());

    let heard = stranger.heard().await;
    let of_grace =
        |(_, payload): &(String, serde_json::Value)| payload["userId"] == grace.id().to_string();
    assert!(!heard.iter().any(of_grace), "{heard:?}");
    house.close().await;
}
