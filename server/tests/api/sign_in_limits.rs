//! Limits of signing in: by account, by network, and what lets an owner in while others guess.

use crate::common::{Answer, App, PASSWORD};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;
use sqlx::PgPool;

const WRONG: &str = "a guess, and a long one";

/// Flags of a server behind a proxy on this machine, so that tests have many addresses.
const FLAGS: [&str; 4] = [
    "--trusted-proxies=127.0.0.1",
    "--rate-limit-wrong-passwords=3",
    "--rate-limit-wrong-passwords-per-network=6",
    "--rate-limit-wrong-passwords-per-account=8",
];

async fn login(app: &App, address: &str, name: &str, password: &str) -> Answer {
    login_with(app, address, name, password, "").await
}

async fn login_with(app: &App, address: &str, name: &str, password: &str, cookie: &str) -> Answer {
    let request = app.request(Method::POST, "/api/v1/auth/login");
    let request = request
        .header("x-forwarded-for", address)
        .header("cookie", cookie)
        .json(&json!({ "login": name, "password": password }));
    app.send(request).await
}

/// The cookie that an answer sets, as its client sends it back.
fn device_of(answer: &Answer) -> String {
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("parlance_device="), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
    cookie.split(';').next().unwrap().to_owned()
}

#[sqlx::test(migrations = "../migrations")]
async fn a_64_of_ipv6_is_one_network(pool: PgPool) {
    let app = App::start_with(pool, &FLAGS).await;
    app.person("ada").await;
    for host in 1..=3 {
        let address = format!("2001:db8:0:1::{host}");
        login(&app, &address, "ada", WRONG)
            .await
            .refused(401, "unauthenticated");
    }
    login(&app, "2001:db8:0:1:ffff::4", "ada", PASSWORD)
        .await
        .refused(429, "too_many_requests");
    login(&app, "2001:db8:0:2::1", "ada", PASSWORD)
        .await
        .expect(200);
    // An address of IPv4 in the form of IPv6 is no other one.
    for address in ["::ffff:192.0.2.7", "192.0.2.7", "::ffff:c000:207"] {
        login(&app, address, "ada", WRONG)
            .await
            .refused(401, "unauthenticated");
    }
    login(&app, "192.0.2.7", "ada", PASSWORD)
        .await
        .refused(429, "too_many_requests");
}

