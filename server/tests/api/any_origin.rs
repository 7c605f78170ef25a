//! The setting `ALLOWED_ORIGINS` with `*`, `null` and patterns: what every site can send has no cookie.

use crate::common::{App, PASSWORD, process::Process};
use model::Login;
use reqwest::{Method, RequestBuilder, Response, header::HeaderMap};
use serde_json::json;
use sqlx::{ConnectOptions, PgPool};

const STRANGER: &str = "https://stranger.example";

async fn cookie(app: &App) -> String {
    app.person("ada").await;
    let login = Login {
        login: "ada".to_owned(),
        password: PASSWORD.to_owned(),
    };
    let client = chat::Client::default();
    let who = app.chat().login(login, &client).await.unwrap();
    let session = app.chat().issue_cookie(&who, &client).await.unwrap();
    format!("parlance_session={}", session.secret)
}

fn rename(app: &App) -> RequestBuilder {
    let request = app.request(Method::PATCH, "/api/v1/me");
    request.json(&json!({ "name": "Ada" }))
}

/// The origin that may read the answer, and whether with its cookies.
fn readers(headers: &HeaderMap) -> (Option<&str>, bool) {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap());
    let with_cookies = text("access-control-allow-credentials") == Some("true");
    (text("access-control-allow-origin"), with_cookies)
}

async fn preflight(app: &App, origin: &str) -> Response {
    app.request(Method::OPTIONS, "/api/v1/me")
        .header("origin", origin)
        .header("access-control-request-method", "PATCH")
        .header("access-control-request-headers", "authorization")
        .send()
        .await
        .unwrap()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_star_lets_tokens_in_and_no_cookies(pool: PgPool) {
    let app = App::start_with(pool, &["--allowed-origins=*,https://*.friend.example"]).await;
    let cookie = cookie(&app).await;
    let grace = app.person("grace").await;
    for origin in [STRANGER, "null"] {
        let preflight = preflight(&app, origin).await;
        assert_eq!(readers(preflight.headers()), (Some(origin), false));
        for request in [rename(&app), app.request(Method::GET, "/api/v1/me")] {
            let request = request.header("origin", origin);
            let with_cookie = request.try_clone().unwrap().header("cookie", &cookie);
            let answer = app.send(with_cookie).await;
            assert_eq!(readers(&answer.headers), (Some(origin), false));
            assert!(answer.headers["vary"].to_str().unwrap().contains("origin"));
            answer.refused(401, "unauthenticated");
            let with_token = request.bearer_auth(&grace.access_token);
            app.send(with_token).await.expect(200);
        }
    }
    let friend = "https://app.friend.example";
    assert_eq!(
        readers(preflight(&app, friend).await.headers()),
        (Some(friend), true)
    );
    let request = rename(&app).header("origin", friend);
    app.send(request.header("cookie", &cookie))
        .await
        .expect(200);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_star_does_not_sign_browsers_in(pool: PgPool) {
    let app = App::start_with(pool, &["--allowed-origins=*"]).await;
    app.person("ada").await;
    let sign_in = |origin: &str| {
        let form = [("login", "ada"), ("password", PASSWORD), ("next", "")];
        let no_redirects = reqwest::redirect::Policy::none();
        let browser = reqwest::Client::builder().redirect(no_redirects);
        let browser = browser.build().unwrap();
        let request = browser.post(format!("{}/form/sign-in", app.base()));
        let request = request.header("accept", "text/html").form(&form);
        request.header("origin", origin).send()
    };
    let own = sign_in(app.base()).await.unwrap();
    assert!(own.headers().contains_key("set-cookie"));
    let foreign = sign_in(STRANGER).await.unwrap();
    assert!(!foreign.headers().contains_key("set-cookie"));
}

#[sqlx::test(migrations = "../migrations")]
async fn a_password_that_the_browser_adds_brings_no_cookie(pool: PgPool) {
    let app = App::start(pool).await;
    let cookie = cookie(&app).await;
    // The server functions of the pages look at the cookie alone.
    let form = [("next", "/")];
    let sign_out = |origin: &str| {
        app.request(Method::POST, "/form/sign-out")
            .header("origin", origin)
            .header("authorization", "Basic YWRhOnNlY3JldA==")
            .header("cookie", &cookie)
            .form(&form)
            .send()
    };
    let me = || {
        app.request(Method::GET, "/api/v1/me")
            .header("cookie", &cookie)
    };
    sign_out(STRANGER).await.unwrap();
    app.send(me()).await.expect(200);
    sign_out(app.base()).await.unwrap();
    app.send(me()).await.refused(401, "unauthenticated");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refused_origin_is_logged_once_with_what_is_allowed(pool: PgPool) {
    let url = pool.connect_options().to_url_lossy();
    let flags = [
        "--contracts=off",
        "--allowed-origins=https://friend.example,http://localhost:*",
    ];
    let server = Process::start(url.as_str(), &flags).await;
    let http = reqwest::Client::new();
    for path in [
        "/socket.io/?EIO=4&transport=polling",
        "/api/v1/me",
        "/health",
    ] {
        for origin in [STRANGER, "http://localhost:5173", &server.base] {
            let url = format!("{}{path}", server.base);
            http.get(&url)
                .header("origin", origin)
                .send()
                .await
                .unwrap();
            http.post(&url)
                .header("origin", origin)
                .send()
                .await
                .unwrap();
        }
    }
    server.signal("TERM").await;
    let (_, log) = server.wait().await;
    let refused: Vec<_> = log
        .lines()
        .filter(|line| line.contains("refused a page"))
        .collect();
    assert_eq!(refused.len(), 1, "{log}");
    for value in [STRANGER, "https://friend.example,http://localhost:*"] {
        assert!(refused[0].contains(value), "{refused:?}");
    }
}
