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
}

/// A proxy may make another host of the one that the browser asks for, but it leaves the browser's own
/// comparison alone, which no page can write.
#[sqlx::test(migrations = "../migrations")]
async fn the_browsers_word_counts_where_a_proxy_changes_the_host(pool: PgPool) {
    let browser = Browser::start(pool).await;
    let origin = ("origin", "https://chat.example");
    let same = [origin, ("sec-fetch-site", "same-origin")];
    browser.ask(Method::PATCH, &same).await.expect(200);
    for other in ["same-site", "cross-site", "none"] {
        let headers = [origin, ("sec-fetch-site", other)];
        let refused = browser.ask(Method::PATCH, &headers).await;
        let problem = refused.refused(403, "forbidden");
        let detail = problem["detail"].as_str().unwrap();
        let host = browser.app.base().trim_start_matches("http://");
        assert!(
            detail.contains("https://chat.example") && detail.contains(host),
            "{detail}"
        );
    }
}

/// Browsers send the credentials of a proxy with every request: they prove nothing, and the cookie
/// counts beside them.
#[sqlx::test(migrations = "../migrations")]
async fn credentials_of_a_proxy_neither_help_a_stranger_nor_hide_the_cookie(pool: PgPool) {
    let browser = Browser::start(pool).await;
    for credentials in ["Basic dTpw", "Digest username=u", "Negotiate YII", "basic"] {
        let credentials = ("authorization", credentials);
        browser.ask(Method::GET, &[credentials]).await.expect(200);
        browser.ask(Method::PATCH, &[credentials]).await.expect(200);
        for foreign in [("origin", STRANGER), ("sec-fetch-site", "cross-site")] {
            let refused = browser.ask(Method::PATCH, &[credentials, foreign]).await;
            refused.refused(403, "forbidden");
        }
        let anonymous = browser.app.request(Method::GET, "/api/v1/me");
        let anonymous = anonymous.header(credentials.0, credentials.1);
        browser
            .app
            .send(anonymous)
            .await
            .refused(401, "unauthenticated");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn cookies_of_other_servers_on_the_host_do_no_harm(pool: PgPool) {
    let browser = Browser::start(pool).await;
    let (_, secret) = browser.cookie.rsplit_once('=').unwrap();
    let others = "parlance_session_00000000=a; parlance_session_11111111=b";
    for cookie in [
        format!("{others}; parlance_session={secret}"),
        format!("parlance_session_22222222={secret}; {others}"),
        format!("{others}; __Host-parlance_session_22222222={secret}"),
    ] {
        let request = browser.app.request(Method::GET, "/api/v1/me");
        browser
            .app
            .send(request.header("cookie", cookie))
            .await
            .expect(200);
    }
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
