//! The second factor that the operator demands, at every way in: until somebody has it, they may set it up, read themself,
//! and sign out.

use crate::api_tokens::attempt;
use crate::common::{
    App, PASSWORD, Person,
    authenticator::code,
    browser::Browser,
    client::{Client, Packet},
    text,
};
use crate::two_factor;
use crate::two_factor_pages::{SETTINGS, location, next_page, secret_of, set_cookie};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::PgPool;
use std::net::SocketAddr;

/// The contracts, each below its path.
const DOORS: [&str; 5] = ["groups", "rooms", "direct", "conversations", "broadcast"];

/// What somebody may do who owes a second factor.
const OPEN: [(&str, &str); 5] = [
    ("GET", "/api/v1/me"),
    ("POST", "/api/v1/auth/logout"),
    ("GET", "/api/v1/me/two-factor"),
    ("POST", "/api/v1/me/two-factor"),
    ("POST", "/api/v1/me/two-factor/enable"),
];

const OWED: &str = "two_factor_setup_required";

fn address(app: &App) -> SocketAddr {
    let address = app.base().strip_prefix("http://").unwrap();
    address.parse().unwrap()
}

async fn set_up(person: &Person) -> String {
    let password = json!({ "currentPassword": PASSWORD });
    let setup = person.post("/me/two-factor", password).await.expect(201);
    let secret = text(&setup["secret"]);
    let first = json!({ "code": code(&secret, 0) });
    person
        .post("/me/two-factor/enable", first)
        .await
        .expect(200);
    secret
}

#[sqlx::test(migrations = "../migrations")]
async fn every_route_but_a_few_is_closed_until_it_is_set_up(pool: PgPool) {
    let flags = [
        "--require-two-factor=everybody",
        &format!("--contracts={}", DOORS.join(",")),
    ];
    let app = App::start_with(pool, &flags).await;
    let new = json!({ "username": "ada", "password": PASSWORD });
    let made = app.nobody().post("/auth/register", new).await.expect(201);
    assert_eq!(made["twoFactorSetupRequired"], true);
    let ada = app.signed_in(&made);
    let operations = app.document().operations();
    let operations: Vec<_> = operations
        .map(|(method, path, operation)| (method, path.to_owned(), operation.clone()))
        .collect();
    let mut closed = 0;
    for (method, path, operation) in operations {
        if operation["security"] == json!([]) || path.ends_with("/auth/logout") {
            continue;
        }
        let (status, detail) = attempt(&app, &ada.access_token, &method, &path).await;
        let is_refused = status == 403 && detail.starts_with("Set up two-factor");
        let is_open = OPEN.contains(&(method.as_str(), path.as_str()));
        assert_eq!(is_refused, !is_open, "{method} {path}: {status} {detail}");
        closed += usize::from(is_refused);
    }
    assert!(closed > 100, "{closed}");
    ada.get("/conversations").await.refused(403, OWED);
    let (file, _) = attempt(&app, &ada.access_token, &Method::GET, "/uploads/1/a.png").await;
    assert_eq!(file, 403);
    let refresh = json!({ "refreshToken": made["refreshToken"] });
    let refused = app.nobody().post("/auth/refresh", refresh.clone()).await;
    refused.refused(403, OWED);
    for door in DOORS {
        let document = app.request(Method::GET, &format!("/contracts/{door}/openapi.json"));
        let document: Value = document.send().await.unwrap().json().await.unwrap();
        for (path, operations) in document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                if operation["security"] == json!([]) {
                    continue;
                }
                let method = method.to_uppercase().parse().unwrap();
                let path = format!("/contracts/{door}{path}")
                    .replace('{', "")
                    .replace('}', "");
                let (status, _) = attempt(&app, &ada.access_token, &method, &path).await;
                assert_eq!(status, 403, "{method} {path}");
            }
        }
    }
    let login = json!({ "email": "ada", "password": PASSWORD });
    let login = app
        .request(Method::POST, "/contracts/broadcast/api/v0/auth/login")
        .json(&login);
    let answer = login.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(!answer.text().await.unwrap().contains("token\""));

    set_up(&ada).await;
    ada.get("/conversations").await.expect(200);
    app.nobody()
        .post("/auth/refresh", refresh)
        .await
        .expect(200);
    let state = ada.get("/me/two-factor").await.expect(200);
    assert_eq!(state["required"], true);
}

#[sqlx::test(migrations = "../migrations")]
async fn sockets_close_with_the_role_that_demands_it(pool: PgPool) {
    let app = App::start_with(pool, &["--require-two-factor=admins"]).await;
    let (ada, grace) = (app.person("ada").await, app.person("grace").await);
    let token = json!({ "name": "x", "currentPassword": PASSWORD });
    let token = ada.post("/me/tokens", token).await.expect(201);
    let program = Person {
        access_token: text(&token["token"]),
        ..ada.clone()
    };
    let mut sockets = [
        Client::of(address(&app), &ada.access_token).await,
        Client::of(address(&app), &program.access_token).await,
    ];
    let mut other = Client::of(address(&app), &grace.access_token).await;
    app.promote(&ada).await;
    for socket in &mut sockets {
        while !matches!(socket.packet().await, Some(Packet::Disconnect) | None) {}
    }
    for token in [&ada.access_token, &program.access_token] {
        let refused = Client::connect(address(&app), token).await.err();
        assert!(refused.unwrap().starts_with(OWED));
    }
    program.get("/me").await.refused(403, OWED);
    other.emit_ok("sync", &json!({ "conversations": {} })).await;
}

