//! Polls over Socket.IO: all members are told the numbers, and the own devices the own choice.

use crate::common::test_server::TestServer;
use serde_json::{Value, json};
use sqlx::PgPool;

fn votes(event: &Value) -> Vec<i64> {
    let options = event["message"]["poll"]["options"].as_array();
    let options = options.unwrap().iter();
    options.map(|it| it["votes"].as_i64().unwrap()).collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn members_are_told_numbers_and_the_own_devices_the_choice(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let grace = server.person("grace").await;
    let group = server.group(&[&ada, &grace]).await;
    let mut asking = server.client(&ada).await;
    let mut desk = server.client(&grace).await;
    let mut phone = server.client(&grace).await;
    let poll = json!({ "options": ["yes", "no"] });
    let send = json!({ "conversationId": group, "body": "Lunch?", "poll": poll });
    let sent = asking.emit_ok("message:send", &send).await;
    let id = &sent["message"]["id"];
    let vote = json!({ "messageId": id, "options": [2] });
    let voted = desk.emit_ok("poll:vote", &vote).await;
    assert_eq!(voted["vote"]["options"], json!([2]));
    assert_eq!(phone.wait_for("vote").await["vote"], voted["vote"]);
    let told = asking.wait_for("message:updated").await;
    assert_eq!(votes(&told), [0, 1]);
    let back = desk
        .emit_ok("poll:retract", &json!({ "messageId": id }))
        .await;
    assert_eq!(back["vote"]["options"], json!([]));
    assert_eq!(votes(&asking.wait_for("message:updated").await), [0, 0]);
    let refused = desk
        .emit_with_ack("poll:close", &json!({ "messageId": id }))
        .await;
    assert_eq!(refused["error"]["code"], "forbidden");
    let closed = asking
        .emit_ok("poll:close", &json!({ "messageId": id }))
        .await;
    assert!(
        closed["message"]["poll"]["closedAt"].is_string(),
        "{closed}"
    );
    let refused = desk.emit_with_ack("poll:vote", &vote).await;
    assert_eq!(refused["error"]["code"], "conflict");
    let marker = server.marker(&ada).await;
    let names = asking.drain_until(marker).await;
    assert!(names.iter().all(|(name, _)| name != "vote"));
    server.stop().await;
}
