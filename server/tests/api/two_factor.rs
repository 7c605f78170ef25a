//! The second factor over the API, and every way in that a password opens.

use crate::common::{
    App, PASSWORD, Person,
    authenticator::{code, wrong_code},
    text,
};
use reqwest::Method;
use serde_json::{Map, Value, json};
use sqlx::PgPool;

/// The contracts, each below its path.
const DOORS: [&str; 5] = ["groups", "rooms", "direct", "conversations", "broadcast"];

/// Whoever has a second factor, and their recovery codes.
pub struct Factor {
    pub ada: Person,
    pub secret: String,
    pub recovery_codes: Vec<String>,
}

pub async fn ada(app: &App) -> Factor {
    let ada = app.person("ada").await;
    let password = json!({ "currentPassword": PASSWORD });
    let setup = ada.post("/me/two-factor", password).await.expect(201);
    let secret = text(&setup["secret"]);
    let first = json!({ "code": code(&secret, 0) });
    let enabled = ada.post("/me/two-factor/enable", first).await.expect(200);
    let codes = enabled["recoveryCodes"].as_array().unwrap();
    Factor {
        recovery_codes: codes.iter().map(text).collect(),
        ada,
        secret,
    }
}

fn password() -> Value {
    json!({ "login": "ada", "password": PASSWORD })
}

/// The ticket of a right password.
async fn ticket(app: &App) -> String {
    let asked = app.nobody().post("/auth/login", password()).await;
    text(&asked.refused(401, "two_factor_required")["ticket"])
}

#[sqlx::test(migrations = "../migrations")]
async fn a_sign_in_takes_two_requests(pool: PgPool) {
    let app = App::start(pool).await;
    let nobody = app.nobody();
    let none = app.person("outsider").await;
    let state = none.get("/me/two-factor").await.expect(200);
    assert_eq!(
        state,
        json!({ "enabledAt": null, "recoveryCodesLeft": 0, "resetAt": null, "required": false })
    );
    let Factor { ada, secret, .. } = ada(&app).await;
    let ticket = ticket(&app).await;
    let answer = |code: String| json!({ "ticket": ticket, "code": code });
    let wrong = nobody.post("/auth/two-factor", answer(wrong_code(&secret)));
    let problem = wrong.await.refused(422, "invalid");
    assert_eq!(problem["errors"][0]["field"], "code");
    let right = answer(code(&secret, 1));
    let signed_in = nobody.post("/auth/two-factor", right.clone()).await;
    assert!(
        signed_in.headers["set-cookie"]
            .to_str()
            .unwrap()
            .starts_with("parlance_device=")
    );
    let again = app.signed_in(&signed_in.expect(200));
    assert_eq!(again.id, ada.id);
    again.get("/me").await.expect(200);
    let refused = nobody.post("/auth/two-factor", right).await;
    let problem = refused.refused(401, "unauthenticated");
    assert_eq!(problem["ticket"], Value::Null);
    let wrong = json!({ "login": "ada", "password": "wrong horse battery" });
    let problem = nobody.post("/auth/login", wrong).await;
    let problem = problem.refused(401, "unauthenticated");
    assert_eq!(problem["ticket"], Value::Null);
}

