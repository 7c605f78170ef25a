//! Registration, signing in and out, and the rotation of refresh tokens.

use crate::common::{App, PASSWORD};
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

#[sqlx::test(migrations = "../migrations")]
async fn nobody_is_an_administrator_by_being_first(pool: PgPool) {
    let app = App::start(pool).await;
    let new = json!({
        "username": "ada", "password": PASSWORD, "name": "Ada Lovelace", "email": "ada@example.org"
    });
    let first = app.nobody().post("/auth/register", new).await.expect(201);
    assert_eq!(first["user"]["role"], "member");
    assert_eq!(first["user"]["name"], "Ada Lovelace");
    assert_eq!(first["expiresIn"], 900);

    let new = json!({ "username": "grace", "password": PASSWORD });
    let second = app.nobody().post("/auth/register", new).await.expect(201);
    assert_eq!(second["user"]["role"], "member");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_username_is_unique(pool: PgPool) {
    let app = App::start(pool).await;
    app.person("ada").await;
    for username in ["ada", "ADA"] {
        let new = json!({ "username": username, "password": PASSWORD });
        app.nobody()
            .post("/auth/register", new)
            .await
            .refused(409, "conflict");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn invalid_registrations_are_refused(pool: PgPool) {
    let app = App::start(pool).await;
    for (field, value) in [
        ("username", json!("a")),
        ("username", json!("white space")),
        ("username", json!("x".repeat(33))),
        ("password", json!("short")),
        ("password", json!("x".repeat(1000))),
        ("email", json!("nowhere")),
        ("name", json!("x".repeat(81))),
    ] {
        let mut new = json!({ "username": "ada", "password": PASSWORD });
        new[field] = value;
        let problem = app
            .nobody()
            .post("/auth/register", new)
            .await
            .refused(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn sign_in_takes_a_username_or_an_email_address(pool: PgPool) {
    let app = App::start(pool).await;
    let new = json!({ "username": "ada", "password": PASSWORD, "email": "ada@example.org" });
    app.nobody().post("/auth/register", new).await.expect(201);
    for login in ["ada", "Ada", "ada@example.org", "ADA@example.org"] {
        let login = json!({ "login": login, "password": PASSWORD });
        let signed_in = app.nobody().post("/auth/login", login).await.expect(200);
        assert_eq!(signed_in["user"]["username"], "ada");
    }
    for (login, password) in [("ada", "wrong password"), ("nobody", PASSWORD), ("", "")] {
        let login = json!({ "login": login, "password": password });
        app.nobody()
            .post("/auth/login", login)
            .await
            .refused(401, "unauthenticated");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn a_refresh_token_gets_one_successor_and_its_late_reuse_ends_the_session(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let other = app.login("ada").await;

    let refresh = json!({ "refreshToken": ada.refresh_token });
    let next = app
        .nobody()
        .post("/auth/refresh", refresh.clone())
        .await
        .expect(200);
    let next = app.signed_in(&next);
    assert_ne!(next.refresh_token, ada.refresh_token);
    next.get("/me").await.expect(200);

    // The answer was lost, or another tab asks at once.
    let again = app
        .nobody()
        .post("/auth/refresh", refresh.clone())
        .await
        .expect(200);
    assert_eq!(again["refreshToken"], next.refresh_token);
    let used = json!({ "refreshToken": next.refresh_token });
    let last = app.nobody().post("/auth/refresh", used).await.expect(200);

    app.nobody()
        .post("/auth/refresh", refresh)
        .await
        .refused(401, "unauthenticated");
    let refresh = json!({ "refreshToken": last["refreshToken"] });
    app.nobody()
        .post("/auth/refresh", refresh)
        .await
        .refused(401, "unauthenticated");
    next.get("/me").await.refused(401, "unauthenticated");
    ada.get("/me").await.refused(401, "unauthenticated");

    // Another session of the same user goes on.
    other.get("/me").await.expect(200);
}

#[sqlx::test(migrations = "../migrations")]
async fn invalid_refresh_tokens_are_refused(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    for token in ["", "x", &ada.access_token, "\u{0}"] {
        let refresh = json!({ "refreshToken": token });
        app.nobody()
            .post("/auth/refresh", refresh)
            .await
            .refused(401, "unauthenticated");
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn logging_out_ends_this_session_only(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let other = app.login("ada").await;
    ada.post_empty("/auth/logout").await.expect(204);
    ada.get("/me").await.refused(401, "unauthenticated");
    let refresh = json!({ "refreshToken": ada.refresh_token });
    app.nobody()
        .post("/auth/refresh", refresh)
        .await
        .refused(401, "unauthenticated");
    other.get("/me").await.expect(200);
}

/// Two people in one browser, one after the other: an old page has the cookie of the second one.
#[sqlx::test(migrations = "../migrations")]
async fn a_page_asks_as_its_own_user_and_as_nobody_else(pool: PgPool) {
    let app = App::start(pool).await;
    let (ada, grace) = (app.person("ada").await, app.person("grace").await);
    let login = model::Login {
        login: "grace".to_owned(),
        password: PASSWORD.to_owned(),
    };
    let client = chat::Client::default();
    let who = app.chat().login(login, &client).await.unwrap();
    let session = app.chat().issue_cookie(&who, &client).await.unwrap();
    let status = async |user: Option<&str>| {
        let request = app.request(Method::GET, "/api/v1/me/drafts");
        let request = request.header("cookie", format!("parlance_session={}", session.secret));
        let request = match user {
            Some(user) => request.header("parlance-user", user),
            None => request,
        };
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(status(None).await, 200);
    assert_eq!(status(Some(&grace.id)).await, 200);
    assert_eq!(status(Some(&ada.id)).await, 401);
    assert_eq!(status(Some("é")).await, 401);
}
