//! An announcement: what an administrator says to everybody.

use crate::{AnnouncementId, MessageKind, UserId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Announcement {
    pub id: AnnouncementId,
    pub body: String,
    pub kind: MessageKind,
    pub sent_by: UserId,
    pub sender_name: String,
    /// How many users it was for: everybody else who was not blocked.
    pub reach: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub sent_at: OffsetDateTime,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct NewAnnouncement {
    pub body: String,
    #[serde(default)]
    pub kind: MessageKind,
    /// Makes a retry return the first result.
    #[serde(default)]
    pub client_id: Option<String>,
}