#[sqlx::test(migrations = "../migrations")]
async fn pages_lead_to_the_set_up_without_scripts(pool: PgPool) {
    let app = App::start_with(pool, &["--require-two-factor=everybody"]).await;
    let ada = app.administrator("ada").await;
    let visitor = Browser::new(&app);
    let login = [
        ("login", "ada"),
        ("password", PASSWORD),
        ("next", "/settings"),
    ];
    let signed_in = visitor.post("/sign-in", "sign-in", &login).await;
    assert_eq!(location(&signed_in), "/settings");
    let browser = visitor.after(&signed_in);
    for path in [
        "/",
        "/settings",
        "/settings/password",
        "/administration/people",
        "/c/1",
        "/sign-in",
        "/nothing",
    ] {
        assert_eq!(location(&browser.open(path).await), SETTINGS, "{path}");
    }
    let page = browser.page(SETTINGS).await;
    assert!(page.contains("This server demands two-factor") && page.contains("Sign out"));
    assert!(!page.contains("Back to settings"));
    // No other form does anything.
    let change = [
        ("current_password", PASSWORD),
        ("new_password", "a tin roof in the rain"),
    ];
    let refused = browser
        .post("/settings/password", "change-password", &change)
        .await;
    assert!(!location(&refused).contains("changed"));
    app.login("ada").await;

    let right = [("current_password", PASSWORD)];
    let begun = browser.post(SETTINGS, "begin-two-factor", &right).await;
    let page = next_page(&browser, &begun).await;
    let first = code(&secret_of(&page), 0);
    let enabled = browser
        .post(SETTINGS, "enable-two-factor", &[("code", &first)])
        .await;
    let page = next_page(&browser, &enabled).await;
    assert!(page.contains("<pre") && page.contains("To your conversations"));
    assert!(!page.contains("Turn off") && page.contains("it stays on"));
    assert!(browser.page("/settings").await.contains("On: signing in"));
    app.person("grace").await;
    let people = browser.page("/administration/people?query=grace").await;
    assert!(people.contains("No two-factor yet"));
    ada.get("/me").await.refused(401, "unauthenticated");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_browser_that_is_remembered_shows_no_code(pool: PgPool) {
    let app = App::start(pool).await;
    let factor = two_factor::ada(&app).await;
    let visitor = Browser::new(&app);
    let login = [("login", "ada"), ("password", PASSWORD)];
    let asked = visitor.post("/sign-in", "sign-in", &login).await;
    let waiting = visitor.after(&asked);
    let page = waiting.page("/sign-in/code").await;
    assert!(page.contains("Don't ask again in this browser for 30 days"));
    let code = code(&factor.secret, 1);
    let fields = [("code", code.as_str()), ("remember", "yes")];
    let done = waiting.post("/sign-in/code", "sign-in-code", &fields).await;
    assert_eq!(location(&done), "/");
    let kept = set_cookie(&done, "parlance_remembered").unwrap();
    for attribute in ["HttpOnly", "SameSite=Lax", "Max-Age=2592000"] {
        assert!(kept.contains(attribute), "{kept}");
    }
    let browser = visitor.after(&done);
    let again = browser.post("/sign-in", "sign-in", &login).await;
    assert_eq!(location(&again), "/");
    let settings = browser.page(SETTINGS).await;
    assert!(settings.contains("Where no code is asked for"));
    let listed = factor.ada.get("/me/two-factor/devices").await.items();
    assert_eq!(listed.len(), 1);
    let id = text(&listed[0]["id"]);
    let forgotten = browser
        .post(SETTINGS, "forget-device", &[("id", &id)])
        .await;
    assert_eq!(location(&forgotten), SETTINGS);
    let asked = browser.post("/sign-in", "sign-in", &login).await;
    assert_eq!(location(&asked), "/sign-in/code");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_program_that_is_remembered_shows_no_code(pool: PgPool) {
    let app = App::start(pool).await;
    let factor = two_factor::ada(&app).await;
    let nobody = app.nobody();
    let password = json!({ "login": "ada", "password": PASSWORD });
    let asked = nobody.post("/auth/login", password.clone()).await;
    let ticket = asked.refused(401, "two_factor_required")["ticket"].clone();
    let answer =
        json!({ "ticket": ticket, "code": code(&factor.secret, 1), "rememberDevice": true });
    let signed_in = nobody.post("/auth/two-factor", answer).await.expect(200);
    let mut with_device = password;
    with_device["deviceToken"] = signed_in["deviceToken"].clone();
    let again = nobody.post("/auth/login", with_device.clone()).await;
    assert!(again.expect(200).get("deviceToken").is_none());
    let outsider = app.person("outsider").await;
    let listed = factor.ada.get("/me/two-factor/devices").await.items();
    let path = format!("/me/two-factor/devices/{}", text(&listed[0]["id"]));
    outsider.delete(&path).await.refused(404, "not_found");
    factor.ada.delete(&path).await.expect(204);
    let again = nobody.post("/auth/login", with_device).await;
    again.refused(401, "two_factor_required");
}
