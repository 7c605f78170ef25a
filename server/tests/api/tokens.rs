//! Access tokens that are invalid, forged or of other issuers.

use crate::common::{App, SECRET, text};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use std::time::{SystemTime, UNIX_EPOCH};

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

fn signed(algorithm: Algorithm, claims: &Value, secret: &str) -> String {
    encode(
        &Header::new(algorithm),
        claims,
        &EncodingKey::from_secret(secret.as_bytes()),
    )
    .unwrap()
}

/// The token with another header, given in base64.
fn with_header(token: &str, header: &str) -> String {
    let (_, rest) = token.split_once('.').unwrap();
    format!("{header}.{rest}")
}

#[sqlx::test(migrations = "../migrations")]
async fn nobody_gets_in_without_a_good_token(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let good = &ada.access_token;
    let claims = json!({ "sub": ada.id, "exp": now() + 60 });
    let (head, signature) = good.rsplit_once('.').unwrap();
    let flipped = if signature.starts_with('A') { "B" } else { "A" };

    // {"alg":"none"}
    let none = with_header(good, "eyJhbGciOiJub25lIn0");
    let unsigned = format!("{}.", none.rsplit_once('.').unwrap().0);
    let bad = [
        ("empty", String::new()),
        ("no token", "abc".to_owned()),
        ("three dots", "a.b.c".to_owned()),
        ("tampered", format!("{head}.{flipped}{}", &signature[1..])),
        ("cut", good[..good.len() - 4].to_owned()),
        ("alg none", none),
        ("alg none, unsigned", unsigned),
        ("a refresh token", ada.refresh_token.clone()),
        (
            "another secret",
            signed(Algorithm::HS256, &claims, "another secret"),
        ),
        // {"alg":"HS512"}, of which the signature is none.
        (
            "another algorithm",
            with_header(good, "eyJhbGciOiJIUzUxMiJ9"),
        ),
        (
            "expired",
            signed(
                Algorithm::HS256,
                &json!({ "sub": ada.id, "exp": now() - 1 }),
                SECRET,
            ),
        ),
        (
            "for ever",
            signed(Algorithm::HS256, &json!({ "sub": ada.id }), SECRET),
        ),
        (
            "unknown user",
            signed(
                Algorithm::HS256,
                &json!({ "sub": "9999", "exp": now() + 60 }),
                SECRET,
            ),
        ),
        (
            "nobody",
            signed(Algorithm::HS256, &json!({ "exp": now() + 60 }), SECRET),
        ),
        ("a long one", "x".repeat(20_000)),
    ];
    for (what, token) in bad {
        let request = app.request(Method::GET, "/api/v1/me").bearer_auth(token);
        let response = request.send().await.unwrap();
        assert_eq!(response.status().as_u16(), 401, "{what}");
    }
    // Beyond the head that is read of anybody.
    let endless = app.request(Method::GET, "/api/v1/me");
    let endless = endless.bearer_auth("x".repeat(100_000)).send().await;
    assert_eq!(endless.unwrap().status().as_u16(), 431);
    for scheme in ["Basic YWRhOmFkYQ==", "Bearer", good.as_str()] {
        let request = app
            .request(Method::GET, "/api/v1/me")
            .header("authorization", scheme);
        let answer = app.send(request).await;
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        answer.refused(401, "unauthenticated");
    }
    ada.get("/me").await.expect(200);
}

#[sqlx::test(migrations = "../migrations")]
async fn a_token_of_a_friend_with_our_key_is_good(pool: PgPool) {
    let app = App::start(pool).await;
    let mut ada = app.person("ada").await;
    for claim in ["sub", "userId", "id"] {
        let claims = json!({ claim: ada.id, "exp": now() + 60 });
        ada.access_token = signed(Algorithm::HS256, &claims, SECRET);
        assert_eq!(
            ada.get("/me").await.expect(200)["username"],
            "ada",
            "{claim}"
        );
    }
}

#[sqlx::test(migrations = "../migrations")]
async fn everything_but_signing_in_needs_a_token(pool: PgPool) {
    let app = App::start(pool).await;
    let mut asked = 0;
    for (method, path, operation) in app.document().operations() {
        let open = operation["security"] == json!([]);
        let signs_in = path.starts_with("/api/v1/auth/") && path != "/api/v1/auth/logout";
        assert_eq!(open, signs_in, "{method} {path}");
        if open {
            continue;
        }
        let path = path
            .replace("{id}", "1")
            .replace("{userId}", "1")
            .replace("{emoji}", "x");
        app.send(app.request(method, &path))
            .await
            .refused(401, "unauthenticated");
        asked += 1;
    }
    assert!(asked > 25, "only {asked} operations are documented");
}

#[sqlx::test(migrations = "../migrations")]
async fn a_revoked_session_ends_at_once(pool: PgPool) {
    let app = App::start(pool).await;
    let ada = app.person("ada").await;
    let phone = app.login("ada").await;
    let sessions = ada.get("/me/sessions").await.items();
    assert_eq!(sessions.len(), 2);
    let other = sessions
        .iter()
        .find(|session| session["current"] == false)
        .unwrap();
    let path = format!("/me/sessions/{}", text(&other["id"]));

    // Nobody can revoke the session of another user.
    let outsider = app.person("outsider").await;
    outsider.delete(&path).await.refused(404, "not_found");

    ada.delete(&path).await.expect(204);
    phone.get("/me").await.refused(401, "unauthenticated");
    ada.delete(&path).await.refused(404, "not_found");
    ada.delete("/me/sessions/x").await.refused(404, "not_found");
    assert_eq!(ada.get("/me/sessions").await.items().len(), 1);
}
