//! Bots: users that are programs.

use crate::{NewApiToken, User};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// A bot, as administrators see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Bot {
    pub user: User,
    /// The name of the administrator who answers for it; `null` for the operator, and when the account is gone.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub owner: Option<String>,
    /// Its tokens that are good.
    pub tokens: i64,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub blocked_at: Option<OffsetDateTime>,
}

/// A bot to be made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"username": "builds", "name": "Builds"})))]
#[serde(rename_all = "camelCase")]
pub struct NewBot {
    pub username: String,
    #[serde(default)]
    pub name: Option<String>,
}

/// A token of a bot to be made, with the proof that the administrator asks for it.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"name": "Nightly build", "scopes": ["write"],
    "expiresInDays": 90, "currentPassword": "correct horse battery staple"})))]
#[serde(rename_all = "camelCase")]
pub struct NewBotToken {
    #[serde(flatten)]
    pub token: NewApiToken,
    /// That of the administrator.
    pub current_password: String,
    /// Of the administrator's authenticator app, or a recovery code: for those with a second factor.
    #[serde(default)]
    pub code: Option<String>,
}