#[sqlx::test(migrations = "../migrations")]
async fn it_is_changed_with_password_and_code(pool: PgPool) {
    let app = App::start(pool).await;
    let Factor {
        ada,
        secret,
        recovery_codes,
    } = ada(&app).await;
    let outsider = app.person("outsider").await;
    let begin = ada.post("/me/two-factor", json!({ "currentPassword": PASSWORD }));
    begin.await.refused(409, "conflict");
    let proof = |code: &str| json!({ "currentPassword": PASSWORD, "code": code });
    for path in ["/me/two-factor/disable", "/me/two-factor/recovery-codes"] {
        let nobody = app.nobody();
        let none = nobody.post(path, proof(&recovery_codes[0])).await;
        none.refused(401, "unauthenticated");
        let none = outsider.post(path, proof(&recovery_codes[0])).await;
        none.refused(409, "conflict");
        let wrong = ada.post(path, proof(&wrong_code(&secret))).await;
        wrong.refused(422, "invalid");
        let wrong = json!({ "currentPassword": "wrong horse", "code": recovery_codes[0] });
        let problem = ada.post(path, wrong).await.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], "currentPassword");
    }
    let path = "/me/two-factor/recovery-codes";
    let renewed = ada.post(path, proof(&recovery_codes[0])).await.expect(200);
    let state = ada.get("/me/two-factor").await.expect(200);
    assert_eq!(state["recoveryCodesLeft"], 10);
    let path = "/me/two-factor/disable";
    let old = ada.post(path, proof(&recovery_codes[1])).await;
    old.refused(422, "invalid");
    let new = text(&renewed["recoveryCodes"][0]);
    ada.post(path, proof(&new)).await.expect(204);
    app.login("ada").await;
}

