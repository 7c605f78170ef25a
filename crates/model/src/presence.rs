//! Presence of users: the state that others see, and the one that the user has chosen.

use crate::UserId;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// The presence that others see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum PresenceStatus {
    Online,
    Away,
    #[default]
    Offline,
}

/// The presence that a user has chosen, for all their devices, until they choose another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum PresenceChoice {
    #[default]
    Online,
    Away,
    /// Connected, but offline to all others.
    Invisible,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Presence {
    pub user_id: UserId,
    pub status: PresenceStatus,
    #[serde(with = "crate::timestamp::option", default)]
    #[cfg_attr(feature = "openapi", schema(required))]
    pub last_seen_at: Option<OffsetDateTime>,
}
