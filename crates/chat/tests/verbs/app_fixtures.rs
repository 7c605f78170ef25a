//! Fixtures of tests with apps: their tokens and their keys.

use crate::fixtures::{SECRET, settings};
use chat::{AppConfig, Chat, IssuerKey, Keys, OwnKeys, Settings};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;

/// The secret of the app `shop`.
pub const SHOP: &[u8] = b"a secret of the shop, which is not ours";

pub fn in_seconds(seconds: i64) -> i64 {
    OffsetDateTime::now_utc().unix_timestamp() + seconds
}

/// A token that is valid for a minute, unless the claims say otherwise.
pub fn token(mut claims: Value, secret: &[u8]) -> String {
    if claims.get("exp").is_none() {
        claims["exp"] = in_seconds(60).into();
    }
    signed(&claims, Algorithm::HS256, &EncodingKey::from_secret(secret))
}

pub fn signed(claims: &Value, algorithm: Algorithm, key: &EncodingKey) -> String {
    encode(&Header::new(algorithm), claims, key).unwrap()
}

/// The app `shop`, with its secret.
pub fn shop() -> AppConfig {
    app("shop", SHOP)
}

pub fn app(name: &str, secret: &[u8]) -> AppConfig {
    AppConfig {
        keys: vec![IssuerKey::Secret(secret.to_vec())],
        ..AppConfig::new(name)
    }
}

/// A chat with these apps beside our own keys.
pub fn chat_with(db: PgPool, apps: Vec<AppConfig>) -> Chat {
    Chat::new(db, settings_with(apps))
}

pub fn settings_with(apps: Vec<AppConfig>) -> Settings {
    let own = OwnKeys {
        secret: SECRET,
        rs256: None,
    };
    Settings {
        keys: Keys::with_apps(&own, None, apps).unwrap(),
        ..settings()
    }
}
