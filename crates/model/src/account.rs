//! Accounts: registration, signing in, the caller's own profile, and sessions.

use crate::{PresenceChoice, PresenceStatus, SessionId, User, UserId, UserRole};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"username": "ada", "password": "correct horse battery staple", "name": "Ada Lovelace"})))]
#[serde(rename_all = "camelCase")]
pub struct Register {
    pub username: String,
    pub password: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
}

/// A proof that the caller is a user of an app, too.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewLink {
    /// A valid token of the app.
    pub token: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"login": "ada", "password": "correct horse battery staple"})))]
#[serde(rename_all = "camelCase")]
pub struct Login {
    /// Username or e-mail address.
    pub login: String,
    pub password: String,
}

/// The answer to a registration, a login or a refresh.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct SignedIn {
    pub user: User,
    pub access_token: String,
    /// Can be used once: a refresh answers with the next one.
    pub refresh_token: String,
    /// Seconds until the access token expires.
    pub expires_in: i64,
    /// Whether the user has to set up two-factor authentication before anything else: until then the access token does
    /// nothing else.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub two_factor_setup_required: bool,
    /// With `rememberDevice` only: goes with later passwords as `deviceToken`, and stands in for a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
}

/// The caller's own account: the user, and the fields that only the user may see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", from = "AccountFields")]
pub struct Account {
    #[serde(flatten)]
    pub user: User,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub email: Option<String>,
    /// The presence that the user has chosen; `presence` is what others see.
    pub presence_choice: PresenceChoice,
}

/// The fields of an account, for deserialising; see `SummaryFields` for the reason.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccountFields {
    id: UserId,
    username: String,
    name: String,
    avatar_url: Option<String>,
    role: UserRole,
    presence: PresenceStatus,
    #[serde(with = "crate::timestamp::option", default)]
    last_seen_at: Option<OffsetDateTime>,
    #[serde(default)]
    bot: bool,
    email: Option<String>,
    presence_choice: PresenceChoice,
}

impl From<AccountFields> for Account {
    fn from(fields: AccountFields) -> Self {
        Self {
            user: User {
                id: fields.id,
                username: fields.username,
                name: fields.name,
                avatar_url: fields.avatar_url,
                role: fields.role,
                presence: fields.presence,
                last_seen_at: fields.last_seen_at,
                bot: fields.bot,
            },
            email: fields.email,
            presence_choice: fields.presence_choice,
        }
    }
}

/// Who may put a user into groups and channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum AddableBy {
    #[default]
    Everybody,
    /// Those with whom the user shares a group or a private channel, or to whom the user has written
    /// directly.
    Contacts,
    Nobody,
}

/// Changes to the caller's own account; an absent field stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"name": "Ada Lovelace", "email": "ada@example.org"})))]
#[serde(rename_all = "camelCase", default)]
pub struct Profile {
    pub name: Option<String>,
    /// The empty string removes it.
    pub email: Option<String>,
    /// The empty string removes it.
    pub avatar_url: Option<String>,
    /// Whether everybody sees the e-mail address, and not only the user and the app whose user it is.
    pub shares_email: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub id: SessionId,
    /// `User-Agent` of the client when it signed in.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub user_agent: Option<String>,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub address: Option<String>,
    /// Whether this is the session of the request.
    pub current: bool,
    /// The provider of single sign-on with which it began; `null` for a password.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub provider: Option<String>,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
    #[serde(with = "crate::timestamp")]
    pub last_used_at: OffsetDateTime,
}
