//! Tokens of apps: keys and algorithms, times, issuers and audiences, and the doors at which they are
//! taken.

use crate::{
    app_fixtures::{SHOP, app, chat_with, in_seconds, shop, signed, token},
    fixtures::{SECRET, refused},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chat::{AppConfig, Chat, Client, Error, IssuerKey, TokenRules, auth_error};
use jsonwebtoken::{Algorithm, EncodingKey};
use model::{ErrorCode, Register};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

const P256: &[u8] = include_bytes!("keys/p256.public.pem");
const RSA: &[u8] = include_bytes!("public.pem");

/// An app with public keys of each type.
fn with_public_keys() -> AppConfig {
    let pems = [
        RSA,
        P256,
        include_bytes!("keys/p384.public.pem"),
        include_bytes!("keys/ed25519.public.pem"),
    ];
    AppConfig {
        keys: pems.map(|pem| IssuerKey::Pem(pem.to_vec())).to_vec(),
        ..AppConfig::new("bank")
    }
}

async fn is_accepted(chat: &Chat, token: &str) -> bool {
    match chat.authenticate(token).await {
        Ok(caller) => caller.app_id.is_some(),
        Err(Error::Unauthenticated(_)) => false,
        Err(other) => panic!("{other:?}"),
    }
}

#[sqlx::test(migrations = "../../migrations")]
async fn each_algorithm_is_verified_by_a_key_of_its_type(db: PgPool) {
    use Algorithm::{ES256, ES384, EdDSA, HS256, HS384, HS512, PS256, RS256, RS384, RS512};
    let chat = chat_with(db, vec![shop(), with_public_keys()]);
    let claims = json!({ "sub": "6", "exp": in_seconds(60) });
    let rsa = EncodingKey::from_rsa_pem(include_bytes!("private.pem")).unwrap();
    let p256 = EncodingKey::from_ec_pem(include_bytes!("keys/p256.pem")).unwrap();
    let p384 = EncodingKey::from_ec_pem(include_bytes!("keys/p384.pem")).unwrap();
    let ed25519 = EncodingKey::from_ed_pem(include_bytes!("keys/ed25519.pem")).unwrap();
    let secret = EncodingKey::from_secret(SHOP);
    for (algorithms, key) in [
        (&[HS256, HS384, HS512][..], &secret),
        (&[RS256, RS384, RS512, PS256], &rsa),
        (&[ES256], &p256),
        (&[ES384], &p384),
        (&[EdDSA], &ed25519),
    ] {
        for algorithm in algorithms {
            let good = signed(&claims, *algorithm, key);
            assert!(is_accepted(&chat, &good).await, "{algorithm:?}");
            let (start, signature) = good.rsplit_once('.').unwrap();
            let flipped = if signature.starts_with('A') { "B" } else { "A" };
            let forged = format!("{start}.{flipped}{}", &signature[1..]);
            assert!(!is_accepted(&chat, &forged).await, "{algorithm:?} forged");
        }
    }
    let stranger = EncodingKey::from_ec_pem(include_bytes!("keys/other_p256.pem")).unwrap();
    assert!(!is_accepted(&chat, &signed(&claims, ES256, &stranger)).await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn algorithms_cannot_be_confused(db: PgPool) {
    let chat = chat_with(db, vec![with_public_keys()]);
    let claims = json!({ "sub": "6", "exp": in_seconds(60) });
    // A public key as the secret of an HMAC, in the forms in which an attacker has it.
    let trimmed = RSA.trim_ascii_end();
    for secret in [RSA, trimmed, P256] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let confused = signed(&claims, algorithm, &EncodingKey::from_secret(secret));
            assert!(!is_accepted(&chat, &confused).await, "{algorithm:?}");
        }
    }
    let rsa = EncodingKey::from_rsa_pem(include_bytes!("private.pem")).unwrap();
    let good = signed(&claims, Algorithm::RS256, &rsa);
    let (_, rest) = good.split_once('.').unwrap();
    let (payload, _) = rest.split_once('.').unwrap();
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "NONE" }),
        json!({ "alg": "" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "RS512" }),
        json!({ "alg": "ES256" }),
        json!({ "alg": "RS256", "crit": ["exp"] }),
    ] {
        let header_part = BASE64_URL_SAFE_NO_PAD.encode(header.to_string());
        let swapped = format!("{header_part}.{rest}");
        assert!(!is_accepted(&chat, &swapped).await, "{header}");
        let unsigned = format!("{header_part}.{payload}.");
        assert!(
            !is_accepted(&chat, &unsigned).await,
            "{header} without signature"
        );
    }
    // A `kid`, a `jku` or a `jwk` of the header leads nowhere.
    let mut header = jsonwebtoken::Header::new(Algorithm::HS256);
    header.kid = Some("../../../../dev/null".to_owned());
    header.jku = Some("http://127.0.0.1:1/".to_owned());
    let tricked = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(b"")).unwrap();
    assert!(!is_accepted(&chat, &tricked).await);
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_app_cannot_make_tokens_of_our_sessions(db: PgPool) {
    let chat = chat_with(db, vec![shop()]);
    let ada = Register {
        username: "ada".to_owned(),
        password: "correct horse".to_owned(),
        name: None,
        email: None,
    };
    let ada = chat.register(ada, &Client::default()).await.unwrap();
    let id = ada.user().id;
    let tokens = chat.issue_tokens(ada, &Client::default()).await.unwrap();
    let ours = chat
        .authenticate_at(Some("direct"), &tokens.access_token)
        .await;
    let session_id = ours.unwrap().session_id.unwrap();
    let claims = json!({ "iss": "parlance", "sub": id, "sid": session_id });
    assert!(!is_accepted(&chat, &token(claims.clone(), SHOP)).await);
    assert!(
        chat.authenticate(&token(claims, SECRET)).await.is_ok(),
        "as ours are"
    );
    // A token with our key and without a session is nobody's here: all apps have keys of their own.
    let plain = token(json!({ "sub": id }), SECRET);
    refused(chat.authenticate(&plain).await, ErrorCode::Unauthenticated);
}

