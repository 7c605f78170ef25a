//! Incoming webhooks over HTTP, in the words of Slack.

use crate::common::{App, Group, text};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;

async fn webhook(group: &Group) -> String {
    let path = format!("{}/webhooks", group.path);
    let new = json!({ "name": "Monitoring" });
    let created = group.ada.post(&path, new).await.expect(201);
    text(&created["path"])
}

async fn post(app: &App, path: &str, kind: &str, body: String) -> (StatusCode, String) {
    let request = app.request(Method::POST, path).header("content-type", kind);
    let answer = request.body(body).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

async fn send(app: &App, path: &str, payload: &Value) -> (StatusCode, String) {
    post(app, path, "application/json", payload.to_string()).await
}

async fn newest(group: &Group) -> Value {
    let path = format!("{}/messages", group.path);
    let messages = group.grace.get(&path).await.items();
    messages.last().cloned().unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn what_sends_to_slack_sends_here(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let path = webhook(&group).await;
    let payload = json!({ "text": "*Down*: <https://a.example|a>", "username": "x" });
    let (status, body) = send(&app, &path, &payload).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "ok"));
    let message = newest(&group).await;
    assert_eq!(message["body"], "**Down**: [a](<https://a.example>)");
    assert_eq!(message["sender"]["name"], "Monitoring");
    assert_eq!(message["sender"]["bot"], true);

    let form = "payload=%7B%22text%22%3A%22by+form%22%7D".to_owned();
    let kind = "application/x-www-form-urlencoded";
    assert_eq!(post(&app, &path, kind, form).await.1, "ok");
    assert_eq!(newest(&group).await["body"], "by form");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refusal_is_in_the_words_of_slack(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let path = webhook(&group).await;
    let text_of = |body: &str| json!({ "text": body });
    let (start, secret) = path.rsplit_once('/').unwrap();
    for unknown in [
        format!("{start}/x"),
        format!("/hooks/999999/{secret}"),
        format!("/hooks/x/{secret}"),
    ] {
        let answer = send(&app, &unknown, &text_of("a")).await;
        assert_eq!(answer, (StatusCode::NOT_FOUND, "no_service".to_owned()));
    }
    for (body, word) in [
        ("{", "invalid_payload"),
        ("[]", "invalid_payload"),
        ("{}", "no_text"),
        (r#"{"text": "  "}"#, "no_text"),
    ] {
        let (status, answer) = post(&app, &path, "application/json", body.to_owned()).await;
        assert_eq!((status, answer.as_str()), (StatusCode::BAD_REQUEST, word));
    }
    let (status, word) = send(&app, &path, &text_of(&"a".repeat(200_000))).await;
    assert_eq!(
        (status, word.as_str()),
        (StatusCode::PAYLOAD_TOO_LARGE, "msg_too_long")
    );
    let get = app.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(get.status(), StatusCode::METHOD_NOT_ALLOWED);

    let list = format!("{}/webhooks", group.path);
    let id = text(&group.ada.get(&list).await.items()[0]["id"]);
    let of_webhook = format!("{list}/{id}");
    group
        .grace
        .delete(&of_webhook)
        .await
        .refused(403, "forbidden");
    group.outsider.get(&list).await.refused(404, "not_found");
    group.ada.delete(&of_webhook).await.expect(204);
    let answer = send(&app, &path, &text_of("a")).await;
    assert_eq!(answer, (StatusCode::NOT_FOUND, "no_service".to_owned()));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sender_that_tries_again_sends_once(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    let path = webhook(&group).await;
    let attempt = async |body: &str| {
        let request = app.request(Method::POST, &path);
        let request = request.header("idempotency-key", "alert-1");
        let answer = request.json(&json!({ "text": body })).send().await.unwrap();
        answer.status()
    };
    assert_eq!(attempt("Down").await, StatusCode::OK);
    assert_eq!(attempt("Down").await, StatusCode::OK);
    assert_eq!(attempt("Up").await, StatusCode::CONFLICT);
    let messages = format!("{}/messages", group.path);
    let messages = group.ada.get(&messages).await.items();
    let sent = messages.iter().filter(|it| it["body"] == "Down");
    assert_eq!(sent.count(), 1);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_webhook_that_sends_too_much_is_told_when_to_go_on(pool: PgPool) {
    let app = App::start_with(pool, &["--rate-limit=on", "--rate-limit-messages-burst=3"]).await;
    let group = app.group().await;
    let path = webhook(&group).await;
    let mut last = None;
    for _ in 0..10 {
        let request = app
            .request(Method::POST, &path)
            .json(&json!({ "text": "a" }));
        last = Some(request.send().await.unwrap());
    }
    let last = last.unwrap();
    assert_eq!(last.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(last.headers().contains_key("retry-after"));
    assert_eq!(last.text().await.unwrap(), "rate_limited");
}

#[sqlx::test(migrations = "../migrations")]
async fn what_is_no_payload_counts_too(pool: PgPool) {
    let options = [
        "--rate-limit=on",
        "--rate-limit-messages-burst=5",
        "--rate-limit-messages-per-second=1",
    ];
    let app = App::start_with(pool, &options).await;
    let group = app.group().await;
    let path = webhook(&group).await;
    let mut refused = None;
    for _ in 0..100 {
        let (status, word) = post(&app, &path, "application/json", "{".to_owned()).await;
        if word == "rate_limited" {
            refused = Some(status);
            break;
        }
        assert_eq!(word, "invalid_payload");
    }
    assert_eq!(refused, Some(StatusCode::TOO_MANY_REQUESTS));
}
