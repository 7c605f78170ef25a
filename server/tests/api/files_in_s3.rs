//! Files in a bucket of S3, over the API: while it is away, clients are told to come again.

use crate::{
    common::{
        App,
        s3_server::{Mode, S3Server},
    },
    uploads::{METADATA, sent, uploaded},
};
use reqwest::Method;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn a_bucket_that_is_away_is_told_and_the_rest_goes_on(pool: PgPool) {
    let bucket = S3Server::start("api-away").await;
    let app = App::start_with_bucket(pool, &bucket).await;
    let group = app.group().await;
    let bytes = vec![7; 1_500_000];
    let upload = uploaded(&group.ada, METADATA, &bytes).await;
    sent(&group, &upload).await;
    let url = upload["url"].as_str().unwrap();
    let ready = || app.send(app.request(Method::GET, "/health/ready"));
    assert_eq!(ready().await.expect(200)["files"], "ok");
    let get = || async {
        let request = app.request(Method::GET, url);
        let request = request.bearer_auth(&group.grace.access_token);
        request.send().await.unwrap()
    };
    assert!(get().await.bytes().await.unwrap() == bytes);

    bucket.set(Mode::Away);
    let refused = get().await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(ready().await.expect(200)["files"], "away");
    let message = serde_json::json!({ "body": "without a file" });
    let path = format!("{}/messages", group.path);
    group.ada.post(&path, message).await.expect(201);

    bucket.set(Mode::Normal);
    let mut answer = get().await;
    while answer.status() == 503 {
        answer = get().await;
    }
    assert!(answer.bytes().await.unwrap() == bytes);
    assert_eq!(ready().await.expect(200)["files"], "ok");
}

#[sqlx::test(migrations = "../migrations")]
async fn the_limit_of_the_server_is_told_as_such(pool: PgPool) {
    let app = App::start_with(pool, &["--upload-total-bytes=10"]).await;
    let (ada, grace) = (app.person("ada").await, app.person("grace").await);
    uploaded(&ada, METADATA, b"12345678").await;
    let request = grace.request(Method::POST, "/uploads");
    let request = request
        .header("Tus-Resumable", "1.0.0")
        .header("Upload-Length", 3);
    let problem = grace.send(request).await.refused(507, "storage_full");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("of all people"), "{detail}");
    uploaded(&grace, METADATA, b"12").await;
}
