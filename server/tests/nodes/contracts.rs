//! What is sent at one server reaches every contract of the other.

use crate::{
    ALL_CONTRACTS, NO_CONTRACTS,
    contract_driver::{API, DRIVERS, Shows, Target},
    redis::Redis,
    start_two, wait_until,
};
use serde_json::{Value, json};
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn every_contract_receives_events_of_the_other_server(db: PgPool) {
    let redis = Redis::start().await;
    let (one, other) = start_two(&db, &redis, ALL_CONTRACTS).await;
    let ada = one.person("ada").await;
    let grace = other.person("grace").await;
    let place = Target {
        conversation: one.group(&[&ada, &grace]).await,
        peer: grace.id(),
    };
    let mut here = API.connect(&one, &ada, place).await;
    for driver in DRIVERS
        .iter()
        .filter(|driver| driver.shows_kind(Shows::Groups))
    {
        let mut there = driver.connect(&other, &grace, place).await;
        let (event, typing) = (API.start_typing)(place);
        here.emit_ok(event, &typing).await;
        let (event, place_of_id) = driver.typing_event;
        let typist = there.wait_for(event).await;
        assert_eq!(text(&typist, place_of_id), ada.id().to_string());
        let said = format!("to {}", driver.name);
        one.send(&ada, place.conversation, &said).await;
        let (event, place_of_text) = driver.message_event;
        while text(&there.wait_for(event).await, place_of_text) != said {}

        driver
            .send_text(&other, &mut there, &grace, place, "and back")
            .await;
        while here.wait_for("message:created").await["message"]["body"] != "and back" {}
    }
    one.stop().await;
    other.stop().await;
}

/// An id may be a number.
fn text(payload: &Value, place: &str) -> String {
    match payload.pointer(place) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => panic!("no {place} in {payload}"),
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn two_devices_at_two_servers_have_one_status(db: PgPool) {
    let redis = Redis::start().await;
    let (one, other) = start_two(&db, &redis, NO_CONTRACTS).await;
    let ada = one.person("ada").await;
    let grace = one.person("grace").await;
    one.group(&[&ada, &grace]).await;
    let mut friend = one.client(&ada).await;
    let grace_id = grace.id().to_string();
    let mut status = async || {
        loop {
            let received = friend.wait_for("presence").await;
            if received["userId"] == grace_id {
                return received["status"].as_str().unwrap().to_owned();
            }
        }
    };
    let phone = one.client(&grace).await;
    assert_eq!(status().await, "online");
    let mut laptop = other.client(&grace).await;
    phone.frame("41").await;
    let away = json!({ "status": "away" });
    laptop.emit_ok("presence:set", &away).await;
    assert_eq!(status().await, "away");
    let (_, ready) = crate::common::client::Client::ready(one.address, &ada.token).await;
    let seen = ready["presence"].as_array().unwrap().iter();
    let seen: Vec<_> = seen.filter(|it| it["userId"] == grace_id).collect();
    assert_eq!(seen[0]["status"], "away");
    laptop.frame("41").await;
    assert_eq!(status().await, "offline");
    one.stop().await;
    other.stop().await;
}

#[sqlx::test(migrations = "../migrations")]
async fn readiness_and_metrics_show_the_state_of_the_bus(db: PgPool) {
    let mut redis = Redis::start().await;
    let (one, other) = start_two(&db, &redis, NO_CONTRACTS).await;
    let get = async |path| {
        let answer = reqwest::get(format!("http://{}{path}", one.address));
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.text().await.unwrap()
    };
    // The lag is another one each time.
    let ready = async || {
        let mut ready: Value = serde_json::from_str(&get("/health/ready").await).unwrap();
        let lag = ready.as_object_mut().unwrap().remove("searchLagChanges");
        assert!(lag.is_some_and(|it| it.is_u64()));
        ready
    };
    let up = json!({ "status": "ok", "database": "ok", "bus": "ok", "otherNodes": 1 });
    assert_eq!(ready().await, up);
    let metrics = get("/metrics").await;
    for name in ["up", "nodes", "published_total", "received_total"] {
        assert!(
            metrics.contains(&format!("\nparlance_bus_{name} ")),
            "{name}"
        );
    }
    redis.kill();
    wait_until(async || ready().await["bus"] == "down").await;
    one.stop().await;
    other.stop().await;
}
