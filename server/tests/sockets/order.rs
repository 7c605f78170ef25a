//! Order: what was emitted first happens first, and nothing goes without an answer.

use crate::common::house::House;
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn two_emits_back_to_back_keep_their_order_1000_times(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let group = house.group(&[&ada]).await;
    let mut client = house.client(&ada).await;
    let send = |body: &str| json!(["message:send", { "conversationId": group, "body": body }]);
    let mut kept = 0;
    for _ in 0..1000 {
        let first = client.call(&send("first")).await;
        let second = client.call(&send("second")).await;
        let positions = [client.answer(first).await, client.answer(second).await]
            .map(|answer| answer["message"]["position"].as_i64().unwrap());
        kept += usize::from(positions[0] + 1 == positions[1]);
    }
    assert_eq!(kept, 1000);
    house.close().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn a_flood_is_answered_to_the_last_event(db: PgPool) {
    let house = House::open(db).await;
    let ada = house.person("ada").await;
    let group = house.group(&[&ada]).await;
    let mut client = house.client(&ada).await;
    let mut calls = Vec::new();
    for index in 0..800 {
        let send = json!(["message:send", { "conversationId": group, "body": index.to_string() }]);
        calls.push(client.call(&send).await);
    }
    let mut last = 0;
    let mut refused = 0;
    for (index, call) in calls.into_iter().enumerate() {
        let answer = client.answer(call).await;
        if answer["ok"] == true {
            assert_eq!(answer["message"]["body"], index.to_string());
            let position = answer["message"]["position"].as_i64().unwrap();
            assert!(position > last, "{position} after {last}");
            last = position;
        } else {
            assert_eq!(answer["error"]["code"], "unavailable", "{answer}");
            refused += 1;
        }
    }
    assert_eq!(last + refused, 800, "nothing was done without an answer");
    client
        .done("typing:stop", &json!({ "conversationId": group }))
        .await;
    house.close().await;
}