#[sqlx::test(migrations = "../migrations")]
async fn an_administrator_resets_it(pool: PgPool) {
    let app = App::start(pool).await;
    let Factor { ada, .. } = ada(&app).await;
    let admin = app.administrator("grace").await;
    let outsider = app.person("outsider").await;
    let path = format!("/accounts/{}/two-factor", ada.id);
    outsider.delete(&path).await.refused(403, "forbidden");
    let own = format!("/accounts/{}/two-factor", admin.id);
    admin.delete(&own).await.refused(409, "conflict");
    let listed = admin.get("/accounts?query=ada").await.items();
    assert_eq!(listed[0]["hasTwoFactor"], true);
    admin.delete(&path).await.expect(204);
    ada.get("/me").await.refused(401, "unauthenticated");
    let ada = app.login("ada").await;
    let state = ada.get("/me/two-factor").await.expect(200);
    assert!(state["resetAt"].is_string() && state["enabledAt"].is_null());
    admin.delete(&path).await.expect(204);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_password_by_a_link_asks_for_a_code(pool: PgPool) {
    let app = App::start(pool).await;
    let Factor { ada, secret, .. } = ada(&app).await;
    let admin = app.administrator("grace").await;
    let path = format!("/accounts/{}/password-reset", ada.id);
    let link = admin.post_empty(&path).await.expect(201);
    let choice = json!({ "token": link["token"], "password": "a tin roof in the rain" });
    let chosen = app.nobody().post("/auth/reset-password", choice).await;
    let ticket = text(&chosen.refused(401, "two_factor_required")["ticket"]);
    let answer = json!({ "ticket": ticket, "code": code(&secret, 1) });
    app.nobody()
        .post("/auth/two-factor", answer)
        .await
        .expect(200);
}

/// A body with every field that the schema of an operation names, of whoever has the password.
fn filled_in(schema: &Value, token: &str) -> Value {
    let properties = schema["properties"].as_object().unwrap();
    let known = [
        ("login", "ada"),
        ("email", "ada@example.org"),
        ("username", "ada"),
        ("password", PASSWORD),
        ("currentPassword", PASSWORD),
        ("token", token),
    ];
    let value = |name: &str| known.iter().find(|(known, _)| *known == name);
    let fields = properties
        .keys()
        .filter_map(|name| Some((name.clone(), json!(value(name)?.1))));
    Value::Object(fields.collect::<Map<_, _>>())
}

/// The operations of a document that take a password of somebody who is not signed in: path and schema.
fn ways_in(document: &Value) -> Vec<(String, Value)> {
    let components = &document["components"]["schemas"];
    let resolve = |schema: &Value| match schema["$ref"].as_str() {
        Some(name) => components[name.rsplit('/').next().unwrap()].clone(),
        None => schema.clone(),
    };
    let paths = document["paths"].as_object().unwrap();
    let operations = paths
        .iter()
        .filter_map(|(path, operations)| Some((path, operations.get("post")?)));
    operations
        .filter_map(|(path, operation)| {
            let body = &operation["requestBody"]["content"]["application/json"]["schema"];
            let mut schema = resolve(body);
            // A body of several parts has the properties of all.
            for part in schema["allOf"].as_array().cloned().unwrap_or_default() {
                let part = resolve(&part);
                for (name, property) in part["properties"].as_object().into_iter().flatten() {
                    schema["properties"][name] = property.clone();
                }
            }
            schema["properties"].get("password")?;
            Some((path.clone(), schema))
        })
        .collect()
}

#[sqlx::test(migrations = "../migrations")]
async fn no_password_opens_any_door_by_itself(pool: PgPool) {
    let flag = format!("--contracts={}", DOORS.join(","));
    let app = App::start_with(pool.clone(), &[&flag]).await;
    let Factor { ada, secret, .. } = ada(&app).await;
    let email = json!({ "email": "ada@example.org" });
    ada.patch("/me", email).await.expect(200);
    let admin = app.administrator("grace").await;
    let sessions = async || -> i64 {
        let count = "select count(*) from sessions s join users u on u.id = s.user_id
            where u.username = 'ada' and s.revoked_at is null";
        sqlx::query_scalar(count).fetch_one(&pool).await.unwrap()
    };
    let mut tried = Vec::new();
    let main = [(String::new(), "/api/v1/openapi.json".to_owned())];
    let doors = DOORS.map(|door| {
        let base = format!("/contracts/{door}");
        (base.clone(), format!("{base}/openapi.json"))
    });
    for (base, document) in main.into_iter().chain(doors) {
        let answer = app.request(Method::GET, &document).send().await.unwrap();
        let document: Value = answer.json().await.unwrap();
        for (path, schema) in ways_in(&document) {
            let reset = format!("/accounts/{}/password-reset", ada.id);
            let link = admin.post_empty(&reset).await.expect(201);
            let body = filled_in(&schema, &text(&link["token"]));
            let path = format!("{base}{path}");
            let answer = app.request(Method::POST, &path).json(&body).send().await;
            let answer = answer.unwrap();
            let status = answer.status().as_u16();
            let said = answer.text().await.unwrap();
            assert!(matches!(status, 401 | 409), "{path}: {status} {said}");
            for word in ["accessToken", "refreshToken", "\"token\""] {
                assert!(!said.contains(word), "{path}: {said}");
            }
            tried.push(path);
        }
    }
    for known in [
        "/api/v1/auth/login",
        "/api/v1/auth/register",
        "/api/v1/auth/reset-password",
        "/contracts/broadcast/api/v0/auth/login",
    ] {
        assert!(tried.iter().any(|path| path == known), "{tried:?}");
    }
    // Nor a request with the password as Basic credentials.
    let basic = app.request(Method::GET, "/api/v1/me");
    let basic = app.send(basic.basic_auth("ada", Some(PASSWORD))).await;
    basic.refused(401, "unauthenticated");
    // The link has ended those that there were.
    assert_eq!(sessions().await, 0);
    let answer = json!({ "ticket": ticket(&app).await, "code": code(&secret, 1) });
    app.nobody()
        .post("/auth/two-factor", answer)
        .await
        .expect(200);
}

#[sqlx::test(migrations = "../migrations")]
async fn the_door_with_a_sign_in_of_its_own_says_where_to_go(pool: PgPool) {
    let app = App::start_with(pool, &["--contracts=broadcast"]).await;
    let factor = ada(&app).await;
    let path = "/contracts/broadcast/api/v0/auth/login";
    let login = json!({ "email": "ada", "password": PASSWORD });
    let answer = app.request(Method::POST, path).json(&login).send().await;
    let answer = answer.unwrap();
    assert_eq!(answer.status(), 401);
    let body: Value = answer.json().await.unwrap();
    let expected = json!({ "success": false,
        "message": "This account has two-factor authentication: sign in at Parlance" });
    assert_eq!(body, expected);
    let status = "/contracts/broadcast/api/v0/chat/unread-count";
    let status = app.request(Method::GET, status);
    let status = status.bearer_auth(&factor.ada.access_token).send().await;
    assert_eq!(status.unwrap().status(), 200);
}