#[sqlx::test(migrations = "../migrations")]
async fn registrations_of_a_64_are_of_one_network(pool: PgPool) {
    let flags = [
        "--trusted-proxies=127.0.0.1",
        "--rate-limit=on",
        "--rate-limit-registrations-per-hour=2",
    ];
    let app = App::start_with(pool, &flags).await;
    let register = |address: &'static str, name: &'static str| {
        let request = app.request(Method::POST, "/api/v1/auth/register");
        let new = json!({ "username": name, "password": PASSWORD });
        app.send(request.header("x-forwarded-for", address).json(&new))
    };
    register("2001:db8::1", "one").await.expect(201);
    register("2001:db8::2:0:0:1", "two").await.expect(201);
    register("2001:db8::3", "three")
        .await
        .refused(429, "too_many_requests");
    register("2001:db8:0:1::1", "four").await.expect(201);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_network_is_limited_over_all_accounts(pool: PgPool) {
    let app = App::start_with(pool, &FLAGS).await;
    app.person("grace").await;
    for n in 0..6 {
        let name = format!("nobody{n}");
        login(&app, "192.0.2.1", &name, WRONG)
            .await
            .refused(401, "unauthenticated");
    }
    login(&app, "192.0.2.1", "grace", PASSWORD)
        .await
        .refused(429, "too_many_requests");
    // Those who have signed in from it before are let in.
    login(&app, "192.0.2.2", "grace", PASSWORD)
        .await
        .expect(200);
    for n in 0..6 {
        let name = format!("nobody{n}");
        login(&app, "192.0.2.2", &name, WRONG)
            .await
            .refused(401, "unauthenticated");
    }
    login(&app, "192.0.2.2", "grace", PASSWORD)
        .await
        .expect(200);
    login(&app, "192.0.2.2", "nobody9", WRONG)
        .await
        .refused(429, "too_many_requests");
}

#[sqlx::test(migrations = "../migrations")]
async fn an_account_is_limited_over_all_networks_but_not_for_its_owner(pool: PgPool) {
    let app = App::start_with(pool, &FLAGS).await;
    app.person("ada").await;
    login(&app, "198.51.100.1", "ada", PASSWORD)
        .await
        .expect(200);
    let device = device_of(&login(&app, "198.51.100.2", "ada", PASSWORD).await);
    for n in 1..=8 {
        let address = format!("203.0.113.{n}");
        // Its names are one account.
        login(&app, &address, " ADA", WRONG)
            .await
            .refused(401, "unauthenticated");
    }
    // Strangers wait, also with the right password.
    login(&app, "203.0.113.9", "ada", PASSWORD)
        .await
        .refused(429, "too_many_requests");
    // The owner does not: in a network or with a browser that has signed in before.
    login(&app, "198.51.100.1", "ada", PASSWORD)
        .await
        .expect(200);
    login_with(&app, "203.0.113.10", "ada", PASSWORD, &device)
        .await
        .expect(200);
    // Such a network has its own limit.
    for _ in 0..3 {
        login(&app, "198.51.100.1", "ada", WRONG)
            .await
            .refused(401, "unauthenticated");
    }
    login(&app, "198.51.100.1", "ada", PASSWORD)
        .await
        .refused(429, "too_many_requests");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_browser_is_not_refused_for_the_guesses_of_its_network(pool: PgPool) {
    let app = App::start_with(pool, &FLAGS).await;
    app.person("ada").await;
    app.person("grace").await;
    let of_ada = device_of(&login(&app, "192.0.2.1", "ada", PASSWORD).await);
    for _ in 0..3 {
        login(&app, "192.0.2.1", "ada", WRONG)
            .await
            .refused(401, "unauthenticated");
    }
    login(&app, "192.0.2.1", "ada", PASSWORD)
        .await
        .refused(429, "too_many_requests");
    let again = login_with(&app, "192.0.2.1", "ada", PASSWORD, &of_ada).await;
    let of_ada = device_of(&again);
    // A browser may be of several people, and stays so.
    let both = login_with(&app, "192.0.2.9", "grace", PASSWORD, &of_ada).await;
    let both = device_of(&both);
    login_with(&app, "192.0.2.1", "ada", PASSWORD, &both)
        .await
        .expect(200);
    // It is known to these accounts alone, guesses no more than others, and cannot be forged.
    let of_grace = device_of(&login(&app, "192.0.2.8", "grace", PASSWORD).await);
    let forged = format!("{}x", &of_ada[..of_ada.len() - 1]);
    for cookie in [&of_grace, &forged, "parlance_device=~~~~"] {
        login_with(&app, "192.0.2.1", "ada", PASSWORD, cookie)
            .await
            .refused(429, "too_many_requests");
    }
    for _ in 0..3 {
        login_with(&app, "192.0.2.1", "ada", WRONG, &of_ada)
            .await
            .refused(401, "unauthenticated");
    }
    login_with(&app, "192.0.2.1", "ada", PASSWORD, &of_ada)
        .await
        .refused(429, "too_many_requests");
    // It is no token either.
    let value = of_ada.split_once('=').unwrap().1;
    let me = app.request(Method::GET, "/api/v1/me").bearer_auth(value);
    app.send(me).await.refused(401, "unauthenticated");
}

#[sqlx::test(migrations = "../migrations")]
async fn long_names_and_passwords_are_wrong_and_long_bodies_are_refused(pool: PgPool) {
    let app = App::start_with(pool, &FLAGS).await;
    app.person("ada").await;
    let long = "x".repeat(5000);
    login(&app, "192.0.2.1", &long, PASSWORD)
        .await
        .refused(401, "unauthenticated");
    login(&app, "192.0.2.1", "ada", &long)
        .await
        .refused(401, "unauthenticated");
    let longer = "x".repeat(255_000);
    for (path, body) in [
        (
            "/api/v1/auth/login",
            json!({ "login": longer, "password": longer }),
        ),
        (
            "/api/v1/auth/register",
            json!({ "username": longer, "password": longer }),
        ),
        ("/api/v1/auth/refresh", json!({ "refreshToken": longer })),
    ] {
        let answer = app.send(app.request(Method::POST, path).json(&body)).await;
        answer.refused(413, "invalid");
    }
}

/// So many sign-ins at the same time.
async fn all_at_once(logins: impl Iterator<Item = impl Future<Output = Answer>>) {
    for answer in join_all(logins).await {
        answer.expect(200);
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn right_passwords_at_the_same_time_are_no_wrong_ones(pool: PgPool) {
    let app = App::start_with(pool, &FLAGS).await;
    app.person("ada").await;
    // Three wrong ones would be too many.
    all_at_once((0..12).map(|_| login(&app, "192.0.2.1", "ada", PASSWORD))).await;
    let guesses = (0..12).map(|_| login(&app, "192.0.2.2", "ada", WRONG));
    let guesses = join_all(guesses).await;
    let wrong = guesses.iter().filter(|it| it.status == 401).count();
    assert_eq!(wrong, 3);
    let refused = login(&app, "192.0.2.2", "ada", PASSWORD).await;
    let detail = refused.refused(429, "too_many_requests")["detail"].to_string();
    assert!(
        detail.contains("Too many requests: wrong passwords."),
        "{detail}"
    );
}

#[sqlx::test(migrations = "../migrations")]
async fn an_office_signs_in_at_the_same_time(pool: PgPool) {
    let app = App::start_with(pool.clone(), &["--trusted-proxies=127.0.0.1"]).await;
    app.person("ada").await;
    let colleagues = "insert into users (username, name, password_hash)
        select 'colleague' || n, 'Colleague', password_hash from users, generate_series(1, 100) n
        where username = 'ada'";
    sqlx::query(colleagues).execute(&pool).await.unwrap();
    let names: Vec<_> = (1..=100).map(|n| format!("colleague{n}")).collect();
    let office = names.iter();
    all_at_once(office.map(|name| login(&app, "192.0.2.1", name, PASSWORD))).await;
}
