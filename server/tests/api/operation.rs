//! Health checks, metrics, request ids and security headers.

use crate::common::App;
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn health_is_reported(pool: PgPool) {
    let app = App::start(pool).await;
    let get = |path| app.send(app.request(Method::GET, path));
    assert_eq!(get("/health").await.expect(200), json!({ "status": "ok" }));
    assert_eq!(get("/health/ready").await.expect(200)["database"], "ok");
}

#[sqlx::test(migrations = "../migrations")]
async fn without_a_database_the_server_lives_and_is_not_ready(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let ada = app.person("ada").await;
    pool.close().await;
    let get = |path| app.send(app.request(Method::GET, path));
    get("/health").await.expect(200);
    get("/health/ready").await.refused(503, "unavailable");
    ada.get("/me").await.refused(503, "unavailable");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_database_that_takes_no_writes_is_told_as_such(pool: PgPool) {
    let app = App::start(pool.clone()).await;
    let group = app.group().await;
    let get = |path| app.send(app.request(Method::GET, path));
    get("/health/ready").await.expect(200);
    let name = pool.connect_options().get_database().unwrap().to_owned();
    let set = format!("alter database \"{name}\" set default_transaction_read_only = on");
    let end = "select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()";
    let mut connection = pool.acquire().await.unwrap();
    for sql in [set, end.to_owned()] {
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&mut *connection)
            .await
            .unwrap();
    }
    connection.close().await.unwrap();
    let mut answer = get("/health/ready").await;
    for _ in 0..40 {
        if answer.body["detail"] == "The database takes no writes." {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        answer = get("/health/ready").await;
    }
    let problem = answer.refused(503, "unavailable");
    assert_eq!(problem["detail"], "The database takes no writes.");
    let new = json!({ "body": "Can this be written?" });
    let refused = group
        .ada
        .post(&format!("{}/messages", group.path), new)
        .await;
    assert_eq!(refused.headers["retry-after"], "1");
    refused.refused(503, "unavailable");
    group.ada.get("/me").await.expect(200);
}

#[sqlx::test(migrations = "../migrations")]
async fn metrics_are_in_the_format_of_prometheus(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    group.send("count me").await;
    let answer = app.send(app.request(Method::GET, "/metrics")).await;
    assert!(
        answer.headers["content-type"]
            .to_str()
            .unwrap()
            .starts_with("text/plain")
    );
    let text = crate::common::text(&answer.expect(200));
    for line in [
        "# TYPE parlance_http_request_duration_seconds histogram",
        "parlance_http_request_duration_seconds_count{method=\"POST\",route=\"/api/v1/conversations/{id}/messages\",status=\"201\"}",
        "# TYPE parlance_http_requests_in_flight gauge",
        "parlance_database_connections ",
        "parlance_database_connections_idle ",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_answer_has_an_id(pool: PgPool) {
    let app = App::start(pool).await;
    for path in ["/health", "/api/v1/me", "/api/v1/nothing"] {
        let request = app
            .request(Method::GET, path)
            .header("x-request-id", "trace-42");
        assert_eq!(
            app.send(request).await.headers["x-request-id"],
            "trace-42",
            "{path}"
        );
        for invalid in ["", "with space", &"x".repeat(65)] {
            let request = app
                .request(Method::GET, path)
                .header("x-request-id", invalid);
            let id = app.send(request).await.headers["x-request-id"].clone();
            assert_eq!(id.len(), 16, "{path}");
        }
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn every_answer_is_guarded(pool: PgPool) {
    let app = App::start(pool).await;
    for path in [
        "/health",
        "/api/v1/me",
        "/api/v1/openapi.json",
        "/api/v1/docs/",
        "/",
    ] {
        let headers = app.send(app.request(Method::GET, path)).await.headers;
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "same-origin", "{path}");
        assert_eq!(
            headers["cross-origin-opener-policy"], "same-origin",
            "{path}"
        );
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(
            !policy.contains("script-src 'unsafe-inline'"),
            "{path}: {policy}"
        );
    }
    let headers = app
        .send(app.request(Method::GET, "/api/v1/me"))
        .await
        .headers;
    assert_eq!(headers["cache-control"], "no-store");
}
