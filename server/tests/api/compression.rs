//! Answers are compressed for clients that take it, but for those with secrets.

use crate::common::{App, PASSWORD};
use reqwest::{Method, header::HeaderMap};
use serde_json::json;
use sqlx::PgPool;

/// The headers and the length of an answer as it was sent.
async fn fetch(request: reqwest::RequestBuilder, encoding: &str) -> (HeaderMap, usize) {
    let request = request.header("accept-encoding", encoding);
    let response = request.send().await.unwrap();
    assert!(response.status().is_success(), "{}", response.status());
    let headers = response.headers().clone();
    (headers, response.bytes().await.unwrap().len())
}

fn varies_by_encoding(headers: &HeaderMap) -> bool {
    let vary = headers.get_all("vary").iter();
    vary.flat_map(|it| it.to_str().unwrap().split(','))
        .any(|it| it.trim().eq_ignore_ascii_case("accept-encoding"))
}

#[sqlx::test(migrations = "../migrations")]
async fn long_answers_are_compressed_for_clients_that_take_it(pool: PgPool) {
    let app = App::start(pool).await;
    let group = app.group().await;
    for n in 0..50 {
        group.send(&format!("A message like the others: {n}")).await;
    }
    let messages = || {
        group
            .grace
            .request(Method::GET, &format!("{}/messages", group.path))
    };
    let document = || app.request(Method::GET, "/api/v1/openapi.json");
    let page = || app.request(Method::GET, "/sign-in");
    let requests: [&dyn Fn() -> reqwest::RequestBuilder; 3] = [&messages, &document, &page];
    for request in requests {
        let (headers, plain) = fetch(request(), "identity").await;
        assert!(!headers.contains_key("content-encoding"), "{headers:?}");
        assert!(varies_by_encoding(&headers), "{headers:?}");
        for encoding in ["gzip", "br"] {
            let (headers, length) = fetch(request(), encoding).await;
            assert_eq!(headers["content-encoding"], encoding);
            assert!(varies_by_encoding(&headers), "{headers:?}");
            assert!(length * 2 < plain, "{length} of {plain} by {encoding}");
        }
        let nothing_known = [
            "gzip;q=0, zstd",
            "*;q=0",
            "identity;q=0",
            "identity;q=0, *;q=0",
            "identity;q=0.000, br;q=0, gzip;q=0",
            "identity, *;q=0.5",
        ];
        for encoding in nothing_known {
            let (headers, length) = fetch(request(), encoding).await;
            assert!(!headers.contains_key("content-encoding"), "{headers:?}");
            assert_eq!(length, plain, "{encoding}");
        }
        for (encoding, taken) in [
            ("identity;q=0, br", "br"),
            ("gzip;q=0.001, *;q=0", "gzip"),
            ("br;q=0, *", "gzip"),
        ] {
            let (headers, _) = fetch(request(), encoding).await;
            assert_eq!(headers["content-encoding"], taken, "{encoding}");
        }
    }
    // What is done is told.
    let path = format!("{}/messages", group.path);
    let send = group.grace.request(Method::POST, &path);
    let send = send.json(&json!({ "body": "Take it as it is" }));
    fetch(send, "*;q=0").await;
    let (headers, length) = fetch(group.grace.request(Method::GET, "/me"), "br, gzip").await;
    assert!(length < 1024);
    assert!(!headers.contains_key("content-encoding"), "{headers:?}");
}

/// The length of an answer tells what is in it, where a stranger chooses a part of it and guesses the rest.
#[sqlx::test(migrations = "../migrations")]
async fn what_has_secrets_is_not_compressed(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    // Long enough by the words of a stranger, who chooses the name of the account and of the browser.
    let name = "Ada ".repeat(15);
    ada.patch("/me", json!({ "name": name.trim() }))
        .await
        .expect(200);
    for n in 0..12 {
        let login = json!({ "login": "ada", "password": PASSWORD });
        let request = app
            .nobody()
            .request(Method::POST, "/auth/login")
            .json(&login);
        let agent = format!("{} {n}", "browser ".repeat(20));
        let (headers, _) = fetch(request.header("user-agent", agent), "br, gzip").await;
        assert!(!headers.contains_key("content-encoding"), "{headers:?}");
    }
    let (headers, length) = fetch(ada.request(Method::GET, "/me/sessions"), "br, gzip").await;
    assert!(length > 2048, "{length}");
    assert!(!headers.contains_key("content-encoding"), "{headers:?}");
    let refresh = json!({ "refreshToken": ada.refresh_token });
    let request = app
        .nobody()
        .request(Method::POST, "/auth/refresh")
        .json(&refresh);
    let (headers, _) = fetch(request, "br, gzip").await;
    assert!(!headers.contains_key("content-encoding"), "{headers:?}");
    // Nor is what waits for a poll.
    let polling = app.request(Method::GET, "/socket.io/?EIO=4&transport=polling");
    let (headers, _) = fetch(polling, "br, gzip").await;
    assert!(!headers.contains_key("content-encoding"), "{headers:?}");
    app.stop().await;
}
