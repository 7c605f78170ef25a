//! Tokens for programs: personal access tokens, and those of bots.

use crate::{ConversationId, SessionId};
use serde::{Deserialize, Serialize};
use std::fmt;
use time::OffsetDateTime;

/// What a token for programs may do. `write` and `manage` include `read`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Sees what its user sees, and listens on sockets.
    Read,
    /// Sends, edits and deletes messages, reacts, votes, uploads, and keeps what is its user's own: drafts, reminders,
    /// what is read.
    Write,
    /// Makes, changes, joins, leaves and deletes conversations, and their members; changes its user's profile.
    Manage,
    /// Does what only administrators may, if its user is one.
    Admin,
}

impl Scope {
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Manage, Self::Admin];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Manage => "manage",
            Self::Admin => "admin",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A token for programs, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ApiToken {
    pub id: SessionId,
    pub name: String,
    pub scopes: Vec<Scope>,
    /// The conversations that it is limited to; `null` for one without a limit.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub conversation_ids: Option<Vec<ConversationId>>,
    #[serde(with = "crate::timestamp")]
    pub created_at: OffsetDateTime,
    #[serde(with = "crate::timestamp")]
    pub expires_at: OffsetDateTime,
    /// Behind by a minute at most; `null` for one that was never used.
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_used_at: Option<OffsetDateTime>,
}

/// A token to be made.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"name": "Nightly build", "scopes": ["write"],
    "expiresInDays": 90})))]
#[serde(rename_all = "camelCase")]
pub struct NewApiToken {
    /// What its user remembers it by: 1 to 80 characters.
    pub name: String,
    /// `read` alone when absent.
    #[serde(default = "default_scopes")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub scopes: Vec<Scope>,
    /// Limits the token to conversations that its user has joined, 50 at most. Such a token is taken where an address
    /// names one of them or a message in one, and nowhere else.
    #[serde(default)]
    pub conversation_ids: Option<Vec<ConversationId>>,
    /// 1 to 365; 90 when absent.
    #[serde(default = "default_days")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub expires_in_days: i32,
}

fn default_scopes() -> Vec<Scope> {
    vec![Scope::Read]
}

/// Days after which a token expires where nothing else was asked for.
pub const DEFAULT_TOKEN_DAYS: i32 = 90;

const fn default_days() -> i32 {
    DEFAULT_TOKEN_DAYS
}

/// A personal access token to be made, with the proof that its user asks for it.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"name": "Nightly build", "scopes": ["write"],
    "expiresInDays": 90, "currentPassword": "correct horse battery staple"})))]
#[serde(rename_all = "camelCase")]
pub struct NewPersonalToken {
    #[serde(flatten)]
    pub token: NewApiToken,
    pub current_password: String,
    /// Of the authenticator app, or a recovery code: for users with a second factor.
    #[serde(default)]
    pub code: Option<String>,
}

/// A token that was just made. The secret is shown this one time: the server keeps a hash only.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CreatedApiToken {
    /// Goes into `Authorization: Bearer`, and into `auth.token` of a socket.
    pub token: String,
    #[serde(flatten)]
    pub details: ApiToken,
}
