//! Users, as others see them.

use crate::{PresenceStatus, UserId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: UserId,
    pub username: String,
    pub name: String,
    #[cfg_attr(feature = "openapi", schema(required))]
    pub avatar_url: Option<String>,
    pub role: UserRole,
    /// An invisible user is offline to all others.
    pub presence: PresenceStatus,
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_seen_at: Option<OffsetDateTime>,
    /// Whether it is a program; absent for people.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub bot: bool,
}

/// The role of a user on the whole server; the role within a conversation is `MemberRole`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum UserRole {
    Admin,
    #[default]
    Member,
}
