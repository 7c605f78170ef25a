//! Members: users in a conversation, each with a role, a read and a delivered position.

use crate::{User, UserId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum MemberRole {
    #[default]
    Member,
    Admin,
    Owner,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Member {
    pub user: User,
    pub role: MemberRole,
    pub read_position: i64,
    pub delivered_position: i64,
    #[serde(with = "crate::timestamp")]
    pub joined_at: OffsetDateTime,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(example = json!({"userIds": ["4"], "role": "member"})))]
#[serde(rename_all = "camelCase")]
pub struct NewMembers {
    pub user_ids: Vec<UserId>,
    #[serde(default)]
    pub role: MemberRole,
}
