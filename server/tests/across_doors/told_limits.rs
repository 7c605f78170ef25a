//! Somebody whose changes have been told to too many: refused at every door, in its words, and nothing else.

use crate::{
    common::test_server::TestServer,
    contract_driver::{DRIVERS, Shows, Target, is_success},
};
use serde_json::Value;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn who_has_told_too_many_is_refused_and_stays_connected(db: PgPool) {
    let flags = [
        "--rate-limit=on",
        "--contracts=groups=0,rooms=0,direct=0,conversations=0,broadcast=0",
        "--rate-limit-people-told-burst=600",
        "--rate-limit-people-told-per-second=10",
    ];
    let server = TestServer::start_with(db.clone(), &flags).await;
    let (ada, grace) = (server.person("ada").await, server.person("grace").await);
    let group = server.group(&[&ada, &grace]).await;
    let direct = server.direct(&ada, &grace).await;
    let mut clients = Vec::new();
    // The browser sends by a form, not by its socket.
    for driver in DRIVERS.iter().filter(|it| it.name != "browser") {
        let conversation = match driver.shows {
            Shows::Direct => direct,
            _ => group,
        };
        let target = Target {
            conversation,
            peer: grace.id(),
        };
        clients.push((driver, target, driver.connect(&server, &ada, target).await));
    }
    let mut neighbour = server.client(&grace).await;
    sqlx::query("update conversations set member_count = 1000")
        .execute(&db)
        .await
        .unwrap();
    // One message to a thousand takes all that a minute gives.
    server.send(&ada, group, "to a thousand").await;
    for (driver, target, client) in &mut clients {
        let (event, payload) = (driver.send)(*target, "one more");
        let answer = client.emit_with_ack(event, &payload).await;
        assert!(!is_success(&answer), "{}: {answer}", driver.name);
        let words = answer.to_string();
        assert!(
            words.contains("Too many requests") || words.contains("too_many_requests"),
            "{}: {answer}",
            driver.name
        );
        // The socket is as it was.
        client.emit_with_ack("no such event", &Value::Null).await;
    }
    server.send(&grace, group, "calm").await;
    let mut told = Vec::new();
    while !told.iter().any(|it: &String| it.contains("calm")) {
        told.push(neighbour.next().await.1.to_string());
    }
    assert!(
        told.iter().any(|it| it.contains("to a thousand")),
        "{told:?}"
    );
    assert!(!told.iter().any(|it| it.contains("one more")), "{told:?}");
    server.stop().await;
}
