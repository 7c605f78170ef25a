//! An app whose users come by token, and an administrator who keeps its directory.

use crate::fixtures::{SECRET, settings};
use chat::{Caller, Chat, Keys, Settings, SubjectOrigin};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use model::{DirectoryReport, UserRole};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::OffsetDateTime;

/// The app that the environment configures.
pub const APP: &str = "app";

pub struct Directory {
    pub chat: Chat,
    pub admin: Caller,
}

/// A chat that takes the tokens of an app, on an empty database with one administrator.
pub async fn directory(db: PgPool) -> Directory {
    let id: i64 = sqlx::query_scalar(
        "insert into users (username, name, role) values ('root', 'Root', 'admin') returning id",
    )
    .fetch_one(&db)
    .await
    .unwrap();
    let keys = Keys::new(SECRET, None, SubjectOrigin::External).unwrap();
    Directory {
        chat: Chat::new(db, Settings { keys, ..settings() }),
        admin: Caller {
            user_id: id.into(),
            session_id: None,
            role: UserRole::Admin,
            app_id: None,
            grant: None,
            origin: chat::Origin::default(),
        },
    }
}

/// A token of the app with these claims.
pub fn token(claims: &Value) -> String {
    let mut claims = claims.clone();
    claims["exp"] = (OffsetDateTime::now_utc().unix_timestamp() + 60).into();
    let key = EncodingKey::from_secret(SECRET);
    encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap()
}

impl Directory {
    pub async fn put(&self, users: Value) -> DirectoryReport {
        let Value::Array(users) = users else {
            panic!("a list of users")
        };
        self.chat
            .update_app_users(&self.admin, APP, &users, false)
            .await
            .unwrap()
    }

    /// The caller with a token of the app for this id.
    pub async fn sign_in(&self, id: &str) -> Caller {
        let token = token(&json!({ "sub": id }));
        self.chat.authenticate(&token).await.unwrap()
    }
}

/// Created, updated, unchanged, ended and rejected.
pub fn counts(report: &DirectoryReport) -> [u64; 5] {
    [
        report.created,
        report.updated,
        report.unchanged,
        report.ended,
        report.rejected.len() as u64,
    ]
}