#[sqlx::test(migrations = "../../migrations")]
async fn times_have_leeway_but_for_the_end(db: PgPool) {
    let chat = chat_with(db.clone(), vec![shop()]);
    for (claims, good) in [
        (json!({ "exp": in_seconds(-1) }), false),
        (json!({ "exp": in_seconds(30).to_string() }), true),
        (json!({ "exp": 1e11 + 0.5 }), true),
        (json!({ "exp": {} }), false),
        (json!({ "exp": "soon" }), false),
        (
            json!({ "nbf": in_seconds(50), "iat": in_seconds(50) }),
            true,
        ),
        (json!({ "nbf": in_seconds(70) }), false),
        (json!({ "iat": in_seconds(70) }), false),
        (json!({ "iat": "yesterday" }), true),
        (json!({ "nbf": [] }), false),
        (
            json!({ "name": 7, "email": null, "avatar": {}, "iss": [], "aud": 5 }),
            true,
        ),
        (json!({ "iss": "x\u{0}", "name": "\u{0}" }), true),
        (
            json!({ "iss": "x".repeat(2000), "email": "@".repeat(2000) }),
            true,
        ),
    ] {
        let mut with_id = claims.clone();
        with_id["sub"] = "6".into();
        assert_eq!(
            is_accepted(&chat, &token(with_id, SHOP)).await,
            good,
            "{claims}"
        );
    }
    let endless = signed(
        &json!({ "sub": "6" }),
        Algorithm::HS256,
        &EncodingKey::from_secret(SHOP),
    );
    match chat.authenticate(&endless).await {
        Err(Error::Unauthenticated(why)) => assert_eq!(why, auth_error::NO_EXP),
        other => panic!("{other:?}"),
    }
    let rules = TokenRules {
        requires_exp: false,
        leeway: Duration::seconds(0),
        ..TokenRules::default()
    };
    let lenient = chat_with(db, vec![AppConfig { rules, ..shop() }]);
    assert!(is_accepted(&lenient, &endless).await);
    let late = token(json!({ "sub": "6", "nbf": in_seconds(50) }), SHOP);
    assert!(!is_accepted(&lenient, &late).await);
    let unreadable = json!({ "sub": "6", "exp": "soon" });
    assert!(
        !is_accepted(&lenient, &token(unreadable, SHOP)).await,
        "it may have been a limit"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn issuers_and_audiences_are_checked_where_they_are_set(db: PgPool) {
    let with = |name: &str, issuer: &str| {
        let rules = TokenRules {
            issuers: vec![issuer.to_owned(), format!("{issuer}/v2")],
            audiences: vec!["chat".to_owned()],
            ..TokenRules::default()
        };
        AppConfig {
            rules,
            ..app(name, SHOP)
        }
    };
    // One key, told apart by the issuer.
    let chat = chat_with(db, vec![with("shop", "shop"), with("forum", "forum")]);
    let app_of = async |claims: Value| match chat.authenticate(&token(claims, SHOP)).await {
        Ok(caller) => caller.app_id,
        Err(Error::Unauthenticated(_)) => None,
        Err(other) => panic!("{other:?}"),
    };
    let shop = app_of(json!({ "sub": "6", "iss": "shop", "aud": "chat" })).await;
    let forum = app_of(json!({ "sub": "6", "iss": "forum", "aud": ["x", "chat"] })).await;
    assert!(shop.is_some() && forum.is_some() && shop != forum);
    let second = app_of(json!({ "sub": "6", "iss": "shop/v2", "aud": "chat" })).await;
    assert_eq!(second, shop, "all issuers that are set are one app");
    for claims in [
        json!({ "sub": "6", "aud": "chat" }),
        json!({ "sub": "6", "iss": ["shop"], "aud": "chat" }),
        json!({ "sub": "6", "iss": "other", "aud": "chat" }),
        json!({ "sub": "6", "iss": "shop" }),
        json!({ "sub": "6", "iss": "shop", "aud": "other" }),
        json!({ "sub": "6", "iss": "shop", "aud": { "chat": 1 } }),
    ] {
        assert_eq!(app_of(claims.clone()).await, None, "{claims}");
    }
    assert_eq!(chat.app_named("shop").await.unwrap(), shop);
    assert_eq!(chat.app_named("forum").await.unwrap(), forum);
    assert_eq!(chat.app_named("unknown").await.unwrap(), None);
}

#[sqlx::test(migrations = "../../migrations")]
async fn a_door_takes_the_tokens_of_its_apps(db: PgPool) {
    let at = |name: &str, secret: &[u8], door: &str| AppConfig {
        doors: Some(vec![door.to_owned()]),
        ..app(name, secret)
    };
    let forum_secret = b"a secret of the forum";
    let apps = vec![
        at("shop", SHOP, "broadcast"),
        at("forum", forum_secret, "direct"),
    ];
    let chat = chat_with(db, apps);
    let of_shop = token(json!({ "sub": "6" }), SHOP);
    let of_forum = token(json!({ "sub": "6" }), forum_secret);
    let here = chat
        .authenticate_at(Some("broadcast"), &of_shop)
        .await
        .unwrap();
    let main = chat.authenticate(&of_shop).await.unwrap();
    assert_eq!(here, main);
    for (door, token) in [
        ("direct", &of_shop),
        ("broadcast", &of_forum),
        ("rooms", &of_shop),
    ] {
        let answer = chat.authenticate_at(Some(door), token).await;
        refused(answer, ErrorCode::Unauthenticated);
    }
    let elsewhere = chat
        .authenticate_at(Some("direct"), &of_forum)
        .await
        .unwrap();
    assert_ne!(
        elsewhere.user_id, here.user_id,
        "the same id in another app is somebody else"
    );
}

#[sqlx::test(migrations = "../../migrations")]
async fn an_id_is_where_the_app_says(db: PgPool) {
    let rules = TokenRules {
        subject_claims: vec!["customer.id".to_owned()],
        ..TokenRules::default()
    };
    let chat = chat_with(db, vec![AppConfig { rules, ..shop() }]);
    let claims = json!({ "sub": "session-1", "customer": { "id": 6 } });
    let authentication = chat.authenticate_token(None, &token(claims, SHOP)).await;
    assert_eq!(authentication.unwrap().subject, "6");
    assert!(!is_accepted(&chat, &token(json!({ "sub": "6" }), SHOP)).await);
    // Ids that are reserved for people without one in the app.
    for id in [
        json!(-5),
        json!("ffffffff0000000000000001"),
        json!("a\u{0}b"),
        json!("x".repeat(256)),
    ] {
        let claims = json!({ "customer": { "id": id } });
        assert!(!is_accepted(&chat, &token(claims, SHOP)).await, "{id}");
    }
}
