//! Origins: a foreign page cannot use a user's session cookie.

use crate::common::{Answer, App, PASSWORD};
use model::Login;
use reqwest::{Method, header::HeaderMap};
use serde_json::json;
use sqlx::PgPool;

const FRIEND: &str = "https://friend.example";
const STRANGER: &str = "https://stranger.example";

/// A browser with the session cookie of Ada.
struct Browser {
    app: App,
    cookie: String,
}

impl Browser {
    async fn start(pool: PgPool) -> Self {
        let app = App::start_with(pool, &["--allowed-origins=https://friend.example"]).await;
        app.person("ada").await;
        let login = Login {
            login: "ada".to_owned(),
            password: PASSWORD.to_owned(),
        };
        let client = chat::Client::default();
        let who = app.chat().login(login, &client).await.unwrap();
        let session = app.chat().issue_cookie(&who, &client).await.unwrap();
        let cookie = format!("theme=dark; parlance_session={}", session.secret);
        Self { app, cookie }
    }

    async fn ask(&self, method: Method, headers: &[(&str, &str)]) -> Answer {
        let mut request = self
            .app
            .request(method.clone(), "/api/v1/me")
            .header("cookie", &self.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if method == Method::PATCH {
            request = request.json(&json!({ "name": "Ada" }));
        }
        self.app.send(request).await
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cookie_acts_for_pages_of_ours_and_of_friends(pool: PgPool) {
    let browser = Browser::start(pool).await;
    let own = browser.app.base().to_owned();
    browser.ask(Method::GET, &[]).await.expect(200);
    for headers in [
        vec![],
        vec![("origin", own.as_str())],
        vec![("origin", FRIEND), ("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-origin")],
    ] {
        browser.ask(Method::PATCH, &headers).await.expect(200);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_cookie_does_nothing_for_strangers(pool: PgPool) {
    let browser = Browser::start(pool).await;
    for headers in [
        [("origin", STRANGER)],
        [("origin", "null")],
        [("sec-fetch-site", "cross-site")],
        [("sec-fetch-site", "same-site")],
    ] {
        browser
            .ask(Method::PATCH, &headers)
            .await
            .refused(403, "forbidden");
    }
    let forged = [("origin", STRANGER), ("sec-fetch-site", "same-origin")];
    browser
        .ask(Method::PATCH, &forged)
        .await
        .refused(403, "forbidden");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_needs_no_origin_and_no_cookie_mends_a_bad_one(pool: PgPool) {
    let browser = Browser::start(pool).await;
    let grace = browser.app.person("grace").await;
    let request = grace
        .request(Method::PATCH, "/me")
        .header("origin", STRANGER);
    grace
        .send(request.json(&json!({ "name": "Grace" })))
        .await
        .expect(200);
    let bad = [("authorization", "Bearer nonsense")];
    browser
        .ask(Method::GET, &bad)
        .await
        .refused(401, "unauthenticated");
}

#[sqlx::test(migrations = "../migrations")]
async fn only_friends_may_read_answers(pool: PgPool) {
    let browser = Browser::start(pool).await;
    let allowed = |headers: &HeaderMap| headers.get("access-control-allow-origin").cloned();
    let friend = browser.ask(Method::GET, &[("origin", FRIEND)]).await;
    assert_eq!(allowed(&friend.headers).unwrap(), FRIEND);
    let stranger = browser.ask(Method::GET, &[("origin", STRANGER)]).await;
    assert_eq!(allowed(&stranger.headers), None);

    for (origin, expected) in [(FRIEND, true), (STRANGER, false)] {
        let preflight = browser
            .app
            .request(Method::OPTIONS, "/api/v1/me")
            .header("origin", origin)
            .header("access-control-request-method", "PATCH")
            .header(
                "access-control-request-headers",
                "authorization,content-type,idempotency-key",
            );
        let response = preflight.send().await.unwrap();
        assert_eq!(allowed(response.headers()).is_some(), expected, "{origin}");
    }
}
