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

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_poll_is_refused_in_our_words(db: PgPool) {
    let server = TestServer::start(db).await;
    let ada = server.person("ada").await;
    let group = server.group(&[&ada]).await;
    let message = server.send(&ada, group, "Lunch?").await;
    let mut client = server.client(&ada).await;
    let options = json!(["yes", "no"]);
    let send = |poll: Value| json!({ "conversationId": group, "body": "Lunch?", "poll": poll });
    let id = message.id.to_string();
    for (event, payload, detail) in [
        (
            "message:send",
            send(json!({ "options": options, "max_choices": 2 })),
            "poll.max_choices: is unknown.",
        ),
        (
            "message:send",
            send(json!({ "options": { "a": 1 } })),
            "poll.options: must be a list.",
        ),
        ("message:send", send(json!(1)), "poll: must be an object."),
        (
            "message:edit",
            json!({ "id": id, "body": "Dinner?", "poll": { "options": options } }),
            "poll: must be absent: only a message that is sent at once may be a poll.",
        ),
        (
            "poll:vote",
            json!({ "messageId": id, "options": { "a": 1 } }),
            "options: must be a list.",
        ),
        (
            "poll:vote",
            json!({ "messageId": id, "options": ["1"] }),
            "options[0]: must be a whole number.",
        ),
    ] {
        let refused = client.emit_with_ack(event, &payload).await;
        assert_eq!(refused["error"]["code"], "invalid", "{payload}");
        assert_eq!(refused["error"]["detail"], detail, "{payload}");
    }
    let edit = json!({ "id": id, "body": "Dinner?", "poll": null });
    client.emit_ok("message:edit", &edit).await;
    server.stop().await;
}
